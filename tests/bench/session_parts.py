"""Somebody who talks without a pause to the real core and the real session, and what the other end heard.

Every frame carries in its samples which activity it is from, its place in it and how many frames that one
has, so that what another process wrote down can be compared with what was spoken here. Nothing is kept here
that grows with the number of connections, because the memory of this process is one of the figures.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import struct
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from device.audio.chimes import chime
from device.audio.formats import FRAME_BYTES, reply_ms
from device.config import Settings
from device.conversation import Conversation
from device.events import (
    FRAME_MS,
    Action,
    ActivityEnded,
    ActivityFrame,
    ActivityStarted,
    Answered,
    AnswerOverdue,
    Connected,
    ConnectionLost,
    ContinueReply,
    EndActivity,
    Event,
    FlushSpeaker,
    Frame,
    PlaybackDrained,
    PlayChime,
    PlayReply,
    Reconnect,
    SendFrame,
    StartActivity,
    Started,
    StopGeneration,
)
from device.household import open_household
from device.live.session import Session
from device.live.statefile import StateFile
from device.tools import ALL_TOOLS
from device.tools.daystatus import day_summary
from device.tools.registry import Registry

FASTER = 4
"""Speech comes so many times as fast as in the kitchen, so that a short connection still holds a turn."""
FRAMES = (10, 30)
PRE_ROLL_FRAMES = 6
LONGEST_PAUSE_S = 0.15
LAST_ANSWER_S = 30.0

LABEL = struct.Struct("<IHH")  # which activity, the frame's place in it, how many frames it has


def labelled(activity: int, place: int, length: int) -> bytes:
    """The samples of a frame."""
    return LABEL.pack(activity, place, length) * (FRAME_BYTES // LABEL.size)


class Talk:
    """The core and the session as the daemon connects them, a speaker that is not heard, and a talker.

    recoveries: of each reset three times on the machine's monotonic clock: when the connection that it ended
    had been established, when its end was seen, and when the next connection carried on.
    """

    def __init__(self, settings: Settings, state: Path) -> None:
        kitchen = open_household(settings, state.parent)
        self._conversation = Conversation()
        self._session = Session(
            settings.live,
            SecretStr("key"),
            Registry(ALL_TOOLS, kitchen, timeout_s=settings.live.tool_timeout_s).declarations,
            emit=self._dispatch,
            now=kitchen.now,
            on_sent=self._sent,
            day_status=lambda: day_summary(kitchen),
            state=StateFile(state),
        )
        self.connections = self.handoffs = self.resets = 0
        self.activities = self.frames = 0
        self.recoveries = array("d")
        self._established_at = self._connected_at = self._lost_at = 0.0
        self._in_talk = False
        self._unanswered = self._frame_to_come = False
        self._chance = random.Random(7)
        self._loop = asyncio.get_running_loop()
        self._answer_timeout_s = settings.live.answer_timeout_s
        self._answer_timer: asyncio.TimerHandle | None = None
        self._drained_timer: asyncio.TimerHandle | None = None
        self._played_at = 0.0
        self._dispatch(Started())
        self._running = asyncio.create_task(self._session.run())

    # ------------------------------------------------------------------------------- the person

    async def go_on_until(self, holds: Callable[[], bool]) -> None:
        """Say one thing after the other until something holds, and wait for the last answer."""
        while not holds():
            if self._running.done():
                self._running.result()
            await self._say_something()
            await asyncio.sleep(self._chance.uniform(0, LONGEST_PAUSE_S))
        async with asyncio.timeout(LAST_ANSWER_S):
            # The core tells nobody that it is quiet.
            while not self._conversation.quiet:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        self._in_talk = False

    async def _say_something(self) -> None:
        length = self._chance.randint(*FRAMES)
        frames = [
            Frame(self.frames + place, labelled(self.activities, place, length)) for place in range(length)
        ]
        self.activities += 1
        self.frames += length
        due = self._loop.time()
        self._dispatch(ActivityStarted(tuple(frames[:PRE_ROLL_FRAMES])))
        for frame in frames[PRE_ROLL_FRAMES:]:
            due += FRAME_MS / 1000 / FASTER
            await asyncio.sleep(due - self._loop.time())
            self._dispatch(ActivityFrame(frame))
        self._dispatch(ActivityEnded())

    async def end(self) -> None:
        """Leave the session."""
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    # ------------------------------------------------------------------------------- the core

    def _dispatch(self, event: Event) -> None:
        self._count(event)
        for action in self._conversation.handle(event):
            self._perform(action)
        self._session.set_quiet(quiet=self._conversation.quiet)
        self._wait_for_answer()

    def _perform(self, action: Action) -> None:
        match action:
            case SendFrame() | StartActivity() | EndActivity() | StopGeneration() | ContinueReply():
                self._session.send(action)
                self._unanswered = self._unanswered or isinstance(action, EndActivity)
            case Answered():
                self._session.answered()
                self._unanswered, self._in_talk = False, True
            case Reconnect(ask_again=ask_again):
                self._session.reconnect(ask_again=ask_again)
            case PlayReply(pcm):
                self._play(pcm)
            case PlayChime(kind):
                self._play(chime(kind))
            case FlushSpeaker() if self._drained_timer:
                self._drained_timer.cancel()
                self._played_at = 0.0

    def _play(self, pcm: bytes) -> None:
        """Say that it was heard when its time has passed."""
        self._played_at = max(self._played_at, self._loop.time()) + reply_ms(len(pcm)) / 1000
        if self._drained_timer:
            self._drained_timer.cancel()
        self._drained_timer = self._loop.call_at(self._played_at, lambda: self._dispatch(PlaybackDrained()))

    def _wait_for_answer(self) -> None:
        """An answer that never comes is asked for again, as the daemon does."""
        owed = self._conversation.api_owes
        if self._answer_timer and not owed:
            self._answer_timer.cancel()
            self._answer_timer = None
        elif owed and self._answer_timer is None:
            self._answer_timer = self._loop.call_later(self._answer_timeout_s, self._answer_is_overdue)

    def _answer_is_overdue(self) -> None:
        self._answer_timer = None
        self._dispatch(AnswerOverdue())

    # ------------------------------------------------------------------------------- what is counted

    def _count(self, event: Event) -> None:
        match event:
            case Connected():
                self.connections += 1
                self._connected_at, self._established_at = time.monotonic(), self._connected_at
                # What is being said, or was said and not answered, goes out on the new connection at once.
                self._frame_to_come = self._conversation.activity_open or self._unanswered
                if not self._frame_to_come:
                    self._is_back()
            case ConnectionLost(planned=True):
                self.handoffs += 1
            case ConnectionLost():
                self.resets += 1
                # Where nobody speaks for long, the session takes resets for a server that is not well.
                self._lost_at = time.monotonic() if self._in_talk else 0.0

    def _sent(self, _: Frame) -> None:
        if self._frame_to_come:
            self._frame_to_come = False
            self._is_back()

    def _is_back(self) -> None:
        if self._lost_at:
            self.recoveries.extend((self._established_at, self._lost_at, time.monotonic()))
            self._lost_at = 0.0


# ------------------------------------------------------------------------------------ the other end


@dataclass
class Heard:
    """What the stand-in received.

    whole: the activities that arrived whole and in order, by their number, with the frames that each has.
    duplicated: frames that came twice on one connection. misordered: frames that do not follow the one
    before them. closed_at: when connections ended, in order.
    """

    whole: dict[int, int] = field(default_factory=dict)
    duplicated: int = 0
    misordered: int = 0
    closed_at: list[float] = field(default_factory=list)


class _Connection:
    """One connection while its lines are read."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._seen: set[tuple[int, int]] = set()
        self._copy: list[tuple[int, int]] = []
        self._length = 0

    def start_activity(self) -> None:
        self._copy = []

    def take_frame(self, pcm: bytes) -> None:
        activity, place, length = LABEL.unpack_from(pcm)
        if pcm != labelled(activity, place, length):
            raise ValueError("a frame is not one that was spoken")
        expected = (self._copy[-1][0], self._copy[-1][1] + 1) if self._copy else (activity, 0)
        if (activity, place) in self._seen:
            self._heard.duplicated += 1
        elif (activity, place) != expected:
            self._heard.misordered += 1
        self._seen.add((activity, place))
        self._copy.append((activity, place))
        self._length = length

    def end_activity(self) -> None:
        activity = self._copy[0][0] if self._copy else 0
        if self._copy and self._copy == [(activity, place) for place in range(self._length)]:
            self._heard.whole[activity] = self._length


def read_journal(journal: Path) -> Heard:
    """What the stand-in wrote down, all connections together."""
    heard = Heard()
    connections: dict[int, _Connection] = {}
    with journal.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            connection = connections.setdefault(line["connection"], _Connection(heard))
            _take_line(connection, line)
            if line["kind"] == "closed":
                heard.closed_at.append(line["t"])
                del connections[line["connection"]]
    return heard


def _take_line(connection: _Connection, line: dict[str, Any]) -> None:
    match line["kind"]:
        case "activity_start":
            connection.start_activity()
        case "audio":
            connection.take_frame(base64.b64decode(line["pcm"]))
        case "activity_end":
            connection.end_activity()
