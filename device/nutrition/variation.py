"""Slight natural variation of suggestions: a few per cent, the same for the same question, the sum unchanged.

It is for what is proposed. What is stored, a floor, a limit on carbohydrate, an allergen and an undo are
never varied.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from device.nutrition.macros import CARBOHYDRATE_KCAL_PER_G, Macros
from device.nutrition.rebalance import MealTarget, energy_bounds_kcal, is_within_bounds

MOST_SHARE = 0.03
STEP = 5
"""kcal or g that suggestions are rounded to where their sum allows it."""

Bounds = tuple[int, int]
"""The least and the most that an amount may be."""


@dataclass(frozen=True, slots=True)
class Variation:
    """share: how far amounts may move, 0 (off) to 0.03 of themselves; seed: see `seed_of`."""

    share: float = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.share <= MOST_SHARE:
            raise ValueError(f"variation is {self.share:g}, but must be from 0 to {MOST_SHARE:g}")


OFF = Variation()


def seed_of(person: str, day: date, tool: str, arguments: Mapping[str, object]) -> int:
    """The same number for the same question of the same person on the same day, in every process."""
    question = json.dumps([person, f"{day}", tool, arguments], sort_keys=True, default=str)
    return int.from_bytes(hashlib.sha256(question.encode()).digest()[:8], "big")


def varied(
    amounts: Sequence[int], bounds: Sequence[Bounds], variation: Variation, step: int = STEP
) -> tuple[int, ...]:
    """Amounts moved a little and rounded to `step`; their sum is what it was, to the unit.

    Each stays within its bounds and moves by at most `variation.share` of itself and one step; where the sum
    is no multiple of the step, one amount takes the odd rest.
    """
    if not variation.share or len(amounts) < 2:
        return tuple(amounts)
    chance = random.Random(variation.seed)
    return _rounded(_exchanged(amounts, bounds, variation.share, chance), bounds, step)


def varied_targets(
    meals: Sequence[MealTarget], targets: tuple[Macros, ...], variation: Variation
) -> tuple[Macros, ...]:
    """New targets of meals, with their energy varied; carbohydrate moves between them to pay for it.

    Energy and each macronutrient add up to what they did, and every meal stays within its bounds. No meal
    that grew becomes smaller than it was, and none that shrank becomes larger.
    """
    if all(meal.current == target for meal, target in zip(meals, targets, strict=True)):
        return targets
    energies = [round(target.energy_kcal) for target in targets]
    bounds = [_bounds(meal, energy) for meal, energy in zip(meals, energies, strict=True)]
    after = varied(energies, bounds, variation)
    moved = _grams_for([new - old for new, old in zip(after, energies, strict=True)])
    outcome = tuple(
        replace(target, energy_kcal=energy, carbohydrate_g=target.carbohydrate_g + grams)
        for target, energy, grams in zip(targets, after, moved, strict=True)
    )
    fits = (is_within_bounds(meal.planned, target) for meal, target in zip(meals, outcome, strict=True))
    return outcome if all(fits) else targets


def _bounds(meal: MealTarget, energy_kcal: int) -> Bounds:
    least, most = energy_bounds_kcal(meal.planned.energy_kcal)
    current = round(meal.current.energy_kcal)
    return (current if energy_kcal > current else least), (current if energy_kcal < current else most)


def _exchanged(
    amounts: Sequence[int], bounds: Sequence[Bounds], share: float, chance: random.Random
) -> list[int]:
    """Neighbours in a ring, in random order, give each other a little; so the sum cannot change."""
    order = sorted(range(len(amounts)), key=lambda _: chance.random())
    neighbours = list(zip(order, order[1:] + order[:1], strict=True))
    after = list(amounts)
    for taker, giver in neighbours:
        most = int(share / 2 * min(amounts[taker], amounts[giver]))
        moved = round((2 * chance.random() - 1) * most)
        moved = min(moved, bounds[taker][1] - after[taker], after[giver] - bounds[giver][0])
        moved = max(moved, bounds[taker][0] - after[taker], after[giver] - bounds[giver][1])
        after[taker] += moved
        after[giver] -= moved
    return after


def _rounded(amounts: list[int], bounds: Sequence[Bounds], step: int) -> tuple[int, ...]:
    """Multiples of `step` by the largest remainders, and one amount with the odd rest.

    The amounts as they are where the bounds leave no room for that.
    """
    parts = [_multiple_below(amount, least, step) for amount, (least, _) in zip(amounts, bounds, strict=True)]
    left = sum(amounts) - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda place: parts[place] - amounts[place])
    for place in by_remainder:
        if left >= step and parts[place] + step <= bounds[place][1]:
            parts[place] += step
            left -= step
    roomy = [place for place, (_, most) in enumerate(bounds) if parts[place] + left <= most]
    odd = min(roomy or by_remainder, key=lambda place: abs(parts[place] + left - amounts[place]))
    parts[odd] += left
    near = (abs(part - amount) <= step for part, amount in zip(parts, amounts, strict=True))
    within = (least <= part <= most for part, (least, most) in zip(parts, bounds, strict=True))
    return tuple(parts) if all(near) and all(within) else tuple(amounts)


def _multiple_below(amount: int, least: int, step: int) -> int:
    below = amount // step * step
    return below if below >= least else below + step


def _grams_for(differences: Sequence[int]) -> list[int]:
    """Whole g of carbohydrate for differences in kcal that come to nothing; they come to nothing too."""
    grams = [difference // CARBOHYDRATE_KCAL_PER_G for difference in differences]
    rests = [difference % CARBOHYDRATE_KCAL_PER_G for difference in differences]
    by_rest = sorted(range(len(rests)), key=lambda place: -rests[place])
    for place in by_rest[: -sum(grams)]:
        grams[place] += 1
    return grams
