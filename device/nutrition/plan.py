"""The plan of a day: its meals, when they are and what they should hold; read from plan.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field
from rapidfuzz import process
from rapidfuzz.distance import OSA

from device.nutrition.datafile import DataFile, Entry
from device.nutrition.macros import Macros, total
from device.nutrition.names import key_of, without_fillers, words_of

DAY_START = time(4, 0)
TOLERATED_KCAL = 15
TOLERATED_SHARE = 0.05
LEAST_SIMILARITY = 0.75
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class PlannedMeal:
    """A meal of the plan; `target` in whole kcal and g, `time` by the clock on the wall."""

    name: str
    time: time
    target: Macros
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The meals of a day in their order; a day begins at `day_start`, not at midnight."""

    meals: tuple[PlannedMeal, ...]
    day_start: time = DAY_START

    @classmethod
    def load(cls, path: Path, day_start: time = DAY_START) -> Plan:
        """The plan of a plan.yaml.

        Raises:
            ConfigError: the file cannot be read or something in it is wrong; one line for each fault, naming
                file, line and meal.
        """
        return _read_plan(path, day_start)

    @property
    def target(self) -> Macros:
        """What the whole day should hold, in kcal and g."""
        return total(meal.target for meal in self.meals)

    def meal(self, text: str) -> PlannedMeal | None:
        """The meal that a person means: its name, an alias, or such a name among other words.

        A word may be spelt a little differently, as a recogniser hears it. None: no meal, or not one alone.
        """
        words = words_of(text)
        names = {key_of(words_of(name)): meal for meal in self.meals for name in (meal.name, *meal.aliases)}
        exact = names.get(key_of(words)) or names.get(key_of(without_fillers(words)))
        if exact:
            return exact
        within = [name for name in names if _has_words(words, name)]
        if within:
            longest = max(within, key=len)
            another = any(name not in longest and names[name] != names[longest] for name in within)
            return None if another else names[longest]
        return self._spelt_like(key_of(without_fillers(words)), names)

    @staticmethod
    def _spelt_like(key: str, names: Mapping[str, PlannedMeal]) -> PlannedMeal | None:
        same_letter = [name for name in names if name[:1] == key[:1]]
        near = process.extractOne(
            key, same_letter, scorer=OSA.normalized_similarity, score_cutoff=LEAST_SIMILARITY
        )
        return names[near[0]] if near else None

    def logical_date(self, now: datetime) -> date:
        """The day that `now` belongs to: until `day_start`, the day before."""
        since_midnight = timedelta(hours=self.day_start.hour, minutes=self.day_start.minute)
        return (now.replace(tzinfo=None) - since_midnight).date()

    def minute_of_day(self, clock: time) -> float:
        """Minutes from `day_start` to that time on the wall clock."""
        minutes = (clock.hour - self.day_start.hour) * 60 + clock.minute - self.day_start.minute
        return (minutes + clock.second / 60 + clock.microsecond / 60e6) % MINUTES_A_DAY


def _has_words(words: tuple[str, ...], name: str) -> bool:
    """Whether some words in a row make `name`."""
    starts = range(len(words))
    return any(key_of(words[first : last + 1]) == name for first in starts for last in starts[first:])


# ------------------------------------------------------------------------------------- the file

_Name = Annotated[str, Field(min_length=1)]
_Whole = Annotated[int, Field(ge=0)]


class _Target(Entry):
    kcal: Annotated[int, Field(ge=1, le=5000)]
    protein: Annotated[_Whole, Field(le=500)]
    carbohydrate: Annotated[_Whole, Field(le=1000)]
    fat: Annotated[_Whole, Field(le=500)]

    def macros(self) -> Macros:
        return Macros(self.kcal, self.protein, self.carbohydrate, self.fat)


class _MealEntry(Entry):
    time: str
    aliases: list[_Name] = Field([])
    target: _Target


class _PlanFile(Entry):
    meals: Annotated[dict[_Name, _MealEntry], Field(min_length=1)]


def _read_plan(path: Path, day_start: time) -> Plan:
    file = DataFile(path)
    content = file.checked(_PlanFile)
    meals = []
    for name, entry in content.meals.items():
        clock = _clock(entry.time)
        if clock is None:
            file.add_fault(
                ("meals", name, "time"), f"is {entry.time!r}, which is not a time of day, such as 12:30."
            )
        _check_energy(file, name, entry.target.macros())
        meals.append(PlannedMeal(name, clock or day_start, entry.target.macros(), tuple(entry.aliases)))
    _check_names(file, meals)
    file.raise_faults()
    plan = Plan(tuple(meals), day_start)
    _check_order(file, plan)
    file.raise_faults()
    return plan


def _clock(text: str) -> time | None:
    try:
        return datetime.strptime(text.strip(), "%H:%M").time()
    except ValueError:
        return None


def _check_energy(file: DataFile, name: str, target: Macros) -> None:
    of_grams = target.energy_of_grams_kcal
    if abs(target.energy_kcal - of_grams) > max(TOLERATED_KCAL, TOLERATED_SHARE * of_grams):
        complaint = (
            f"is {target.energy_kcal:g}, but its protein, carbohydrate and fat make {of_grams:g} kcal."
        )
        file.add_fault(("meals", name, "target", "kcal"), complaint)


def _check_names(file: DataFile, meals: list[PlannedMeal]) -> None:
    owners: dict[str, str] = {}
    for meal in meals:
        for name in (meal.name, *meal.aliases):
            owner = owners.setdefault(key_of(words_of(name)), meal.name)
            if owner != meal.name:
                complaint = f"has the name {name!r}, which {owner} has too; a name must mean one meal."
                file.add_fault(("meals", meal.name), complaint)


def _check_order(file: DataFile, plan: Plan) -> None:
    for earlier, later in zip(plan.meals, plan.meals[1:], strict=False):
        if plan.minute_of_day(later.time) <= plan.minute_of_day(earlier.time):
            complaint = (
                f"is {later.time:%H:%M}, but {earlier.name} before it is at {earlier.time:%H:%M}; put the "
                f"meals in the order of a day that begins at {plan.day_start:%H:%M}."
            )
            file.add_fault(("meals", later.name, "time"), complaint)
