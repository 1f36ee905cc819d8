"""What a food is stated to suit and to be free of: what is not stated is never assumed."""

from __future__ import annotations

import pytest

from device.nutrition.food import Food, substances_meant
from device.nutrition.macros import NOTHING


def food(*, diet: str | None = None, contains: str = "", may: str = "", free_of: str = "") -> Food:
    return Food(
        "x",
        "x",
        "test",
        NOTHING,
        "a test",
        diet=diet,
        contains=frozenset(contains.split()),
        may_contain=frozenset(may.split()),
        free_of=frozenset(free_of.split()),
    )


@pytest.mark.parametrize(
    ("diet", "suited"),
    [
        ("vegan", {"vegan", "vegetarian", "pescatarian"}),
        ("vegetarian", {"vegetarian", "pescatarian"}),
        ("pescatarian", {"pescatarian"}),
        (None, set()),
    ],
)
def test_a_strict_diet_suits_the_less_strict(diet: str | None, suited: set[str]) -> None:
    asked = ("vegan", "vegetarian", "pescatarian", "halal", "")
    assert {each for each in asked if food(diet=diet).suits(each)} == suited


def test_only_what_is_stated_is_free() -> None:
    bread = food(contains="gluten", free_of="dairy egg")
    assert bread.is_free_of("dairy")
    assert bread.is_free_of("milk")
    assert not bread.is_free_of("gluten")
    assert not bread.is_free_of("soy")
    assert not bread.is_free_of("moonlight")
    assert not bread.is_free_of("")


def test_nuts_are_tree_nuts_and_peanuts() -> None:
    assert not food(free_of="tree_nut").is_free_of("nuts")
    assert food(free_of="tree_nut peanut").is_free_of("nuts")
    assert food(free_of="tree_nut").is_free_of("Tree nuts")


def test_a_diet_tells_of_meat_and_not_of_allergens() -> None:
    vegan = food(diet="vegan")
    assert all(vegan.is_free_of(each) for each in ("meat", "pork", "beef", "gelatine", "honey"))
    assert not any(vegan.is_free_of(each) for each in ("dairy", "egg", "fish", "shellfish", "alcohol"))
    assert not food(diet="vegetarian").is_free_of("honey")


def test_words_that_people_use_are_understood() -> None:
    assert substances_meant("Lactose") == ("dairy",)
    assert substances_meant("seafood") == ("fish", "shellfish")
    assert substances_meant("stardust") == ()
