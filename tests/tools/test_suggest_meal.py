"""suggest_meal: it fits what the meal should hold now, and holds nothing that the person may not eat."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.nutrition.events import FoodEaten, FoodItem, Happening, MealMissed, Nutrients, ProfileChanged
from device.nutrition.food import Food
from device.nutrition.macros import Macros
from device.nutrition.plan import HouseholdPlan, Plan, PlannedMeal
from device.tools import Kitchen
from device.tools.kitchen import Ways
from device.tools.people import NOBODY_NAMED, Person
from tests.tools.calls import agreed, answer_of
from tests.tools.conftest import Clock, KitchenMaker

UNKIND = {"only", "good", "bad", "cheat", "guilty", "skipped", "should", "must", "burn", "fail", "earned"}
MEALS = ("breakfast", "morning snack", "lunch", "afternoon snack", "dinner")


def log(kitchen: Kitchen, *happenings: Happening, person: str = NOBODY_NAMED) -> None:
    kitchen.diary.log(f"entry {happenings} of {person}", person, happenings)


def ate(meal: str | None, kcal: float) -> FoodEaten:
    nutrients = Nutrients(kcal, kcal / 20, kcal / 10, kcal * 0.4 / 9)
    return FoodEaten((FoodItem("stew", nutrients),), meal, is_unplanned=meal is None)


def foods_of(kitchen: Kitchen, suggestion: dict[str, Any]) -> list[tuple[Food, float]]:
    by_name = {food.name: food for food in kitchen.foods.foods}
    parts = [portion.split(" g ", 1) for portion in suggestion["portions"]]
    return [(by_name[name], float(grams)) for grams, name in parts]


def everything_in(kitchen: Kitchen, answer: dict[str, Any]) -> list[Food]:
    return [food for each in answer["suggestions"] for food, _ in foods_of(kitchen, each)]


# ------------------------------------------------------------------------------------- suggestions


@pytest.mark.parametrize("meal", MEALS)
def test_what_is_suggested_holds_what_the_meal_should(kitchen: Kitchen, meal: str) -> None:
    answer = answer_of(kitchen, "suggest_meal", meal=meal)
    planned = kitchen.plan.shared.meal(meal)
    assert planned is not None
    assert answer["target"]["kcal"] == planned.target.energy_kcal
    assert 1 <= len(answer["suggestions"]) <= 3
    for suggestion in answer["suggestions"]:
        held = sum(
            (food.macros_of(grams) for food, grams in foods_of(kitchen, suggestion)), start=Macros(0, 0, 0, 0)
        )
        assert suggestion["fits"]
        assert suggestion["macros"]["kcal"] == pytest.approx(held.energy_kcal, abs=1)
        assert suggestion["macros"]["protein_g"] == pytest.approx(held.protein_g, abs=1)
        assert abs(held.energy_kcal - planned.target.energy_kcal) <= 0.1 * planned.target.energy_kcal


def test_the_first_is_said_with_what_it_holds(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "suggest_meal", meal="breakfast")
    first = answer["suggestions"][0]
    assert answer["said"].startswith("For breakfast: ")
    assert f", about {first['macros']['kcal']} calories" in answer["said"]
    for portion in first["portions"]:
        assert portion.split()[-1] in answer["said"]


def test_a_day_does_not_change_its_mind_and_days_differ(kitchen: Kitchen, clock: Clock) -> None:
    firsts = []
    for _ in range(5):
        first = answer_of(kitchen, "suggest_meal", meal="dinner")
        assert answer_of(kitchen, "suggest_meal", meal="dinner") == first
        firsts.append(first["said"])
        clock.go(days=1)
    assert len(set(firsts)) > 2


def test_it_logs_nothing(kitchen: Kitchen) -> None:
    answer_of(kitchen, "suggest_meal")
    assert kitchen.diary.people() == ()


# ------------------------------------------------------------------------------------- which meal


@pytest.mark.parametrize(
    ("hour", "happened", "meal"),
    [
        (5, (), "breakfast"),
        (8, (), "breakfast"),
        (8, (ate("breakfast", 400),), "morning snack"),
        (9, (), "morning snack"),
        (13, (), "lunch"),
        (13, (MealMissed("lunch"),), "afternoon snack"),
        (15, (), "afternoon snack"),
        (18, (ate("dinner", 600),), None),
        (23, (), "dinner"),
        (23, (ate("dinner", 600),), None),
    ],
)
def test_without_a_name_it_is_the_next_meal(
    kitchen: Kitchen, clock: Clock, hour: int, happened: tuple[Happening, ...], meal: str | None
) -> None:
    clock.show(hour, 30)
    if happened:
        log(kitchen, *happened)
    answer = answer_of(kitchen, "suggest_meal")
    assert answer.get("meal") == meal
    assert answer["ok"] or answer["code"] == "NO_REMAINING_MEALS"


def test_before_the_day_begins_it_is_still_the_evening_before(kitchen: Kitchen, clock: Clock) -> None:
    clock.go(hours=13)
    assert answer_of(kitchen, "suggest_meal")["meal"] == "dinner"
    clock.go(hours=3)
    assert answer_of(kitchen, "suggest_meal")["meal"] == "breakfast"


def test_where_no_meal_is_left_something_small_may_be_had(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(21)
    log(kitchen, ate("dinner", 700))
    answer = answer_of(kitchen, "suggest_meal")
    assert answer["code"] == "NO_REMAINING_MEALS"
    assert answer["ask"] == (
        "Today's meals are all down. If you are hungry, that is fine: shall I suggest something small?"
    )
    assert not UNKIND & set(re.findall("[a-z]+", answer["ask"].lower()))
    assert answer["retry"]["tool"] == "suggest_meal"
    assert answer_of(kitchen, "suggest_meal", **answer["retry"]["set"])["meal"] == "morning snack"


def test_an_unknown_meal_comes_with_the_meals_of_the_day(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "suggest_meal", meal="brunch")
    assert (answer["code"], answer["retry"]["tool"]) == ("UNKNOWN_MEAL", "suggest_meal")
    assert answer["meals"] == list(MEALS)
    assert answer_of(kitchen, "suggest_meal", meal=answer["meals"][0])["ok"]


# ------------------------------------------------------------------------------------- how much


def test_a_target_that_was_moved_is_the_one_to_fit(kitchen: Kitchen) -> None:
    (_, dinner) = agreed(kitchen, "missed_meal", meal="lunch")["meals"]
    answer = answer_of(kitchen, "suggest_meal", meal="dinner")
    assert answer["target"] == dinner["after"]
    assert answer["target"]["kcal"] == 923
    assert abs(answer["suggestions"][0]["macros"]["kcal"] - 923) <= 92


def test_where_less_is_left_of_the_day_the_meal_is_smaller(kitchen: Kitchen) -> None:
    log(kitchen, ate(None, 2089 - 500))
    assert answer_of(kitchen, "suggest_meal", meal="dinner")["target"]["kcal"] == 500
    assert answer_of(kitchen, "suggest_meal", meal="afternoon snack")["target"]["kcal"] == 183


def test_for_some_a_meal_stays_as_it_was_planned(kitchen: Kitchen) -> None:
    log(kitchen, ProfileChanged({"conditions": ["eating_disorder"]}), ate(None, 3000))
    assert answer_of(kitchen, "suggest_meal", meal="dinner")["target"]["kcal"] == 685


def test_a_meal_stays_a_meal_where_nothing_is_left(kitchen: Kitchen) -> None:
    log(kitchen, ate(None, 4000))
    answer = answer_of(kitchen, "suggest_meal", meal="dinner")
    assert answer["target"]["kcal"] == 411
    assert abs(answer["suggestions"][0]["macros"]["kcal"] - 411) <= 42


# ------------------------------------------------------------------------------------- for whom


def test_nothing_is_offered_that_somebody_must_not_eat(make_kitchen: KitchenMaker) -> None:
    anna = Person("anna", allergens=("dairy", "egg"), excluded_foods=("rice",), diet="vegetarian")
    kitchen = make_kitchen(anna, "ben", default="ben")
    for meal in MEALS:
        answer = answer_of(kitchen, "suggest_meal", meal=meal, person="anna")
        for food in everything_in(kitchen, answer):
            assert food.suits("vegetarian")
            assert food.is_free_of("dairy")
            assert food.is_free_of("egg")
            assert "rice" not in food.id.split("_")
        assert answer["said"].endswith("Please check the label.")
        assert answer["note"] == "Please check the label."
    assert "note" not in answer_of(kitchen, "suggest_meal", meal="lunch")


def test_where_nobody_is_named_it_asks_who(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben")
    asked = answer_of(kitchen, "suggest_meal", meal="lunch")
    assert asked["code"] == "WHO"
    assert answer_of(kitchen, "suggest_meal", meal="lunch", person=asked["people"][0])["ok"]


def test_a_limit_on_carbohydrate_is_kept(kitchen: Kitchen) -> None:
    log(kitchen, ProfileChanged({"carbohydrate_cap_meal_g": 40}))
    answer = answer_of(kitchen, "suggest_meal", meal="dinner")
    assert all(each["macros"]["carbohydrate_g"] <= 40 for each in answer["suggestions"])


def test_the_target_of_a_meal_keeps_to_a_limit_on_carbohydrate(kitchen: Kitchen) -> None:
    log(kitchen, ProfileChanged({"carbohydrate_cap_meal_g": 45}))
    target = answer_of(kitchen, "suggest_meal", meal="dinner")["target"]
    assert target["kcal"] == 685
    assert 36 <= target["carbohydrate_g"] <= 45


def test_where_nothing_may_be_eaten_it_says_so(kitchen: Kitchen) -> None:
    log(kitchen, ProfileChanged({"excluded_foods": [food.id for food in kitchen.foods.foods]}))
    answer = answer_of(kitchen, "suggest_meal", meal="lunch")
    assert answer["code"] == "NO_MATCH"
    assert (
        answer["ask"] == "I know nothing that fits lunch and what you eat. Which other meal shall I look at?"
    )


def test_quiet_means_nothing_of_nutrients(make_kitchen: KitchenMaker, clock: Clock) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    for meal in MEALS:
        answer = answer_of(kitchen, "suggest_meal", meal=meal)
        assert not re.search("calor|kcal|protein|target|macros", json.dumps(answer))
        assert not re.search(r"\d", answer["said"])
        assert all(re.match(r"\d+ g ", portion) for portion in answer["suggestions"][0]["portions"])
    clock.show(23)
    log(kitchen, MealMissed("dinner"))
    assert answer_of(kitchen, "suggest_meal")["code"] == "NO_REMAINING_MEALS"


@pytest.mark.parametrize("arguments", [{"meal": ""}, {"meal": 3}, {"person": ["anna"]}])
def test_wrong_arguments_are_told(kitchen: Kitchen, arguments: dict[str, object]) -> None:
    assert answer_of(kitchen, "suggest_meal", **arguments)["code"] == "WRONG_ARGUMENTS"


NAMES = st.lists(
    st.sampled_from(["second", "late", "children's", "o'clock", "lunch", "snack", "of", "the"]),
    min_size=1,
    max_size=20,
).map(" ".join)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=NAMES, protein=st.integers(1, 90), is_quiet=st.booleans(), is_limited=st.booleans())
def test_whatever_the_meal_is_called_it_can_be_said(
    make_kitchen: KitchenMaker, name: str, protein: int, is_quiet: bool, is_limited: bool
) -> None:
    """Every answer is checked for its words and letters where it is taken."""
    meal = PlannedMeal(name, time(13), Macros(17 * protein, protein, protein, protein))
    person = Person("anna", allergens=("peanut",) if is_limited else ())
    kitchen = make_kitchen(person, ways=Ways(quiet_numbers=is_quiet))
    answer = answer_of(replace(kitchen, plan=HouseholdPlan(Plan((meal,)))), "suggest_meal")
    assert answer["ok"] or answer["code"] == "NO_MATCH"
