"""One food of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from device.nutrition.macros import Macros


@dataclass(frozen=True, slots=True)
class Food:
    """A food with its values per 100 g of what is eaten; None: not known.

    per_100g: energy in kcal, macronutrients in g; carbohydrate includes the fibre.
    source: where the numbers come from, such as "FDC 171688" of USDA FoodData Central.
    aliases: other names by language; portions: grams of each spoken unit, "one" being one of them.
    """

    id: str
    name: str
    category: str
    per_100g: Macros
    source: str
    fibre_g: float | None = None
    sugars_g: float | None = None
    saturated_fat_g: float | None = None
    sodium_mg: float | None = None
    alcohol_g: float | None = None
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    portions: Mapping[str, float] = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    def macros_of(self, grams: float) -> Macros:
        """Energy in kcal and macronutrients in g of `grams` of this food."""
        return self.per_100g.scaled(grams / 100)

    @property
    def usual_grams(self) -> float:
        """Grams taken when no amount was said: its portion, else one of it, else 100 g."""
        return self.portions.get("portion") or self.portions.get("one") or 100.0
