"""What a person could eat for a meal so that it fits its target.

Ideas come from the plan's own foods for that meal, from what the person eats often, from dishes that many
know, and from plates of everyday foods. A seed draws some of them, so that days differ while one day does not
change its mind; their portions are fitted to the target within what is usual of each food, and what comes
nearest is offered. What a person must or will not eat is left out before anything is reckoned.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from device.nutrition.food import Food
from device.nutrition.foods import FoodDatabase
from device.nutrition.helping import Helping, is_short, said, said_quietly
from device.nutrition.leastsquares import STEP_G, Aim, PortionFit
from device.nutrition.macros import CARBOHYDRATE_KCAL_PER_G, FAT_KCAL_PER_G, Macros, total
from device.nutrition.pantry import Draft, Pantry, Portion
from device.nutrition.plan import PlannedFood
from device.nutrition.plates import PLATES, MealKind
from device.nutrition.profile import Profile

OFFERED = 3
LEAST_TARGET_KCAL = 50
TOLERATED_KCAL_SHARE = 0.10
TOLERATED_PROTEIN_SHARE = 0.25
TOLERATED_PROTEIN_G = 8
LEAST_SCALE, MOST_SCALE = 0.5, 1.8
BELOW_CAP = 0.9
ALIKE_COST = 0.5
"""Suggestions whose costs differ by less come equally near; then chance decides."""

_AIM = Aim(weights=(30, 6, 1, 1), least_scales=(1, 15, 20, 10), pull=0.02)
_AIM_BELOW_CAP = replace(_AIM, weights=(30, 6, 10, 1))
"""Of energy in kcal, protein, carbohydrate and fat in g."""
_SAME_KIND = {"sirloin": "beef", "smoked": "salmon", "haddock": "cod", "omelette": "egg", "ham": "pork"}
"""Beginnings of ids that mean the same animal as another."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Food for a meal; macros: what it holds, difference: that less the target, in kcal and g, unrounded."""

    ingredients: tuple[Helping, ...]
    macros: Macros
    difference: Macros
    is_fit: bool

    def said(self, *, quiet: bool = False) -> str:
        """At most 18 words, such as "180 g of cooked salmon and 150 g of broccoli"; `quiet`: no numbers."""
        return said_quietly(self.ingredients) if quiet else said(self.ingredients)


def suggest(
    target: Macros,
    kind: MealKind,
    foods: FoodDatabase,
    profile: Profile,
    *,
    habits: Sequence[str] = (),
    planned: Sequence[PlannedFood] = (),
    seed: int,
    most: int = OFFERED,
) -> tuple[Suggestion, ...]:
    """What to eat for a meal of that target, the best first, each with another kind of protein.

    habits: ids of foods that the person eats often; planned: what the plan has for this meal; seed: of the
    day and the meal, the same gives the same. Where nothing fits, what comes nearest, with `is_fit` False;
    where nothing that the person may eat is known, nothing.
    """
    if target.energy_kcal < LEAST_TARGET_KCAL:
        return ()
    pantry = Pantry(foods, profile, habits)
    drafts = itertools.chain(pantry.planned(planned), pantry.drawn(PLATES[kind], random.Random(seed)))
    wish = _wish(target, profile.carbohydrate_cap_meal_g)
    ideas = [_fitted(draft, target, wish) for draft in drafts]
    ideas = [idea for idea in ideas if _may_be_offered(idea.suggestion, profile)]
    fits = sorted((idea for idea in ideas if idea.suggestion.is_fit), key=lambda idea: idea.rank)
    nearest = sorted(ideas, key=lambda idea: idea.cost)[:1]
    return tuple(itertools.islice(_varied(idea.suggestion for idea in fits or nearest), most))


def _may_be_offered(suggestion: Suggestion, profile: Profile) -> bool:
    cap = profile.carbohydrate_cap_meal_g
    is_within_cap = cap is None or suggestion.macros.carbohydrate_g <= cap
    return bool(suggestion.ingredients) and is_within_cap and is_short(suggestion.said())


# ------------------------------------------------------------------------------------- portions


@dataclass(frozen=True, slots=True)
class _Wish:
    """What portions are fitted to, and how."""

    macros: Macros
    aim: Aim


@dataclass(frozen=True, slots=True)
class _Idea:
    suggestion: Suggestion
    cost: float
    merit: int

    @property
    def rank(self) -> int:
        """By cost, where what is the person's own may come a little less near."""
        return int(self.cost / ALIKE_COST) - self.merit


def _wish(target: Macros, cap_g: float | None) -> _Wish:
    """The target; with carbohydrate near the cap or above it, a little less than the cap, and fat instead."""
    if cap_g is None or target.carbohydrate_g <= BELOW_CAP * cap_g:
        return _Wish(target, _AIM)
    carbohydrate_g = BELOW_CAP * cap_g
    moved_kcal = CARBOHYDRATE_KCAL_PER_G * (target.carbohydrate_g - carbohydrate_g)
    fat_g = target.fat_g + moved_kcal / FAT_KCAL_PER_G
    return _Wish(replace(target, carbohydrate_g=carbohydrate_g, fat_g=fat_g), _AIM_BELOW_CAP)


def _fitted(draft: Draft, target: Macros, wish: _Wish) -> _Idea:
    """The draft in the portions that come nearest to the wish."""
    natural_kcal = sum(place.natural_kcal for place in draft.places)
    scale = min(max(target.energy_kcal / max(natural_kcal, 1), LEAST_SCALE), MOST_SCALE)
    foods = [place.food for place in draft.places]
    tried = (
        _best_grams(foods, portions, wish)
        for portions in itertools.product(*(place.portions(scale) for place in draft.places))
    )
    cost, grams = min(tried)
    helpings = tuple(Helping(food, gram) for food, gram in zip(foods, grams, strict=True) if gram >= STEP_G)
    macros = total(each.macros for each in helpings)
    suggestion = Suggestion(helpings, macros, macros - target, _is_fit(macros - target, target))
    return _Idea(suggestion, cost, draft.merit)


def _best_grams(foods: Sequence[Food], portions: Sequence[Portion], wish: _Wish) -> tuple[float, list[float]]:
    natural = [grams for grams, _ in portions]
    per_gram = [_values(food.per_100g.scaled(0.01)) for food in foods]
    fit = PortionFit(per_gram, natural, _values(wish.macros), wish.aim)
    grams = fit.best([bounds for _, bounds in portions])
    return fit.cost(grams), grams


def _is_fit(difference: Macros, target: Macros) -> bool:
    tolerated_g = max(TOLERATED_PROTEIN_G, TOLERATED_PROTEIN_SHARE * target.protein_g)
    is_near = abs(difference.energy_kcal) <= TOLERATED_KCAL_SHARE * target.energy_kcal
    return is_near and abs(difference.protein_g) <= tolerated_g


def _values(macros: Macros) -> tuple[float, float, float, float]:
    return macros.energy_kcal, macros.protein_g, macros.carbohydrate_g, macros.fat_g


def _varied(suggestions: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """Those with another kind of protein than all before, and at most one food of each."""
    offered: list[frozenset[str]] = []
    kinds = set()
    for each in suggestions:
        kind, ids = _kind_of_protein(each), frozenset(part.food.id for part in each.ingredients)
        if kind not in kinds and all(len(ids & before) <= 1 for before in offered):
            kinds.add(kind)
            offered.append(ids)
            yield each


def _kind_of_protein(suggestion: Suggestion) -> str:
    most = max(suggestion.ingredients, key=lambda each: each.macros.protein_g)
    beginning = most.food.id.split("_")[0]
    return _SAME_KIND.get(beginning, beginning)
