"""Foods and amounts as they are said back: as somebody in a kitchen would say them."""

from __future__ import annotations

import re

import pytest

from device.nutrition.events import FoodItem, Nutrients
from device.nutrition.foods import FoodDatabase
from device.tools.foodwords import counted, fitting, item_said, minutes_said, sentence, wordings_of


def item(name: str, quantity: float | None, unit: str | None = None) -> FoodItem:
    return FoodItem(name, Nutrients(), quantity=quantity, unit=unit)


@pytest.mark.parametrize(
    ("name", "quantity", "unit", "said"),
    [
        ("apple", 1, None, "an apple"),
        ("apple", 0.5, None, "half an apple"),
        ("boiled egg", 2, None, "two boiled eggs"),
        ("boiled egg", 2, "large", "two large boiled eggs"),
        ("banana", 1, "large", "a large banana"),
        ("banana", 1.5, None, "one and a half bananas"),
        ("almonds", 1, None, "an almond"),
        ("almonds", 12, None, "twelve almonds"),
        ("almonds", 13, None, "13 almonds"),
        ("strawberries", 1, None, "a strawberry"),
        ("tinned peaches", 0.25, None, "a quarter of a tinned peach"),
        ("baked potato", 2, "piece", "two pieces of baked potato"),
        ("baked potato", 3, None, "three baked potatoes"),
        ("fruit Danish pastry", 2, None, "two fruit Danish pastries"),
        ("roast chicken thigh with skin", 2, None, "two roast chicken thighs with skin"),
        ("crispy chicken sandwich", 2, None, "two crispy chicken sandwiches"),
        ("white toast", 2, None, "two pieces of white toast"),
        ("éclair", 1, None, "an éclair"),
        ("cheese and tomato pizza", 2, "slice", "two slices of cheese and tomato pizza"),
        ("cooked white rice", 200, "g", "200 grams of cooked white rice"),
        ("cooked white rice", 0.5, "cup", "half a cup of cooked white rice"),
        ("cooked white rice", 2 / 3, "cup", "two thirds of a cup of cooked white rice"),
        ("cooked white rice", 0.1, "kg", "0.1 kilograms of cooked white rice"),
        ("water", 1.5, "l", "one and a half litres of water"),
        ("whole milk", 1, "glass", "a glass of whole milk"),
        ("cooked spinach", 2, "handful", "two handfuls of cooked spinach"),
        ("lettuce", 2, "leaf", "two leaves of lettuce"),
        ("cooked white rice", None, None, "a usual portion of cooked white rice"),
    ],
)
def test_an_amount_is_said_as_people_say_it(
    name: str, quantity: float | None, unit: str | None, said: str
) -> None:
    assert item_said(item(name, quantity, unit)) == said


def test_every_food_has_one_and_two_of_it(foods: FoodDatabase) -> None:
    for food in foods.foods:
        one, two = item_said(item(food.name, 1)), item_said(item(food.name, 2))
        assert re.match("an? ", one), one
        assert two.startswith("two "), two
        assert one.split()[1:] != two.split()[1:], two
        assert not re.search(r"sss|ies(s|es)\b", two), two


def test_several_are_said_in_full_by_name_and_by_number() -> None:
    items = [item("apple", 2), item("whole milk", 1, "glass")]
    assert wordings_of(items) == ("two apples and a glass of whole milk", "apple and whole milk", "two foods")
    assert wordings_of(items[:1]) == ("two apples", "apple", "one food")


def test_the_first_wording_that_is_short_enough() -> None:
    long = " ".join(["word"] * 26)
    assert fitting(long, "short", "shorter") == "short"
    assert fitting(" ".join(["word"] * 25), "short") != "short"
    assert fitting("x" * 300, "short") == "short"
    assert fitting(long) == long


def test_a_sentence_begins_with_a_capital_and_keeps_the_others() -> None:
    assert sentence("two Big Macs") == "Two Big Macs"
    assert sentence("") == ""


def test_a_number_too_long_to_be_said_is_rounded() -> None:
    assert counted(2.718281828, "tbsp") == "2.72 tablespoons"
    assert counted(100_000, "g") == "100000 grams"
    assert counted(12.004, "slice") == "twelve slices"
    assert counted(0.004, "kg") == "0.004 kilograms"


def test_what_is_nearly_one_is_one() -> None:
    assert item_said(item("apple", 1.001)) == "an apple"
    assert item_said(item("apple", 0.999)) == "an apple"
    assert item_said(item("apple", 1.01)) == "1.01 apples"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0.4, "under a minute"), (0.6, "a minute"), (1.4, "a minute"), (2, "two minutes"), (40, "40 minutes")],
)
def test_a_time_is_said_in_minutes(minutes: float, said: str) -> None:
    assert minutes_said(minutes) == said
