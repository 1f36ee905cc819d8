"""The stand-in as a program of its own: `ladle rehearsal-server`.

The first line of standard output is {"endpoint": "https://127.0.0.1:PORT", "ca_file": "..."}, written when
connections are accepted and ear and mouth are ready. The journal goes to standard error.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from device.rehearsal.script_file import load_script
from device.rehearsal.server import RehearsalServer
from device.rehearsal.wits import Wits

log = logging.getLogger(__name__)


def serve(host: str = "127.0.0.1", port: int = 0, script: Path | None = None) -> int:
    """Run the stand-in until SIGTERM or SIGINT; returns the exit status, 0.

    Raises ConfigError for a wrong script, UnavailableError for a port, recogniser or voice that is missing.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("websockets").setLevel(logging.WARNING)
    asyncio.run(_serve(host, port, script))
    return 0


async def _serve(host: str, port: int, script_file: Path | None) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    script = load_script(script_file) if script_file else None
    wits = await _own_wits() if script is None or script.wits else None
    async with RehearsalServer(script=script, wits=wits, host=host, port=port) as server:
        line = json.dumps({"endpoint": server.endpoint, "ca_file": str(server.ca_file)})
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        log.info("ready endpoint=%s script=%s", server.endpoint, script_file or "none")
        await stopped.wait()
        log.info("stopping")


async def _own_wits() -> Wits:
    # Imported here: a scripted stand-in starts without the recogniser, the voices and the foods.
    from device.rehearsal.own_wits import OwnWits  # noqa: PLC0415

    return await OwnWits.ready()
