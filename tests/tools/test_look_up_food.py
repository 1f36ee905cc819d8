"""look_up_food: right numbers for the amount that was said, and a way on where it cannot tell."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.nutrition.diaryfile import DiaryFile
from device.nutrition.events import FoodEaten, FoodItem, Nutrients, ProfileChanged
from device.nutrition.profile import checked_changes
from device.tools import Kitchen
from device.tools.kitchen import Ways
from device.tools.people import NOBODY_NAMED
from device.tools.today import moment_at
from tests.tools.calls import answer_of
from tests.tools.conftest import KitchenMaker


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


def test_one_gram_is_one_gram_and_one_calorie_one(kitchen: Kitchen) -> None:
    said = answer_of(kitchen, "look_up_food", food="banana")["said"]
    assert "1 gram of protein" in said
    said = answer_of(kitchen, "look_up_food", food="apple", quantity=2, unit="g")["said"]
    assert "about 1 calorie, 0 grams of protein" in said


def test_of_a_dish_without_a_piece_the_question_can_be_said(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "look_up_food", food="shepherd's pie", quantity=1)
    assert answer["code"] == "UNKNOWN_UNIT"
    assert answer["message"] == "What a piece of shepherd's pie weighs is not known."


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


# ------------------------------------------------------------------------------- quiet

NUMBERS = re.compile(r"kcal|calor|protein|carbohydrate|fat_g", re.IGNORECASE)


def changed(kitchen: Kitchen, person: str, **changes: object) -> None:
    kitchen.diary.log(f"profile of {person}", person, (ProfileChanged(checked_changes(changes)),))


def is_quiet(answer: dict[str, Any]) -> bool:
    """Whether there is no number of a nutrient in it, apart from the word to say none."""
    return not NUMBERS.search(json.dumps({**answer, "speak": ""}))


def test_a_quiet_household_hears_no_numbers(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    answer = answer_of(kitchen, "look_up_food", food="salmon", quantity=150, unit="g")
    assert answer == {
        "ok": True,
        "said": "I know cooked salmon, and leave the numbers out.",
        "food": {"food_id": "salmon_cooked", "name": "cooked salmon", "source": "FDC 175168"},
        "grams": 150,
        "amount_assumed": False,
        "speak": "Say no calories or grams of nutrients.",
    }


@pytest.mark.parametrize("food", ["apple", "chips", "lemon water"])
@pytest.mark.parametrize("why", ["profile", "eats little"])
def test_who_lives_alone_and_wants_no_numbers_hears_none(kitchen: Kitchen, food: str, why: str) -> None:
    if why == "profile":
        changed(kitchen, NOBODY_NAMED, quiet_numbers=True)
    else:
        eat_little(kitchen, NOBODY_NAMED)
    answer = answer_of(kitchen, "look_up_food", food=food)
    assert answer["ok"] is (food == "apple")
    assert is_quiet(answer)


def eat_little(kitchen: Kitchen, person: str) -> None:
    meals = [meal.name for meal in kitchen.plan.shared.meals]
    for days_ago in (1, 2, 3):
        eaten = [FoodEaten((FoodItem("soup", Nutrients(150)),), meal) for meal in meals]
        kitchen.diary.log(f"soup {days_ago}", person, eaten, moment_at(kitchen, days_ago))


def test_of_several_each_hears_what_they_want_to(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben")
    assert not is_quiet(answer_of(kitchen, "look_up_food", food="apple"))
    changed(kitchen, "anna", conditions=["eating_disorder"], quiet_numbers=True)
    asked = answer_of(kitchen, "look_up_food", food="apple")
    assert (asked["code"], asked["people"]) == ("WHO", ["Anna", "Ben"])
    assert is_quiet(answer_of(kitchen, "look_up_food", food="apple", person="Anna"))
    assert not is_quiet(answer_of(kitchen, "look_up_food", food="apple", person="Ben"))
    assert answer_of(kitchen, "look_up_food", food="apple", person="Peter")["code"] == "WHO"
    changed(kitchen, "ben", quiet_numbers=True)
    assert is_quiet(answer_of(kitchen, "look_up_food", food="apple"))


def test_of_several_the_default_is_meant(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben", default="ben")
    changed(kitchen, "anna", quiet_numbers=True)
    assert not is_quiet(answer_of(kitchen, "look_up_food", food="apple"))


def test_a_diary_that_cannot_be_read_is_no_reason_to_know_nothing_of_eggs(
    make_kitchen: KitchenMaker, diary_file: DiaryFile
) -> None:
    diary_file.directory.write_text("a file where the directory should be")
    assert not is_quiet(answer_of(make_kitchen(), "look_up_food", food="egg"))
    assert is_quiet(answer_of(make_kitchen(ways=Ways(quiet_numbers=True)), "look_up_food", food="egg"))


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
