"""timer: several at once, by name or by length, ringing until they are stopped, never the wrong one ended."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.events import ToolCall
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.records import DiaryUnavailableError, Trouble
from device.nutrition.timers import MOST_RUNNING, KitchenTimers
from device.tools import ALL_TOOLS, Kitchen, Registry
from device.tools.timing import MOST_LISTED, said_duration
from tests.tools.calls import checked
from tests.tools.conftest import Clock

_numbers = itertools.count(1)


def timer(kitchen: Kitchen, action: str, call_id: str = "", /, **arguments: object) -> dict[str, Any]:
    """The answer of a daemon that has just been started; call_id: one of its own, unless one is given."""
    registry = Registry(ALL_TOOLS, kitchen, timeout_s=20)
    call = ToolCall(call_id or f"call-{next(_numbers)}", "timer", {"action": action, **arguments})
    return checked(asyncio.run(registry.run(call)).payload)


def running(kitchen: Kitchen) -> list[str]:
    return [timer.name for timer in kitchen.timers.running()]


def done(kitchen: Kitchen, action: str, /, **arguments: object) -> str:
    answer = timer(kitchen, action, **arguments)
    assert answer["ok"], answer
    said: str = answer["said"]
    return said


# ------------------------------------------------------------------------------------------- set


def test_a_named_timer_is_said_back(kitchen: Kitchen) -> None:
    answer = timer(kitchen, "set", name="pasta", minutes=8, seconds=30)
    assert answer["said"] == "Pasta timer set for 8 minutes and 30 seconds."
    assert answer["timer"].items() >= {"name": "pasta", "left_s": 510}.items()
    (one,) = kitchen.timers.running()
    assert (one.call_id, one.duration_s) == (answer["timer"]["timer_id"], 510)


@pytest.mark.parametrize("name", [None, "", "timer", " Timer ", "!"])
def test_without_a_name_it_goes_by_its_length(kitchen: Kitchen, name: str | None) -> None:
    assert done(kitchen, "set", name=name, minutes=10) == "Timer set for 10 minutes."
    assert done(kitchen, "list") == "The 10 minute timer has 10 minutes left."


@pytest.mark.parametrize(
    ("named", "duration_s", "said"),
    [
        ({"seconds": 1}, 1, "1 second"),
        ({"minutes": 0.5}, 30, "30 seconds"),
        ({"minutes": 90}, 5400, "1 hour and 30 minutes"),
        ({"hours": 1.5}, 5400, "1 hour and 30 minutes"),
        ({"hours": 1, "minutes": 2, "seconds": 3}, 3723, "1 hour, 2 minutes and 3 seconds"),
        ({"minutes": 1, "seconds": 90}, 150, "2 minutes and 30 seconds"),
        ({"hours": 24}, 86400, "24 hours"),
    ],
)
def test_hours_minutes_and_seconds_are_added_up(
    kitchen: Kitchen, named: dict[str, float], duration_s: float, said: str
) -> None:
    assert done(kitchen, "set", **named) == f"Timer set for {said}."
    assert kitchen.timers.running()[0].duration_s == duration_s


@pytest.mark.parametrize(
    ("named", "ask"),
    [
        ({}, "How long should the timer run?"),
        ({"minutes": 0}, "How long should the timer run?"),
        ({"minutes": -5}, "How long should the timer run?"),
        ({"seconds": 0.2}, "How long should the timer run?"),
        ({"minutes": float("nan")}, "How long should the timer run?"),
        ({"hours": 24, "seconds": 1}, "A timer can run for up to a day. How long should it be?"),
        ({"hours": float("inf")}, "A timer can run for up to a day. How long should it be?"),
    ],
)
def test_a_time_that_cannot_be_is_asked_for_again(
    kitchen: Kitchen, named: dict[str, float], ask: str
) -> None:
    answer = timer(kitchen, "set", name="eggs", **named)
    assert (answer["code"], answer["field"], answer["committed"]) == ("WRONG_ARGUMENTS", "minutes", [])
    assert answer["ask"] == ask
    assert not running(kitchen)
    again = {**named, **answer["retry"]["set"], "minutes": 5}
    assert done(kitchen, "set", name="eggs", **again) == "Eggs timer set for 5 minutes."


def test_two_of_one_name_run_beside_each_other(kitchen: Kitchen, clock: Clock) -> None:
    done(kitchen, "set", name="pasta", minutes=8)
    clock.go(minutes=2)
    assert done(kitchen, "set", name="Pasta timer", minutes=8) == "Another Pasta timer set for 8 minutes."
    assert [timer.remaining_s for timer in kitchen.timers.running()] == [360, 480]


def test_the_same_call_again_sets_one_timer_even_after_a_restart(kitchen: Kitchen, clock: Clock) -> None:
    first = timer(kitchen, "set", "7", name="pasta", minutes=8)
    clock.go(minutes=1)
    again = timer(kitchen, "set", "7", name="pasta", minutes=8)
    assert again["said"] == first["said"]
    assert again["timer"]["left_s"] == 420
    done(kitchen, "cancel")
    assert timer(kitchen, "set", "7", name="pasta", minutes=8)["said"] == (
        "That timer was set before and has ended."
    )
    assert not running(kitchen)


def test_one_too_many_is_told_and_a_place_can_be_made(kitchen: Kitchen) -> None:
    for number in range(MOST_RUNNING):
        done(kitchen, "set", name=f"pot {number}", minutes=number + 1)
    answer = timer(kitchen, "set", name="one more", minutes=5)
    assert (answer["code"], answer["committed"]) == ("TOO_MANY_TIMERS", [])
    assert answer["ask"] == "That is as many timers as I can keep. Which one shall I cancel first?"
    assert len(answer["timers"]) == MOST_LISTED
    assert answer["more"] == MOST_RUNNING - MOST_LISTED
    chosen = {**answer["retry"]["set"], "name": answer["timers"][2]["timer_id"]}
    assert done(kitchen, "set", **chosen) == "The pot 2 timer is cancelled."
    done(kitchen, "set", name="one more", minutes=5)
    assert len(running(kitchen)) == MOST_RUNNING


# ------------------------------------------------------------------------------------------- list


def test_nothing_to_list(kitchen: Kitchen) -> None:
    assert timer(kitchen, "list") == {"ok": True, "said": "No timer is running.", "timers": []}


def test_the_next_to_ring_is_listed_first_and_what_rings_is_said_to(kitchen: Kitchen, clock: Clock) -> None:
    done(kitchen, "set", name="rice", minutes=30)
    done(kitchen, "set", name="eggs", minutes=5)
    clock.go(minutes=4, seconds=55)
    assert done(kitchen, "list") == (
        "The eggs timer has 5 seconds left and the rice timer has 25 minutes left."
    )
    clock.go(seconds=6)
    answer = timer(kitchen, "list")
    assert answer["said"] == "The eggs timer is ringing and the rice timer has 25 minutes left."
    assert [(each["name"], each["left_s"]) for each in answer["timers"]] == [("eggs", 0), ("rice", 1499)]


def test_of_many_the_next_are_said(kitchen: Kitchen) -> None:
    for minutes in range(1, 7):
        done(kitchen, "set", name=f"pot {minutes}", minutes=minutes)
    assert done(kitchen, "list") == (
        "Pot 1 has 1 minute left, pot 2 has 2 minutes left, pot 3 has 3 minutes left and 3 more."
    )


@pytest.mark.parametrize(
    ("left_s", "said"),
    [
        (59.2, "1 minute"),
        (600, "10 minutes"),
        (601, "10 minutes"),
        (3599, "1 hour"),
        (5430, "1 hour and 30 minutes"),
    ],
)
def test_what_is_left_is_said_no_finer_than_it_matters(
    kitchen: Kitchen, clock: Clock, left_s: float, said: str
) -> None:
    done(kitchen, "set", name="roast", hours=2)
    clock.go(seconds=7200 - left_s)
    assert done(kitchen, "list") == f"The roast timer has {said} left."


# ------------------------------------------------------------------------------------------- cancel


@pytest.fixture
def three(kitchen: Kitchen) -> Kitchen:
    """A kitchen in which pasta, boiled eggs and one without a name are on."""
    done(kitchen, "set", name="pasta", minutes=8)
    done(kitchen, "set", name="boiled eggs", minutes=6)
    done(kitchen, "set", minutes=10)
    return kitchen


@pytest.mark.parametrize(
    ("said", "cancelled"),
    [
        ({"name": "pasta"}, "pasta"),
        ({"name": "the Pasta timer"}, "pasta"),
        ({"name": "passta"}, "pasta"),
        ({"name": "egg"}, "boiled eggs"),
        ({"name": "boiled egg timer"}, "boiled eggs"),
        ({"name": "10 minute"}, "10 minute"),
        ({"name": "ten-minute timer"}, "10 minute"),
        ({"minutes": 10}, "10 minute"),
        ({"name": "timer", "seconds": 600}, "10 minute"),
    ],
)
def test_one_is_known_by_what_people_call_it(three: Kitchen, said: dict[str, object], cancelled: str) -> None:
    assert done(three, "cancel", **said) == f"The {cancelled} timer is cancelled."
    assert cancelled not in running(three)
    assert len(running(three)) == 2


@pytest.mark.parametrize("said", [{}, {"name": "timer"}, {"name": "potatoes"}, {"minutes": 3}])
def test_of_several_it_is_asked_which(three: Kitchen, said: dict[str, object]) -> None:
    answer = timer(three, "cancel", **said)
    assert (answer["code"], answer["field"], answer["committed"]) == ("UNKNOWN_TIMER", "name", [])
    assert answer["ask"] == (
        "Which timer: boiled eggs with 6 minutes left, pasta with 8 minutes left or 10 minute with 10 "
        "minutes left?"
    )
    assert len(running(three)) == 3
    chosen = {**said, **answer["retry"]["set"], "name": answer["timers"][1]["timer_id"]}
    assert done(three, "cancel", **chosen) == "The pasta timer is cancelled."


def test_of_two_with_one_name_it_is_asked_which(kitchen: Kitchen, clock: Clock) -> None:
    done(kitchen, "set", name="pasta", minutes=8)
    clock.go(minutes=2)
    done(kitchen, "set", name="pasta", minutes=8)
    done(kitchen, "set", name="rice", minutes=9)
    answer = timer(kitchen, "cancel", name="pasta")
    assert answer["ask"] == "Which timer: pasta with 6 minutes left or pasta with 8 minutes left?"
    done(kitchen, "cancel", name=answer["timers"][1]["timer_id"])
    assert [timer.remaining_s for timer in kitchen.timers.running()] == [360, 540]


def test_the_very_name_comes_before_a_longer_one(kitchen: Kitchen) -> None:
    done(kitchen, "set", name="pasta sauce", minutes=8)
    done(kitchen, "set", name="pasta", minutes=9)
    assert done(kitchen, "cancel", name="pasta") == "The pasta timer is cancelled."
    assert running(kitchen) == ["pasta sauce"]


def test_the_one_that_runs_needs_no_name(kitchen: Kitchen) -> None:
    done(kitchen, "set", name="pasta", minutes=8)
    assert done(kitchen, "cancel") == "The pasta timer is cancelled."
    assert not running(kitchen)


def test_the_one_that_runs_is_not_ended_under_another_name(kitchen: Kitchen) -> None:
    done(kitchen, "set", name="pasta", minutes=8)
    answer = timer(kitchen, "cancel", name="potatoes")
    assert answer["code"] == "UNKNOWN_TIMER"
    assert answer["ask"] == "The pasta timer is running. Shall I cancel that one?"
    assert running(kitchen) == ["pasta"]
    assert done(kitchen, "cancel", **answer["retry"]["set"]) == "The pasta timer is cancelled."


def test_with_none_running_another_can_be_set(kitchen: Kitchen) -> None:
    answer = timer(kitchen, "cancel", name="pasta")
    assert answer["code"] == "UNKNOWN_TIMER"
    assert answer["ask"] == "No timer is running. Shall I set one?"
    again = {**answer["retry"]["set"], "name": "pasta", "minutes": 5}
    assert done(kitchen, "cancel", **again) == "Pasta timer set for 5 minutes."


@pytest.mark.parametrize("name", ["all", "all timers"])
def test_all_can_be_cancelled(three: Kitchen, name: str) -> None:
    assert timer(three, "cancel", name=name) == {
        "ok": True,
        "said": "All 3 timers are cancelled.",
        "timers": [],
    }
    assert not running(three)


def test_one_that_rings_can_be_cancelled_too(kitchen: Kitchen, clock: Clock) -> None:
    done(kitchen, "set", name="pasta", minutes=8)
    clock.go(minutes=9)
    done(kitchen, "cancel")
    assert not kitchen.timers.due()


# ------------------------------------------------------------------------------------------- stop


def test_stop_ends_what_rings_and_nothing_else(three: Kitchen, clock: Clock) -> None:
    clock.go(minutes=6)
    answer = timer(three, "stop")
    assert answer["said"] == "The boiled eggs timer is off."
    assert [each["name"] for each in answer["timers"]] == ["pasta", "10 minute"]
    clock.go(minutes=5)
    assert done(three, "stop") == "The pasta and 10 minute timers are off."
    assert not running(three)
    assert done(three, "stop") == "No timer is ringing. No timer is running."


def test_stop_with_nothing_ringing_says_what_runs_and_offers_to_cancel_it(kitchen: Kitchen) -> None:
    done(kitchen, "set", name="pasta", minutes=8)
    answer = timer(kitchen, "stop")
    assert answer["said"] == ("No timer is ringing. The pasta timer has 8 minutes left. Shall I cancel it?")
    assert running(kitchen) == ["pasta"]
    assert done(kitchen, "stop", **answer["retry"]["set"]) == "The pasta timer is cancelled."


def test_stop_with_several_running_cancels_none(three: Kitchen) -> None:
    assert done(three, "stop") == "No timer is ringing. 3 timers are running."
    assert len(running(three)) == 3


def test_timers_ring_after_a_restart(kitchen: Kitchen, clock: Clock) -> None:
    done(kitchen, "set", name="pasta", minutes=8)
    kitchen.diary.file.close()
    clock.go(minutes=20)
    assert done(kitchen, "list") == "The pasta timer is ringing."


# ------------------------------------------------------------------------------------------- ringing


@pytest.fixture
def eggs_ring(kitchen: Kitchen, clock: Clock) -> Kitchen:
    """A kitchen in which the eggs ring and the pasta has 5 minutes left."""
    done(kitchen, "set", name="eggs", minutes=3)
    done(kitchen, "set", name="pasta", minutes=8)
    clock.go(minutes=3)
    return kitchen


def test_without_a_name_the_one_that_rings_is_cancelled(eggs_ring: Kitchen) -> None:
    assert done(eggs_ring, "cancel") == "The eggs timer is cancelled."
    assert running(eggs_ring) == ["pasta"]


def test_what_rings_is_said_to_where_it_is_asked_which(eggs_ring: Kitchen) -> None:
    answer = timer(eggs_ring, "cancel", name="rice")
    assert answer["code"] == "UNKNOWN_TIMER"
    assert answer["ask"] == "Which timer: eggs ringing now or pasta with 5 minutes left?"
    assert len(running(eggs_ring)) == 2


def test_of_several_that_ring_it_is_asked_which(eggs_ring: Kitchen, clock: Clock) -> None:
    done(eggs_ring, "set", name="rice", minutes=20)
    clock.go(minutes=5)
    answer = timer(eggs_ring, "cancel")
    assert answer["ask"] == "Which timer: eggs ringing now or pasta ringing now?"
    assert len(running(eggs_ring)) == 3


def test_the_only_one_is_said_to_ring(eggs_ring: Kitchen) -> None:
    done(eggs_ring, "cancel", name="pasta")
    answer = timer(eggs_ring, "cancel", name="potatoes")
    assert answer["ask"] == "The eggs timer is ringing. Shall I cancel that one?"


# ------------------------------------------------------------------------------------------- no disk


def _refuse(_file: DiaryFile) -> NoReturn:
    raise DiaryUnavailableError(Trouble.DISK_FULL, Path("/var/lib/ladle"))


def test_on_a_full_disk_what_rings_is_stopped(eggs_ring: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DiaryFile, "writing", _refuse)
    assert done(eggs_ring, "stop") == "The eggs timer is off."
    assert running(eggs_ring) == ["pasta"]
    assert done(eggs_ring, "cancel", name="pasta") == "The pasta timer is cancelled."
    assert done(eggs_ring, "list") == "No timer is running."


def test_on_a_full_disk_a_timer_is_set_and_said_not_to_survive_a_restart(
    kitchen: Kitchen, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiaryFile, "writing", _refuse)
    answer = timer(kitchen, "set", "7", name="pasta", minutes=8)
    assert answer["said"] == "Pasta timer set for 8 minutes. It will not survive a restart."
    assert answer["timer"]["survives_restart"] is False
    clock.go(minutes=1)
    timer(kitchen, "set", "7", name="pasta", minutes=8)
    assert done(kitchen, "list") == "The pasta timer has 7 minutes left."
    clock.go(minutes=7)
    assert done(kitchen, "stop") == "The pasta timer is off."
    assert timer(kitchen, "set", "7", name="pasta", minutes=8)["said"] == (
        "That timer was set before and has ended."
    )


# ------------------------------------------------------------------------------------------- whatever


NAMES = st.text(st.sampled_from("ab é漢-'1 "), max_size=40)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(NAMES, st.integers(1, 86400)), min_size=1, max_size=4), NAMES)
def test_whatever_they_are_called_the_answers_are_short(
    kitchen: Kitchen, wished: list[tuple[str, int]], other: str
) -> None:
    for name, seconds in wished:
        answer = timer(kitchen, "set", name=name, seconds=seconds)
        assert said_duration(seconds) in answer["said"]
    assert len(running(kitchen)) == len(wished)
    done(kitchen, "list")
    done(kitchen, "stop")
    timer(kitchen, "cancel", name=other)
    for each in kitchen.timers.running():
        done(kitchen, "cancel", name=each.call_id)
    assert not running(kitchen)


def test_the_timers_are_the_kitchens_own(kitchen: Kitchen) -> None:
    done(kitchen, "set", name="pasta", minutes=8)
    others = KitchenTimers(kitchen.diary.file, kitchen.diary.clock)
    assert [timer.name for timer in others.running()] == ["pasta"]
