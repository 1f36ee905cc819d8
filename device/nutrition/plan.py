"""The plan of a day: its meals, when they are and what they should hold; read from plan.yaml."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field
from rapidfuzz import process
from rapidfuzz.distance import OSA

from device.nutrition.datafile import DataFile, Entry
from device.nutrition.food import Food
from device.nutrition.macros import NOTHING, Macros, total
from device.nutrition.names import key_of, without_fillers, words_of
from device.nutrition.plainyaml import Key
from device.nutrition.rebalance import split_by_weight, whole

DAY_START = time(4, 0)
TOLERATED_KCAL = 15
TOLERATED_SHARE = 0.05
LEAST_SIMILARITY = 0.75
MINUTES_A_DAY = 24 * 60

FoodOf = Callable[[str], Food | None]


@dataclass(frozen=True, slots=True)
class PlannedFood:
    """A food of a planned meal, and grams of it."""

    food_id: str
    grams: float


@dataclass(frozen=True, slots=True)
class PlannedMeal:
    """A meal of the plan; `target` in whole kcal and g, `time` by the clock on the wall.

    foods: what it is made of, where the plan says so; then the target is what they hold.
    """

    name: str
    time: time
    target: Macros
    aliases: tuple[str, ...] = ()
    foods: tuple[PlannedFood, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The meals of a day in their order; a day begins at `day_start`, not at midnight."""

    meals: tuple[PlannedMeal, ...]
    day_start: time = DAY_START

    @classmethod
    def load(cls, path: Path, day_start: time = DAY_START, food_of: FoodOf | None = None) -> Plan:
        """The shared plan of a plan.yaml; see HouseholdPlan.load."""
        return HouseholdPlan.load(path, day_start, food_of).shared

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


@dataclass(frozen=True, slots=True)
class _Draft:
    """Meals before the day's target is known; `shares`: by the name of a meal, of what the others leave."""

    meals: tuple[PlannedMeal, ...]
    shares: Mapping[str, int]

    def with_target(self, target: Macros) -> tuple[PlannedMeal, ...]:
        """The meals so that they make `target`, exactly, as far as those without a share leave room."""
        fixed = total(meal.target for meal in self.meals if meal.name not in self.shares)
        parts = iter(split_by_weight(target - fixed, list(self.shares.values())))
        return tuple(
            replace(meal, target=next(parts)) if meal.name in self.shares else meal for meal in self.meals
        )


@dataclass(frozen=True, slots=True)
class HouseholdPlan:
    """The plan of everybody, `shared`, and those of people who have their own, given or to be computed."""

    shared: Plan
    _own: Mapping[str, Plan] = field(default_factory=dict)
    _drafts: Mapping[str, _Draft] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path, day_start: time = DAY_START, food_of: FoodOf | None = None) -> HouseholdPlan:
        """The plans of a plan.yaml; `food_of` finds the foods that meals are made of.

        Raises:
            ConfigError: the file cannot be read or something in it is wrong; one line for each fault, naming
                file, line and meal.
        """
        return _Reader(path, day_start, food_of).household()

    def plan_of(self, person: str, computed: Macros | None = None) -> Plan:
        """The plan of a person: with the target that the file gives them, else with the one `computed` from
        their profile, in whole kcal and g, else the shared one.
        """
        name = key_of(words_of(person))
        if computed is None or name in self._own:
            return self._own.get(name, self.shared)
        draft = self._drafts.get(name) or _by_energy(self.shared)
        return Plan(draft.with_target(computed), self.shared.day_start)


# ------------------------------------------------------------------------------------- the file

_Name = Annotated[str, Field(min_length=1)]
_Whole = Annotated[int, Field(ge=0)]
LEAST_DAY_KCAL = 1200


class _Target(Entry):
    kcal: Annotated[int, Field(ge=1, le=5000)]
    protein: Annotated[_Whole, Field(le=500)]
    carbohydrate: Annotated[_Whole, Field(le=1000)]
    fat: Annotated[_Whole, Field(le=500)]

    def macros(self) -> Macros:
        return Macros(self.kcal, self.protein, self.carbohydrate, self.fat)


class _DayTarget(_Target):
    kcal: Annotated[int, Field(ge=LEAST_DAY_KCAL, le=8000)]


class _MealEntry(Entry):
    time: str
    aliases: list[_Name] = Field([])
    target: _Target | None = None
    share: Annotated[int, Field(ge=1, le=100)] | None = None
    foods: dict[_Name, Annotated[float, Field(gt=0, le=5000, allow_inf_nan=False)]] = Field({})


_Meals = Annotated[dict[_Name, _MealEntry], Field(min_length=1)]


class _PersonEntry(Entry):
    target: _DayTarget | None = None
    meals: _Meals | None = None


class _PlanFile(Entry):
    target: _DayTarget | None = None
    meals: _Meals
    people: dict[_Name, _PersonEntry] = Field({})


