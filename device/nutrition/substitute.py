"""Swapping one ingredient of a meal so that the meal keeps its energy and macronutrients.

The portions of the new ingredient and of the others are chosen together, by least squares within bounds:
energy counts most, then protein; a small pull holds every portion near what is natural. What a person must or
will not eat is left out before anything is reckoned, and what is not known to be safe counts as unsafe. What
comes out too far from the meal is not called a match. The weights and bounds are Ladle's own, tried out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from device.nutrition.avoided import FoodLike, may_eat
from device.nutrition.leastsquares import STEP_G, Aim, PortionFit, to_step
from device.nutrition.macros import CARBOHYDRATE_KCAL_PER_G, FAT_KCAL_PER_G, PROTEIN_KCAL_PER_G, Macros, total
from device.nutrition.names import words_of
from device.nutrition.profile import Profile

OFFERED = 3
MOST_CANDIDATES = 30
TOLERATED_KCAL_SHARE = 0.05
TOLERATED_PROTEIN_SHARE = 0.20
TOLERATED_PROTEIN_G = 10
NEGLIGIBLE_PROTEIN_G = 1
MOST_ADDED_SODIUM_MG = 500
STARCHY_KCAL = 70
MOST_USUAL_PORTIONS = 3
MOST_GRAMS = 400
FIXED_BELOW_G = 10
"""An ingredient of less, such as garlic, stays as it is: steps of 5 g would change what it is."""

_AIM = Aim(weights=(30, 6, 1, 1), least_scales=(1, 15, 20, 10), pull=0.02)
"""Of energy in kcal, protein, carbohydrate and fat in g."""
ALIKE_COST = 0.05
"""Swaps whose costs differ by less come equally near; then the better known food comes first."""

_STATES = frozenset(
    {"raw", "dry", "uncooked", "flour", "cornflour", "cornmeal", "semolina", "powder", "tapioca"}
)
_MILKY = frozenset({"milk", "buttermilk", "kefir", "yoghurt", "cream"})
_BY_WEIGHT = frozenset({"vegetable", "sauce", "drink"})
_SCALES = {"vegetable": (0.8, 1.3), "fat": (0.0, 1.75)}
_USUAL_SCALES = (0.4, 1.75)


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A food in a meal, and grams of it."""

    food: FoodLike
    grams: float

    @property
    def macros(self) -> Macros:
        """Energy in kcal and macronutrients in g."""
        return self.food.per_100g.scaled(self.grams / 100)

    @property
    def sodium_mg(self) -> float:
        """Sodium in mg; none where it is not known."""
        return (self.food.sodium_mg or 0) * self.grams / 100


@dataclass(frozen=True, slots=True)
class Swap:
    """A meal after the swap: `ingredients` in the order of the meal, `new` among them in the old one's place.

    difference: what the meal has more (negative: less) than before, in kcal and g, unrounded.
    """

    new: Ingredient
    ingredients: tuple[Ingredient, ...]
    difference: Macros
    is_match: bool
    cost: float


class Refusal(Enum):
    """Why nothing is offered, with a sentence to say."""

    EXCLUDED = "That is not known to fit what you avoid, so I leave it out."
    NOT_READY = "That is weighed raw or dry; name it cooked, as it is in the meal."
    NO_CANDIDATE = "I know nothing of the same kind that fits what you eat."
    TOO_FAR = "Nothing comes near enough to keep the meal as it was."
    TOO_MUCH_CARBOHYDRATE = "That would bring more carbohydrate into the meal than your limit."


@dataclass(frozen=True, slots=True)
class Substitution:
    """The best swaps, the best first; where there is none, why, and the `nearest` that was considered."""

    offers: tuple[Swap, ...]
    refusal: Refusal | None = None
    nearest: Swap | None = None


