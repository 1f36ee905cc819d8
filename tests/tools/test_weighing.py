"""log_weight: noted without a word about it, and asked about where it was probably misheard."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from device.events import ToolCall
from device.nutrition.events import ProfileChanged
from device.nutrition.profile import checked_changes
from device.tools import ALL_TOOLS, Kitchen, Registry
from device.tools.kitchen import Ways
from device.tools.today import day_of
from tests.tools.calls import agreed, answer_of, checked
from tests.tools.conftest import SATURDAY, Clock, KitchenMaker

TODAY = SATURDAY.date()
NUMBERS = re.compile(r"\d|kcal|calor|kilo|stone|pound")


def weights_kg(kitchen: Kitchen, person: str = "home") -> list[float]:
    return [weighing.kg for weighing in kitchen.diary.weighings(person, most=10)]


@pytest.mark.parametrize(
    ("arguments", "kg", "said"),
    [
        ({"weight": 72}, 72, "Noted: 72 kilograms."),
        ({"weight": 71.5, "unit": "kg"}, 71.5, "Noted: 71.5 kilograms."),
        ({"weight": 160, "unit": "lb"}, 72.57, "Noted: 160 pounds."),
        ({"weight": 11.5, "unit": "st"}, 73.03, "Noted: 11.5 stone."),
        ({"weight": 20}, 20, "Noted: 20 kilograms."),
        ({"weight": 400}, 400, "Noted: 400 kilograms."),
    ],
)
def test_a_weight_is_noted_and_no_more(
    kitchen: Kitchen, arguments: dict[str, object], kg: float, said: str
) -> None:
    answer = answer_of(kitchen, "log_weight", **arguments)
    assert (answer["said"], answer["kg"]) == (said, kg)
    assert weights_kg(kitchen) == [kg]
    assert "target_kcal" not in answer


def test_how_it_changed_is_not_said(kitchen: Kitchen) -> None:
    said = [answer_of(kitchen, "log_weight", weight=kg)["said"] for kg in (72, 71, 74)]
    assert said == ["Noted: 72 kilograms.", "Noted: 71 kilograms.", "Noted: 74 kilograms."]


@pytest.mark.parametrize(
    ("weight", "unit"),
    [(19.9, "kg"), (400.1, "kg"), (40, "lb"), (3, "st"), (-70, "kg"), (float("nan"), "kg")],
)
def test_a_weight_that_nobody_has_is_asked_for_again(kitchen: Kitchen, weight: float, unit: str) -> None:
    asked = answer_of(kitchen, "log_weight", weight=weight, unit=unit)
    assert (asked["code"], asked["field"], asked["committed"]) == ("IMPLAUSIBLE_AMOUNT", "weight", [])
    assert asked["ask"] == "What was the weight, and was it in kilograms, pounds or stone?"
    assert weights_kg(kitchen) == []
    assert set(asked["retry"]["set"]) == {"weight", "unit"}
    assert answer_of(kitchen, asked["retry"]["tool"], weight=154, unit="lb")["ok"]


@pytest.mark.parametrize(("weight", "is_asked"), [(63, False), (77, False), (62.95, True), (77.05, True)])
def test_a_large_change_is_asked_about(kitchen: Kitchen, weight: float, is_asked: bool) -> None:
    answer_of(kitchen, "log_weight", weight=70)
    answer = answer_of(kitchen, "log_weight", weight=weight)
    assert answer["ok"] is not is_asked
    if is_asked:
        assert answer["code"] == "NOT_CONFIRMED"
        assert answer["ask"] == f"I understood {weight:g} kilograms. Is it right?"
        assert weights_kg(kitchen) == [70]
        assert answer_of(kitchen, "log_weight", weight=weight, **answer["retry"]["set"])["ok"]
    assert weights_kg(kitchen) == [weight, 70]


def test_consent_is_to_that_weight(kitchen: Kitchen) -> None:
    answer_of(kitchen, "log_weight", weight=70)
    token = answer_of(kitchen, "log_weight", weight=90)["retry"]["set"]["confirm"]
    assert answer_of(kitchen, "log_weight", weight=91, confirm=token)["code"] == "NOT_CONFIRMED"
    assert agreed(kitchen, "log_weight", weight=91)["kg"] == 91


@pytest.mark.parametrize(("days", "is_asked"), [(60, True), (61, False)])
def test_a_weight_of_long_ago_is_not_compared(
    kitchen: Kitchen, clock: Clock, days: int, is_asked: bool
) -> None:
    answer_of(kitchen, "log_weight", weight=70)
    clock.go(days=days)
    assert answer_of(kitchen, "log_weight", weight=90)["ok"] is not is_asked


def test_the_targets_that_follow_it_are_told_as_numbers(kitchen: Kitchen) -> None:
    profile = {"age_years": 40, "sex": "female", "height_cm": 170, "activity": "light", "goal": "maintain"}
    kitchen.diary.log("profile", "home", (ProfileChanged(checked_changes(profile)),))
    first = answer_of(kitchen, "log_weight", weight=65)
    assert first["target_kcal"] == {"before": 2089, "after": 1860}
    second = answer_of(kitchen, "log_weight", weight=70)
    assert second["target_kcal"] == {"before": 1860, "after": day_of(kitchen).plan.target.energy_kcal}
    assert second["day"]["target"]["kcal"] == second["target_kcal"]["after"] > 1860
    assert second["said"] == "Noted: 70 kilograms."
    answer_of(kitchen, "undo", undo_id=second["undo_id"])
    assert day_of(kitchen).plan.target.energy_kcal == 1860


def test_quiet_numbers_stay_unsaid(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    answer = answer_of(kitchen, "log_weight", weight=70)
    assert answer == {"ok": True, "said": "Noted.", "undo_id": answer["undo_id"]}
    asked = answer_of(kitchen, "log_weight", weight=90)
    assert asked["ask"] == "Did I hear the weight right?"
    assert not NUMBERS.search(json.dumps([asked["ask"], asked["message"]]))
    assert agreed(kitchen, "log_weight", weight=90)["said"] == "Noted."
    assert weights_kg(kitchen) == [90, 70]


@pytest.mark.parametrize("arguments", [{}, {"weight": "heavy"}, {"weight": 70, "unit": "tons"}])
def test_wrong_arguments_are_told(kitchen: Kitchen, arguments: dict[str, object]) -> None:
    assert answer_of(kitchen, "log_weight", **arguments)["code"] == "WRONG_ARGUMENTS"


def test_the_same_call_is_one_weighing(kitchen: Kitchen) -> None:
    call = ToolCall("seven", "log_weight", {"weight": 70})
    for _ in range(2):
        registry = Registry(ALL_TOOLS, kitchen, timeout_s=20)  # the daemon was restarted
        answer = checked(asyncio.run(registry.run(call)).payload)
    assert answer["already_done"]
    assert weights_kg(kitchen) == [70]


def test_each_person_has_their_own_weight(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben")
    assert answer_of(kitchen, "log_weight", weight=70)["code"] == "WHO"
    assert answer_of(kitchen, "log_weight", weight=70, person="Anna")["ok"]
    assert answer_of(kitchen, "log_weight", weight=90, person="Ben")["ok"]
    assert (weights_kg(kitchen, "anna"), weights_kg(kitchen, "ben")) == ([70], [90])
