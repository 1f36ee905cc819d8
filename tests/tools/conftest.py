"""A kitchen over the shipped data, with a diary of its own, at a time of the test's choosing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from device.config import shipped_directory
from device.nutrition.activities import Activities
from device.nutrition.days import DiaryClock
from device.nutrition.diary import Diary
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.foods import FoodDatabase
from device.nutrition.plan import HouseholdPlan
from device.nutrition.timers import KitchenTimers
from device.tools import Kitchen
from device.tools.kitchen import Ways
from device.tools.people import People, Person

SATURDAY = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
KitchenMaker = Callable[..., Kitchen]


class Clock:
    """The clock on the wall, set by the test; `since_boot_s` goes with it."""

    def __init__(self, at: datetime = SATURDAY) -> None:
        self.at = at
        self._boot = at

    def __call__(self) -> datetime:
        return self.at

    def since_boot_s(self) -> float:
        return (self.at - self._boot).total_seconds() + 100

    def go(self, **by: float) -> None:
        self.at += timedelta(**by)

    def show(self, hour: int, minute: int = 0) -> None:
        self.at = self.at.replace(hour=hour, minute=minute)


@pytest.fixture(scope="session")
def foods() -> FoodDatabase:
    return FoodDatabase.load(shipped_directory() / "foods.yaml")


@pytest.fixture(scope="session")
def activities() -> Activities:
    return Activities.load(shipped_directory() / "activities.yaml")


@pytest.fixture(scope="session")
def plan(foods: FoodDatabase) -> HouseholdPlan:
    return HouseholdPlan.load(shipped_directory() / "plan.yaml", food_of=foods.by_id)


@pytest.fixture
def clock() -> Clock:
    """One o'clock on a Saturday, after lunch."""
    return Clock()


@pytest.fixture
def diary_file(tmp_path: Path, clock: Clock) -> Iterator[DiaryFile]:
    file = DiaryFile(tmp_path / "state", clock)
    yield file
    file.close()


@pytest.fixture
def make_kitchen(
    foods: FoodDatabase, activities: Activities, plan: HouseholdPlan, diary_file: DiaryFile, clock: Clock
) -> KitchenMaker:
    """Makes kitchens over the same diary: of these people, with these ways."""

    def make(*people: str | Person, default: str | None = None, ways: Ways | None = None) -> Kitchen:
        diary_clock = DiaryClock(clock, time(4), since_boot_s=clock.since_boot_s, boot="this boot")
        household = [Person(each) if isinstance(each, str) else each for each in people]
        return Kitchen(
            foods,
            activities,
            plan,
            Diary(diary_file, diary_clock),
            KitchenTimers(diary_file, diary_clock),
            People(household, default),
            ways or Ways(),
        )

    return make


@pytest.fixture
def kitchen(make_kitchen: KitchenMaker) -> Kitchen:
    """The kitchen of a household that has named nobody."""
    return make_kitchen()
