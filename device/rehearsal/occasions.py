"""When something was eaten: at a meal, or between the meals and not planned."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from device.rehearsal.intents import SURE_MEAL
from device.rehearsal.sounds import nearest


@dataclass(frozen=True, slots=True)
class Occasion:
    """meal: its name, "" if none was named; is_into: the food goes to the meal ("to my lunch").

    is_unplanned: it was no part of the plan. rest: the sentence without the words that say all this.
    """

    meal: str
    is_into: bool
    is_unplanned: bool
    rest: str


Removals = tuple[tuple[re.Pattern[str], str], ...]

_NOT_PLANNED = r"(?:not planned|unplanned|un planned|unscheduled|an? extra|extra|off plan)"
_UNPLANNED: Removals = (
    (re.compile(rf"\b(?:and )?(?:(?:that|which|it|they|this) )?(?:was|were) {_NOT_PLANNED}\b"), " "),
    (re.compile(r"\b(?:that |which )?(?:i|we) (?:did not|didnt|had not|hadnt) plan(?:ned)?\b"), " "),
    (re.compile(r"\bbetween (?:the )?meals\b|\bspontaneously\b|\boff plan\b|\bas an extra\b|\bextra$"), " "),
    (re.compile(r"\b(?:un ?planned|unscheduled|spontaneous)\b"), " "),
    (
        re.compile(r"\b(an?|one|two|three|some|the) extra (?!virgin\b|large\b|lean\b|hot\b|firm\b|small\b)"),
        r"\1 ",
    ),
)
"""What says that food was not planned, whatever else is said."""
_SNACK: Removals = (
    (re.compile(r"\b(?:as|for|like) (?:an? |my )?(?:little )?(?:snack|treat)\b"), " "),
    (re.compile(r"\bsnack(?:ed|ing) on\b"), "ate"),
    (re.compile(r"\bjust (?=had\b|ate\b|eaten\b|drank\b|drunk\b|finished\b)"), ""),
)
"""What says so where no meal is named."""

_OWN = r"(?:my |our |the |todays |a |an |his |her )?"
_FOR_LIKE = re.compile(r" (?:for|at) (?:my |our |the )?(?P<meal>\w{4,})$")
_INTO = frozenset({"to", "into", "in"})


def occasion_in(text: str, meals: tuple[str, ...]) -> Occasion:
    """The occasion that a sentence about food tells of."""
    meal, is_into, rest = _meal_in(text, meals)
    rest, is_unplanned = _removed(rest, _UNPLANNED)
    rest, is_snack = _removed(rest, _SNACK)
    return Occasion(meal, is_into, is_unplanned or (is_snack and not meal), rest)


@lru_cache(maxsize=8)
def told_of_meal(meals: tuple[str, ...]) -> re.Pattern[str]:
    """For a sentence that begins with a meal: "my breakfast was two slices of toast"."""
    return re.compile(
        rf"^(?:my |our |todays |the )?(?P<meal>{_any_of(meals)}) "
        r"(?:was|were|with|consisted of|included) (?P<foods>.+)$"
    )


@lru_cache(maxsize=8)
def _at_meal(meals: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        rf"\b(?:and )?(?P<how>for|at|as|as part of|with|during|to|into|in) {_OWN}(?P<meal>{_any_of(meals)})\b"
        r"(?: and (?=i\b|we\b))?"
    )


def _any_of(meals: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, meals))


def _meal_in(text: str, meals: tuple[str, ...]) -> tuple[str, bool, str]:
    """The meal, whether the food goes into it, and the text without both."""
    match = _at_meal(meals).search(text)
    if match:
        rest = f"{text[: match.start()]} {text[match.end() :]}"
        return match["meal"], match["how"] in _INTO, " ".join(rest.split())
    like = _FOR_LIKE.search(text)
    name, likeness = nearest(like["meal"], meals) if like else ("", 0.0)
    return (name, False, text[: like.start()]) if like and likeness >= SURE_MEAL else ("", False, text)


def _removed(text: str, removals: Removals) -> tuple[str, bool]:
    """The text without what is to be removed, and whether any of it was there."""
    rest = text
    for pattern, kept in removals:
        rest = pattern.sub(kept, rest)
    return " ".join(rest.split()), rest != text
