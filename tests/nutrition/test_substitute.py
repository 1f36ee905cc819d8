"""Swapping an ingredient: what may not be eaten never comes up, and a bad match is not called a good one."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.nutrition.avoided import may_eat
from device.nutrition.foods import FoodDatabase
from device.nutrition.leastsquares import bounded_least_squares
from device.nutrition.macros import Macros
from device.nutrition.profile import Profile
from device.nutrition.substitute import (
    Ingredient,
    Refusal,
    Swap,
    macros_of,
    role_of,
    substitute,
    swap_for,
)


@dataclass(frozen=True)
class Stuff:
    """A food with no more than a substitution needs; `free_of` and `diets` are what was stated."""

    id: str
    category: str
    per_100g: Macros
    sodium_mg: float | None = 50
    usual_grams: float = 120
    free_of: frozenset[str] = frozenset()
    diets: frozenset[str] = frozenset()
    contains: frozenset[str] = frozenset()
    alcohol_g: float | None = None
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.id.replace("_", " ")

    def suits(self, diet: str) -> bool:
        return diet in self.diets

    def is_free_of(self, substance: str) -> bool:
        return substance in self.free_of


VEGAN = frozenset({"vegan", "vegetarian", "pescatarian"})
CHICKEN = Stuff("chicken_breast", "meat", Macros(165, 31, 0, 3.6))
TURKEY = Stuff("turkey_breast", "meat", Macros(147, 30, 0, 2.1), free_of=frozenset({"soy", "fish"}))
RAW_TURKEY = Stuff("turkey_raw", "meat", Macros(111, 24, 0, 1.5))
PRAWNS = Stuff("prawns", "fish", Macros(99, 24, 0.2, 0.3), diets=frozenset({"pescatarian"}))
ANCHOVIES = Stuff("anchovies", "fish", Macros(210, 29, 0, 9.7), sodium_mg=3668, usual_grams=100)
TOFU = Stuff("tofu_firm", "legume", Macros(144, 17, 2.8, 8.7), diets=VEGAN, free_of=frozenset({"fish"}))
LENTILS = Stuff("lentils", "legume", Macros(116, 9, 20, 0.4), usual_grams=150, diets=VEGAN)
RICE = Stuff("rice", "grain", Macros(130, 2.7, 28, 0.3), usual_grams=180, diets=VEGAN)
BROCCOLI = Stuff("broccoli", "vegetable", Macros(35, 2.4, 7.2, 0.4), usual_grams=80, diets=VEGAN)
OIL = Stuff("olive_oil", "oil", Macros(884, 0, 0, 100), usual_grams=13.5, diets=VEGAN)
ALL = (CHICKEN, TURKEY, RAW_TURKEY, PRAWNS, ANCHOVIES, TOFU, LENTILS, RICE, BROCCOLI, OIL)
DINNER = (Ingredient(CHICKEN, 150), Ingredient(RICE, 180), Ingredient(BROCCOLI, 100), Ingredient(OIL, 10))
ANYBODY = Profile()


def offered(profile: Profile = ANYBODY, place: int = 0) -> list[str]:
    return [swap.new.food.id for swap in substitute(DINNER, place, ALL, profile).offers]


def is_near(swap: Swap, before: Macros) -> bool:
    protein = max(1, min(10, 0.2 * before.protein_g))
    return (
        abs(swap.difference.energy_kcal) <= 0.05 * before.energy_kcal
        and abs(swap.difference.protein_g) <= protein
    )


def test_the_best_swaps_keep_the_meal() -> None:
    substitution = substitute(DINNER, 0, ALL, ANYBODY)
    assert [swap.new.food.id for swap in substitution.offers] == ["prawns", "turkey_breast", "tofu_firm"]
    assert all(is_near(swap, macros_of(DINNER)) for swap in substitution.offers)
    tofu = substitution.offers[-1]
    assert tofu.new.grams == pytest.approx(240, abs=15)
    assert [each.food.id for each in tofu.ingredients] == ["tofu_firm", "rice", "broccoli", "olive_oil"]
    assert macros_of(tofu.ingredients) == macros_of(DINNER) + tofu.difference


def test_portions_are_rounded_and_natural() -> None:
    for swap in substitute(DINNER, 0, ALL, ANYBODY).offers:
        new, rice, broccoli, oil = swap.ingredients
        assert all(each.grams % 5 == 0 for each in swap.ingredients)
        assert new.grams <= 3 * new.food.usual_grams
        assert 70 <= rice.grams <= 317
        assert 78 <= broccoli.grams <= 132
        assert 0 <= oil.grams <= 20


def test_a_bad_match_is_refused_with_how_near_it_came() -> None:
    substitution = swap_for(DINNER, 0, LENTILS, ANYBODY)
    assert substitution.offers == ()
    assert substitution.refusal is Refusal.TOO_FAR
    assert substitution.nearest is not None
    assert substitution.nearest.difference.protein_g < -10


def test_a_named_food_that_fits_is_offered() -> None:
    assert [swap.new.food for swap in swap_for(DINNER, 0, TOFU, ANYBODY).offers] == [TOFU]


def test_what_is_not_known_to_be_safe_is_left_out_before_anything_is_reckoned() -> None:
    assert offered(Profile(allergens=frozenset({"soy"}))) == ["turkey_breast"]
    assert swap_for(DINNER, 0, TOFU, Profile(allergens=frozenset({"soy"}))).refusal is Refusal.EXCLUDED
    assert offered(Profile(allergens=frozenset({"celery"}))) == []


def test_a_diet_is_kept() -> None:
    assert offered(Profile(diet="vegan")) == ["tofu_firm"]
    assert offered(Profile(diet="pescatarian")) == ["prawns", "tofu_firm"]


def test_no_swap_brings_a_meal_above_the_limit_on_carbohydrate() -> None:
    meal, potatoes = DINNER[:3], Stuff("potato", "grain", Macros(90, 2.4, 20, 0.1), usual_grams=180)
    before = macros_of(meal).carbohydrate_g
    (swap,) = swap_for(meal, 1, potatoes, ANYBODY).offers
    after = macros_of(swap.ingredients).carbohydrate_g
    for cap in (int(after), int(after) + 1):
        profile = Profile(carbohydrate_cap_meal_g=cap)
        is_offered = after <= max(cap, before)
        assert bool(swap_for(meal, 1, potatoes, profile).offers) == is_offered
        assert bool(substitute(meal, 1, (potatoes,), profile).offers) == is_offered


def test_a_swap_above_the_limit_on_carbohydrate_is_refused_with_the_reason() -> None:
    meal = (Ingredient(CHICKEN, 150), Ingredient(BROCCOLI, 100))
    profile = Profile(carbohydrate_cap_meal_g=15)
    for outcome in (swap_for(meal, 0, LENTILS, profile), substitute(meal, 0, (LENTILS,), profile)):
        assert outcome.offers == ()
        assert outcome.refusal is Refusal.TOO_MUCH_CARBOHYDRATE
        assert outcome.nearest is None
    assert substitute(meal, 0, ALL, profile).offers


@pytest.mark.parametrize("excluded", ["turkey", "Turkey", "turkey_breast", "turkey breast"])
def test_foods_that_are_not_wanted_are_left_out(excluded: str) -> None:
    assert "turkey_breast" not in offered(Profile(excluded_foods=frozenset({excluded})))


def test_raw_meat_never_goes_into_a_cooked_meal() -> None:
    assert "turkey_raw" not in offered()
    assert swap_for(DINNER, 0, RAW_TURKEY, ANYBODY).refusal is Refusal.NOT_READY
    raw = (Ingredient(Stuff("chicken_raw", "meat", Macros(120, 22, 0, 2.6)), 200), *DINNER[1:])
    assert substitute(raw, 0, (RAW_TURKEY,), ANYBODY).offers[0].new.food == RAW_TURKEY


def test_a_salty_food_does_not_take_the_place_of_a_mild_one() -> None:
    assert "anchovies" not in offered()
    assert swap_for(DINNER, 0, ANCHOVIES, ANYBODY).refusal is Refusal.TOO_FAR


def test_another_cut_of_the_same_is_no_swap() -> None:
    thigh = Stuff("chicken_thigh", "meat", Macros(179, 25, 0, 8))
    foods = (*ALL, thigh)
    assert thigh not in [swap.new.food for swap in substitute(DINNER, 0, foods, ANYBODY).offers]


def test_with_nothing_of_its_kind_there_is_nothing_to_offer() -> None:
    assert substitute(DINNER, 2, ALL, ANYBODY).refusal is Refusal.NO_CANDIDATE
    assert not substitute(DINNER, 2, ALL, ANYBODY).offers


def test_a_clove_of_garlic_stays_as_it_is() -> None:
    garlic = Ingredient(Stuff("garlic", "vegetable", Macros(149, 6.4, 33, 0.5), usual_grams=3), 3)
    for swap in substitute((*DINNER, garlic), 0, ALL, ANYBODY).offers:
        assert swap.ingredients[-1] == garlic


def test_of_what_comes_equally_near_the_better_known_comes_first() -> None:
    rare = Stuff("quail", "meat", CHICKEN.per_100g)
    known = Stuff(
        "turkey_roast", "meat", Macros(163, 30, 0, 3.8), aliases={"es": ("pavo",), "fr": ("dinde",)}
    )
    swaps = substitute(DINNER, 0, (rare, known), ANYBODY).offers
    assert [swap.new.food for swap in swaps] == [known, rare]


@pytest.mark.parametrize(
    ("food_id", "role"),
    [
        ("chicken_breast_roasted_no_skin", "protein"),
        ("tofu_firm", "protein"),
        ("olive_oil", "fat"),
        ("butter_salted", "fat"),
        ("rice_white_cooked", "starch"),
        ("corn_flakes", "cereal"),
        ("broccoli_cooked", "vegetable"),
    ],
)
def test_what_a_food_does_in_a_meal(foods: FoodDatabase, food_id: str, role: str) -> None:
    food = foods.by_id(food_id)
    assert food is not None
    assert role_of(food) == role


@pytest.mark.parametrize("allergen", ["milk", "nuts", "gluten", "shellfish"])
def test_no_shipped_food_is_offered_that_is_not_stated_to_be_free(foods: FoodDatabase, allergen: str) -> None:
    profile = Profile(allergens=frozenset({allergen}), diet="vegetarian")
    chance = random.Random(allergen)
    for _ in range(15):
        meal = [Ingredient(food, food.usual_grams) for food in chance.sample(foods.foods, 3)]
        for swap in substitute(meal, 0, foods.foods, profile).offers:
            assert swap.new.food.is_free_of(allergen)
            assert swap.new.food.suits("vegetarian")
            assert may_eat(profile, swap.new.food)
            assert is_near(swap, macros_of(meal))


# ------------------------------------------------------------------------------------- least squares


def test_a_problem_with_an_exact_answer_is_solved() -> None:
    x = bounded_least_squares([[2, 0], [1, 1]], [4, 5], [(0, 10), (0, 10)], [0, 0])
    assert x == pytest.approx([2, 3], abs=0.05)


def test_a_bound_holds_and_the_others_do_their_best() -> None:
    x = bounded_least_squares([[1, 1]], [10], [(0, 3), (0, 20)], [0, 0])
    assert x[0] <= 3
    assert sum(x) == pytest.approx(10, abs=0.05)


def test_what_nothing_depends_on_stays() -> None:
    assert bounded_least_squares([[1, 0]], [4], [(0, 9), (0, 9)], [1, 7]) == [4, 7]


NUMBERS = st.floats(-5, 5, allow_nan=False)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=4, max_size=6),
    st.lists(st.floats(-20, 20, allow_nan=False), min_size=6, max_size=6),
    st.integers(0, 2**32),
)
def test_no_point_within_the_bounds_is_better(
    rows: list[tuple[float, float, float]], wanted: list[float], seed: int
) -> None:
    bounds = [(0.0, 4.0), (-1.0, 1.0), (2.0, 3.0)]
    ridged = [list(row) for row in rows] + [[1.0 if i == j else 0.0 for j in range(3)] for i in range(3)]
    aims = [*wanted[: len(rows)], 0.0, 0.0, 0.0]

    def cost(x: list[float]) -> float:
        return sum(
            (sum(factor * value for factor, value in zip(row, x, strict=True)) - aim) ** 2
            for row, aim in zip(ridged, aims, strict=True)
        )

    best = bounded_least_squares(ridged, aims, bounds, [1, 0, 2])
    chance = random.Random(seed)
    for _ in range(50):
        other = [chance.uniform(least, most) for least, most in bounds]
        assert cost(best) <= cost(other) + 0.5
