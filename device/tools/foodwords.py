"""Foods that were logged, as they are said back: "two slices of pizza and a glass of milk"."""

from __future__ import annotations

import json
from collections.abc import Sequence

from device.nutrition.events import FoodItem
from device.nutrition.units import SIZES
from device.tools.payloads import all_of

CHECK_LABEL = "Please check the label."
"""Said of whatever was chosen by what somebody may not eat: no table knows what a packet holds."""
MOST_WORDS = 25
MOST_LETTERS = 300
FULL_NAMES = {
    "g": "gram",
    "kg": "kilogram",
    "mg": "milligram",
    "oz": "ounce",
    "lb": "pound",
    "ml": "millilitre",
    "cl": "centilitre",
    "dl": "decilitre",
    "l": "litre",
    "tsp": "teaspoon",
    "tbsp": "tablespoon",
    "fl_oz": "fluid ounce",
}
_NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_PARTS = {
    1 / 4: "a quarter of",
    1 / 3: "a third of",
    1 / 2: "half",
    2 / 3: "two thirds of",
    3 / 4: "three quarters of",
}
_NEARLY = 0.01
_UNCOUNTED = {
    "asparagus", "bacon", "baklava", "beetroot", "bread", "broccoli", "cake", "celery", "cheesecake",
    "chicken", "chorizo", "cornbread", "fennel", "garlic", "jerky", "okra", "salami", "shortbread",
    "sweetcorn", "toast", "tofu", "wheat",
}  # fmt: skip
"""Nobody says "two toasts", but two pieces of it."""
_PLURALS = {"leaf": "leaves", "loaf": "loaves", "potato": "potatoes", "tomato": "tomatoes"}
_SINGULARS = {plural: singular for singular, plural in _PLURALS.items()}


def fitting(*wordings: str) -> str:
    """The first wording of at most 25 words, none of them a monster; the last where there is none."""
    return next((wording for wording in wordings if _is_short(wording)), wordings[-1])


def _is_short(wording: str) -> bool:
    return len(wording.split()) <= MOST_WORDS and len(json.dumps(wording)) <= MOST_LETTERS


def sentence(text: str) -> str:
    """The text with a capital letter at its start, and the others as they are."""
    return text[:1].upper() + text[1:]


def wordings_of(items: Sequence[FoodItem]) -> tuple[str, str, str]:
    """The foods with their amounts, by their names alone, and how many they are."""
    count = f"{number_said(len(items))} foods" if len(items) > 1 else "one food"
    return all_of([item_said(item) for item in items]), all_of([item.name for item in items]), count


def item_said(item: FoodItem) -> str:
    """A food and its amount, such as "half a cup of cooked white rice" or "two large boiled eggs"."""
    amount, unit = item.quantity, item.unit
    if amount is None:
        return f"a usual portion of {item.name}"
    if unit is None or unit == "one" or unit in SIZES:
        size = f"{unit} " if unit in SIZES else ""
        return _counted(amount, item.name, size)
    return f"{counted(amount, unit)} of {item.name}"


def counted(amount: float, unit: str) -> str:
    """An amount in a unit of units.py, such as "two slices", "half a cup" or "200 grams"."""
    word = FULL_NAMES.get(unit, unit)
    return _of_many(amount, word, plural_of(word))


def number_said(number: float) -> str:
    """A number as it is said: up to twelve in words, "one and a half", else in digits."""
    number = _rounded(number)
    whole, part = divmod(number, 1)
    if whole <= 12 and part == 0:
        return _NUMBERS[int(whole)]
    if 1 <= whole <= 12 and part == 1 / 2:
        return f"{_NUMBERS[int(whole)]} and a half"
    return f"{number:.10g}"


def minutes_said(minutes: float) -> str:
    """A time as it is said, such as "a minute" or "40 minutes"."""
    return counted(round(minutes), "minute") if round(minutes) else "under a minute"


def plural_of(word: str) -> str:
    """The plural of a word or of the last word of a name."""
    *before, last = word.split(" ")
    if last in _PLURALS:
        last = _PLURALS[last]
    elif last.endswith("y") and last[-2:-1] not in tuple("aeiou"):
        last = f"{last[:-1]}ies"
    elif last.endswith(("s", "x", "ch", "sh")):
        last = f"{last}es"
    else:
        last = f"{last}s"
    return " ".join((*before, last))


def _counted(amount: float, name: str, size: str) -> str:
    """Pieces of a food itself, in the singular or plural of its name, whichever of them the name is in."""
    head, link, rest = name.partition(" with ")
    last = head.split(" ")[-1]
    if last in _UNCOUNTED:
        return f"{_of_many(amount, f'{size}piece', f'{size}pieces')} of {name}"
    one = _singular_of(head)
    many = head if one != head else plural_of(head)
    return f"{_of_many(amount, size + one, size + many)}{link}{rest}"


def _of_many(amount: float, one: str, many: str) -> str:
    part = next((words for part, words in _PARTS.items() if abs(amount - part) < _NEARLY), None)
    if part:
        return f"{part} {_with_article(one)}"
    if _rounded(amount) == 1:
        return _with_article(one)
    return f"{number_said(amount)} {many}"


def _rounded(number: float) -> float:
    """To hundredths; what is less than one has a digit all the same."""
    return round(number, 2) or float(f"{number:.1g}")


def _with_article(name: str) -> str:
    return f"{'an' if name[:1].casefold() in tuple('aeioué') else 'a'} {name}"


def _singular_of(name: str) -> str:
    *before, last = name.split(" ")
    if last in _SINGULARS:
        last = _SINGULARS[last]
    elif last.endswith("ies"):
        last = f"{last[:-3]}y"
    elif last.endswith(("ches", "shes", "xes")):
        last = last[:-2]
    elif last.endswith("s") and not last.endswith(("ss", "us")):
        last = last[:-1]
    return " ".join((*before, last))
