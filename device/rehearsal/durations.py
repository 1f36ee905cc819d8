"""Times as people say them: "half an hour", "eight minutes and thirty seconds", "an hour and a half"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from device.nutrition.numberwords import read_number, read_part_after_unit

_SECONDS = {
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), 3600),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), 60),
    **dict.fromkeys(("second", "seconds", "sec", "secs"), 1),
}
_LEADS = frozenset({"for", "four", "of", "in", "about", "around", "or", "a", "an", "the", "and"})
LONGEST_LEAD = 2

Spoken = tuple[float, int]
"""So many of a unit of so many seconds."""


@dataclass(frozen=True, slots=True)
class Duration:
    """parts: as they were said, such as 8 of 60 s and 30 of 1 s; without: the words around it."""

    parts: tuple[Spoken, ...]
    without: str

    @property
    def minutes(self) -> float:
        """All of it in minutes."""
        return sum(amount * unit_s for amount, unit_s in self.parts) / 60

    def fields(self) -> dict[str, float]:
        """Hours, minutes and seconds as whole numbers, in the units that were said: 90 minutes stay that."""
        told = dict.fromkeys((3600, 60, 1), 0.0)
        for amount, unit_s in self.parts:
            told[unit_s] += amount
        told[60] += told[3600] % 1 * 60
        told[1] += told[60] % 1 * 60
        whole = {"hours": told[3600] // 1, "minutes": told[60] // 1, "seconds": float(round(told[1]))}
        return {name: amount for name, amount in whole.items() if amount}


def find_duration(text: str) -> Duration | None:
    """The first duration in tidied words."""
    words = text.split()
    for start in range(len(words)):
        first = _part(words, start)
        if first is not None:
            return _whole(words, start, first)
    return None


def _whole(words: Sequence[str], start: int, first: tuple[Spoken, int]) -> Duration:
    parts, end = [first[0]], first[1]
    while following := _part(words, end + (words[end : end + 1] == ["and"])):
        if following[0][1] >= parts[-1][1]:
            break
        parts.append(following[0])
        end = following[1]
    kept = list(words[:start])
    for _ in range(LONGEST_LEAD):
        if kept and kept[-1] in _LEADS:
            kept.pop()
    return Duration(tuple(parts), " ".join([*kept, *words[end:]]))


def _part(words: Sequence[str], at: int) -> tuple[Spoken, int] | None:
    number = read_number(words, at)
    if number is None or number[1] >= len(words):
        return None
    amount, end = number
    unit_s = _SECONDS.get(words[end])
    if unit_s is None or amount <= 0:
        return None
    more = read_part_after_unit(words, end + 1)
    return ((amount + more[0], unit_s), more[1]) if more else ((amount, unit_s), end + 1)
