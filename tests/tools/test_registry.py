"""Running tools: whatever goes wrong is a payload, and nothing that hangs holds up anything else."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from device.events import ToolCall, ToolOutcome
from device.tools import Kitchen, Registry, Tool, tool
from device.tools.payloads import Payload, ToolError, result
from tests.tools.calls import checked


class Order(BaseModel):
    dish: str
    plates: int = 1


class Nothing(BaseModel):
    pass


@tool
def serve(arguments: Order, kitchen: Kitchen) -> Payload:
    """Serve a dish."""
    return result(f"{arguments.plates} of {arguments.dish}", thread=threading.current_thread().name)


@tool
def burn(arguments: Nothing, kitchen: Kitchen) -> Payload:
    """Burn the dinner."""
    raise RuntimeError("smoke")


@tool
def refuse(arguments: Nothing, kitchen: Kitchen) -> Payload:
    """Refuse to cook."""
    raise ToolError("TOO_LATE", "The kitchen is closed.", ask="Tomorrow?")


@tool
def show_clock(arguments: Nothing, kitchen: Kitchen) -> Payload:
    """Show the clock, which no JSON can hold."""
    return result("now", now=kitchen.now())


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets the simmering end; set at the end of the test so that no thread stays behind."""
    event = threading.Event()
    yield event
    event.set()


def simmering(release: threading.Event) -> Tool:
    def simmer(arguments: Nothing, kitchen: Kitchen) -> Payload:
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
