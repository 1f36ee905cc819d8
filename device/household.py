"""The household's kitchen as Settings describe it: foods, activities, plan, people, diary and clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

from device.config import HouseholdSettings, PersonSettings, Settings
from device.errors import ConfigError
from device.nutrition.activities import Activities
from device.nutrition.days import DiaryClock
from device.nutrition.diary import Diary
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.food import ALLERGENS, substances_meant
from device.nutrition.foods import FoodDatabase
from device.nutrition.names import person_key
from device.nutrition.plan import HouseholdPlan
from device.nutrition.timers import KitchenTimers
from device.tools.kitchen import Kitchen, Ways
from device.tools.people import People, Person

TIME_SYNC = Path("/run/systemd/timesync")
"""systemd-timesyncd's directory; a file `synchronized` in it says that it has set the clock since then."""


def open_household(
    settings: Settings, state: Path, now: Callable[[], datetime] | None = None, *, owner: bool = True
) -> Kitchen:
    """The kitchen of these settings. Nothing is opened of the diary before it is used.

    state: the directory of the diary, where the settings name none; now: the kitchen's clock, the machine's
    unless another is given; owner: whoever makes, mends and backs up the diary; others only read it.

    Raises:
        ConfigError: the foods, the activities, the plan or the people are wrong; file, line and fault are
            named where there is a file.
    """
    clock = open_clock(settings, now)
    file = DiaryFile(settings.nutrition.diary or state, clock.now, owner=owner)
    return _furnish(settings, Diary(file, clock), KitchenTimers(file, clock))


def read_again(kitchen: Kitchen, settings: Settings) -> Kitchen:
    """The kitchen with foods, activities, plan, people and ways read anew; diary and timers are the same.

    Raises:
        ConfigError: see `open_household`.
    """
    fresh = _furnish(settings, kitchen.diary, kitchen.timers)
    return replace(fresh, asked_after=kitchen.asked_after)


def _furnish(settings: Settings, diary: Diary, timers: KitchenTimers) -> Kitchen:
    foods = open_foods(settings)
    return Kitchen(
        foods=foods,
        activities=Activities.load(settings.nutrition.activities_file),
        plan=open_plan(settings, foods),
        diary=diary,
        timers=timers,
        people=open_people(settings),
        ways=Ways(
            variation=settings.nutrition.variation,
            exercise_credit=settings.nutrition.exercise_credit,
            quiet_numbers=settings.nutrition.quiet_numbers,
            helpline=settings.nutrition.helpline,
        ),
    )


def open_foods(settings: Settings) -> FoodDatabase:
    """The shipped foods and the household's own. Raises ConfigError, see `open_household`."""
    return FoodDatabase.load(*settings.nutrition.food_files)


def open_plan(settings: Settings, foods: FoodDatabase) -> HouseholdPlan:
    """Everybody's plan. Raises ConfigError, see `open_household`."""
    return HouseholdPlan.load(settings.nutrition.plan_file, day_start_of(settings), foods.by_id)


def open_people(settings: Settings) -> People:
    """The people who live here.

    Raises:
        ConfigError: a name does not mean one person, or an allergen is none that the food database knows of.
    """
    _check_names(settings.household)
    people = [_person(name, person) for name, person in settings.household.people.items()]
    return People(people, settings.household.default_person)


def open_clock(settings: Settings, now: Callable[[], datetime] | None = None) -> DiaryClock:
    """The kitchen's clock, the machine's unless another is given."""
    zone = settings.household.zone
    day_start = day_start_of(settings)
    if now is not None:
        return DiaryClock(now, day_start)
    return DiaryClock(lambda: datetime.now(zone).astimezone(zone), day_start, is_set=clock_is_set)


def day_start_of(settings: Settings) -> time:
    """When a new day begins on the wall."""
    return time.fromisoformat(settings.household.day_start)


def clock_is_set() -> bool:
    """Whether the machine's clock can be believed: where timesyncd sets it, once it has; elsewhere always."""
    return not TIME_SYNC.is_dir() or (TIME_SYNC / "synchronized").exists()


def _check_names(household: HouseholdSettings) -> None:
    owners: dict[str, str] = {}
    for person, own in household.people.items():
        for name in (person, *own.aliases):
            key = person_key(name)
            if not key:
                raise ConfigError(f"household.people has the name {name!r}, which nobody can say.")
            if owners.setdefault(key, person) != person:
                raise ConfigError(
                    f"household.people has the name {name!r} twice; a name must mean one person. Two people "
                    "of one name need something to tell them apart, such as a second name."
                )
    default, known = household.default_person, {person_key(name) for name in household.people}
    if default is not None and person_key(default) not in known:
        people = ", ".join(household.people) or "nobody"
        raise ConfigError(f"household.default_person is {default!r}, but household.people has {people}.")


def _person(name: str, settings: PersonSettings) -> Person:
    for word in settings.allergens:
        if not substances_meant(word):
            raise ConfigError(
                f"household.people.{name}.allergens has {word!r}, which Ladle does not know. It knows "
                f"{', '.join(ALLERGENS)}; a food goes into excluded_foods."
            )
    return Person(name, settings.aliases, settings.allergens, settings.excluded_foods, settings.diet)
