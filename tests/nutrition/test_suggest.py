"""Suggestions: food that fits the target, that the person may eat, and that sounds like a meal."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.nutrition.avoided import may_eat
from device.nutrition.foods import FoodDatabase
from device.nutrition.helping import Helping, said, said_quietly
from device.nutrition.macros import NOTHING, Macros, total
from device.nutrition.plan import Plan, PlannedFood
from device.nutrition.plates import NAMED, MealKind, meal_kind
from device.nutrition.profile import Condition, Profile
from device.nutrition.substitute import is_unprepared
from device.nutrition.suggest import Suggestion, suggest

BREAKFAST = Macros(455, 25, 55, 15)
SNACK = Macros(166, 8, 20, 6)
LUNCH = Macros(600, 35, 70, 20)
USUAL = ((MealKind.BREAKFAST, BREAKFAST), (MealKind.SNACK, SNACK), (MealKind.MAIN, LUNCH))
EATERS = {
    "anything": Profile(),
    "vegetarian": Profile(diet="vegetarian"),
    "vegan": Profile(diet="vegan"),
    "pescatarian": Profile(diet="pescatarian"),
    "no gluten": Profile(allergens=frozenset({"gluten"})),
    "no dairy": Profile(allergens=frozenset({"dairy"})),
    "no nuts": Profile(allergens=frozenset({"nuts"})),
    "no egg, no fish": Profile(allergens=frozenset({"egg", "fish"})),
    "no tomato": Profile(excluded_foods=frozenset({"tomato"})),
    "little carbohydrate": Profile(carbohydrate_cap_meal_g=45),
}
WEIGHED_RAW_AND_EATEN_SO = {"oats_rolled_dry"}
TOPPINGS = {"honey", "jam"}
SAUCES = {"tomato_pasta_sauce_marinara", "tzatziki"}


@st.composite
def targets(draw: st.DrawFn) -> tuple[MealKind, Macros]:
    kind, (least, most) = draw(
        st.sampled_from(
            [
                (MealKind.BREAKFAST, (250, 800)),
                (MealKind.SNACK, (60, 350)),
                (MealKind.MAIN, (200, 1500)),
            ]
        )
    )
    kcal = draw(st.integers(least, most))
    protein, fat = draw(st.floats(0.1, 0.35)), draw(st.floats(0.2, 0.4))
    rest = 1 - protein - fat
    return kind, Macros(kcal, round(protein * kcal / 4), round(rest * kcal / 4), round(fat * kcal / 9))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(targets(), st.sampled_from(list(EATERS.values())), st.integers(0, 2**32))
def test_whatever_is_offered_may_be_eaten_and_is_a_meal(
    foods: FoodDatabase, wanted: tuple[MealKind, Macros], profile: Profile, seed: int
) -> None:
    kind, target = wanted
    suggestions = suggest(target, kind, foods, profile, seed=seed)
    assert len(suggestions) <= 3
    for suggestion in suggestions:
        check_is_a_meal(suggestion, profile)
        assert suggestion.macros == total(each.macros for each in suggestion.ingredients)
        assert suggestion.difference == suggestion.macros - target
        assert suggestion.is_fit == is_near(suggestion.macros, target)
    assert len(suggestions) == 1 or all(each.is_fit for each in suggestions)


def check_is_a_meal(suggestion: Suggestion, profile: Profile) -> None:
    assert 1 <= len(suggestion.ingredients) <= 4
    assert len({each.food.id for each in suggestion.ingredients}) == len(suggestion.ingredients)
    for each in suggestion.ingredients:
        food = each.food
        assert may_eat(profile, food)
        assert not is_unprepared(food) or food.id in WEIGHED_RAW_AND_EATEN_SO
        assert not food.alcohol_g
        assert food.category not in {"drink", "snack"}
        assert food.category != "sweet" or food.id in TOPPINGS
        assert food.category != "sauce" or food.id in SAUCES
        assert each.grams % 5 == 0 and 5 <= each.grams <= max(400, 1.8 * food.usual_grams)
        assert food.per_100g.fat_g < 80 or each.grams <= 25
    if profile.carbohydrate_cap_meal_g is not None:
        assert suggestion.macros.carbohydrate_g <= profile.carbohydrate_cap_meal_g
    assert len(suggestion.said().split()) <= 18
    assert not any(letter.isdigit() for letter in suggestion.said(quiet=True))


def is_near(held: Macros, target: Macros) -> bool:
    protein_off = abs(held.protein_g - target.protein_g)
    return abs(held.energy_kcal - target.energy_kcal) <= 0.1 * target.energy_kcal and (
        protein_off <= 8 or protein_off <= 0.25 * target.protein_g
    )


@pytest.mark.parametrize("eater", EATERS)
@pytest.mark.parametrize(("kind", "target"), USUAL)
def test_usual_meals_are_found_for_everybody_on_every_day(
    foods: FoodDatabase, kind: MealKind, target: Macros, eater: str
) -> None:
    for seed in range(5):
        suggestions = suggest(target, kind, foods, EATERS[eater], seed=seed)
        assert suggestions and suggestions[0].is_fit


@pytest.mark.parametrize(("kind", "target"), USUAL)
def test_who_eats_anything_gets_three_with_different_proteins(
    foods: FoodDatabase, kind: MealKind, target: Macros
) -> None:
    for seed in range(10):
        offers = suggest(target, kind, foods, Profile(), seed=seed)
        mains = {max(each.ingredients, key=lambda one: one.macros.protein_g).food.id for each in offers}
        assert len(offers) == len(mains) == 3


def test_a_day_does_not_change_its_mind_and_days_differ(foods: FoodDatabase) -> None:
    def heard(seed: int) -> tuple[str, ...]:
        return tuple(each.said() for each in suggest(LUNCH, MealKind.MAIN, foods, Profile(), seed=seed))

    assert heard(7) == heard(7)
    assert len({heard(seed) for seed in range(14)}) == 14
    assert len({heard(seed)[0] for seed in range(14)}) >= 8


def test_three_weeks_bring_dishes_sandwiches_and_plates(foods: FoodDatabase) -> None:
    days = [suggest(LUNCH, MealKind.MAIN, foods, Profile(), seed=day) for day in range(20)]
    heard = [each.food.category for day in days for offer in day for each in offer.ingredients]
    assert len({offers[0].ingredients[0].food.id for offers in days}) >= 10
    assert min(map(heard.count, ("meal", "bread", "fish", "meat", "grain"))) >= 5


def test_as_many_as_asked_for(foods: FoodDatabase) -> None:
    assert len(suggest(LUNCH, MealKind.MAIN, foods, Profile(), seed=1, most=1)) == 1
    assert suggest(LUNCH, MealKind.MAIN, foods, Profile(), seed=1, most=0) == ()


# ------------------------------------------------------------------------------- the person's own food


def ids_of(suggestion: Suggestion) -> list[str]:
    return [each.food.id for each in suggestion.ingredients]


def test_the_foods_of_the_plan_come_first_in_portions_for_the_target(foods: FoodDatabase) -> None:
    planned = (PlannedFood("oats_rolled_dry", 60), PlannedFood("milk_whole", 200))
    first, *_ = suggest(BREAKFAST, MealKind.BREAKFAST, foods, Profile(), planned=planned, seed=3)
    assert ids_of(first) == ["oats_rolled_dry", "milk_whole"]
    assert first.is_fit and first.ingredients[1].grams > 200


@pytest.mark.parametrize(
    "planned",
    [
        ("chicken_breast_raw", "rice_white_cooked"),
        ("pasta_dry", "tomato_pasta_sauce_marinara"),
        ("chicken_breast_grilled", "wine_red"),
        ("chicken_breast_grilled", "no_such_food"),
        ("rice_white_cooked", "tofu_firm", "broccoli_cooked", "carrot_cooked", "olive_oil"),
    ],
)
def test_a_plan_that_cannot_be_offered_as_it_is_weighed_is_not(
    foods: FoodDatabase, planned: tuple[str, ...]
) -> None:
    meal = tuple(PlannedFood(each, 100) for each in planned)
    offers = suggest(LUNCH, MealKind.MAIN, foods, Profile(), planned=meal, seed=3)
    assert offers == suggest(LUNCH, MealKind.MAIN, foods, Profile(), seed=3)


def test_a_plan_with_what_the_person_avoids_is_not_offered(foods: FoodDatabase) -> None:
    meal = (PlannedFood("chicken_breast_grilled", 130), PlannedFood("rice_white_cooked", 250))
    offers = suggest(LUNCH, MealKind.MAIN, foods, EATERS["vegan"], planned=meal, seed=3)
    assert offers and all("chicken_breast_grilled" not in ids_of(each) for each in offers)


def test_what_a_person_eats_often_comes_more_often(foods: FoodDatabase) -> None:
    habits = ("duck_roasted", "taro_cooked")

    def days_with_habits(known: tuple[str, ...]) -> int:
        offers = (
            suggest(LUNCH, MealKind.MAIN, foods, Profile(), habits=known, seed=day) for day in range(20)
        )
        return sum(any(set(habits) & set(ids_of(each)) for each in day) for day in offers)

    assert days_with_habits(()) == 0
    assert days_with_habits(habits) >= 15


@pytest.mark.parametrize(
    "habit",
    [
        *("chicken_breast_raw", "pasta_dry", "beer", "butter_salted", "salami", "garlic", "parsley"),
        *("chocolate_cake_with_frosting", "sugar_white", "flour_white", "ramen_noodles_dry", "no_such_food"),
    ],
)
def test_a_habit_that_makes_no_meal_changes_nothing(foods: FoodDatabase, habit: str) -> None:
    for day in range(5):
        offers = suggest(LUNCH, MealKind.MAIN, foods, Profile(), habits=(habit,), seed=day)
        assert all(habit not in ids_of(each) or habit == "butter_salted" for each in offers)


def test_a_dish_of_the_household_is_offered_to_who_eats_it_often(
    foods: FoodDatabase, written: Callable[[str], Path]
) -> None:
    path = written(
        "foods:\n  grandmothers_bake:\n    category: meal\n"
        "    per_100g: {kcal: 150, protein: 9, carbohydrate: 17, fat: 5}\n"
        "    portions: {portion: 350}\n    source: our kitchen\n"
    )
    own = FoodDatabase(foods.foods, FoodDatabase.load(path).foods)
    offers = [
        suggest(LUNCH, MealKind.MAIN, own, Profile(), habits=("grandmothers_bake",), seed=day)
        for day in range(10)
    ]
    assert any("grandmothers_bake" in ids_of(each) for day in offers for each in day)


def test_what_midwives_advise_against_is_not_offered_in_pregnancy(foods: FoodDatabase) -> None:
    def offered(profile: Profile) -> set[str]:
        days = (suggest(BREAKFAST, MealKind.BREAKFAST, foods, profile, seed=day) for day in range(20))
        return {food_id for offers in days for each in offers for food_id in ids_of(each)}

    assert "smoked_salmon" in offered(Profile())
    assert not offered(Profile(conditions=frozenset({Condition.PREGNANT}))) & {"smoked_salmon", "brie"}


# ------------------------------------------------------------------------------- where little can be done


def test_nothing_is_offered_where_nothing_is_left_to_eat(foods: FoodDatabase) -> None:
    assert suggest(NOTHING, MealKind.MAIN, foods, Profile(), seed=1) == ()
    assert suggest(Macros(-120, -5, -10, -3), MealKind.MAIN, foods, Profile(), seed=1) == ()


def test_nothing_is_offered_where_nothing_is_known_to_be_safe(foods: FoodDatabase) -> None:
    unstated = [food for food in foods.foods if food.diet is None]
    assert unstated
    assert suggest(LUNCH, MealKind.MAIN, FoodDatabase(unstated), EATERS["vegan"], seed=1) == ()
    assert suggest(LUNCH, MealKind.MAIN, FoodDatabase([]), Profile(), seed=1) == ()


def test_where_nothing_fits_the_nearest_is_told_as_such(foods: FoodDatabase) -> None:
    (nearest,) = suggest(Macros(2000, 200, 150, 67), MealKind.MAIN, foods, Profile(), seed=1)
    assert not nearest.is_fit
    assert nearest.difference.energy_kcal < -200


# ------------------------------------------------------------------------------- kinds of meals


@pytest.mark.parametrize(
    ("name", "clock", "kcal", "kind"),
    [
        ("breakfast", time(7, 30), 455, MealKind.BREAKFAST),
        ("breakfast", time(18), 455, MealKind.BREAKFAST),
        ("morning snack", time(10, 30), 320, MealKind.SNACK),
        ("Snacks", time(22), 400, MealKind.SNACK),
        ("lunch", time(12, 30), 240, MealKind.MAIN),
        ("dinner", time(7), 700, MealKind.MAIN),
        ("merienda", time(16), 183, MealKind.SNACK),
        ("Frühstück", time(8), 500, MealKind.BREAKFAST),
        ("Abendbrot", time(18), 500, MealKind.MAIN),
    ],
)
def test_the_kind_of_a_meal(name: str, clock: time, kcal: float, kind: MealKind) -> None:
    assert meal_kind(name, clock, kcal) is kind


def test_every_meal_of_the_shipped_plan_gets_food_of_its_kind(foods: FoodDatabase, plan: Plan) -> None:
    kinds = [meal_kind(meal.name, meal.time, meal.target.energy_kcal) for meal in plan.meals]
    snack, main = MealKind.SNACK, MealKind.MAIN
    assert kinds == [MealKind.BREAKFAST, snack, main, snack, main]
    for meal, kind in zip(plan.meals, kinds, strict=True):
        assert suggest(meal.target, kind, foods, Profile(), seed=1)[0].is_fit


def test_every_food_that_stands_on_a_plate_is_known_and_ready(foods: FoodDatabase) -> None:
    for food_id in NAMED:
        food = foods.by_id(food_id)
        assert food is not None, food_id
        assert not is_unprepared(food) or food_id in WEIGHED_RAW_AND_EATEN_SO, food_id


# ------------------------------------------------------------------------------- how it is said


def helpings(foods: FoodDatabase, **grams: float) -> list[Helping]:
    found = {food_id: foods.by_id(food_id) for food_id in grams}
    return [Helping(food, grams[food_id]) for food_id, food in found.items() if food]


def test_how_a_meal_is_said(foods: FoodDatabase) -> None:
    fish = helpings(foods, salmon_cooked=180, potato_boiled=200, broccoli_cooked=150)
    assert said(fish) == "180 g of cooked salmon, 200 g of boiled potatoes and 150 g of broccoli"
    assert said_quietly(fish) == "salmon, boiled potatoes and broccoli"


def test_pieces_are_counted(foods: FoodDatabase) -> None:
    breakfast = helpings(foods, egg_boiled=100, wholemeal_toast_whole_wheat=65, orange=130, butter_salted=5)
    assert said(breakfast) == "2 boiled eggs, 65 g of wholemeal toast, an orange and 5 g of butter"
    assert said_quietly(breakfast) == "boiled eggs, wholemeal toast, an orange and a little butter"
    assert said(helpings(foods, egg_boiled=80)) == "80 g of boiled egg"


def test_a_long_meal_is_said_with_fewer_words(foods: FoodDatabase) -> None:
    meal = helpings(
        foods, chicken_breast_grilled=90, rice_brown_cooked=230, bell_pepper_red=175, olive_oil=15
    )
    assert said(meal) == "90 g grilled chicken breast, 230 g brown rice, 175 g red pepper and 15 g olive oil"


def test_the_chance_that_others_share_is_left_alone(foods: FoodDatabase) -> None:
    random.seed(1)
    before = random.getstate()
    suggest(LUNCH, MealKind.MAIN, foods, Profile(), seed=5)
    assert random.getstate() == before
