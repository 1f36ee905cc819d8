"""undo: what it was, the day as it was before, and nothing of anybody else."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.events import ToolCall
from device.nutrition.dayplan import DayState
from device.nutrition.events import (
    Happening,
    MealChange,
    MealMissed,
    PlanAdjusted,
    ProfileChanged,
    WeightTaken,
)
from device.nutrition.macros import Macros
from device.tools import ALL_TOOLS, Kitchen, Registry
from device.tools.kitchen import Ways
from device.tools.today import day_of
from tests.tools.calls import answer_of, checked
from tests.tools.conftest import SATURDAY, Clock, KitchenMaker

TODAY = SATURDAY.date()
PIZZA = {"food": "pizza", "quantity": 2, "unit": "slices"}
DOUGHNUT = {"food": "doughnut", "quantity": 1}
MOVED = PlanAdjusted((MealChange("dinner", Macros(685, 40, 75, 25), Macros(600, 40, 54, 25)),))


def state_of(kitchen: Kitchen, person: str | None = None) -> DayState:
    return day_of(kitchen, person).state


def test_the_last_that_was_logged(kitchen: Kitchen) -> None:
    answer_of(kitchen, "log_food", items=[DOUGHNUT], meal="breakfast")
    before = state_of(kitchen)
    logged = answer_of(kitchen, "log_food", items=[PIZZA])
    answer = answer_of(kitchen, "undo")
    assert answer["said"] == "Undone: two slices of cheese and tomato pizza."
    assert (answer["changed"], answer["undo_id"]) == (True, logged["undo_id"])
    assert answer["day"]["eaten"]["kcal"] == 269
    assert state_of(kitchen) == before


def test_what_moved_with_it_moves_back_and_forth(kitchen: Kitchen) -> None:
    before = state_of(kitchen)
    logged = answer_of(kitchen, "unplanned_food", items=[DOUGHNUT])
    after = state_of(kitchen)
    assert after.open_target != before.open_target
    answer_of(kitchen, "undo", undo_id=logged["undo_id"])
    assert state_of(kitchen) == before
    again = answer_of(kitchen, "undo", again=True)
    assert again["said"] == "Noted again: a glazed doughnut."
    assert again["day"] == logged["day"]
    assert state_of(kitchen) == after


def test_undoing_twice_undoes_once_and_says_so(kitchen: Kitchen) -> None:
    first = answer_of(kitchen, "log_food", items=[DOUGHNUT])["undo_id"]
    answer_of(kitchen, "log_food", items=[PIZZA])
    answer_of(kitchen, "undo", undo_id=first)
    answer = answer_of(kitchen, "undo", undo_id=first)
    assert (answer["said"], answer["changed"]) == ("That was undone already: a glazed doughnut.", False)
    assert answer["day"]["eaten"]["kcal"] == 569
    answer_of(kitchen, "undo", undo_id=first, again=True)
    answer = answer_of(kitchen, "undo", undo_id=first, again=True)
    assert (answer["said"], answer["changed"]) == ("That counts already: a glazed doughnut.", False)
    assert answer["day"]["eaten"]["kcal"] == 839


@pytest.mark.parametrize("again", [None, False, True])
@pytest.mark.parametrize("undo_id", [None, "", "nonsense"])
def test_where_there_is_nothing_it_says_so(kitchen: Kitchen, again: bool | None, undo_id: str | None) -> None:
    answer = answer_of(kitchen, "undo", again=again, undo_id=undo_id)
    assert (answer["code"], answer["committed"]) == ("NOTHING_TO_UNDO", [])
    verb = "log again" if again else "undo"
    assert answer["ask"] == f"I find nothing to {verb}. What did you have in mind?"


def test_what_was_undone_is_not_undone_by_the_next(kitchen: Kitchen) -> None:
    answer_of(kitchen, "log_water")
    answer_of(kitchen, "log_food", items=[PIZZA])
    said = [answer_of(kitchen, "undo").get("said") for _ in range(3)]
    assert said == [
        "Undone: two slices of cheese and tomato pizza.",
        "Undone: 250 millilitres of water.",
        None,
    ]


def test_nobody_undoes_for_another(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben")
    annas = answer_of(kitchen, "log_food", items=[PIZZA], person="anna")["undo_id"]
    before = state_of(kitchen, "anna")
    assert answer_of(kitchen, "undo", undo_id=annas)["code"] == "WHO"
    for undo_id in (annas, None):
        answer = answer_of(kitchen, "undo", undo_id=undo_id, person="ben")
        assert answer["code"] == "NOTHING_TO_UNDO"
        assert "pizza" not in json.dumps(answer)
    assert state_of(kitchen, "anna") == before
    assert answer_of(kitchen, "undo", undo_id=annas, person="Anna")["ok"]


def test_the_day_that_it_tells_is_the_one_it_changed(kitchen: Kitchen) -> None:
    answer_of(kitchen, "log_food", items=[DOUGHNUT], days_ago=1)
    answer_of(kitchen, "log_food", items=[PIZZA], meal="dinner", days_ago=1)
    answer = answer_of(kitchen, "undo")
    assert answer["said"] == "Undone for yesterday: two slices of cheese and tomato pizza."
    assert answer["day"]["eaten"]["kcal"] == 269
    assert kitchen.diary.totals("home", TODAY - timedelta(days=1)).items == 1


def test_after_midnight_the_day_is_still_today(kitchen: Kitchen, clock: Clock) -> None:
    clock.go(hours=12)  # one o'clock at night
    answer_of(kitchen, "log_food", items=[PIZZA])
    assert answer_of(kitchen, "undo")["said"] == "Undone: two slices of cheese and tomato pizza."


@pytest.mark.parametrize(
    ("happenings", "what"),
    [
        ((MealMissed("dinner"), MOVED), "dinner missed"),
        ((MOVED,), "a change of the plan"),
        ((WeightTaken(70),), "the weight"),
        ((WeightTaken(70), ProfileChanged({"height_cm": 170})), "a change of the profile"),
    ],
)
def test_other_entries_have_names_too(kitchen: Kitchen, happenings: tuple[Happening, ...], what: str) -> None:
    before = state_of(kitchen)
    kitchen.diary.log("logged", "home", happenings)
    answer = answer_of(kitchen, "undo")
    assert (answer["said"], answer["undo_id"]) == (f"Undone: {what}.", "logged")
    assert "70" not in answer["said"]
    assert state_of(kitchen) == before


def test_an_activity_has_its_minutes(kitchen: Kitchen) -> None:
    answer_of(kitchen, "log_weight", weight=70)
    answer_of(kitchen, "log_activity", activity="running", minutes=30)
    assert answer_of(kitchen, "undo")["said"] == "Undone: run, 30 minutes."


def test_the_same_call_undoes_once(kitchen: Kitchen) -> None:
    for _ in range(2):
        answer_of(kitchen, "log_food", items=[PIZZA])
    call = ToolCall("seven", "undo", {})
    for _ in range(2):
        registry = Registry(ALL_TOOLS, kitchen, timeout_s=20)  # the daemon was restarted
        answer = checked(asyncio.run(registry.run(call)).payload)
    assert answer["said"] == "Undone: two slices of cheese and tomato pizza."
    assert kitchen.diary.totals("home", TODAY).items == 1


def test_quiet_numbers_stay_unsaid(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    answer_of(kitchen, "unplanned_food", items=[PIZZA])
    for again in (False, True):
        answer = answer_of(kitchen, "undo", again=again)
        assert not re.search("kcal|calor|protein|fat_g", json.dumps(answer))


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), days_ago=st.integers(0, 14))
def test_whatever_was_eaten_can_be_undone_in_a_few_words(
    kitchen: Kitchen, data: st.DataObject, days_ago: int
) -> None:
    ids = st.sampled_from([food.id for food in kitchen.foods.foods])
    known = st.builds(
        lambda food, grams: {"food": food, "quantity": grams, "unit": "g"}, ids, st.floats(1, 150)
    )
    items = data.draw(st.lists(known, min_size=1, max_size=12))
    before = kitchen.diary.totals("home", TODAY - timedelta(days=days_ago))
    assert answer_of(kitchen, "log_food", items=items, days_ago=days_ago)["ok"]
    answer = answer_of(kitchen, "undo")
    assert answer["said"].startswith("Undone")
    assert kitchen.diary.totals("home", TODAY - timedelta(days=days_ago)) == before
