"""log_water: what vessels hold, and the water of the day."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.events import ToolCall
from device.tools import ALL_TOOLS, Kitchen, Registry
from device.tools.kitchen import Ways
from tests.tools.calls import answer_of, checked
from tests.tools.conftest import SATURDAY, Clock, KitchenMaker

TODAY = SATURDAY.date()


def water_ml(kitchen: Kitchen, person: str = "home") -> float:
    return kitchen.diary.totals(person, TODAY).water_ml


@pytest.mark.parametrize(
    ("arguments", "ml", "said"),
    [
        ({}, 250, "A glass of water noted."),
        ({"quantity": 2}, 500, "Two glasses of water noted."),
        ({"quantity": 2, "unit": "glasses"}, 500, "Two glasses of water noted."),
        ({"unit": "mug"}, 300, "A mug of water noted."),
        ({"quantity": 1, "unit": "bottle"}, 500, "A bottle of water noted."),
        ({"quantity": 300, "unit": "ml"}, 300, "300 millilitres of water noted."),
        ({"quantity": 0.5, "unit": "litre"}, 500, "Half a litre of water noted."),
        ({"quantity": 1, "unit": "cup"}, 237, "A cup of water noted."),
        ({"quantity": 12, "unit": "oz"}, 355, "Twelve fluid ounces of water noted."),
        ({"quantity": 12, "unit": "fluid ounces"}, 355, "Twelve fluid ounces of water noted."),
        ({"quantity": 200, "unit": "g"}, 200, "200 millilitres of water noted."),
        ({"quantity": 3, "unit": "l"}, 3000, "Three litres of water noted."),
    ],
)
def test_a_drink_is_noted_in_millilitres(
    kitchen: Kitchen, arguments: dict[str, object], ml: int, said: str
) -> None:
    answer = answer_of(kitchen, "log_water", **arguments)
    assert answer["said"].startswith(said)
    assert (answer["ml"], answer["today_ml"]) == (ml, ml)
    assert round(water_ml(kitchen)) == ml


def test_it_tells_the_water_of_the_day(kitchen: Kitchen) -> None:
    said = [
        answer_of(kitchen, "log_water", quantity=quantity, unit="ml")["said"].split("That makes ")[1]
        for quantity in (250, 125, 330, 295, 500, 250, 250)
    ]
    assert said == [
        "a glass today.",
        "one and a half glasses today.",
        "about three glasses today.",
        "a litre today.",
        "one and a half litres today.",
        "about 1.8 litres today.",
        "two litres today.",
    ]


@pytest.mark.parametrize(
    ("quantity", "unit", "said"),
    [
        (0.001, "l", "A millilitre of water noted. That makes a millilitre today."),
        (0.05, "l", "50 millilitres of water noted. That makes 50 millilitres today."),
        (0.1, "glass", "25 millilitres of water noted. That makes 25 millilitres today."),
        (0.2, "l", "0.2 litres of water noted. That makes about a glass today."),
    ],
)
def test_a_sip_is_something(kitchen: Kitchen, quantity: float, unit: str, said: str) -> None:
    assert answer_of(kitchen, "log_water", quantity=quantity, unit=unit)["said"] == said


def test_water_is_no_food_and_another_day_is_another(kitchen: Kitchen, clock: Clock) -> None:
    answer = answer_of(kitchen, "log_water")
    assert answer["day"]["eaten"]["kcal"] == 0
    clock.go(hours=12)  # one o'clock at night is still the same day
    assert answer_of(kitchen, "log_water")["today_ml"] == 500
    clock.go(hours=4)
    assert answer_of(kitchen, "log_water")["today_ml"] == 250
    assert kitchen.diary.totals("home", TODAY + timedelta(days=1)).water_ml == 250


@pytest.mark.parametrize(("quantity", "unit"), [(3.1, "l"), (500, None), (0, "ml"), (0.0001, "l")])
def test_an_amount_that_nobody_drinks_at_once_is_asked_about(
    kitchen: Kitchen, quantity: float, unit: str | None
) -> None:
    asked = answer_of(kitchen, "log_water", quantity=quantity, unit=unit)
    assert (asked["code"], asked["field"], asked["limit_ml"]) == ("IMPLAUSIBLE_AMOUNT", "quantity", 3000)
    assert asked["committed"] == []
    assert water_ml(kitchen) == 0
    assert set(asked["retry"]["set"]) == {"quantity", "unit"}
    assert answer_of(kitchen, asked["retry"]["tool"], quantity=500, unit="ml")["ml"] == 500


@pytest.mark.parametrize("unit", ["bucket", "handful", "large"])
def test_an_unknown_vessel_comes_with_those_that_are_known(kitchen: Kitchen, unit: str) -> None:
    asked = answer_of(kitchen, "log_water", quantity=2, unit=unit)
    assert (asked["code"], asked["field"], asked["heard"]) == ("UNKNOWN_UNIT", "unit", unit)
    for known, ml in asked["allowed_ml"].items():
        answer = answer_of(kitchen, "log_water", quantity=2, unit=known)
        assert answer["ml"] == round(2 * ml)


@pytest.mark.parametrize("quantity", [-1, float("nan"), "some"])
def test_wrong_arguments_are_told(kitchen: Kitchen, quantity: object) -> None:
    assert answer_of(kitchen, "log_water", quantity=quantity)["code"] == "WRONG_ARGUMENTS"


def test_the_same_call_is_one_glass_and_undo_takes_it_back(kitchen: Kitchen) -> None:
    call = ToolCall("seven", "log_water", {})
    for _ in range(2):
        registry = Registry(ALL_TOOLS, kitchen, timeout_s=20)  # the daemon was restarted
        answer = checked(asyncio.run(registry.run(call)).payload)
    assert answer["already_done"]
    assert water_ml(kitchen) == 250
    said = answer_of(kitchen, "undo", undo_id=answer["undo_id"])["said"]
    assert said == "Undone: 250 millilitres of water."
    assert water_ml(kitchen) == 0


def test_each_person_drinks_their_own(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben")
    assert answer_of(kitchen, "log_water")["code"] == "WHO"
    assert answer_of(kitchen, "log_water", person="Ben")["today_ml"] == 250
    assert water_ml(kitchen, "anna") == 0


def test_quiet_numbers_are_about_food_and_not_about_water(make_kitchen: KitchenMaker) -> None:
    answer = answer_of(make_kitchen(ways=Ways(quiet_numbers=True)), "log_water")
    assert answer["said"] == "A glass of water noted. That makes a glass today."
    assert "day" not in answer


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    quantity=st.floats(0, 100_000),
    unit=st.sampled_from(["ml", "glass", "fluid ounces", "tsp", None]) | st.text(max_size=40),
)
def test_whatever_was_drunk_it_can_be_said(kitchen: Kitchen, quantity: float, unit: str | None) -> None:
    answer = answer_of(kitchen, "log_water", quantity=quantity, unit=unit)
    assert answer.get("code") in {None, "UNKNOWN_UNIT", "IMPLAUSIBLE_AMOUNT"}
    assert answer["ok"] is ("undo_id" in answer)
