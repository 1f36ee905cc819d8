"""Whether days reconcile and swaps keep their meals, over many random ones.

days                      how many; a tenth of them are kept in a real diary on the disk, with its undo and
                          redo of the last call and of a named one, the others in memory
conservation_violations   steps after which target and credit were not what was eaten, in open meals and left
                          over, by books kept apart; or a day was not what had been promised; or undoing did
                          not bring back what was before, or redoing what was promised; or the diary and the
                          books in memory did not agree
bound_violations          meals outside their bounds after a step
rebalance_ms_worst        the slowest step: the day from its facts, a proposal, and the day after it. A slow
                          one is done five times and the fastest counts, so that what else the machine does
                          is not ours
substitute_good_percent   of the random meals that have a fair match, those that were offered good swaps only.
                          Good: within 5 % of the energy and 20 % of the protein, reckoned anew. Fair: some
                          food of the whole database is good in portions chosen for energy and protein alone
substitute_refused_percent  of all meals, those for which nothing was offered
substitute_bad            swaps that were offered and are not good
substitute_ms_p95         one request for the best swaps
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path

from device.config import shipped_directory
from device.nutrition.activity import MOST_CREDIT_A_DAY_KCAL
from device.nutrition.avoided import may_eat
from device.nutrition.dayplan import (
    DayState,
    MealStatus,
    Proposal,
    Rules,
    day_state,
    propose_even,
    propose_food,
    propose_missed,
)
from device.nutrition.days import DiaryClock
from device.nutrition.diary import Diary
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.events import ActivityDone, FoodEaten, FoodItem, Happening, Nutrients, Redo, Void
from device.nutrition.food import Food
from device.nutrition.foods import FoodDatabase
from device.nutrition.leastsquares import Aim, PortionFit
from device.nutrition.macros import Macros, total
from device.nutrition.plan import Plan, PlannedMeal
from device.nutrition.profile import NO_CAPS, CarbohydrateCaps, Profile
from device.nutrition.rebalance import energy_bounds_kcal
from device.nutrition.substitute import Ingredient, Swap, role_of, substitute
from device.nutrition.variation import Variation

DAYS = 20_000
KEEP_ONE_OF = 10
MEALS = 400
DAY = date(2026, 11, 21)
START = datetime.combine(DAY, wall_time(4), UTC)
MINUTES = 24 * 60


def planning_figures(*, quick: bool) -> dict[str, object]:
    """The figures of this module's docstring; `quick` for fewer days and meals."""
    days = _days(DAYS // 20 if quick else DAYS)
    swaps = _swaps(200 if quick else MEALS)
    return {
        "days": days.days,
        "days_in_diary": days.in_diary,
        "steps": days.steps,
        "conservation_violations": days.unbalanced,
        "bound_violations": days.out_of_bounds,
        "rebalance_ms_worst": days.worst_ms,
        "substitute_meals": swaps.meals,
        "substitute_good_percent": 100 * swaps.good / max(1, swaps.fair),
        "substitute_refused_percent": 100 * swaps.refused / swaps.meals,
        "substitute_bad": swaps.bad,
        "substitute_ms_p95": statistics.quantiles(swaps.durations_ms, n=20)[-1],
    }


# ------------------------------------------------------------------------------------- days


@dataclass(slots=True)
class _Days:
    days: int = 0
    in_diary: int = 0
    steps: int = 0
    unbalanced: int = 0
    out_of_bounds: int = 0
    worst_ms: float = 0


@dataclass(slots=True)
class _Book:
    """A diary's entries, and the numbers of those that are void, in the order in which they were undone."""

    plan: Plan
    caps: CarbohydrateCaps = NO_CAPS
    entries: list[tuple[Happening, ...]] = field(default_factory=list)
    void: list[int] = field(default_factory=list)

    def log(self, happenings: tuple[Happening, ...], now: datetime) -> int:
        """Keep an entry; its number."""
        self.entries.append(happenings)
        return len(self.entries) - 1

    def undo(self, number: int) -> None:
        """Let an entry not count."""
        if number not in self.void:
            self.void.append(number)

    def redo(self, number: int) -> None:
        """Let a void entry count again."""
        self.void.remove(number)

    def state(self) -> DayState:
        """The day as it stands."""
        standing = (entry for number, entry in enumerate(self.entries) if number not in self.void)
        return day_state(self.plan, DAY, (fact for entry in standing for fact in entry), self.caps)

    def is_true(self) -> bool:
        """Whether the day as it stands is the one that was kept."""
        return True


class _KeptBook(_Book):
    """A book that a real diary keeps; what is undone or done again last is not named to it."""

    def __init__(self, plan: Plan, caps: CarbohydrateCaps, kept: _Kept) -> None:
        super().__init__(plan, caps)
        self._kept = kept
        self._person = kept.new_person()

    def log(self, happenings: tuple[Happening, ...], now: datetime) -> int:
        number = super().log(happenings, now)
        self._kept.now = now
        self._kept.diary.log(self._call(number), self._person, happenings)
        return number

    def undo(self, number: int) -> None:
        standing = [each for each in range(len(self.entries)) if each not in self.void]
        target = None if standing and number == standing[-1] else self._call(number)
        super().undo(number)
        self._kept.diary.undo(self._kept.new_call(), self._person, target)

    def redo(self, number: int) -> None:
        target = None if number == self.void[-1] else self._call(number)
        super().redo(number)
        self._kept.diary.redo(self._kept.new_call(), self._person, target)

    def state(self) -> DayState:
        events = self._kept.diary.events(self._person, DAY)
        facts = (event.fact for event in events)
        happened = (fact for fact in facts if not isinstance(fact, Void | Redo))
        return day_state(self.plan, DAY, happened, self.caps)

    def is_true(self) -> bool:
        kept, known = self.state(), super().state()
        return (kept.meals, kept.eaten, kept.credit) == (known.meals, known.eaten, known.credit)

    def _call(self, number: int) -> str:
        return f"{self._person}, {number}"


class _Kept:
    """A diary in a directory, with a clock that is set by hand."""

    def __init__(self, directory: Path) -> None:
        self.now = START
        self.diary = Diary(DiaryFile(directory), DiaryClock(lambda: self.now, START.time()))
        self._people = 0
        self._calls = 0

    def new_person(self) -> str:
        """Somebody of whom nothing is in the diary yet."""
        self._people += 1
        return f"person {self._people}"

    def new_call(self) -> str:
        """A call that was never made."""
        self._calls += 1
        return f"call {self._calls}"


def _days(count: int) -> _Days:
    outcome = _Days()
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="ladle-days-") as directory:
        kept = _Kept(Path(directory))
        for number in range(count):
            plan, is_kept = _random_plan(chance), number % KEEP_ONE_OF == 0
            caps = CarbohydrateCaps(meal_g=chance.choice((None, None, 60)))
            _day(_KeptBook(plan, caps, kept) if is_kept else _Book(plan, caps), chance, outcome)
            outcome.days += 1
            outcome.in_diary += is_kept
        kept.diary.file.close()
    return outcome


