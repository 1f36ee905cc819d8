"""foods.yaml: its schema, and reading it into foods."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from device.nutrition.datafile import DataFile, Entry
from device.nutrition.food import DIETS, SUBSTANCES, Food, ruled_out_by
from device.nutrition.macros import Macros
from device.nutrition.units import KNOWN, is_portion_name

MOST_KCAL = 910
"""No food has more energy per 100 g: pure fat has 902 kcal by USDA's factor for lard."""
MOST_GRAMS = 102
"""Protein, carbohydrate, fat and alcohol together per 100 g; they are measured and rounded one by one."""
TOLERATED_PART_G = 1
"""How much a part may exceed its whole, g: sugars and starch are measured, carbohydrate is what is left."""
TOLERATED_KCAL = 10
TOLERATED_SHARE = 0.10
THE_REST = "the rest"
HOME_LANGUAGE = "en"
_EVERYTHING = frozenset(SUBSTANCES)

_Grams = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
_Word = Annotated[str, Field(min_length=1)]


def _listed(value: Any) -> Any:
    return [value] if value == THE_REST else value


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
    usual_for: list[_Word] = Field([])
    aliases: dict[str, list[_Word]] = Field({})
    diet: _Word | None = None
    contains: list[_Word] = Field([])
    may_contain: list[_Word] = Field([])
    free_of: Annotated[list[_Word], BeforeValidator(_listed)] = Field([])
    tags: list[_Word] = Field([])
    source: _Word


class _FoodFile(Entry):
    foods: dict[_Word, _FoodEntry]


@dataclass(frozen=True, slots=True)
class FoodFile:
    """The foods of one file in its order, and a sentence for each that deserves a second look."""

    foods: tuple[Food, ...]
    warnings: tuple[str, ...]


def read_foods(path: Path) -> FoodFile:
    """All foods of the file.

    Raises:
        ConfigError: the file cannot be read or something in it is wrong; one line for each fault, naming
            file, line and food.
    """
    file = DataFile(path)
    content = file.checked(_FoodFile)
    for food_id, entry in content.foods.items():
        for key, complaint in _faults(entry):
            file.add_fault(("foods", food_id, *key), complaint)
    file.raise_faults()
    foods = tuple(_food(food_id, entry) for food_id, entry in content.foods.items())
    return FoodFile(foods, tuple(_warnings(file, foods)))


def _warnings(file: DataFile, foods: Iterable[Food]) -> Iterator[str]:
    """USDA uses factors of each food's own, so some good figures do not fit: that is no fault."""
    for food in foods:
        least, most = food.atwater_kcal
        kcal = food.per_100g.energy_kcal
        tolerated = max(TOLERATED_KCAL, TOLERATED_SHARE * kcal)
        if not least - tolerated <= kcal <= most + tolerated:
            where = f"{file.path}, line {file.line_of(('foods', food.id))}: {food.id}"
            yield f"{where}: {kcal:g} kcal in 100 g, but its macronutrients make about {most:.0f} kcal."


# ------------------------------------------------------------------------------------- faults

_Fault = tuple[tuple[str, ...], str]
"""The key within the food, and what is wrong with it."""


def _faults(entry: _FoodEntry) -> Iterator[_Fault]:
    yield from _wrong_sums(entry.per_100g)
    for name in entry.portions:
        if not is_portion_name(name):
            other = ", such as one, slice, cup or large."
            yield ("portions", name), f"is not a spoken unit that Ladle knows{_near(name, KNOWN, other)}"
    yield from _wrong_substances(entry)
    yield from _contradictions(entry)


def _wrong_sums(values: _Per100g) -> Iterator[_Fault]:
    if values.protein + values.carbohydrate + values.fat + (values.alcohol or 0) > MOST_GRAMS:
        yield (
            ("per_100g",),
            "has more than 100 g of protein, carbohydrate, fat and alcohol in 100 g.",
        )
    parts = (
        ("fibre", values.fibre, "carbohydrate", values.carbohydrate),
        ("sugars", values.sugars, "carbohydrate", values.carbohydrate),
        ("saturated_fat", values.saturated_fat, "fat", values.fat),
    )
    for part, grams, whole, all_grams in parts:
        if grams is not None and grams > all_grams + TOLERATED_PART_G:
            yield ("per_100g", part), f"is {grams:g} g, but it is part of {whole}, {all_grams:g} g."


def _wrong_substances(entry: _FoodEntry) -> Iterator[_Fault]:
    lists = {"contains": entry.contains, "may_contain": entry.may_contain, "free_of": entry.free_of}
    for key, names in lists.items():
        for name in names:
            if name not in SUBSTANCES and (key, names) != ("free_of", [THE_REST]):
                other = "; those that it knows stand at the top of the shipped foods.yaml."
                yield (key,), f"names {name}, which Ladle does not know{_near(name, SUBSTANCES, other)}"
    if entry.diet and entry.diet not in DIETS:
        yield ("diet",), f"is {entry.diet}, but must be one of {', '.join(DIETS)}, or be left out."


def _contradictions(entry: _FoodEntry) -> Iterator[_Fault]:
    for name in sorted({*entry.contains, *entry.may_contain} & set(entry.free_of)):
        yield ("free_of",), f"names {name}, which the food contains or may contain."
    if entry.diet in DIETS:
        for name in sorted(ruled_out_by(entry.diet) & set(entry.contains)):
            yield ("diet",), f"is {entry.diet}, but the food contains {name}."


def _near(name: str, known: Iterable[str], otherwise: str) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else otherwise


# ------------------------------------------------------------------------------------- foods


def _food(food_id: str, entry: _FoodEntry) -> Food:
    values = entry.per_100g
    aliases = {language: tuple(names) for language, names in entry.aliases.items()}
    if entry.usual_for:
        aliases[HOME_LANGUAGE] = (*entry.usual_for, *aliases.get(HOME_LANGUAGE, ()))
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
        aliases=aliases,
        portions=entry.portions,
        tags=tuple(entry.tags),
        usual_for=tuple(entry.usual_for),
        diet=entry.diet,
        contains=frozenset(entry.contains),
        may_contain=frozenset(entry.may_contain),
        free_of=_free_of(entry),
    )


def _free_of(entry: _FoodEntry) -> frozenset[str]:
    if entry.free_of == [THE_REST]:
        return _EVERYTHING.difference(entry.contains, entry.may_contain)
    return frozenset(entry.free_of)
