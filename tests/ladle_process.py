"""`ladle run` as a process of its own, as systemd starts it, and what can be seen of it from outside."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from device.service.control import SOCKET_NAME
from device.service.controlclient import call

WITHIN_S = 15.0
MOCK_PINS = {"GPIOZERO_PIN_FACTORY": "mock", "GPIOZERO_MOCK_PIN_CLASS": "mockpwmpin"}


@dataclass(frozen=True)
class Home:
    """Where a daemon lives: its configuration, what outlives it, and its local socket."""

    config: Path
    state: Path
    runtime: Path

    @property
    def control(self) -> Path:
        """The local socket."""
        return self.runtime / SOCKET_NAME

    @property
    def environment(self) -> dict[str, str]:
        """As systemd names these directories to a service; pins are in memory."""
        directories = {"STATE_DIRECTORY": str(self.state), "RUNTIME_DIRECTORY": str(self.runtime)}
        return os.environ | MOCK_PINS | directories


class LadleProcess:
    """A daemon at work. Its journal is what it writes to standard error."""

    def __init__(self, process: Process, home: Home, began_s: float) -> None:
        """began_s: when it was started, on the monotonic clock."""
        self._process = process
        self._home = home
        self._news = asyncio.Event()
        self._is_silent = False
        self._reading = asyncio.create_task(self._read())
        self.journal: list[str] = []
        self.began_s = began_s

    @property
    def warnings(self) -> list[str]:
        """The lines of the journal that say what is wrong."""
        return [line for line in self.journal if " WARNING " in line or " ERROR " in line]

    async def until(self, words: str, *, after: int = 0) -> str:
        """The first line of the journal with these words, from line `after` on.

        Raises:
            RuntimeError: the daemon has ended without it.
            TimeoutError: it took too long.
        """
        try:
            async with asyncio.timeout(WITHIN_S):
                while True:
                    found = next((line for line in self.journal[after:] if words in line), None)
                    if found is not None:
                        return found
                    if self._is_silent:
                        raise RuntimeError(f"It has ended. {self._without(words)}")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(self._without(words)) from None

    async def ask(self, do: str, **fields: Any) -> Mapping[str, Any]:
        """What the daemon answers over its local socket, see `device.service.controlclient.call`."""
        return await asyncio.to_thread(partial(call, self._home.control, do, **fields))

    async def kill(self) -> None:
        """End it as a power cut would, without a chance to do anything."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """End it as systemd does; its exit status."""
        return await self._end(signal.SIGTERM)

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Its exit status, once it has ended by itself."""
        async with asyncio.timeout(WITHIN_S):
            await self._reading
            return await self._process.wait()

    def _without(self, words: str) -> str:
        return "\n".join([f"There is no {words!r} in the journal:", *self.journal])

    async def _end(self, number: signal.Signals) -> int:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
        return await self.ended()

    async def _read(self) -> None:
        assert self._process.stderr
        async for line in self._process.stderr:
            self.journal.append(line.decode(errors="replace").rstrip())
            self._news.set()
        self._is_silent = True
        self._news.set()


async def start_ladle(home: Home, *options: str, within: Sequence[str] = ()) -> LadleProcess:
    """Start a daemon; it is not ready yet. within: a command that runs it, such as one that limits it."""
    command = [*within, sys.executable, "-m", "device.cli", "run", "--config", str(home.config), *options]
    began_s = time.monotonic()
    process = await asyncio.create_subprocess_exec(*command, stderr=PIPE, env=home.environment)
    return LadleProcess(process, home, began_s)


@asynccontextmanager
async def running_ladle(home: Home, *options: str, within: Sequence[str] = ()) -> AsyncIterator[LadleProcess]:
    """A daemon that is gone when the block ends, however it ends."""
    ladle = await start_ladle(home, *options, within=within)
    try:
        yield ladle
    finally:
        await ladle.kill()
