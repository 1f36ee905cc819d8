"""look_up_food: right numbers for the amount that was said, and a way on where it cannot tell."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.tools import Kitchen
from tests.tools.calls import answer_of


def test_it_answers_for_the_amount(kitchen: Kitchen) -> None:
    assert answer_of(kitchen, "look_up_food", food="salmon", quantity=150, unit="g") == {
        "ok": True,
        "said": "150 grams of cooked salmon: about 309 calories, 33 grams of protein, 0 of carbohydrate, "
        "19 of fat.",
        "food": {"food_id": "salmon_cooked", "name": "cooked salmon", "source": "FDC 175168"},
        "grams": 150,
        "amount_assumed": False,
        "macros": {"kcal": 309, "protein_g": 33.2, "carbohydrate_g": 0, "fat_g": 18.5},
        "per_100g": {"kcal": 206, "protein_g": 22.1, "carbohydrate_g": 0, "fat_g": 12.3},
    }


@pytest.mark.parametrize(
    ("arguments", "grams"),
    [
        ({"food": "egg", "quantity": 2}, 100),
        ({"food": "banana", "size": "large"}, 136),
        ({"food": "toast", "quantity": 2, "unit": "slices"}, 50),
        ({"food": "milk", "quantity": 1, "unit": "glass"}, 244),
        ({"food": "rice", "quantity": 0.5, "unit": "cup"}, 79),
        ({"food": "banana", "quantity": 1, "unit": "large"}, 136),
        ({"food": "rice", "spoken": "half a cup of rice"}, 79),
        ({"food": "egg", "spoken": "half a dozen eggs"}, 300),
        ({"food": "half a dozen eggs"}, 300),
        ({"food": "rice", "quantity": 100, "unit": "g", "spoken": "half a cup of rice"}, 100),
        ({"food": " rice ", "unit": "", "quantity": None, "spoken": ""}, 180),
    ],
)
def test_amounts_come_as_arguments_or_in_words(
    kitchen: Kitchen, arguments: dict[str, object], grams: float
) -> None:
    assert answer_of(kitchen, "look_up_food", **arguments)["grams"] == grams


@pytest.mark.parametrize(
    ("food", "grams"), [("banana", 118), ("almonds", 28), ("chips", None), ("bulgur", 180), ("tempeh", 100)]
)
def test_without_an_amount_it_answers_for_a_usual_portion(
    kitchen: Kitchen, food: str, grams: float | None
) -> None:
    answer = answer_of(kitchen, "look_up_food", food=food)
    assert answer.get("grams") == grams
    assert answer["ok"] is (grams is not None)
    assert answer.get("amount_assumed", True)


def test_alcohol_is_told_apart(kitchen: Kitchen) -> None:
    said = answer_of(kitchen, "look_up_food", food="beer", quantity=12, unit="oz")["said"]
    assert said.endswith("0 of fat, 14 of alcohol.")


def test_one_gram_is_one_gram(kitchen: Kitchen) -> None:
    said = answer_of(kitchen, "look_up_food", food="banana")["said"]
    assert "1 gram of protein" in said


def test_the_words_spoken_help_where_the_english_name_does_not(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "look_up_food", food="some pasta dish", spoken="two plates of lasagne")
    assert answer["food"]["food_id"] == "lasagne_with_meat"
    assert answer["grams"] == 600


def test_what_was_taken_for_granted_is_noted(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "look_up_food", food="wine", quantity=1, unit="glass", size="large")
    assert answer["note"] == (
        "taken as red wine; white wine is much the same; taken as a usual size, not large"
    )


def test_chips_are_asked_about_and_the_answer_goes_on(kitchen: Kitchen) -> None:
    asked = answer_of(kitchen, "look_up_food", food="chips")
    assert asked == {
        "ok": False,
        "code": "AMBIGUOUS_FOOD",
        "message": "More than one food may be meant.",
        "field": "food",
        "heard": "chips",
        "candidates": [
            {"food_id": "potato_chips_crisps", "say": "crisps", "kcal_100g": 532},
            {"food_id": "french_fries", "say": "fries", "kcal_100g": 312},
        ],
        "ask": "Do you mean crisps or fries?",
        "retry": {"tool": "look_up_food", "set": {"food": "<food_id of the one chosen>"}},
    }
    chosen = answer_of(kitchen, "look_up_food", food=asked["candidates"][1]["food_id"], spoken="chips")
    assert chosen["food"]["name"] == "fries"


def test_an_unknown_food_comes_with_the_closest(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "look_up_food", food="lemon water")
    assert answer["code"] == "UNKNOWN_FOOD"
    assert [candidate["food_id"] for candidate in answer["candidates"]] == ["lemon", "water", "lemon_juice"]
    assert answer["ask"] == (
        "I have no numbers for that. Do you mean lemon, water or lemon juice, or something else?"
    )


def test_a_food_like_no_other_is_asked_for_by_another_name(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "look_up_food", food="zxqv")
    assert (answer["code"], answer["candidates"]) == ("UNKNOWN_FOOD", [])
    assert answer["ask"] == "I have no numbers for that. What else is it called?"


@pytest.mark.parametrize("unit", ["rasher", "flagon"])
def test_an_unknown_unit_comes_with_the_units_of_the_food(kitchen: Kitchen, unit: str) -> None:
    answer = answer_of(kitchen, "look_up_food", food="rice", quantity=2, unit=unit)
    assert answer == {
        "ok": False,
        "code": "UNKNOWN_UNIT",
        "message": f"What one {unit} of cooked white rice weighs is not known.",
        "field": "unit",
        "heard": unit,
        "allowed_g": {"portion": 180, "bowl": 200, "plate": 250, "cup": 158, "g": 1},
        "ask": "How many grams of cooked white rice is it, about?",
        "retry": {
            "tool": "look_up_food",
            "set": {"food": "rice_white_cooked", "unit": "<one of allowed_g>"},
        },
    }


@pytest.mark.parametrize(("quantity", "unit"), [(50, "kg"), (0, "g")])
def test_an_amount_that_nobody_eats_is_asked_about(kitchen: Kitchen, quantity: float, unit: str) -> None:
    answer = answer_of(kitchen, "look_up_food", food="rice", quantity=quantity, unit=unit)
    assert (answer["code"], answer["limit_g"]) == ("IMPLAUSIBLE_AMOUNT", 5000)
    assert answer["ask"] == "How much cooked white rice do you mean?"


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"food": ""},
        {"food": "   "},
        {"food": "x" * 300},
        {"food": "rice", "quantity": -1},
        {"food": "rice", "quantity": float("nan")},
        {"food": "rice", "quantity": "lots"},
        {"food": "rice", "size": "huge"},
        {"food": ["rice"]},
    ],
)
def test_wrong_arguments_are_told(kitchen: Kitchen, arguments: dict[str, object]) -> None:
    assert answer_of(kitchen, "look_up_food", **arguments)["code"] == "WRONG_ARGUMENTS"


def test_every_food_can_be_spoken_of(kitchen: Kitchen) -> None:
    for food in kitchen.foods.foods:
        answer = answer_of(kitchen, "look_up_food", food=food.id)
        assert answer["ok"], food.id
        assert food.name in answer["said"]


PIECES = ["a", "half", "two", "1/2", "dozen", "and", "cup", "of", "large", "g", "egg", "½", "9" * 50]
ANY_TEXT = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(food=ANY_TEXT, spoken=ANY_TEXT, unit=ANY_TEXT)
def test_whatever_is_said_it_answers_or_says_why_not(
    kitchen: Kitchen, food: str, spoken: str, unit: str
) -> None:
    answer = answer_of(kitchen, "look_up_food", food=food, spoken=spoken, unit=unit[:40])
    assert answer.get("code") != "TOOL_CRASHED"
