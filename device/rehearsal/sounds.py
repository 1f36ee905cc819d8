"""How alike two phrases sound: a small phonetic key after Lawrence Philips' Metaphone (1990), and spelling.

Recognisers miss by sound, not by letter: "semin" for salmon, "cards" for carbs. The key keeps the consonants
in classes that are easily taken for one another and forgets the vowels.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

_SPELLINGS = (
    (re.compile(r"[^a-z ]"), ""),
    (re.compile(r"alm"), "am"),
    (re.compile(r"\bkn|\bgn"), "n"),
    (re.compile(r"\bwr"), "r"),
    (re.compile(r"mb\b"), "m"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"tch|ch|sh|sch|tio"), "x"),
    (re.compile(r"ght|gh"), "t"),
    (re.compile(r"dg"), "j"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"g(?=[eiy])"), "j"),
    (re.compile(r"ck|qu|[cqk]"), "k"),
    (re.compile(r"x(?=\b)"), "ks"),
)
_CLASSES = str.maketrans({"b": "p", "d": "t", "v": "f", "g": "k", "z": "s", "j": "x"})
_VOWELS = re.compile(r"[aeiouyhw ]")
_DOUBLED = re.compile(r"(.)\1+")

SPELLING_SHARE = 0.4


@lru_cache(maxsize=8192)
def sound_key(phrase: str) -> str:
    """The consonants of a phrase in classes; a vowel at its beginning is kept as "a"."""
    text = phrase.casefold()
    for pattern, sound in _SPELLINGS:
        text = pattern.sub(sound, text)
    text = text.strip()
    starts_with_vowel = text[:1] in set("aeiou")
    key = _DOUBLED.sub(r"\1", _VOWELS.sub("", text).translate(_CLASSES))
    return f"a{key}" if starts_with_vowel else key


def likeness(heard: str, meant: str) -> float:
    """0 to 1: how easily `meant` is heard as `heard`."""
    spelt = fuzz.ratio(heard.replace(" ", ""), meant.replace(" ", "")) / 100
    sounded = fuzz.ratio(sound_key(heard), sound_key(meant)) / 100
    return SPELLING_SHARE * spelt + (1 - SPELLING_SHARE) * sounded


def nearest(heard: str, names: tuple[str, ...]) -> tuple[str, float]:
    """The name that sounds most like what was heard, and how much; ("", 0.0) where there are no names."""
    return max(((name, likeness(heard, name)) for name in names), key=lambda pair: pair[1], default=("", 0.0))
