"""Barge-in: telling, over a playing reply, that a person speaks.

What is heard then is what the echo canceller leaves, and a loud echo leaves little of a person. So it goes in
two steps. At the first suspicion the reply is ducked: that costs a dip in the voice if it was nothing, and
uncovers the person if it was somebody. Only what is heard from then on can confirm it, so that one burst of
echo is not held against the reply twice. If speech goes on, the reply is stopped; if not, it is restored.

Pure: one call a frame, no clock, no sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from device.audio.formats import frames_in
from device.events import FRAME_MS


class Step(Enum):
    """What to do about the reply."""

    DUCK = "make it quieter: somebody may be speaking"
    STOP = "silence it: somebody speaks"
    RESTORE = "as loud as before: nobody spoke"


@dataclass(frozen=True, slots=True)
class Rule:
    """So many voiced frames within a window of so many."""

    voiced: int
    window: int

    def holds(self, heard: list[bool]) -> bool:
        """Whether the latest frames, oldest first, are enough."""
        return sum(heard[-self.window :]) >= self.voiced


SUSPICION = Rule(3, 5)
CONFIRMATION = Rule(7, 11)


class BargeIn:
    """Listens over replies, frame by frame.

    suspicion: what ducks. confirmation: what stops, counted from the suspicion on. doubt_ms: how long a
    suspicion may wait for it. deaf_ms: how much of the first reply cannot be talked over, and of one after
    the echo has moved: the canceller has to find it first.
    """

    def __init__(
        self,
        *,
        suspicion: Rule = SUSPICION,
        confirmation: Rule = CONFIRMATION,
        doubt_ms: int = 400,
        deaf_ms: int = 1600,
    ) -> None:
        self._suspicion = suspicion
        self._confirmation = confirmation
        self._doubt_frames = frames_in(doubt_ms)
        self._finding_frames = self._deaf_frames = deaf_ms // FRAME_MS
        self._heard: list[bool] = []
        self._suspects = False

    def hear(self, voiced: bool) -> Step | None:
        """Take a frame that was heard while a reply plays."""
        if self._deaf_frames:
            self._deaf_frames -= 1
            return None
        self._heard.append(voiced)
        return self._confirm() if self._suspects else self._suspect()

    def deafen(self) -> None:
        """The echo has moved: what is left of it may pass for a person, until the canceller has found it."""
        self.forget()
        self._deaf_frames = self._finding_frames

    def forget(self) -> None:
        """Begin anew: the reply is over, or nobody listens any more."""
        self._heard.clear()
        self._suspects = False

    def _suspect(self) -> Step | None:
        del self._heard[: -self._suspicion.window]
        if not self._suspicion.holds(self._heard):
            return None
        self._heard.clear()
        self._suspects = True
        return Step.DUCK

    def _confirm(self) -> Step | None:
        confirmed = self._confirmation.holds(self._heard)
        if not confirmed and len(self._heard) < self._doubt_frames:
            return None
        self.forget()
        return Step.STOP if confirmed else Step.RESTORE
