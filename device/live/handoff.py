"""When to leave a connection for a fresh one: a pure policy, asked whenever something changes or time is up.

The API ends a connection after about ten minutes, sometimes with a notice (goAway), sometimes without
(https://ai.google.dev/gemini-api/docs/live-api/session-management). So Ladle moves by itself before that, at
a moment when nobody would notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HANDLE_PATIENCE_S = 5.0
"""How long a quiet moment is spent waiting for a handle that holds what was said last."""


class Reason(StrEnum):
    """Why to move."""

    AGE = "age"
    GO_AWAY = "go_away"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class Situation:
    """What the decision rests on.

    age_s: how long the connection has lasted.
    quiet_s: for how long nobody has spoken, no reply has been made or played and no tool has been at work;
        None while any of that goes on.
    handle_due: something was said since the API last offered a handle, so a better one is to come.
    left_s: after a goAway, the time until the API ends the connection; None without one.
    """

    age_s: float
    quiet_s: float | None = None
    handle_due: bool = False
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """Stay, and ask again when something changes, or after this time (s) if nothing does."""

    for_s: float | None


@dataclass(frozen=True, slots=True)
class Move:
    """Leave the connection now."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class HandOffPolicy:
    """Move at the first quiet moment after `age_s` or a goAway, `margin_s` before the end at the latest."""

    age_s: float
    margin_s: float

    def decide(self, situation: Situation) -> Stay | Move:
        """What to do now."""
        if situation.left_s is not None:
            return self._after_go_away(situation, situation.left_s - self.margin_s)
        if situation.age_s < self.age_s:
            return Stay(self.age_s - situation.age_s)
        return _when_quiet(situation, Reason.AGE)

    def _after_go_away(self, situation: Situation, left_s: float) -> Stay | Move:
        if left_s <= 0:
            return Move(Reason.DEADLINE)
        decision = _when_quiet(situation, Reason.GO_AWAY)
        if isinstance(decision, Move):
            return decision
        return Stay(left_s if decision.for_s is None else min(left_s, decision.for_s))


def _when_quiet(situation: Situation, reason: Reason) -> Stay | Move:
    if situation.quiet_s is None:
        return Stay(None)
    if situation.handle_due and situation.quiet_s < HANDLE_PATIENCE_S:
        return Stay(HANDLE_PATIENCE_S - situation.quiet_s)
    return Move(reason)