def substitute(
    meal: Sequence[Ingredient],
    place: int,
    foods: Iterable[FoodLike],
    profile: Profile,
    most_candidates: int = MOST_CANDIDATES,
) -> Substitution:
    """The best swaps for the ingredient at `place` of a meal, among foods of its kind."""
    candidates = _candidates(meal, place, foods, profile)[:most_candidates]
    swaps = [swap for food in candidates if _is_plausible(swap := _swap(meal, place, food), meal[place])]
    if not swaps:
        return Substitution((), Refusal.NO_CANDIDATE)
    swaps = sorted((swap for swap in swaps if _is_within_cap(swap, meal, profile)), key=_rank)
    if not swaps:
        return Substitution((), Refusal.TOO_MUCH_CARBOHYDRATE)
    matches = [swap for swap in swaps if swap.is_match]
    if not matches:
        return Substitution((), Refusal.TOO_FAR, swaps[0])
    return Substitution(tuple(_of_different_kinds(matches))[:OFFERED])


def swap_for(meal: Sequence[Ingredient], place: int, food: FoodLike, profile: Profile) -> Substitution:
    """The swap for a food that the person named, if it is safe and the meal stays what it was."""
    if not may_eat(profile, food):
        return Substitution((), Refusal.EXCLUDED)
    if is_unprepared(food) and not is_unprepared(meal[place].food):
        return Substitution((), Refusal.NOT_READY)
    swap = _swap(meal, place, food)
    if not _is_within_cap(swap, meal, profile):
        return Substitution((), Refusal.TOO_MUCH_CARBOHYDRATE)
    if swap.is_match and _is_plausible(swap, meal[place]):
        return Substitution((swap,))
    return Substitution((), Refusal.TOO_FAR, swap)


def macros_of(meal: Iterable[Ingredient]) -> Macros:
    """Energy in kcal and macronutrients in g of all ingredients."""
    return total(ingredient.macros for ingredient in meal)


# ------------------------------------------------------------------------------------- candidates


def _candidates(
    meal: Sequence[Ingredient], place: int, foods: Iterable[FoodLike], profile: Profile
) -> list[FoodLike]:
    """Foods of the same role that the person may eat, those most alike in composition first."""
    old = meal[place].food
    role = role_of(old)
    there = {_kind(ingredient.food) for ingredient in meal if role_of(ingredient.food) == role}
    alike = [
        food
        for food in foods
        if role_of(food) == role
        and _kind(food) not in there
        and food.per_100g.energy_kcal > 0
        and (not is_unprepared(food) or is_unprepared(old))
        and may_eat(profile, food)
    ]
    wanted = _composition(old.per_100g)
    return sorted(alike, key=lambda food: math.dist(_composition(food.per_100g), wanted))


def role_of(food: FoodLike) -> str:
    """What a food does in a meal: "protein", "starch", "fat", "milk", "cereal", or its category."""
    protein, carbohydrate, fat = _composition(food.per_100g)
    kcal = food.per_100g.energy_kcal
    words = words_of(food.name)
    if food.category == "oil" or (food.category == "dairy_egg" and fat > 0.75 and protein < 0.1):
        return "fat"
    if food.category == "dairy_egg" and _MILKY & set(words):
        return "milk"
    if food.category in {"meat", "fish", "dairy_egg", "legume"} and protein >= 0.2:
        return "protein"
    if food.category == "grain":
        return "starch" if kcal < 250 or is_unprepared(food) else "cereal"
    if food.category == "vegetable" and kcal >= STARCHY_KCAL and carbohydrate >= 0.5:
        return "starch"
    return food.category


def _composition(per_100g: Macros) -> tuple[float, float, float]:
    """The shares of the energy that protein, carbohydrate and fat have."""
    energy = per_100g.energy_of_grams_kcal or 1.0
    return (
        PROTEIN_KCAL_PER_G * per_100g.protein_g / energy,
        CARBOHYDRATE_KCAL_PER_G * per_100g.carbohydrate_g / energy,
        FAT_KCAL_PER_G * per_100g.fat_g / energy,
    )


def _kind(food: FoodLike) -> str:
    """The animal or plant that ids begin with: who is out of chicken breast is out of chicken."""
    return food.id.split("_")[0]


