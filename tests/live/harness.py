"""A session that talks to a stand-in in the same process, over a real WebSocket."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import SecretStr

from device.audio.chimes import chime
from device.config import LiveSettings
from device.conversation import Conversation
from device.events import (
    REPLY_BYTES_PER_MS,
    Action,
    ActivityEnded,
    ActivityFrame,
    ActivityStarted,
    Answered,
    ButtonPressed,
    CancelTool,
    ContinueReply,
    EndActivity,
    Event,
    FlushSpeaker,
    ForgetSpeech,
    Frame,
    Note,
    PlaybackDrained,
    PlayChime,
    PlayReply,
    Reconnect,
    Refused,
    ReplyAudioReceived,
    RunTool,
    SendFrame,
    SendToolOutcome,
    ShowFace,
    StartActivity,
    Started,
    StopGeneration,
    TellLateOutcome,
    ToolCall,
    ToolDeclaration,
    ToolFinished,
    ToolOutcome,
    TurnComplete,
)
from device.live.backoff import Backoff
from device.live.session import Session
from device.live.statefile import StateFile
from device.rehearsal.script_file import parse_script
from device.rehearsal.server import RehearsalServer
from device.rehearsal.wits import Wits

TOOL = ToolDeclaration("look_up_food", "Looks a food up.", {"type": "object", "properties": {}})
KEY = "test-key-7"
WITHIN_S = 10.0
PLAYS_FASTER = 10
NUMBER_BYTES = 4

E = TypeVar("E")


class Prompt(Backoff):
    """The same decisions, but a hundred times as fast, so that a test does not wait."""

    def __init__(self) -> None:
        super().__init__(random.Random(7))

    def next_s(self, *, quota_exhausted: bool = False) -> float:
        return super().next_s(quota_exhausted=quota_exhausted) / 100


class Talk:
    """A running session, what it told the core, and the server at the other end."""

    def __init__(
        self,
        server: RehearsalServer,
        state: StateFile | None = None,
        declarations: Sequence[ToolDeclaration] = (TOOL,),
        **settings: Any,
    ) -> None:
        self.server = server
        self.events: list[Event] = []
        self.sent: list[int] = []
        self._changed = asyncio.Event()
        options = {"endpoint": server.endpoint, "ca_file": server.ca_file} | settings
        self.session = Session(
            LiveSettings(**options),
            SecretStr(KEY),
            declarations,
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
        self._act_on(event)
        self._changed.set()

    def _act_on(self, event: Event) -> None:
        if isinstance(event, ReplyAudioReceived | TurnComplete):
            self.session.answered()  # as the core does, where nothing was interrupted

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
        return [[number_in(frame) for frame in activity.frames] for activity in record.activities]


def spoken(number: int) -> Frame:
    """A frame that carries its number."""
    return Frame(number, number.to_bytes(NUMBER_BYTES, "big") * (640 // NUMBER_BYTES))


def number_in(pcm: bytes) -> int:
    """The number of a frame that was spoken."""
    return int.from_bytes(pcm[:NUMBER_BYTES], "big")


async def _well_done(call: ToolCall) -> ToolOutcome:
    return ToolOutcome(call.id, call.name, {"ok": True, "said": f"{call.name} is done."})


class Device(Talk):
    """A session with the core on top of it, a speaker that plays ten times as fast, and tools.

    tool: what a call of a tool comes to. tools_may_end: while it is not set, tools are at work.
    """

    def __init__(
        self,
        server: RehearsalServer,
        state: StateFile | None = None,
        declarations: Sequence[ToolDeclaration] = (TOOL,),
        tool: Callable[[ToolCall], Awaitable[ToolOutcome]] = _well_done,
        **settings: Any,
    ) -> None:
        self.core = Conversation()
        self.actions: list[Action] = []
        self.played = bytearray()
        self.tools_may_end = asyncio.Event()
        self.tools_may_end.set()
        self._tool = tool
        self._tools_at_work: dict[str, asyncio.Task[None]] = {}
        self._plays_until = 0.0
        self._drained: asyncio.TimerHandle | None = None
        super().__init__(server, state, declarations, **settings)
        self._tell(Started())

    def say(self, *numbers: int, ended: bool = True) -> None:
        self._tell(ActivityStarted(()))
        self.go_on(*numbers, ended=ended)

    def go_on(self, *numbers: int, ended: bool = True) -> None:
        for number in numbers:
            self._tell(ActivityFrame(spoken(number)))
        if ended:
            self._tell(ActivityEnded())

    def press(self) -> None:
        """Press the button."""
        self._tell(ButtonPressed())

    @property
    def ran(self) -> list[ToolCall]:
        """The calls of tools that were begun."""
        return [action.call for action in self.actions if isinstance(action, RunTool)]

    @property
    def at_rest(self) -> bool:
        """Whether it is connected, and everything has been said."""
        return self.core.quiet and self.core.face == "ready"

    def _act_on(self, event: Event) -> None:
        for action in self.core.handle(event):
            self.actions.append(action)
            self._perform(action)
        self.session.set_quiet(quiet=self.core.quiet)

    def _perform(self, action: Action) -> None:
        match action:
            case SendFrame() | StartActivity() | EndActivity() | StopGeneration() | SendToolOutcome():
                self.session.send(action)
            case ContinueReply() | TellLateOutcome():
                self.session.send(action)
            case PlayReply(pcm):
                self.played += pcm
                self._play(pcm)
            case PlayChime(kind):
                self._play(chime(kind))
            case FlushSpeaker():
                self._stop_playing()
                self._plays_until = 0.0
            case RunTool(call):
                self._tools_at_work[call.id] = asyncio.create_task(self._run_tool(call))
            case CancelTool(call_id):
                self._tools_at_work.pop(call_id).cancel()
            case Answered():
                self.session.answered()
            case ForgetSpeech():
                self.session.forget_speech()
            case Reconnect(ask_again=ask_again):
                self.session.reconnect(ask_again=ask_again)
            case ShowFace() | Note() | Refused():
                pass

    def _play(self, pcm: bytes) -> None:
        loop = asyncio.get_running_loop()
        lasts_s = len(pcm) / REPLY_BYTES_PER_MS / 1000 / PLAYS_FASTER
        self._plays_until = max(self._plays_until, loop.time()) + lasts_s
        self._stop_playing()
        self._drained = loop.call_at(self._plays_until, self._tell, PlaybackDrained())

    def _stop_playing(self) -> None:
        if self._drained:
            self._drained.cancel()

    async def _run_tool(self, call: ToolCall) -> None:
        await self.tools_may_end.wait()
        outcome = await self._tool(call)
        del self._tools_at_work[call.id]
        self._tell(ToolFinished(outcome))


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


@asynccontextmanager
async def device(
    script: str,
    state: StateFile | None = None,
    *,
    wits: Wits | None = None,
    declarations: Sequence[ToolDeclaration] = (TOOL,),
    tool: Callable[[ToolCall], Awaitable[ToolOutcome]] = _well_done,
    **settings: Any,
) -> AsyncIterator[Device]:
    """The same with the core in between; wits: what answers beside the script, where the script lets it."""
    async with RehearsalServer(script=parse_script(script), wits=wits) as server:
        talking = Device(server, state, declarations, tool, **settings)
        try:
            yield talking
        finally:
            talking.running.cancel()
            await asyncio.gather(talking.running, return_exceptions=True)
