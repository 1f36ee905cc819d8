"""The day as it goes: missed meals move on, and the day adds up at every step."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.nutrition.dayplan import DayPlans, MealStatus, MissedMeal
from device.nutrition.macros import NOTHING, Macros, total
from device.nutrition.plan import Plan, PlannedMeal


def planned(name: str, clock: time, protein: int, carbohydrate: int, fat: int) -> PlannedMeal:
    kcal = 4 * protein + 4 * carbohydrate + 9 * fat
    return PlannedMeal(name, clock, Macros(kcal, protein, carbohydrate, fat))


PLAN = Plan(
    (
        planned("breakfast", time(7, 30), 25, 55, 15),
        planned("lunch", time(12, 30), 35, 70, 20),
        planned("snack", time(16), 10, 20, 7),
        planned("dinner", time(19), 40, 75, 25),
        planned("supper", time(0, 30), 10, 25, 5),
    )
)
BREAKFAST, LUNCH, SNACK, DINNER, SUPPER = PLAN.meals


def at(hour: int, minute: int = 0, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def moved_names(missed: MissedMeal) -> list[str]:
    return [moved.meal.name for moved in missed.moved]


def adds_up(missed: MissedMeal) -> bool:
    return missed.day.open_target + missed.day.left_over == PLAN.target


def test_a_day_begins_as_planned() -> None:
    today = DayPlans(PLAN).today(at(9))
    assert today.date == date(2026, 11, 21)
    assert [meal.target for meal in today.meals] == [meal.target for meal in PLAN.meals]
    assert {meal.status for meal in today.meals} == {MealStatus.OPEN}
    assert today.left_over == NOTHING


def test_a_missed_meal_moves_to_the_meals_after_now() -> None:
    missed = DayPlans(PLAN).miss(LUNCH, at(16, 30))
    assert moved_names(missed) == ["dinner", "supper"]
    assert missed.missed == LUNCH.target
    assert adds_up(missed)


def test_a_meal_that_will_be_missed_moves_to_the_meals_after_it() -> None:
    assert moved_names(DayPlans(PLAN).miss(LUNCH, at(9))) == ["snack", "dinner", "supper"]


def test_a_meal_at_this_very_minute_has_begun() -> None:
    assert moved_names(DayPlans(PLAN).miss(LUNCH, at(19))) == ["supper"]


def test_after_midnight_it_is_still_the_same_day() -> None:
    plans = DayPlans(PLAN)
    plans.miss(LUNCH, at(14))
    missed = plans.miss(DINNER, at(0, 10, day=22))
    assert moved_names(missed) == ["supper"]
    assert missed.day.date == date(2026, 11, 21)
    assert adds_up(missed)


def test_the_day_keeps_what_was_moved() -> None:
    plans = DayPlans(PLAN)
    missed = plans.miss(LUNCH, at(14))
    today = plans.today(at(15))
    assert today == missed.day
    assert today.meals[1].status is MealStatus.MISSED
    assert [meal.target for meal in today.meals[2:]] == [moved.after for moved in missed.moved]


def test_missing_a_meal_twice_changes_nothing() -> None:
    plans = DayPlans(PLAN)
    first = plans.miss(LUNCH, at(14))
    again = plans.miss(LUNCH, at(14, 5))
    assert not again.changed
    assert again.day == first.day
    assert again.residual == again.missed == NOTHING
    assert all(moved.before == moved.after for moved in again.moved)


def test_what_a_missed_meal_had_taken_over_moves_on_with_it() -> None:
    plans = DayPlans(PLAN)
    plans.miss(BREAKFAST, at(10))
    missed = plans.miss(LUNCH, at(14))
    assert missed.missed.energy_kcal > LUNCH.target.energy_kcal
    assert moved_names(missed) == ["snack", "dinner", "supper"]
    assert adds_up(missed)


def test_a_missed_meal_gets_nothing_of_another() -> None:
    plans = DayPlans(PLAN)
    plans.miss(SNACK, at(10))
    assert moved_names(plans.miss(LUNCH, at(10))) == ["dinner", "supper"]


def test_with_no_meal_left_all_is_left_over() -> None:
    missed = DayPlans(PLAN).miss(SUPPER, at(23))
    assert missed.moved == ()
    assert missed.residual == SUPPER.target
    assert missed.day.left_over == SUPPER.target
    assert adds_up(missed)


def test_a_new_day_starts_fresh() -> None:
    plans = DayPlans(PLAN)
    plans.miss(LUNCH, at(14))
    today = plans.today(at(4, day=22))
    assert today.date == date(2026, 11, 22)
    assert today.open_target == PLAN.target


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(PLAN.meals), st.integers(min_value=0, max_value=1439)), max_size=8))
def test_whatever_is_missed_and_when_the_day_adds_up(misses: list[tuple[PlannedMeal, int]]) -> None:
    plans = DayPlans(PLAN)
    for meal, minute in sorted(misses, key=lambda miss: miss[1]):
        hour, minutes = divmod(minute + 4 * 60, 60)
        missed = plans.miss(meal, at(hour % 24, minutes, day=21 + hour // 24))
        assert adds_up(missed)
        before = total(moved.before for moved in missed.moved)
        after = total(moved.after for moved in missed.moved)
        assert after + missed.residual == before + missed.missed


def test_two_threads_that_miss_one_meal_move_it_once() -> None:
    plans = DayPlans(PLAN)
    outcomes: list[MissedMeal] = []
    together = threading.Barrier(8)

    def miss() -> None:
        together.wait()
        outcomes.append(plans.miss(LUNCH, at(14)))

    threads = [threading.Thread(target=miss) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(outcome.changed for outcome in outcomes) == 1
    assert all(adds_up(outcome) for outcome in outcomes)


def test_a_meal_of_another_plan_is_refused() -> None:
    with pytest.raises(ValueError, match="not"):
        DayPlans(PLAN).miss(planned("brunch", time(11), 1, 1, 1), at(14))
