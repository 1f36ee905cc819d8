"""Runs the tools that the model calls: each in a thread of its own, under a time limit, and never raises."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import json
import logging
import threading
import time
from collections.abc import Iterable

from pydantic import BaseModel, ValidationError

from device.events import ToolCall, ToolDeclaration, ToolOutcome
from device.tools.kitchen import Kitchen
from device.tools.payloads import Payload, ToolError
from device.tools.tool import Tool

logger = logging.getLogger(__name__)

MOST_AT_WORK = 8
PROBLEMS_TOLD = 3
NAME_LOGGED = 60


class Registry:
    """The tools of the device.

    A thread that hangs keeps its place among the eight at work until it ends, and nothing else: being a
    daemon thread it holds up neither the conversation nor the end of the process.
    """

    def __init__(self, tools: Iterable[Tool], kitchen: Kitchen, *, timeout_s: float) -> None:
        self._tools = {tool.declaration.name: tool for tool in tools}
        self._kitchen = kitchen
        self._timeout_s = timeout_s
        self._places = threading.BoundedSemaphore(MOST_AT_WORK)

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
        logger.info("tool_called name=%s ms=%.1f ok=%s", _plain(call.name), spent_ms, payload.get("ok"))
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
            raise _wrong_arguments(call, error) from None
        if not self._places.acquire(blocking=False):
            raise _failed(call, "BUSY", "Too many tools are at work. Call again in a few seconds.")
        return await self._in_thread(call, tool, arguments)

    async def _in_thread(self, call: ToolCall, tool: Tool, arguments: BaseModel) -> Payload:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Payload] = loop.create_future()

        def work() -> None:
            try:
                payload = _answer_of(tool, arguments, self._kitchen)
            finally:
                self._places.release()
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, answer, payload)

        threading.Thread(target=work, name=f"tool-{call.name}", daemon=True).start()
        try:
            return await asyncio.wait_for(answer, self._timeout_s)
        except TimeoutError:
            message = f"The tool gave no answer within {self._timeout_s:g} s. It may be called once more."
            raise _failed(call, "TIMED_OUT", message) from None


def _answer_of(tool: Tool, arguments: BaseModel, kitchen: Kitchen) -> Payload:
    name = tool.declaration.name
    try:
        payload = tool.function(arguments, kitchen)
        json.dumps(payload, allow_nan=False)  # what cannot be sent is a crash of the tool, not of the session
    except ToolError as error:
        return error.payload
    except Exception:
        logger.warning("tool_failed name=%s reason=TOOL_CRASHED", name, exc_info=True)
        message = "The tool failed inside. Say that it does not work at the moment."
        return ToolError("TOOL_CRASHED", message).payload
    return payload


def _settle(answer: asyncio.Future[Payload], payload: Payload) -> None:
    if not answer.done():
        answer.set_result(payload)


def _plain(name: str) -> str:
    """A name that the model may have made up, as one word of a journal line."""
    return name if name.isidentifier() else repr(name[:NAME_LOGGED])


def _failed(call: ToolCall, code: str, message: str, **recovery: object) -> ToolError:
    logger.warning("tool_failed name=%s reason=%s", _plain(call.name), code)
    return ToolError(code, message, **recovery)


def _wrong_arguments(call: ToolCall, error: ValidationError) -> ToolError:
    """Which arguments are wrong and how, without their values."""
    problems = [
        {"field": ".".join(str(part) for part in problem["loc"]), "message": problem["msg"]}
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    message = f"{problems[0]['field']}: {problems[0]['message']}. Correct it and call again."
    shown = problems[:PROBLEMS_TOLD]
    return _failed(call, "WRONG_ARGUMENTS", message, field=problems[0]["field"], problems=shown)
