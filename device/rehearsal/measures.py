"""Weight, height and age of a person as they are said: "72 kilos", "eleven stone four", "five foot six"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from device.nutrition.numberwords import read_number
from device.nutrition.units import unit_of

_STONES = frozenset({"stone", "stones", "st"})
_METRES = frozenset({"metre", "metres", "meter", "meters", "m"})
_CENTIMETRES = frozenset({"centimetre", "centimetres", "centimeter", "centimeters", "cm"})
_FEET = frozenset({"foot", "feet", "ft"})
_YEARS = frozenset({"year", "years"})
_KILOS = {"kg": 1.0, "lb": 0.45359237, "st": 6.35029318}
POUNDS_A_STONE = 14
CM_A_FOOT = 30.48
CM_AN_INCH = 2.54
LEAST_CM_AFTER_METRES = 3
_AGE = re.compile(
    r"\b(?:i am|im|age(?: is)?|aged|turned) (?P<age>(?:\w+ ){0,2}?\w+)(?=$| (?:male|female|a man|a woman)\b)"
)


@dataclass(frozen=True, slots=True)
class BodyWeight:
    """A weight in the unit that was said: kg, lb or st; None where none was."""

    amount: float
    unit: str | None

    @property
    def kilograms(self) -> float:
        """In kg to one digit; without a unit it is taken for kg."""
        return round(self.amount * _KILOS[self.unit or "kg"], 1)


def find_weight(text: str) -> BodyWeight | None:
    """The first weight of a person in tidied words, with its unit."""
    words = text.split()
    for at in range(len(words)):
        number = read_number(words, at)
        if number is None or number[1] >= len(words):
            continue
        amount, end = number
        if words[end] in _STONES:
            return BodyWeight(round(amount + _pounds(words, end + 1) / POUNDS_A_STONE, 2), "st")
        unit = unit_of(words[end])
        if unit in _KILOS and unit is not None:
            return BodyWeight(amount, unit)
    return None


def bare_number(text: str) -> float | None:
    """The number in a short answer such as "about 72" or "I am forty"; None where there is none, or two."""
    words = text.split()
    for at in range(len(words)):
        number = read_number(words, at)
        if number is not None and words[at] not in {"a", "an"}:
            return number[0] if number[1] == len(words) else None
    return None


def find_height_cm(text: str) -> float | None:
    """The first height in tidied words, in cm."""
    words = text.split()
    for at in range(len(words)):
        number = read_number(words, at)
        if number is None or number[1] >= len(words):
            continue
        amount, end = number
        if words[end] in _CENTIMETRES:
            return amount
        if words[end] in _METRES:
            return round(amount * 100 + _centimetres(words, end + 1))
        if words[end] in _FEET:
            inches = read_number(words, end + 1)
            return round(amount * CM_A_FOOT + (inches[0] if inches else 0) * CM_AN_INCH)
    return None


def find_age(text: str) -> int | None:
    """The age in tidied words such as "i am 40 years old"; a bare "i am 40" counts too."""
    words = text.split()
    for at in range(len(words)):
        number = read_number(words, at)
        if number and words[number[1] : number[1] + 1] and words[number[1]] in _YEARS:
            return int(number[0])
    told = _AGE.search(text)
    number = read_number(told["age"].split()) if told else None
    is_whole = number and told and number[1] == len(told["age"].split()) and number[0] == int(number[0])
    return int(number[0]) if number and is_whole else None


def _pounds(words: Sequence[str], at: int) -> float:
    number = read_number(words, at + (words[at : at + 1] == ["and"]))
    return number[0] if number else 0.0


def _centimetres(words: Sequence[str], at: int) -> float:
    """The "seventy" of "one metre seventy"."""
    number = read_number(words, at + (words[at : at + 1] == ["and"]))
    return number[0] if number and number[0] >= LEAST_CM_AFTER_METRES else 0.0
