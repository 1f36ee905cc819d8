"""The food database: all foods of foods.yaml, and finding one by what a person said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz, process

from device.nutrition.food import Food
from device.nutrition.foodfile import energy_warnings, read_foods
from device.nutrition.matching import Match, WordMatcher
from device.nutrition.names import key_of, without_fillers, words_of

SURE_SCORE = 85
SURE_LEAD = 10
SURE_COVERAGE = 0.85
ASKING_COVERAGE = 0.7
ASKED_ABOUT = 4
CLOSEST = 3
CLOSE_SPELLING = 70
ALIKE_KCAL_SHARE = 0.15
ALIKE_GRAMS = 5
HOME_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Found:
    """The food that was meant; `note` says what was taken for granted, empty if nothing was."""

    food: Food
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """More than one food may be meant, or one that is not sure enough: ask."""

    candidates: tuple[Food, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """No food of the database is meant; `closest` may help to ask, and may be empty."""

    closest: tuple[Food, ...]


class FoodDatabase:
    """Foods by id and by what people call them. It does not change once built, so threads may share it."""

    def __init__(self, foods: Iterable[Food]) -> None:
        self.foods = tuple(foods)
        self._by_id = {food.id: food for food in self.foods}
        self._by_key: dict[str, list[Food]] = {}
        self._index_names()
        self._matcher = WordMatcher(self._labels())

    @classmethod
    def load(cls, path: Path) -> FoodDatabase:
        """The database of a foods.yaml.

        Raises:
            ConfigError: the file cannot be read or something in it is wrong; one line for each fault, naming
                file, line and food.
        """
        return cls(read_foods(path))

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each food whose energy does not fit its macronutrients."""
        return tuple(energy_warnings(self.foods))

    def by_id(self, food_id: str) -> Food | None:
        """The food of that id."""
        return self._by_id.get(food_id)

    def find(self, text: str) -> Found | Ambiguous | Unknown:
        """The food that `text` names.

        By its id, then by any name or alias in any language, English first, then word by word. Where the
        words fit several foods it asks, unless their numbers are so near that it makes no difference.
        """
        exact = self._by_id.get(text.strip())
        if exact:
            return Found(exact)
        words = words_of(text)
        named = self._by_key.get(key_of(words)) or self._by_key.get(key_of(without_fillers(words)))
        if named:
            return Found(named[0]) if len(named) == 1 else self._choose(tuple(named))
        return self._match(without_fillers(words))

    def _match(self, words: tuple[str, ...]) -> Found | Ambiguous | Unknown:
        ranked = self._matcher.rank(words)
        if not ranked or ranked[0].coverage < ASKING_COVERAGE:
            return Unknown(self._closest(words, ranked))
        best = ranked[0]
        near = [match for match in ranked if match.score > best.score - SURE_LEAD]
        sure = best.score >= SURE_SCORE and best.coverage >= SURE_COVERAGE
        if sure and len(near) == 1:
            food = self.foods[best.food]
            return Found(food, f"taken as {food.name}")
        candidates = tuple(self.foods[match.food] for match in near)
        return self._choose(candidates) if sure else Ambiguous(candidates[:ASKED_ABOUT])

    def _choose(self, candidates: tuple[Food, ...]) -> Found | Ambiguous:
        first, *others = candidates
        if all(_alike(first, other) for other in others):
            return Found(first, f"taken as {first.name}; {others[0].name} is much the same")
        return Ambiguous(candidates[:ASKED_ABOUT])

    def _closest(self, words: tuple[str, ...], ranked: list[Match]) -> tuple[Food, ...]:
        closest = dict.fromkeys(match.food for match in ranked[:CLOSEST])
        foods = [self.foods[number] for number in closest]
        if foods or not words:
            return tuple(foods)
        spelt = process.extract(
            key_of(words), self._by_key.keys(), scorer=fuzz.ratio, limit=CLOSEST, score_cutoff=CLOSE_SPELLING
        )
        named = {food.id: food for key, _, _ in spelt for food in self._by_key[key]}
        return tuple(named.values())[:CLOSEST]

    def _index_names(self) -> None:
        """English names win over the same word of another language: "latte" is coffee here, not milk."""
        home: dict[str, list[Food]] = {}
        abroad: dict[str, list[Food]] = {}
        for food in self.foods:
            for name in (food.name, food.id.replace("_", " "), *food.aliases.get(HOME_LANGUAGE, ())):
                _add(home, name, food)
            for language, names in food.aliases.items():
                for name in names if language != HOME_LANGUAGE else ():
                    _add(abroad, name, food)
        self._by_key = abroad | home

    def _labels(self) -> Iterable[tuple[int, tuple[str, ...]]]:
        for number, food in enumerate(self.foods):
            for name in (food.name, *food.aliases.get(HOME_LANGUAGE, ())):
                yield number, words_of(name)


def _add(index: dict[str, list[Food]], name: str, food: Food) -> None:
    owners = index.setdefault(key_of(words_of(name)), [])
    if food not in owners:
        owners.append(food)


def _alike(one: Food, other: Food) -> bool:
    """Whether it hardly matters which of two foods was meant."""
    difference = one.per_100g - other.per_100g
    most_kcal = max(one.per_100g.energy_kcal, other.per_100g.energy_kcal)
    grams = (difference.protein_g, difference.carbohydrate_g, difference.fat_g)
    return abs(difference.energy_kcal) <= ALIKE_KCAL_SHARE * most_kcal and all(
        abs(part) <= ALIKE_GRAMS for part in grams
    )
