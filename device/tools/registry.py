"""Runs the tools that the model calls: each in a thread of its own, under a time limit, and never raises.

What a tool has changed is not changed a second time because the model calls again: it may make the same call
on the next connection, and it may make a new one for what it was never told was done.
"""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import hashlib
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, ValidationError

from device.events import ToolCall, ToolDeclaration, ToolOutcome
from device.nutrition.days import DiaryClock, logical_day
from device.nutrition.records import DiaryUnavailableError
from device.tools.kitchen import Kitchen, Request
from device.tools.payloads import Payload, ToolError, result
from device.tools.tool import Tool

logger = logging.getLogger(__name__)

MOST_AT_WORK = 8
PROBLEMS_TOLD = 3
NAME_LOGGED = 60
MOST_CHANGES = 64
"""Calls that are remembered for what they changed; the oldest are forgotten first."""
REPEATED_S = 7200.0
"""As long as the API remembers a session, it may make a call of that session again under the same id."""
ENTRY_ID_LETTERS = 12
NOT_KEPT = "I cannot use the diary at the moment, so nothing was noted. Shall I try again later?"
NOT_READ = "I cannot look into the diary at the moment. Shall I try again later?"
UNTOLD_S = 120.0
"""A call like one whose outcome nobody was told, made within this time, is taken for the same wish."""


class Registry:
    """The tools of the device.

    A thread that hangs keeps its place among the eight at work until it ends, and nothing else: being a
    daemon thread it holds up neither the conversation nor the end of the process.
    """

    def __init__(
        self,
        tools: Iterable[Tool],
        kitchen: Kitchen,
        *,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """clock: in s, never set back."""
        self._tools = {tool.declaration.name: tool for tool in tools}
        self._kitchen = kitchen
        self._timeout_s = timeout_s
        self._clock = clock
        self._places = threading.BoundedSemaphore(MOST_AT_WORK)
        self._changes: list[_Change] = []

    def use(self, kitchen: Kitchen) -> None:
        """Let the calls to come work on this kitchen."""
        self._kitchen = kitchen

    @property
    def declarations(self) -> tuple[ToolDeclaration, ...]:
        """What the model is told of the tools."""
        return tuple(tool.declaration for tool in self._tools.values())

    async def run(self, call: ToolCall) -> ToolOutcome:
        """The outcome of a call; whatever goes wrong is a payload that the model can recover from."""
        started = time.perf_counter()
        try:
            payload = await self._payload(call)
        except ToolError as error:
            payload = error.payload
        spent_ms = (time.perf_counter() - started) * 1000
        logger.info(
            "tool_called name=%s ms=%.1f ok=%s%s",
            _plain(call.name),
            spent_ms,
            payload.get("ok"),
            " already_done=True" if payload.get("already_done") else "",
        )
        return ToolOutcome(call.id, call.name, payload)

    async def _payload(self, call: ToolCall) -> Payload:
        tool = self._tools.get(call.name)
        if tool is None:
            near = difflib.get_close_matches(call.name, self._tools, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]}?" if near else ""
            message = f"There is no such tool.{hint}"
            raise _failed(call, "UNKNOWN_TOOL", message, tools=near or list(self._tools))
        try:
            arguments = tool.arguments.model_validate(dict(call.arguments))
        except ValidationError as error:
            raise _wrong_arguments(call, error, changes=tool.changes) from None
        if tool.changes:
            return await self._change_once(call, tool, arguments)
        return await self._answer(call, tool, self._start(call, tool, arguments))

    def _start(self, call: ToolCall, tool: Tool, arguments: BaseModel) -> Future[Payload]:
        entry_ids = _entry_ids(call, self._kitchen.diary.clock)
        if not self._places.acquire(blocking=False):
            raise _failed(call, "BUSY", "Too many tools are at work. Call again in a few seconds.")
        work: Future[Payload] = Future()
        work.set_running_or_notify_cancel()  # a caller who goes away cannot stop it

        def run() -> None:
            try:
                payload = _answer_of(tool, arguments, self._kitchen, entry_ids)
            finally:
                self._places.release()
            work.set_result(payload)

        threading.Thread(target=run, name=f"tool-{call.name}", daemon=True).start()
        return work

    async def _answer(self, call: ToolCall, tool: Tool, work: Future[Payload]) -> Payload:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.wrap_future(work)
        except TimeoutError:
            raise _too_late(call, self._timeout_s, changes=tool.changes) from None

    async def _change_once(self, call: ToolCall, tool: Tool, arguments: BaseModel) -> Payload:
        earlier = self._earlier(call, arguments)
        change = earlier or _Change(call, arguments, self._start(call, tool, arguments))
        if not earlier:
            self._changes.append(change)
        change.callers += 1
        try:
            payload = await self._answer(call, tool, change.work)
            change.is_told = True
        finally:
            change.callers -= 1
            change.left_at = self._clock()
        return {**payload, "already_done": True} if earlier and payload.get("ok") else payload

    def _earlier(self, call: ToolCall, arguments: BaseModel) -> _Change | None:
        """The call that this one repeats, or whose outcome this one asks for without knowing of it."""
        self._changes = [change for change in self._changes if not change.has_failed][-MOST_CHANGES:]
        alike = [change for change in self._changes if change.is_like(call, arguments)]
        now = self._clock()
        same_id = [change for change in alike if change.call.id == call.id and _has_own_id(call)]
        repeated = [change for change in same_id if change.callers or now - change.left_at <= REPEATED_S]
        untold = [change for change in alike if change.is_untold and now - change.left_at <= UNTOLD_S]
        return next(iter(repeated + untold), None)


