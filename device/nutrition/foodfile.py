"""foods.yaml: its schema, and reading it into foods."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from device.nutrition.datafile import DataFile, Entry
from device.nutrition.food import Food
from device.nutrition.macros import ALCOHOL_KCAL_PER_G, CARBOHYDRATE_KCAL_PER_G, FIBRE_KCAL_PER_G, Macros
from device.nutrition.units import KNOWN, is_portion_name

MOST_KCAL = 910
"""No food has more energy per 100 g: pure fat has 902 kcal by USDA's factor for lard."""
MOST_GRAMS = 102
"""Protein, carbohydrate and fat together per 100 g; the figures are measured and rounded one by one."""
TOLERATED_KCAL = 10
TOLERATED_SHARE = 0.10

_Grams = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
_Word = Annotated[str, Field(min_length=1)]


class _Per100g(Entry):
    kcal: Annotated[float, Field(ge=0, le=MOST_KCAL, allow_inf_nan=False)]
    protein: _Grams
    carbohydrate: _Grams
    fat: _Grams
    fibre: _Grams | None = None
    sugars: _Grams | None = None
    saturated_fat: _Grams | None = None
    alcohol: _Grams | None = None
    sodium_mg: Annotated[float, Field(ge=0, le=40_000, allow_inf_nan=False)] | None = None


class _FoodEntry(Entry):
    name: _Word | None = None
    category: _Word
    per_100g: _Per100g
    portions: dict[str, Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]] = Field({})
    aliases: dict[str, list[_Word]] = Field({})
    tags: list[_Word] = Field([])
    source: _Word


class _FoodFile(Entry):
    foods: dict[_Word, _FoodEntry]


def read_foods(path: Path) -> tuple[Food, ...]:
    """All foods of the file, in its order.

    Raises:
        ConfigError: the file cannot be read or something in it is wrong; one line for each fault, naming
            file, line and food.
    """
    file = DataFile(path)
    content = file.checked(_FoodFile)
    for food_id, entry in content.foods.items():
        _check_portions(file, food_id, entry)
        if entry.per_100g.protein + entry.per_100g.carbohydrate + entry.per_100g.fat > MOST_GRAMS:
            complaint = "has more than 100 g of protein, carbohydrate and fat together in 100 g."
            file.add_fault(("foods", food_id, "per_100g"), complaint)
    file.raise_faults()
    return tuple(_food(food_id, entry) for food_id, entry in content.foods.items())


def energy_warnings(foods: tuple[Food, ...]) -> Iterator[str]:
    """A sentence for each food whose energy does not fit its macronutrients.

    Atwater's general factors, 4/4/9 kcal per g of protein, carbohydrate and fat, and 7 for alcohol; fibre,
    which is part of the carbohydrate, may give 4 or 2. USDA uses factors of each food's own, so some good
    figures are outside: a warning asks for a second look and no more.
    """
    for food in foods:
        expected = food.per_100g.energy_of_grams_kcal + ALCOHOL_KCAL_PER_G * (food.alcohol_g or 0)
        of_fibre = (CARBOHYDRATE_KCAL_PER_G - FIBRE_KCAL_PER_G) * (food.fibre_g or 0)
        kcal = food.per_100g.energy_kcal
        tolerated = max(TOLERATED_KCAL, TOLERATED_SHARE * kcal)
        if not expected - of_fibre - tolerated <= kcal <= expected + tolerated:
            yield f"{food.id}: {kcal:g} kcal in 100 g, but its macronutrients make about {expected:.0f} kcal."


def _check_portions(file: DataFile, food_id: str, entry: _FoodEntry) -> None:
    for name in entry.portions:
        if not is_portion_name(name):
            near = difflib.get_close_matches(name, sorted(KNOWN), n=1)
            hint = f"; did you mean {near[0]}?" if near else ", such as one, slice, cup or large."
            file.add_fault(
                ("foods", food_id, "portions", name), f"is not a spoken unit that Ladle knows{hint}"
            )


def _food(food_id: str, entry: _FoodEntry) -> Food:
    values = entry.per_100g
    return Food(
        id=food_id,
        name=entry.name or food_id.replace("_", " "),
        category=entry.category,
        per_100g=Macros(values.kcal, values.protein, values.carbohydrate, values.fat),
        source=entry.source,
        fibre_g=values.fibre,
        sugars_g=values.sugars,
        saturated_fat_g=values.saturated_fat,
        sodium_mg=values.sodium_mg,
        alcohol_g=values.alcohol,
        aliases={language: tuple(names) for language, names in entry.aliases.items()},
        portions=entry.portions,
        tags=tuple(entry.tags),
    )
