"""The foods that one person may be offered, and what goes together of them."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from device.nutrition.avoided import may_eat
from device.nutrition.food import Food
from device.nutrition.foods import FoodDatabase
from device.nutrition.helping import piece_g
from device.nutrition.leastsquares import to_step
from device.nutrition.plan import PlannedFood
from device.nutrition.plates import DISH, NAMED, Part, Plate
from device.nutrition.profile import Profile
from device.nutrition.substitute import is_unprepared, role_of

MOST_INGREDIENTS = 4
DRAWN = 32
KNOWN_LANGUAGES = 4
DISH_KCAL, DISH_PROTEIN_G = 80, 4
"""In 100 g; a dish of less is a side or a soup."""
HABIT_WEIGHT = 4

_PLANNED = Part((), 0.4, 1, 1.75)
_HABITS = {
    "protein": (frozenset({"meat", "fish", "legume"}), 80),
    "starch": (frozenset({"grain", "vegetable"}), 100),
    "vegetable": (frozenset({"vegetable"}), 60),
    "meal": (frozenset({"meal"}), 0),
}
"""By role: the categories, and the g of the least usual portion, of what may come to a meal by habit."""
Portion = tuple[float, tuple[float, float]]
"""Natural grams of a food, and the least and the most."""


@dataclass(frozen=True, slots=True)
class Place:
    """A food for a part of a plate; `usual_g`: a usual portion of it, or one piece."""

    food: Food
    part: Part
    usual_g: float

    @property
    def natural_kcal(self) -> float:
        """Of a natural portion."""
        return self.food.per_100g.energy_kcal * self.part.natural * self.usual_g / 100

    def portions(self, scale: float) -> list[Portion]:
        """Natural grams and their bounds for a meal `scale` times the usual size; for pieces, by count."""
        part, usual_g = self.part, self.usual_g
        wanted = min(max(scale * part.natural, part.least), part.most)
        if not part.in_pieces:
            return [(to_step(wanted * usual_g), (part.least * usual_g, part.most * usual_g))]
        grams = [to_step(count * usual_g) for count in sorted({math.floor(wanted), math.ceil(wanted)})]
        return [(gram, (gram, gram)) for gram in grams]


@dataclass(frozen=True, slots=True)
class Draft:
    """Foods that go together; `merit`: how many of them are the person's own."""

    places: tuple[Place, ...]
    merit: int


class Pantry:
    """The foods that a person may be offered."""

    def __init__(self, foods: FoodDatabase, profile: Profile, habits: Collection[str]) -> None:
        self._foods = foods
        self._profile = profile
        self._habits = frozenset(habits)
        self._pools: dict[Part, list[Food]] = {}

    def planned(self, planned: Sequence[PlannedFood]) -> Iterator[Draft]:
        """The plan's own foods, where the person may eat them all as they are weighed."""
        foods = [food for each in planned if (food := self._allowed(each.food_id)) and _is_ready(food)]
        if planned and len(foods) == len(planned) <= MOST_INGREDIENTS:
            grams = (each.grams for each in planned)
            places = (Place(food, _PLANNED, gram) for food, gram in zip(foods, grams, strict=True))
            yield Draft(tuple(places), len(foods))

    def drawn(self, plates: Iterable[Plate], chance: random.Random) -> Iterator[Draft]:
        """Plates with a food for each part, by chance, none twice."""
        stocked = (tuple(part for part in plate if part.least or self._pool(part)) for plate in plates)
        possible = [plate for plate in stocked if all(map(self._pool, plate))]
        seen = set()
        for plate in itertools.islice(_again_and_again(possible, chance), DRAWN):
            foods = [self._one_of(part, chance) for part in plate]
            ids = frozenset(food.id for food in foods)
            if len(ids) == len(foods) and ids not in seen:
                seen.add(ids)
                yield Draft(tuple(map(_place, foods, plate)), len(ids & self._habits))

    def _one_of(self, part: Part, chance: random.Random) -> Food:
        pool = self._pool(part)
        return chance.choices(pool, [self._weight(food) for food in pool])[0]

    def _weight(self, food: Food) -> int:
        """What has names in many languages is known to many."""
        return (1 + len(food.aliases)) * (HABIT_WEIGHT if food.id in self._habits else 1)

    def _pool(self, part: Part) -> list[Food]:
        if part not in self._pools:
            groups = ([food for each in group if (food := self._allowed(each))] for group in part.foods)
            named = next((group for group in groups if group), [])
            by_habit = [food for each in sorted(self._habits) if (food := self._allowed(each))]
            dishes = self._dishes() if part is DISH else []
            own = [food for food in by_habit if food not in named + dishes and _may_stand_for(food, part)]
            self._pools[part] = named + dishes + own
        return self._pools[part]

    def _dishes(self) -> list[Food]:
        return [
            food
            for food in self._foods.foods
            if food.category == "meal"
            and len(food.aliases) >= KNOWN_LANGUAGES
            and food.id not in NAMED
            and food.per_100g.energy_kcal >= DISH_KCAL
            and food.per_100g.protein_g >= DISH_PROTEIN_G
            and _is_ready(food)
            and may_eat(self._profile, food)
        ]

    def _allowed(self, food_id: str) -> Food | None:
        food = self._foods.by_id(food_id)
        return food if food is not None and may_eat(self._profile, food) else None


def _again_and_again(plates: Sequence[Plate], chance: random.Random) -> Iterator[Plate]:
    """All of them, and again in another order, without end."""
    while plates:
        yield from chance.sample(plates, len(plates))


def _may_stand_for(food: Food, part: Part) -> bool:
    """Whether something that a person eats often may be what a meal of everyday foods has there."""
    if part.role is None or not _is_ready(food):
        return False
    categories, least_g = _HABITS[part.role]
    return role_of(food) == part.role and food.category in categories and food.usual_grams >= least_g


def _is_ready(food: Food) -> bool:
    """Whether it can go on a plate as it is."""
    return not food.alcohol_g and (food.id in NAMED or not is_unprepared(food))


def _place(food: Food, part: Part) -> Place:
    return Place(food, part, piece_g(food) if part.in_pieces else food.usual_grams)
