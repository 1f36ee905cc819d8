"""The plan of a day: its meals, when they are and what they should hold; read from plan.yaml."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from device.nutrition.datafile import DataFile
from device.nutrition.food import Food
from device.nutrition.macros import NOTHING, Macros, total
from device.nutrition.mealnames import meant
from device.nutrition.names import key_of, person_key, words_of
from device.nutrition.plainyaml import Key
from device.nutrition.planfile import DayTarget, MealEntry, PlanFile
from device.nutrition.rebalance import LEAST_MEAL_KCAL, split_by_weight, whole

DAY_START = time(4, 0)
TOLERATED_KCAL = 15
TOLERATED_SHARE = 0.05
ROUNDED_KCAL = 10
"""What whole grams may take from the energy of a meal."""
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

    foods: what it is made of, where the plan says so; then the target is what they hold, unless a limit on
    carbohydrate made fat of some of it.
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

    def with_carbohydrate_at_most(self, meal_g: int) -> Plan:
        """The plan with no more carbohydrate in any meal; fat makes up for it."""
        meals = (replace(meal, target=meal.target.with_carbohydrate_at_most(meal_g)) for meal in self.meals)
        return replace(self, meals=tuple(meals))

    def meal(self, text: str) -> PlannedMeal | None:
        """The meal that a person means: its name, an alias, or such a name among other words.

        A word may be spelt a little differently, as a recogniser hears it. None: no meal, or not one alone.
        """
        names = {key_of(words_of(name)): meal for meal in self.meals for name in (meal.name, *meal.aliases)}
        return meant(text, names)

    def logical_date(self, now: datetime) -> date:
        """The day that `now` belongs to: until `day_start`, the day before."""
        since_midnight = timedelta(hours=self.day_start.hour, minutes=self.day_start.minute)
        return (now.replace(tzinfo=None) - since_midnight).date()

    def minute_of_day(self, clock: time) -> float:
        """Minutes from `day_start` to that time on the wall clock."""
        minutes = (clock.hour - self.day_start.hour) * 60 + clock.minute - self.day_start.minute
        return (minutes + clock.second / 60 + clock.microsecond / 60e6) % MINUTES_A_DAY


@dataclass(frozen=True, slots=True)
class _Draft:
    """Meals before the day's target is known; `shares`: by the name of a meal, of what the others leave."""

    meals: tuple[PlannedMeal, ...]
    shares: Mapping[str, int]

    def with_target(self, target: Macros) -> tuple[PlannedMeal, ...]:
        """The meals so that they make `target`, exactly, as far as those without a share leave room."""
        parts = iter(split_by_weight(target - self._fixed, list(self.shares.values())))
        return tuple(
            replace(meal, target=next(parts)) if meal.name in self.shares else meal for meal in self.meals
        )

    def scaled_to(self, target: Macros) -> tuple[PlannedMeal, ...]:
        """The meals so that they make `target`, exactly.

        Where those without a share leave too little for the others, all are chosen by energy: the largest of
        the others has 200 kcal, the rest is scaled to what is left, and they are of whatever food.
        """
        left, needed_kcal = target - self._fixed, self._needed_kcal(target)
        spare = min(left.energy_kcal - needed_kcal, left.protein_g, left.carbohydrate_g, left.fat_g)
        if spare >= 0 or not self._fixed.energy_kcal:
            return self.with_target(target)
        a_share_kcal = max(left.energy_kcal, needed_kcal) / sum(self.shares.values())
        scale = (target.energy_kcal - max(left.energy_kcal, needed_kcal)) / self._fixed.energy_kcal
        energies = [
            a_share_kcal * self.shares.get(meal.name, 0) + scale * meal.target.energy_kcal
            for meal in self.meals
        ]
        parts = split_by_weight(target, [max(1, round(energy)) for energy in energies])
        return tuple(
            replace(meal, target=part, foods=()) for meal, part in zip(self.meals, parts, strict=True)
        )

    def _needed_kcal(self, target: Macros) -> float:
        """What the meals with a share need together, at most as much of the day as they are of its meals."""
        needed = (LEAST_MEAL_KCAL + ROUNDED_KCAL) * sum(self.shares.values()) / max(self.shares.values())
        return min(needed, target.energy_kcal * len(self.shares) / len(self.meals))

    @property
    def _fixed(self) -> Macros:
        """What the meals without a share hold."""
        return total(meal.target for meal in self.meals if meal.name not in self.shares)


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

    def plan_of(
        self, person: str, computed: Macros | None = None, carbohydrate_cap_meal_g: int | None = None
    ) -> Plan:
        """The plan of a person: with the target that the file gives them, else with the one `computed` from
        their profile, in whole kcal and g, else the shared one.

        carbohydrate_cap_meal_g: what no meal is planned above, None for no limit; the energy stays.
        """
        name = person_key(person)
        plan = self._own.get(name, self.shared)
        if computed is not None and name not in self._own:
            draft = self._drafts.get(name) or _by_energy(self.shared)
            plan = Plan(draft.scaled_to(computed), self.shared.day_start)
        if carbohydrate_cap_meal_g is None:
            return plan
        return plan.with_carbohydrate_at_most(carbohydrate_cap_meal_g)


# ------------------------------------------------------------------------------------- the file


class _Reader:
    """Reads the plans of one file and notes every fault with its line."""

    def __init__(self, path: Path, day_start: time, food_of: FoodOf | None) -> None:
        self._file = DataFile(path)
        self._day_start = day_start
        self._food_of = food_of

    def household(self) -> HouseholdPlan:
        content = self._file.checked(PlanFile)
        meals = self._draft(("meals",), content.meals)
        shared = self._plan((), meals, content.target)
        own, drafts = {}, {}
        self._check_people(content.people)
        for person, entry in content.people.items():
            key, name = ("people", person), person_key(person)
            draft = self._draft((*key, "meals"), entry.meals) if entry.meals else _by_energy(shared)
            if draft.shares and entry.target is None:
                drafts[name] = draft
            else:
                own[name] = self._plan(key, draft, entry.target)
        self._file.raise_faults()
        return HouseholdPlan(shared, own, drafts)

    def _draft(self, key: Key, entries: Mapping[str, MealEntry]) -> _Draft:
        meals = tuple(self._meal((*key, name), name, entry) for name, entry in entries.items())
        self._check_names(key, meals)
        self._file.raise_faults()
        self._check_order(key, meals)
        return _Draft(meals, {name: entry.share for name, entry in entries.items() if entry.share})

    def _plan(self, key: Key, draft: _Draft, target: DayTarget | None) -> Plan:
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

    def _meal(self, key: Key, name: str, entry: MealEntry) -> PlannedMeal:
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

    def _check_people(self, people: Iterable[str]) -> None:
        owners: dict[str, str] = {}
        for person in people:
            key = person_key(person)
            owner = owners.setdefault(key, person)
            if not key:
                self._file.add_fault(("people", person), f"has the name {person!r}, which nobody can say.")
            elif owner != person:
                found = f"has the name of {owner!r}"
                self._file.add_fault(("people", person), f"{found}; a name must mean one person.")

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