class _Reader:
    """Reads the plans of one file and notes every fault with its line."""

    def __init__(self, path: Path, day_start: time, food_of: FoodOf | None) -> None:
        self._file = DataFile(path)
        self._day_start = day_start
        self._food_of = food_of

    def household(self) -> HouseholdPlan:
        content = self._file.checked(_PlanFile)
        meals = self._draft(("meals",), content.meals)
        shared = self._plan((), meals, content.target)
        own, drafts = {}, {}
        for person, entry in content.people.items():
            key, name = ("people", person), key_of(words_of(person))
            draft = self._draft((*key, "meals"), entry.meals) if entry.meals else _by_energy(shared)
            if draft.shares and entry.target is None:
                drafts[name] = draft
            else:
                own[name] = self._plan(key, draft, entry.target)
        self._file.raise_faults()
        return HouseholdPlan(shared, own, drafts)

    def _draft(self, key: Key, entries: Mapping[str, _MealEntry]) -> _Draft:
        meals = tuple(self._meal((*key, name), name, entry) for name, entry in entries.items())
        self._check_names(key, meals)
        self._file.raise_faults()
        self._check_order(key, meals)
        return _Draft(meals, {name: entry.share for name, entry in entries.items() if entry.share})

    def _plan(self, key: Key, draft: _Draft, target: _DayTarget | None) -> Plan:
        """The meals of a draft with their day's target, None where the meals make it."""
        meals = draft.meals
        if target is not None:
            self._check_energy((*key, "target", "kcal"), target.macros())
            meals = draft.with_target(target.macros())
            if total(meal.target for meal in meals) != target.macros():
                complaint = "does not come out: its meals hold more, or none of them has a share to fill it."
                self._file.add_fault((*key, "target"), complaint)
        elif draft.shares:
            complaint = "has shares, but of which target? Write one for the day: target: {kcal: ...}."
            self._file.add_fault((*key, "meals"), complaint)
        return Plan(meals, self._day_start)

    def _meal(self, key: Key, name: str, entry: _MealEntry) -> PlannedMeal:
        if sum((entry.target is not None, entry.share is not None, bool(entry.foods))) != 1:
            self._file.add_fault(key, "needs one of target, share and foods.")
        foods = tuple(PlannedFood(food_id, grams) for food_id, grams in entry.foods.items())
        held = self._macros_of((*key, "foods"), foods)
        if entry.target is not None:
            held = entry.target.macros()
            self._check_energy((*key, "target", "kcal"), held)
        clock = self._clock((*key, "time"), entry.time)
        return PlannedMeal(name, clock, held, tuple(entry.aliases), foods)

    def _clock(self, key: Key, text: str) -> time:
        try:
            return datetime.strptime(text.strip(), "%H:%M").time()
        except ValueError:
            self._file.add_fault(key, f"is {text!r}, which is not a time of day, such as 12:30.")
            return self._day_start

    def _macros_of(self, key: Key, foods: Sequence[PlannedFood]) -> Macros:
        held = NOTHING
        for each in foods:
            food = self._food_of(each.food_id) if self._food_of else None
            if food is None:
                self._file.add_fault((*key, each.food_id), "is no food of foods.yaml; use the id of one.")
            else:
                held += food.macros_of(each.grams)
        return whole(held)

    def _check_energy(self, key: Key, target: Macros) -> None:
        of_grams = target.energy_of_grams_kcal
        if abs(target.energy_kcal - of_grams) > max(TOLERATED_KCAL, TOLERATED_SHARE * of_grams):
            held = f"its protein, carbohydrate and fat make {of_grams:g} kcal."
            self._file.add_fault(key, f"is {target.energy_kcal:g}, but {held}")

    def _check_names(self, key: Key, meals: Sequence[PlannedMeal]) -> None:
        owners: dict[str, str] = {}
        for meal in meals:
            for name in (meal.name, *meal.aliases):
                owner = owners.setdefault(key_of(words_of(name)), meal.name)
                if owner != meal.name:
                    found = f"has the name {name!r}, which {owner} has too"
                    self._file.add_fault((*key, meal.name), f"{found}; a name must mean one meal.")

    def _check_order(self, key: Key, meals: Sequence[PlannedMeal]) -> None:
        minute_of = Plan((), self._day_start).minute_of_day
        for earlier, later in itertools.pairwise(meals):
            if minute_of(later.time) <= minute_of(earlier.time):
                found = f"is {later.time:%H:%M}, but {earlier.name} before it is at {earlier.time:%H:%M}"
                wanted = f"put the meals in the order of a day that begins at {self._day_start:%H:%M}"
                self._file.add_fault((*key, later.name, "time"), f"{found}; {wanted}.")


def _by_energy(plan: Plan) -> _Draft:
    """The meals of another plan, each with the share of the energy that it has there, of whatever food."""
    meals = tuple(replace(meal, foods=()) for meal in plan.meals)
    return _Draft(meals, {meal.name: max(1, round(meal.target.energy_kcal)) for meal in meals})
