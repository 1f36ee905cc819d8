"""Numbers as people say and write them in English: "two and a half", "half a dozen", "1 1/2"."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ONES = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_HUNDREDS = {"hundred": 100, "thousand": 1000}
_GROUPS = {"dozen": 12, "dozens": 12, "couple": 2, "pair": 2, "hundred": 100, "thousand": 1000}
_PARTS = {
    "half": 1 / 2, "halves": 1 / 2, "third": 1 / 3, "thirds": 1 / 3, "quarter": 1 / 4, "quarters": 1 / 4,
    "fifth": 1 / 5, "fifths": 1 / 5, "eighth": 1 / 8, "eighths": 1 / 8,
}  # fmt: skip
_ARTICLES = ("a", "an", "another")
_ALONE = ("dozen", "couple", "pair")
"""Groups of which one is meant where no number is said."""
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_FRACTION = re.compile(r"(\d+)/(\d+)")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")

Reading = tuple[float, int]
"""A number, and the place of the first word after it."""


def read_number(words: Sequence[str], at: int = 0) -> Reading | None:
    """The number that begins at word `at`; an article counts as one. None: no number begins there."""
    start = _counted(words, at)
    if start is None:
        return None
    value, at = start
    return _and_part(words, at, value)


def read_part_after_unit(words: Sequence[str], at: int) -> Reading | None:
    """The "and a half" of "a cup and a half"; None: it is not there."""
    value, after = _and_part(words, at, 0)
    return (value, after) if value else None


def _counted(words: Sequence[str], at: int) -> Reading | None:
    whole = _whole(words, at)
    if whole is None:
        part = _PARTS.get(_word(words, at))
        return _of_a_group(words, at + 1, part) if part else None
    value, at = whole
    part = _PARTS.get(_word(words, at))
    if part:
        return _of_a_group(words, at + 1, value * part)
    group = _GROUPS.get(_word(words, at))
    return _past_of(words, at + 1, value * group, group) if group else (value, at)


def _past_of(words: Sequence[str], at: int, value: float, group: float) -> Reading:
    """After a "dozen" or a "couple": takes "and a half" of it too."""
    part = _and_part(words, at, 0)
    return (value + part[0] * group, part[1]) if part[0] else (value, at)


def _of_a_group(words: Sequence[str], at: int, value: float) -> Reading:
    """Goes on after "half" or "three quarters": past "of" and "a", and over a "dozen"."""
    if _word(words, at) == "of":
        at += 1
    if _word(words, at) in (*_ARTICLES, "the"):
        at += 1
    group = _GROUPS.get(_word(words, at))
    return (value * group, at + 1) if group else (value, at)


def _and_part(words: Sequence[str], at: int, value: float) -> Reading:
    """Adds "and a half" or "and three quarters", and takes a "dozen" after it as the unit of the whole."""
    if _word(words, at) != "and":
        return value, at
    count = _whole(words, at + 1) or (1.0, at + 1)
    part = _PARTS.get(_word(words, count[1]))
    if part is None:
        return value, at
    value, at = value + count[0] * part, count[1] + 1
    group = _GROUPS.get(_word(words, at))
    return (value * group, at + 1) if group else (value, at)


def _whole(words: Sequence[str], at: int) -> Reading | None:
    if _word(words, at) in _ALONE:
        return 1.0, at
    if _word(words, at) in _ARTICLES:
        return _cardinal(words, at + 1) if _word(words, at + 1) in _HUNDREDS else (1.0, at + 1)
    return _written(words, at) or _cardinal(words, at)


def _written(words: Sequence[str], at: int) -> Reading | None:
    word = _word(words, at)
    fraction = _fraction(word)
    if fraction is not None:
        return fraction, at + 1
    if not _DIGITS.fullmatch(word) or word.count(".") > 1:
        return None
    number = word.replace(",", "") if _THOUSANDS.fullmatch(word) else word.replace(",", ".")
    if number.count(".") > 1:
        return None
    more = _fraction(_word(words, at + 1))
    return (float(number), at + 1) if more is None else (float(number) + more, at + 2)


def _fraction(word: str) -> float | None:
    match = _FRACTION.fullmatch(word)
    if not match or int(match[2]) == 0:
        return None
    return int(match[1]) / int(match[2])


def _cardinal(words: Sequence[str], at: int) -> Reading | None:
    """A number in words alone, such as "hundred and fifty" or "one point five"."""
    first, done, current = at, 0, 0
    while at < len(words):
        word = words[at]
        if word in _TENS and current % 100 == 0:
            current += _TENS[word]
        elif word in _ONES and (current % 100 == 0 or (current % 10 == 0 and _ONES[word] < 10)):
            current += _ONES[word]
        elif word == "hundred":
            current = max(1, current) * 100
        elif word == "thousand":
            done, current = done + max(1, current) * 1000, 0
        elif not (word == "and" and at > first and words[at - 1] in _HUNDREDS and _is_small(words, at + 1)):
            break
        at += 1
    return None if at == first else _decimals(words, at, done + current)


def _decimals(words: Sequence[str], at: int, value: float) -> Reading:
    if _word(words, at) != "point":
        return value, at
    digits, after = "", at + 1
    while _ONES.get(_word(words, after), 10) < 10 or _word(words, after) == "zero":
        digits += str(_ONES.get(words[after], 0))
        after += 1
    return (value + float(f"0.{digits}"), after) if digits else (value, at)


def _is_small(words: Sequence[str], at: int) -> bool:
    return _word(words, at) in _ONES or _word(words, at) in _TENS


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else ""
