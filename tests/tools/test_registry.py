"""Running tools: whatever goes wrong is a payload, and nothing that hangs holds up anything else."""

from __future__ import annotations

import asyncio
import itertools
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import BaseModel

from device.events import ToolCall, ToolOutcome
from device.nutrition import diarydatabase
from device.nutrition.diary import Diary
from device.nutrition.events import WaterDrunk
from device.tools import ALL_TOOLS, Kitchen, Registry, Request, Tool, tool
from device.tools.payloads import Payload, ToolError, result
from device.tools.people import NOBODY_NAMED
from device.tools.registry import MOST_CHANGES, UNTOLD_S
from tests.tools.calls import checked
from tests.tools.conftest import Clock


class Order(BaseModel):
    dish: str
    plates: int = 1


class Nothing(BaseModel):
    pass


@tool
def serve(arguments: Order, request: Request) -> Payload:
    """Serve a dish."""
    return result(f"{arguments.plates} of {arguments.dish}", thread=threading.current_thread().name)


@tool
def burn(arguments: Nothing, request: Request) -> Payload:
    """Burn the dinner."""
    raise RuntimeError("smoke")


@tool
def refuse(arguments: Nothing, request: Request) -> Payload:
    """Refuse to cook."""
    raise ToolError("TOO_LATE", "The kitchen is closed.", ask="Tomorrow?")


