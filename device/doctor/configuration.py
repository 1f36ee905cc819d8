"""The configuration file, and the data files that it names: foods, activities, plan, people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from device.config import Settings
from device.configfile import SYSTEM_FILE, load_settings
from device.doctor.finding import Finding, failed, passed, warned
from device.errors import ConfigError
from device.household import open_foods, open_people, open_plan
from device.nutrition.activities import Activities
from device.nutrition.foods import FoodDatabase
from device.stage.foods import warnings_of

NAME = "configuration"
CORRECT = "Correct {file}, or put it aside; Ladle's user has to be able to read it."
CHECK_FOODS = "Correct it, and check it: ladle foods check"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings to go on with, and what was found: the defaults after a fault."""

    settings: Settings
    finding: Finding


def read_configuration(file: Path | None) -> Configuration:
    """The settings of this file, None: the system's own, else the defaults."""
    where = str(file or SYSTEM_FILE)
    try:
        settings = load_settings(file)
    except ConfigError as error:
        remedy = f"Correct it, and check it: ladle config check {where}. The other checks take the defaults."
        if _is_forbidden(file or SYSTEM_FILE):
            remedy = "Run: sudo ladle doctor. The other checks take the defaults."
        return Configuration(Settings(), failed(NAME, str(error), remedy))
    if file is None and not SYSTEM_FILE.exists():
        return Configuration(settings, passed(NAME, f"There is no {where}: the defaults."))
    return Configuration(settings, passed(NAME, f"{where}, every value in order."))


def check_data(settings: Settings) -> Iterator[Finding]:
    """The files that the kitchen is made of; the plan only where the foods in it can be known."""
    nutrition = settings.nutrition
    foods: list[FoodDatabase] = []
    yield from _looked_at("foods", lambda: _foods(settings, foods), CHECK_FOODS)
    if foods:
        plan_file = nutrition.plan_file
        yield from _looked_at(
            "plan", lambda: _plan(settings, foods[0], plan_file), CORRECT.format(file=plan_file)
        )
    activities = nutrition.activities_file
    yield from _looked_at("activities", lambda: _activities(activities), CORRECT.format(file=activities))
    yield from _looked_at(
        "people", lambda: _people(settings), "Correct household.people in the configuration."
    )


def _looked_at(name: str, look: Callable[[], Iterator[Finding]], remedy: str) -> Iterator[Finding]:
    try:
        yield from look()
    except ConfigError as error:
        yield failed(name, str(error), remedy)


def _foods(settings: Settings, opened: list[FoodDatabase]) -> Iterator[Finding]:
    foods = open_foods(settings)
    opened.append(foods)
    files = " and ".join(map(str, settings.nutrition.food_files))
    warnings = warnings_of(foods)
    if warnings:
        more = f" And {len(warnings) - 1} more." if len(warnings) > 1 else ""
        yield warned(
            "foods",
            f"{len(foods.foods)} foods of {files}; one of them deserves a second look: {warnings[0]}{more}",
            "See all of it: ladle foods check",
        )
    else:
        yield passed("foods", f"{len(foods.foods)} foods of {files}, all in order.")


def _plan(settings: Settings, foods: FoodDatabase, file: Path) -> Iterator[Finding]:
    open_plan(settings, foods)
    yield passed("plan", f"{file}, in order.")


def _activities(file: Path) -> Iterator[Finding]:
    Activities.load(file)
    yield passed("activities", f"{file}, in order.")


def _people(settings: Settings) -> Iterator[Finding]:
    people = open_people(settings)
    names = ", ".join(person.name for person in people.all) if settings.household.people else "one, unnamed"
    yield passed("people", f"{names}.")


def _is_forbidden(file: Path) -> bool:
    try:
        with file.open("rb"):
            return False
    except PermissionError:
        return True
    except OSError:
        return False
