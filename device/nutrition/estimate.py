"""Foods that no table has: numbers estimated by whoever describes the food, checked before they are used."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from device.nutrition.food import Food
from device.nutrition.macros import Macros

MOST_KCAL = 900
MOST_GRAMS = 100
TOLERATED_KCAL = 15
TOLERATED_SHARE = 0.15
SOURCE = "an estimate"
LONGEST_NAME = 80


class EstimateError(ValueError):
    """Numbers that no food can have; `field` names the one to look at, such as "kcal"."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimated values of 100 g: energy in kcal, the rest in g; None: not estimated."""

    kcal: float
    protein_g: float
    carbohydrate_g: float
    fat_g: float
    fibre_g: float | None = None
    sugars_g: float | None = None
    saturated_fat_g: float | None = None
    alcohol_g: float | None = None


def estimated_food(name: str, per_100g: Estimate) -> Food:
    """A food of estimated values, flagged as such; nothing is known of what it contains.

    Raises:
        EstimateError: a number is out of its range, or they do not fit together.
    """
    shown = " ".join(name.split())[:LONGEST_NAME]
    if not shown:
        raise EstimateError("name", "A food that is estimated needs a name.")
    _check_range("kcal", per_100g.kcal, MOST_KCAL)
    _check_grams(per_100g)
    food = Food(
        id=f"estimate:{shown.casefold()}",
        name=shown,
        category="estimate",
        per_100g=Macros(per_100g.kcal, per_100g.protein_g, per_100g.carbohydrate_g, per_100g.fat_g),
        source=SOURCE,
        fibre_g=per_100g.fibre_g,
        sugars_g=per_100g.sugars_g,
        saturated_fat_g=per_100g.saturated_fat_g,
        alcohol_g=per_100g.alcohol_g,
        estimated=True,
    )
    _check_energy(food)
    return food


def _check_range(field: str, value: float, most: float) -> None:
    if not (math.isfinite(value) and 0 <= value <= most):
        raise EstimateError(field, f"{field} is {value:g}, but must be from 0 to {most:g}.")


def _check_grams(estimate: Estimate) -> None:
    for field, value in _grams_of(estimate):
        _check_range(field, value, MOST_GRAMS)
    macros = {each: getattr(estimate, each) for each in ("protein_g", "carbohydrate_g", "fat_g")}
    together = sum(macros.values()) + (estimate.alcohol_g or 0)
    if together > MOST_GRAMS:
        raise EstimateError(
            max(macros, key=lambda field: float(macros[field])),
            f"Protein, carbohydrate, fat and alcohol are {together:g} g in 100 g of food.",
        )
    _check_part("fibre_g", estimate.fibre_g, "carbohydrate_g", estimate.carbohydrate_g)
    _check_part("sugars_g", estimate.sugars_g, "carbohydrate_g", estimate.carbohydrate_g)
    _check_part("saturated_fat_g", estimate.saturated_fat_g, "fat_g", estimate.fat_g)


def _grams_of(estimate: Estimate) -> Iterator[tuple[str, float]]:
    for field in Estimate.__slots__:
        value: float | None = getattr(estimate, field)
        if field != "kcal" and value is not None:
            yield field, value


def _check_part(part: str, grams: float | None, whole: str, all_grams: float) -> None:
    if grams is not None and grams > all_grams:
        raise EstimateError(part, f"{part} is {grams:g}, more than the {all_grams:g} of {whole}.")


def _check_energy(food: Food) -> None:
    least, most = food.atwater_kcal
    kcal = food.per_100g.energy_kcal
    tolerated = max(TOLERATED_KCAL, TOLERATED_SHARE * most)
    if not least - tolerated <= kcal <= most + tolerated:
        raise EstimateError("kcal", f"kcal is {kcal:g}, but the macronutrients make about {most:.0f} kcal.")
