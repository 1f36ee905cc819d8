"""Words as the ear gives them, brought to one form, with its common mishearings put right."""

from __future__ import annotations

import re
from itertools import pairwise

from device.nutrition.units import unit_of

_PUNCTUATION = re.compile(r"[^\w\s.,/½⅓⅔¼¾%]|(?<!\d)[.,]|[.,](?!\d)")
_APOSTROPHES = re.compile("['\N{RIGHT SINGLE QUOTATION MARK}`]")

# What the recogniser makes of ordinary phrases, spoken by synthetic voices and by people.
_MISHEARD = (
    (re.compile(r"\bto day\b|(?<=lunch )a day\b|(?<=dinner )a day\b|(?<=breakfast )a day\b"), "today"),
    (re.compile(r"\b(home|how|now) (many|much)\b"), r"how \2"),
    (re.compile(r"^count(ing)? (the|any)?\b"), "how many"),
    (re.compile(r"\b(is|are|was|were) (into|in to|in too)\b"), r"\1 in two"),
    (re.compile(r"\bgood bye\b|\b(could|can) buy\b"), "goodbye"),
)
_HOMOPHONES = {
    "to": "two",
    "too": "two",
    "free": "three",
    "for": "four",
    "fore": "four",
    "won": "one",
    "ate": "eight",
}
_NUMBERS = frozenset({"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"})


def tidy(text: str) -> str:
    """Lower-case words without punctuation: "I didn't, to-day." becomes "i didnt today"."""
    plain = _APOSTROPHES.sub("", text.casefold()).replace("-", " ")
    words = " ".join(_PUNCTUATION.sub(" ", plain).split())
    for pattern, meant in _MISHEARD:
        words = pattern.sub(meant, words)
    return " ".join(_counted(words.split()))


def _counted(words: list[str]) -> list[str]:
    """Numbers before a unit put right: "free tablespoons" becomes "three tablespoons"."""
    meant: list[str] = []
    for word, following in pairwise((*words, "")):
        before_unit = unit_of(following) is not None
        if word in {"a", "the"} and before_unit and meant[-1:] and meant[-1] in _NUMBERS:
            continue
        if word == "the" and (before_unit or following == "hundred"):
            meant.append("a")
        else:
            meant.append(_HOMOPHONES.get(word, word) if before_unit else word)
    return meant
