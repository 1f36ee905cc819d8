"""Least squares with bounds, for a handful of unknowns, and portions that come near to wanted amounts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SWEEPS = 200
SETTLED = 0.01
STEP_G = 5

Bounds = Sequence[tuple[float, float]]
"""The least and the most of each unknown."""


def bounded_least_squares(
    rows: Sequence[Sequence[float]], wanted: Sequence[float], bounds: Bounds, start: Sequence[float]
) -> list[float]:
    """The x within `bounds` whose rows · x come nearest to `wanted`, by the sum of squares.

    Each unknown in turn takes its best value while the others stand still (projected coordinate descent);
    as the problem is convex and the bounds are a box, that ends at the optimum. An unknown that no row
    depends on keeps its start.
    """
    unknowns = range(len(bounds))
    products = [[sum(row[i] * row[j] for row in rows) for j in unknowns] for i in unknowns]
    pulls = [sum(row[i] * want for row, want in zip(rows, wanted, strict=True)) for i in unknowns]
    x = [min(max(value, least), most) for value, (least, most) in zip(start, bounds, strict=True)]
    for _ in range(SWEEPS):
        furthest = 0.0
        for i in unknowns:
            steepness = products[i][i]
            if not steepness:
                continue
            slope = pulls[i] - sum(factor * value for factor, value in zip(products[i], x, strict=True))
            least, most = bounds[i]
            best = min(max(x[i] + slope / steepness, least), most)
            furthest = max(furthest, abs(best - x[i]))
            x[i] = best
        if furthest < SETTLED:
            break
    return x


@dataclass(frozen=True, slots=True)
class Aim:
    """How much an error in each amount counts.

    It counts relative to the amount, but to no less than its scale: a meal that has next to none of something
    must not let a gram of it decide. pull: how much a portion counts that is not the natural one.
    """

    weights: tuple[float, ...]
    least_scales: tuple[float, ...]
    pull: float


class PortionFit:
    """How near portions come to wanted amounts and to natural portions."""

    def __init__(
        self,
        per_gram: Sequence[Sequence[float]],
        natural_g: Sequence[float],
        wanted: Sequence[float],
        aim: Aim,
    ) -> None:
        """per_gram: of each food, the amounts in a gram; wanted: the amounts of the whole meal."""
        factors = [
            math.sqrt(weight) / max(amount, least)
            for weight, amount, least in zip(aim.weights, wanted, aim.least_scales, strict=True)
        ]
        self._natural = natural_g
        self._rows = [[food[part] * factor for food in per_gram] for part, factor in enumerate(factors)]
        self._wanted = [amount * factor for amount, factor in zip(wanted, factors, strict=True)]
        for place, grams in enumerate(natural_g):
            pull = math.sqrt(aim.pull) / max(grams, 1)
            self._rows.append([pull if place == other else 0.0 for other in range(len(natural_g))])
            self._wanted.append(pull * grams)

    def cost(self, grams: Sequence[float]) -> float:
        """0 where everything is hit; an error of 1 % in an amount costs a ten-thousandth of its weight."""
        return sum(
            (sum(factor * amount for factor, amount in zip(row, grams, strict=True)) - want) ** 2
            for row, want in zip(self._rows, self._wanted, strict=True)
        )

    def best(self, bounds: Bounds) -> list[float]:
        """The best portions in g: natural ones or steps of 5 g, where no single step comes nearer."""
        exact = bounded_least_squares(self._rows, self._wanted, bounds, self._natural)
        best = [
            natural if least == most or abs(amount - natural) < STEP_G / 2 else to_step(amount)
            for amount, natural, (least, most) in zip(exact, self._natural, bounds, strict=True)
        ]
        cost = self.cost(best)
        while True:
            nearer = min(((self.cost(other), other) for other in _steps(best, bounds)), default=(cost, best))
            if nearer[0] >= cost:
                return best
            cost, best = nearer


def to_step(grams: float) -> float:
    """To the nearest 5 g."""
    return float(STEP_G * round(grams / STEP_G))


def _steps(grams: Sequence[float], bounds: Bounds) -> Iterator[list[float]]:
    """Each portion one step up or down, as far as its bounds and half a step allow."""
    for place, (least, most) in enumerate(bounds):
        for step in (-STEP_G, STEP_G):
            amount = grams[place] + step
            if least < most and max(0.0, least - STEP_G / 2) <= amount <= most + STEP_G / 2:
                yield [*grams[:place], amount, *grams[place + 1 :]]
