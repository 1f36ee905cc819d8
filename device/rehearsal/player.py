"""Plays a script on one connection: each track is a task that waits and does, step by step."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable

from device.rehearsal.actions import Stage
from device.rehearsal.faults import Refuse
from device.rehearsal.handles import Handles, Session
from device.rehearsal.inbox import Inbox
from device.rehearsal.line import Line
from device.rehearsal.protocol import (
    ClientContent,
    ClientMessage,
    RealtimeInput,
    Setup,
    ToolResponse,
)
from device.rehearsal.script import (
    Delay,
    Entry,
    Group,
    Happening,
    Occurs,
    Script,
    Step,
    steps_in,
)

log = logging.getLogger(__name__)


def refusal(script: Script, number: int) -> Refuse | None:
    """How connection `number` is refused at its handshake, if it is."""
    for track in script.tracks:
        for step in steps_in(track.entries_for(number)):
            for action in step.do:
                if isinstance(action, Refuse):
                    return action
    return None


class Player:
    """The script on one connection."""

    def __init__(self, script: Script, line: Line, handles: Handles) -> None:
        self._script = script
        self._line = line
        self._handles = handles
        self._tracks = [track.entries_for(line.record.number) for track in script.tracks]
        self._inboxes = [Inbox() for _ in self._tracks]
        self._tasks: list[asyncio.Task[None]] = []
        self._stages: list[Stage] = []
        line.when_sent.append(self._sent)

    def accepts_setup(self, setup: Setup) -> bool:
        """Whether the script itself answers this setup."""
        wanted = set(_happenings(setup))
        steps = [step for entries in self._tracks for step in steps_in(entries)]
        return any(isinstance(step.on, Occurs) and step.on.what in wanted for step in steps)

    def start(self, session: Session) -> None:
        """Begin to play; the session is what handles are made for until the client has set up its own."""
        number = self._line.record.number
        for index, entries in enumerate(self._tracks):
            chance = random.Random(f"{self._script.seed}/{number}/{index}")
            stage = Stage(self._line, self._inboxes[index], self._handles, session, chance)
            self._stages.append(stage)
            self._tasks.append(asyncio.create_task(self._play(entries, stage)))

    def continue_session(self, session: Session) -> None:
        """The client has set up: handles are made for this session from now on."""
        for stage in self._stages:
            stage.session = session

    async def take(self, message: ClientMessage) -> None:
        """One message of the client."""
        for happening in _happenings(message):
            for inbox in self._inboxes:
                inbox.put(happening)

    async def close(self) -> None:
        """The connection ended."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _sent(self) -> None:
        for inbox in self._inboxes:
            inbox.put(Happening.SENT)

    # ------------------------------------------------------------------------------------- playing

    async def _play(self, entries: tuple[Entry, ...], stage: Stage) -> None:
        try:
            await self._entries(entries, stage)
        except Exception:
            log.exception("script_failed connection=%d", self._line.record.number)
            await self._line.close(1011, "The script of the stand-in failed.")

    async def _entries(self, entries: Iterable[Entry], stage: Stage) -> None:
        for entry in entries:
            played = 0
            while entry.repeat is None or played < entry.repeat:
                played += 1
                if isinstance(entry, Group):
                    await self._entries(entry.steps, stage)
                else:
                    await self._step(entry, stage)

    async def _step(self, step: Step, stage: Stage) -> None:
        if isinstance(step.on, Occurs):
            await stage.inbox.take(step.on.what, step.on.times)
        elif isinstance(step.on, Delay):
            await asyncio.sleep(stage.random.uniform(step.on.least_ms, step.on.most_ms) / 1000)
        for action in step.do:
            log.info(
                "script connection=%d line=%d action=%s", self._line.record.number, step.line, action.name
            )
            await action.perform(stage)


def _happenings(message: ClientMessage) -> tuple[Happening, ...]:
    """What a message of the client means to a script."""
    if isinstance(message, Setup):
        return (Happening.SETUP, Happening.RESUME if message.handle else Happening.FRESH)
    if isinstance(message, ClientContent):
        return (Happening.CLIENT_CONTENT,)
    if isinstance(message, ToolResponse):
        return (Happening.TOOL_RESPONSE,)
    if isinstance(message, RealtimeInput):
        return tuple(happening for field, happening in _REALTIME.items() if field in message.model_fields_set)
    return ()


_REALTIME = {
    "audio": Happening.AUDIO_FRAMES,
    "text": Happening.TEXT,
    "activity_start": Happening.ACTIVITY_START,
    "activity_end": Happening.ACTIVITY_END,
    "audio_stream_end": Happening.STREAM_END,
}
