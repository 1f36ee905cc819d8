"""Today's meals: their targets as they are now, and which of them were missed. Held in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from device.nutrition.macros import NOTHING, Macros, total
from device.nutrition.plan import Plan, PlannedMeal
from device.nutrition.rebalance import MealTarget, rebalance


class MealStatus(StrEnum):
    """OPEN: to be eaten, or eaten without a word. MISSED: it was said that it was missed."""

    OPEN = "open"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class MealToday:
    """A meal of one day; `target` is what it should hold now, in whole kcal and g."""

    planned: PlannedMeal
    target: Macros
    status: MealStatus = MealStatus.OPEN


@dataclass(frozen=True, slots=True)
class DayPlan:
    """One day. The targets of its open meals and `left_over` always make the day's target, exactly.

    left_over: what missed meals held and no other meal had room for, in whole kcal and g.
    """

    date: date
    meals: tuple[MealToday, ...]
    left_over: Macros = NOTHING

    @property
    def open_target(self) -> Macros:
        """The targets of all open meals together, in kcal and g."""
        return total(meal.target for meal in self.meals if meal.status is MealStatus.OPEN)


@dataclass(frozen=True, slots=True)
class MovedTarget:
    """What a meal's target was and is, in whole kcal and g."""

    meal: PlannedMeal
    before: Macros
    after: Macros


@dataclass(frozen=True, slots=True)
class MissedMeal:
    """What came of missing a meal.

    missed: its target when it was missed; residual: the part of it that no meal had room for. Where the meal
    had been missed before, nothing has `changed` and both are nothing.
    """

    meal: PlannedMeal
    missed: Macros
    moved: tuple[MovedTarget, ...]
    residual: Macros
    day: DayPlan
    changed: bool


def fresh_day(plan: Plan, now: datetime) -> DayPlan:
    """The day that `now` belongs to, as planned."""
    return DayPlan(plan.logical_date(now), tuple(MealToday(meal, meal.target) for meal in plan.meals))


def miss_meal(plan: Plan, day: DayPlan, meal: PlannedMeal, now: datetime) -> MissedMeal:
    """Spread the target of a missed meal over the open meals after it and after `now`.

    Raises:
        ValueError: the meal is not one of the plan.
    """
    missed = day.meals[plan.meals.index(meal)]
    after = max(plan.minute_of_day(now.time()), plan.minute_of_day(meal.time))
    later = [
        today
        for today in day.meals
        if today.status is MealStatus.OPEN and plan.minute_of_day(today.planned.time) > after
    ]
    if missed.status is MealStatus.MISSED:
        unmoved = tuple(MovedTarget(today.planned, today.target, today.target) for today in later)
        return MissedMeal(meal, NOTHING, unmoved, NOTHING, day, changed=False)
    spread = rebalance([MealTarget(today.planned.target, today.target) for today in later], missed.target)
    moved = tuple(
        MovedTarget(today.planned, today.target, target)
        for today, target in zip(later, spread.targets, strict=True)
    )
    changed = _with_targets(day, missed, moved, spread.residual)
    return MissedMeal(meal, missed.target, moved, spread.residual, changed, changed=True)


def _with_targets(
    day: DayPlan, missed: MealToday, moved: tuple[MovedTarget, ...], residual: Macros
) -> DayPlan:
    targets = {one.meal.name: one.after for one in moved}
    meals = tuple(
        replace(today, status=MealStatus.MISSED)
        if today == missed
        else replace(today, target=targets.get(today.planned.name, today.target))
        for today in day.meals
    )
    return replace(day, meals=meals, left_over=day.left_over + residual)


class DayPlans:
    """Keeps the day plan of today and of no other day; safe to use from several threads."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._lock = threading.Lock()
        self._today: DayPlan | None = None

    def today(self, now: datetime) -> DayPlan:
        """The day that `now` belongs to; a new day starts as planned."""
        with self._lock:
            return self._day_of(now)

    def miss(self, meal: PlannedMeal, now: datetime) -> MissedMeal:
        """Mark a meal of the plan as missed today and spread its target over the rest of the day."""
        with self._lock:
            missed = miss_meal(self.plan, self._day_of(now), meal, now)
            self._today = missed.day
            return missed

    def _day_of(self, now: datetime) -> DayPlan:
        if self._today is None or self._today.date != self.plan.logical_date(now):
            self._today = fresh_day(self.plan, now)
        return self._today
