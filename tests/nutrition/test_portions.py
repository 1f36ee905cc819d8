"""Amounts as people say them, and what they weigh."""

from __future__ import annotations

import pytest

from device.nutrition.food import Food
from device.nutrition.foods import FoodDatabase
from device.nutrition.macros import NOTHING
from device.nutrition.portions import NoWeight, Quantity, SpokenAmount, Weight, parse_quantity, weigh


@pytest.mark.parametrize(
    ("text", "amount", "unit", "food"),
    [
        ("two eggs", 2, None, "eggs"),
        ("half a dozen eggs", 6, None, "eggs"),
        ("half dozen eggs", 6, None, "eggs"),
        ("a dozen oysters", 12, None, "oysters"),
        ("two dozen oysters", 24, None, "oysters"),
        ("one and a half dozen eggs", 18, None, "eggs"),
        ("two and a half slices of brown bread", 2.5, "slice", "brown bread"),
        ("a hundred grams of salmon", 100, "g", "salmon"),
        ("a hundred and fifty grams of salmon", 150, "g", "salmon"),
        ("one hundred fifty grams of salmon", 150, "g", "salmon"),
        ("two thousand grams of flour", 2000, "g", "flour"),
        ("twenty-five almonds", 25, None, "almonds"),
        ("ninety nine almonds", 99, None, "almonds"),
        ("a couple of slices of toast", 2, "slice", "toast"),
        ("a pair of sausages", 2, None, "sausages"),
        ("1/2 cup", 0.5, "cup", ""),
        ("1/2 cup of milk", 0.5, "cup", "milk"),
        ("½ cup milk", 0.5, "cup", "milk"),
        ("1 1/2 cups of rice", 1.5, "cup", "rice"),
        ("2½ cups of rice", 2.5, "cup", "rice"),
        ("a cup and a half of rice", 1.5, "cup", "rice"),
        ("three quarters of a cup of milk", 0.75, "cup", "milk"),
        ("half a cup of milk", 0.5, "cup", "milk"),
        ("a half cup of milk", 0.5, "cup", "milk"),
        ("half an avocado", 0.5, None, "avocado"),
        ("a quarter of the pizza", 0.25, None, "pizza"),
        ("one point five litres of water", 1.5, "l", "water"),
        ("150g salmon", 150, "g", "salmon"),
        ("150 g of salmon", 150, "g", "salmon"),
        ("1.5 kg potatoes", 1.5, "kg", "potatoes"),
        ("1,5 kg potatoes", 1.5, "kg", "potatoes"),
        ("1,000 g potatoes", 1000, "g", "potatoes"),
        ("about 200 ml of orange juice", 200, "ml", "orange juice"),
        ("12 fluid ounces of cola", 12, "fl_oz", "cola"),
        ("12 fl oz cola", 12, "fl_oz", "cola"),
        ("three ounces of cheddar", 3, "oz", "cheddar"),
        ("two pounds of beef", 2, "lb", "beef"),
        ("a teaspoon of sugar", 1, "tsp", "sugar"),
        ("two tablespoons of olive oil", 2, "tbsp", "olive oil"),
        ("a serving of lasagne", 1, "portion", "lasagne"),
        ("three rashers of bacon", 3, "rasher", "bacon"),
        ("a tub of yoghurt", 1, "container", "yoghurt"),
        ("two loaves of bread", 2, "loaf", "bread"),
        ("slice of toast", 1, "slice", "toast"),
        ("glass of milk", 1, "glass", "milk"),
        ("an apple", 1, None, "apple"),
        ("salmon, 150 grams", 150, "g", "salmon"),
        ("milk two cups", 2, "cup", "milk"),
        ("milk", None, None, "milk"),
        ("some rice", None, None, "rice"),
        ("macaroni and cheese", None, None, "macaroni and cheese"),
        ("2% milk", None, None, "2% milk"),
        ("2 percent milk", None, None, "2 percent milk"),
        ("1/0 cup", None, None, "1/0 cup"),
        ("dozen eggs", 12, None, "eggs"),
        ("couple of eggs", 2, None, "eggs"),
        ("a dozen and a half eggs", 18, None, "eggs"),
        ("another slice of toast", 1, "slice", "toast"),
        ("two more eggs", 2, None, "eggs"),
        ("a pound of mince", 1, "lb", "mince"),
        ("a pound and a half of mince", 1.5, "lb", "mince"),
        ("half a pound of mince", 0.5, "lb", "mince"),
        ("a quarter pound of cheese", 0.25, "lb", "cheese"),
        ("a heaped teaspoon of sugar", 1, "tsp", "sugar"),
        ("heaped teaspoon of sugar", 1, "tsp", "sugar"),
        ("a whole avocado", 1, None, "avocado"),
        ("a glass of whole milk", 1, "glass", "whole milk"),
        ("a whole milk latte", 1, None, "whole milk latte"),
        ("a 12 oz can of cola", 12, "oz", "cola"),
        ("a 12-ounce can of cola", 12, "oz", "cola"),
        ("two 330 ml cans of beer", 660, "ml", "beer"),
        ("a 400g tin of tomatoes", 400, "g", "tomatoes"),
        ("half a 400 g tin of tomatoes", 200, "g", "tomatoes"),
        ("two 6 oz steaks", 12, "oz", "steaks"),
        ("a half-pint of beer", 0.5, "pint", "beer"),
        ("", None, None, ""),
    ],
)
def test_an_amount_is_taken_apart(text: str, amount: float | None, unit: str | None, food: str) -> None:
    quantity = None if amount is None else Quantity(amount, unit)
    assert parse_quantity(text) == SpokenAmount(quantity, food)


