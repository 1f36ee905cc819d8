"""Writes down what one connection receives: messages by kind and order, audio by activity."""

from __future__ import annotations

import time

from device.rehearsal.protocol import (
    Blob,
    ClientContent,
    ClientMessage,
    RealtimeInput,
    Setup,
    ToolResponse,
)
from device.rehearsal.record import Activity, ConnectionRecord, Received
from device.rehearsal.rules import Rules
from device.rehearsal.wire import JsonObject


class Recorder:
    """Fills the record of one connection."""

    def __init__(self, received: Received, record: ConnectionRecord, rules: Rules) -> None:
        self._received = received
        self._record = record
        self._rules = rules
        self._activity: Activity | None = None

    def take(self, message: ClientMessage, payload: JsonObject) -> None:
        """One message of the client, already checked, and the JSON that it came as."""
        kind = _kind(message)
        self._record.note(kind)
        if isinstance(message, RealtimeInput):
            self._realtime(message, kind)
        elif isinstance(message, Setup):
            self._record.setup, self._record.setup_json = message, payload["setup"]
        elif isinstance(message, ClientContent):
            self._record.client_contents.append(message)
        elif isinstance(message, ToolResponse):
            self._record.tool_responses += message.function_responses
        pcm = message.audio.data if isinstance(message, RealtimeInput) and message.audio else None
        self._received.write(self._record, kind, pcm)

    def closed(self) -> None:
        """The connection ended."""
        self._record.closed = True
        self._received.write(self._record, "closed")

    def _realtime(self, message: RealtimeInput, kind: str) -> None:
        if message.audio is not None:
            self._audio(message.audio)
        elif message.text is not None:
            self._record.texts.append(message.text)
        elif kind == "activity_start":
            self._activity_starts()
        elif kind in {"activity_end", "audio_stream_end"}:
            self._activity_ends(kind)

    def _activity_starts(self) -> None:
        if self._activity is not None:
            self._record.anomalies.append("activity_start inside an activity")
        self._activity = self._received.begin_activity(self._record)

    def _activity_ends(self, kind: str) -> None:
        if self._activity is None:
            self._record.anomalies.append(f"{kind} without audio before it")
            return
        self._activity.ended_s = time.monotonic()
        self._activity = None

    def _audio(self, blob: Blob) -> None:
        self._record.frames_during_blocking_call += self._rules.blocking_call_open
        automatic = self._record.setup is not None and not self._record.setup.detection.disabled
        if self._activity is None and automatic:
            self._activity = self._received.begin_activity(self._record)
        if self._activity is None:
            self._record.stray_frames += 1
        else:
            self._received.add_frame(self._activity, blob.data)


def _kind(message: ClientMessage) -> str:
    """The name of the message in the record."""
    if isinstance(message, RealtimeInput):
        return next(iter(message.model_fields_set))
    names = {Setup: "setup", ClientContent: "client_content", ToolResponse: "tool_response"}
    return names.get(type(message), "context_update")
