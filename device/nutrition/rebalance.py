"""Spreading what was missed, or eaten beyond the plan, over the meals that remain, so that the day adds up.

Everything is in whole kcal and whole grams, and nothing is lost on the way: for energy and each macronutrient
the new targets and the residual together are exactly the old targets and the change together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from device.nutrition.macros import (
    CARBOHYDRATE_KCAL_PER_G,
    FAT_KCAL_PER_G,
    NOTHING,
    PROTEIN_KCAL_PER_G,
    Macros,
    total,
)

LEAST_SHARE = 0.6
MOST_SHARE = 1.35
LEAST_MEAL_KCAL = 200
MOST_MEAL_KCAL = 1000
UNEXPLAINED_KCAL = 15
LEAST_PROTEIN_SHARE = 0.7
LEAST_REST_SHARE = 0.3
"""Of the carbohydrate and the fat that were planned: no meal loses all of one of them."""


@dataclass(frozen=True, slots=True)
class MealTarget:
    """A meal that is still to come: what was planned, and what is its target now; whole kcal and g.

    carbohydrate_cap_g: what spreading never raises its carbohydrate above.
    """

    planned: Macros
    current: Macros
    carbohydrate_cap_g: int | None = None


@dataclass(frozen=True, slots=True)
class Rebalanced:
    """The new targets, in the order of the meals, and what found no place in them; whole kcal and g."""

    targets: tuple[Macros, ...]
    residual: Macros


def energy_bounds_kcal(planned_kcal: float) -> tuple[int, int]:
    """The least and the most kcal that a meal may come to have.

    Not below 60 % of its plan nor below 200 kcal, not above 135 % of its plan nor above 1000 kcal; a meal
    planned beyond 200 or 1000 kcal may stay as planned. Ladle's own choice: a meal is never taken away, and
    dinner does not become a feast.
    """
    least = max(LEAST_SHARE * planned_kcal, min(LEAST_MEAL_KCAL, planned_kcal))
    most = min(MOST_SHARE * planned_kcal, max(MOST_MEAL_KCAL, planned_kcal))
    return math.ceil(least), math.floor(most)


def is_within_bounds(planned: Macros, target: Macros) -> bool:
    """Whether a meal that was planned so may have that target."""
    least, most = energy_bounds_kcal(planned.energy_kcal)
    floors = _floors(planned)
    return least <= target.energy_kcal <= most and all(
        getattr(target, part.value) >= floor for part, floor in floors.items()
    )


def changed_within_bounds(meal: MealTarget, change: Macros) -> Macros:
    """The target after a change, or as much of the change as the bounds and the cap of the meal allow."""
    wanted = meal.current + change
    cap = math.inf if meal.carbohydrate_cap_g is None else meal.carbohydrate_cap_g
    is_within_cap = wanted.carbohydrate_g <= max(cap, meal.current.carbohydrate_g)
    if is_within_cap and is_within_bounds(meal.planned, wanted):
        return wanted
    return rebalance([meal], change).targets[0]


def rebalance(meals: Sequence[MealTarget], change: Macros) -> Rebalanced:
    """Spread `change` over `meals`, by their planned energy and within the bounds of each.

    change: whole kcal and g to add, as after a missed meal, or to take away (negative).

    Water-filling: each meal gets its share of what there is, and what a bound clips goes to the others until
    nothing moves. Protein goes first, because the day's protein is a floor; fat and carbohydrate share the
    room that is left, in the proportion they have in the change. Energy moves with its grams at 4/4/9 kcal,
    so a coherent target stays coherent. Energy that the grams of the change do not explain (rounding, fibre,
    alcohol) moves last, on its own: conservation wins, and coherence is off by as much as it came in.
    """
    working = [_Meal(meal) for meal in meals]
    fat, carbohydrate = round(change.fat_g), round(change.carbohydrate_g)
    unexplained = round(change.energy_kcal - change.energy_of_grams_kcal)
    _place(working, _Part.PROTEIN, round(change.protein_g))
    _place(working, _Part.FAT, _fat_that_fits(working, fat, carbohydrate))
    _place(working, _Part.CARBOHYDRATE, carbohydrate)
    _place(working, _Part.ENERGY_ALONE, unexplained)
    targets = tuple(meal.target() for meal in working)
    before = total(meal.current for meal in meals)
    return Rebalanced(targets, before + change - total(targets))


def share_out(amount: int, weights: Sequence[int], rooms: Sequence[int]) -> list[int]:
    """Whole parts of `amount`, in proportion to `weights` and none above its room.

    The parts make `amount`, or all the room where there is less. Units that do not divide go to the largest
    remainders (Hamilton's method), the earlier one first.
    """
    parts = [0] * len(rooms)
    left = min(amount, sum(rooms))
    while left > 0:
        open_places = [place for place, room in enumerate(rooms) if parts[place] < room]
        weight = sum(weights[place] for place in open_places)
        quotas = {place: divmod(left * weights[place], weight) for place in open_places}
        whole = sum(quota for quota, _ in quotas.values())
        by_remainder = sorted(open_places, key=lambda place: -quotas[place][1])
        one_more = set(by_remainder[: left - whole])
        for place in open_places:
            part = min(quotas[place][0] + (place in one_more), rooms[place] - parts[place])
            parts[place] += part
            left -= part
    return parts


def split_by_weight(amount: Macros, weights: Sequence[int]) -> list[Macros]:
    """Parts in whole kcal and g that make `amount`, or nothing where it is below zero.

    Each has the energy of its grams, but for the energy that the grams of `amount` do not explain.
    """
    grams = [
        share_out(max(0, round(part)), weights, [max(0, round(part))] * len(weights))
        for part in (amount.protein_g, amount.carbohydrate_g, amount.fat_g)
    ]
    parts = [Macros(0, *each) for each in zip(*grams, strict=True)]
    parts = [replace(part, energy_kcal=part.energy_of_grams_kcal) for part in parts]
    rest = round(max(0, amount.energy_kcal) - total(parts).energy_kcal)
    rests = share_out(abs(rest), weights, [abs(rest)] * len(weights))
    sign = 1 if rest > 0 else -1
    return [part + Macros(sign * more, 0, 0, 0) for part, more in zip(parts, rests, strict=True)]


def whole(macros: Macros) -> Macros:
    """In whole kcal and g."""
    return Macros(
        round(macros.energy_kcal), round(macros.protein_g), round(macros.carbohydrate_g), round(macros.fat_g)
    )


def as_food(kcal: int, day: Macros) -> Macros:
    """Energy as carbohydrate and fat, in the proportion in which the day has them."""
    of_fat = FAT_KCAL_PER_G * day.fat_g
    energy = of_fat + CARBOHYDRATE_KCAL_PER_G * day.carbohydrate_g
    fat = int(kcal * of_fat / energy / FAT_KCAL_PER_G) if energy else 0
    return Macros(kcal, 0, int((kcal - FAT_KCAL_PER_G * fat) / CARBOHYDRATE_KCAL_PER_G), fat)


def part_that_evens(amount: Macros, left_over: Macros) -> Macros:
    """The part of `amount` that brings what is left over towards nothing and not beyond."""
    if not amount.energy_kcal:
        return NOTHING
    share = min(1.0, max(0.0, left_over.energy_kcal / amount.energy_kcal))
    if share in (0, 1):
        return amount if share else NOTHING
    part = whole(amount.scaled(share))
    unexplained = round(share * (amount.energy_kcal - amount.energy_of_grams_kcal))
    return replace(part, energy_kcal=part.energy_of_grams_kcal + unexplained)


def movable(change: Macros, day: Macros) -> Macros:
    """The change as grams that meals can gain or lose.

    Alcohol is in no meal to be taken out, and a lunch of fat instead of bread is no reason for a dinner
    without fat: there only energy and protein are made up for, and carbohydrate and fat follow the day.
    """
    opposed = change.fat_g * change.carbohydrate_g < 0
    kept = replace(change, carbohydrate_g=0, fat_g=0) if opposed else change
    unexplained = round(kept.energy_kcal - kept.energy_of_grams_kcal)
    if abs(unexplained) <= UNEXPLAINED_KCAL:
        return kept
    return replace(kept + as_food(unexplained, day), energy_kcal=kept.energy_kcal)


class _Part(Enum):
    """What can be moved, with the kcal of one unit of it."""

    PROTEIN = "protein_g"
    CARBOHYDRATE = "carbohydrate_g"
    FAT = "fat_g"
    ENERGY_ALONE = "energy_kcal"

    @property
    def kcal(self) -> int:
        return _KCAL[self]


_KCAL = {
    _Part.PROTEIN: PROTEIN_KCAL_PER_G,
    _Part.CARBOHYDRATE: CARBOHYDRATE_KCAL_PER_G,
    _Part.FAT: FAT_KCAL_PER_G,
    _Part.ENERGY_ALONE: 1,
}


_LEAST_SHARES = {
    _Part.PROTEIN: LEAST_PROTEIN_SHARE,
    _Part.CARBOHYDRATE: LEAST_REST_SHARE,
    _Part.FAT: LEAST_REST_SHARE,
}


def _floors(planned: Macros) -> dict[_Part, int]:
    """The least g of each that a meal may come to have; protein's is high, for the day's protein's sake."""
    return {part: math.ceil(share * getattr(planned, part.value)) for part, share in _LEAST_SHARES.items()}


class _Meal:
    """A meal while it is being changed."""

    def __init__(self, meal: MealTarget) -> None:
        current, planned = meal.current, meal.planned
        self.weight = max(1, round(planned.energy_kcal))
        self.energy = round(current.energy_kcal)
        self.amounts = {
            _Part.PROTEIN: round(current.protein_g),
            _Part.CARBOHYDRATE: round(current.carbohydrate_g),
            _Part.FAT: round(current.fat_g),
        }
        self._least_kcal, self._most_kcal = energy_bounds_kcal(planned.energy_kcal)
        self._floors = _floors(planned)
        cap = meal.carbohydrate_cap_g
        self._caps = {} if cap is None else {_Part.CARBOHYDRATE: cap}

    def kcal_room(self, sign: int) -> int:
        """kcal that may still be added (sign 1) or taken away (sign -1)."""
        room = self._most_kcal - self.energy if sign > 0 else self.energy - self._least_kcal
        return max(0, room)

    def room(self, part: _Part, sign: int) -> int:
        """Units of `part` that may still be added or taken away."""
        room = self.kcal_room(sign) // part.kcal
        if part is _Part.ENERGY_ALONE:
            return room
        limit = self._caps.get(part) if sign > 0 else self._floors[part]
        return room if limit is None else min(room, max(0, sign * (limit - self.amounts[part])))

    def move(self, part: _Part, units: int) -> None:
        self.energy += units * part.kcal
        if part is not _Part.ENERGY_ALONE:
            self.amounts[part] += units

    def target(self) -> Macros:
        return Macros(
            self.energy,
            self.amounts[_Part.PROTEIN],
            self.amounts[_Part.CARBOHYDRATE],
            self.amounts[_Part.FAT],
        )


def _place(meals: Sequence[_Meal], part: _Part, amount: int) -> None:
    sign = 1 if amount > 0 else -1
    parts = share_out(abs(amount), [meal.weight for meal in meals], [meal.room(part, sign) for meal in meals])
    for meal, units in zip(meals, parts, strict=True):
        meal.move(part, sign * units)


def _fat_that_fits(meals: Sequence[_Meal], fat: int, carbohydrate: int) -> int:
    """The part of `fat` that leaves carbohydrate its share of the room; all of it where both fit."""
    if fat * carbohydrate < 0:
        return fat
    needed = FAT_KCAL_PER_G * abs(fat) + CARBOHYDRATE_KCAL_PER_G * abs(carbohydrate)
    room = sum(meal.kcal_room(1 if fat > 0 else -1) for meal in meals)
    if needed <= room:
        return fat
    fitting = abs(fat) * room // needed
    return fitting if fat > 0 else -fitting
