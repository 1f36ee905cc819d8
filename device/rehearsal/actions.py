"""What a script can make the stand-in send: each action is one class, its fields are its settings.

Written as `name`, as `name: value` where one setting matters most, or as `name: {setting: value}`.
What goes wrong on purpose is in faults.py.
"""

from __future__ import annotations

import asyncio
import math
import random
import struct
from abc import abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from device.rehearsal import messages, reply
from device.rehearsal.handles import Handles, Session
from device.rehearsal.inbox import Inbox
from device.rehearsal.line import Line
from device.rehearsal.protocol import Setup
from device.rehearsal.reply import Pace
from device.rehearsal.script import Happening
from device.rehearsal.wire import JsonObject, encoded

Milliseconds = Annotated[float, Field(ge=0)]
BARGE_IN = (Happening.ACTIVITY_START, Happening.CLIENT_CONTENT)


@dataclass
class Stage:
    """What an action works with: one connection and one track of the script on it."""

    line: Line
    inbox: Inbox
    handles: Handles
    session: Session
    random: random.Random
    calls_made: int = 0

    @property
    def setup(self) -> Setup | None:
        """What the client asked for, once it has."""
        return self.line.rules.setup

    async def offer_handle(self) -> None:
        """A new handle, if the client asked for resumption."""
        if self.setup is not None and self.setup.session_resumption is not None:
            await self.line.send(messages.resumption_update(self.handles.issue(self.session)))


