"""log_food and unplanned_food: all or nothing, the right meal and day, and a day that adds up."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.events import ToolCall
from device.nutrition.dayplan import DayState, MealStatus
from device.nutrition.events import FoodEaten, FoodItem, MealMissed, Nutrients, ProfileChanged
from device.nutrition.macros import Macros
from device.nutrition.plan import HouseholdPlan, Plan, PlannedMeal
from device.nutrition.profile import checked_changes
from device.tools import ALL_TOOLS, Kitchen, Registry
from device.tools.kitchen import Ways
from device.tools.today import day_of, moment_at
from tests.tools.calls import agreed, answer_of, checked
from tests.tools.conftest import SATURDAY, Clock, KitchenMaker

TODAY = SATURDAY.date()
PIZZA = {"food": "pizza", "quantity": 2, "unit": "slices"}
DOUGHNUT = {"food": "doughnut", "quantity": 1}
COFFEE = {"food": "black coffee", "quantity": 1, "unit": "cup"}
EGGS = {"food": "egg", "quantity": 2}
PARTS = ("kcal", "protein_g", "carbohydrate_g", "fat_g")
UNKIND = re.compile(r"\b(only|good|bad|cheat|guilty|skipped|should|must|burn|fail|earned|treat)\b")
MANY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def state_of(kitchen: Kitchen, person: str | None = None, days_ago: int = 0) -> DayState:
    return day_of(kitchen, person, days_ago).state


def eaten_on(kitchen: Kitchen, day: date = TODAY, person: str = "home") -> list[FoodEaten]:
    facts = [event.fact for event in kitchen.diary.events(person, day)]
    return [fact for fact in facts if isinstance(fact, FoodEaten)]


def followed(answer: dict[str, Any], arguments: dict[str, Any], **chosen: object) -> dict[str, Any]:
    """The same arguments with what `retry` sets, such as "items[1].food"; `chosen`: for "<...>"."""
    changed: dict[str, Any] = json.loads(json.dumps(arguments))
    for place, value in answer["retry"]["set"].items():
        wanted = chosen[place.split(".")[-1]] if str(value).startswith("<") else value
        item = re.fullmatch(r"items\[(\d+)\]\.(\w+)", place)
        if item:
            changed["items"][int(item[1])][item[2]] = wanted
        else:
            changed[place] = wanted
    return changed


def adds_up(kitchen: Kitchen, day: dict[str, Any]) -> bool:
    state = state_of(kitchen)
    told = all(day["eaten"][part] + day["left"][part] == day["target"][part] for part in PARTS)
    in_meals = round(state.open_target.energy_kcal)
    return told and day["left"]["kcal"] == in_meals + day.get("in_no_meal_kcal", 0)


# ------------------------------------------------------------------------------------- log_food


def test_pizza_for_lunch(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "log_food", items=[PIZZA])
    assert answer["said"] == (
        "Two slices of cheese and tomato pizza noted as lunch, about 569 calories. 1,520 are left today."
    )
    assert answer["meal"] == "lunch"
    assert answer["items"] == [
        {
            "name": "cheese and tomato pizza",
            "grams": 214,
            "kcal": 569,
            "note": "taken as cheese and tomato pizza",
        }
    ]
    assert answer["day"]["left"]["kcal"] == 1520
    assert adds_up(kitchen, answer["day"])
    (food,) = eaten_on(kitchen)
    assert (food.meal, food.is_unplanned) == ("lunch", False)
    assert food.items[0].grams == 214


def test_several_foods_are_one_entry_and_one_sum(kitchen: Kitchen) -> None:
    items = [EGGS, {"food": "toast", "quantity": 2, "unit": "slices"}, {"food": "milk", "unit": "glass"}]
    answer = answer_of(kitchen, "log_food", items=items, meal="breakfast")
    assert answer["said"].startswith(
        "Two boiled eggs, two slices of white toast and a glass of semi-skimmed milk noted as breakfast,"
    )
    assert sum(item["kcal"] for item in answer["items"]) == answer["day"]["eaten"]["kcal"]
    (food,) = eaten_on(kitchen)
    assert len(food.items) == 3
    answer_of(kitchen, "undo", undo_id=answer["undo_id"])
    assert eaten_on(kitchen) == []


def test_the_amount_is_what_was_understood_and_not_what_was_passed_on(kitchen: Kitchen) -> None:
    item = {"food": "egg", "quantity": 12, "spoken": "half a dozen eggs"}
    answer = answer_of(kitchen, "log_food", items=[item])
    assert answer["said"].startswith("Six boiled eggs noted")
    assert eaten_on(kitchen)[0].items[0].quantity == 6


@pytest.mark.parametrize(
    ("shown", "item", "meal"),
    [
        ((7, 30), EGGS, "breakfast"),
        ((9, 0), EGGS, "breakfast"),
        ((9, 1), EGGS, "morning snack"),
        ((11, 29), EGGS, "morning snack"),
        ((11, 31), EGGS, "lunch"),
        ((12, 30), COFFEE, None),
        ((14, 0), PIZZA, "lunch"),
        ((14, 29), PIZZA, None),
        ((14, 30), PIZZA, "afternoon snack"),
        ((20, 30), PIZZA, "dinner"),
        ((20, 31), PIZZA, None),
        ((2, 0), PIZZA, None),
    ],
)
def test_without_a_meal_it_is_the_open_one_that_is_near(
    kitchen: Kitchen, clock: Clock, shown: tuple[int, int], item: dict[str, object], meal: str | None
) -> None:
    clock.show(*shown)
    answer = answer_of(kitchen, "log_food", items=[item])
    assert answer["meal"] == (meal or "between meals")
    assert f"noted {'as ' + meal if meal else 'between meals'}," in answer["said"]
    day = kitchen.diary.clock.today()
    assert eaten_on(kitchen, day)[0].meal == meal


def test_a_meal_of_which_something_was_said_is_not_open(kitchen: Kitchen) -> None:
    assert answer_of(kitchen, "log_food", items=[PIZZA])["meal"] == "lunch"
    assert answer_of(kitchen, "log_food", items=[EGGS])["meal"] == "between meals"
    kitchen.diary.log("missed", "home", (MealMissed("dinner"),))
    assert answer_of(kitchen, "log_food", items=[EGGS], meal="supper")["meal"] == "dinner"
    statuses = {meal.planned.name: meal.status for meal in state_of(kitchen).meals}
    assert statuses["lunch"] is statuses["dinner"] is MealStatus.EATEN


def test_a_meal_that_is_not_in_the_plan_is_asked_for(kitchen: Kitchen) -> None:
    arguments = {"items": [EGGS], "meal": "snack"}
    asked = answer_of(kitchen, "log_food", **arguments)
    assert (asked["code"], asked["field"], asked["committed"]) == ("UNKNOWN_MEAL", "meal", [])
    assert (
        asked["ask"] == "Which meal do you mean: breakfast, morning snack, lunch, afternoon snack or dinner?"
    )
    assert eaten_on(kitchen) == []
    again = followed(asked, arguments, meal=asked["meals"][1])
    assert answer_of(kitchen, "log_food", **again)["meal"] == "morning snack"


def test_the_day_may_be_full_or_run_over_and_that_is_fine(kitchen: Kitchen) -> None:
    bread = kitchen.foods.by_id("white_bread")
    assert bread
    said = []
    for meal in (*kitchen.plan.shared.meals, kitchen.plan.shared.meals[-1]):
        grams = 100 * (meal.target.energy_kcal + 1) / bread.per_100g.energy_kcal
        items = [{"food": bread.id, "quantity": grams, "unit": "g"}]
        said.append(answer_of(kitchen, "log_food", items=items, meal=meal.name)["said"])
        assert not UNKIND.search(said[-1])
    assert all(each.endswith("are left today.") for each in said[:4])
    assert said[4].endswith("Today's plan is full, and that is fine.")
    assert said[5].endswith("Today ran over its plan, and that is fine. Carry on as usual.")


# ------------------------------------------------------------------------------------- all or nothing


def test_nothing_is_logged_until_every_food_is_clear(kitchen: Kitchen) -> None:
    arguments = {"items": [EGGS, {"food": "chips", "quantity": 1, "unit": "portion"}], "meal": "lunch"}
    before = state_of(kitchen)
    asked = answer_of(kitchen, "log_food", **arguments)
    assert (asked["code"], asked["field"], asked["committed"]) == ("AMBIGUOUS_FOOD", "items[1].food", [])
    assert state_of(kitchen) == before
    again = followed(asked, arguments, food=asked["candidates"][1]["food_id"])
    assert "fries noted as lunch" in answer_of(kitchen, "log_food", **again)["said"]


def test_an_unknown_unit_comes_with_those_that_are_known(kitchen: Kitchen) -> None:
    arguments = {"items": [{"food": "rice", "quantity": 2, "unit": "rasher"}]}
    asked = answer_of(kitchen, "log_food", **arguments)
    assert (asked["code"], asked["field"]) == ("UNKNOWN_UNIT", "items[0].unit")
    again = followed(asked, arguments, unit="bowl")
    assert answer_of(kitchen, "log_food", **again)["items"][0]["grams"] == 400


def test_a_food_that_nobody_knows_can_be_estimated(kitchen: Kitchen) -> None:
    arguments: dict[str, Any] = {"items": [{"food": "zxqv", "quantity": 100, "unit": "g"}]}
    unknown = answer_of(kitchen, "log_food", **arguments)
    assert (unknown["code"], unknown["field"]) == ("UNKNOWN_FOOD", "items[0].food")
    assert "items[0].per_100g" in unknown["else"]
    estimate = {"kcal": 900, "protein_g": 10, "carbohydrate_g": 20, "fat_g": 9}
    arguments["items"][0]["per_100g"] = estimate
    wrong = answer_of(kitchen, "log_food", **arguments)
    assert (wrong["code"], wrong["field"]) == ("IMPLAUSIBLE_ESTIMATE", "items[0].per_100g.kcal")
    estimate["kcal"] = 201
    answer = answer_of(kitchen, "log_food", **arguments)
    assert "100 grams of zxqv noted" in answer["said"]
    assert "an estimated 201 calories" in answer["said"]
    assert answer["items"][0]["is_estimated"]
    (item,) = eaten_on(kitchen)[0].items
    assert (item.food_id, item.is_estimated, item.nutrients.energy_kcal) == (None, True, 201)


def test_an_estimated_food_keeps_its_name_where_its_unit_is_unknown(kitchen: Kitchen) -> None:
    estimate = {"kcal": 201, "protein_g": 10, "carbohydrate_g": 20, "fat_g": 9}
    arguments = {"items": [{"food": "zxqv", "quantity": 1, "per_100g": estimate}]}
    asked = answer_of(kitchen, "log_food", **arguments)
    assert asked["code"] == "UNKNOWN_UNIT"
    again = followed(asked, arguments, unit="g")
    assert answer_of(kitchen, "log_food", **again)["items"][0]["name"] == "zxqv"


def test_an_amount_that_was_not_said_is_an_estimate(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "log_food", items=[{"food": "rice"}])
    assert answer["said"].startswith("A usual portion of cooked white rice noted as lunch, an estimated 234")
    assert eaten_on(kitchen)[0].items[0].quantity is None


@pytest.mark.parametrize(
    ("item", "is_asked"),
    [
        ({"food": "butter", "quantity": 275, "unit": "g"}, False),
        ({"food": "butter", "quantity": 285, "unit": "g"}, True),
        ({"food": "water", "quantity": 1500, "unit": "g"}, False),
        ({"food": "water", "quantity": 1501, "unit": "g"}, True),
    ],
)
@pytest.mark.parametrize("tool", ["log_food", "unplanned_food"])
def test_an_unlikely_amount_is_asked_about(
    kitchen: Kitchen, tool: str, item: dict[str, object], is_asked: bool
) -> None:
    arguments = {"items": [EGGS, item]}
    answer = answer_of(kitchen, tool, **arguments)
    if not is_asked:
        assert answer["ok"]
        return
    assert (answer["code"], answer["field"]) == ("IMPLAUSIBLE_AMOUNT", "items[1].quantity")
    assert re.fullmatch(
        r"I understood \d+ grams of .*, about [\d,]+ calories\. Is that right\?", answer["ask"]
    )
    assert "egg" not in answer["ask"]
    assert eaten_on(kitchen) == []
    assert answer_of(kitchen, tool, **followed(answer, arguments))["ok"]
    assert len(eaten_on(kitchen)) == 1


def test_consent_is_to_that_amount_of_that_person(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben")
    bread = {"food": "white bread", "quantity": 1600, "unit": "g"}
    arguments: dict[str, Any] = {"items": [bread], "person": "anna"}
    token = answer_of(kitchen, "log_food", **arguments)["retry"]["set"]["confirm"]
    for other in ({"person": "ben"}, {"items": [{**bread, "quantity": 1700}]}):
        answer = answer_of(kitchen, "log_food", **{**arguments, **other, "confirm": token})
        assert answer["code"] == "IMPLAUSIBLE_AMOUNT"
    assert answer_of(kitchen, "log_food", **arguments, confirm=token)["ok"]


@pytest.mark.parametrize(
    "other",
    [
        {"kcal": 900, "protein_g": 0, "carbohydrate_g": 0, "fat_g": 100},
        {"kcal": 700, "protein_g": 5, "carbohydrate_g": 22, "fat_g": 66},
    ],
)
def test_consent_is_to_what_it_was_estimated_to_hold(kitchen: Kitchen, other: dict[str, float]) -> None:
    estimate = {"kcal": 700, "protein_g": 5, "carbohydrate_g": 20, "fat_g": 66}
    item = {"food": "zxqv", "quantity": 300, "unit": "g", "per_100g": estimate}
    token = answer_of(kitchen, "log_food", items=[item])["retry"]["set"]["confirm"]
    answer = answer_of(kitchen, "log_food", items=[{**item, "per_100g": other}], confirm=token)
    assert answer["code"] == "IMPLAUSIBLE_AMOUNT"
    assert answer["retry"]["set"]["confirm"] != token
    assert answer_of(kitchen, "log_food", items=[item], confirm=token)["ok"]


def test_where_numbers_are_quiet_a_wrong_estimate_is_told_without_any(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    estimate = {"kcal": 500, "protein_g": 1, "carbohydrate_g": 10, "fat_g": 2}
    answer = answer_of(kitchen, "log_food", items=[{"food": "zxqv", "per_100g": estimate}])
    assert (answer["code"], answer["field"]) == ("IMPLAUSIBLE_ESTIMATE", "items[0].per_100g.kcal")
    assert answer["message"] == "No food holds that. Correct the estimate and call again."


def test_one_calorie_is_one(kitchen: Kitchen) -> None:
    said = answer_of(kitchen, "log_food", items=[{"food": "apple", "quantity": 2, "unit": "g"}])["said"]
    assert said.startswith("Two grams of apple noted between meals, about 1 calorie.")


def test_of_very_many_foods_some_are_counted(kitchen: Kitchen) -> None:
    items = [{"food": "roast chicken thigh with skin", "quantity": 20 + n, "unit": "g"} for n in range(12)]
    for tool in ("log_food", "unplanned_food"):
        told = answer_of(kitchen, tool, items=items)["items"]
        assert len(told) - 1 + told[-1]["more"] == 12
        assert told[0]["grams"] == 20


# ------------------------------------------------------------------------------------- when it was


def test_yesterdays_dinner_is_yesterdays(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "log_food", items=[EGGS], meal="dinner", days_ago=1)
    assert answer["said"] == "Two boiled eggs noted for yesterday as dinner, about 155 calories."
    assert eaten_on(kitchen) == []
    (event,) = kitchen.diary.events("home", TODAY - timedelta(days=1))
    assert event.moment.local == datetime(2026, 11, 20, 19, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days_ago", "said"),
    [(3, "for Wednesday"), (6, "for Sunday"), (7, "for 14 November"), (14, "for 7 November")],
)
def test_a_day_before_has_a_name(kitchen: Kitchen, days_ago: int, said: str) -> None:
    answer = answer_of(kitchen, "log_food", items=[EGGS], days_ago=days_ago)
    assert answer["said"] == f"Two boiled eggs noted {said}, about 155 calories."
    assert eaten_on(kitchen, TODAY - timedelta(days=days_ago))[0].meal is None


def test_the_time_of_a_day_before_finds_the_meal(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "log_food", items=[EGGS], days_ago=2, time="7:10")
    assert answer["said"] == "Two boiled eggs noted for Thursday as breakfast, about 155 calories."
    (event,) = kitchen.diary.events("home", date(2026, 11, 19))
    assert event.moment.local == datetime(2026, 11, 19, 7, 10, tzinfo=UTC)


def test_earlier_today(kitchen: Kitchen) -> None:
    answer = answer_of(kitchen, "log_food", items=[EGGS], time="07:45")
    assert answer["meal"] == "breakfast"
    assert kitchen.diary.events("home", TODAY)[0].moment.local.hour == 7


@pytest.mark.parametrize(
    ("time", "ask", "at"),
    [
        (
            "19:20",
            "That time is still to come today. Was it yesterday, at 19:20?",
            datetime(2026, 11, 20, 19, 20, tzinfo=UTC),
        ),
        ("02:20", "Was that last night, at 02:20?", datetime(2026, 11, 21, 2, 20, tzinfo=UTC)),
    ],
)
def test_a_time_that_is_still_to_come_is_asked_about(
    kitchen: Kitchen, time: str, ask: str, at: datetime
) -> None:
    arguments = {"items": [EGGS], "time": time}
    asked = answer_of(kitchen, "log_food", **arguments)
    assert (asked["code"], asked["field"], asked["ask"]) == ("WRONG_ARGUMENTS", "time", ask)
    assert eaten_on(kitchen) == []
    assert answer_of(kitchen, "log_food", **followed(asked, arguments))["ok"]
    (event,) = kitchen.diary.events("home", TODAY - timedelta(days=1))
    assert event.moment.local == at


def test_after_midnight_it_is_still_the_same_day(kitchen: Kitchen, clock: Clock) -> None:
    clock.go(hours=12)  # one o'clock at night
    for shown in ("23:30", "00:30"):
        assert answer_of(kitchen, "log_food", items=[EGGS], time=shown)["said"].endswith("left today.")
    assert len(eaten_on(kitchen, TODAY)) == 2
    assert answer_of(kitchen, "log_food", items=[EGGS], time="01:30")["code"] == "WRONG_ARGUMENTS"
    assert answer_of(kitchen, "log_food", items=[EGGS], days_ago=1)["ok"]
    (event,) = kitchen.diary.events("home", TODAY - timedelta(days=1))
    assert event.moment.local == datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("time", ["half past", "25:00", "12", "12:60"])
def test_a_time_is_hours_and_minutes(kitchen: Kitchen, time: str) -> None:
    arguments = {"items": [EGGS], "time": time}
    asked = answer_of(kitchen, "log_food", **arguments)
    assert (asked["code"], asked["field"]) == ("WRONG_ARGUMENTS", "time")
    assert answer_of(kitchen, "log_food", **followed(asked, arguments, time="12:10"))["meal"] == "lunch"


@pytest.mark.parametrize(
    "arguments", [{}, {"items": []}, {"items": [EGGS] * 13}, {"items": [EGGS], "days_ago": 15}]
)
def test_wrong_arguments_are_told(kitchen: Kitchen, arguments: dict[str, object]) -> None:
    assert answer_of(kitchen, "log_food", **arguments)["code"] == "WRONG_ARGUMENTS"


# ------------------------------------------------------------------------------------- unplanned_food


def test_a_doughnut_makes_dinner_smaller(kitchen: Kitchen) -> None:
    before = state_of(kitchen)
    answer = answer_of(kitchen, "unplanned_food", items=[DOUGHNUT])
    assert answer["said"] == (
        "A glazed doughnut noted, about 269 calories. Dinner becomes 424, still a full meal."
    )
    moved = {each["meal"]: (each["before_kcal"], each["after_kcal"]) for each in answer["meals"]}
    assert moved == {"afternoon snack": (183, 184), "dinner": (685, 424)}
    after = state_of(kitchen)
    assert {meal.planned.name: round(meal.target.energy_kcal) for meal in after.meals}["dinner"] == 424
    assert answer["left_over_kcal"] == before.left_over.energy_kcal - 269 + (685 - 424) + (183 - 184)
    assert adds_up(kitchen, answer["day"])
    assert eaten_on(kitchen)[0].is_unplanned
    answer_of(kitchen, "undo", undo_id=answer["undo_id"])
    assert state_of(kitchen) == before


@pytest.mark.parametrize(
    ("hour", "item", "ending"),
    [
        (9, DOUGHNUT, "Lunch becomes 475 and dinner 539."),
        (13, COFFEE, "The meals to come stay as they are."),
        (22, DOUGHNUT, "No meal is left to change today, and that is fine."),
        (22, {**PIZZA, "quantity": 4}, "Today ran over its plan, and that is fine. Carry on as usual."),
        (
            13,
            {**DOUGHNUT, "quantity": 2},
            "Dinner becomes 411, still a full meal; the rest stays open, and that is fine.",
        ),
        (
            13,
            {**PIZZA, "quantity": 4},
            "Dinner becomes 411, still a full meal; the rest stays open, and that is fine.",
        ),
    ],
)
def test_it_says_what_became_of_the_meals(
    kitchen: Kitchen, clock: Clock, hour: int, item: dict[str, object], ending: str
) -> None:
    clock.show(hour)
    answer = answer_of(kitchen, "unplanned_food", items=[item])
    assert answer["said"].endswith(ending)
    assert not UNKIND.search(answer["said"])
    assert adds_up(kitchen, answer["day"])


def test_what_was_left_over_is_used_up_first(kitchen: Kitchen) -> None:
    kitchen.diary.log("missed", "home", (MealMissed("lunch"),))
    answer = answer_of(kitchen, "unplanned_food", items=[DOUGHNUT])
    assert answer["said"].endswith("The meals to come stay as they are.")
    assert (answer["meals"], answer["left_over_kcal"]) == ([], 600 - 269)


GROWN: dict[str, Any] = {"age_years": 30, "sex": "female", "height_cm": 168, "weight_kg": 60}
KEEPING = [
    {"conditions": ["eating_disorder"]},
    {"conditions": ["pregnant"]},
    {"conditions": ["breast_feeding"]},
    {"age_years": 12, "height_cm": 150, "weight_kg": 40},
]


def changed(kitchen: Kitchen, **changes: object) -> None:
    kitchen.diary.log("profile", "home", (ProfileChanged(checked_changes(changes)),))


@pytest.mark.parametrize("changes", KEEPING)
@pytest.mark.parametrize(
    ("hour", "ending"),
    [(13, "The meals to come stay as they are."), (22, "No meal is left to change today, and that is fine.")],
)
def test_for_some_no_meal_becomes_smaller(
    kitchen: Kitchen, clock: Clock, changes: dict[str, object], hour: int, ending: str
) -> None:
    changed(kitchen, **{**GROWN, **changes})
    clock.show(hour)
    before = [meal.target for meal in state_of(kitchen).meals]
    answer = answer_of(kitchen, "unplanned_food", items=[{**PIZZA, "quantity": 6}])
    assert answer["said"].endswith(ending)
    assert answer["meals"] == []
    assert [meal.target for meal in state_of(kitchen).meals] == before
    assert adds_up(kitchen, answer["day"])


def test_where_eating_looks_hard_no_meal_becomes_smaller(kitchen: Kitchen) -> None:
    for days_ago in (1, 2, 3):
        for meal in state_of(kitchen).plan.meals:
            food = FoodEaten((FoodItem("soup", Nutrients(150)),), meal.name)
            kitchen.diary.log(f"{meal.name} {days_ago}", "home", (food,), moment_at(kitchen, days_ago))
    before = [meal.target for meal in state_of(kitchen).meals]
    answer = answer_of(kitchen, "unplanned_food", items=[DOUGHNUT])
    assert answer["said"] == "A glazed doughnut noted. The meals to come stay as they are."
    assert [meal.target for meal in state_of(kitchen).meals] == before


def test_no_meal_is_ever_taken_away(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(6)
    planned = {meal.planned.name: meal.planned.target.energy_kcal for meal in state_of(kitchen).meals}
    for _ in range(4):
        assert answer_of(kitchen, "unplanned_food", items=[{**PIZZA, "quantity": 4}])["ok"]
    for meal in state_of(kitchen).meals:
        assert meal.target.energy_kcal >= 0.6 * planned[meal.planned.name]


def test_variation_is_for_the_meals_and_not_for_what_was_eaten(
    make_kitchen: KitchenMaker, clock: Clock
) -> None:
    clock.show(9)
    plain, varied = make_kitchen(), make_kitchen(ways=Ways(variation=0.03))
    answers = []
    for kitchen in (plain, varied, varied):
        answers.append(answer_of(kitchen, "unplanned_food", items=[DOUGHNUT]))
        assert adds_up(kitchen, answers[-1]["day"])
        answer_of(kitchen, "undo")
    assert answers[1]["meals"] == answers[2]["meals"] != answers[0]["meals"]
    for answer in answers:
        assert sum(meal["after_kcal"] - meal["before_kcal"] for meal in answer["meals"]) == -269
    stored = _all_eaten(varied)
    assert stored[0] == stored[1] == stored[2]
    assert stored[0].items[0].grams == 64


def _all_eaten(kitchen: Kitchen) -> list[FoodEaten]:
    events = kitchen.diary.events("home", TODAY, with_void=True)
    return [event.fact for event in events if isinstance(event.fact, FoodEaten)]


# ------------------------------------------------------------------------------------- for everybody


def test_the_same_call_is_one_entry(kitchen: Kitchen) -> None:
    call = ToolCall("seven", "log_food", {"items": [PIZZA]})
    registries = [Registry(ALL_TOOLS, kitchen, timeout_s=20) for _ in range(2)]  # the daemon was restarted
    first, again, later = (
        checked(asyncio.run(registry.run(call)).payload) for registry in (*registries, registries[0])
    )
    assert len(eaten_on(kitchen)) == 1
    assert "already_done" not in first
    assert again["already_done"] and later["already_done"]
    assert again["undo_id"] == later["undo_id"] == first["undo_id"]


def test_each_person_has_a_day_of_their_own(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben")
    for tool in ("log_food", "unplanned_food"):
        arguments = {"items": [DOUGHNUT]}
        asked = answer_of(kitchen, tool, **arguments)
        assert (asked["code"], asked["committed"]) == ("WHO", [])
        assert answer_of(kitchen, tool, **followed(asked, arguments, person="Anna"))["ok"]
    assert round(state_of(kitchen, "anna").eaten.energy_kcal) == 539
    assert state_of(kitchen, "ben").facts == ()


QUIET = re.compile(r"kcal|calor|protein|carbohydrate|fat_g|estimated \d", re.IGNORECASE)


@pytest.mark.parametrize("tool", ["log_food", "unplanned_food"])
@pytest.mark.parametrize(
    "item",
    [
        PIZZA,
        DOUGHNUT,
        COFFEE,
        {"food": "chips"},
        {"food": "lemon water"},
        {"food": "rice", "quantity": 2, "unit": "kg"},
    ],
)
@pytest.mark.parametrize("hour", [9, 13, 22])
def test_quiet_numbers_stay_unsaid(
    make_kitchen: KitchenMaker, clock: Clock, tool: str, item: dict[str, object], hour: int
) -> None:
    clock.show(hour)
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    answer = answer_of(kitchen, tool, items=[item])
    assert not QUIET.search(json.dumps(answer))
    if answer.get("code") == "IMPLAUSIBLE_AMOUNT":
        answer = agreed(kitchen, tool, items=[item])
        assert not QUIET.search(json.dumps(answer))


def test_a_quiet_person_hears_words(kitchen: Kitchen) -> None:
    kitchen.diary.log("quiet", "home", (ProfileChanged(checked_changes({"quiet_numbers": True})),))
    assert answer_of(kitchen, "unplanned_food", items=[DOUGHNUT])["said"] == (
        "A glazed doughnut noted. Dinner becomes a little smaller."
    )
    assert answer_of(kitchen, "log_food", items=[EGGS])["said"] == "Two boiled eggs noted as lunch."


AMOUNTS = st.sampled_from([0.5, 1, 2, 3.75, 12, 120, 1234.5])
UNITS = st.sampled_from(["g", "g", "oz", "portion", "cup", "slice", "large", None])


@MANY
@given(data=st.data(), tool=st.sampled_from(["log_food", "unplanned_food"]), hour=st.integers(4, 23))
def test_whatever_was_eaten_it_can_be_said(
    kitchen: Kitchen, clock: Clock, data: st.DataObject, tool: str, hour: int
) -> None:
    clock.show(hour)
    ids = st.sampled_from([food.id for food in kitchen.foods.foods])
    known = st.builds(lambda food, n, unit: {"food": food, "quantity": n, "unit": unit}, ids, AMOUNTS, UNITS)
    estimate = {"kcal": 250, "protein_g": 10, "carbohydrate_g": 30, "fat_g": 10}
    words = st.lists(st.sampled_from(["soup", "of", "x" * 60]), min_size=1, max_size=3).map(" ".join)
    names = st.text(min_size=1, max_size=120) | words
    guessed = st.builds(
        lambda name, n: {"food": f"a{name}", "quantity": n, "unit": "g", "per_100g": estimate}, names, AMOUNTS
    )
    items = data.draw(st.lists(known | guessed, min_size=1, max_size=12))
    answer = answer_of(kitchen, tool, items=items)
    if "confirm" in answer.get("retry", {}).get("set", {}):
        answer = answer_of(kitchen, tool, items=items, **answer["retry"]["set"])
    assert answer.get("code") in {None, "UNKNOWN_UNIT", "IMPLAUSIBLE_AMOUNT", "IMPLAUSIBLE_ESTIMATE"}
    if answer["ok"]:
        assert adds_up(kitchen, answer["day"])
        assert not UNKIND.search(answer["said"])
        answer_of(kitchen, "undo")


WORDS = st.sampled_from(["second", "late", "children's", "o'clock", "meal", "of", "the"])
MEALS = st.lists(st.lists(WORDS, min_size=1, max_size=5).map(" ".join), min_size=1, max_size=10)


@MANY
@given(names=MEALS, amounts=st.lists(st.integers(20, 250), min_size=1, max_size=12), is_quiet=st.booleans())
def test_whatever_the_meals_are_called_it_can_be_said(
    kitchen: Kitchen, clock: Clock, names: list[str], amounts: list[int], is_quiet: bool
) -> None:
    target = Macros(510, 30, 30, 30)
    meals = tuple(PlannedMeal(f"{name} {hour}", time(hour), target) for hour, name in enumerate(names, 9))
    table = replace(kitchen, plan=HouseholdPlan(Plan(meals)), ways=Ways(quiet_numbers=is_quiet))
    clock.show(8, 30)
    items = [{"food": "roast chicken thigh with skin", "quantity": grams, "unit": "g"} for grams in amounts]
    for tool, arguments in (
        ("unplanned_food", {}),
        ("log_food", {}),
        ("log_food", {"meal": meals[0].name}),
        ("log_food", {"meal": "xyzzy"}),
    ):
        answer = answer_of(table, tool, items=items, **arguments)
        if answer["ok"]:
            assert is_quiet or adds_up(table, answer["day"])
            answer_of(table, "undo")
        else:
            assert answer["code"] == "UNKNOWN_MEAL"
