"""The shipped foods.yaml and plan.yaml."""

from __future__ import annotations

import time

import pytest

from device.config import shipped_directory
from device.nutrition.foods import FoodDatabase, Found
from device.nutrition.macros import Macros
from device.nutrition.plan import Plan
from device.nutrition.rebalance import MealTarget, rebalance

EVERYDAY = """egg, milk, bread, butter, chicken breast, salmon, rice, pasta, potato, avocado, banana, apple,
pizza, lentils, tofu, olive oil, yoghurt, oats, cheese, beer, coffee, tea, toast, porridge,
honey, jam, bacon, sausage, ham, tuna, steak, mince, lamb, pork chop, turkey, prawns, cod,
broccoli, carrots, peas, spinach, tomato, onion, cucumber, lettuce, mushrooms, sweet potato,
chickpeas, kidney beans, baked beans, hummus, almonds, walnuts, peanut butter, orange juice,
water, red wine, cola, sugar, flour, chocolate, ice cream, crisps, fries, burger, lasagne,
chicken curry, dal, chilli con carne, spaghetti bolognese, fried rice, samosa, tomato soup,
sushi, burrito, omelette, pancake, croissant, bagel, muesli, granola, mayonnaise, ketchup,
strawberries, grapes, orange, pear, mango, garlic"""


def test_the_shipped_foods_load_and_are_many(foods: FoodDatabase) -> None:
    assert len(foods.foods) >= 650


@pytest.mark.parametrize("text", [word.strip() for word in EVERYDAY.replace("\n", " ").split(",")])
def test_everyday_food_is_there(foods: FoodDatabase, text: str) -> None:
    assert isinstance(foods.find(text), Found)


def test_every_food_has_a_source_to_check_it_by(foods: FoodDatabase) -> None:
    assert {food.id for food in foods.foods if not food.source.startswith(("FDC ", "FNDDS, "))} == set()


def test_the_few_foods_whose_energy_does_not_fit_are_known(foods: FoodDatabase) -> None:
    # USDA counts organic acids and fibre of these by factors of their own.
    named = {warning.split(": ")[1] for warning in foods.warnings}
    assert named == {
        *("lime", "lime_juice", "sweetcorn_cooked", "ketchup", "nori_seaweed", "oat_bran", "vinegar"),
        *("balsamic_vinegar", "sweet_relish", "baking_powder", "cocoa_powder"),
    }


def test_fibre_sugars_and_saturated_fat_are_parts_of_their_whole(foods: FoodDatabase) -> None:
    for food in foods.foods:
        assert (food.fibre_g or 0) <= food.per_100g.carbohydrate_g + 0.1
        assert (food.saturated_fat_g or 0) <= food.per_100g.fat_g + 0.1


def test_known_values_are_as_usda_has_them(foods: FoodDatabase) -> None:
    egg = foods.by_id("egg_boiled")
    assert egg is not None
    assert egg.per_100g == Macros(155, 12.58, 1.12, 10.61)
    assert egg.source == "FDC 173424"


def test_the_foods_load_in_a_fraction_of_the_start() -> None:
    durations = []
    for _ in range(3):
        started = time.process_time()
        FoodDatabase.load(shipped_directory() / "foods.yaml")
        durations.append(time.process_time() - started)
    assert min(durations) < 0.3


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "it", "pt", "hi"])
def test_foods_have_names_in_seven_languages(foods: FoodDatabase, language: str) -> None:
    assert sum(language in food.aliases for food in foods.foods) > (100 if language == "hi" else 350)


def test_what_a_food_is_made_of_is_stated_as_far_as_it_is_sure(foods: FoodDatabase) -> None:
    stated = {
        "apple": ("gluten", "dairy", "tree nuts", "pork"),
        "egg_boiled": ("gluten", "milk", "nuts", "pork"),
        "chicken_breast_grilled": ("gluten", "dairy", "pork", "beef"),
        "soy_milk_unsweetened": ("dairy", "egg"),
        "tofu_firm": ("dairy", "meat"),
    }
    for food_id, substances in stated.items():
        food = foods.by_id(food_id)
        assert food is not None
        assert all(food.is_free_of(substance) for substance in substances), food_id


def test_nothing_is_promised_of_what_differs_from_maker_to_maker(foods: FoodDatabase) -> None:
    made = ("pork_sausage_cooked", "white_bread", "chicken_curry", "pesto", "milk_chocolate", "hummus")
    for food_id in (*made, "oats_rolled_dry", "almonds", "coconut_oil", "buttermilk"):
        food = foods.by_id(food_id)
        assert food is not None
        free = {name for name in ("gluten", "dairy", "tree_nut") if food.is_free_of(name)}
        assert len(free) < 3, food_id
    for food_id in made:
        food = foods.by_id(food_id)
        assert food is not None
        assert food.free_of == frozenset(), food_id


def test_no_food_is_free_of_what_it_contains_or_suits_whom_it_does_not(foods: FoodDatabase) -> None:
    for food in foods.foods:
        assert not food.free_of & (food.contains | food.may_contain), food.id
        if food.category in ("meat", "fish"):
            assert not food.suits("vegetarian"), food.id
        if food.suits("vegan"):
            assert not food.contains & {"dairy", "egg", "meat", "fish", "shellfish", "honey"}, food.id


def test_liquids_are_counted_by_volume(foods: FoodDatabase) -> None:
    drinks = [food for food in foods.foods if food.category == "drink" and "powder" not in food.id]
    assert [food.id for food in drinks if "ml" not in food.portions] == []


def test_household_weights_that_mislead_are_not_used(foods: FoodDatabase) -> None:
    for food_id, unit, most in (("mango", "one", 250), ("pizza_cheese", "one", 400), ("garlic", "one", 5)):
        food = foods.by_id(food_id)
        assert food is not None
        assert food.portions.get(unit, 0) <= most


def test_the_shipped_plan_is_coherent_to_the_kcal(plan: Plan) -> None:
    for meal in plan.meals:
        assert meal.target.energy_kcal == meal.target.energy_of_grams_kcal


def test_the_shipped_plan_reconciles_after_lunch_is_missed(plan: Plan) -> None:
    lunch = plan.meal("lunch")
    assert lunch is not None
    later = plan.meals[plan.meals.index(lunch) + 1 :]
    outcome = rebalance([MealTarget(meal.target, meal.target) for meal in later], lunch.target)
    assert outcome.residual.protein_g == 0
    kept = sum(after.energy_kcal for after in outcome.targets) + outcome.residual.energy_kcal
    assert kept == sum(meal.target.energy_kcal for meal in later) + lunch.target.energy_kcal
