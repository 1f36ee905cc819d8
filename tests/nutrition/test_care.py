"""Care: what over days calls for a kind question, and who is never asked."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from device.nutrition.care import CHECK_IN, DayIntake, Sign, signs_in_diary, signs_of
from device.nutrition.dayplan import day_state, propose_food
from device.nutrition.days import DiaryClock, back_dated
from device.nutrition.diary import Diary
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.events import (
    FoodEaten,
    FoodItem,
    Happening,
    MealMissed,
    Nutrients,
    ProfileChanged,
    WaterDrunk,
)
from device.nutrition.plan import Plan, PlannedMeal

TODAY = date(2026, 11, 21)
DAY_START = time(4)
PERSON = "anna"


@pytest.mark.parametrize(
    ("eaten", "signs"),
    [
        ((1900, 1100, 1800, 1100), ()),
        ((1100, 1100, 1150, 2000), (Sign.LITTLE_EATEN,)),
        ((), ()),
    ],
)
def test_several_days_of_little_food_are_a_sign(eaten: tuple[int, ...], signs: tuple[Sign, ...]) -> None:
    assert signs_of([DayIntake(kcal, 2000) for kcal in eaten]) == signs


def test_repeated_requests_are_signs() -> None:
    assert signs_of((), targets_lowered=3, skipped_on_purpose=6) == (
        Sign.TARGETS_LOWERED,
        Sign.MEALS_SKIPPED,
    )
    assert signs_of((), targets_lowered=2, skipped_on_purpose=5) == ()


def test_the_question_is_kind() -> None:
    words = set(CHECK_IN.lower().replace("?", "").replace(".", "").replace(",", "").split())
    assert not words & {"bad", "wrong", "should", "must", "too", "only", "failed", "worried"}


# ------------------------------------------------------------------------------------- from the diary


@pytest.fixture(scope="module")
def diary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Diary]:
    clock = DiaryClock(lambda: datetime.combine(TODAY, time(12), UTC), DAY_START, boot="first")
    diary = Diary(DiaryFile(Path(tmp_path_factory.mktemp("care"))), clock)
    yield diary
    diary.file.close()


_numbers = itertools.count()


@pytest.fixture
def person() -> str:
    return f"{PERSON} {next(_numbers)}"


def log(diary: Diary, person: str, days_ago: int, *happenings: Happening, clock: time = time(12)) -> str:
    call_id = f"call {next(_numbers)}"
    when = back_dated(TODAY - timedelta(days=days_ago), clock, UTC, DAY_START)
    diary.log(call_id, person, happenings, when)
    return call_id


def eaten(kcal: float | None, meal: str | None = None) -> FoodEaten:
    return FoodEaten((FoodItem("something", Nutrients(kcal)),), meal)


def share_of(plan: Plan, share: float) -> tuple[FoodEaten, ...]:
    """Every meal of a day, each with that share of its target."""
    return tuple(eaten(share * meal.target.energy_kcal, meal.name) for meal in plan.meals)


def test_an_empty_diary_shows_nothing(diary: Diary, person: str, plan: Plan) -> None:
    assert signs_in_diary(diary, person, lambda _: plan, TODAY) == ()


@pytest.mark.parametrize(
    ("days_ago", "signs"),
    [
        ((1, 2, 3), (Sign.LITTLE_EATEN,)),
        ((1, 7, 14), (Sign.LITTLE_EATEN,)),
        ((1, 2), ()),
        ((0, 1, 2), ()),  # today is not over
        ((13, 14, 15), ()),  # one is too long ago
    ],
)
def test_three_days_of_clearly_little_are_a_sign(
    diary: Diary, person: str, plan: Plan, days_ago: Sequence[int], signs: tuple[Sign, ...]
) -> None:
    for each in days_ago:
        log(diary, person, each, *share_of(plan, 0.5))
    assert signs_in_diary(diary, person, lambda _: plan, TODAY) == signs


def test_what_was_undone_is_no_sign(diary: Diary, person: str, plan: Plan) -> None:
    for days_ago in (1, 2, 3):
        last = log(diary, person, days_ago, *share_of(plan, 0.3))
    diary.undo(f"undo {person}", person, last)
    assert signs_in_diary(diary, person, lambda _: plan, TODAY) == ()


def test_who_logs_snacks_or_water_alone_is_not_taken_for_eating_little(
    diary: Diary, person: str, plan: Plan
) -> None:
    for days_ago in range(1, 15):
        log(diary, person, days_ago, eaten(60, "afternoon snack"), eaten(90), WaterDrunk(250))
    assert signs_in_diary(diary, person, lambda _: plan, TODAY) == ()


def test_a_day_with_food_of_unknown_energy_says_nothing(diary: Diary, person: str, plan: Plan) -> None:
    for days_ago in (1, 2, 3):
        log(diary, person, days_ago, *share_of(plan, 0.3), eaten(None))
    assert signs_in_diary(diary, person, lambda _: plan, TODAY) == ()


def test_days_of_somebody_else_are_theirs(diary: Diary, person: str, plan: Plan) -> None:
    for days_ago in (1, 2, 3):
        log(diary, f"{person} and another", days_ago, *share_of(plan, 0.3))
    assert signs_in_diary(diary, person, lambda _: plan, TODAY) == ()


@pytest.mark.parametrize(
    ("skipped", "on_purpose", "signs"),
    [(6, True, (Sign.MEALS_SKIPPED,)), (5, True, ()), (12, False, ())],
)
def test_meals_skipped_on_purpose_are_counted(
    diary: Diary, person: str, plan: Plan, skipped: int, on_purpose: bool, signs: tuple[Sign, ...]
) -> None:
    for days_ago in range(skipped):
        log(diary, person, days_ago, MealMissed("breakfast", on_purpose))
    assert signs_in_diary(diary, person, lambda _: plan, TODAY) == signs


def test_a_meal_that_was_eaten_after_all_or_named_twice_was_not_skipped_twice(
    diary: Diary, person: str, plan: Plan
) -> None:
    for days_ago in range(5):
        log(diary, person, days_ago, MealMissed("breakfast", is_on_purpose=True))
    log(diary, person, 1, MealMissed("breakfast", is_on_purpose=True))
    log(diary, person, 6, MealMissed("breakfast", is_on_purpose=True), eaten(400, "breakfast"))
    assert signs_in_diary(diary, person, lambda _: plan, TODAY) == ()


@pytest.mark.parametrize(
    ("named", "signs"),
    [
        # days ago, and the energy that was named
        (((40, 2000), (9, 1800), (5, 1600), (1, 1500)), (Sign.TARGETS_LOWERED,)),
        (((9, 1800), (5, 1600), (1, 1500), (0, 1400)), (Sign.TARGETS_LOWERED,)),
        (((9, 1800), (5, 1600), (1, 1500)), ()),  # the first was not lowered, it was named
        (((40, 2000), (30, 1900), (9, 1800), (5, 1600)), ()),
        (((9, 1500), (8, 1600), (7, 1500), (5, 1700), (1, 1500)), ()),
        (((9, 2000), (8, 1900), (7, None), (5, 1700), (1, 1500)), ()),
    ],
)
def test_targets_lowered_again_and_again_are_a_sign(
    diary: Diary,
    person: str,
    plan: Plan,
    named: Sequence[tuple[int, int | None]],
    signs: tuple[Sign, ...],
) -> None:
    for days_ago, kcal in named:
        log(diary, person, days_ago, ProfileChanged({"wanted_kcal": kcal}))
        log(diary, person, days_ago, ProfileChanged({"height_cm": 170}))
    assert signs_in_diary(diary, person, lambda _: plan, TODAY) == signs


def test_each_day_is_judged_by_the_plan_of_that_day(diary: Diary, person: str, plan: Plan) -> None:
    half = Plan(tuple(replace(meal, target=meal.target.scaled(0.5)) for meal in plan.meals))
    for days_ago in (1, 2, 3):
        log(diary, person, days_ago, *share_of(plan, 0.5))
    assert signs_in_diary(diary, person, lambda _: half, TODAY) == ()
    yesterday = TODAY - timedelta(days=1)
    by_day = {yesterday: half}
    assert signs_in_diary(diary, person, lambda day: by_day.get(day, plan), TODAY) == ()
    log(diary, person, 4, *share_of(plan, 0.5))
    signs = signs_in_diary(diary, person, lambda day: by_day.get(day, plan), TODAY)
    assert signs == (Sign.LITTLE_EATEN,)


def log_a_day(
    diary: Diary,
    person: str,
    plan: Plan,
    days_ago: int,
    meals: Sequence[tuple[int, float]],
    snacks: Sequence[int],
) -> None:
    """Meals with a share of their targets, and food between meals that those to come make up for."""
    day = TODAY - timedelta(days=days_ago)
    logged = [(plan.meals[place], share) for place, share in meals]
    foods = [(meal.time, food_of(meal, share)) for meal, share in logged]
    foods += [(time(10), FoodEaten((snack_of(kcal),), is_unplanned=True)) for kcal in snacks]
    state = day_state(plan, day)
    for clock, food in sorted(foods, key=lambda each: each[0]):
        proposal = propose_food(state, food, datetime.combine(day, clock))
        log(diary, person, days_ago, *proposal.happenings, clock=clock)
        state = proposal.after


def food_of(meal: PlannedMeal, share: float) -> FoodEaten:
    held = meal.target.scaled(share)
    nutrients = Nutrients(held.energy_kcal, held.protein_g, held.carbohydrate_g, held.fat_g)
    return FoodEaten((FoodItem("a meal", nutrients),), meal.name)


def snack_of(kcal: int) -> FoodItem:
    return FoodItem("something", Nutrients(kcal, kcal / 40, kcal / 8, kcal / 22.5))