def is_unprepared(food: FoodLike) -> bool:
    """Whether it is weighed raw or dry; fruit and vegetables, but for starchy ones, are eaten raw as well."""
    is_salad = food.category == "vegetable" and food.per_100g.energy_kcal < STARCHY_KCAL
    if is_salad or food.category in {"fruit", "nut"}:
        return False
    return bool(_STATES & {*food.name.casefold().split(), *food.id.split("_")})


def _is_plausible(swap: Swap, old: Ingredient) -> bool:
    return swap.new.grams >= STEP_G and swap.new.sodium_mg - old.sodium_mg <= MOST_ADDED_SODIUM_MG


def _is_within_cap(swap: Swap, meal: Sequence[Ingredient], profile: Profile) -> bool:
    """Whether the meal stays within the person's limit on carbohydrate; one above it gets no more of it."""
    cap = profile.carbohydrate_cap_meal_g
    if cap is None:
        return True
    return macros_of(swap.ingredients).carbohydrate_g <= max(cap, macros_of(meal).carbohydrate_g)


def _rank(swap: Swap) -> tuple[int, int, float]:
    """By cost; among those that come equally near, what has names in many languages is known to many."""
    names = sum(map(len, swap.new.food.aliases.values()))
    return round(swap.cost / ALIKE_COST), -names, swap.cost


def _of_different_kinds(swaps: Iterable[Swap]) -> Iterator[Swap]:
    kinds = set()
    for swap in swaps:
        if _kind(swap.new.food) not in kinds:
            kinds.add(_kind(swap.new.food))
            yield swap


# ------------------------------------------------------------------------------------- portions


def _swap(meal: Sequence[Ingredient], place: int, food: FoodLike) -> Swap:
    natural = [ingredient.grams for ingredient in meal]
    natural[place] = _natural_grams(meal[place], food)
    foods = [food if number == place else ingredient.food for number, ingredient in enumerate(meal)]
    bounds = [_bounds(each, grams) for each, grams in zip(foods, natural, strict=True)]
    bounds[place] = bounds[place][0], min(bounds[place][1], _most_grams(food))
    before = macros_of(meal)
    fit = PortionFit([_values(each.per_100g.scaled(0.01)) for each in foods], natural, _values(before), _AIM)
    grams = fit.best(bounds)
    ingredients = tuple(Ingredient(each, amount) for each, amount in zip(foods, grams, strict=True))
    difference = macros_of(ingredients) - before
    return Swap(ingredients[place], ingredients, difference, _is_match(difference, before), fit.cost(grams))


def _natural_grams(old: Ingredient, food: FoodLike) -> float:
    """By weight for what has little energy, else the amount with the energy of the old one; to 5 g."""
    if role_of(old.food) in _BY_WEIGHT:
        return min(old.grams, _most_grams(food))
    kcal_a_gram = max(food.per_100g.energy_kcal, 1) / 100
    return to_step(max(STEP_G, min(old.macros.energy_kcal / kcal_a_gram, _most_grams(food))))


def _most_grams(food: FoodLike) -> float:
    return min(MOST_GRAMS, MOST_USUAL_PORTIONS * food.usual_grams)


def _bounds(food: FoodLike, grams: float) -> tuple[float, float]:
    if grams < FIXED_BELOW_G:
        return grams, grams
    least, most = _SCALES.get(role_of(food), _USUAL_SCALES)
    return least * grams, most * grams


def _is_match(difference: Macros, before: Macros) -> bool:
    tolerated_g = min(TOLERATED_PROTEIN_G, TOLERATED_PROTEIN_SHARE * before.protein_g)
    return abs(difference.energy_kcal) <= TOLERATED_KCAL_SHARE * before.energy_kcal and abs(
        difference.protein_g
    ) <= max(NEGLIGIBLE_PROTEIN_G, tolerated_g)


def _values(macros: Macros) -> tuple[float, float, float, float]:
    return macros.energy_kcal, macros.protein_g, macros.carbohydrate_g, macros.fat_g
