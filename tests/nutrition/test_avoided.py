"""What a person must not or will not eat: nothing of it may ever be offered."""

from __future__ import annotations

import pytest

from device.nutrition.avoided import may_eat, names_a_group
from device.nutrition.food import Food
from device.nutrition.foods import FoodDatabase
from device.nutrition.leastsquares import STEP_G
from device.nutrition.macros import Macros
from device.nutrition.plates import MealKind
from device.nutrition.profile import Condition, Profile
from device.nutrition.substitute import Ingredient, Refusal, substitute, swap_for
from device.nutrition.suggest import suggest

PREGNANT = Profile(conditions=frozenset({Condition.PREGNANT}))
MINOR = Profile(age_years=16)
LUNCH = Macros(600, 35, 70, 20)


def without(*words: str) -> Profile:
    return Profile(excluded_foods=frozenset(words))


def allowed(foods: FoodDatabase, profile: Profile) -> set[str]:
    return {food.id for food in foods.foods if may_eat(profile, food)}


@pytest.mark.parametrize(
    ("word", "out", "still_in"),
    [
        (
            "fish",
            "salmon_cooked mackerel_cooked tuna_canned_in_water sushi_nigiri_tuna fish_sauce miso_soup",
            "chicken_breast_grilled prawns_shrimp_cooked rice_white_cooked",
        ),
        ("nuts", "walnuts almonds peanut_butter pesto muesli", "chickpeas_cooked apple salmon_cooked"),
        ("pork", "ham_sliced bacon_cooked chorizo_raw lard refried_beans", "chicken_breast_grilled apple"),
        ("meat", "chicken_breast_grilled beef_stew lentil_soup", "salmon_cooked white_bread tofu_firm"),
        ("Cheese", "gouda brie cottage_cheese_low_fat_2 pizza_pepperoni pesto", "milk_whole white_bread"),
        (
            "poultry",
            "chicken_breast_grilled turkey_deli_slices duck_roasted biryani_chicken paella shepherds_pie",
            "beef_stew pork_chop_grilled lamb_leg_roasted salmon_cooked lentils_cooked",
        ),
        (
            "red meat",
            "beef_stew ham_sliced lamb_leg_roasted venison_roasted spaghetti_bolognese shepherds_pie",
            "chicken_breast_grilled turkey_bacon biryani_chicken salmon_cooked",
        ),
        ("the seafood", "salmon_cooked crab_cooked paella oyster_sauce", "chicken_breast_grilled apple"),
        ("shellfish", "prawns_shrimp_cooked mussels_cooked paella", "salmon_cooked"),
        ("dairy products", "milk_whole gouda beef_stroganoff_with_noodles", "salmon_cooked"),
        ("chicken dishes", "biryani_chicken chicken_breast_grilled", "beef_stew"),
        ("raw fish", "sushi_nigiri_salmon ceviche", "salmon_cooked cod_cooked"),
        ("oily fish", "salmon_cooked sardines_canned_in_oil anchovies_in_oil", "cod_cooked"),
        ("dairy", "milk_whole butter_salted gouda", "salmon_cooked"),
        ("pasta", "pasta_dry spaghetti_bolognese lasagne_vegetable ravioli_cheese", "rice_white_cooked"),
        ("noodles", "egg_noodles_cooked ramen_bowl_chicken pad_thai_chicken", "pasta_cooked"),
        ("bread", "white_toast bagel hamburger sub_sandwich_tuna", "pasta_cooked oats_rolled_dry"),
        ("rice", "rice_brown_cooked paella sushi_roll_salmon", "pasta_cooked"),
        ("berries", "strawberries blueberries", "apple"),
        ("citrus", "orange lemon_juice clementine", "apple"),
        ("offal", "chicken_liver_cooked liver_pate", "kidney_beans_cooked_rajma"),
        ("lentils", "lentils_cooked lentil_soup", "chickpeas_cooked"),
        ("tree nuts", "walnuts", "apple"),
        ("alcohol", "wine_red beer", "apple"),
    ],
)
def test_a_word_leaves_out_all_that_it_means(foods: FoodDatabase, word: str, out: str, still_in: str) -> None:
    known = {food.id for food in foods.foods}
    assert {*out.split(), *still_in.split()} <= known
    assert not {*out.split()} & allowed(foods, without(word))
    assert {*still_in.split()} <= allowed(foods, without(word))


