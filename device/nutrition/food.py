"""One food of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from device.nutrition.macros import ALCOHOL_KCAL_PER_G, CARBOHYDRATE_KCAL_PER_G, FIBRE_KCAL_PER_G, Macros

ALLERGENS = (
    "gluten", "dairy", "egg", "fish", "shellfish", "tree_nut", "peanut", "soy", "sesame", "celery", "mustard",
)  # fmt: skip
SUBSTANCES = (*ALLERGENS, "meat", "pork", "beef", "alcohol", "honey", "gelatine")
"""What a food may be stated to contain or to be free of."""

DIETS = ("vegan", "vegetarian", "pescatarian")
"""The strictest first: what suits one suits those after it."""

_NEVER_IN = {
    "vegan": frozenset({"meat", "pork", "beef", "honey", "gelatine"}),
    "vegetarian": frozenset({"meat", "pork", "beef", "gelatine"}),
    "pescatarian": frozenset({"meat", "pork", "beef"}),
}
"""What a diet rules out. Allergens are not here: "vegan" on a packet promises nothing about traces."""

_OTHER_WORDS = {
    "wheat": ("gluten",),
    "milk": ("dairy",),
    "lactose": ("dairy",),
    "eggs": ("egg",),
    "crustaceans": ("shellfish",),
    "molluscs": ("shellfish",),
    "seafood": ("fish", "shellfish"),
    "nut": ("tree_nut", "peanut"),
    "nuts": ("tree_nut", "peanut"),
    "tree_nuts": ("tree_nut",),
    "peanuts": ("peanut",),
    "soya": ("soy",),
    "gelatin": ("gelatine",),
}


@dataclass(frozen=True, slots=True)
class Food:
    """A food with its values per 100 g of what is eaten; None: not known.

    per_100g: energy in kcal, macronutrients in g; carbohydrate includes the fibre.
    source: where the numbers come from, such as "FDC 171688" of USDA FoodData Central.
    aliases: other names by language; portions: grams of each spoken unit, "one" being one of them.
    usual_for: the names, among the English aliases, that other foods have too and that mean this one.
    diet, contains, may_contain, free_of: what was stated, and nothing more; see `suits` and `is_free_of`.
    estimated: the numbers are a guess and not from a table.
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
    usual_for: tuple[str, ...] = ()
    diet: str | None = None
    contains: frozenset[str] = frozenset()
    may_contain: frozenset[str] = frozenset()
    free_of: frozenset[str] = frozenset()
    estimated: bool = False

    def macros_of(self, grams: float) -> Macros:
        """Energy in kcal and macronutrients in g of `grams` of this food."""
        return self.per_100g.scaled(grams / 100)

    @property
    def usual_grams(self) -> float:
        """Grams taken when no amount was said: its portion, else one of it or a slice, else 100 g."""
        usual = (self.portions.get(name) for name in ("portion", "one", "slice"))
        return next((grams for grams in usual if grams), 100.0)

    def suits(self, diet: str) -> bool:
        """Whether it is stated to suit "vegan", "vegetarian" or "pescatarian"; unknown is False."""
        if self.diet is None or diet not in DIETS:
            return False
        return DIETS.index(self.diet) <= DIETS.index(diet)

    def is_free_of(self, substance: str) -> bool:
        """Whether it is stated to be free of a substance such as "gluten" or "nuts"; unknown is False."""
        meant = substances_meant(substance)
        never = _NEVER_IN.get(self.diet or "", frozenset())
        return bool(meant) and all(each in self.free_of or each in never for each in meant)

    @property
    def atwater_kcal(self) -> tuple[float, float]:
        """The least and the most energy in kcal that 100 g can have by its macronutrients.

        Atwater's general factors, 4/4/9 kcal per g of protein, carbohydrate and fat, and 7 for alcohol;
        fibre, which is part of the carbohydrate, may give 4 or 2.
        """
        most = self.per_100g.energy_of_grams_kcal + ALCOHOL_KCAL_PER_G * (self.alcohol_g or 0)
        return most - (CARBOHYDRATE_KCAL_PER_G - FIBRE_KCAL_PER_G) * (self.fibre_g or 0), most


def substances_meant(word: str) -> tuple[str, ...]:
    """The substances that a word such as "dairy", "milk" or "nuts" means; none if it is not known."""
    name = word.strip().casefold().replace(" ", "_")
    return (name,) if name in SUBSTANCES else _OTHER_WORDS.get(name, ())


def ruled_out_by(diet: str) -> frozenset[str]:
    """What nothing may contain that suits `diet`, allergens included."""
    animal = {"vegan": {"dairy", "egg", "fish", "shellfish"}, "vegetarian": {"fish", "shellfish"}}
    return _NEVER_IN[diet] | animal.get(diet, set())