@pytest.mark.parametrize(
    ("text", "quantity", "food"),
    [
        ("a large banana", Quantity(1, None, "large"), "banana"),
        ("two big glasses of milk", Quantity(2, "glass", "large"), "milk"),
        ("small apple", Quantity(1, None, "small"), "apple"),
    ],
)
def test_a_size_is_taken_apart(text: str, quantity: Quantity, food: str) -> None:
    assert parse_quantity(text) == SpokenAmount(quantity, food)


@pytest.mark.parametrize(
    ("text", "food", "unclear"),
    [
        ("a few almonds", "almonds", "a few"),
        ("a little milk", "milk", "a little"),
        ("lots of cheese", "cheese", "lots"),
        ("a bit of cheese", "cheese", "a bit"),
        ("slices of toast", "toast", "slices"),
        ("two eggs and a slice of toast", "eggs and a slice of toast", "several foods"),
        ("two or three eggs", "eggs", "from one amount to another"),
        ("2-3 eggs", "eggs", "from one amount to another"),
        ("100 to 150 grams of salmon", "salmon", "from one amount to another"),
        ("1 lb 4 oz of beef", "4 oz of beef", "several foods"),
        ("one egg with two sausages", "egg with two sausages", "several foods"),
    ],
)
def test_what_names_no_number_or_several_foods_is_not_guessed(text: str, food: str, unclear: str) -> None:
    assert parse_quantity(text) == SpokenAmount(None, food, unclear)


def test_fish_and_chips_is_one_food_of_which_there_are_two() -> None:
    assert parse_quantity("two fish and chips") == SpokenAmount(Quantity(2), "fish and chips")


# ------------------------------------------------------------------------------------- weights


def grams(foods: FoodDatabase, food_id: str, quantity: Quantity) -> float | None:
    food = foods.by_id(food_id)
    assert food is not None
    weight = weigh(food, quantity)
    return round(weight.grams, 1) if isinstance(weight, Weight) else None


@pytest.mark.parametrize(
    ("food_id", "quantity", "expected"),
    [
        ("egg_boiled", Quantity(6), 300),
        ("banana", Quantity(1, None, "large"), 136),
        ("banana", Quantity(2, None, "medium"), 236),
        ("white_toast", Quantity(2, "slice"), 50),
        ("salmon_cooked", Quantity(150, "g"), 150),
        ("salmon_cooked", Quantity(1, "kg"), 1000),
        ("salmon_cooked", Quantity(4, "oz"), 113.4),
        ("salmon_cooked", Quantity(1, "lb"), 453.6),
        ("butter_salted", Quantity(2, "tbsp"), 28.4),
        ("rice_white_cooked", Quantity(0.5, "cup"), 79),
        ("milk_whole", Quantity(200, "ml"), 206.2),
        ("milk_whole", Quantity(0.5, "l"), 515.6),
        ("cola", Quantity(12, "oz"), 368.3),
        ("cola", Quantity(12, "fl_oz"), 368.3),
        ("beer", Quantity(1, "pint"), 585),
        ("baked_beans_canned", Quantity(1, "can"), 400),
        ("olive_oil", Quantity(3, "tsp"), 13.5),
        ("honey", Quantity(15, "ml"), 21.3),
        ("tuna_canned_in_water", Quantity(12, "oz"), 340.2),
        ("milk_chocolate", Quantity(2, "oz"), 56.7),
        ("pizza_cheese", Quantity(0.5, None, "large"), 426.5),
    ],
)
def test_a_quantity_weighs(foods: FoodDatabase, food_id: str, quantity: Quantity, expected: float) -> None:
    assert grams(foods, food_id, quantity) == expected


@pytest.mark.parametrize(
    ("food_id", "quantity"),
    [
        ("salmon_cooked", Quantity(200, "ml")),
        ("salmon_cooked", Quantity(1, "cup")),
        ("banana", Quantity(1, "rasher")),
        ("rice_white_cooked", Quantity(2)),
        ("french_fries", Quantity(10)),
        ("flour_white", Quantity(1, "glass")),
    ],
)
def test_a_unit_that_the_food_has_no_weight_for_is_not_guessed(
    foods: FoodDatabase, food_id: str, quantity: Quantity
) -> None:
    assert grams(foods, food_id, quantity) is None


def cake(**portions: float) -> Food:
    return Food("cake", "cake", "sweet", NOTHING, "a test", portions=portions)


def test_what_a_food_has_portions_for_is_told_with_grams() -> None:
    assert weigh(cake(slice=80), Quantity(2, "glass")) == NoWeight("glass", {"slice": 80, "g": 1})
    assert weigh(cake(slice=80), Quantity(2)) == NoWeight("one", {"slice": 80, "g": 1})


def test_a_portion_of_that_size_and_unit_comes_first() -> None:
    portions = {"slice": 80.0, "large slice": 120.0}
    food = Food("cake", "cake", "sweet", NOTHING, "a test", portions=portions)
    assert weigh(food, Quantity(2, "slice", "large")) == Weight(240)


def test_a_size_that_is_not_known_is_taken_as_usual_and_mentioned() -> None:
    expected = Weight(80, "taken as a usual size, not large")
    assert weigh(cake(slice=80), Quantity(1, "slice", "large")) == expected
    assert weigh(cake(one=80), Quantity(1, None, "medium")) == Weight(80)


def test_a_unit_that_stands_in_for_another_is_mentioned() -> None:
    assert weigh(cake(tin=400), Quantity(2, "can")) == Weight(800, "can taken as tin")


def test_a_volume_is_weighed_by_the_nearest_measure_of_the_food() -> None:
    weight = weigh(cake(cup=100, tsp=4.93), Quantity(10, "ml"))
    assert isinstance(weight, Weight)
    assert weight.grams == pytest.approx(10)
