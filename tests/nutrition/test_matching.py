"""The word matcher: leaving hopeless names alone changes nothing about the names that matter."""

from __future__ import annotations

import random

from device.nutrition.food import Food
from device.nutrition.foods import FoodDatabase
from device.nutrition.matching import SURE_LEAD, WordMatcher
from device.nutrition.names import words_of


def labels_of(foods: tuple[Food, ...]) -> list[tuple[int, tuple[str, ...]]]:
    return [(number, words_of(food.name)) for number, food in enumerate(foods)]


class _Thorough(WordMatcher):
    """Looks at every name that shares a word."""

    def _is_hopeless(self, left: float, covered: dict[int, float], weight_said: float) -> bool:
        return False


def test_the_short_way_finds_what_the_long_way_finds(foods: FoodDatabase) -> None:
    labels = labels_of(foods.foods)
    short, thorough = WordMatcher(labels), _Thorough(labels)
    chance = random.Random(7)
    words = [word for _, label in labels for word in label]
    for _ in range(500):
        said = tuple(chance.choice(words) for _ in range(chance.randrange(1, 5)))
        expected, ranked = thorough.rank(said), short.rank(said)
        near = [match for match in expected if match.score > expected[0].score - SURE_LEAD]
        assert [match.food for match in ranked[: len(near)]] == [match.food for match in near]
        for match, other in zip(ranked, near, strict=False):
            assert abs(match.score - other.score) < 1e-9
            assert abs(match.coverage - other.coverage) < 1e-9


def test_an_exact_name_scores_full() -> None:
    matcher = WordMatcher([(0, ("red", "wine")), (1, ("white", "wine")), (2, ("water",))])
    best = matcher.rank(("white", "wine"))[0]
    assert best.food == 1
    assert round(best.score, 6) == 100
    assert round(best.coverage, 6) == 1


def test_nothing_said_and_nothing_known_is_no_match() -> None:
    assert WordMatcher([]).rank(("water",)) == []
    assert WordMatcher([(0, ("water",))]).rank(()) == []
