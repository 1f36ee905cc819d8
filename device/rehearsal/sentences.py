"""One thing that a person said, in the forms in which it is read, and what it asks of a tool."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from device.nutrition.activities import Activities
from device.nutrition.foods import FoodDatabase
from device.rehearsal.foodears import FoodEars
from device.rehearsal.intents import MEALS
from device.rehearsal.mishearings import repaired
from device.rehearsal.people import person_in
from device.rehearsal.wire import JsonObject
from device.rehearsal.words import tidy

ANY_SNACK = "snack"
"""A meal only where the client declares one of that name; else a snack is something between the meals."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What was said, tidied.

    plain: without polite words and days; listed: the same with "and" at each comma; days_ago: of the day that
    was named.
    person: who did it, where that was not the one who spoke; `text` has "i" in their place.
    meals: names of meals, the client's own among them. is_repaired: a mishearing was put right.
    """

    text: str
    plain: str
    listed: str
    days_ago: int
    person: str
    meals: tuple[str, ...]
    is_repaired: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What a person wants of a tool: its usual name and arguments.

    ask: a question to be answered first, with yes or, where an argument `lacks`, with that argument.
    is_tentative: it may have been meant otherwise, so an answer to an open question goes first.
    is_vague: something in it is not known, so it may have been misheard.
    """

    tool: str
    arguments: JsonObject = field(default_factory=dict)
    ask: str = ""
    lacks: str = ""
    is_tentative: bool = False
    is_vague: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that readers of sentences know. joint_names: of foods, those with "and" or "with" in them."""

    database: FoodDatabase
    foods: FoodEars
    joint_names: tuple[str, ...]
    activities: Activities


Reader = Callable[[Sentence, Vocabulary], Request | None]

_COMMA = re.compile(r"(?<=\w)[,;:]\s+")
_ANDS = re.compile(r"\band(?: and)+\b")
_POLITE = re.compile(
    r"^(?:(?:ok|okay|so|well|oh|um|hey|hi|hello|please|now|and|ladle|can you|could you|would you|"
    r"i want to|i would like to|id like to)\b ?)+"
    r"|(?: (?:please|thanks|thank you|for me|and please))+$"
)
_DAYS = (
    (2, re.compile(r"\b(?:the )?day before yesterday\b|\btwo days ago\b")),
    (3, re.compile(r"\bthree days ago\b")),
    (1, re.compile(r"\byesterday(?: (?:morning|afternoon|evening|night))?\b|\blast (?:night|evening)\b")),
    (0, re.compile(r"\btoday\b|\btonight\b|\bthis (?:morning|afternoon|evening)\b|\bjust now\b|\bearlier\b")),
    (0, re.compile(r"\ba (?:little |short )?while ago\b|\ban hour ago\b|\ba moment ago\b")),
)


def sentence_of(words: str, meals: tuple[str, ...] = (), people: tuple[str, ...] = ()) -> Sentence:
    """The words of a person, ready to be read. people: names that the client declares."""
    person, own = person_in(words, people)
    text = repaired(tidy(own))
    days_ago, plain = _without_days(text)
    _, listed = _without_days(repaired(_ANDS.sub("and", tidy(_COMMA.sub(" and ", own)))))
    return Sentence(
        text=text,
        plain=plain,
        listed=listed,
        days_ago=days_ago,
        person=person,
        meals=meal_names(meals),
        is_repaired=text != tidy(own),
    )


@lru_cache(maxsize=8)
def meal_names(declared: tuple[str, ...]) -> tuple[str, ...]:
    """All names of meals, the longest first; "snack" only if it is declared."""
    names = {name.casefold() for name in declared} | set(MEALS) - {ANY_SNACK}
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def _without_days(text: str) -> tuple[int, str]:
    """How many days ago the sentence speaks of, and the sentence without that and without politeness."""
    days_ago, text = 0, _POLITE.sub("", text)
    for ago, pattern in _DAYS:
        rest = pattern.sub(" ", text)
        if rest != text:
            days_ago, text = days_ago or ago, rest
    return days_ago, _POLITE.sub("", " ".join(text.split()))
