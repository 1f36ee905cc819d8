"""The stand-in in a process of its own, as `ladle rehearsal-server` runs it."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from device.errors import UnavailableError

START_S = 60.0
STOP_S = 5.0
LINES_OF_FAILURE = 6


@dataclass(frozen=True)
class StandIn:
    """Where a running stand-in is reached."""

    endpoint: str
    ca_file: str
    pid: int


@asynccontextmanager
async def running_stand_in(script: Path | None = None) -> AsyncIterator[StandIn]:
    """Start a stand-in, with a script or its own wits, and stop it in the end.

    Raises:
        UnavailableError: it did not come up; the message says why.
    """
    command = [sys.executable, "-m", "device.cli", "rehearsal-server"]
    if script:
        command += ["--script", str(script)]
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=log)
        try:
            line = await _first_line(process)
            if not line:
                log.seek(0)
                said = b"\n".join(log.read().splitlines()[-LINES_OF_FAILURE:]).decode(errors="replace")
                raise UnavailableError(f"The stand-in did not start. {said.removeprefix('ladle: ')}")
            where = json.loads(line)
            yield StandIn(where["endpoint"], where["ca_file"], process.pid)
        finally:
            await _stop(process)


async def _first_line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            return await process.stdout.readline()
    except TimeoutError:
        return b""


async def _stop(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