@dataclass(slots=True)
class _Change:
    """A call that changes something, from its start on.

    callers: how many wait for its outcome; is_told: one of them was given it; left_at: when the last of them
    stopped waiting, in s of the registry's clock.
    """

    call: ToolCall
    arguments: BaseModel
    work: Future[Payload]
    callers: int = 0
    is_told: bool = False
    left_at: float = 0

    @property
    def has_failed(self) -> bool:
        """Whether it has ended without changing anything."""
        return self.work.done() and not self.work.result().get("ok")

    @property
    def is_untold(self) -> bool:
        """Whether all who waited for its outcome went away without it."""
        return not self.is_told and not self.callers

    def is_like(self, call: ToolCall, arguments: BaseModel) -> bool:
        """Whether that call asks for the same."""
        return self.call.name == call.name and self.arguments == arguments


def _has_own_id(call: ToolCall) -> bool:
    """A call to which the API gave no id goes by its name, as every other such call does."""
    return call.id != call.name


def _entry_ids(call: ToolCall, clock: DiaryClock) -> tuple[str, ...]:
    """What the diary calls this call, and then what it may have called it when it was made before.

    The same for a call that the API makes again, even of a daemon that has been restarted meanwhile, over the
    end of a day and the setting of the clock; another one for a call of another day, in case ids begin anew
    with each session.
    """
    if not _has_own_id(call):
        return (uuid.uuid4().hex[:ENTRY_ID_LETTERS],)
    earliest = clock.now() - timedelta(seconds=REPEATED_S)
    days = (f"{clock.today()}", f"{logical_day(earliest, clock.day_start)}")
    times = (*days, clock.boot) if clock.is_known() else (clock.boot, *days)
    return tuple(dict.fromkeys(_entry_id(call, time) for time in times))


def _entry_id(call: ToolCall, time: str) -> str:
    made = json.dumps([call.id, call.name, dict(call.arguments), time], sort_keys=True, default=str)
    return hashlib.sha256(made.encode()).hexdigest()[:ENTRY_ID_LETTERS]


