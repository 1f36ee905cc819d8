"""Foods by estimated numbers: taken where a food could have them, refused where none can."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from device.nutrition.estimate import Estimate, EstimateError, estimated_food
from device.nutrition.macros import Macros

CRUMBLE = Estimate(kcal=220, protein_g=2.5, carbohydrate_g=35, fat_g=8, fibre_g=2, sugars_g=20)


def test_an_estimate_becomes_a_food_that_says_so() -> None:
    food = estimated_food("  Apple  crumble ", CRUMBLE)
    assert food.estimated
    assert (food.id, food.name, food.source) == ("estimate:apple crumble", "Apple crumble", "an estimate")
    assert food.per_100g == Macros(220, 2.5, 35, 8)
    assert not food.is_free_of("gluten")
    assert not food.suits("vegetarian")


@pytest.mark.parametrize(
    "estimate",
    [
        Estimate(kcal=884, protein_g=0, carbohydrate_g=0, fat_g=100),
        Estimate(kcal=0, protein_g=0, carbohydrate_g=0, fat_g=0),
        Estimate(kcal=85, protein_g=0.1, carbohydrate_g=2.6, fat_g=0, alcohol_g=10.6),
        Estimate(kcal=180, protein_g=3, carbohydrate_g=60, fat_g=1, fibre_g=35),
    ],
)
def test_numbers_that_a_food_can_have_are_taken(estimate: Estimate) -> None:
    assert estimated_food("something", estimate).per_100g.energy_kcal == estimate.kcal


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"kcal": 950}, "kcal", "kcal is 950, but must be from 0 to 900."),
        ({"kcal": -1}, "kcal", "kcal is -1, but must be from 0 to 900."),
        ({"kcal": math.nan}, "kcal", "kcal is nan, but must be from 0 to 900."),
        ({"protein_g": 101}, "protein_g", "protein_g is 101, but must be from 0 to 100."),
        ({"fat_g": math.inf}, "fat_g", "fat_g is inf, but must be from 0 to 100."),
        ({"alcohol_g": -2}, "alcohol_g", "alcohol_g is -2, but must be from 0 to 100."),
        (
            {"carbohydrate_g": 95},
            "carbohydrate_g",
            "Protein, carbohydrate, fat and alcohol are 105.5 g in 100 g of food.",
        ),
        ({"sugars_g": 40}, "sugars_g", "sugars_g is 40, more than the 35 of carbohydrate_g."),
        ({"saturated_fat_g": 9}, "saturated_fat_g", "saturated_fat_g is 9, more than the 8 of fat_g."),
        ({"kcal": 400}, "kcal", "kcal is 400, but the macronutrients make about 222 kcal."),
        ({"kcal": 100}, "kcal", "kcal is 100, but the macronutrients make about 222 kcal."),
    ],
)
def test_numbers_that_no_food_has_are_refused(change: dict[str, float], field: str, message: str) -> None:
    with pytest.raises(EstimateError) as caught:
        estimated_food("something", replace(CRUMBLE, **change))
    assert (caught.value.field, str(caught.value)) == (field, message)


def test_an_estimate_needs_a_name() -> None:
    with pytest.raises(EstimateError) as caught:
        estimated_food(" ", CRUMBLE)
    assert caught.value.field == "name"
