"""Amounts as people say them, and what they weigh.

`parse_quantity` takes "two and a half slices of toast" and "a 12 oz can of cola" apart; `weigh` turns a
quantity of a food into grams, by the food's own portions first, then by mass, and by volume only where the
food has a portion that tells how heavy its volume is. Both say so when they do not know instead of guessing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from device.nutrition.food import Food
from device.nutrition.numberwords import read_number, read_part_after_unit
from device.nutrition.units import ALIKE, GRAMS, MILLILITRES, PIECES, size_of, unit_of

_ABOUT = {"about", "around", "roughly", "approximately", "nearly", "almost", "maybe", "just", "exactly"}
_VAGUE = {"few", "several", "many", "little", "bit", "lot", "lots", "plenty", "loads"}
_LINKS = {"of", "a", "an", "the", "my", "some"}
_JOINS = {"and", "plus", "with"}
_RANGES = {"or", "to"}
_HEAPS = {"heaped", "heaping", "level", "full", "scant", "good", "generous", "more", "extra"}
"""Words before a unit that its weight does not follow."""
_GRAINS = {"milk", "wheat", "wheatmeal", "grain", "meal"}
"""What "whole" belongs to; before anything else it says that there is all of it."""
_FRACTION_SIGNS = {"½": " 1/2", "⅓": " 1/3", "⅔": " 2/3", "¼": " 1/4", "¾": " 3/4", "⅛": " 1/8"}
_NUMBER_AND_UNIT = re.compile(r"(\d+(?:[.,/]\d+)?)([a-z]+)")
_NOT_AMOUNTS = {"percent", "per", "%"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much: 2.5 slices, 150 g, 1 large one. `unit` None: pieces of the food itself."""

    amount: float
    unit: str | None = None
    size: str | None = None


@dataclass(frozen=True, slots=True)
class SpokenAmount:
    """A text taken apart: the quantity, the words that name the food, and what could not be taken.

    `quantity` None with `unclear` empty: no amount was said. `unclear`: words about an amount that name no
    number ("a few"), or "several foods"; the quantity is None then.
    """

    quantity: Quantity | None
    food: str
    unclear: str = ""


@dataclass(frozen=True, slots=True)
class Weight:
    """Grams of a quantity; `note` says what was taken for granted, empty if nothing was."""

    grams: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class NoWeight:
    """The food has no weight for that unit; `allowed`: grams of each unit that it has."""

    unit: str
    allowed: Mapping[str, float]


def parse_quantity(text: str) -> SpokenAmount:
    """Take the amount and the food out of words such as "half a dozen eggs" or "salmon, 150 g"."""
    words = _words(text)
    while words and words[0] in _ABOUT:
        words = words[1:]
    vague = _vague_start(words)
    if vague:
        return SpokenAmount(None, _rest(words[vague:]), " ".join(words[:vague]))
    spoken = _amount_first(words) or _amount_last(words) or SpokenAmount(None, _rest(words))
    if spoken.quantity and _names_several(spoken.food.split()):
        return SpokenAmount(None, spoken.food, "several foods")
    return spoken


def weigh(food: Food, quantity: Quantity) -> Weight | NoWeight:
    """Grams of `quantity` of `food`."""
    each, note = _grams_of_one(food, quantity)
    if each is not None:
        return Weight(quantity.amount * each, note)
    return NoWeight(quantity.unit or "one", {**food.portions, "g": 1.0})


# ------------------------------------------------------------------------------------- the grammar


def _words(text: str) -> list[str]:
    lower = text.casefold()
    for sign, written in _FRACTION_SIGNS.items():
        lower = lower.replace(sign, written)
    lower = re.sub(r"(?<=[a-z0-9])-(?=[a-z])", " ", lower)
    lower = re.sub(r"(?<=\d)\s*[-\u2013]\s*(?=\d)", " to ", lower)
    words: list[str] = []
    for raw in lower.split():
        word = raw.strip('.,;:!?"()')
        glued = _NUMBER_AND_UNIT.fullmatch(word)
        words += [glued[1], glued[2]] if glued and unit_of(glued[2]) else [word]
    return [word for word in words if word]


def _vague_start(words: list[str]) -> int:
    """How many words at the start tell an amount without a number, such as "a few"; 0: none do."""
    first = 1 if words[:1] in (["a"], ["the"], ["some"]) else 0
    if len(words) > first and words[first] in _VAGUE:
        return first + 1
    return 0


