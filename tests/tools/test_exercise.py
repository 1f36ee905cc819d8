"""log_activity: what it took, what the day gets back, and what has to be asked first."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.events import ToolCall
from device.nutrition.events import ActivityDone, ProfileChanged, WeightTaken
from device.nutrition.profile import checked_changes
from device.tools import ALL_TOOLS, Kitchen, Registry
from device.tools.kitchen import Ways
from device.tools.today import day_of, moment_at
from tests.tools.calls import answer_of, checked
from tests.tools.conftest import SATURDAY, Clock, KitchenMaker

TODAY = SATURDAY.date()
QUIET = re.compile(r"kcal|calor|protein|carbohydrate|fat_g", re.IGNORECASE)


@pytest.fixture
def weighed(kitchen: Kitchen) -> Kitchen:
    """A kitchen of somebody of 70 kg."""
    kitchen.diary.log("weighed", "home", (WeightTaken(70),))
    return kitchen


def done_on(kitchen: Kitchen, days_ago: int = 0, person: str = "home") -> list[ActivityDone]:
    events = kitchen.diary.events(person, TODAY - timedelta(days=days_ago))
    return [event.fact for event in events if isinstance(event.fact, ActivityDone)]


def changed(kitchen: Kitchen, **changes: object) -> None:
    kitchen.diary.log("profile", "home", (ProfileChanged(checked_changes(changes)),))


def test_a_run_adds_a_part_of_it_to_the_day(weighed: Kitchen) -> None:
    before = day_of(weighed).state
    answer = answer_of(weighed, "log_activity", activity="I went for a run", minutes=30)
    assert answer["said"] == (
        "Run noted, 30 minutes. That is about 290 calories beyond rest, and 140 are added to today."
    )
    assert (answer["activity"], answer["minutes"]) == ("run", 30)
    assert (answer["net_kcal"], answer["credited_kcal"]) == (290, 140)
    day = answer["day"]
    assert day["target"]["kcal"] == before.plan.target.energy_kcal + 140 == day["left"]["kcal"]
    assert day["in_no_meal_kcal"] == 140
    (done,) = done_on(weighed)
    assert (done.activity_id, done.weight_kg, done.net_kcal) == ("run", 70, 290)
    answer_of(weighed, "undo", undo_id=answer["undo_id"])
    assert day_of(weighed).state == before


def test_yesterdays_swim_is_added_to_yesterday(weighed: Kitchen) -> None:
    answer = answer_of(weighed, "log_activity", activity="swimming", minutes=60, days_ago=1)
    assert answer["said"] == (
        "Swim noted for yesterday, 60 minutes. "
        "That is about 340 calories beyond rest, and 170 are added to that day."
    )
    assert answer["day"]["target"]["kcal"] == 2089 + 170
    assert done_on(weighed) == []
    assert len(done_on(weighed, 1)) == 1
    assert day_of(weighed).state.credit.energy_kcal == 0


def test_the_day_gets_back_no_more_however_it_was_undone_and_done_again(weighed: Kitchen) -> None:
    run = answer_of(weighed, "log_activity", activity="run", minutes=180)
    answer_of(weighed, "undo")
    answer_of(weighed, "log_activity", activity="easy cycling", minutes=300)
    answer_of(weighed, "undo", undo_id=run["undo_id"], again=True)
    assert day_of(weighed).state.credit.energy_kcal == 600


def test_a_weight_told_today_serves_for_yesterday_where_none_was_known_then(weighed: Kitchen) -> None:
    answer_of(weighed, "log_activity", activity="swim", minutes=30, days_ago=1)
    assert done_on(weighed, 1)[0].weight_kg == 70


def test_a_weight_of_then_counts_for_a_day_before(weighed: Kitchen) -> None:
    weighed.diary.log("before", "home", (WeightTaken(90),), moment_at(weighed, days_ago=3))
    weighed.diary.log("again", "home", (WeightTaken(60),))
    for days_ago, kg in ((0, 60), (1, 90), (3, 90)):
        answer_of(weighed, "log_activity", activity="swim", minutes=30, days_ago=days_ago)
        assert done_on(weighed, days_ago)[0].weight_kg == kg


@pytest.mark.parametrize(
    ("minutes", "said"), [(0.4, "Yoga noted, under a minute."), (1, "Yoga noted, a minute.")]
)
def test_a_moment_is_not_called_no_minutes(weighed: Kitchen, minutes: float, said: str) -> None:
    assert answer_of(weighed, "log_activity", activity="yoga", minutes=minutes)["said"] == said


def test_before_the_day_begins_it_is_still_the_day_before(weighed: Kitchen, clock: Clock) -> None:
    clock.go(hours=12)  # one o'clock at night
    answer_of(weighed, "log_activity", activity="dancing", minutes=90)
    answer_of(weighed, "log_activity", activity="dancing", minutes=30, days_ago=1)
    assert [done.minutes for done in done_on(weighed)] == [90]
    (event,) = weighed.diary.events("home", TODAY - timedelta(days=1))
    assert event.moment.local == datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


def test_a_day_gets_back_so_much_and_no_more(weighed: Kitchen) -> None:
    credited = [
        answer_of(weighed, "log_activity", activity="running", minutes=minutes)["credited_kcal"]
        for minutes in (60, 60, 60)
    ]
    assert sum(credited) == 600
    assert credited[2] < credited[0]
    last = answer_of(weighed, "log_activity", activity="running", minutes=60)
    assert last["credited_kcal"] == 0
    assert last["said"].endswith("calories beyond rest.")
    yesterday = answer_of(weighed, "log_activity", activity="running", minutes=60, days_ago=1)
    assert yesterday["credited_kcal"] == credited[0]


@pytest.mark.parametrize(
    ("changes", "credited"),
    [({"exercise_credit": 1.0}, 290), ({"exercise_credit": 0.0}, 0), ({"counts_exercise": True}, 0)],
)
def test_the_profile_says_what_comes_back(weighed: Kitchen, changes: dict[str, Any], credited: int) -> None:
    changed(weighed, **changes)
    answer = answer_of(weighed, "log_activity", activity="running", minutes=30)
    assert answer["credited_kcal"] == credited
    assert ("are added" in answer["said"]) is bool(credited)


def test_an_unclear_activity_comes_with_candidates(weighed: Kitchen) -> None:
    asked = answer_of(weighed, "log_activity", activity="dog yoga", minutes=30)
    assert (asked["code"], asked["field"], asked["heard"]) == ("UNKNOWN_ACTIVITY", "activity", "dog yoga")
    assert asked["candidates"] == [{"activity_id": "yoga", "say": "yoga"}]
    assert asked["ask"] == "Which comes nearest: yoga, or something else?"
    assert (asked["retry"]["tool"], list(asked["retry"]["set"])) == ("log_activity", ["activity"])
    chosen = asked["candidates"][0]["activity_id"]
    assert answer_of(weighed, "log_activity", activity=chosen, minutes=30)["activity"] == "yoga"


def test_an_activity_like_no_other_is_asked_about(weighed: Kitchen) -> None:
    asked = answer_of(weighed, "log_activity", activity="zxqv")
    assert (asked["code"], asked["candidates"], asked["committed"]) == ("UNKNOWN_ACTIVITY", [], [])
    assert asked["ask"].endswith("or something else?")


@pytest.mark.parametrize("minutes", [None, 0, -5, 961, float("nan"), float("inf")])
def test_minutes_that_cannot_be_are_asked_for(weighed: Kitchen, minutes: float | None) -> None:
    asked = answer_of(weighed, "log_activity", activity="running", minutes=minutes)
    assert (asked["code"], asked["field"]) == ("NEED_PROFILE_FIELD", "minutes")
    assert asked["ask"] == "How many minutes was it?"
    assert done_on(weighed) == []
    assert (asked["retry"]["tool"], list(asked["retry"]["set"])) == ("log_activity", ["minutes"])
    assert answer_of(weighed, "log_activity", activity="running", minutes=960)["ok"]


def test_without_a_weight_it_is_asked_for_first(kitchen: Kitchen) -> None:
    arguments = {"activity": "running", "minutes": 30}
    asked = answer_of(kitchen, "log_activity", **arguments)
    assert (asked["code"], asked["field"], asked["committed"]) == ("NEED_PROFILE_FIELD", "weight_kg", [])
    assert asked["ask"] == "I need your weight for that; what do you weigh, about?"
    assert (asked["retry"]["tool"], set(asked["retry"]["set"])) == ("log_weight", {"weight", "unit"})
    assert "log_activity again" in asked["then"]
    assert answer_of(kitchen, asked["retry"]["tool"], weight=11, unit="st")["ok"]
    assert answer_of(kitchen, "log_activity", **arguments)["net_kcal"] == 290


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"activity": ""},
        {"activity": "running", "minutes": "an hour"},
        {"activity": "running", "days_ago": 15},
        {"activity": "running", "days_ago": -1},
    ],
)
def test_wrong_arguments_are_told(weighed: Kitchen, arguments: dict[str, object]) -> None:
    answer = answer_of(weighed, "log_activity", **arguments)
    assert answer["code"] == "WRONG_ARGUMENTS"
    assert answer["field"] in {"activity", "minutes", "days_ago"}


def test_the_same_call_is_one_run(weighed: Kitchen) -> None:
    call = ToolCall("seven", "log_activity", {"activity": "running", "minutes": 30})
    for _ in range(2):
        registry = Registry(ALL_TOOLS, weighed, timeout_s=20)  # the daemon was restarted
        answer = checked(asyncio.run(registry.run(call)).payload)
    assert answer["already_done"]
    assert len(done_on(weighed)) == 1


def test_each_person_moves_for_themselves(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben")
    kitchen.diary.log("anna", "anna", (WeightTaken(60),))
    arguments = {"activity": "running", "minutes": 30}
    assert answer_of(kitchen, "log_activity", **arguments)["code"] == "WHO"
    assert answer_of(kitchen, "log_activity", **arguments, person="Anna")["ok"]
    assert answer_of(kitchen, "log_activity", **arguments, person="Ben")["field"] == "weight_kg"
    assert done_on(kitchen, person="ben") == []


@pytest.mark.parametrize("days_ago", [0, 1])
def test_quiet_numbers_stay_unsaid(make_kitchen: KitchenMaker, days_ago: int) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    kitchen.diary.log("weighed", "home", (WeightTaken(70),))
    answer = answer_of(kitchen, "log_activity", activity="running", minutes=30, days_ago=days_ago)
    assert answer["said"] == (
        "Run noted for yesterday, 30 minutes." if days_ago else "Run noted, 30 minutes."
    )
    assert not QUIET.search(json.dumps(answer))


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), minutes=st.floats(0.01, 960), days_ago=st.integers(0, 14))
def test_whatever_was_done_it_can_be_said(
    weighed: Kitchen, data: st.DataObject, minutes: float, days_ago: int
) -> None:
    activity = data.draw(st.sampled_from([each.id for each in weighed.activities.all]))
    answer = answer_of(weighed, "log_activity", activity=activity, minutes=minutes, days_ago=days_ago)
    assert answer["ok"]
    assert ("calories beyond rest" in answer["said"]) is (answer["net_kcal"] > 0)
    answer_of(weighed, "undo")


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    words=st.text(min_size=1, max_size=200) | st.sampled_from(["ball", "ride", "hard walk or run", "session"])
)
def test_whatever_is_said_it_answers_or_asks(weighed: Kitchen, words: str) -> None:
    answer = answer_of(weighed, "log_activity", activity=words)
    assert answer["code"] in {"UNKNOWN_ACTIVITY", "NEED_PROFILE_FIELD", "WRONG_ARGUMENTS"}
