"""What the tools work on: the kitchen's foods, its day and its clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from device.nutrition.dayplan import DayPlans
from device.nutrition.foods import FoodDatabase
from device.nutrition.plan import DAY_START, Plan


@dataclass(frozen=True, slots=True)
class Kitchen:
    """Handed to every tool; `now` gives the time of day where the kitchen is, with its zone."""

    foods: FoodDatabase
    plans: DayPlans
    now: Callable[[], datetime]


def open_kitchen(
    foods: Path, plan: Path, now: Callable[[], datetime], day_start: time = DAY_START
) -> Kitchen:
    """A kitchen over a foods.yaml and a plan.yaml.

    Raises:
        ConfigError: one of the files cannot be read or is wrong; the message names file, line and fault.
    """
    return Kitchen(FoodDatabase.load(foods), DayPlans(Plan.load(plan, day_start)), now)
