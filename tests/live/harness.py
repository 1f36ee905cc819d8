"""A session that talks to a stand-in in the same process, over a real WebSocket."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import SecretStr

from device.config import LiveSettings
from device.events import (
    EndActivity,
    Event,
    Frame,
    ReplyAudioReceived,
    SendFrame,
    StartActivity,
    ToolDeclaration,
    TurnComplete,
)
from device.live.backoff import Backoff
from device.live.session import Session
from device.live.statefile import StateFile
from device.rehearsal.script_file import parse_script
from device.rehearsal.server import RehearsalServer

TOOL = ToolDeclaration("look_up_food", "Looks a food up.", {"type": "object", "properties": {}})
KEY = "test-key-7"
WITHIN_S = 10.0

E = TypeVar("E")


class Prompt(Backoff):
    """The same decisions, but a hundred times as fast, so that a test does not wait."""

    def __init__(self) -> None:
        super().__init__(random.Random(7))

    def next_s(self, *, quota_exhausted: bool = False) -> float:
        return super().next_s(quota_exhausted=quota_exhausted) / 100


class Talk:
    """A running session, what it told the core, and the server at the other end."""

    def __init__(self, server: RehearsalServer, state: StateFile | None = None, **settings: Any) -> None:
        self.server = server
        self.events: list[Event] = []
        self.sent: list[int] = []
        self._changed = asyncio.Event()
        options = {"endpoint": server.endpoint, "ca_file": server.ca_file} | settings
        self.session = Session(
            LiveSettings(**options),
            SecretStr(KEY),
            [TOOL],
            emit=self._tell,
            now=lambda: datetime.now(UTC),
            on_sent=lambda frame: self.sent.append(frame.number),
            day_status=lambda: "The plan of today: lunch was missed.",
            state=state,
            backoff=Prompt(),
        )
        self.running = asyncio.create_task(self.session.run())

    def _tell(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, ReplyAudioReceived | TurnComplete):
            self.session.answered()  # as the core does, where nothing was interrupted
        self._changed.set()

    def count(self, kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in self.events)

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds after an event or a message at the server."""
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                if self.running.done():
                    self.running.result()
                self._changed.clear()
                waiting = [
                    asyncio.create_task(self._changed.wait()),
                    asyncio.create_task(self.server.received.wait(lambda _: holds(), WITHIN_S)),
                    self.running,
                ]
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in waiting[:2]:
                    task.cancel()

    async def happens(self, kind: type[Event], times: int = 1) -> None:
        """Wait until an event has come so many times."""
        await self.until(lambda: self.count(kind) >= times)

    def say(self, *numbers: int, ended: bool = True) -> None:
        """One activity with a frame for each number."""
        self.session.send(StartActivity())
        self.go_on(*numbers, ended=ended)

    def go_on(self, *numbers: int, ended: bool = True) -> None:
        for number in numbers:
            self.session.send(SendFrame(spoken(number)))
        if ended:
            self.session.send(EndActivity())

    def heard(self, connection: int) -> list[list[int]]:
        """The numbers of the frames of every activity that this connection received."""
        record = self.server.received.connection(connection)
        return [[frame[0] for frame in activity.frames] for activity in record.activities]


def spoken(number: int) -> Frame:
    """A frame that carries its number."""
    return Frame(number, bytes([number]) * 640)


@asynccontextmanager
async def talk(script: str, state: StateFile | None = None, **settings: Any) -> AsyncIterator[Talk]:
    """A server that follows the script, and a session that is connected to it or trying to."""
    async with RehearsalServer(script=parse_script(script)) as server:
        talking = Talk(server, state, **settings)
        try:
            yield talking
        finally:
            talking.running.cancel()
            await asyncio.gather(talking.running, return_exceptions=True)
