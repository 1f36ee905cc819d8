"""Energy and macronutrients as one value that can be added, subtracted and scaled."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

PROTEIN_KCAL_PER_G = 4
CARBOHYDRATE_KCAL_PER_G = 4
FAT_KCAL_PER_G = 9
ALCOHOL_KCAL_PER_G = 7
FIBRE_KCAL_PER_G = 2


@dataclass(frozen=True, slots=True)
class Macros:
    """Energy in kcal; protein, carbohydrate (with its fibre) and fat in g."""

    energy_kcal: float
    protein_g: float
    carbohydrate_g: float
    fat_g: float

    def __add__(self, other: Macros) -> Macros:
        return Macros(
            self.energy_kcal + other.energy_kcal,
            self.protein_g + other.protein_g,
            self.carbohydrate_g + other.carbohydrate_g,
            self.fat_g + other.fat_g,
        )

    def __sub__(self, other: Macros) -> Macros:
        return self + other.scaled(-1)

    def scaled(self, factor: float) -> Macros:
        """Every number times `factor`."""
        return Macros(
            self.energy_kcal * factor,
            self.protein_g * factor,
            self.carbohydrate_g * factor,
            self.fat_g * factor,
        )

    def with_carbohydrate_at_most(self, most_g: float) -> Macros:
        """The same energy with at most `most_g` of carbohydrate; fat makes up for the rest.

        9 g of carbohydrate become 4 g of fat, so that whole grams stay whole and make the energy as before.
        """
        excess = self.carbohydrate_g - most_g
        if excess <= 0:
            return self
        moved = min(FAT_KCAL_PER_G * math.ceil(excess / FAT_KCAL_PER_G), self.carbohydrate_g)
        fat = self.fat_g + round(moved * CARBOHYDRATE_KCAL_PER_G / FAT_KCAL_PER_G)
        return replace(self, carbohydrate_g=self.carbohydrate_g - moved, fat_g=fat)

    @property
    def energy_of_grams_kcal(self) -> float:
        """Energy by Atwater's general factors: 4 kcal/g protein, 4 kcal/g carbohydrate, 9 kcal/g fat."""
        return (
            PROTEIN_KCAL_PER_G * self.protein_g
            + CARBOHYDRATE_KCAL_PER_G * self.carbohydrate_g
            + FAT_KCAL_PER_G * self.fat_g
        )


NOTHING = Macros(0, 0, 0, 0)


def total(parts: Iterable[Macros]) -> Macros:
    """The sum of all parts."""
    return sum(parts, start=NOTHING)
