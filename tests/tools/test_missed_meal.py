"""missed_meal: it asks before it moves anything, the day adds up exactly, and the words are kind."""

from __future__ import annotations

import asyncio
import itertools
import re
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.events import ToolCall
from device.nutrition.events import FoodEaten, FoodItem, MealMissed, Nutrients, PlanAdjusted, ProfileChanged
from device.nutrition.macros import Macros
from device.nutrition.plan import HouseholdPlan, Plan, PlannedMeal
from device.tools import ALL_TOOLS, Kitchen, Registry
from device.tools.kitchen import Ways
from device.tools.people import NOBODY_NAMED, People, Person
from device.tools.today import day_of
from tests.tools.calls import agreed, answer_of, checked
from tests.tools.conftest import Clock, KitchenMaker

PARTS = ("kcal", "protein_g", "carbohydrate_g", "fat_g")
UNKIND = {"only", "good", "bad", "cheat", "guilty", "skipped", "should", "must", "burn", "fail", "earned"}
NUMBERED = {"undo_id", "retry", "if_not"}
"""What may hold a digit where numbers are quiet, and is not said."""


def adds_up(answer: dict[str, Any]) -> bool:
    """What was missed is in the meals that grew, or left over."""
    return all(
        sum(meal["before"][part] for meal in answer["meals"]) + answer["missed"][part]
        == sum(meal["after"][part] for meal in answer["meals"]) + answer["left_over"][part]
        for part in PARTS
    )


def books_balance(kitchen: Kitchen, person: str | None = None) -> bool:
    state = day_of(kitchen, person).state
    return state.plan.target + state.credit == state.eaten + state.open_target + state.left_over


def events(kitchen: Kitchen, person: str = NOBODY_NAMED) -> list[object]:
    return [event.fact for event in kitchen.diary.events(person, kitchen.diary.clock.today())]


def log(kitchen: Kitchen, *happenings: Any, person: str = NOBODY_NAMED) -> None:
    entry = f"earlier-{len(kitchen.diary.events(person, kitchen.diary.clock.today(), with_void=True))}"
    kitchen.diary.log(entry, person, happenings)


def eaten(kcal: float, meal: str | None = None) -> FoodEaten:
    nutrients = Nutrients(kcal, kcal / 20, kcal / 10, kcal / 9 * 0.4)
    return FoodEaten((FoodItem("stew", nutrients),), meal, is_unplanned=meal is None)


def words_without(answer: dict[str, Any], *keys: str) -> str:
    return repr({key: value for key, value in answer.items() if key not in keys})


# ------------------------------------------------------------------------------------- asking first


def test_it_proposes_first_and_changes_nothing(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "missed_meal", meal="lunch")
    assert answer["code"] == "NOT_CONFIRMED"
    assert answer["ask"] == (
        "The 600 calories of lunch could move: "
        "afternoon snack becomes 244, dinner 923; 301 stay open. Shall I?"
    )
    assert [meal["meal"] for meal in answer["meals"]] == ["afternoon snack", "dinner"]
    assert answer["meals"][1]["before"]["kcal"] == 685
    assert answer["meals"][1]["after"]["kcal"] == 923
    assert answer["left_over"]["kcal"] == 301
    assert answer["committed"] == []
    assert adds_up(answer)
    assert events(kitchen) == []


def test_with_consent_lunch_moves_to_the_rest_of_the_day(kitchen: Kitchen) -> None:
    answer = agreed(kitchen, "missed_meal", meal="lunch")
    assert answer["said"] == (
        "Lunch moves to the rest of today: afternoon snack 244, dinner 923 calories. 301 stay open."
    )
    assert answer["changed"]
    assert answer["missed"] == {"kcal": 600, "protein_g": 35, "carbohydrate_g": 70, "fat_g": 20}
    assert answer["day"]["in_no_meal_kcal"] == answer["left_over"]["kcal"] == 301
    assert answer["day"]["left"] == answer["day"]["target"]
    assert adds_up(answer)
    assert books_balance(kitchen)
    assert [type(fact) for fact in events(kitchen)] == [MealMissed, PlanAdjusted]


