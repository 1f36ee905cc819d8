"""day_status and the summary for a fresh start: the numbers are those of the day, and the words are calm."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.nutrition.days import back_dated
from device.nutrition.diaryfile import DIARY_NAME
from device.nutrition.events import (
    ActivityDone,
    FoodEaten,
    FoodItem,
    Happening,
    MealMissed,
    Nutrients,
    ProfileChanged,
    WaterDrunk,
    WeightTaken,
)
from device.nutrition.macros import Macros
from device.nutrition.plan import HouseholdPlan, Plan, PlannedMeal
from device.nutrition.profile import ActivityLevel, Goal, Profile, Sex, checked_changes
from device.nutrition.targets import targets_for
from device.tools import Kitchen
from device.tools.daystatus import day_summary
from device.tools.kitchen import Ways
from device.tools.people import NOBODY_NAMED, People, Person
from device.tools.today import day_of
from tests.tools.calls import agreed, answer_of
from tests.tools.conftest import Clock, KitchenMaker

UNKIND = {"only", "good", "bad", "cheat", "guilty", "skipped", "should", "must", "burn", "fail", "earned"}
PLANNED = {"breakfast": 455, "morning snack": 166, "lunch": 600, "afternoon snack": 183, "dinner": 685}
_entries = itertools.count()


def log(kitchen: Kitchen, *happenings: Happening, person: str = NOBODY_NAMED, days_ago: int = 0) -> str:
    entry = f"entry-{next(_entries)}"
    clock = kitchen.diary.clock
    zone = kitchen.now().tzinfo
    assert zone is not None
    day = clock.today() - timedelta(days=days_ago)
    when = back_dated(day, time(12), zone, clock.day_start) if days_ago else None
    kitchen.diary.log(entry, person, happenings, when)
    return entry


def ate(meal: str | None, kcal: float | None = None, food: str = "stew") -> FoodEaten:
    """A meal as planned, or of so much energy."""
    kcal = PLANNED[meal or "lunch"] if kcal is None else kcal
    nutrients = Nutrients(kcal, kcal / 20, kcal / 10, kcal * 0.4 / 9)
    return FoodEaten((FoodItem(food, nutrients),), meal, is_unplanned=meal is None)


def morning(kitchen: Kitchen) -> None:
    log(kitchen, ate("breakfast"), ate("morning snack"))


def changed(kitchen: Kitchen, *, days_ago: int = 0, **changes: object) -> None:
    log(kitchen, ProfileChanged(checked_changes(changes)), days_ago=days_ago)


# ------------------------------------------------------------------------------------- today


def test_a_day_as_planned(kitchen: Kitchen) -> None:
    morning(kitchen)
    log(kitchen, ate("lunch"))
    answer = answer_of(kitchen, "day_status")
    assert answer["said"] == (
        "You have had 1,221 calories; 868 are left: afternoon snack 183 and dinner 685."
    )
    assert answer["meals"] == [
        {"meal": "breakfast", "status": "eaten", "kcal": 455},
        {"meal": "morning snack", "status": "eaten", "kcal": 166},
        {"meal": "lunch", "status": "eaten", "kcal": 600},
        {"meal": "afternoon snack", "status": "to_come", "kcal": 183},
        {"meal": "dinner", "status": "to_come", "kcal": 685},
    ]
    assert answer["date"] == "2026-11-21"
    assert answer["day"]["eaten"]["kcal"] == 1221
    assert "care" not in answer


def test_a_missed_meal_and_what_is_in_no_meal(kitchen: Kitchen) -> None:
    morning(kitchen)
    agreed(kitchen, "missed_meal", meal="lunch")
    answer = answer_of(kitchen, "day_status")
    assert answer["said"] == (
        "You have had 621 calories; 1,468 are left: afternoon snack 244 and dinner 923. "
        "301 are in no meal. Lunch was missed."
    )
    assert answer["day"]["target"]["kcal"] == 621 + 244 + 923 + 301
    assert answer["meals"][2] == {"meal": "lunch", "status": "missed", "kcal": 600}


def test_what_nobody_spoke_of_is_not_taken_for_uneaten(kitchen: Kitchen) -> None:
    log(kitchen, ate("lunch"))
    answer = answer_of(kitchen, "day_status")
    assert answer["said"] == (
        "You have had 600 calories. To come: afternoon snack 183 and dinner 685. "
        "Nothing is down for breakfast and morning snack."
    )
    assert [meal["status"] for meal in answer["meals"]] == ["open", "open", "eaten", "to_come", "to_come"]


def test_at_the_start_of_a_day_all_of_it_is_left(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(5)
    assert answer_of(kitchen, "day_status")["said"] == (
        "Nothing is down yet; 2,089 calories are left: "
        "breakfast 455, morning snack 166, lunch 600, afternoon snack 183 and dinner 685."
    )


def test_a_day_on_which_nothing_was_logged(kitchen: Kitchen) -> None:
    said = answer_of(kitchen, "day_status")["said"]
    assert said == "Nothing is down yet. To come: afternoon snack 183 and dinner 685 calories."


def test_a_day_that_comes_out_is_full(kitchen: Kitchen) -> None:
    log(kitchen, *map(ate, PLANNED))
    said = answer_of(kitchen, "day_status")["said"]
    assert said == "You have had 2,089 calories; today's plan is full."


def test_one_is_one(kitchen: Kitchen) -> None:
    log(kitchen, *(ate(meal, 684 if meal == "dinner" else None) for meal in PLANNED))
    assert answer_of(kitchen, "day_status")["said"] == "You have had 2,088 calories; 1 is left."


def test_a_little_more_than_planned_is_fine(kitchen: Kitchen) -> None:
    morning(kitchen)
    log(kitchen, ate("lunch", 800))
    assert answer_of(kitchen, "day_status")["said"] == (
        "You have had 1,421 calories. To come: afternoon snack 183 and dinner 685. "
        "The day comes to 200 more than planned, which is fine."
    )


def test_a_day_that_ran_over_is_told_as_carrying_on(kitchen: Kitchen) -> None:
    morning(kitchen)
    log(kitchen, ate("lunch", 1500))
    assert answer_of(kitchen, "day_status")["said"] == (
        "You have had 2,121 calories. Today ran over its plan, and that is fine. Carry on as usual."
    )


def test_a_day_does_not_run_over_by_meals_of_which_nothing_is_known(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(21)
    log(kitchen, ate(None, 500))
    answer = answer_of(kitchen, "day_status")
    assert answer["day"]["in_no_meal_kcal"] == -500
    assert answer["said"] == (
        "You have had 500 calories. "
        "Nothing is down for breakfast, morning snack, lunch, afternoon snack and dinner."
    )


def test_in_the_evening_what_is_left_is_said_simply(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(21)
    log(kitchen, *(ate(meal) for meal in PLANNED if meal != "dinner"), ate("dinner", 600))
    assert answer_of(kitchen, "day_status")["said"] == "You have had 2,004 calories; 85 are left."


def test_water_exercise_and_foods_are_in_the_data(kitchen: Kitchen) -> None:
    log(kitchen, WaterDrunk(250), WaterDrunk(300), ActivityDone("run", 30, 290, 150))
    log(kitchen, *(ate(None, 10, f"food {number}") for number in range(10)))
    log(kitchen, FoodEaten((FoodItem("soup", Nutrients(90), is_estimated=True),), "lunch"))
    answer = answer_of(kitchen, "day_status")
    assert answer["water_ml"] == 550
    assert (answer["exercise_minutes"], answer["exercise_kcal"]) == (30, 150)
    assert answer["foods"] == [*(f"food {number}" for number in range(3, 10)), "soup"]
    assert (answer["foods_in_all"], answer["estimated_foods"]) == (11, 1)
    assert answer["day"]["target"]["kcal"] == 2089 + 150


@pytest.mark.parametrize("hour", range(24))
def test_at_every_hour_what_is_said_adds_up(kitchen: Kitchen, clock: Clock, hour: int) -> None:
    clock.show(hour, 20)
    log(kitchen, ate("lunch", 500), ate("breakfast"))
    answer = answer_of(kitchen, "day_status")
    day = answer["day"]
    not_eaten = sum(meal["kcal"] for meal in answer["meals"] if meal["status"] in {"open", "to_come"})
    assert day["eaten"]["kcal"] + not_eaten + day["in_no_meal_kcal"] == day["target"]["kcal"]
    assert day["eaten"]["kcal"] == sum(meal["kcal"] for meal in answer["meals"] if meal["status"] == "eaten")
    assert not UNKIND & set(re.findall("[a-z]+", answer["said"].lower()))


def test_an_undone_entry_does_not_count(kitchen: Kitchen) -> None:
    morning(kitchen)
    before = answer_of(kitchen, "day_status")
    entry = log(kitchen, ate("lunch"))
    assert answer_of(kitchen, "day_status") != before
    kitchen.diary.undo("an undo", NOBODY_NAMED, entry)
    assert answer_of(kitchen, "day_status") == before


def test_before_the_day_begins_it_is_still_the_day_before(kitchen: Kitchen, clock: Clock) -> None:
    morning(kitchen)
    clock.go(hours=14)
    answer = answer_of(kitchen, "day_status")
    assert (clock.at.day, answer["date"]) == (22, "2026-11-21")
    assert answer["day"]["eaten"]["kcal"] == 621
    clock.go(hours=2)
    assert answer_of(kitchen, "day_status")["day"]["eaten"]["kcal"] == 0


# ------------------------------------------------------------------------------------- earlier days


@pytest.mark.parametrize(("days_ago", "name"), [(1, "Yesterday"), (3, "On Wednesday"), (14, "On 7 November")])
def test_an_earlier_day(kitchen: Kitchen, days_ago: int, name: str) -> None:
    log(kitchen, ate("breakfast"), ate("dinner"), MealMissed("lunch"), days_ago=days_ago)
    answer = answer_of(kitchen, "day_status", days_ago=days_ago)
    assert answer["said"] == (
        f"{name} you had 1,140 calories; the plan was 2,089. Lunch was missed. "
        "Nothing is down for morning snack and afternoon snack."
    )
    assert answer["date"] == str(date(2026, 11, 21) - timedelta(days=days_ago))
    assert {meal["status"] for meal in answer["meals"]} == {"eaten", "missed", "open"}
    assert answer_of(kitchen, "day_status")["day"]["eaten"]["kcal"] == 0


def test_an_earlier_day_without_a_word(kitchen: Kitchen) -> None:
    assert answer_of(kitchen, "day_status", days_ago=1)["said"] == "Nothing is down for yesterday."


BODY: dict[str, Any] = {
    "age_years": 40,
    "sex": "male",
    "height_cm": 178,
    "weight_kg": 80,
    "activity": "light",
    "goal": "maintain",
    "conditions": [],
}


def target_kcal(kitchen: Kitchen, days_ago: int = 0) -> int:
    return int(answer_of(kitchen, "day_status", days_ago=days_ago)["day"]["target"]["kcal"])


def test_a_day_before_is_judged_by_what_was_known_then(kitchen: Kitchen) -> None:
    changed(kitchen, days_ago=5, **BODY)
    changed(kitchen, days_ago=2, goal="lose")
    log(kitchen, WeightTaken(90), days_ago=3)
    log(kitchen, WeightTaken(70))
    shared = round(kitchen.plan.shared.target.energy_kcal)
    told = Profile(40, Sex.MALE, 178, 80, None, ActivityLevel.LIGHT, Goal.MAINTAIN, conditions=frozenset())
    heavier, losing = replace(told, weight_kg=90.0), replace(told, weight_kg=90.0, goal=Goal.LOSE)
    lighter = replace(losing, weight_kg=70.0)
    expected = [lighter, losing, losing, heavier, told, told]
    targets = [round(targets_for(profile).macros.energy_kcal) for profile in expected]
    assert [target_kcal(kitchen, days_ago) for days_ago in range(7)] == [*targets, shared]
    assert len(set(targets)) == 4


def test_an_age_on_a_day_before_is_that_of_then(kitchen: Kitchen, clock: Clock) -> None:
    changed(kitchen, **{**BODY, "age_years": 17, "goal": "lose"})
    minor = target_kcal(kitchen)
    clock.go(days=370)
    assert target_kcal(kitchen) < minor
    assert target_kcal(kitchen, days_ago=14) == minor


def test_numbers_that_are_quiet_now_are_quiet_of_days_before(kitchen: Kitchen) -> None:
    log(kitchen, ate("lunch"), days_ago=1)
    changed(kitchen, quiet_numbers=True)
    assert not re.search(r"kcal|_g\b|calor", repr(answer_of(kitchen, "day_status", days_ago=1)))


def test_a_plan_of_today_makes_no_day_before_too_little(kitchen: Kitchen) -> None:
    """Who ate as planned for days and then wants to gain weight is not asked how eating is going."""
    for days_ago in (1, 2, 3):
        log(kitchen, *map(ate, PLANNED), days_ago=days_ago)
    large = {"height_cm": 195, "weight_kg": 105, "activity": "very_active", "goal": "gain"}
    changed(kitchen, **{**BODY, **large})
    answer = answer_of(kitchen, "day_status")
    assert 0.6 * answer["day"]["target"]["kcal"] > 2089
    assert "care" not in answer


def test_a_lower_plan_of_today_excuses_no_day_before(kitchen: Kitchen) -> None:
    for days_ago in (1, 2, 3):
        log(kitchen, *(ate(meal, 240) for meal in PLANNED), days_ago=days_ago)
    assert "care" in answer_of(kitchen, "day_status")
    changed(kitchen, **{**BODY, "height_cm": 150, "weight_kg": 45, "activity": "sitting"})
    kitchen.asked_after.clear()
    assert 0.6 * day_of(kitchen).plan.target.energy_kcal < 1200
    assert "care" in answer_of(kitchen, "day_status")


@pytest.mark.parametrize("days_ago", [-1, 15, "yesterday", 0.5])
def test_days_that_cannot_be_asked_for(kitchen: Kitchen, days_ago: object) -> None:
    assert answer_of(kitchen, "day_status", days_ago=days_ago)["code"] == "WRONG_ARGUMENTS"


# ------------------------------------------------------------------------------------- people, care, quiet


def test_each_has_a_day_of_their_own(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben")
    log(kitchen, ate("lunch"), person="anna")
    asked = answer_of(kitchen, "day_status")
    assert asked["code"] == "WHO"
    eaten = [answer_of(kitchen, "day_status", person=who)["day"]["eaten"]["kcal"] for who in asked["people"]]
    assert eaten == [600, 0]


@pytest.mark.parametrize("why", ["ways", "profile"])
def test_quiet_means_no_calories_and_no_grams(make_kitchen: KitchenMaker, why: str) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=why == "ways"))
    if why == "profile":
        log(kitchen, ProfileChanged({"quiet_numbers": True}))
    log(kitchen, *map(ate, ("breakfast", "morning snack", "lunch")), WaterDrunk(500))
    answer = answer_of(kitchen, "day_status")
    assert answer.pop("said") == (
        "Breakfast, morning snack and lunch are down; afternoon snack and dinner are still to come."
    )
    assert (answer.pop("date"), answer.pop("water_ml")) == ("2026-11-21", 500)
    assert not re.search(r"\d|kcal|_g\b", repr(answer))


def test_quiet_days_of_all_kinds(make_kitchen: KitchenMaker, clock: Clock) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    said = [answer_of(kitchen, "day_status")["said"]]
    agreed(kitchen, "missed_meal", meal="lunch")
    said.append(answer_of(kitchen, "day_status")["said"])
    clock.show(22)
    said.append(answer_of(kitchen, "day_status")["said"])
    log(kitchen, *(ate(meal, 900) for meal in PLANNED if meal != "lunch"))
    said.append(answer_of(kitchen, "day_status")["said"])
    log(kitchen, ate(None), days_ago=1)
    said.append(answer_of(kitchen, "day_status", days_ago=1)["said"])
    log(kitchen, ate("breakfast"), MealMissed("dinner"), days_ago=2)
    said.append(answer_of(kitchen, "day_status", days_ago=2)["said"])
    said.append(answer_of(kitchen, "day_status", days_ago=3)["said"])
    assert said == [
        "No meal is down yet; afternoon snack and dinner are still to come.",
        "No meal is down yet; afternoon snack and dinner are still to come. Lunch was missed.",
        "No meal is down for today. Lunch was missed.",
        "Breakfast, morning snack, afternoon snack and dinner are down; no meal is still to come. "
        "Lunch was missed.",
        "Yesterday some food is down. "
        "Nothing is down for breakfast, morning snack, lunch, afternoon snack and dinner.",
        "On Thursday breakfast is down. Dinner was missed. "
        "Nothing is down for morning snack, lunch and afternoon snack.",
        "Nothing is down for Wednesday.",
    ]


def test_who_eats_little_for_days_is_asked_once_and_hears_no_numbers(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen(ways=Ways(helpline="Call 116 123 at any hour."))
    for days_ago in (1, 2, 3):
        log(kitchen, *(ate(meal, 150) for meal in PLANNED), days_ago=days_ago)
    first, again = answer_of(kitchen, "day_status"), answer_of(kitchen, "day_status")
    assert first["care"].startswith("May I ask how eating has been for you lately?")
    assert first["care"].endswith("Call 116 123 at any hour.")
    assert "care" not in again
    assert "day" not in first
    assert "day" not in again


NAMES = st.lists(
    st.lists(
        st.sampled_from(["second", "late", "children's", "o'clock", "meal"]), min_size=1, max_size=5
    ).map(" ".join),
    min_size=1,
    max_size=12,
)
DONE = st.lists(st.tuples(st.integers(0, 11), st.sampled_from(["eaten", "missed", "besides"])), max_size=14)


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    names=NAMES,
    done=DONE,
    hour=st.integers(6, 22),
    kcal=st.integers(0, 2000),
    days_ago=st.sampled_from([0, 9]),
)
def test_whatever_the_meals_are_called_it_can_be_said(
    kitchen: Kitchen,
    clock: Clock,
    names: list[str],
    done: list[tuple[int, str]],
    hour: int,
    kcal: int,
    days_ago: int,
) -> None:
    """Every answer is checked for its words and letters where it is taken."""
    meals = [
        PlannedMeal(f"{name} {clock}", time(clock), Macros(1700, 100, 100, 100))
        for clock, name in enumerate(names, 8)
    ]
    person = f"person {next(_entries)}"
    plan = HouseholdPlan(Plan(tuple(meals)))
    clock.show(hour)
    for is_quiet in (False, True):
        table = replace(
            kitchen, plan=plan, people=People([Person(person)]), ways=Ways(quiet_numbers=is_quiet)
        )
        for place, what in done if not is_quiet else ():
            meal = meals[place % len(meals)].name
            happened: dict[str, Happening] = {
                "eaten": ate(meal, kcal, "a food with quite a long name indeed, as some have"),
                "missed": MealMissed(meal),
                "besides": ate(None, kcal),
            }
            log(table, happened[what], person=person, days_ago=days_ago)
        answer: dict[str, Any] = answer_of(table, "day_status", days_ago=days_ago)
        assert answer["ok"]
        assert day_summary(table)


# ------------------------------------------------------------------------------------- for a fresh start


def test_the_summary_names_every_meal_and_what_became_of_it(kitchen: Kitchen) -> None:
    morning(kitchen)
    agreed(kitchen, "missed_meal", meal="lunch")
    assert day_summary(kitchen) == (
        "Today: 621 kcal eaten, 1468 left. Eaten: breakfast and morning snack. Missed: lunch. "
        "To come: afternoon snack at 16:00, 244 kcal; dinner at 19:00, 923 kcal. In no meal: 301 kcal."
    )


def test_the_summary_of_a_day_that_ran_over(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(20)
    log(kitchen, *(ate(meal, 500) for meal in PLANNED))
    assert day_summary(kitchen) == (
        "Today: 2500 kcal eaten. Eaten: breakfast, morning snack, lunch, afternoon snack and dinner. "
        "More than planned, with the meals to come: 411 kcal."
    )


def test_a_quiet_summary_has_no_numbers_and_says_so(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben", default="anna", ways=Ways(quiet_numbers=True))
    log(kitchen, ate("breakfast"), person="anna")
    assert day_summary(kitchen) == (
        "Anna's day today: eaten: breakfast; nothing said of: morning snack and lunch; "
        "to come: afternoon snack and dinner. Say no calories or grams of nutrients."
    )


def test_there_is_no_summary_where_nobody_is_meant(make_kitchen: KitchenMaker) -> None:
    assert day_summary(make_kitchen("anna", "ben")) == ""


def test_there_is_no_summary_of_a_diary_that_cannot_be_read(kitchen: Kitchen) -> None:
    assert day_summary(kitchen)
    kitchen.diary.file.close()
    (kitchen.diary.file.directory / DIARY_NAME).unlink()
    (kitchen.diary.file.directory / DIARY_NAME).mkdir()
    assert day_summary(kitchen) == ""
