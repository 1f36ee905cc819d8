"""One form for the many ways of writing a food's or a person's name, so that names can be compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

FILLERS = frozenset({"a", "an", "the", "some", "my", "our", "of", "any"})
"""Words before a name that say nothing about the food."""

ARTICLES = frozenset(
    {
        *("el", "la", "los", "las", "un", "una", "unos", "unas", "del"),
        *("le", "les", "une", "de", "des", "du", "l", "d"),
        *("der", "die", "das", "den", "ein", "eine", "einen"),
        *("il", "lo", "gli", "uno"),
        *("o", "os", "as", "um", "uma"),
    }
)
"""The same in Spanish, French, German, Italian and Portuguese."""

_LETTERS = str.maketrans({"\u0153": "oe", "\u00e6": "ae", "\u00f8": "o", "\u0142": "l"})
"""Letters that have no accent to take off, but another way of writing: œ æ ø ł."""

_NO_WORD = re.compile(r"[^a-z0-9]+")
_IRREGULAR = {"leaves": "leaf", "loaves": "loaf", "halves": "half"}
_SAME = {"canned": "tinned", "yogurt": "yoghurt", "soya": "soy", "chili": "chilli", "donut": "doughnut"}
"""Words that differ from one English to another; both are read as the second."""
_ENDINGS = {"ie": "y", "oe": "o", "che": "ch", "she": "sh", "xe": "x", "sse": "ss"}
LONGEST = 12
"""Words of a name that are looked at; nobody says a longer one."""


@lru_cache(maxsize=2048)
def words_of(text: str) -> tuple[str, ...]:
    """Lower-case singular words without accents and punctuation, the first twelve.

    Singulars are made by rule and are only for comparing: "cookies" and "cookie" both become "cooky".
    """
    singular = map(_singular, _plain(text).split()[:LONGEST])
    return tuple(_SAME.get(word, word) for word in singular)


def person_key(name: str) -> str:
    """What tells people apart: the name in lower case with single spaces, however it was typed.

    Unlike a food's name it keeps accents, apostrophes and endings: Carlo and Carlos, José and Jose are four
    people. Empty where there is no name.
    """
    lower = unicodedata.normalize("NFKC", name).casefold().replace("\u2019", "'")
    return " ".join(unicodedata.normalize("NFKC", lower).split())


def key_of(words: tuple[str, ...]) -> str:
    """One word of all, so that "corn flakes", "corn-flakes" and "cornflakes" are the same."""
    return "".join(words)


def without_fillers(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words from the first that says something; all of them if none does."""
    return _from_first_not_in(FILLERS, words)


def without_articles(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words from the first that is no article of a language; for whole names, as "die" is a word too."""
    return _from_first_not_in(ARTICLES, words)


def _from_first_not_in(fillers: frozenset[str], words: tuple[str, ...]) -> tuple[str, ...]:
    for place, word in enumerate(words):
        if word not in fillers:
            return words[place:]
    return words


def _plain(text: str) -> str:
    lower = text.casefold().replace("'", "").replace("\u2019", "").replace("&", " and ")
    if not lower.isascii():
        decomposed = unicodedata.normalize("NFKD", lower.translate(_LETTERS))
        lower = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    if lower.isascii():
        return _NO_WORD.sub(" ", lower)
    return "".join(letter if letter.isalnum() or _is_vowel_sign(letter) else " " for letter in lower)


def _is_vowel_sign(letter: str) -> bool:
    """Hindi writes vowels as marks beside the consonant; they belong to the word."""
    return not letter.isascii() and unicodedata.category(letter).startswith("M")


@lru_cache(maxsize=16_384)
def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for ending, short in _ENDINGS.items():
        if len(word) > 3 and word.endswith(ending):
            return word[: -len(ending)] + short
    return word
