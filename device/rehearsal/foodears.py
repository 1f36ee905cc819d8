"""Which food, and how much of it, is meant by the words that were heard."""

from __future__ import annotations

from dataclasses import dataclass

from device.nutrition.foods import Ambiguous, FoodDatabase, Found
from device.nutrition.portions import SpokenAmount, parse_quantity
from device.rehearsal.sounds import nearest

SURE = 0.88
DOUBTFUL = 0.66
LONGEST_NAME_WORDS = 6
LONGEST_UNKNOWN_WORDS = 3
HOME_LANGUAGE = "en"
_ARTICLES = frozenset({"a", "an", "the", "our", "my", "some", "one"})


@dataclass(frozen=True, slots=True)
class HeardFood:
    """A food by name and its amount.

    as_said: the name is what was heard, not what it sounds like. known: the food is in the database.
    """

    name: str
    amount: SpokenAmount
    as_said: bool
    doubtful: bool = False
    known: bool = True


class FoodEars:
    """Knows what foods are called in English, and what sounds like them."""

    def __init__(self, foods: FoodDatabase) -> None:
        self._foods = foods
        self._names = tuple(
            sorted(
                {
                    name.casefold()
                    for food in foods.foods
                    for name in (food.name, *food.aliases.get(HOME_LANGUAGE, ()))
                }
            )
        )

    def hear(self, phrase: str) -> HeardFood | None:
        """The food in a phrase such as "two slices of pizza"; None where it cannot be one.

        A known food is taken as it was said, one that sounds much like a known one is taken for that, with
        doubt where it sounds only somewhat like it. What sounds like nothing known stays as it was said, if
        it is short enough for a name.
        """
        amount = parse_quantity(phrase)
        said = amount.food or phrase
        found = self._foods.find(said)
        if isinstance(found, Found) or (isinstance(found, Ambiguous) and len(found.candidates) > 1):
            return HeardFood(said, amount, as_said=True)
        name, likeness = self._sounds_like(said)
        if likeness >= DOUBTFUL:
            return HeardFood(name, amount, as_said=False, doubtful=likeness < SURE)
        if len(said.split()) > LONGEST_UNKNOWN_WORDS:
            return None
        return HeardFood(said, amount, as_said=True, known=False)

    def names_food(self, phrase: str) -> bool:
        """Whether the phrase is a food and its amount and nothing else."""
        said = parse_quantity(phrase).food
        short = 0 < len(said.split()) <= LONGEST_NAME_WORDS
        return short and isinstance(self._foods.find(said), Found)

    def _sounds_like(self, said: str) -> tuple[str, float]:
        words = said.split()
        while len(words) > 1 and words[0] in _ARTICLES:
            words = words[1:]
        return nearest(" ".join(words), self._names)