@pytest.mark.parametrize("word", ["fish", "nuts", "pork", "meat", "egg", "gluten", "shellfish"])
def test_what_contains_a_substance_that_was_named_is_never_left_in(foods: FoodDatabase, word: str) -> None:
    for food in foods.foods:
        assert not may_eat(without(word), food) or food.is_free_of(word)


@pytest.mark.parametrize("word", ["cheese", "poultry", "red meat", "pasta", "bread", "fish", "nuts"])
def test_who_leaves_out_a_group_still_gets_lunch_and_swaps_without_it(foods: FoodDatabase, word: str) -> None:
    profile = without(word)
    chicken, rice = foods.by_id("chicken_breast_grilled"), foods.by_id("rice_white_cooked")
    assert chicken is not None
    assert rice is not None
    meal = (Ingredient(chicken, 150), Ingredient(rice, 200))
    offered: list[Food] = []
    for day in range(5):
        ideas = suggest(LUNCH, MealKind.MAIN, foods, profile, seed=day)
        assert ideas and ideas[0].is_fit
        offered += [each.food for idea in ideas for each in idea.ingredients if each.grams >= STEP_G]
    ids = allowed(foods, profile)
    assert {food.id for food in offered} <= ids
    assert {swap.new.food.id for swap in substitute(meal, 0, foods.foods, profile).offers} <= ids


@pytest.mark.parametrize("word", ["legumes", "Red meat", "nuts", "the cheeses", "seafood"])
def test_a_word_for_a_group_is_known_as_one(word: str) -> None:
    assert names_a_group(word)


@pytest.mark.parametrize("word", ["turnip", "", "salmon_cooked", "wild salmon"])
def test_a_food_is_no_group(word: str) -> None:
    assert not names_a_group(word)


# ------------------------------------------------------------------------------- pregnancy and age


@pytest.mark.parametrize(
    "food_id",
    [
        *("smoked_salmon", "brie", "blue_cheese", "goat_cheese_soft", "chicken_liver_cooked", "liver_pate"),
        *("sushi_nigiri_salmon", "ceviche", "salami", "egg_raw", "wine_white", "beer"),
    ],
)
def test_what_midwives_advise_against_is_neither_suggested_nor_swapped_in(
    foods: FoodDatabase, food_id: str
) -> None:
    food, bread = foods.by_id(food_id), foods.by_id("white_bread")
    assert food is not None
    assert bread is not None
    assert may_eat(Profile(), food)
    assert not may_eat(PREGNANT, food)
    assert swap_for((Ingredient(bread, 80),), 0, food, PREGNANT).refusal is Refusal.EXCLUDED


@pytest.mark.parametrize("food_id", ["gouda", "salmon_cooked", "egg_boiled", "lamb_leg_roasted", "apple"])
def test_everyday_food_stays_in_pregnancy(foods: FoodDatabase, food_id: str) -> None:
    food = foods.by_id(food_id)
    assert food is not None
    assert may_eat(PREGNANT, food)


def test_minors_are_offered_no_alcohol(foods: FoodDatabase) -> None:
    drinks = {food.id for food in foods.foods if food.alcohol_g}
    assert len(drinks) >= 5
    assert allowed(foods, Profile(age_years=18)) - allowed(foods, MINOR) == drinks | {"energy_drink_red_bull"}
    beer, wine = foods.by_id("beer"), foods.by_id("wine_red")
    assert beer is not None
    assert wine is not None
    meal = (Ingredient(beer, 330),)
    assert swap_for(meal, 0, wine, MINOR).refusal is Refusal.EXCLUDED
    offers = substitute(meal, 0, foods.foods, MINOR).offers
    assert not any(swap.new.food.alcohol_g for swap in offers if isinstance(swap.new.food, Food))


@pytest.mark.parametrize("profile", [PREGNANT, Profile(age_years=12)])
def test_energy_drinks_are_for_grown_up_people_who_are_not_pregnant(
    foods: FoodDatabase, profile: Profile
) -> None:
    drink = foods.by_id("energy_drink_red_bull")
    assert drink is not None
    assert may_eat(Profile(), drink)
    assert not may_eat(profile, drink)
