"""Names that are spelt nearly like another, looked for only where one can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import fuzz, process

LEAST_LIKENESS = 70
"""Of 100. Words whose lengths are further apart than 1 to `_LONGEST` cannot be so alike."""
_LONGEST = (200 - LEAST_LIKENESS) / LEAST_LIKENESS


class Spellings:
    """Keys of names by first letter and length."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        for key in keys:
            self._keys[key[:1], len(key)].append(key)

    def like(self, key: str, most: int) -> list[str]:
        """Up to `most` keys that begin like `key` and are spelt much like it, the nearest first."""
        lengths = range(int(len(key) / _LONGEST), int(len(key) * _LONGEST) + 2)
        near = [each for length in lengths for each in self._keys.get((key[:1], length), ())]
        found = process.extract(key, near, scorer=fuzz.ratio, limit=most, score_cutoff=LEAST_LIKENESS)
        return [each for each, _, _ in found]
