"""Every error that a tool can give: really produced, of one shape, and following what it says leads on."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import device.tools
from device.events import ToolCall
from device.nutrition.events import WaterDrunk, WeightTaken
from device.nutrition.records import DiaryUnavailableError
from device.nutrition.timers import MOST_RUNNING
from device.tools import ALL_TOOLS, Kitchen, Registry, drinking
from device.tools.people import NOBODY_NAMED
from device.tools.registry import MOST_AT_WORK
from tests.tools.calls import checked
from tests.tools.conftest import Clock, KitchenMaker

Arguments = Mapping[str, Any]
Answer = dict[str, Any]
TOOLS = {tool.declaration.name: tool for tool in ALL_TOOLS}
ASKING = {"NOT_CONFIRMED", "IMPLAUSIBLE_AMOUNT"}
_numbers = itertools.count(1)


def call(kitchen: Kitchen, tool: str, arguments: Arguments, call_id: str = "") -> Answer:
    """The answer of a daemon that has just been started; call_id: one of its own, unless one is given."""
    registry = Registry(ALL_TOOLS, kitchen, timeout_s=20)
    made = ToolCall(call_id or f"call-{next(_numbers)}", tool, arguments)
    return checked(asyncio.run(registry.run(made)).payload)


def with_set(arguments: Arguments, changes: Arguments) -> dict[str, Any]:
    """The arguments with some of them set, by paths such as "items[1].food"."""
    changed: dict[str, Any] = deepcopy(dict(arguments))
    for path, value in changes.items():
        *parents, last = [int(key) if key.isdigit() else key for key in re.findall(r"\w+", path)]
        within: Any = changed
        for key in parents:
            within = within[key]
        within[last] = value
    return changed


# ------------------------------------------------------------------------------------------- the table


def one(*foods: object) -> Answer:
    return {"items": [{"food": food} if isinstance(food, str) else food for food in foods]}


def first_candidate(payload: Answer) -> object:
    candidate = payload["candidates"][0]
    return candidate.get("food_id", candidate.get("activity_id"))


def first_of(key: str) -> Callable[[Answer], object]:
    return lambda payload: payload[key][0]


def first_timer(payload: Answer) -> object:
    return payload["timers"][0]["timer_id"]


def nothing(_kitchen: Kitchen, _clock: Clock) -> None:
    pass


def weighed(kitchen: Kitchen, _clock: Clock) -> None:
    kitchen.diary.log("weighed", NOBODY_NAMED, (WeightTaken(65),))


def timers_on(count: int) -> Callable[[Kitchen, Clock], None]:
    def set_them(kitchen: Kitchen, _clock: Clock) -> None:
        for number in range(count):
            kitchen.timers.set(f"timer-{number}", f"pot {number}", 60 + number)

    return set_them


def water_drunk(kitchen: Kitchen, _clock: Clock) -> None:
    kitchen.diary.log("drunk", NOBODY_NAMED, (WaterDrunk(250),))


def after_dinner(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(21)
    assert call(kitchen, "missed_meal", {"meal": "dinner", "on_purpose": True})["ok"]


BODY = {"age_years": 40, "sex": "female", "height_cm": 170, "weight_kg": 65, "activity": "light"}
LOSING = {**BODY, "goal": "lose", "conditions": []}
DINNER = [{"food": "chicken breast", "quantity": 150, "unit": "g"}, {"food": "rice"}, {"food": "broccoli"}]
GUESS = {"kcal": 900, "protein_g": 2, "carbohydrate_g": 3, "fat_g": 1}


@dataclass(frozen=True)
class Case:
    """A call that gives an error.

    at: the field that the error names; answers: what a person would say to what is asked, by the argument
    that it is for; before: what happens first; meanwhile: what happens before the error is followed.
    """

    code: str
    tool: str
    arguments: Arguments
    at: str | None
    answers: Mapping[str, object] = field(default_factory=dict)
    before: Callable[[Kitchen, Clock], None] = nothing
    meanwhile: Callable[[Kitchen, Clock], None] = nothing
    people: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.code}-{self.tool}-{self.at}"


CASES = [
    Case("AMBIGUOUS_FOOD", "log_food", one("banana", "olives"), "items[1].food",
         {"items[1].food": first_candidate}),
    Case("AMBIGUOUS_FOOD", "look_up_food", {"food": "olives"}, "food", {"food": first_candidate}),
    Case("AMBIGUOUS_FOOD", "substitute", {"ingredient": "olives", "ingredients": [
        {"food": "olives_black"}, {"food": "olives_green"}, {"food": "rice"}]}, "ingredient",
        {"ingredient": "black olives"}),
    Case("UNKNOWN_FOOD", "unplanned_food", one("zorblax"), "items[0].food", {"items[0].food": "banana"}),
    Case("UNKNOWN_FOOD", "substitute", {"ingredient": "tofu", "ingredients": DINNER}, "ingredient",
         {"ingredient": first_of("holds")}),
    Case("UNKNOWN_UNIT", "log_food", one({"food": "banana", "quantity": 1, "unit": "bucket"}),
         "items[0].unit", {"items[0].unit": "cup"}),
    Case("UNKNOWN_UNIT", "log_water", {"unit": "bathtub"}, "unit", {"unit": "mug"}),
    Case("UNKNOWN_MEAL", "log_food", {**one("banana"), "meal": "brunch"}, "meal",
         {"meal": first_of("meals")}),
    Case("UNKNOWN_MEAL", "missed_meal", {"meal": "brunch", "move": False}, "meal", {"meal": "lunch"}),
    Case("UNKNOWN_MEAL", "suggest_meal", {"meal": "brunch"}, "meal", {"meal": "dinner"}),
    Case("UNKNOWN_MEAL", "substitute", {"ingredient": "rice", "meal": "dinner"}, "ingredients",
         {"ingredients": DINNER}),
    Case("UNKNOWN_ACTIVITY", "log_activity", {"activity": "quidditch", "minutes": 30}, "activity",
         {"activity": "walking"}, weighed),
    Case("UNKNOWN_TIMER", "timer", {"action": "cancel"}, "name", {"name": first_timer}, timers_on(2)),
    Case("UNKNOWN_TIMER", "timer", {"action": "cancel", "name": "rice"}, "name", {}, timers_on(1)),
    Case("UNKNOWN_TIMER", "timer", {"action": "cancel"}, "name", {"minutes": 5}),
    Case("TOO_MANY_TIMERS", "timer", {"action": "set", "minutes": 5}, None, {"name": first_timer},
         timers_on(MOST_RUNNING)),
    Case("IMPLAUSIBLE_AMOUNT", "log_food", one({"food": "rice", "quantity": 3000, "unit": "g"}),
         "items[0].quantity"),
    Case("IMPLAUSIBLE_AMOUNT", "unplanned_food", one({"food": "rice", "quantity": 9000, "unit": "g"}),
         "items[0].quantity", {"items[0].quantity": 200, "items[0].unit": "g"}),
    Case("IMPLAUSIBLE_AMOUNT", "log_water", {"quantity": 90, "unit": "l"}, "quantity",
         {"quantity": 1, "unit": "l"}),
    Case("IMPLAUSIBLE_AMOUNT", "log_weight", {"weight": 6.5}, "weight", {"weight": 65, "unit": "kg"}),
    Case("IMPLAUSIBLE_ESTIMATE", "log_food", one({"food": "zorblax", "quantity": 100, "unit": "g",
         "per_100g": GUESS}), "items[0].per_100g.kcal", {"items[0].per_100g.kcal": 29}),
    Case("WHO", "log_water", {}, "person", {"person": first_of("people")}, people=("anna", "ben")),
    Case("WHO", "day_status", {"person": "Peter"}, "person", {"person": "anna"}, people=("anna", "ben")),
    Case("NEED_PROFILE_FIELD", "set_profile", BODY, "goal", {"goal": "maintain"}),
    Case("NEED_PROFILE_FIELD", "log_activity", {"activity": "running"}, "minutes", {"minutes": 30}, weighed),
    Case("NEED_PROFILE_FIELD", "log_activity", {"activity": "running", "minutes": 30}, "weight_kg",
         {"weight": 65, "unit": "kg"}),
    Case("NO_REMAINING_MEALS", "suggest_meal", {}, "meal", {}, after_dinner),
    Case("BELOW_FLOOR", "set_profile", {**LOSING, "wanted_kcal": 700}, "wanted_kcal"),
    Case("NO_MATCH", "substitute", {"ingredient": "chicken breast", "instead": "strawberries",
         "ingredients": DINNER}, "instead"),
    Case("NOT_CONFIRMED", "missed_meal", {"meal": "lunch"}, None),
    Case("NOT_CONFIRMED", "set_profile", {"allergens": ["peanut"]}, None),
    Case("NOTHING_TO_UNDO", "undo", {}, None, meanwhile=water_drunk),
    Case("WRONG_ARGUMENTS", "log_food", {**one("banana"), "time": "25:00"}, "time", {"time": "12:00"}),
    Case("WRONG_ARGUMENTS", "log_food", {**one("banana"), "time": "23:00"}, "time"),
    Case("WRONG_ARGUMENTS", "log_food", {"items": []}, "items", one("banana")),
    Case("WRONG_ARGUMENTS", "timer", {"action": "set"}, "minutes", {"minutes": 5}),
    Case("WRONG_ARGUMENTS", "set_profile", {**BODY, "goal": "maintain", "height_cm": 1.7}, "height_cm",
         {"height_cm": 170}),
    Case("WRONG_ARGUMENTS", "set_profile", {"allergens": ["peanut", "kiwi"]}, "allergens"),
]  # fmt: skip


def as_it_was(kitchen: Kitchen) -> object:
    """Everything that a call could have changed."""
    return (
        [kitchen.diary.events(each.name, date(2020, 1, 1), date(2030, 1, 1)) for each in kitchen.people.all],
        kitchen.timers.running(),
    )


def followed(kitchen: Kitchen, case: Case, payload: Answer) -> Answer:
    """The answer once what the error says has been done."""
    retry = payload.get("retry", {})
    changes = retry.get("set") or {case.at: "<>"} if case.at else retry.get("set", {})
    answered = {key: _answered(case, key, value, payload) for key, value in changes.items()}
    tool = retry.get("tool", case.tool)
    arguments = with_set(case.arguments if tool == case.tool else {}, answered)
    answer = call(kitchen, tool, arguments)
    if tool != case.tool:
        assert answer["ok"], answer
        answer = call(kitchen, case.tool, case.arguments)
    if answer.get("code") in ASKING:
        answer = call(kitchen, case.tool, {**arguments, **answer["retry"]["set"]})
    return answer


def _answered(case: Case, key: str, value: object, payload: Answer) -> object:
    answer = case.answers.get(key, value)
    answer = answer(payload) if callable(answer) else answer
    assert not str(answer).startswith("<"), f"{key} needs the answer of a person"
    return answer


@pytest.fixture
def kitchen_of(make_kitchen: KitchenMaker, clock: Clock) -> Callable[[Case], Kitchen]:
    def make(case: Case) -> Kitchen:
        kitchen = make_kitchen(*case.people)
        case.before(kitchen, clock)
        return kitchen

    return make


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_error_is_told_in_one_shape_and_changes_nothing(
    kitchen_of: Callable[[Case], Kitchen], case: Case
) -> None:
    kitchen = kitchen_of(case)
    before = as_it_was(kitchen)
    payload = call(kitchen, case.tool, case.arguments)
    assert (payload["ok"], payload["code"], payload.get("field")) == (False, case.code, case.at)
    assert payload["message"].endswith(".")
    assert payload.get("ask", "?").endswith("?")
    assert {"ask", "retry", "field"} & payload.keys(), "there is a way on"
    if TOOLS[case.tool].changes and "problems" not in payload:
        assert payload["committed"] == []
    assert as_it_was(kitchen) == before


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_to_be_set_are_arguments_of_a_tool(kitchen_of: Callable[[Case], Kitchen], case: Case) -> None:
    retry = call(kitchen_of(case), case.tool, case.arguments).get("retry", {})
    parameters: Any = TOOLS[retry.get("tool", case.tool)].declaration.parameters["properties"]
    for path in retry.get("set", {}):
        name, *within = re.findall("[a-z_0-9]+", path)
        within = [key for key in within if not key.isdigit()]
        assert name in parameters
        assert all(key in parameters[name]["items"]["properties"] for key in within)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_following_an_error_leads_to_what_was_wanted(
    kitchen_of: Callable[[Case], Kitchen], clock: Clock, case: Case
) -> None:
    kitchen = kitchen_of(case)
    payload = call(kitchen, case.tool, case.arguments)
    case.meanwhile(kitchen, clock)
    before = as_it_was(kitchen)
    answer = followed(kitchen, case, payload)
    assert answer["ok"], answer
    assert (as_it_was(kitchen) != before) == TOOLS[case.tool].changes


def test_an_estimate_may_stand_in_for_a_food_that_nobody_knows(kitchen: Kitchen) -> None:
    wish = one({"food": "zorblax", "quantity": 100, "unit": "g"})
    payload = call(kitchen, "log_food", wish)
    assert "items[0].per_100g" in payload["else"]
    answer = call(kitchen, "log_food", with_set(wish, {"items[0].per_100g": {**GUESS, "kcal": 29}}))
    assert answer["items"][0].items() >= {"kcal": 29, "is_estimated": True}.items()


# ------------------------------------------------------------------------------------------- the machine


@contextlib.contextmanager
def full_disk(kitchen: Kitchen) -> Iterator[None]:
    """A disk on which the diary cannot grow by another page."""
    with kitchen.diary.file.writing() as database:
        database.execute("PRAGMA max_page_count = 1")  # SQLite takes what the file has already
    for fill in (_drink, _end_a_timer):
        with contextlib.suppress(DiaryUnavailableError):
            for number in itertools.count():
                fill(kitchen, f"filling {number}")
    yield
    with kitchen.diary.file.reading() as database:
        database.execute("PRAGMA max_page_count = 1000000")


def _drink(kitchen: Kitchen, call_id: str) -> None:
    kitchen.diary.log(call_id, "nobody", (WaterDrunk(1),))


def _end_a_timer(kitchen: Kitchen, call_id: str) -> None:
    with kitchen.diary.file.writing() as database:
        database.execute(
            "INSERT INTO timer (call_id, name, duration_s, due, boot, due_since_boot_s, state, ended)"
            " VALUES (?, '', 1, '', '', 0, 'cancelled', '9999')",
            (call_id,),
        )


STORED: list[tuple[str, Arguments]] = [
    ("log_food", one("banana")),
    ("unplanned_food", one("banana")),
    ("missed_meal", {"meal": "lunch", "move": False}),
    ("log_activity", {"activity": "running", "minutes": 30}),
    ("undo", {}),
    ("set_profile", {"allergens": ["peanut"]}),
    ("log_weight", {"weight": 66}),
    ("log_water", {}),
]
"""All but the timer, which runs without a disk."""


@pytest.mark.parametrize(("tool", "arguments"), STORED, ids=[tool for tool, _ in STORED])
def test_where_the_diary_is_full_nothing_is_kept_and_the_same_call_does_it_later(
    kitchen: Kitchen, clock: Clock, tool: str, arguments: Arguments
) -> None:
    weighed(kitchen, clock)
    if tool == "set_profile":
        arguments = {**arguments, **call(kitchen, tool, arguments)["retry"]["set"]}
    before = as_it_was(kitchen)
    with full_disk(kitchen):
        payload = call(kitchen, tool, arguments, "7")
        assert as_it_was(kitchen) == before
    assert payload == {
        "ok": False,
        "code": "STORAGE",
        "message": f"The disk that holds the diary ({kitchen.diary.file.directory}) is full. Make room on it "
        "and say it again.",
        "ask": "I cannot use the diary at the moment, so nothing was noted. Shall I try again later?",
        "committed": [],
    }
    assert call(kitchen, tool, arguments, "7")["ok"]
    assert as_it_was(kitchen) != before


def test_every_tool_that_changes_something_is_tried_on_a_full_disk() -> None:
    assert {tool for tool, _ in STORED} == {name for name, tool in TOOLS.items() if tool.changes} - {"timer"}


@pytest.fixture
def held(kitchen: Kitchen) -> Iterator[threading.Event]:
    """Somebody else is writing into the diary, until the event is set."""
    let_go, is_held = threading.Event(), threading.Event()

    def hold() -> None:
        with kitchen.diary.together():
            is_held.set()
            let_go.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    is_held.wait(10)
    yield let_go
    let_go.set()
    thread.join(10)


async def be_done() -> None:
    """Wait for the tools that are still at work."""
    for thread in [each for each in threading.enumerate() if each.name.startswith("tool-")]:
        await asyncio.to_thread(thread.join, 10)


def test_what_took_too_long_is_done_once_and_told_when_it_is_called_again(
    kitchen: Kitchen, held: threading.Event
) -> None:
    registry = Registry(ALL_TOOLS, kitchen, timeout_s=0.05)

    async def scene() -> tuple[Answer, Answer]:
        late = await registry.run(ToolCall("1", "log_water", {}))
        held.set()
        await be_done()
        again = await registry.run(ToolCall("2", "log_water", {}))
        return checked(late.payload), checked(again.payload)

    late, again = asyncio.run(scene())
    assert late["code"] == "TIMED_OUT"
    assert "day_status first" in late["message"]
    assert late["committed"] == "unknown"
    assert "retry" not in late
    assert again["ok"]
    assert again["already_done"]
    assert again["today_ml"] == 250


def test_too_many_calls_at_once_are_told_to_come_again(kitchen: Kitchen, held: threading.Event) -> None:
    registry = Registry(ALL_TOOLS, kitchen, timeout_s=20)

    async def scene() -> tuple[Answer, Answer]:
        calls = [ToolCall(f"{number}", "log_water", {}) for number in range(MOST_AT_WORK)]
        at_work = [asyncio.create_task(registry.run(each)) for each in calls]
        await asyncio.sleep(0)
        busy = await registry.run(ToolCall("one more", "log_water", {}))
        held.set()
        await asyncio.gather(*at_work)
        again = await registry.run(ToolCall("one more", "log_water", {}))
        return checked(busy.payload), checked(again.payload)

    busy, again = asyncio.run(scene())
    assert busy["code"] == "BUSY"
    assert again["today_ml"] == 250 * (MOST_AT_WORK + 1)


def test_a_crash_is_told_and_leaves_the_diary_as_it_was(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(drinking, "day_of")
    before = as_it_was(kitchen)
    payload = call(kitchen, "log_water", {})
    assert payload["code"] == "TOOL_CRASHED"
    assert payload["message"] == "The tool failed inside. Say that it does not work at the moment."
    assert as_it_was(kitchen) == before
    assert call(kitchen, "timer", {"action": "list"})["ok"], "the others work"


def test_a_tool_that_is_not_there_is_told_the_nearest(kitchen: Kitchen) -> None:
    payload = call(kitchen, "log_foods", one("banana"))
    assert (payload["code"], payload["tools"]) == ("UNKNOWN_TOOL", ["log_food"])
    assert call(kitchen, payload["tools"][0], one("banana"))["ok"]


# ------------------------------------------------------------------------------------------- all of them

OF_THE_MACHINE = {"STORAGE", "BUSY", "TIMED_OUT", "TOOL_CRASHED", "UNKNOWN_TOOL"}


def test_no_code_is_left_out() -> None:
    """A code of the tools' source that no test above produces would be one that nobody has followed."""
    sources = Path(device.tools.__file__).parent.glob("*.py")
    named = {code for path in sources for code in re.findall(r'"([A-Z]{2,}(?:_[A-Z]+)*)"', path.read_text())}
    assert named - {"ALL_TOOLS", "NFKD"} == {case.code for case in CASES} | OF_THE_MACHINE
