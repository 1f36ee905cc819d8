"""missed_meal: the day adds up exactly, twice is once, and the words are kind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

import pytest

from device.nutrition.dayplan import DayPlans
from device.nutrition.foods import FoodDatabase
from device.nutrition.macros import Macros
from device.nutrition.plan import Plan, PlannedMeal
from device.tools import Kitchen
from tests.tools.calls import answer_of

KitchenAt = Callable[[int, int], Kitchen]
PARTS = ("kcal", "protein_g", "carbohydrate_g", "fat_g")
UNKIND = {"only", "good", "bad", "cheat", "guilty", "skipped", "should", "must", "burn", "fail", "earned"}


def adds_up(answer: dict[str, Any]) -> bool:
    day = answer["day"]
    moved = all(
        sum(meal["before"][part] for meal in answer["meals"]) + answer["missed"]["target"][part]
        == sum(meal["after"][part] for meal in answer["meals"]) + answer["left_over"][part]
        for part in PARTS
    )
    return moved and all(
        day["open_meals"][part] + day["left_over"][part] == day["target"][part] for part in PARTS
    )


def test_lunch_moves_to_the_rest_of_the_day(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "missed_meal", meal="lunch")
    assert answer["changed"]
    assert answer["missed"] == {
        "meal": "lunch",
        "target": {"kcal": 600, "protein_g": 35, "carbohydrate_g": 70, "fat_g": 20},
    }
    assert [(meal["meal"], meal["time"]) for meal in answer["meals"]] == [
        ("afternoon snack", "16:00"),
        ("dinner", "19:00"),
    ]
    assert answer["meals"][1]["before"]["kcal"] == 685
    assert answer["meals"][1]["after"]["kcal"] == 923
    assert answer["left_over"]["kcal"] == 301
    assert answer["said"] == (
        "Lunch moves to the rest of today: afternoon snack 244, dinner 923 calories. "
        "About 300 are left over, fine to leave."
    )
    assert adds_up(answer)


@pytest.mark.parametrize("words", ["lunch", "my midday meal", "LUNCH today", "almuerzo", "lnuch"])
def test_a_meal_is_known_by_what_people_call_it(kitchen: Kitchen, words: str) -> None:
    assert answer_of(kitchen, "missed_meal", meal=words)["missed"]["meal"] == "lunch"


def test_the_same_meal_twice_changes_nothing_and_says_so(kitchen: Kitchen) -> None:
    first = answer_of(kitchen, "missed_meal", meal="lunch")
    again = answer_of(kitchen, "missed_meal", meal="midday meal")
    assert again["ok"]
    assert not again["changed"]
    assert again["said"] == "Lunch is down as missed today already; nothing has changed."
    assert again["day"] == first["day"]
    assert [meal["after"] for meal in again["meals"]] == [meal["after"] for meal in first["meals"]]
    assert adds_up(again)


def test_a_meal_still_ahead_moves_to_the_meals_after_it(kitchen_at: KitchenAt) -> None:
    answer = answer_of(kitchen_at(9, 0), "missed_meal", meal="lunch")
    assert [meal["meal"] for meal in answer["meals"]] == ["afternoon snack", "dinner"]


def test_each_meal_that_takes_a_share_is_told(kitchen_at: KitchenAt) -> None:
    answer = answer_of(kitchen_at(8, 0), "missed_meal", meal="breakfast")
    assert answer["left_over"]["kcal"] == 0
    assert answer["said"] == (
        "Breakfast moves to the rest of today: morning snack 220, lunch 761, afternoon snack 237, "
        "dinner 871 calories."
    )
    assert adds_up(answer)


def test_more_meals_than_a_sentence_holds_are_told_together(foods: FoodDatabase) -> None:
    target = Macros(400, 25, 39, 16)
    meals = tuple(PlannedMeal(f"the {hour} o'clock meal", time(hour), target) for hour in range(8, 13))
    kitchen = Kitchen(foods, DayPlans(Plan(meals)), lambda: datetime(2026, 11, 21, 8, 30, tzinfo=UTC))
    answer = answer_of(kitchen, "missed_meal", meal="the 8 o'clock meal")
    assert answer["said"] == "The 8 o'clock meal moves to 4 meals, now 2000 calories together."


def test_with_no_meal_left_everything_is_left_over(kitchen_at: KitchenAt) -> None:
    answer = answer_of(kitchen_at(21, 0), "missed_meal", meal="lunch")
    assert answer["ok"]
    assert answer["meals"] == []
    assert answer["left_over"] == answer["missed"]["target"]
    assert answer["said"] == (
        "No meal is left for it today, so the 600 calories of lunch stay open. That is fine."
    )
    assert adds_up(answer)


def test_meals_that_are_full_are_told_so(kitchen: Kitchen) -> None:
    answer_of(kitchen, "missed_meal", meal="lunch")
    answer = answer_of(kitchen, "missed_meal", meal="breakfast")
    assert answer["said"] == (
        "The meals left today are full, so the 455 calories of breakfast stay open. That is fine."
    )
    assert adds_up(answer)


def test_an_unknown_meal_comes_with_the_meals_of_the_day(kitchen: Kitchen) -> None:
    assert answer_of(kitchen, "missed_meal", meal="brunch") == {
        "ok": False,
        "code": "UNKNOWN_MEAL",
        "message": "Today's plan has no such meal.",
        "field": "meal",
        "heard": "brunch",
        "meals": ["breakfast", "morning snack", "lunch", "afternoon snack", "dinner"],
        "ask": "Which meal do you mean: breakfast, morning snack, lunch, afternoon snack, dinner?",
        "retry": {"tool": "missed_meal", "set": {"meal": "<one of meals>"}},
    }


@pytest.mark.parametrize("arguments", [{}, {"meal": ""}, {"meal": "x" * 500}, {"meal": 3}])
def test_wrong_arguments_are_told(kitchen: Kitchen, arguments: dict[str, object]) -> None:
    assert answer_of(kitchen, "missed_meal", **arguments)["code"] == "WRONG_ARGUMENTS"


def test_every_meal_at_every_hour_adds_up_and_is_told_kindly(kitchen_at: KitchenAt) -> None:
    for hour in range(24):
        kitchen = kitchen_at(hour, 15)
        for meal in kitchen.plans.plan.meals:
            answer = answer_of(kitchen, "missed_meal", meal=meal.name)
            assert adds_up(answer)
            assert not UNKIND & {word.strip(".,;:").lower() for word in answer["said"].split()}
