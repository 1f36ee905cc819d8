"""Matching what was said to names word by word; it abstains where it would have to guess.

Comparing whole strings finds "rocket" in "coke" and "egg" in "milk". Here every word must find its like:
the same word, or one with the same first letter and nearly the same spelling. Rare words count more than
common ones (inverse document frequency, Spärck Jones 1972), and are looked up first: once they have led to a
good match, names that share only common words with what was said cannot come near and are left alone.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

LEAST_SIMILARITY = 0.75
SAID_SHARE = 0.6
"""How much of the score is about the words said; the rest is about the words of the name."""
SURE_LEAD = 10
"""Points of score by which a match must lead to be the only one."""
RANKED = 12


@dataclass(frozen=True, slots=True)
class Match:
    """How well a food fits: `score` 0-100 over all, `coverage` 0-1 of the words said that it has."""

    food: int
    score: float
    coverage: float


@dataclass(frozen=True, slots=True)
class _Said:
    """A word that was said: how much it counts, and the words of labels that it may mean, with 0-1 each."""

    weight: float
    alike: dict[str, float]


class WordMatcher:
    """Ranks foods, known by number, by the words of their labels."""

    def __init__(self, labels: Iterable[tuple[int, tuple[str, ...]]]) -> None:
        """labels: the number of a food and the words of one of its names; a food may have many."""
        known = [(food, frozenset(words)) for food, words in labels]
        owners: defaultdict[str, set[int]] = defaultdict(set)
        self._having: defaultdict[str, list[int]] = defaultdict(list)
        for number, (food, words) in enumerate(known):
            for word in words:
                owners[word].add(food)
                self._having[word].append(number)
        foods = len({food for food, _ in known})
        self._unknown_weight = math.log(1 + foods)
        self._weights = {word: math.log(1 + foods / len(having)) for word, having in owners.items()}
        weigh = self._weights.__getitem__
        self._food_of = [food for food, _ in known]
        self._weight_of = [sum(map(weigh, words)) or 1.0 for _, words in known]
        self._by_letter: defaultdict[str, list[str]] = defaultdict(list)
        for word in owners:
            self._by_letter[word[0]].append(word)

    def rank(self, said: tuple[str, ...]) -> list[Match]:
        """The foods that fit best, the best first; all within `SURE_LEAD` of the best, up to `RANKED`."""
        words = sorted(map(self._said, dict.fromkeys(said)), key=lambda word: -word.weight)
        weight_said = sum(word.weight for word in words) or 1.0
        covered = self._covered(words, weight_said)
        best: dict[int, tuple[float, float]] = {}
        nothing = (0.0, 0.0)
        for number, score in self._scores(covered, weight_said):
            food = self._food_of[number]
            if score > best.get(food, nothing)[0]:
                best[food] = score, covered[number] / weight_said
        ranked = heapq.nsmallest(RANKED, best.items(), key=lambda item: (-item[1][0], item[0]))
        return [Match(food, score, coverage) for food, (score, coverage) in ranked]

    def _scores(self, covered: dict[int, float], weight_said: float) -> Iterator[tuple[int, float]]:
        """The score of each label, by its number; plain arithmetic, as there may be thousands."""
        of_said, of_label = 100 * SAID_SHARE / weight_said, 100 * (1 - SAID_SHARE)
        weight_of = self._weight_of
        for number, weight in covered.items():
            share = weight / weight_of[number]
            yield number, of_said * weight + (of_label * share if share < 1 else of_label)

    def _covered(self, words: list[_Said], weight_said: float) -> dict[int, float]:
        """How much of what was said each label has, by the number of the label."""
        covered: dict[int, float] = {}
        left = weight_said
        for word in words:
            closed = bool(covered) and self._is_hopeless(left, covered, weight_said)
            for number, share in self._having_like(word):
                if number in covered:
                    covered[number] += word.weight * share
                elif not closed:
                    covered[number] = word.weight * share
            left -= word.weight
        return covered

    def _is_hopeless(self, left: float, covered: dict[int, float], weight_said: float) -> bool:
        """Whether a label that has only words still left cannot come near the best one so far."""
        most = 100 * (SAID_SHARE * left / weight_said + 1 - SAID_SHARE)
        return most < max(score for _, score in self._scores(covered, weight_said)) - SURE_LEAD

    def _having_like(self, word: _Said) -> Iterable[tuple[int, float]]:
        """The labels that have a word like it, by number, and how like it is, 0-1."""
        if len(word.alike) == 1:
            ((like, share),) = word.alike.items()
            return zip(self._having[like], itertools.repeat(share), strict=False)
        shares: dict[int, float] = {}
        for like, share in word.alike.items():
            for number in self._having[like]:
                shares[number] = max(share, shares.get(number, 0.0))
        return shares.items()

    def _said(self, word: str) -> _Said:
        alike = self._alike(word)
        return _Said(max((self._weights[like] for like in alike), default=self._unknown_weight), alike)

    def _alike(self, word: str) -> dict[str, float]:
        """Words of labels that `word` may mean, with their similarity 0-1; the word itself if it is there."""
        if word in self._weights:
            return {word: 1.0}
        found = process.extract(
            word,
            self._by_letter.get(word[0], []),
            scorer=OSA.normalized_similarity,
            score_cutoff=LEAST_SIMILARITY,
            limit=4,
        )
        return {other: similarity for other, similarity, _ in found}
