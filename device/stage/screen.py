"""What a rehearsal shows in the terminal: the conversation as it happens, and how long things took."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

from device.events import (
    Action,
    ActivityEnded,
    ActivityStarted,
    Event,
    Face,
    FlushSpeaker,
    InputTranscript,
    OutputTranscript,
    ReplyAudioReceived,
    RunTool,
    ToolCall,
    ToolFinished,
    ToolOutcome,
)

LONGEST_RESULT = 400


class Screen:
    """A recorder that prints, and that tells when a turn is over."""

    def __init__(self, show: Callable[[str], None] = print) -> None:
        self._show = show
        self.is_ready = asyncio.Event()
        self.turn_over = asyncio.Event()
        self._face = Face.STARTING
        self._heard = ""
        self._answer = ""
        self._last_word_at = 0.0
        self._times: dict[str, float] = {}

    @property
    def quiet(self) -> bool:
        """Whether nothing is going on."""
        return self._face in (Face.READY, Face.MUTED)

    # ------------------------------------------------------------------------------- what the stage says

    def opening(self, endpoint: str, clock: str) -> None:
        """The rehearsal begins."""
        self._show(f"A rehearsal: no key, no internet. The stand-in for the Live API listens at {endpoint}.")
        self._show(f"The kitchen clock says {clock}.")

    def saying(self, text: str, seconds: float) -> None:
        """A sentence of that length goes into the microphone now."""
        self._show("")
        self._line("you say", text)
        self._last_word_at = time.monotonic() + seconds
        self._times.clear()
        self.turn_over.clear()

    def closing(self, spoken: Path) -> None:
        """The rehearsal is over, and the answers lie in a file."""
        self._show("")
        self._show(f"What the speaker played: {spoken} (24 kHz mono)")
        self._show(f"With a sound card, hear it with: aplay {spoken}")

    # ------------------------------------------------------------------------------- what the daemon says

    def ready(self) -> None:
        """The daemon is ready."""
        self.is_ready.set()

    def record(self, name: str, /, **fields: object) -> None:
        """Only faces are shown, and when the first sample was played."""
        if name == "face":
            self._turn_to(Face(str(fields["face"])))
        elif name == "reply_audio_played":
            self._mark("first_played")

    def record_value(self, value: Event | Action) -> None:
        """Show what a person wants to follow."""
        match value:
            case ActivityStarted():
                self._times.clear()
                self.turn_over.clear()
            case ActivityEnded():
                self._times["gate_closed"] = time.monotonic()
            case InputTranscript(text):
                self._heard += text
            case OutputTranscript(text):
                self._answer += text
            case ReplyAudioReceived():
                self._mark("first_received")
            case RunTool(call):
                self._tool_called(call)
            case ToolFinished(outcome):
                self._tool_finished(outcome)
            case FlushSpeaker(by):
                self._tell_answer()
                self._line("cut", f"short by the {by}")
            case _:
                pass

    def close(self) -> None:
        """Nothing more will happen."""
        self.turn_over.set()

    # ------------------------------------------------------------------------------- lines

    def _line(self, label: str, text: str) -> None:
        self._show(f"  {label:<9} {text}")

    def _mark(self, name: str) -> None:
        """Remember the first time that something happened in this turn."""
        self._times.setdefault(name, time.monotonic())

    def _turn_to(self, face: Face) -> None:
        before, self._face = self._face, face
        if face in (Face.WORKING, Face.SPEAKING):
            self._tell_heard()
        if before is Face.SPEAKING and face is Face.READY:
            self._tell_answer()
        self._line("face", face.value)
        if face is Face.READY and "gate_closed" in self._times:
            self.turn_over.set()

    def _tell_heard(self) -> None:
        if self._heard:
            self._line("heard", self._heard.strip())
            self._heard = ""

    def _tell_answer(self) -> None:
        if self._answer:
            self._line("answered", " ".join(self._answer.split()))
            self._answer = ""
        self._tell_delays()

    def _tool_called(self, call: ToolCall) -> None:
        self._tell_heard()
        arguments = ", ".join(f"{name}={json.dumps(value)}" for name, value in call.arguments.items())
        self._line("tool", f"{call.name}({arguments})")
        self._times["tool_called"] = time.monotonic()

    def _tool_finished(self, outcome: ToolOutcome) -> None:
        self._times["tool_finished"] = time.monotonic()
        result = json.dumps(dict(outcome.payload), ensure_ascii=False)
        self._line("result", result if len(result) <= LONGEST_RESULT else result[:LONGEST_RESULT] + " ...")

    def _tell_delays(self) -> None:
        times = self._times
        if not {"gate_closed", "first_received", "first_played"} <= times.keys():
            return
        tool_ms = (times.get("tool_finished", 0) - times.get("tool_called", 0)) * 1000
        heard_ms = (times["first_played"] - self._last_word_at) * 1000
        gate_ms = (times["gate_closed"] - self._last_word_at) * 1000
        api_ms = (times["first_received"] - times["gate_closed"]) * 1000 - tool_ms
        speaker_ms = (times["first_played"] - times["first_received"]) * 1000
        total = (
            f"answer after {heard_ms:.0f} ms = gate {gate_ms:.0f}" if self._last_word_at else "gate closed"
        )
        self._line("delays", f"{total} + API {api_ms:.0f} + tool {tool_ms:.1f} + speaker {speaker_ms:.1f} ms")
