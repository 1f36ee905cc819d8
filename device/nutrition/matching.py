"""Matching what was said to names word by word; it abstains where it would have to guess.

Comparing whole strings finds "rocket" in "coke" and "egg" in "milk". Here every word must find its like:
the same word, or one with the same first letter and nearly the same spelling. Rare words count more than
common ones (inverse document frequency, Spärck Jones 1972).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

LEAST_SIMILARITY = 0.75
SAID_SHARE = 0.6
"""How much of the score is about the words said; the rest is about the words of the name."""


@dataclass(frozen=True, slots=True)
class Match:
    """How well a food fits: `score` 0-100 over all, `coverage` 0-1 of the words said that it has."""

    food: int
    score: float
    coverage: float


@dataclass(frozen=True, slots=True)
class _Label:
    food: int
    weight: float


class WordMatcher:
    """Ranks foods, known by number, by the words of their labels."""

    def __init__(self, labels: Iterable[tuple[int, tuple[str, ...]]]) -> None:
        """labels: the number of a food and the words of one of its names; a food may have many."""
        known = [(food, tuple(dict.fromkeys(words))) for food, words in labels]
        owners: defaultdict[str, set[int]] = defaultdict(set)
        for food, words in known:
            for word in words:
                owners[word].add(food)
        foods = len({food for food, _ in known})
        self._unknown_weight = math.log(1 + foods)
        self._weights = {word: math.log(1 + foods / len(having)) for word, having in owners.items()}
        self._labels = [_Label(food, sum(self._weights[word] for word in words)) for food, words in known]
        self._having: dict[str, list[int]] = {word: [] for word in owners}
        self._by_letter: defaultdict[str, list[str]] = defaultdict(list)
        for number, (_, words) in enumerate(known):
            for word in words:
                self._having[word].append(number)
        for word in owners:
            self._by_letter[word[0]].append(word)

    def rank(self, said: tuple[str, ...]) -> list[Match]:
        """Foods that share at least one word with what was said, the best first."""
        said = tuple(dict.fromkeys(said))
        alike = {word: self._alike(word) for word in said}
        weight_said = 0.0
        covered: defaultdict[int, float] = defaultdict(float)
        for matches in alike.values():
            weight = max((self._weights[word] for word in matches), default=self._unknown_weight)
            weight_said += weight
            for number, share in self._best_per_label(matches).items():
                covered[number] += weight * share
        best: dict[int, Match] = {}
        for number, weight in covered.items():
            label = self._labels[number]
            coverage = weight / weight_said
            of_label = min(1.0, weight / label.weight)
            score = 100 * (SAID_SHARE * coverage + (1 - SAID_SHARE) * of_label)
            if label.food not in best or score > best[label.food].score:
                best[label.food] = Match(label.food, score, coverage)
        return sorted(best.values(), key=lambda match: (-match.score, match.food))

    def _best_per_label(self, matches: dict[str, float]) -> dict[int, float]:
        shares: dict[int, float] = {}
        for word, similarity in matches.items():
            for number in self._having[word]:
                shares[number] = max(similarity, shares.get(number, 0.0))
        return shares

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
