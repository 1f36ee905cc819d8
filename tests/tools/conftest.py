"""A kitchen over the shipped data, at a time of the test's choosing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from device.config import shipped_directory
from device.nutrition.dayplan import DayPlans
from device.nutrition.foods import FoodDatabase
from device.nutrition.plan import Plan
from device.tools import Kitchen


@pytest.fixture(scope="session")
def foods() -> FoodDatabase:
    return FoodDatabase.load(shipped_directory() / "foods.yaml")


@pytest.fixture
def kitchen_at(foods: FoodDatabase) -> Callable[[int, int], Kitchen]:
    """A fresh kitchen whose clock stands at that hour and minute."""

    def kitchen(hour: int, minute: int = 0) -> Kitchen:
        plan = Plan.load(shipped_directory() / "plan.yaml")
        return Kitchen(foods, DayPlans(plan), lambda: datetime(2026, 11, 21, hour, minute, tzinfo=UTC))

    return kitchen


@pytest.fixture
def kitchen(kitchen_at: Callable[[int, int], Kitchen]) -> Kitchen:
    """The kitchen at one o'clock, after lunch."""
    return kitchen_at(13, 0)
