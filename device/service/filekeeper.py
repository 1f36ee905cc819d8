"""Looks after the small files of a daemon: writes again what the disk did not take, and shows what is wrong.

Without it a microphone that was muted while the disk was full would listen again after the next restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from device.events import Event, FaultCleared, FaultRaised

LOOKED_AFTER_EVERY_S = 10.0


class Kept(Protocol):
    """A file that is looked after."""

    @property
    def trouble(self) -> str | None:
        """What is wrong and what a person can do about it; None: nothing."""

    def try_again(self) -> None:
        """Write what could not be written before; never raises, and waits for the disk."""


class FileKeeper:
    """Keeps files, beside the conversation."""

    def __init__(self, files: Mapping[str, Kept], emit: Callable[[Event], None]) -> None:
        """files: by the part that their faults are told of; emit: told of faults, on the event loop."""
        self._files = files
        self._emit = emit
        self._troubles: dict[str, str] = {}

    async def run(self) -> None:
        """Look after them for ever."""
        while True:
            for part, file in self._files.items():
                if file.trouble:
                    await asyncio.to_thread(file.try_again)
                self._show(part, file.trouble)
            await asyncio.sleep(LOOKED_AFTER_EVERY_S)

    def _show(self, part: str, trouble: str | None) -> None:
        if trouble == self._troubles.get(part):
            return
        if trouble is None:
            del self._troubles[part]
            self._emit(FaultCleared(part))
        else:
            self._troubles[part] = trouble
            self._emit(FaultRaised(part, trouble))
