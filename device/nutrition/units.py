"""The words in which people say amounts, and what each weighs or holds where that is fixed."""

from __future__ import annotations

GRAMS = {"g": 1.0, "kg": 1000.0, "mg": 0.001, "oz": 28.35, "lb": 453.6}
"""Units of mass, in g."""

MILLILITRES = {
    "ml": 1.0,
    "cl": 10.0,
    "dl": 100.0,
    "l": 1000.0,
    "tsp": 4.93,
    "tbsp": 14.79,
    "fl_oz": 29.57,
    "cup": 236.6,
}
"""Units of volume, in ml: the US customary measures that USDA's portion weights use."""

PIECES = (
    "one", "piece", "slice", "rasher", "handful", "portion", "scoop", "wedge", "square", "bar", "stick",
    "clove", "stalk", "spear", "leaf", "sheet", "sprig", "head", "floret", "fillet", "ball", "cube", "ear",
    "pat", "knob", "drizzle", "splash", "pinch", "dash", "shot", "bag", "packet", "box", "pot", "container",
    "can", "tin", "jar", "bottle", "carton", "glass", "mug", "bowl", "plate", "pint", "footlong", "loaf",
    "segment", "patty",
)  # fmt: skip
"""Units that only a food's own portions can weigh."""

SIZES = ("small", "medium", "large")

ALIKE = {
    "can": ("tin",),
    "tin": ("can",),
    "pot": ("container",),
    "container": ("pot",),
    "carton": ("container", "pot"),
    "rasher": ("slice",),
    "piece": ("one",),
    "one": ("piece",),
    "bag": ("packet",),
    "packet": ("bag",),
    "stick": ("stalk",),
    "stalk": ("stick",),
    "mug": ("cup",),
    "bowl": ("plate", "portion"),
    "plate": ("bowl", "portion"),
    "portion": ("one", "bowl", "plate"),
}
"""What may stand in where a food has no portion of its own for a unit, the nearest first."""

_SPOKEN = {
    "g": "gram grams gramme grammes gm gms gr",
    "kg": "kilo kilos kilogram kilograms kilogramme kilogrammes kgs",
    "mg": "milligram milligrams",
    "oz": "ounce ounces",
    "lb": "pound pounds lbs",
    "ml": "millilitre millilitres milliliter milliliters mls mil mils",
    "cl": "centilitre centilitres centiliter centiliters",
    "dl": "decilitre decilitres deciliter deciliters",
    "l": "litre litres liter liters ltr",
    "tsp": "teaspoon teaspoons teaspoonful teaspoonfuls tsps",
    "fl_oz": "fluid_ounce fluid_ounces floz",
    "tbsp": "tablespoon tablespoons tablespoonful tablespoonfuls tbsps tbs",
    "cup": "cupful cupfuls",
    "portion": "serving servings helping helpings",
    "piece": "pc pcs",
    "handful": "handfull",
    "packet": "pack packs package packages sachet sachets",
    "container": "tub tubs",
    "glass": "glasses tumbler tumblers",
    "bowl": "bowlful bowlfuls",
    "plate": "plateful platefuls",
    "leaf": "leaves",
    "loaf": "loaves",
    "patty": "patties",
    "box": "boxes",
    "pinch": "pinches",
    "dash": "dashes",
    "splash": "splashes",
    "large": "big",
}


def _words() -> dict[str, str]:
    units = (*GRAMS, *MILLILITRES, *PIECES)
    words = {unit: unit for unit in units} | {f"{unit}s": unit for unit in units if len(unit) > 2}
    for unit, spoken in _SPOKEN.items():
        words |= dict.fromkeys(spoken.split(), unit)
    return words | {size: size for size in SIZES}


_WORDS = _words()
KNOWN = frozenset((*GRAMS, *MILLILITRES, *PIECES))


def unit_of(word: str) -> str | None:
    """The unit that a word such as "grammes" or "slices" names; None: it names none."""
    unit = _WORDS.get(word.casefold().strip().replace(" ", "_"))
    return unit if unit in KNOWN else None


def size_of(word: str) -> str | None:
    """The size, "small", "medium" or "large", that a word means; None: it is no word of size."""
    size = _WORDS.get(word.casefold().strip())
    return size if size in SIZES else None


def is_portion_name(name: str) -> bool:
    """Whether a food's portion may be called so: a unit, a size, or a size and a unit ("large slice")."""
    first, _, second = name.partition(" ")
    if not second:
        return first in KNOWN or first in SIZES
    return first in SIZES and second in KNOWN