def test_what_was_agreed_to_is_what_is_kept_even_where_proposals_vary(
    make_kitchen: KitchenMaker, clock: Clock
) -> None:
    clock.show(8)
    kitchen = make_kitchen(ways=Ways(variation=0.03))
    asked = answer_of(kitchen, "missed_meal", meal="breakfast")
    plain = answer_of(make_kitchen(), "missed_meal", meal="breakfast")
    assert asked["meals"] != plain["meals"]
    assert answer_of(kitchen, "missed_meal", meal="breakfast")["meals"] == asked["meals"]
    done = answer_of(kitchen, "missed_meal", meal="breakfast", **asked["retry"]["set"])
    kept = {meal.planned.name: meal.target.energy_kcal for meal in day_of(kitchen).state.meals}
    assert {meal["meal"]: meal["after"]["kcal"] for meal in asked["meals"]}.items() <= kept.items()
    assert done["meals"] == asked["meals"]
    assert books_balance(kitchen)


@pytest.mark.parametrize(
    ("over", "rest"),
    [
        (16, "1,613 together; 16 even out what was eaten before, 5 stay open."),
        (20, "1,613 together; 20 even out what was eaten before, 1 stays open."),
    ],
)
def test_with_much_to_say_of_the_rest_the_question_is_short(
    kitchen: Kitchen, clock: Clock, over: int, rest: str
) -> None:
    clock.show(9)
    log(kitchen, eaten(455 + over, "breakfast"))
    asked = answer_of(kitchen, "missed_meal", meal="morning snack")
    assert asked["ask"] == f"Its 166 calories could move to 3 meals, then {rest} Shall I?"


def test_a_no_is_a_call_that_moves_nothing(kitchen: Kitchen) -> None:
    asked = answer_of(kitchen, "missed_meal", meal="lunch")
    assert "move false" in asked["if_not"]
    answer = answer_of(kitchen, "missed_meal", meal="lunch", move=False)
    assert answer["said"] == (
        "Lunch is noted: nothing moves, and its 600 calories stay open for whenever you want them."
    )
    assert answer["meals"] == []
    assert events(kitchen) == [MealMissed("lunch")]
    assert books_balance(kitchen)


def test_a_consent_to_other_numbers_does_not_count(kitchen: Kitchen) -> None:
    asked = answer_of(kitchen, "missed_meal", meal="lunch")
    log(kitchen, eaten(300))
    again = answer_of(kitchen, "missed_meal", meal="lunch", **asked["retry"]["set"])
    assert again["code"] == "NOT_CONFIRMED"
    assert again["retry"] != asked["retry"]
    assert answer_of(kitchen, "missed_meal", meal="lunch", **again["retry"]["set"])["ok"]