def _known_id(kitchen: Kitchen, entry_ids: Sequence[str]) -> str:
    """The one under which something was logged or a timer was set; the first where nothing was."""
    timers = {timer.call_id for timer in kitchen.timers.running()}
    known = (each for each in entry_ids if each in timers or kitchen.diary.entry(each))
    return next(known, entry_ids[0])


def _answer_of(tool: Tool, arguments: BaseModel, kitchen: Kitchen, entry_ids: Sequence[str]) -> Payload:
    name, request = tool.declaration.name, Request(kitchen, entry_ids[0])
    try:
        if tool.changes:
            request = Request(kitchen, _known_id(kitchen, entry_ids))
        payload = _payload_of(tool, arguments, request)
        json.dumps(payload, allow_nan=False)  # what cannot be sent is a crash of the tool, not of the session
    except ToolError as error:
        return _completed(error.payload, tool)
    except DiaryUnavailableError as error:
        logger.warning("tool_failed name=%s reason=STORAGE trouble=%s", name, error.trouble.name)
        ask = NOT_KEPT if tool.changes else NOT_READ
        return _completed(ToolError("STORAGE", str(error), ask=ask).payload, tool)
    except Exception:
        logger.warning("tool_failed name=%s reason=TOOL_CRASHED", name, exc_info=True)
        return _crashed(tool, request)
    return payload


def _completed(payload: Payload, tool: Tool) -> Payload:
    """An error with what every one has: nothing was logged by it, and which tool to call again."""
    if tool.changes:
        payload.setdefault("committed", [])
    retry = payload.get("retry")
    if isinstance(retry, dict):
        retry.setdefault("tool", tool.declaration.name)
    return payload


def _crashed(tool: Tool, request: Request) -> Payload:
    """What a tool logged before it failed stays logged, and must not be told as a failure."""
    with contextlib.suppress(DiaryUnavailableError):
        if tool.changes and request.kitchen.diary.entry(request.call_id):
            return result("That is noted.", undo_id=request.call_id)
    message = "The tool failed inside. Say that it does not work at the moment."
    return _completed(ToolError("TOOL_CRASHED", message).payload, tool)


def _payload_of(tool: Tool, arguments: BaseModel, request: Request) -> Payload:
    earlier = request.kitchen.diary.entry(request.call_id) if tool.changes else None
    if earlier and earlier.events:  # an undo logs none, and knows by itself what it has undone
        return result("That was noted before.", undo_id=request.call_id, already_done=True)
    return tool.function(arguments, request)


def _plain(name: str) -> str:
    """A name that the model may have made up, as one word of a journal line."""
    return name if name.isidentifier() else repr(name[:NAME_LOGGED])


def _failed(call: ToolCall, code: str, message: str, **recovery: object) -> ToolError:
    logger.warning("tool_failed name=%s reason=%s", _plain(call.name), code)
    return ToolError(code, message, **recovery)


def _too_late(call: ToolCall, timeout_s: float, *, changes: bool) -> ToolError:
    """No answer came in time; what was to be changed may be changed all the same, as the work goes on."""
    message = f"The tool gave no answer within {timeout_s:g} s."
    if not changes:
        return _failed(call, "TIMED_OUT", f"{message} It may be called once more.")
    message += " It may still be done: call day_status first, and do not promise or repeat it before."
    return _failed(call, "TIMED_OUT", message, committed="unknown")


def _wrong_arguments(call: ToolCall, error: ValidationError, *, changes: bool) -> ToolError:
    """Which arguments are wrong and how, without their values."""
    problems = [
        {"field": _place_of(problem["loc"]), "message": problem["msg"]}
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    message = f"{problems[0]['field']}: {problems[0]['message']}. Correct it and call again."
    shown = problems[:PROBLEMS_TOLD]
    undone: Payload = {"committed": []} if changes else {}
    return _failed(call, "WRONG_ARGUMENTS", message, field=problems[0]["field"], problems=shown, **undone)


def _place_of(location: Sequence[str | int]) -> str:
    """An argument by its path, such as "items[0].food"."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")
