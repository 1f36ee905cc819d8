"""What survives a restart: the session's handle and its recent turns, in a file that only we can read."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from device import safefile
from device.live.history import FORGET_AFTER, Turn
from device.safefile import KeptFile

logger = logging.getLogger(__name__)

SESSION_FILE = "session.json"
VERSION = 1
HANDLE_LASTS = timedelta(hours=2)
"""After the end of its session (https://ai.google.dev/gemini-api/docs/live-api/session-management)."""
CLOCK_SLACK = timedelta(minutes=1)
"""A file from later than this is from a clock that was wrong, or that is wrong now, as after a power cut."""


@dataclass(frozen=True, slots=True)
class SavedSession:
    """A session as it was at `saved_at`; endpoint: of the Live API, None: Google's own.

    Its repr tells nothing private.
    """

    handle: str | None = field(repr=False)
    turns: tuple[Turn, ...] = field(repr=False)
    saved_at: datetime
    model: str
    endpoint: str | None


class StateFile:
    """The file of one daemon. Neither reading nor writing raises: without it, a session starts afresh."""

    def __init__(self, path: Path) -> None:
        self._file = KeptFile(path, "session_file")

    @property
    def trouble(self) -> str | None:
        """Why the session would not outlast a restart, and what a person can do about it; None: it would."""
        return self._file.trouble

    def load(self, model: str, endpoint: str | None, now: datetime) -> SavedSession | None:
        """The session to go on with, None where there is none for this model and endpoint at this time.

        Of a file from the future nobody can tell how old it is. The API can, and refuses an old handle, so
        that is tried; the turns, which may be from last week, are left out.
        """
        try:
            content = _Content.model_validate_json(safefile.read(self._file.path))
        except FileNotFoundError:
            return None
        except OSError as error:
            self._tell_unusable(repr(error.strerror))
            return None
        except ValidationError as error:
            # Only the kind of the fault: its place and the values may be what was said.
            self._tell_unusable(error.errors(include_url=False)[0]["type"])
            return None
        age = now - content.saved_at
        if (content.model, content.endpoint) != (model, endpoint) or age > HANDLE_LASTS:
            return None
        session = content.session(turns_since=now - FORGET_AFTER)
        return session if age >= -CLOCK_SLACK else replace(session, turns=())

    def _tell_unusable(self, reason: str) -> None:
        logger.warning(
            "session_file_unusable path=%s reason=%s effect='a fresh session begins'", self._file.path, reason
        )

    def save(self, saved: SavedSession) -> None:
        """Replace the file, all of it or nothing, so that it outlasts a power cut in the next instant.

        It waits for the disk, and may be called from any thread.
        """
        self._file.write(_text_of(saved))

    def try_again(self) -> None:
        """Save what could not be saved before, if there is any; as `save`."""
        self._file.try_again()


# -------------------------------------------------------------------------------------- the content


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Turn(_Part):
    asked: str
    said: str
    at: AwareDatetime


class _Content(_Part):
    version: Literal[1]
    model: str
    endpoint: str | None
    saved_at: AwareDatetime
    handle: str | None
    turns: tuple[_Turn, ...]

    def session(self, *, turns_since: datetime) -> SavedSession:
        turns = tuple(Turn(turn.asked, turn.said, turn.at) for turn in self.turns if turn.at >= turns_since)
        return SavedSession(self.handle, turns, self.saved_at, self.model, self.endpoint)


def _text_of(saved: SavedSession) -> bytes:
    content = {
        "version": VERSION,
        "model": saved.model,
        "endpoint": saved.endpoint,
        "saved_at": _in_utc(saved.saved_at),
        "handle": saved.handle,
        "turns": [{"asked": turn.asked, "said": turn.said, "at": _in_utc(turn.at)} for turn in saved.turns],
    }
    # A transcript may hold half a surrogate pair, which no file could be read back with.
    return json.dumps(content, ensure_ascii=False).encode("utf-8", errors="replace")


def _in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