def _day(book: _Book, chance: random.Random, outcome: _Days) -> None:
    minute = 0
    for _ in range(chance.randint(1, 8)):
        minute = min(MINUTES - 1, minute + chance.randrange(240))
        _step(book, START + timedelta(minutes=minute), chance, outcome)


def _step(book: _Book, now: datetime, chance: random.Random, outcome: _Days) -> None:
    before = book.state()
    kind = chance.choice(("missed", "unplanned", "eaten", "activity", "even", "undo", "redo"))
    if kind == "undo" and book.entries:
        book.undo(chance.randrange(len(book.entries)))
    elif kind == "redo" and book.void:
        book.redo(chance.choice(book.void))
    elif kind == "activity":
        kcal = 10 * chance.randrange(60)
        book.log((ActivityDone("run", 30, kcal, kcal),), now)
    elif kind in {"missed", "unplanned", "eaten", "even"}:
        outcome.unbalanced += _propose(book, before, kind, now, chance, outcome)
    outcome.steps += 1
    after = book.state()
    outcome.unbalanced += not (_balances(after) and book.is_true())
    outcome.out_of_bounds += sum(not _is_within(meal.planned, meal.target) for meal in after.meals)


def _propose(
    book: _Book, before: DayState, kind: str, now: datetime, chance: random.Random, outcome: _Days
) -> int:
    """Make a proposal, log it, and count what of it was not kept."""
    meal, food = chance.choice(book.plan.meals), _random_food(chance)
    rules = Rules(Variation(chance.choice((0, 0.03)), chance.getrandbits(32)))

    def proposed() -> tuple[Proposal, DayState]:
        state = day_state(book.plan, DAY, before.facts, book.caps)
        proposal = _proposal(state, kind, meal, food, now, rules)
        return proposal, proposal.after

    spent_ms, (proposal, promised) = _timed(proposed)
    if spent_ms > outcome.worst_ms:
        outcome.worst_ms = max(outcome.worst_ms, min(spent_ms, *(_timed(proposed)[0] for _ in range(4))))
    if not proposal.happenings:
        return 0
    entry = book.log(proposal.happenings, now)
    kept = book.state().meals == promised.meals
    book.undo(entry)
    undone = book.state() == before
    book.redo(entry)
    redone = book.state().meals == promised.meals
    shown = all(promised.meal(moved.meal).target == moved.after for moved in proposal.moved)
    return (not kept) + (not undone) + (not redone) + (not shown)