def test_a_consent_is_one_persons(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben")
    asked = answer_of(kitchen, "missed_meal", meal="lunch", person="anna")
    of_ben = answer_of(kitchen, "missed_meal", meal="lunch", person="ben", **asked["retry"]["set"])
    assert of_ben["code"] == "NOT_CONFIRMED"


def carbohydrate(kitchen: Kitchen) -> list[float]:
    return [meal.target.carbohydrate_g for meal in day_of(kitchen).state.meals]


def test_whatever_is_undone_no_meal_is_raised_above_its_limit(kitchen: Kitchen, clock: Clock) -> None:
    log(kitchen, ProfileChanged({"carbohydrate_cap_meal_g": 75}))
    clock.show(11)
    bread = [{"food": "white bread", "quantity": 120, "unit": "g"}]
    undo_id = answer_of(kitchen, "unplanned_food", items=bread)["undo_id"]
    clock.show(13)
    agreed(kitchen, "missed_meal", meal="lunch")
    answer_of(kitchen, "undo", undo_id=undo_id)
    assert max(carbohydrate(kitchen)) <= 75
    assert books_balance(kitchen)


def test_a_limit_that_is_told_later_holds_for_what_has_moved(kitchen: Kitchen) -> None:
    agreed(kitchen, "missed_meal", meal="lunch")
    assert max(carbohydrate(kitchen)) > 80
    log(kitchen, ProfileChanged({"carbohydrate_cap_meal_g": 80}))
    assert max(carbohydrate(kitchen)) <= 80
    assert books_balance(kitchen)


def test_a_meal_that_was_eaten_after_all_gives_nothing_to_others(kitchen: Kitchen) -> None:
    before = day_of(kitchen).state
    agreed(kitchen, "missed_meal", meal="lunch")
    answer_of(
        kitchen, "log_food", meal="lunch", items=[{"food": "white bread", "quantity": 225, "unit": "g"}]
    )
    after = day_of(kitchen).state
    assert [meal.target for meal in after.meals] == [meal.target for meal in before.meals]
    assert books_balance(kitchen)


# ------------------------------------------------------------------------------------- where nothing moves


def test_with_no_meal_to_come_everything_stays_open(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(21)
    answer = answer_of(kitchen, "missed_meal", meal="lunch")
    assert answer["said"] == (
        "Lunch is noted: no meal is to come today, so its 600 calories stay open. That is fine."
    )
    assert answer["meals"] == []
    assert answer["left_over"] == answer["missed"]
    assert answer["day"]["in_no_meal_kcal"] == 600


def test_meals_that_are_full_are_told_so(kitchen: Kitchen) -> None:
    agreed(kitchen, "missed_meal", meal="lunch")
    answer = answer_of(kitchen, "missed_meal", meal="breakfast")
    assert answer["said"] == (
        "Breakfast is noted: the meals to come are full, so its 455 calories stay open. That is fine."
    )
    assert adds_up(answer)
    assert answer["day"]["in_no_meal_kcal"] == 301 + 455


def test_a_meal_that_was_left_out_on_purpose_is_not_spread(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "missed_meal", meal="lunch", on_purpose=True)
    assert answer["said"] == (
        "Lunch is noted: nothing moves, and its 600 calories stay open for whenever you want them."
    )
    assert events(kitchen) == [MealMissed("lunch", is_on_purpose=True)]
    assert "care" not in answer


def test_who_often_leaves_meals_out_is_asked_once_and_hears_no_numbers(
    kitchen: Kitchen, clock: Clock
) -> None:
    answers = []
    for _ in range(7):
        clock.go(days=1)
        answers.append(answer_of(kitchen, "missed_meal", meal="lunch", on_purpose=True))
    assert ["care" in answer for answer in answers] == [False] * 5 + [True, False]
    assert "day" in answers[4]
    assert "day" not in answers[5]
    assert answers[6]["said"] == "Lunch is noted as not eaten, and nothing else changes."


@pytest.mark.parametrize("words", ["lunch", "my midday meal", "LUNCH today", "almuerzo", "lnuch"])
def test_the_same_meal_twice_changes_nothing_and_says_so(kitchen: Kitchen, words: str) -> None:
    agreed(kitchen, "missed_meal", meal="lunch")
    before = day_of(kitchen)
    again = answer_of(kitchen, "missed_meal", meal=words)
    assert again["said"] == "Lunch is down as missed today already; nothing has changed."
    assert not again["changed"]
    assert "undo_id" not in again
    assert day_of(kitchen) == before


def test_a_meal_that_was_eaten_cannot_be_missed(kitchen: Kitchen) -> None:
    log(kitchen, eaten(600, "lunch"))
    answer = answer_of(kitchen, "missed_meal", meal="lunch")
    assert answer["said"] == "Lunch is down as eaten today already; nothing has changed."
    assert len(events(kitchen)) == 1


# ------------------------------------------------------------------------------------- days of all kinds


def test_what_was_eaten_before_takes_its_part_first(kitchen: Kitchen) -> None:
    log(kitchen, eaten(200))
    answer = agreed(kitchen, "missed_meal", meal="lunch")
    assert answer["said"].startswith("Lunch moves to the rest of today: afternoon snack 2")
    assert "200 even out what was eaten before" in answer["said"]
    assert adds_up(answer)
    assert books_balance(kitchen)


def test_a_meal_may_be_no_more_than_what_was_eaten_before(kitchen: Kitchen) -> None:
    log(kitchen, eaten(900))
    answer = answer_of(kitchen, "missed_meal", meal="lunch")
    assert answer["said"] == "Lunch is noted: its 600 calories even out what was eaten before."
    assert answer["day"]["in_no_meal_kcal"] == -300


def test_of_a_meal_left_out_on_purpose_the_rest_stays_open(kitchen: Kitchen) -> None:
    log(kitchen, eaten(200))
    said = answer_of(kitchen, "missed_meal", meal="lunch", on_purpose=True)["said"]
    assert "400 of its 600 calories stay open" in said


def test_a_meal_still_ahead_moves_to_the_meals_after_it(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(9)
    answer = answer_of(kitchen, "missed_meal", meal="lunch")
    assert [meal["meal"] for meal in answer["meals"]] == ["afternoon snack", "dinner"]


def test_after_midnight_it_is_still_the_evening_before(kitchen: Kitchen, clock: Clock) -> None:
    meals = (
        PlannedMeal("dinner", time(19), Macros(700, 40, 90, 20)),
        PlannedMeal("supper", time(0, 30), Macros(400, 25, 39, 16)),
    )
    late = replace(kitchen, plan=HouseholdPlan(Plan(meals)))
    clock.go(hours=11)
    answer = agreed(late, "missed_meal", meal="dinner")
    assert [meal["meal"] for meal in answer["meals"]] == ["supper"]
    (event, _) = late.diary.events(NOBODY_NAMED, late.diary.clock.today())
    assert (event.moment.day.day, event.moment.local.day) == (21, 22)


def test_a_limit_on_carbohydrate_is_kept(kitchen: Kitchen) -> None:
    log(kitchen, ProfileChanged({"carbohydrate_cap_meal_g": 80}))
    answer = agreed(kitchen, "missed_meal", meal="lunch")
    assert all(meal["after"]["carbohydrate_g"] <= 80 for meal in answer["meals"])
    assert adds_up(answer)


@pytest.mark.parametrize("hour", range(24))
def test_every_meal_at_every_hour_adds_up_and_is_told_kindly(
    kitchen: Kitchen, clock: Clock, hour: int
) -> None:
    clock.show(hour, 15)
    for meal in kitchen.plan.shared.meals:
        answer = answer_of(kitchen, "missed_meal", meal=meal.name)
        if not answer["ok"]:
            assert not UNKIND & set(re.findall("[a-z]+", answer["ask"].lower()))
            answer = answer_of(kitchen, "missed_meal", meal=meal.name, **answer["retry"]["set"])
        assert adds_up(answer)
        assert books_balance(kitchen)
        assert not UNKIND & set(re.findall("[a-z]+", answer["said"].lower()))


# ------------------------------------------------------------------------------------- once, and undone


def test_a_call_made_again_after_a_restart_is_done_once(kitchen: Kitchen) -> None:
    token = answer_of(kitchen, "missed_meal", meal="lunch")["retry"]["set"]
    call = ToolCall("call-of-the-api", "missed_meal", {"meal": "lunch", **token})

    def run() -> dict[str, Any]:
        return checked(asyncio.run(Registry(ALL_TOOLS, kitchen, timeout_s=20).run(call)).payload)

    first, again = run(), run()
    assert again["already_done"]
    assert again["undo_id"] == first["undo_id"]
    assert len(events(kitchen)) == 2


def test_undoing_brings_the_day_back_exactly(kitchen: Kitchen) -> None:
    log(kitchen, eaten(300))
    before = day_of(kitchen)
    answer = agreed(kitchen, "missed_meal", meal="lunch")
    assert day_of(kitchen) != before
    kitchen.diary.undo("an undo", NOBODY_NAMED, answer["undo_id"])
    assert day_of(kitchen) == before


# ------------------------------------------------------------------------------------- people and words


def test_one_persons_meal_is_not_anothers(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben", default="ben")
    agreed(kitchen, "missed_meal", meal="lunch", person="Anna")
    assert len(events(kitchen, "anna")) == 2
    assert events(kitchen, "ben") == []


def test_where_nobody_is_named_it_asks_who(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben")
    answer = answer_of(kitchen, "missed_meal", meal="lunch")
    assert answer["code"] == "WHO"
    assert answer["retry"]["set"].keys() == {"person"}
    chosen = answer_of(kitchen, "missed_meal", meal="lunch", person=answer["people"][1])
    assert chosen["code"] == "NOT_CONFIRMED"


def test_an_unknown_meal_comes_with_the_meals_of_the_day(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "missed_meal", meal="brunch")
    assert answer == {
        "ok": False,
        "code": "UNKNOWN_MEAL",
        "message": "The plan has no such meal, or more than one.",
        "field": "meal",
        "heard": "brunch",
        "meals": ["breakfast", "morning snack", "lunch", "afternoon snack", "dinner"],
        "ask": "Which meal do you mean: breakfast, morning snack, lunch, afternoon snack or dinner?",
        "retry": {"tool": "missed_meal", "set": {"meal": "<one of meals>"}},
        "committed": [],
    }
    for meal in answer["meals"]:
        assert answer_of(kitchen, "missed_meal", meal=meal, move=False)["ok"]


@pytest.mark.parametrize("arguments", [{}, {"meal": ""}, {"meal": "x" * 500}, {"meal": 3}])
def test_wrong_arguments_are_told(kitchen: Kitchen, arguments: dict[str, object]) -> None:
    assert answer_of(kitchen, "missed_meal", **arguments)["code"] == "WRONG_ARGUMENTS"


@pytest.mark.parametrize("happened", [(), (eaten(200),), (eaten(900),)])
@pytest.mark.parametrize("hour", [8, 13, 21])
def test_quiet_means_no_number_at_all(
    make_kitchen: KitchenMaker, clock: Clock, hour: int, happened: tuple[FoodEaten, ...]
) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    clock.show(hour)
    if happened:
        log(kitchen, *happened)
    first = answer_of(kitchen, "missed_meal", meal="lunch")
    answers = [first]
    if not first["ok"]:
        assert first["ask"] == "Shall I spread lunch over the rest of today?"
        answers.append(answer_of(kitchen, "missed_meal", meal="lunch", **first["retry"]["set"]))
    answers.append(answer_of(kitchen, "missed_meal", meal="lunch"))
    answers.append(answer_of(kitchen, "missed_meal", meal="dinner", on_purpose=True))
    for answer in answers:
        assert not re.search(r"\d", words_without(answer, *NUMBERED))
    assert answers[-1]["ok"]


def test_the_residual_is_said_without_numbers_too(make_kitchen: KitchenMaker) -> None:
    answer = agreed(make_kitchen(ways=Ways(quiet_numbers=True)), "missed_meal", meal="lunch")
    assert answer["said"] == "Lunch is spread over the rest of today; what did not fit stays open."


WORDS = st.sampled_from(["second", "late", "children's", "o'clock", "meal", "of", "the"])
NAMES = st.lists(st.lists(WORDS, min_size=1, max_size=5).map(" ".join), min_size=2, max_size=9)
_people = itertools.count()


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(names=NAMES, grams=st.integers(5, 240), before=st.integers(0, 3000), is_quiet=st.booleans())
def test_whatever_the_meals_are_called_it_can_be_said(
    kitchen: Kitchen, clock: Clock, names: list[str], grams: int, before: int, is_quiet: bool
) -> None:
    """Every answer is checked for its words and letters where it is taken."""
    target = Macros(17 * grams, grams, grams, grams)
    meals = [PlannedMeal(f"{name} {hour}", time(hour), target) for hour, name in enumerate(names, 8)]
    person = f"person {next(_people)}"
    table = replace(
        kitchen,
        plan=HouseholdPlan(Plan(tuple(meals))),
        people=People([Person(person)]),
        ways=Ways(quiet_numbers=is_quiet),
    )
    clock.show(8, 30)
    log(table, eaten(before), person=person)
    answer = answer_of(table, "missed_meal", meal=meals[0].name)
    if not answer["ok"]:
        answer = answer_of(table, "missed_meal", meal=meals[0].name, **answer["retry"]["set"])
    assert answer["changed"]
    assert books_balance(table)
