"""The way of a person's frames to the API: open while they speak, held back while a blocking tool works."""

from __future__ import annotations

from collections import deque

from device.events import Action, EndActivity, Frame, Note, SendFrame, StartActivity

HELD_FRAMES = 50
"""Frames kept while a blocking tool runs: one second, so that a short answer such as "stop" survives."""


class Uplink:
    """What is on the wire of the activity that is going on, and what still has to wait."""

    def __init__(self) -> None:
        self.is_open = False
        self._held: deque[Frame] = deque(maxlen=HELD_FRAMES)
        self._dropped = 0

    def open(self) -> list[Action]:
        """The API is to be told that a person begins to speak."""
        self.is_open = True
        return [StartActivity()]

    def close(self) -> list[Action]:
        """The API is to be told that they have finished; nothing where it never heard them begin."""
        was_open, self.is_open = self.is_open, False
        return [EndActivity()] if was_open else []

    def pass_on(self, frame: Frame, *, holding: bool) -> list[Action]:
        """Send a frame, or keep it until the tool has finished."""
        if not holding:
            return [SendFrame(frame)]
        self._dropped += len(self._held) == HELD_FRAMES
        self._held.append(frame)
        return []

    def release(self, *, gate_open: bool) -> list[Action]:
        """Send what was held back, and bring the wire level with a gate that is open."""
        actions: list[Action] = []
        if self._dropped:
            actions.append(Note("frames_dropped", {"count": self._dropped, "reason": "tool_at_work"}))
            self._dropped = 0
        if not self.is_open and (gate_open or self._held):
            actions += self.open()
        actions += [SendFrame(frame) for frame in self._held]
        self._held.clear()
        return actions

    def forget(self) -> None:
        """What was held back is not to be sent any more."""
        self._held.clear()