def _proposal(
    state: DayState, kind: str, meal: PlannedMeal, food: FoodItem, now: datetime, rules: Rules
) -> Proposal:
    if kind == "missed":
        return propose_missed(state, meal, now, rules=rules)
    if kind == "even":
        return propose_even(state, now, rules=rules)
    eaten = FoodEaten((food,), meal.name) if kind == "eaten" else FoodEaten((food,), is_unplanned=True)
    return propose_food(state, eaten, now, rules=rules)


def _timed(work: object) -> tuple[float, tuple[Proposal, DayState]]:
    assert callable(work)
    started = time.perf_counter()
    outcome = work()
    return 1000 * (time.perf_counter() - started), outcome


def _balances(state: DayState) -> bool:
    """Target and credit against what was eaten, is in open meals and is left over, added up anew."""
    items = [item for fact in state.facts if isinstance(fact, FoodEaten) for item in fact.items]
    eaten = total(item.nutrients.macros for item in items)
    credited = sum(fact.credited_kcal for fact in state.facts if isinstance(fact, ActivityDone))
    credited = min(MOST_CREDIT_A_DAY_KCAL, credited)
    planned = total(meal.target for meal in state.plan.meals)
    still = total(meal.target for meal in state.meals if meal.status is MealStatus.OPEN)
    return round(credited) == state.credit.energy_kcal and all(
        want + more == round(had) + held + left and float(left).is_integer()
        for want, more, had, held, left in zip(
            *map(_parts, (planned, state.credit, eaten, still, state.left_over)), strict=True
        )
    )


def _is_within(meal: PlannedMeal, target: Macros) -> bool:
    least, most = energy_bounds_kcal(meal.target.energy_kcal)
    return (
        least <= target.energy_kcal <= most
        and target.protein_g >= 0.7 * meal.target.protein_g
        and target.carbohydrate_g >= 0.3 * meal.target.carbohydrate_g
        and target.fat_g >= 0.3 * meal.target.fat_g
        and (target.energy_kcal > 0 or meal.target.energy_kcal == 0)
    )


def _parts(macros: Macros) -> tuple[float, float, float, float]:
    return macros.energy_kcal, macros.protein_g, macros.carbohydrate_g, macros.fat_g


def _random_plan(chance: random.Random) -> Plan:
    hours = sorted(chance.sample(range(1, 22), chance.randint(1, 6)))
    return Plan(tuple(_random_meal(f"meal {hour}", (4 + hour) % 24, chance) for hour in hours))


def _random_meal(name: str, hour: int, chance: random.Random) -> PlannedMeal:
    protein, carbohydrate, fat = chance.randint(5, 60), chance.randint(5, 120), chance.randint(2, 45)
    kcal = 4 * protein + 4 * carbohydrate + 9 * fat + chance.randint(-15, 15)
    return PlannedMeal(name, wall_time(hour, chance.randrange(60)), Macros(kcal, protein, carbohydrate, fat))


def _random_food(chance: random.Random) -> FoodItem:
    protein, carbohydrate, fat = chance.uniform(0, 60), chance.uniform(0, 150), chance.uniform(0, 70)
    alcohol = chance.choice((0, 0, 0, chance.uniform(0, 30)))
    kcal = (4 * protein + 4 * carbohydrate + 9 * fat + 7 * alcohol) * chance.uniform(0.9, 1.1)
    return FoodItem("something", Nutrients(kcal, protein, carbohydrate, fat, alcohol_g=alcohol))


# ------------------------------------------------------------------------------------- swaps


@dataclass(slots=True)
class _Swaps:
    """How many meals there were, were good, had a fair match, were refused; how many offers were bad."""

    meals: int = 0
    good: int = 0
    fair: int = 0
    refused: int = 0
    bad: int = 0
    durations_ms: list[float] = field(default_factory=list)


