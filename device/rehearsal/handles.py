"""Sessions that outlive their connections, and the handles that lead back to them.

Break before make: a handle is refused while the session's last connection is still open. Handles die with the
process, and some time after their session ended.
https://ai.google.dev/gemini-api/docs/live-api/session-management
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from device.rehearsal.protocol import INTERNAL_ERROR, ProtocolError

HANDLES_KEPT = 4096
TURNS_KEPT = 40


def nobody() -> bool:
    """No connection is open on a session."""
    return False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something said in a session, by the user or by the model."""

    by_user: bool
    text: str


@dataclass
class Session:
    """What the stand-in remembers of one conversation, across connections."""

    model: str
    remarks: deque[Remark] = field(default_factory=lambda: deque(maxlen=TURNS_KEPT))
    open_question: object = None  # whatever the brain asked back last, for the brain alone
    last_thought: object = None  # what the wits made of the last words, for after a break
    is_open: Callable[[], bool] = nobody  # whether the last connection still lives
    ended_s: float | None = None


class Handles:
    """Which handle leads to which session."""

    def __init__(self, *, validity_s: float, refusal_code: int) -> None:
        self._validity_s = validity_s
        self._refusal_code = refusal_code
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def issue(self, session: Session, handle: str | None = None) -> str:
        """A new handle for the session, or the given one."""
        handle = handle or secrets.token_urlsafe(24)
        self._sessions[handle] = session
        while len(self._sessions) > HANDLES_KEPT:
            self._sessions.popitem(last=False)
        return handle

    def find(self, handle: str, model: str) -> Session:
        """The session to go on with. Raises ProtocolError where the handle is refused."""
        session = self._sessions.get(handle)
        if session is None or self._expired(session):
            raise ProtocolError(self._refusal_code, "Session handle is invalid or has expired.")
        if session.is_open():
            raise ProtocolError(INTERNAL_ERROR, "Internal error encountered: the session is still connected.")
        if session.model != model:
            raise ProtocolError(self._refusal_code, "The model of a resumed session cannot be changed.")
        return session

    def _expired(self, session: Session) -> bool:
        return session.ended_s is not None and time.monotonic() - session.ended_s > self._validity_s
