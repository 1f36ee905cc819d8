"""substitute: the meal stays what it was, and what may not be eaten, or is no match, is never offered."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from device.nutrition.events import FoodEaten, FoodItem, Nutrients, ProfileChanged
from device.nutrition.macros import Macros
from device.nutrition.plan import HouseholdPlan, Plan, PlannedFood, PlannedMeal
from device.tools import Kitchen
from device.tools.kitchen import Ways
from device.tools.people import NOBODY_NAMED, Person
from tests.tools.calls import answer_of
from tests.tools.conftest import KitchenMaker

Item = dict[str, object]


def grams(food: str, amount: float) -> Item:
    return {"food": food, "quantity": amount, "unit": "g"}


DINNER = [grams("chicken", 150), grams("rice", 180), grams("broccoli", 100), grams("olive oil", 10)]
PLANNED = (
    PlannedFood("chicken_breast_grilled", 150),
    PlannedFood("rice_white_cooked", 180),
    PlannedFood("olive_oil", 10),
)
SENTENCES = {
    "EXCLUDED": "That is not known to fit what you avoid, so I leave it out.",
    "NOT_READY": "That is weighed raw or dry; name it cooked, as it is in the meal.",
    "NO_CANDIDATE": "I know nothing of the same kind that fits what you eat.",
    "TOO_FAR": "Nothing comes near enough to keep the meal as it was.",
}


def log(kitchen: Kitchen, *happenings: Any, person: str = NOBODY_NAMED) -> None:
    kitchen.diary.log(f"entry-of-{person}", person, happenings)


def portions_of(offer: dict[str, Any]) -> dict[str, float]:
    matches = [re.fullmatch(r"(\d+) g (.+)", portion) for portion in offer["portions"]]
    return {match[2]: float(match[1]) for match in matches if match}


def names_offered(answer: dict[str, Any]) -> list[str]:
    return [offer["food_id"] for offer in answer["offers"]]


def with_dinner_of_foods(kitchen: Kitchen) -> Kitchen:
    dinner = PlannedMeal("dinner", time(19), Macros(560, 50, 51, 15), ("supper",), PLANNED)
    lunch = PlannedMeal("lunch", time(12), Macros(600, 35, 70, 20))
    return replace(kitchen, plan=HouseholdPlan(Plan((lunch, dinner))))


# ------------------------------------------------------------------------------------- offers


def test_a_food_that_was_named_is_fitted_into_the_meal(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "substitute", ingredient="chicken", instead="tofu", ingredients=DINNER)
    assert answer["said"] == (
        "Take 230 grams of firm tofu, rice 160, broccoli 130, no olive oil; "
        "energy within 1 percent, 6 grams less protein."
    )
    (offer,) = answer["offers"]
    assert offer["food_id"] == "tofu_firm"
    assert offer["portions"] == [
        "230 g firm tofu",
        "160 g cooked white rice",
        "130 g cooked broccoli",
        "0 g olive oil",
    ]
    assert "note" not in answer


def test_what_is_said_of_the_difference_is_so(kitchen: Kitchen) -> None:
    foods = kitchen.foods
    before = [
        ("grilled chicken breast", 150),
        ("cooked white rice", 180),
        ("cooked broccoli", 100),
        ("olive oil", 10),
    ]
    by_name = {food.name: food for food in foods.foods}
    held = sum((by_name[name].macros_of(amount) for name, amount in before), start=Macros(0, 0, 0, 0))
    answer = answer_of(kitchen, "substitute", ingredient="chicken", ingredients=DINNER)
    assert len(answer["offers"]) == 3
    for offer in answer["offers"]:
        after = [by_name[name].macros_of(amount) for name, amount in portions_of(offer).items()]
        difference = sum(after, start=Macros(0, 0, 0, 0)) - held
        assert abs(difference.energy_kcal) <= 0.05 * held.energy_kcal
        assert offer["difference"]["kcal"] == round(difference.energy_kcal)
        assert offer["difference"]["protein_g"] == round(difference.protein_g)


def test_with_room_the_sentence_is_whole(kitchen: Kitchen) -> None:
    meal = [grams("rice", 180), grams("chicken", 120)]
    answer = answer_of(kitchen, "substitute", ingredient="rice", instead="potatoes", ingredients=meal)
    assert answer["said"] == (
        "Instead of 180 grams of rice take 270 grams of boiled potatoes; "
        "the meal keeps its energy within 1 percent and its protein."
    )


@pytest.mark.parametrize("words", ["chicken", "grilled chicken breast", "the chicken", "breast", "pollo"])
def test_the_ingredient_is_known_by_what_people_call_it(kitchen: Kitchen, words: str) -> None:
    answer = answer_of(kitchen, "substitute", ingredient=words, instead="tofu", ingredients=DINNER)
    assert names_offered(answer) == ["tofu_firm"]


def test_another_cut_is_found_by_its_words(kitchen: Kitchen) -> None:
    meal = [grams("roast chicken thigh", 150), grams("rice", 180)]
    answer = answer_of(kitchen, "substitute", ingredient="chicken", ingredients=meal)
    assert answer["ok"]
    assert "roast chicken thigh" not in json.dumps(answer["offers"])


def test_it_logs_nothing(kitchen: Kitchen) -> None:
    answer_of(kitchen, "substitute", ingredient="chicken", ingredients=DINNER)
    assert kitchen.diary.people() == ()


# ------------------------------------------------------------------------------------- the meal


def test_a_planned_meal_is_taken_from_the_plan(kitchen: Kitchen) -> None:
    planned = with_dinner_of_foods(kitchen)
    answer = answer_of(planned, "substitute", ingredient="rice", instead="pasta", meal="my supper")
    assert portions_of(answer["offers"][0]).keys() == {"grilled chicken breast", "cooked pasta", "olive oil"}


def test_a_logged_meal_is_taken_from_the_diary(kitchen: Kitchen) -> None:
    nutrients = Nutrients(100, 5, 10, 4)
    log(
        kitchen,
        FoodEaten((FoodItem("rice", nutrients, "rice_white_cooked", 200),), "dinner"),
        FoodEaten((FoodItem("egg", nutrients, "egg_boiled", 100), FoodItem("sauce", nutrients)), "dinner"),
        FoodEaten((FoodItem("milk", nutrients, "milk_whole", 300),), "lunch"),
    )
    answer = answer_of(kitchen, "substitute", ingredient="rice", instead="pasta", meal="dinner")
    assert [portion.split(" g ")[1] for portion in answer["offers"][0]["portions"]] == [
        "cooked pasta",
        "boiled egg",
    ]


@pytest.mark.parametrize("meal", [{}, {"meal": "dinner"}, {"meal": "the party"}])
def test_of_a_meal_that_nobody_described_it_asks_what_is_in_it(
    kitchen: Kitchen, meal: dict[str, str]
) -> None:
    asked = answer_of(kitchen, "substitute", ingredient="rice", instead="pasta", **meal)
    assert asked["code"] == "UNKNOWN_MEAL"
    assert asked["ask"] == "What is in the meal, and about how much of each?"
    assert asked["retry"]["tool"] == "substitute"
    assert asked["retry"]["set"].keys() == {"ingredients"}
    assert answer_of(kitchen, "substitute", ingredient="rice", instead="pasta", **meal, ingredients=DINNER)[
        "ok"
    ]


# ------------------------------------------------------------------------------------- errors that help


def test_an_ingredient_that_the_meal_does_not_hold(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "substitute", ingredient="pork", ingredients=DINNER)
    assert answer["code"] == "UNKNOWN_FOOD"
    assert answer["field"] == "ingredient"
    assert answer["ask"] == (
        "Which do you mean: grilled chicken breast, cooked white rice, cooked broccoli or olive oil?"
    )
    for name in answer["holds"]:
        assert answer_of(kitchen, "substitute", ingredient=name, ingredients=DINNER)["ok"]


def test_an_ingredient_that_may_be_two_of_the_meal(kitchen: Kitchen) -> None:
    meal = [grams("roast chicken thigh", 150), grams("chicken wing", 100), grams("rice", 180)]
    answer = answer_of(kitchen, "substitute", ingredient="chicken", ingredients=meal)
    assert answer["code"] == "AMBIGUOUS_FOOD"
    assert answer["holds"] == ["roast chicken thigh", "chicken wing"]
    chosen = answer_of(kitchen, "substitute", ingredient=answer["holds"][1], ingredients=meal)
    assert chosen["ok"]
    assert "150 g roast chicken thigh" not in chosen["said"]


def test_an_unknown_food_among_the_ingredients_is_named_by_its_place(kitchen: Kitchen) -> None:
    meal = [*DINNER, grams("zzgt blarg", 30)]
    answer = answer_of(kitchen, "substitute", ingredient="chicken", instead="tofu", ingredients=meal)
    assert (answer["code"], answer["field"]) == ("UNKNOWN_FOOD", "ingredients[4].food")
    assert answer["retry"]["set"].keys() == {"ingredients[4].food"}
    assert "else" not in answer, "an estimate is for what is logged"


def test_an_unknown_unit_among_the_ingredients(kitchen: Kitchen) -> None:
    meal = [{"food": "rice", "quantity": 1, "unit": "barrel"}, grams("eggs", 120)]
    answer = answer_of(kitchen, "substitute", ingredient="rice", ingredients=meal)
    assert answer["code"] == "UNKNOWN_UNIT"
    place = answer["retry"]["set"]
    assert place.keys() == {"ingredients[0].food", "ingredients[0].unit"}
    meal[0] |= {
        "food": place["ingredients[0].food"],
        "unit": next(iter(answer["allowed_g"])),
        "quantity": 150,
    }
    assert answer_of(kitchen, "substitute", ingredient="rice", ingredients=meal)["ok"]


def test_a_food_named_instead_that_is_not_clear(kitchen: Kitchen) -> None:
    unknown = answer_of(kitchen, "substitute", ingredient="chicken", instead="raw salmon", ingredients=DINNER)
    assert (unknown["code"], unknown["field"]) == ("UNKNOWN_FOOD", "instead")
    assert unknown["retry"]["set"].keys() == {"instead"}
    chosen = unknown["candidates"][0]["food_id"]
    assert answer_of(kitchen, "substitute", ingredient="chicken", instead=chosen, ingredients=DINNER)["ok"]
    unclear = answer_of(kitchen, "substitute", ingredient="rice", instead="chips", ingredients=DINNER)
    assert (unclear["code"], unclear["field"]) == ("AMBIGUOUS_FOOD", "instead")


@pytest.mark.parametrize("arguments", [{}, {"ingredient": ""}, {"ingredient": "rice", "ingredients": []}])
def test_wrong_arguments_are_told(kitchen: Kitchen, arguments: dict[str, object]) -> None:
    assert answer_of(kitchen, "substitute", **arguments)["code"] == "WRONG_ARGUMENTS"


# ------------------------------------------------------------------------------------- no match


def no_match(kitchen: Kitchen, **arguments: object) -> dict[str, Any]:
    answer = answer_of(kitchen, "substitute", ingredients=DINNER, **arguments)
    assert answer["code"] == "NO_MATCH"
    assert answer["message"] == SENTENCES[answer["reason"]]
    return answer


def test_what_is_too_far_is_told_with_how_far(kitchen: Kitchen) -> None:
    answer = no_match(kitchen, ingredient="chicken", instead="lentils")
    assert answer["reason"] == "TOO_FAR"
    assert answer["ask"] == (
        "Nearest is 335 grams of cooked lentils, with 12 calories more and 19 grams less protein. "
        "Shall I look for something else?"
    )
    assert answer["nearest"]["difference"]["protein_g"] == -19
    assert answer["retry"]["set"] == {"instead": None}
    assert answer_of(
        kitchen, "substitute", ingredients=DINNER, ingredient="chicken", **answer["retry"]["set"]
    )["ok"]


def test_what_is_too_salt_is_told_so(kitchen: Kitchen) -> None:
    answer = no_match(kitchen, ingredient="olive oil", instead="green olives")
    assert re.fullmatch(
        r"Nothing keeps the meal as it was; nearest is \d+ grams of green olives, with much more salt\. "
        r"Shall I look for something else\?",
        answer["ask"],
    )


def test_what_there_would_be_nothing_of_is_not_called_near(kitchen: Kitchen) -> None:
    meal = [*DINNER, grams("spinach", 2)]
    answer = answer_of(kitchen, "substitute", ingredient="spinach", instead="lettuce", ingredients=meal)
    assert answer["code"] == "NO_MATCH"
    assert "nearest" not in answer
    assert answer["ask"] == f"{SENTENCES['TOO_FAR']} Shall I look for something else?"


def test_what_is_weighed_dry_is_asked_for_cooked(kitchen: Kitchen) -> None:
    answer = no_match(kitchen, ingredient="rice", instead="dry pasta")
    assert answer["reason"] == "NOT_READY"
    assert answer["retry"]["set"] == {"instead": "<another food>"}
    assert answer_of(kitchen, "substitute", ingredients=DINNER, ingredient="rice", instead="cooked pasta")[
        "ok"
    ]


def test_what_somebody_must_not_eat_is_left_out(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen(Person("anna", allergens=("soy",)), "ben", default="ben")
    refused = no_match(kitchen, ingredient="chicken", instead="tofu", person="anna")
    assert refused["reason"] == "EXCLUDED"
    assert "nearest" not in refused
    offered = answer_of(
        kitchen,
        "substitute",
        ingredients=DINNER,
        ingredient="chicken",
        person="anna",
        **refused["retry"]["set"],
    )
    assert all(kitchen.foods.by_id(name).is_free_of("soy") for name in names_offered(offered))  # type: ignore[union-attr]
    assert offered["said"].endswith("Please check the label.")
    assert offered["note"].startswith("Check the label")
    assert answer_of(kitchen, "substitute", ingredients=DINNER, ingredient="chicken", instead="tofu")["ok"]


def test_where_nothing_fits_it_asks_what_else(kitchen: Kitchen) -> None:
    everything: list[JsonValue] = [food.id for food in kitchen.foods.foods if food.id != "olive_oil"]
    log(kitchen, ProfileChanged({"excluded_foods": everything}))
    answer = no_match(kitchen, ingredient="olive oil")
    assert answer["reason"] == "NO_CANDIDATE"
    assert answer["ask"].endswith("What else would you take?")


@pytest.mark.parametrize("instead", [None, "tofu", "lentils", "raw salmon", "milk"])
def test_quiet_means_amounts_of_food_and_nothing_of_nutrients(
    make_kitchen: KitchenMaker, instead: str | None
) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    named = {"instead": instead} if instead else {}
    answer = answer_of(kitchen, "substitute", ingredient="chicken", ingredients=DINNER, **named)
    assert not re.search("calor|kcal|protein|percent|_g\\b|difference", json.dumps(answer))
    assert " grams of " in answer.get("said", "grams of ") or not answer["ok"]


FOODS = [
    *("roast chicken thigh with skin", "cooked extra-lean beef mince", "chocolate hazelnut spread", "tofu"),
    *("baguette or sourdough bread", "olive oil", "rice", "boiled potatoes", "broccoli", "eggs", "salmon"),
    *("spaghetti with tomato sauce", "semi-skimmed milk", "cheddar", "butter", "banana"),
]
ITEMS = st.lists(st.builds(grams, st.sampled_from(FOODS), st.integers(1, 900)), min_size=1, max_size=12)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(items=ITEMS, instead=st.none() | st.sampled_from(FOODS), is_quiet=st.booleans())
def test_whatever_the_meal_it_can_be_said(
    kitchen: Kitchen, items: list[Item], instead: str | None, is_quiet: bool
) -> None:
    """Every answer is checked for its words and letters where it is taken."""
    table = replace(kitchen, ways=Ways(quiet_numbers=is_quiet))
    named = {"instead": instead} if instead else {}
    answer = answer_of(table, "substitute", ingredient=items[0]["food"], ingredients=items, **named)
    assert answer["ok"] or answer["code"] == "NO_MATCH"