_PLATES = (
    ("protein", "starch", "vegetable", "fat"),
    ("protein", "starch", "vegetable", "vegetable", "fat"),
    ("protein", "bread", "vegetable", "sauce"),
    ("cereal", "milk", "fruit"),
    ("protein", "bread", "fruit"),
    ("starch", "protein", "sauce", "vegetable"),
    ("milk", "fruit", "nut"),
)
_PROFILES = (
    Profile(),
    Profile(),
    Profile(diet="vegetarian"),
    Profile(diet="vegan"),
    Profile(allergens=frozenset({"peanut", "tree_nut"})),
    Profile(allergens=frozenset({"dairy"})),
)


def _swaps(count: int) -> _Swaps:
    """Meals of usual portions; in most somebody swaps what the plate is built on, in some the side."""
    foods = FoodDatabase.load(shipped_directory() / "foods.yaml").foods
    chance = random.Random(3)
    by_role: dict[str, list[Food]] = {}
    for food in foods:
        by_role.setdefault(role_of(food), []).append(food)
    outcome = _Swaps()
    for _ in range(count):
        meal = [
            Ingredient(food := chance.choice(by_role[role]), _portion(food, chance))
            for role in chance.choice(_PLATES)
        ]
        _swap(meal, chance.choice((0, 0, 0, 1, 2)), foods, chance.choice(_PROFILES), outcome)
    return outcome


def _portion(food: Food, chance: random.Random) -> float:
    return max(5.0, 5.0 * round(food.usual_grams * chance.uniform(0.7, 1.5) / 5))


def _swap(
    meal: Sequence[Ingredient], place: int, foods: Sequence[Food], profile: Profile, outcome: _Swaps
) -> None:
    started = time.perf_counter()
    substitution = substitute(meal, place, foods, profile)
    outcome.durations_ms.append(1000 * (time.perf_counter() - started))
    outcome.meals += 1
    outcome.fair += bool(substitution.offers) or _has_fair_match(meal, place, foods, profile)
    outcome.refused += not substitution.offers
    outcome.bad += sum(not _is_good(meal, swap) for swap in substitution.offers)
    outcome.good += bool(substitution.offers) and all(_is_good(meal, swap) for swap in substitution.offers)


_ENERGY_AND_PROTEIN = Aim(weights=(30, 30), least_scales=(1, 1), pull=0.0001)
_SCALES = {"vegetable": (0.8, 1.3), "fat": (0.0, 1.75)}


def _has_fair_match(meal: Sequence[Ingredient], place: int, foods: Sequence[Food], profile: Profile) -> bool:
    role, old = role_of(meal[place].food), meal[place].food.id.split("_")[0]
    return any(
        _fits(meal, place, food)
        for food in foods
        if role_of(food) == role and food.id.split("_")[0] != old and may_eat(profile, food)
    )


def _fits(meal: Sequence[Ingredient], place: int, food: Food) -> bool:
    most = min(400.0, 3 * food.usual_grams)
    grams = [each.grams for each in meal]
    grams[place] = min(most, 100 * meal[place].macros.energy_kcal / max(1, food.per_100g.energy_kcal))
    swapped = [food if number == place else each.food for number, each in enumerate(meal)]
    scales = [_SCALES.get(role_of(each), (0.4, 1.75)) for each in swapped]
    bounds = [(least * gram, top * gram) for gram, (least, top) in zip(grams, scales, strict=True)]
    bounds[place] = bounds[place][0], min(most, bounds[place][1])
    held = [(each.per_100g.energy_kcal / 100, each.per_100g.protein_g / 100) for each in swapped]
    portions = PortionFit(held, grams, _held(meal), _ENERGY_AND_PROTEIN).best(bounds)
    after = [Ingredient(each, gram) for each, gram in zip(swapped, portions, strict=True)]
    return _is_near(_held(meal), _held(after))


def _is_good(meal: Sequence[Ingredient], swap: Swap) -> bool:
    return _is_near(_held(meal), _held(swap.ingredients))


def _is_near(before: tuple[float, float], after: tuple[float, float]) -> bool:
    """Within 5 % of the energy and 20 % of the protein, where less than 1 g of protein is nothing."""
    energy, protein = (abs(now - then) for now, then in zip(after, before, strict=True))
    return energy <= 0.05 * before[0] and protein <= max(1, 0.2 * before[1])


def _held(ingredients: Sequence[Ingredient]) -> tuple[float, float]:
    energy = sum(each.food.per_100g.energy_kcal * each.grams / 100 for each in ingredients)
    protein = sum(each.food.per_100g.protein_g * each.grams / 100 for each in ingredients)
    return energy, protein
