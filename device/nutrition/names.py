"""One form for the many ways of writing a food's name, so that names can be compared."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

FILLERS = frozenset({"a", "an", "the", "some", "my", "our", "of", "any"})
"""Words before a name that say nothing about the food."""

_IRREGULAR = {"leaves": "leaf", "loaves": "loaf", "halves": "half"}
_ENDINGS = {"ie": "y", "oe": "o", "che": "ch", "she": "sh", "xe": "x", "sse": "ss"}
LONGEST = 12
"""Words of a name that are looked at; nobody says a longer one."""


@lru_cache(maxsize=2048)
def words_of(text: str) -> tuple[str, ...]:
    """Lower-case singular words without accents and punctuation, the first twelve.

    Singulars are made by rule and are only for comparing: "cookies" and "cookie" both become "cooky".
    """
    return tuple(_singular(word) for word in _plain(text).split()[:LONGEST])


def key_of(words: tuple[str, ...]) -> str:
    """One word of all, so that "corn flakes", "corn-flakes" and "cornflakes" are the same."""
    return "".join(words)


def without_fillers(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words from the first that says something; all of them if none does."""
    for place, word in enumerate(words):
        if word not in FILLERS:
            return words[place:]
    return words


def _plain(text: str) -> str:
    lower = text.casefold().replace("'", "").replace("\u2019", "").replace("&", " and ")
    if not lower.isascii():
        decomposed = unicodedata.normalize("NFKD", lower)
        lower = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return "".join(letter if letter.isalnum() or _is_vowel_sign(letter) else " " for letter in lower)


def _is_vowel_sign(letter: str) -> bool:
    """Hindi writes vowels as marks beside the consonant; they belong to the word."""
    return not letter.isascii() and unicodedata.category(letter).startswith("M")


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for ending, short in _ENDINGS.items():
        if len(word) > 3 and word.endswith(ending):
            return word[: -len(ending)] + short
    return word
