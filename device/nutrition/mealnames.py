"""Which meal of the plan a person means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from rapidfuzz import process
from rapidfuzz.distance import OSA

from device.nutrition.names import key_of, without_fillers, words_of

LEAST_SIMILARITY = 0.75
Meal = TypeVar("Meal")


def meant(text: str, names: Mapping[str, Meal]) -> Meal | None:
    """What is called so, among other words or not, or a little differently; None: nothing, or not one alone.

    names: meals by the keys of their names, see `key_of`.
    """
    words = words_of(text)
    exact = names.get(key_of(words)) or names.get(key_of(without_fillers(words)))
    if exact:
        return exact
    within = [name for name in names if _has_words(words, name)]
    if within:
        longest = max(within, key=len)
        another = any(name not in longest and names[name] != names[longest] for name in within)
        return None if another else names[longest]
    return _spelt_like(key_of(without_fillers(words)), names)


def _spelt_like(key: str, names: Mapping[str, Meal]) -> Meal | None:
    same_letter = [name for name in names if name[:1] == key[:1]]
    near = process.extractOne(
        key, same_letter, scorer=OSA.normalized_similarity, score_cutoff=LEAST_SIMILARITY
    )
    return names[near[0]] if near else None


def _has_words(words: tuple[str, ...], name: str) -> bool:
    """Whether some words in a row make `name`."""
    starts = range(len(words))
    return any(key_of(words[first : last + 1]) == name for first in starts for last in starts[first:])
