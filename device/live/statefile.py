"""What survives a restart: the session's handle and its recent turns, in a file that only we can read."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from device import safefile
from device.live.history import FORGET_AFTER, Turn

logger = logging.getLogger(__name__)

VERSION = 1
HANDLE_LASTS = timedelta(hours=2)
"""After the end of its session (https://ai.google.dev/gemini-api/docs/live-api/session-management)."""
CLOCK_SLACK = timedelta(minutes=1)
"""A file from later than this is from a clock that was wrong, or that is wrong now."""


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
        self._path = path
        self._failed = False
        self._writing = threading.Lock()

    def load(self, model: str, endpoint: str | None, now: datetime) -> SavedSession | None:
        """The session to go on with, None where there is none for this model and endpoint at this time."""
        try:
            content = _Content.model_validate_json(safefile.read(self._path))
        except FileNotFoundError:
            return None
        except OSError as error:
            logger.warning("session_file_unusable reason=%r", error.strerror)
            return None
        except ValidationError as error:
            # Only the kind of the fault: its place and the values may be what was said.
            logger.warning("session_file_unusable reason=%s", error.errors(include_url=False)[0]["type"])
            return None
        age = now - content.saved_at
        if (content.model, content.endpoint) != (model, endpoint) or not -CLOCK_SLACK <= age <= HANDLE_LASTS:
            return None
        return content.session(turns_since=now - FORGET_AFTER)

    def save(self, saved: SavedSession) -> None:
        """Replace the file, all of it or nothing, so that it outlasts a power cut in the next instant.

        It waits for the disk, and may be called from any thread.
        """
        try:
            with self._writing:
                safefile.replace(self._path, _text_of(saved))
        except OSError as error:
            # The first failure is news; its repetitions would only bury it.
            level = logging.DEBUG if self._failed else logging.WARNING
            logger.log(level, "session_file_unwritten reason=%r", error.strerror)
            self._failed = True
        else:
            self._failed = False


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
