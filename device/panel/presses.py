"""What a person does with the button: a pure state machine, levels and times in, signals out.

Three things have to be told apart from edges that chatter and that may be missed:
    - the first edge after a stable release is a press, at once and whichever way it goes: where contacts
      chatter, the level that the kernel reads for an edge may be that of the next one;
    - a press is over once the line has been up for BOUNCE_S, so chatter never makes a second press of it;
    - what no edge told, a look at the level tells: the caller looks every so often, and when `due_s` comes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

BOUNCE_S = 0.05
"""Contacts chatter for some ms; a person cannot let go and press again this fast."""
STUCK_S = 20.0
"""Nobody holds a button for so long."""


class Signal(Enum):
    """What happened to the button."""

    PRESS = auto()
    CLICK = auto()
    HOLD = auto()
    COUNTDOWN = auto()
    COUNTDOWN_OVER = auto()
    RESTART = auto()
    STUCK = auto()
    UNSTUCK = auto()


@dataclass(frozen=True)
class HoldTimes:
    """How long the button has to be held, in seconds, for what; each longer than the one before."""

    hold_s: float
    countdown_s: float
    restart_s: float
    stuck_s: float = STUCK_S

    def milestones(self, pressed_at_s: float) -> list[tuple[float, Signal]]:
        """What a press comes to if it lasts, and when."""
        return [
            (pressed_at_s + self.hold_s, Signal.HOLD),
            (pressed_at_s + self.countdown_s, Signal.COUNTDOWN),
            (pressed_at_s + self.restart_s, Signal.RESTART),
            (pressed_at_s + self.stuck_s, Signal.STUCK),
        ]


class Presses:
    """One button. Every time is in seconds on the caller's clock."""

    def __init__(self, times: HoldTimes, *, down: bool, now_s: float) -> None:
        """down: the button is down already, from before the start; this press counts for nothing."""
        self._times = times
        self._told: set[Signal] = set()
        self._ahead: deque[tuple[float, Signal]] = deque()
        self._up_since: float | None = None
        # A pin library may tell of an edge as soon as it is asked to, though there was none.
        self._armed_from: float | None = None if down else now_s + BOUNCE_S
        if down:
            self._ahead.append((now_s + times.stuck_s, Signal.STUCK))

    @property
    def due_s(self) -> float | None:
        """When the caller has to look, at the latest; None: there is nothing to wait for."""
        if self._armed_from is not None:
            return None
        if self._up_since is not None:
            return self._up_since + BOUNCE_S
        return self._ahead[0][0] if self._ahead else None

    def edge(self, *, down: bool, at_s: float) -> list[Signal]:
        """The level changed to this one at this time; edges may come late, but in their order."""
        signals = []
        if down and self._up_since is not None and at_s >= self._up_since + BOUNCE_S:
            signals += self._released()
        if self._armed_from is None:
            self._up_since = None if down else at_s
        elif at_s >= self._armed_from:  # an earlier one is chatter of the last release that comes late
            signals += self._pressed(at_s)
            self._up_since = None if down else at_s
        return signals

    def look(self, *, down: bool, now_s: float) -> list[Signal]:
        """The level is this one now."""
        if self._armed_from is not None:
            return self._pressed(now_s) if down else []
        if down:
            self._up_since = None
            return self._passed(now_s)
        if self._up_since is None:
            self._up_since = now_s
        return self._released() if now_s >= self._up_since + BOUNCE_S else []

    def _pressed(self, at_s: float) -> list[Signal]:
        self._armed_from = None
        self._told = {Signal.PRESS}
        self._ahead = deque(self._times.milestones(at_s))
        return [Signal.PRESS]

    def _passed(self, until_s: float) -> list[Signal]:
        signals = []
        while self._ahead and self._ahead[0][0] <= until_s:
            signals.append(self._ahead.popleft()[1])
        self._told.update(signals)
        return signals

    def _released(self) -> list[Signal]:
        assert self._up_since is not None
        # What the press had come to before its end, should nobody have looked in time.
        signals = self._passed(self._up_since)
        if Signal.STUCK in self._told:
            signals.append(Signal.UNSTUCK)
        elif Signal.COUNTDOWN in self._told and Signal.RESTART not in self._told:
            signals.append(Signal.COUNTDOWN_OVER)
        elif self._told == {Signal.PRESS}:
            signals.append(Signal.CLICK)
        self._armed_from = self._up_since + BOUNCE_S
        self._up_since = None
        return signals
