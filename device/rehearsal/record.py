"""What each connection received, for tests: counts, order, and the audio of every activity.

Bounded: audio beyond the budget is forgotten, oldest activity first, and only counted; so are connections.
All times are time.monotonic() in seconds, which on Linux is one clock for all processes.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from device.rehearsal.protocol import ClientContent, FunctionResponse, Setup
from device.rehearsal.wire import JsonObject

AUDIO_BUDGET_BYTES = 64 * 2**20
CONNECTIONS_KEPT = 5000
MESSAGES_KEPT = 2000


@dataclass
class Activity:
    """One stretch of microphone audio: between activityStart and activityEnd, or up to audioStreamEnd."""

    started_s: float
    ended_s: float | None = None
    frame_count: int = 0
    byte_count: int = 0
    frames: list[bytes] = field(default_factory=list)

    @property
    def pcm(self) -> bytes:
        """All audio of the activity, as it came."""
        return b"".join(self.frames)


@dataclass
class ConnectionRecord:
    """One connection as the server saw it; numbered from 1 in the order of the handshakes."""

    number: int
    path: str
    api_key: str
    user_agent: str
    opened_s: float
    setup: Setup | None = None
    setup_json: JsonObject = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)  # messages received, by kind
    sent: Counter[str] = field(default_factory=Counter)  # messages sent, by kind
    order: deque[str] = field(
        default_factory=lambda: deque(maxlen=MESSAGES_KEPT)
    )  # runs of audio count as one
    activities: list[Activity] = field(default_factory=list)
    stray_frames: int = 0  # audio outside of an activity, in manual mode
    frames_during_blocking_call: int = 0
    tool_responses: list[FunctionResponse] = field(default_factory=list)
    client_contents: list[ClientContent] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    anomalies: list[str] = field(default_factory=list)  # odd, though not forbidden
    closed: bool = False
    close_code: int | None = None  # what the client was told, or said; 1006: neither
    close_reason: str = ""

    @property
    def frames(self) -> list[bytes]:
        """Every audio message of every activity, in order."""
        return [frame for activity in self.activities for frame in activity.frames]

    def note(self, kind: str) -> None:
        """A message of this kind was received."""
        self.counts[kind] += 1
        if kind != "audio" or not self.order or self.order[-1] != "audio":
            self.order.append(kind)


class Received:
    """Everything that the server received, connection by connection."""

    def __init__(self, journal: Path | None = None) -> None:
        self.connections: deque[ConnectionRecord] = deque(maxlen=CONNECTIONS_KEPT)
        self.opened = 0
        self._changed = asyncio.Event()
        self._with_audio: deque[Activity] = deque()
        self._audio_bytes = 0
        self._journal: TextIO | None = journal.open("w", encoding="utf-8") if journal else None

    def connection(self, number: int) -> ConnectionRecord:
        """The record of a connection by its number. Raises KeyError."""
        for record in self.connections:
            if record.number == number:
                return record
        raise KeyError(number)

    @property
    def last(self) -> ConnectionRecord:
        """The newest connection. Raises IndexError when there was none."""
        return self.connections[-1]

    def open(self, path: str, api_key: str, user_agent: str) -> ConnectionRecord:
        """Begin the record of a new connection."""
        self.opened += 1
        record = ConnectionRecord(self.opened, path, api_key, user_agent, time.monotonic())
        self.connections.append(record)
        self.write(record, "connect")
        return record

    def begin_activity(self, record: ConnectionRecord) -> Activity:
        """A stretch of audio begins on this connection."""
        activity = Activity(time.monotonic())
        record.activities.append(activity)
        self._with_audio.append(activity)
        return activity

    def add_frame(self, activity: Activity, pcm: bytes) -> None:
        """One more audio message of the activity."""
        activity.frame_count += 1
        activity.byte_count += len(pcm)
        activity.frames.append(pcm)
        self._audio_bytes += len(pcm)
        while self._audio_bytes > AUDIO_BUDGET_BYTES and self._with_audio[0] is not activity:
            oldest = self._with_audio.popleft()
            self._audio_bytes -= sum(map(len, oldest.frames))
            oldest.frames.clear()

    # ------------------------------------------------------------------------------------- waiting

    def changed(self) -> None:
        """Wake whoever waits."""
        self._changed.set()

    async def wait(self, holds: Callable[[Received], bool], within_s: float = 10.0) -> None:
        """Wait until `holds(self)` is true. Raises TimeoutError after `within_s` seconds."""
        async with asyncio.timeout(within_s):
            while not holds(self):
                self._changed.clear()
                await self._changed.wait()

    # ------------------------------------------------------------------------------------- journal

    def write(self, record: ConnectionRecord, kind: str, pcm: bytes | None = None) -> None:
        """One line of the journal, where there is one; and whoever waits is woken."""
        self.changed()
        if self._journal is None:
            return
        line: JsonObject = {"t": time.monotonic(), "connection": record.number, "kind": kind}
        if pcm is not None:
            line["pcm"] = base64.b64encode(pcm).decode()
        self._journal.write(json.dumps(line) + "\n")
        self._journal.flush()

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
