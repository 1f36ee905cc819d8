"""How long the API may stay silent while it owes an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from device.events import (
    ActivityEnded,
    Connected,
    Event,
    GenerationComplete,
    InteractionContinues,
    OutputTranscript,
    ReplyAudioReceived,
    ReplyInterrupted,
    TextAsked,
    ToolCallReceived,
    ToolFinished,
    TurnComplete,
)

ANSWERING = (
    Connected,
    ActivityEnded,
    TextAsked,
    OutputTranscript,
    ReplyAudioReceived,
    ReplyInterrupted,
    GenerationComplete,
    InteractionContinues,
    TurnComplete,
    ToolCallReceived,
    ToolFinished,
)
"""What gives the API its whole time to answer anew. That it hears is no sign that it will answer."""


class AnswerTimer:
    """Runs while an answer is owed."""

    def __init__(self, timeout_s: float, on_overdue: Callable[[], None]) -> None:
        self._timeout_s = timeout_s
        self._on_overdue = on_overdue
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, event: Event, *, is_owed: bool) -> None:
        """Something happened; is_owed: whether the API owes an answer now."""
        if self._timer and (isinstance(event, ANSWERING) or not is_owed):
            self._timer.cancel()
            self._timer = None
        if is_owed and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._timeout_s, self._is_over)

    def _is_over(self) -> None:
        self._timer = None
        self._on_overdue()
