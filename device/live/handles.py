"""The resumption handles of a session: which one leads back to where the conversation stands.

A handle that is offered in the middle of a turn may lead to a session that hears but does not answer. While
that turn is unfinished the one before it is the better one: whatever the turn still needs is said again on
the next connection anyway. https://ai.google.dev/gemini-api/docs/live-api/session-management
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

KEPT = 2


@dataclass(frozen=True, slots=True)
class _Handle:
    value: str
    turn: int | None
    """The turn in the middle of which it was offered; None between turns."""


class Handles:
    """The last two handles, and how they relate to the turn that is going on."""

    def __init__(self) -> None:
        self._handles: deque[_Handle] = deque(maxlen=KEPT)
        self._turn = 0
        self._in_turn = False
        self._due = False

    @property
    def newest(self) -> str | None:
        """The handle that was offered last."""
        return self._handles[-1].value if self._handles else None

    @property
    def due(self) -> bool:
        """Whether something was said since a handle was offered."""
        return self._due

    def best(self) -> str | None:
        """The handle to resume with."""
        if not self._handles:
            return None
        newest = self._handles[-1]
        taken_now = self._in_turn and newest.turn == self._turn
        return self._handles[0].value if taken_now else newest.value

    def offered(self, handle: str) -> None:
        """The API offered a handle, marked as resumable. Of one turn only the last is kept."""
        if self._in_turn and self._handles and self._handles[-1].turn == self._turn:
            self._handles.pop()
        self._handles.append(_Handle(handle, self._turn if self._in_turn else None))
        self._due = self._in_turn

    def withdrawn(self) -> None:
        """The API says that the session cannot be resumed from where it stands now."""
        self._due = True

    def turn_began(self) -> None:
        """Something was said to the API."""
        self._turn += 1
        self._in_turn = self._due = True

    def turn_completed(self) -> None:
        """The API has completed the turn."""
        self._in_turn = False

    def drop(self) -> None:
        """No handle is any good: the next session is a fresh one."""
        self._handles.clear()
        self._due = False