def _amount_first(words: list[str]) -> SpokenAmount | None:
    number = read_number(words)
    if number is None:
        return _unit_first(words)
    amount, at = number
    if at < len(words) and words[at] in _NOT_AMOUNTS:
        return None
    if _is_range(words, at):
        return SpokenAmount(None, _rest(words[_end_of_range(words, at) :]), "from one amount to another")
    at = _past_heaps(words, at + (words[at : at + 1] == ["of"]))
    size, at = _size(words, at)
    at = _past_heaps(words, at)
    contents = _contents(words, at)
    if contents:
        each, measure, at = contents
        return SpokenAmount(Quantity(amount * each, measure), _rest(words[at:]))
    unit, at = _unit(words, at)
    more = read_part_after_unit(words, at) if unit else None
    if more:
        amount, at = amount + more[0], more[1]
    return SpokenAmount(Quantity(amount, unit, size), _rest(words[at:]))


def _is_range(words: list[str], at: int) -> bool:
    return words[at : at + 1] != [] and words[at] in _RANGES and read_number(words, at + 1) is not None


def _end_of_range(words: list[str], at: int) -> int:
    number = read_number(words, at + 1)
    return _unit(words, number[1])[1] if number else at


def _past_heaps(words: list[str], at: int) -> int:
    while at < len(words) and (
        words[at] in _HEAPS or (words[at] == "whole" and not set(words[at + 1 : at + 2]) & _GRAINS)
    ):
        at += 1
    return at


def _contents(words: list[str], at: int) -> tuple[float, str, int] | None:
    """What each one holds, as in "330 ml bottle" or "6 oz steak": the amount, its unit, the place after."""
    number = read_number(words, at)
    unit, after = _unit(words, number[1]) if number else (None, at)
    if number is None or unit not in (*GRAMS, *MILLILITRES):
        return None
    container, end = _unit(words, after)
    return number[0], unit, end if container in PIECES else after


def _unit_first(words: list[str]) -> SpokenAmount | None:
    """One is meant by "slice of toast" and "large banana"; "slices of toast" does not say how many."""
    size, at = _size(words, 0)
    unit, after = _unit(words, _past_heaps(words, at))
    if unit and (after == len(words) or words[after] == "of"):
        if words[after - 1].endswith("s") and unit != words[after - 1]:
            return SpokenAmount(None, _rest(words[after:]), words[after - 1])
        return SpokenAmount(Quantity(1, unit, size), _rest(words[after:]))
    return SpokenAmount(Quantity(1, None, size), _rest(words[at:])) if size and at < len(words) else None


def _amount_last(words: list[str]) -> SpokenAmount | None:
    """An amount with its unit at the very end, as in "salmon 150 g"."""
    for start in range(1, len(words)):
        number = read_number(words, start)
        unit, end = _unit(words, number[1]) if number else (None, 0)
        if number and unit and end == len(words):
            return SpokenAmount(Quantity(number[0], unit), _rest(words[:start]))
    return None


def _size(words: list[str], at: int) -> tuple[str | None, int]:
    size = size_of(words[at]) if at < len(words) else None
    return (size, at + 1) if size else (None, at)


def _unit(words: list[str], at: int) -> tuple[str | None, int]:
    if " ".join(words[at : at + 2]) in _FLUID_OUNCES:
        return "fl_oz", at + 2
    unit = unit_of(words[at]) if at < len(words) else None
    return (unit, at + 1) if unit and unit != "one" else (None, at)


_FLUID_OUNCES = {"fluid ounce", "fluid ounces", "fl oz", "fl ounce", "fl ounces"}


def _rest(words: list[str]) -> str:
    at = 0
    while at < len(words) and words[at] in _LINKS:
        at += 1
    return " ".join(words[at:])


def _names_several(words: list[str]) -> bool:
    """Whether another amount follows, as in "two eggs and a slice of toast" or "one pound four ounces"."""
    joined = any(word in _JOINS and read_number(words, at + 1) for at, word in enumerate(words))
    return joined or _contents(words, 0) is not None


# ------------------------------------------------------------------------------------- the weights


def _grams_of_one(food: Food, quantity: Quantity) -> tuple[float | None, str]:
    unit = quantity.unit or "one"
    if quantity.size:
        names = (f"{quantity.size} {unit}", quantity.size) if unit == "one" else (f"{quantity.size} {unit}",)
        for name in names:
            if name in food.portions:
                return food.portions[name], ""
    note = f"taken as a usual size, not {quantity.size}" if quantity.size in ("small", "large") else ""
    for name in (unit, *ALIKE.get(unit, ())):
        if name in food.portions:
            return food.portions[name], note or ("" if name == unit else f"{unit} taken as {name}")
    return _by_volume(food, unit) or GRAMS.get(unit), note


def _by_volume(food: Food, unit: str) -> float | None:
    """Grams of a volume, by the food's portion of the nearest volume; an ounce of a drink is a volume."""
    if unit == "oz" and "ml" in food.portions:
        unit = "fl_oz"
    wanted = MILLILITRES.get(unit)
    measures = [name for name in food.portions if name in MILLILITRES]
    if wanted is None or not measures:
        return None
    nearest = min(measures, key=lambda name: abs(math.log(MILLILITRES[name] / wanted)))
    return food.portions[nearest] * wanted / MILLILITRES[nearest]