class Action(BaseModel):
    """One thing that the stand-in does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    main_setting: ClassVar[str | None] = None  # the one that may be written as `name: value`

    @abstractmethod
    async def perform(self, stage: Stage) -> None:
        """Do it."""


class SetupComplete(Action):
    """Accept the setup."""

    name = "setup_complete"
    session_id: str | None = None

    async def perform(self, stage: Stage) -> None:
        await stage.line.send(messages.setup_complete(self.session_id))


class Wait(Action):
    """Do nothing for a time."""

    name = "wait"
    main_setting = "ms"
    ms: Milliseconds

    async def perform(self, stage: Stage) -> None:
        await asyncio.sleep(self.ms / 1000)


class InputTranscript(Action):
    """A piece of what was heard."""

    name = "input_transcript"
    main_setting = "text"
    text: str

    async def perform(self, stage: Stage) -> None:
        await stage.line.send(messages.input_transcript(self.text))


class OutputTranscript(Action):
    """A piece of what the reply says."""

    name = "output_transcript"
    main_setting = "text"
    text: str

    async def perform(self, stage: Stage) -> None:
        await stage.line.send(messages.output_transcript(self.text))


class Audio(Action):
    """A tone of this length, in pieces: paced at `speed` times real time, or all at once with speed 0.

    until: what ends it early; the action after it follows at once.
    """

    name = "audio"
    main_setting = "ms"
    ms: Annotated[float, Field(gt=0)]
    hz: Annotated[int, Field(gt=0, lt=12_000)] = 440
    chunk_ms: Annotated[int, Field(ge=1)] = 40
    speed: Annotated[float, Field(ge=0)] = 1.25
    text: str = ""
    until: tuple[Happening, ...] = ()

    async def perform(self, stage: Stage) -> None:
        await self.play(stage)

    async def play(self, stage: Stage) -> bool:
        """Send it; False where it was ended early."""
        pace = Pace(self.chunk_ms, self.speed)
        sending = reply.stream(stage.line.send, tone(self.ms, self.hz), self.text, pace)
        return await stage.inbox.undisturbed(sending, self.until)


class Reply(Audio):
    """A whole turn as the service plays it: audio, generation_complete, the rest of playback, turn_complete.

    Speech or client content in the middle of it leads to interrupted and turn_complete instead. A handle
    follows if the client asked for resumption. heard: an input transcript that goes first.
    """

    name = "reply"
    heard: str = ""
    until: tuple[Happening, ...] = BARGE_IN

    async def perform(self, stage: Stage) -> None:
        if self.heard:
            await stage.line.send(messages.input_transcript(self.heard))
        if not await stage.inbox.undisturbed(self._speak(stage), self.until):
            await stage.line.send(messages.interrupted())
        await stage.line.send(messages.turn_complete(spoken_s=self.ms / 1000))
        await stage.offer_handle()

    async def _speak(self, stage: Stage) -> None:
        loop = asyncio.get_running_loop()
        played_at = loop.time() + self.ms / 1000
        pcm = tone(self.ms, self.hz)
        await reply.stream(stage.line.send, pcm, self.text, Pace(self.chunk_ms, self.speed))
        await stage.line.send(messages.generation_complete())
        await asyncio.sleep(max(0.0, played_at - loop.time()))


class GenerationComplete(Action):
    """No more audio for this reply."""

    name = "generation_complete"

    async def perform(self, stage: Stage) -> None:
        await stage.line.send(messages.generation_complete())


class TurnComplete(Action):
    """The turn is over; `reason` for one that went wrong, such as RESPONSE_REJECTED."""

    name = "turn_complete"
    main_setting = "reason"
    reason: str | None = None

    async def perform(self, stage: Stage) -> None:
        await stage.line.send(messages.turn_complete(reason=self.reason))


class Interrupted(Action):
    """The reply was stopped."""

    name = "interrupted"

    async def perform(self, stage: Stage) -> None:
        await stage.line.send(messages.interrupted())


class ToolCall(Action):
    """A tool call; an `id` is made up if left out, `without_id` sends none, `copies` repeats the message.

    also_in_turn: the same call is sent as a part of the model's turn as well.
    """

    name = "tool_call"
    main_setting = "tool"
    tool: str
    args: JsonObject = Field(default_factory=dict)
    id: str | None = None
    without_id: bool = False
    copies: Annotated[int, Field(ge=1, le=100)] = 1
    also_in_turn: bool = False

    async def perform(self, stage: Stage) -> None:
        stage.calls_made += 1
        call_id = None if self.without_id else self.id or f"call-{stage.calls_made}"
        message = messages.tool_call(self.tool, self.args, call_id)
        for _ in range(self.copies):
            await stage.line.send(message)
        if self.also_in_turn:
            part = {"functionCall": message["toolCall"]["functionCalls"][0]}
            await stage.line.send(messages.server_content(modelTurn={"role": "model", "parts": [part]}))


class CancelCalls(Action):
    """Take tool calls back, all that are open where no ids are given."""

    name = "cancel"
    main_setting = "ids"
    ids: tuple[str, ...] | None = None

    async def perform(self, stage: Stage) -> None:
        ids = stage.line.rules.open_calls if self.ids is None else self.ids
        await stage.line.send(messages.tool_call_cancellation(ids))


class GoAway(Action):
    """The connection will end in `time_left`, a duration such as "50s"."""

    name = "go_away"
    main_setting = "time_left"
    time_left: Annotated[str, Field(pattern=r"^\d+(\.\d+)?s$")] = "50s"

    async def perform(self, stage: Stage) -> None:
        await stage.line.send(messages.go_away(self.time_left))


class Resumption(Action):
    """A handle, a made-up one where none is given; `resumable: false` says that now is no time for it."""

    name = "resumption"
    main_setting = "handle"
    handle: str | None = None
    resumable: bool = True

    async def perform(self, stage: Stage) -> None:
        if not self.resumable:
            await stage.line.send(messages.resumption_update())
            return
        await stage.line.send(messages.resumption_update(stage.handles.issue(stage.session, self.handle)))


class Json(Action):
    """Any JSON at all as one message."""

    name = "json"
    main_setting = "value"
    value: Any

    async def perform(self, stage: Stage) -> None:
        if isinstance(self.value, dict):
            await stage.line.send(self.value)
        else:
            await stage.line.send_raw(encoded(self.value), text=False)


def tone(duration_ms: float, hz: int) -> bytes:
    """A sine at half of full scale: mono signed 16-bit PCM at 24 kHz."""
    wanted = round(duration_ms * messages.REPLY_RATE_HZ / 1000) * messages.SAMPLE_BYTES
    second = _second_of(hz)
    return (second * (wanted // len(second) + 1))[:wanted]


@cache
def _second_of(hz: int) -> bytes:
    step = 2 * math.pi * hz / messages.REPLY_RATE_HZ
    samples = (round(16_384 * math.sin(step * sample)) for sample in range(messages.REPLY_RATE_HZ))
    return struct.pack(f"<{messages.REPLY_RATE_HZ}h", *samples)
