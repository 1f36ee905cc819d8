"""The timeline: everything that happened, as JSON lines, for tests, benchmarks and bug reports.

Each line is {"t_ms": ..., "event": ..., ...}; t_ms counts on the monotonic clock from the moment the daemon
is ready, so what came before has negative times. Sound is given as a number of bytes, frames by their number.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import re
import stat
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Protocol

from device.errors import UnavailableError
from device.events import Action, Event, Frame
from device.safefile import remedy_for

logger = logging.getLogger(__name__)


class Recorder(Protocol):
    """Is told what happens in the daemon, as it happens."""

    def ready(self) -> None:
        """The daemon is ready."""

    def record(self, name: str, /, **fields: object) -> None:
        """Something happened; possibly told on another thread than the event loop's."""

    def record_value(self, value: Event | Action) -> None:
        """An event goes into the core, or an action comes out of it."""

    def close(self) -> None:
        """Nothing more will happen."""


class Timeline:
    """Writes events as they happen, from any thread."""

    def __init__(self, path: Path) -> None:
        """path: a file that only this user may read; it holds what was eaten, and what was said.

        Raises UnavailableError where it cannot be written.
        """
        try:
            self._file = os.fdopen(_open_for_this_user(path), "w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise UnavailableError(f"{path} cannot be written as the timeline: {error.strerror}.") from None
        self._path = path
        self._lock = threading.Lock()
        self._before_ready: list[tuple[float, str, dict[str, object]]] = []
        self._zero: float | None = None

    def ready(self) -> None:
        """This moment is 0."""
        with self._lock:
            self._zero = time.monotonic()
            for at, name, fields in self._before_ready:
                self._write(at, name, fields)
            self._before_ready.clear()
        self.record("ready")

    def record(self, name: str, /, **fields: object) -> None:
        """Something happened now."""
        at = time.monotonic()
        with self._lock:
            if self._zero is None:
                self._before_ready.append((at, name, fields))
            else:
                self._write(at, name, fields)

    def record_value(self, value: Event | Action) -> None:
        """An event into the core or an action out of it."""
        self.record(snake_case(type(value).__name__), **_plain_fields(value))

    def close(self) -> None:
        """Finish the file; what never became ready is written with times before 0."""
        if self._zero is None:
            self.ready()
        with self._lock, suppress(OSError):
            self._file.close()

    def _write(self, at: float, name: str, fields: dict[str, object]) -> None:
        if self._file.closed:
            return
        t_ms = round((at - (self._zero or at)) * 1000, 3)
        try:
            self._file.write(json.dumps({"t_ms": t_ms, "event": name} | fields, default=str) + "\n")
        except OSError as error:
            remedy = remedy_for(error)
            logger.warning("timeline_stopped path=%s reason=%r remedy=%r", self._path, error.strerror, remedy)
            with suppress(OSError):
                self._file.close()


def _open_for_this_user(path: Path) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):  # one that was there already; a device is for all
        with suppress(OSError):
            os.fchmod(descriptor, 0o600)
    return descriptor


@cache
def snake_case(name: str) -> str:
    """ReplyAudioReceived -> reply_audio_received."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _plain_fields(value: Event | Action) -> dict[str, object]:
    fields: dict[str, object] = {}
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        if isinstance(content, bytes):
            fields["bytes"] = len(content)
        elif isinstance(content, Frame):
            fields["frame"] = content.number
        elif field.name == "pre_roll":
            fields["frames"] = [frame.number for frame in content]
        elif dataclasses.is_dataclass(content):
            fields |= dataclasses.asdict(content)  # type: ignore[arg-type]
        else:
            fields[field.name] = content
    # "event" is the name of the line itself.
    if "event" in fields:
        fields["refused"] = fields.pop("event")
    return fields
