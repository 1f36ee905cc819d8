"""The stand-in as a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect as connect_bare

from device.errors import ConfigError
from device.rehearsal.main import serve
from tests.rehearsal.client import run, send_json, setup, wait_for

PROGRAM = """
import sys
from pathlib import Path
from device.rehearsal.main import serve
sys.exit(serve(script=Path(sys.argv[1]) if len(sys.argv) > 1 else None))
"""


async def started(*arguments: str) -> tuple[asyncio.subprocess.Process, dict[str, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    return process, json.loads(await process.stdout.readline())


async def answers(where: dict[str, str]) -> None:
    import ssl

    url = where["endpoint"].replace("https", "wss") + "/ws/x"
    context = ssl.create_default_context(cafile=where["ca_file"])
    headers = {"x-goog-api-key": "x"}
    async with connect_bare(url, ssl=context, additional_headers=headers, proxy=None) as socket:
        await send_json(socket, setup())
        await wait_for(socket, "setupComplete")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_when_it_is_told_to(tmp_path: Path, ending: signal.Signals) -> None:
    script = tmp_path / "script.yaml"

    async def scenario() -> Path:
        script.write_text("steps: [{on: activity_end, repeat: forever, do: [{reply: 100}]}]")
        process, where = await started(str(script))
        await answers(where)
        process.send_signal(ending)
        output, log = await process.communicate()
        assert process.returncode == 0
        assert output == b"", "nothing but the first line goes to standard output"
        assert b"ready" in log
        assert b"connected connection=1" in log
        return Path(where["ca_file"])

    assert not run(scenario()).exists()


@pytest.mark.rehearsal
def test_it_starts_with_its_own_wits() -> None:
    async def scenario() -> None:
        process, where = await started()
        await answers(where)
        process.terminate()
        await process.communicate()
        assert process.returncode == 0

    run(scenario())


def test_a_wrong_script_is_an_error_of_configuration(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("steps: [{on: never, do: [reset]}]")
    with pytest.raises(ConfigError, match=r"script\.yaml, line 1: step 1: `on: never` is unknown"):
        serve(script=script)
