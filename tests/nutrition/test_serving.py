"""From what a model passes on to a food and its grams."""

from __future__ import annotations

import pytest

from device.nutrition.food import Food
from device.nutrition.foods import Ambiguous, FoodDatabase, Unknown
from device.nutrition.macros import Macros
from device.nutrition.portions import Quantity
from device.nutrition.serving import Asked, NoAmount, Serving, quantity_of
from tests.nutrition.asking import serve


@pytest.mark.parametrize(
    ("asked", "quantity"),
    [
        (Asked("egg"), None),
        (Asked("egg", "two eggs"), Quantity(2)),
        (Asked("two eggs"), Quantity(2)),
        (Asked("egg", "", 3), Quantity(3)),
        (Asked("egg", "half a dozen eggs", 12), Quantity(6)),
        (Asked("egg", "half a dozen eggs", 12, "pieces"), Quantity(6, "piece")),
        (Asked("mince", "half a pound of mince", 1, "lb"), Quantity(0.5, "lb")),
        (Asked("rice", "half a cup of rice", 100, "g"), Quantity(100, "g")),
        (Asked("banana", "a large banana", 1), Quantity(1, None, "large")),
        (Asked("banana", "", None, "large"), Quantity(1, None, "large")),
        (Asked("milk", "", None, "glass"), Quantity(1, "glass")),
    ],
)
def test_the_words_count_better_than_the_model(asked: Asked, quantity: Quantity | None) -> None:
    assert quantity_of(asked) == quantity


def test_without_an_amount_it_is_a_usual_portion(foods: FoodDatabase) -> None:
    outcome = serve(Asked("lasagne"), foods)
    assert isinstance(outcome, Serving)
    assert (outcome.grams, outcome.is_usual) == (300, True)


def test_what_was_taken_for_granted_is_told(foods: FoodDatabase) -> None:
    outcome = serve(Asked("milk", quantity=1, unit="mug", size="large"), foods)
    assert isinstance(outcome, Serving)
    assert outcome.note == "taken as semi-skimmed milk; taken as a usual size, not large"


def test_words_spoken_that_name_one_food_win_over_a_name_of_many(foods: FoodDatabase) -> None:
    outcome = serve(Asked("wine", "un vaso de vino blanco", 1, "glass"), foods)
    assert isinstance(outcome, Serving)
    assert outcome.food.id == "wine_red"
    outcome = serve(Asked("wine", "vino blanco", 1, "glass"), foods)
    assert isinstance(outcome, Serving)
    assert (outcome.food.id, outcome.note) == ("wine_white", "")


def test_the_households_own_name_wins_where_it_was_spoken(foods: FoodDatabase) -> None:
    own = Food(
        "our_porridge",
        "our porridge",
        "meal",
        Macros(90, 4, 14, 2),
        "our scales",
        aliases={"en": ("porridge",)},
    )
    outcome = serve(Asked("oatmeal", "a bowl of my porridge", 250, "g"), FoodDatabase(foods.foods, [own]))
    assert isinstance(outcome, Serving)
    assert outcome.food is own


def test_a_unit_that_the_food_has_no_weight_for_is_asked(foods: FoodDatabase) -> None:
    outcome = serve(Asked("pizza", "a pizza"), foods)
    assert isinstance(outcome, NoAmount)
    assert outcome.ask == "How many grams of cheese and tomato pizza is it, about?"
    assert outcome.allowed["slice"] == 107
    assert isinstance(serve(Asked("rice", quantity=1, unit="flagon"), foods), NoAmount)


def test_what_is_not_clear_is_asked_and_what_is_not_known_is_said(foods: FoodDatabase) -> None:
    assert isinstance(serve(Asked("chips"), foods), Ambiguous)
    assert isinstance(serve(Asked("quokka"), foods), Unknown)
    assert serve(Asked(" "), foods) == Unknown(())
