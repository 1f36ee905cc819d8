"""Nearly two hundred spoken phrases: the food, the grams, or an honest question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from device.nutrition.foods import Ambiguous, FoodDatabase
from device.nutrition.serving import Asked, NoAmount, Serving
from tests.nutrition.asking import Outcome, serve

ABSTAINING = ("ask", "amount", "unknown")


class Phrase(NamedTuple):
    asked: Asked
    expected: str
    grams: float | None


def phrases() -> Iterator[Phrase]:
    for line in Path(__file__).with_name("phrases.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            food, spoken, quantity, unit, size, preparation, expected, grams = map(str.strip, line.split("|"))
            amount = float(quantity) if quantity else None
            asked = Asked(food or spoken, spoken, amount, unit, size, preparation)
            yield Phrase(asked, expected, float(grams) if grams else None)


def kind_of(outcome: Outcome) -> str:
    if isinstance(outcome, Serving):
        return outcome.food.id
    if isinstance(outcome, NoAmount):
        return "amount"
    return "ask" if isinstance(outcome, Ambiguous) else "unknown"


PHRASES = list(phrases())


def test_there_are_enough_phrases() -> None:
    assert len(PHRASES) >= 150


@pytest.mark.parametrize(
    "phrase", PHRASES, ids=[f"{phrase.asked.food}-{phrase.asked.spoken}" for phrase in PHRASES]
)
def test_a_phrase_is_understood(foods: FoodDatabase, phrase: Phrase) -> None:
    outcome = serve(phrase.asked, foods)
    if phrase.expected == "abstain":
        assert kind_of(outcome) in ABSTAINING
        return
    assert kind_of(outcome) == phrase.expected
    if isinstance(outcome, Serving):
        assert outcome.grams == pytest.approx(phrase.grams, abs=0.06)