@tool
def show_clock(arguments: Nothing, request: Request) -> Payload:
    """Show the clock, which no JSON can hold."""
    return result("now", now=request.kitchen.now())


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets the simmering end; set at the end of the test so that no thread stays behind."""
    event = threading.Event()
    yield event
    event.set()


def simmering(release: threading.Event) -> Tool:
    def simmer(arguments: Nothing, request: Request) -> Payload:
        """Simmer until it is done."""
        release.wait(10)
        return result("done")

    return tool(simmer)


def registry_of(kitchen: Kitchen, *more: Tool, timeout_s: float = 5) -> Registry:
    return Registry([serve, burn, refuse, show_clock, *more], kitchen, timeout_s=timeout_s)


def run(registry: Registry, name: str, **arguments: object) -> ToolOutcome:
    outcome = asyncio.run(registry.run(ToolCall("7", name, arguments)))
    checked(outcome.payload)
    return outcome


def test_a_good_call_gives_the_tools_own_result(kitchen: Kitchen) -> None:
    outcome = run(registry_of(kitchen), "serve", dish="soup", plates=2)
    expected = {"ok": True, "said": "2 of soup", "thread": "tool-serve"}
    assert outcome == ToolOutcome("7", "serve", expected)


def test_a_tools_own_refusal_is_passed_on(kitchen: Kitchen) -> None:
    assert run(registry_of(kitchen), "refuse").payload == {
        "ok": False,
        "code": "TOO_LATE",
        "message": "The kitchen is closed.",
        "ask": "Tomorrow?",
    }


def test_an_unknown_tool_is_told_the_nearest(kitchen: Kitchen) -> None:
    assert run(registry_of(kitchen), "serv").payload == {
        "ok": False,
        "code": "UNKNOWN_TOOL",
        "message": "There is no such tool. Did you mean serve?",
        "tools": ["serve"],
    }


def test_an_unknown_tool_like_no_other_is_told_them_all(kitchen: Kitchen) -> None:
    payload = run(registry_of(kitchen), "xyzzy").payload
    assert payload["tools"] == ["serve", "burn", "refuse", "show_clock"]


def test_wrong_arguments_are_named_without_their_values(kitchen: Kitchen) -> None:
    payload = run(registry_of(kitchen), "serve", plates="a secret").payload
    assert payload == {
        "ok": False,
        "code": "WRONG_ARGUMENTS",
        "message": "dish: Field required. Correct it and call again.",
        "field": "dish",
        "problems": [
            {"field": "dish", "message": "Field required"},
            {
                "field": "plates",
                "message": "Input should be a valid integer, unable to parse string as an integer",
            },
        ],
    }


def test_a_crash_is_a_payload_and_leaves_a_traceback(
    kitchen: Kitchen, caplog: pytest.LogCaptureFixture
) -> None:
    assert run(registry_of(kitchen), "burn").payload["code"] == "TOOL_CRASHED"
    (crash,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert crash.getMessage() == "tool_failed name=burn reason=TOOL_CRASHED"
    assert crash.exc_info
    assert "smoke" in caplog.text


def test_a_result_that_cannot_be_sent_is_a_crash(kitchen: Kitchen) -> None:
    assert run(registry_of(kitchen), "show_clock").payload["code"] == "TOOL_CRASHED"


def test_a_tool_that_takes_too_long_is_given_up(kitchen: Kitchen, release: threading.Event) -> None:
    registry = registry_of(kitchen, simmering(release), timeout_s=0.05)
    started = time.monotonic()
    payload = run(registry, "simmer").payload
    assert time.monotonic() - started < 2
    assert payload == {
        "ok": False,
        "code": "TIMED_OUT",
        "message": "The tool gave no answer within 0.05 s. It may be called once more.",
    }


def test_a_hung_tool_holds_up_neither_others_nor_the_end(kitchen: Kitchen, release: threading.Event) -> None:
    registry = registry_of(kitchen, simmering(release), timeout_s=0.05)
    run(registry, "simmer")
    (hung,) = [thread for thread in threading.enumerate() if thread.name == "tool-simmer"]
    assert hung.daemon
    assert run(registry, "serve", dish="soup").payload["ok"]


def test_the_ninth_tool_at_once_is_told_to_wait_and_a_place_comes_free(
    kitchen: Kitchen, release: threading.Event
) -> None:
    registry = registry_of(kitchen, simmering(release))

    async def nine() -> tuple[list[ToolOutcome], ToolOutcome, ToolOutcome]:
        calls = [asyncio.create_task(registry.run(ToolCall(str(n), "simmer", {}))) for n in range(8)]
        await asyncio.sleep(0)
        ninth = await registry.run(ToolCall("9", "serve", {"dish": "soup"}))
        release.set()
        eight = await asyncio.gather(*calls)
        return list(eight), ninth, await registry.run(ToolCall("10", "serve", {"dish": "soup"}))

    eight, ninth, tenth = asyncio.run(nine())
    assert all(outcome.payload["ok"] for outcome in eight)
    assert ninth.payload["code"] == "BUSY"
    assert tenth.payload["ok"]


def test_a_cancelled_call_ends_at_once(kitchen: Kitchen, release: threading.Event) -> None:
    registry = registry_of(kitchen, simmering(release))

    async def cancel() -> bool:
        task = asyncio.create_task(registry.run(ToolCall("7", "simmer", {})))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task], timeout=1)
        release.set()
        await asyncio.sleep(0.05)  # the late answer finds nobody waiting
        return task.cancelled()

    assert asyncio.run(cancel())


def test_a_tool_that_ends_after_the_loop_has_closed_does_no_harm(
    kitchen: Kitchen, release: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[object] = []
    monkeypatch.setattr(threading, "excepthook", complaints.append)
    run(registry_of(kitchen, simmering(release), timeout_s=0.02), "simmer")
    (hung,) = [thread for thread in threading.enumerate() if thread.name == "tool-simmer"]
    release.set()
    hung.join(5)
    assert not hung.is_alive()
    assert not complaints


def test_the_journal_tells_of_calls_and_never_of_their_arguments(
    kitchen: Kitchen, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    registry = registry_of(kitchen)
    run(registry, "serve", dish="secret soup")
    run(registry, "serve", plates="secret")
    run(registry, "refuse")
    messages = [record.getMessage() for record in caplog.records if record.name.startswith("device.tools")]
    assert [message.split(" ms=")[0] for message in messages] == [
        "tool_called name=serve",
        "tool_failed name=serve reason=WRONG_ARGUMENTS",
        "tool_called name=serve",
        "tool_called name=refuse",
    ]
    assert messages[0].endswith("ok=True")
    assert messages[3].endswith("ok=False")
    assert "secret" not in caplog.text


# ----------------------------------------------------------------------------------- what changes something


class Larder:
    """A tool that changes something, and how often it has."""

    def __init__(self) -> None:
        self.changes = 0
        self.now = 1000.0
        self.refuses = False
        self.open = threading.Event()
        self.open.set()

    def registry(self, kitchen: Kitchen, *more: Tool, timeout_s: float = 5) -> Registry:
        def store(arguments: Order, request: Request) -> Payload:
            """Put something into the larder."""
            self.open.wait(10)
            if self.refuses:
                raise ToolError("FULL", "There is no room.")
            self.changes += 1
            return result(f"{arguments.plates} of {arguments.dish}", number=self.changes)

        tools = [tool(changes=True)(store), *more]
        return Registry(tools, kitchen, timeout_s=timeout_s, clock=lambda: self.now)

    async def be_done(self, number: int = 1) -> None:
        """Wait for the tools at work; that many changes have then been made in all."""
        at_work = [thread for thread in threading.enumerate() if thread.name == "tool-store"]
        for thread in at_work:
            await asyncio.to_thread(thread.join, 10)
        assert self.changes == number


@pytest.fixture
def larder() -> Iterator[Larder]:
    larder = Larder()
    yield larder
    larder.open.set()


def stored(number: int, *, already_done: bool = False, dish: str = "soup", plates: int = 1) -> Payload:
    payload: Payload = {"ok": True, "said": f"{plates} of {dish}", "number": number}
    return {**payload, "already_done": True} if already_done else payload


async def store(registry: Registry, call_id: str, dish: str = "soup", **more: object) -> Payload:
    outcome = await registry.run(ToolCall(call_id, "store", {"dish": dish, **more}))
    assert (outcome.call_id, outcome.name) == (call_id, "store")
    return checked(outcome.payload)


async def give_up(registry: Registry, call_id: str) -> None:
    """Make a call and go away while its tool is at work."""
    task = asyncio.create_task(store(registry, call_id))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task], timeout=1)
    assert task.cancelled()


READERS = {"look_up_food", "substitute", "suggest_meal", "day_status"}


def test_a_tool_changes_nothing_unless_it_says_so() -> None:
    assert not serve.changes
    for each in ALL_TOOLS:
        assert each.changes != (each.declaration.name in READERS), each.declaration.name


def test_the_same_call_again_is_told_what_was_done(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)
    assert asyncio.run(store(registry, "1")) == stored(1)
    larder.now += 3600
    assert asyncio.run(store(registry, "1")) == stored(1, already_done=True)
    assert asyncio.run(store(registry, "1")) == stored(1, already_done=True)
    assert larder.changes == 1


def test_arguments_are_compared_by_what_they_mean(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)
    asyncio.run(store(registry, "1"))
    assert asyncio.run(store(registry, "1", plates="1")) == stored(1, already_done=True)


def test_the_same_id_with_other_arguments_is_another_call(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)
    asyncio.run(store(registry, "1"))
    assert asyncio.run(store(registry, "1", plates=2)) == stored(2, plates=2)
    assert asyncio.run(store(registry, "1", "rice")) == stored(3, dish="rice")
    assert asyncio.run(store(registry, "1")) == stored(1, already_done=True)


def test_the_same_id_with_another_tool_is_another_call(kitchen: Kitchen, larder: Larder) -> None:
    @tool(changes=True)
    def take_out(arguments: Order, request: Request) -> Payload:
        """Take something out of the larder."""
        return result("taken")

    registry = larder.registry(kitchen, take_out)
    asyncio.run(store(registry, "1"))
    assert asyncio.run(registry.run(ToolCall("1", "take_out", {"dish": "soup"}))).payload == result("taken")


def test_a_person_may_ask_for_the_same_thing_twice(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)
    assert asyncio.run(store(registry, "1")) == stored(1)
    assert asyncio.run(store(registry, "2")) == stored(2)


def test_calls_without_an_id_of_their_own_are_never_the_same_call(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)
    assert asyncio.run(store(registry, "store")) == stored(1)
    assert asyncio.run(store(registry, "store")) == stored(2)


def test_the_same_call_while_the_first_is_at_work_waits_for_it(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)

    async def scene() -> list[Payload]:
        larder.open.clear()
        calls = [asyncio.create_task(store(registry, "1")) for _ in range(3)]
        await asyncio.sleep(0.01)
        larder.open.set()
        return list(await asyncio.gather(*calls))

    again = stored(1, already_done=True)
    assert asyncio.run(scene()) == [stored(1), again, again]
    assert larder.changes == 1


def test_two_wishes_at_once_are_two_changes(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)

    async def scene() -> list[Payload]:
        return list(await asyncio.gather(store(registry, "1"), store(registry, "2")))

    asyncio.run(scene())
    assert larder.changes == 2


@pytest.mark.parametrize("call_id", ["1", "2"], ids=["same-id", "new-id"])
@pytest.mark.parametrize("finished", [True, False], ids=["finished", "at-work"])
def test_what_nobody_was_told_is_told_to_the_next_who_asks(
    kitchen: Kitchen, larder: Larder, call_id: str, finished: bool
) -> None:
    registry = larder.registry(kitchen)

    async def scene() -> tuple[Payload, Payload]:
        larder.open.clear()
        await give_up(registry, "1")
        if finished:
            larder.open.set()
            await larder.be_done()
        asking = asyncio.create_task(store(registry, call_id))
        await asyncio.sleep(0.01)
        larder.open.set()
        return await asking, await store(registry, "3")

    larder.now += UNTOLD_S
    told, another = asyncio.run(scene())
    assert told == stored(1, already_done=True)
    assert another == stored(2), "what was told is no longer owed to anybody"


def test_what_nobody_was_told_is_owed_for_two_minutes(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)

    async def scene(later_s: float) -> Payload:
        larder.open.clear()
        await give_up(registry, f"given up {later_s}")
        larder.open.set()
        done = larder.changes + 1
        await larder.be_done(done)
        larder.now += later_s
        return await store(registry, f"asked {later_s}")

    assert UNTOLD_S == 120
    assert asyncio.run(scene(UNTOLD_S)) == stored(1, already_done=True)
    assert asyncio.run(scene(UNTOLD_S + 1)) == stored(3)


def test_what_nobody_was_told_counts_for_one_wish_only(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)

    async def scene() -> list[Payload]:
        larder.open.clear()
        await give_up(registry, "1")
        calls = [asyncio.create_task(store(registry, call_id)) for call_id in ("2", "3")]
        await asyncio.sleep(0.01)
        larder.open.set()
        return list(await asyncio.gather(*calls))

    first, second = asyncio.run(scene())
    assert first["already_done"]
    assert "already_done" not in second
    assert larder.changes == 2


def test_what_nobody_was_told_does_not_count_for_another_wish(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)

    async def scene() -> Payload:
        larder.open.clear()
        await give_up(registry, "1")
        larder.open.set()
        await larder.be_done()
        return await store(registry, "2", "rice")

    assert asyncio.run(scene()) == stored(2, dish="rice")


def test_a_caller_who_goes_away_does_not_take_the_outcome_from_another(
    kitchen: Kitchen, larder: Larder
) -> None:
    registry = larder.registry(kitchen)

    async def scene() -> tuple[Payload, Payload]:
        larder.open.clear()
        staying = asyncio.create_task(store(registry, "1"))
        await give_up(registry, "1")
        larder.open.set()
        return await staying, await store(registry, "2")

    assert asyncio.run(scene()) == (stored(1), stored(2))


def test_a_change_that_took_too_long_is_told_when_it_is_called_once_more(
    kitchen: Kitchen, larder: Larder
) -> None:
    registry = larder.registry(kitchen, timeout_s=0.05)

    async def scene() -> tuple[Payload, Payload]:
        larder.open.clear()
        late = await store(registry, "1")
        larder.open.set()
        await larder.be_done()
        return late, await store(registry, "2")

    late, told = asyncio.run(scene())
    assert late["code"] == "TIMED_OUT"
    assert told == stored(1, already_done=True)


@pytest.mark.parametrize("call_id", ["1", "2"], ids=["same-id", "new-id"])
def test_a_failure_is_not_remembered(kitchen: Kitchen, larder: Larder, call_id: str) -> None:
    registry = larder.registry(kitchen)
    larder.refuses = True
    assert asyncio.run(store(registry, "1"))["code"] == "FULL"
    larder.refuses = False
    assert asyncio.run(store(registry, call_id)) == stored(1)


def test_a_failure_that_two_callers_wait_for_is_told_to_both(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)
    larder.refuses = True

    async def scene() -> list[Payload]:
        return list(await asyncio.gather(store(registry, "1"), store(registry, "1")))

    failure: Payload = {"ok": False, "code": "FULL", "message": "There is no room.", "committed": []}
    assert asyncio.run(scene()) == [failure, failure]


def test_as_many_are_remembered_as_there_is_room_for_and_failures_take_none(
    kitchen: Kitchen, larder: Larder
) -> None:
    registry = larder.registry(kitchen)

    async def scene() -> None:
        for number in range(MOST_CHANGES + 1):
            await store(registry, f"good {number}")
        larder.refuses = True
        for number in range(MOST_CHANGES):
            await store(registry, f"bad {number}")
        larder.refuses = False

        assert await store(registry, "good 1") == stored(2, already_done=True)
        assert await store(registry, "good 0") == stored(MOST_CHANGES + 2)

    assert MOST_CHANGES == 64
    asyncio.run(scene())


def test_a_call_that_repeats_another_needs_no_place(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)

    async def scene() -> tuple[Payload, Payload]:
        larder.open.clear()
        calls = [asyncio.create_task(store(registry, str(number))) for number in range(8)]
        await asyncio.sleep(0.01)
        ninth = await store(registry, "8")
        again = asyncio.create_task(store(registry, "7"))
        await asyncio.sleep(0.01)
        larder.open.set()
        await asyncio.gather(*calls)
        return ninth, await again

    ninth, again = asyncio.run(scene())
    assert ninth["code"] == "BUSY"
    assert again["already_done"]
    assert larder.changes == 8


def test_a_tool_that_changes_nothing_just_runs_again(kitchen: Kitchen, larder: Larder) -> None:
    runs = itertools.count(1)

    @tool
    def count(arguments: Nothing, request: Request) -> Payload:
        """Count how often this was asked."""
        return result("counted", number=next(runs))

    registry = larder.registry(kitchen, count)
    assert [run(registry, "count").payload["number"] for _ in range(2)] == [1, 2]


def test_the_journal_tells_a_repetition(
    kitchen: Kitchen, larder: Larder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    registry = larder.registry(kitchen)
    for _ in range(2):
        asyncio.run(store(registry, "1"))
    first, second = [record.getMessage() for record in caplog.records if record.name.startswith("device.")]
    assert first.endswith("ok=True")
    assert second.endswith("ok=True already_done=True")


def test_an_id_that_comes_again_long_after_is_another_call(kitchen: Kitchen, larder: Larder) -> None:
    registry = larder.registry(kitchen)
    assert asyncio.run(store(registry, "1")) == stored(1)
    larder.now += 3 * 3600
    assert asyncio.run(store(registry, "1")) == stored(2)


# ----------------------------------------------------------------------------------- what the diary keeps

GLASS_ML = 250.0


@tool(changes=True)
def drink(arguments: Order, request: Request) -> Payload:
    """Drink glasses of something."""
    glasses = (WaterDrunk(GLASS_ML * arguments.plates),)
    request.kitchen.diary.log(request.call_id, NOBODY_NAMED, glasses)
    return result("Noted.", undo_id=request.call_id)


def drunk(kitchen: Kitchen) -> float:
    """Glasses in all."""
    today = kitchen.diary.clock.today()
    days = kitchen.diary.totals_by_day(NOBODY_NAMED, today - timedelta(days=3), today)
    return sum(day.water_ml for day in days) / GLASS_ML


def have(kitchen: Kitchen, call_id: str, **arguments: object) -> Payload:
    """Drink, of a daemon that has just been started."""
    registry = Registry([drink], kitchen, timeout_s=5)
    call = ToolCall(call_id, "drink", {"dish": "tea", **arguments})
    return checked(asyncio.run(registry.run(call)).payload)


def test_the_undo_id_is_that_of_the_entry(kitchen: Kitchen) -> None:
    undo_id = str(have(kitchen, "1")["undo_id"])
    assert kitchen.diary.entry(undo_id)
    kitchen.diary.undo("undone", NOBODY_NAMED, undo_id)
    assert drunk(kitchen) == 0


def test_the_same_call_of_a_daemon_that_was_restarted_is_in_the_diary_once(kitchen: Kitchen) -> None:
    first = have(kitchen, "1")
    again = have(kitchen, "1")
    assert again == {**first, "said": "That was noted before.", "already_done": True}
    assert drunk(kitchen) == 1


@pytest.mark.parametrize("other", [{"plates": 2}, {"dish": "water"}])
def test_the_same_id_with_other_arguments_is_another_entry(
    kitchen: Kitchen, other: dict[str, object]
) -> None:
    ids = {have(kitchen, "1")["undo_id"], have(kitchen, "1", **other)["undo_id"]}
    assert len(ids) == 2
    assert drunk(kitchen) == 1 + int(str(other.get("plates", 1)))


def test_the_order_of_the_arguments_makes_no_other_call(kitchen: Kitchen) -> None:
    one: dict[str, object] = {"dish": "tea", "plates": 2}
    have(kitchen, "1", **one)
    have(kitchen, "1", **dict(reversed(one.items())))
    assert drunk(kitchen) == 2


def test_calls_without_an_id_of_their_own_are_entries_of_their_own(kitchen: Kitchen) -> None:
    ids = {have(kitchen, "drink")["undo_id"] for _ in range(3)}
    assert len(ids) == drunk(kitchen) == 3


def test_ids_that_start_anew_the_next_day_lose_nothing(kitchen: Kitchen, clock: Clock) -> None:
    for _ in range(3):
        assert "already_done" not in have(kitchen, "1")
        clock.go(days=1)
    clock.go(days=-1)
    assert drunk(kitchen) == 3


def test_a_day_ends_when_the_household_says_and_not_at_midnight(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(23, 55)
    have(kitchen, "1")
    clock.go(minutes=10)
    assert have(kitchen, "1")["already_done"]
    clock.show(6, 1)
    assert "already_done" not in have(kitchen, "1")


def test_a_call_made_again_just_after_the_end_of_a_day_is_the_same(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(3, 59)
    first = have(kitchen, "1")
    clock.go(minutes=2)
    assert have(kitchen, "1") == {**first, "said": "That was noted before.", "already_done": True}
    assert drunk(kitchen) == 1


def test_a_call_made_again_once_the_clock_is_set_is_the_same(kitchen: Kitchen, clock: Clock) -> None:
    today, since_boot_s = clock.at, clock.since_boot_s()
    own_clock = replace(kitchen.diary.clock, since_boot_s=lambda: since_boot_s)
    kitchen = replace(kitchen, diary=Diary(kitchen.diary.file, own_clock))
    clock.at = today.replace(year=2023)
    first = have(kitchen, "1")
    clock.at = today
    kitchen.diary.mend_times()
    assert have(kitchen, "1")["undo_id"] == first["undo_id"]
    assert drunk(kitchen) == 1


def test_a_call_made_again_where_the_clock_is_lost_is_the_same(kitchen: Kitchen, clock: Clock) -> None:
    """The power was cut: the clock shows the right day still, but nobody has set it."""
    have(kitchen, "1")
    doubted = replace(kitchen.diary.clock, is_set=lambda: False, boot="another boot")
    assert have(replace(kitchen, diary=Diary(kitchen.diary.file, doubted)), "1")["already_done"]


def test_an_undo_made_again_just_after_the_end_of_a_day_undoes_nothing_more(
    kitchen: Kitchen, clock: Clock
) -> None:
    clock.show(3, 58)
    for call_id in ("1", "2"):
        have(kitchen, call_id)
    for _ in range(2):
        call = ToolCall("3", "undo", {})
        assert asyncio.run(Registry(ALL_TOOLS, kitchen, timeout_s=5).run(call)).payload["ok"]
        clock.go(minutes=2)
    assert drunk(kitchen) == 1


def test_a_timer_set_again_just_after_the_end_of_a_day_is_one_timer(kitchen: Kitchen, clock: Clock) -> None:
    clock.show(3, 59)
    for _ in range(2):
        call = ToolCall("1", "timer", {"action": "set", "minutes": 10})
        assert asyncio.run(Registry(ALL_TOOLS, kitchen, timeout_s=5).run(call)).payload["ok"]
        clock.go(minutes=2)
    assert len(kitchen.timers.running()) == 1


def test_what_was_undone_is_not_logged_again_by_the_same_call(kitchen: Kitchen) -> None:
    undo_id = str(have(kitchen, "1")["undo_id"])
    kitchen.diary.undo("undone", NOBODY_NAMED, undo_id)
    assert have(kitchen, "1")["already_done"]
    assert drunk(kitchen) == 0


def test_what_failed_is_not_in_the_diary_and_may_be_called_again(kitchen: Kitchen) -> None:
    are_refused = iter([True, False])

    @tool(changes=True)
    def pour(arguments: Nothing, request: Request) -> Payload:
        """Pour a glass, if there is a jug."""
        with request.kitchen.diary.together():
            request.kitchen.diary.log(request.call_id, NOBODY_NAMED, (WaterDrunk(GLASS_ML),))
            if next(are_refused):
                raise ToolError("NO_JUG", "There is no jug.")
        return result("Poured.")

    call = ToolCall("1", "pour", {})
    for expected in ({"code": "NO_JUG", "committed": []}, {"ok": True}):
        payload = asyncio.run(Registry([pour], kitchen, timeout_s=5).run(call)).payload
        assert expected.items() <= payload.items()
    assert drunk(kitchen) == 1


def test_a_diary_that_cannot_be_written_is_told_and_the_same_call_does_it_later(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(diarydatabase, "BUSY_TIMEOUT_S", 0.05)
    have(kitchen, "1")
    other = sqlite3.connect(kitchen.diary.file.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    payload = have(kitchen, "2")
    assert payload == {
        "ok": False,
        "code": "STORAGE",
        "message": f"Another program holds the diary in {kitchen.diary.file.directory}. "
        "Say it again in a moment.",
        "ask": "I cannot use the diary at the moment, so nothing was noted. Shall I try again later?",
        "committed": [],
    }
    assert "tool_failed name=drink reason=STORAGE trouble=BUSY" in caplog.text
    assert drunk(kitchen) == 1
    other.close()
    assert have(kitchen, "2")["ok"]
    assert drunk(kitchen) == 2
