"""The food database: all foods of foods.yaml, and finding one by what a person said."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from device.nutrition.food import Food
from device.nutrition.foodfile import HOME_LANGUAGE, read_foods
from device.nutrition.matching import SURE_LEAD, Match, WordMatcher
from device.nutrition.names import key_of, without_articles, without_fillers, words_of
from device.nutrition.preparation import is_prepared, ways_of
from device.nutrition.spelling import Spellings

SURE_SCORE = 85
SURE_COVERAGE = 0.85
ASKING_COVERAGE = 0.7
ASKED_ABOUT = 4
CLOSEST = 3
ALIKE_KCAL_SHARE = 0.15
ALIKE_GRAMS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """The food that was meant; `note` says what was taken for granted, empty if nothing was."""

    food: Food
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """More than one food may be meant, or one that is not sure enough: ask."""

    candidates: tuple[Food, ...]

    @property
    def ask(self) -> str:
        """The question for the person."""
        return f"Do you mean {either(self.candidates)}?"


@dataclass(frozen=True, slots=True)
class Unknown:
    """No food of the database is meant; `closest` may help to ask, and may be empty."""

    closest: tuple[Food, ...]

    @property
    def ask(self) -> str:
        """The question for the person."""
        hint = f"Do you mean {either(self.closest)}, or something else?" if self.closest else ""
        return f"I have no numbers for that. {hint or 'What else is it called?'}"


Finding = Found | Ambiguous | Unknown


@dataclass(frozen=True, slots=True)
class _Named:
    """The foods of one name; `is_usual`: others have it too, and this one was chosen for them."""

    foods: tuple[Food, ...]
    is_usual: bool = False


class FoodDatabase:
    """Foods by id and by what people call them. It does not change once built, so threads may share it."""

    def __init__(self, foods: Iterable[Food], *own: Iterable[Food], warnings: Iterable[str] = ()) -> None:
        """own: foods of the household; they win over the same id or the same name, the last of them most."""
        sets = [tuple(foods), *map(tuple, own)]
        self._by_id = {food.id: food for each in sets for food in each}
        self.foods = tuple(self._by_id.values())
        self.warnings = tuple(warnings)
        self._by_key: dict[str, _Named] = {}
        self._own: frozenset[str] = frozenset()
        for place, each in enumerate(sets):
            names = _names_of([food for food in each if self._by_id[food.id] is food])
            self._by_key |= names
            self._own |= frozenset(names) if place else frozenset()
        self._matcher = WordMatcher(self._labels())
        self._spellings = Spellings(self._by_key)

    @classmethod
    def load(cls, path: Path, *own: Path) -> FoodDatabase:
        """The database of a foods.yaml and of the household's own files, which win over it, the last most.

        `warnings` of the database names file, line and food where numbers deserve a second look.

        Raises:
            ConfigError: a file cannot be read or something in it is wrong; one line for each fault, naming
                file, line and food.
        """
        with _no_collection():
            files = [read_foods(each) for each in (path, *own)]
            first, *others = [file.foods for file in files]
            return cls(first, *others, warnings=[warning for file in files for warning in file.warnings])

    def by_id(self, food_id: str) -> Food | None:
        """The food of that id."""
        return self._by_id.get(food_id)

    def is_own_name(self, text: str) -> bool:
        """Whether the household gave this name to a food of its own."""
        words = words_of(text)
        return key_of(words) in self._own or key_of(without_fillers(words)) in self._own

    def find(self, text: str, preparation: str = "") -> Finding:
        """The food that `text` names, in the row for a preparation such as "raw" or "fried" if there is one.

        By its id, then by any name or alias in any language, the household's own first and English before
        the others, then word by word. Where the words fit several foods it asks, unless their numbers are so
        near that it makes no difference.
        """
        exact = self._by_id.get(text.strip())
        if exact:
            return Found(exact)
        found = self._find_words(text)
        return self._prepared(text, preparation, found) if ways_of(preparation) else found

    def _find_words(self, text: str) -> Finding:
        words = words_of(text)
        named = self._named(words)
        if named is None:
            return self._match(without_fillers(words))
        if named.is_usual:
            return Found(named.foods[0], f"taken as {named.foods[0].name}")
        return Found(named.foods[0]) if len(named.foods) == 1 else _choose(named.foods)

    def _named(self, words: tuple[str, ...]) -> _Named | None:
        for trimmed in (words, without_fillers(words), without_articles(words)):
            named = self._by_key.get(key_of(trimmed))
            if named:
                return named
        return None

    def _prepared(self, text: str, preparation: str, found: Finding) -> Finding:
        """The food in that preparation, else what was found without it, with a note."""
        for way in ways_of(preparation):
            if isinstance(found, Found) and is_prepared(found.food, way):
                return found
            outcome = self._find_words(f"{way} {text}")
            if isinstance(outcome, Found) and (not outcome.note or is_prepared(outcome.food, way)):
                return outcome
        if isinstance(found, Found):
            return Found(found.food, f"taken as {found.food.name}, not {preparation.strip()}")
        return found

    def _match(self, words: tuple[str, ...]) -> Finding:
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
        return _choose(candidates) if sure else Ambiguous(candidates[:ASKED_ABOUT])

    def _closest(self, words: tuple[str, ...], ranked: list[Match]) -> tuple[Food, ...]:
        foods = tuple(self.foods[match.food] for match in ranked[:CLOSEST])
        if foods or not words:
            return foods
        spelt = self._spellings.like(key_of(words), CLOSEST)
        named = {food.id: food for key in spelt for food in self._by_key[key].foods}
        return tuple(named.values())[:CLOSEST]

    def _labels(self) -> Iterable[tuple[int, tuple[str, ...]]]:
        for number, food in enumerate(self.foods):
            for name in (food.name, *food.aliases.get(HOME_LANGUAGE, ())):
                yield number, words_of(name)


def either(foods: Iterable[Food]) -> str:
    """Their names as a person would offer them: "crisps, fries or rice"."""
    *first, last = [food.name for food in foods]
    return f"{', '.join(first)} or {last}" if first else last


@contextmanager
def _no_collection() -> Iterator[None]:
    """Nothing made in loading is cyclic; looking for cycles among it takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _names_of(foods: list[Food]) -> Mapping[str, _Named]:
    """English names win over the same word of another language: "latte" is coffee here, not milk."""
    home: dict[str, list[Food]] = {}
    abroad: dict[str, list[Food]] = {}
    usual: dict[str, _Named] = {}
    for food in foods:
        for name in (food.name, food.id.replace("_", " "), *food.aliases.get(HOME_LANGUAGE, ())):
            _add(home, name, food)
        for language, names in food.aliases.items():
            for name in names if language != HOME_LANGUAGE else ():
                _add(abroad, name, food)
        for name in food.usual_for:
            usual[key_of(words_of(name))] = _Named((food,), is_usual=True)
    return {key: _Named(tuple(owners)) for key, owners in (abroad | home).items()} | usual


def _add(index: dict[str, list[Food]], name: str, food: Food) -> None:
    owners = index.setdefault(key_of(words_of(name)), [])
    if not owners or owners[-1] is not food:
        owners.append(food)


def _choose(candidates: tuple[Food, ...]) -> Found | Ambiguous:
    first, *others = candidates
    if all(_alike(first, other) for other in others):
        return Found(first, f"taken as {first.name}; {others[0].name} is much the same")
    return Ambiguous(candidates[:ASKED_ABOUT])


def _alike(one: Food, other: Food) -> bool:
    """Whether it hardly matters which of two foods was meant."""
    difference = one.per_100g - other.per_100g
    most_kcal = max(one.per_100g.energy_kcal, other.per_100g.energy_kcal)
    grams = (difference.protein_g, difference.carbohydrate_g, difference.fat_g)
    return abs(difference.energy_kcal) <= ALIKE_KCAL_SHARE * most_kcal and all(
        abs(part) <= ALIKE_GRAMS for part in grams
    )
