"""What the tools work on: the household's foods, activities, plan, diary, timers and people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from device.nutrition.activities import Activities
from device.nutrition.diary import Diary
from device.nutrition.foods import FoodDatabase
from device.nutrition.plan import HouseholdPlan
from device.nutrition.timers import KitchenTimers
from device.tools.people import People


@dataclass(frozen=True, slots=True)
class Ways:
    """How the household likes its numbers.

    variation: 0 to 0.03, how far suggestions may differ from day to day; exercise_credit: 0 to 1, for whom
    their profile says nothing else; quiet_numbers: no calories or grams of nutrients are said to anybody;
    helpline: what follows a careful question about eating, None for nothing.
    """

    variation: float = 0
    exercise_credit: float = 0.5
    quiet_numbers: bool = False
    helpline: str | None = None


@dataclass(frozen=True, slots=True)
class Kitchen:
    """The household, whole; it is the same for every call, and threads may share it.

    asked_after: when each person was last asked how eating is going; it need not survive a restart.
    """

    foods: FoodDatabase
    activities: Activities
    plan: HouseholdPlan
    diary: Diary
    timers: KitchenTimers
    people: People = field(default_factory=People)
    ways: Ways = field(default_factory=Ways)
    asked_after: dict[str, date] = field(default_factory=dict)

    def now(self) -> datetime:
        """The time of day where the kitchen is, with its zone."""
        return self.diary.clock.now()


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a tool. call_id: of the diary's entry that it may make, and what that is undone by."""

    kitchen: Kitchen
    call_id: str
