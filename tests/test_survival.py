"""Power cuts and disks that fail, with the whole device in a process of its own.

Whatever is wrong with the disk, it comes up, answers, says what is wrong and what to do, and ends when it is
told to. Where a disk is filled or read-only, that is a file system in a mount namespace of the test's own.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from device.nutrition.diaryfile import DIARY_NAME
from device.rehearsal.script_file import parse_script
from device.rehearsal.server import RehearsalServer
from tests.ladle_process import Home, LadleProcess, running_ladle
from tests.sounds import silence, speech, write_wav

pytestmark = pytest.mark.rehearsal

ANSWERS = """
steps:
  - {on: client_content, repeat: forever, do: [{reply: {ms: 100}}]}
"""
ANSWERS_SPEECH = ANSWERS.replace("client_content", "activity_end")
NOBODY = 65534

needs_mount = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="only root may mount a file system to fill"
)


@asynccontextmanager
async def stand_in(directory: Path, script: str = ANSWERS, **places: Path) -> AsyncIterator[Home]:
    """A home whose daemon talks with a stand-in. places: `state` or `runtime`, where they are not usual."""
    async with RehearsalServer(script=parse_script(script)) as server:
        ca_file = directory / "ca.pem"
        shutil.copyfile(server.ca_file, ca_file)
        heard = write_wav(directory / "heard.wav", silence(0.5) + speech(0.8))
        settings = {
            "live": {"endpoint": server.endpoint, "ca_file": str(ca_file)},
            "audio": {"input": f"file:{heard}", "output": "file:/dev/null"},
        }
        if "activity_end" not in script:
            settings["audio"]["input"] = f"file:{write_wav(directory / 'heard.wav', silence(0.1))}"
        config = directory / "ladle.yaml"
        config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        home = Home(config, directory / "state", directory / "run")
        yield Home(config, places.get("state", home.state), places.get("runtime", home.runtime))


async def answer_of(ladle: LadleProcess) -> None:
    """Ask something, and hear the answer out."""
    seen = len(ladle.journal)
    await ladle.ask("ask", text="Are you there?")
    await ladle.until(" reply_ended ", after=seen)
    while (await status_of(ladle))["phase"] != "ready":
        pass  # the API has yet to say that the turn is over


async def status_of(ladle: LadleProcess) -> dict[str, Any]:
    """What `ladle status --json` shows."""
    status = (await ladle.ask("status"))["status"]
    assert isinstance(status, dict)
    return status


async def fault_of(ladle: LadleProcess, part: str) -> str:
    """The sentence for a person that `ladle status` shows, once the journal has it."""
    await ladle.until(f" fault part={part} ")
    status = await status_of(ladle)
    assert status["face"] == "fault"
    [sentence] = [fault["sentence"] for fault in status["faults"] if fault["part"] == part]
    return str(sentence)


def play(scene: Coroutine[None, None, None]) -> None:
    asyncio.run(scene)


# ------------------------------------------------------------------------------------ power cuts


A_GLASS = "{tool_call: {tool: log_water, id: water, args: {quantity: 250, unit: ml}}}"
EGGS = "{tool_call: {tool: timer, id: eggs, args: {action: set, name: eggs, minutes: 9}}}"
REMEMBERS = f"""
steps:
  - {{on: connect 1, do: []}}
  - {{on: fresh, do: [setup_complete]}}
  - {{on: client_content, do: [{A_GLASS}]}}
  - {{on: tool_response, do: [{{reply: {{ms: 100}}}}]}}
  - {{on: client_content, do: [{EGGS}]}}
  - {{on: tool_response, do: [{{reply: {{ms: 8000}}}}]}}
  - {{on: connect 2, do: []}}
  - {{on: resume, do: [setup_complete, {A_GLASS}]}}
  - {{on: tool_response, do: [{{reply: {{ms: 100}}}}]}}
"""


def glasses_in(home: Home) -> list[float]:
    with closing(sqlite3.connect(home.state / DIARY_NAME)) as database:
        rows = database.execute("SELECT json_extract(fact, '$.ml') FROM event WHERE kind = 'water'")
        return [ml for (ml,) in rows]


def set_back_the_clock(home: Home, by: timedelta) -> None:
    """As after a power cut on a board without a clock of its own: the file is from the future then."""
    path = home.state / "session.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["saved_at"] = (datetime.fromisoformat(content["saved_at"]) + by).isoformat()
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("clock_back", [timedelta(0), timedelta(minutes=40)])
def test_after_a_power_cut_in_a_reply_everything_goes_on(tmp_path: Path, clock_back: timedelta) -> None:
    async def scene() -> None:
        async with stand_in(tmp_path, REMEMBERS) as home:
            async with running_ladle(home) as ladle:
                await ladle.until(" ready ")
                await ladle.ask("volume", percent=37)
                await ladle.ask("mute")
                await answer_of(ladle)
                seen = len(ladle.journal)
                await ladle.ask("ask", text="Set a timer for the eggs.")
                await ladle.until(" reply_started", after=seen)
                await ladle.kill()
            set_back_the_clock(home, clock_back)
            async with running_ladle(home) as ladle:
                await ladle.until(" resumed ")
                assert "already" in await ladle.until("tool_called name=log_water")
                await ladle.until(" ready ")
                status = await status_of(ladle)
                assert (status["muted"], status["volume"]) == (True, 37)
                [timer] = status["timers"]
                assert timer["name"] == "eggs"
                assert 500 < timer["remaining_s"] < 540
                assert ladle.warnings == []
                assert await ladle.stop() == 0
            assert glasses_in(home) == [250], "the API made the call again, and nobody drank twice"

    play(scene())


# ------------------------------------------------------------------------------------ damaged files


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 4096, None], ids=["empty", "binary", "directory"])
def test_damaged_files_silence_nobody_and_are_replaced(tmp_path: Path, content: bytes | None) -> None:
    """None: there are directories in their place."""

    async def scene() -> None:
        async with stand_in(tmp_path) as home:
            home.state.mkdir()
            for path in (home.state / "session.json", home.state / "switches.json"):
                path.mkdir() if content is None else path.write_bytes(content)
            async with running_ladle(home) as ladle:
                await ladle.until(" ready ")
                assert "effect='a fresh session begins'" in await ladle.until(" session_file_unusable ")
                assert "remedy=" in await ladle.until(" switches_unusable ")
                assert (await status_of(ladle))["muted"], "rather deaf by mistake than listening by mistake"
                assert "Unmute it" in await fault_of(ladle, "switches")
                await ladle.ask("unmute")
                await ladle.until(" fault_cleared part=switches")
                await answer_of(ladle)
                assert await ladle.stop() == 0
            async with running_ladle(home) as ladle:
                await ladle.until(" ready ")
                assert not (await status_of(ladle))["muted"]
                await answer_of(ladle)
                assert ladle.warnings == []
                assert await ladle.stop() == 0

    play(scene())


LOGS_WATER = """
steps:
  - on: client_content
    repeat: forever
    do: [{tool_call: {tool: log_water, args: {quantity: 250, unit: ml}}}]
tracks:
  - [{on: tool_response, repeat: forever, do: [{reply: {ms: 100}}]}]
"""


def test_a_damaged_diary_is_kept_aside_and_told_and_the_next_glass_is_logged(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stand_in(tmp_path, LOGS_WATER) as home:
            home.state.mkdir()
            (home.state / DIARY_NAME).write_bytes(b"no database" * 1000)
            async with running_ladle(home) as ladle:
                await ladle.until(" ready ")
                sentence = await fault_of(ladle, "diary")
                assert "The diary was damaged" in sentence
                assert "kept as" in sentence
                await answer_of(ladle)
                assert " ok=True" in await ladle.until("tool_called name=log_water")
                assert await ladle.stop() == 0
            assert glasses_in(home) == [250]

    play(scene())


# ------------------------------------------------------------------------------------ no directory


def test_a_state_directory_that_cannot_be_made(tmp_path: Path) -> None:
    async def scene() -> None:
        (tmp_path / "file").touch()
        async with (
            stand_in(tmp_path, LOGS_WATER, state=tmp_path / "file" / "state") as home,
            running_ladle(home) as ladle,
        ):
            await ladle.until(" ready ")
            assert "remedy=" in await ladle.until(" state_unwritable ")
            assert "cannot be reached" in await fault_of(ladle, "diary")
            await answer_of(ladle)
            assert " ok=False" in await ladle.until("tool_called name=log_water")
            assert await ladle.stop() == 0

    play(scene())


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="ladle-survival-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_state_directory_of_somebody_else(open_directory: Path) -> None:
    is_root = os.geteuid() == 0
    as_other = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if is_root else []

    async def scene() -> None:
        async with stand_in(open_directory) as home:
            home.state.mkdir(mode=0o700 if is_root else 0)
            home.runtime.mkdir()
            home.runtime.chmod(0o777)
            async with running_ladle(home, within=as_other) as ladle:
                await ladle.until(" ready ")
                assert "user that runs Ladle" in await ladle.until(" state_unwritable ")
                assert "user that runs Ladle" in await fault_of(ladle, "diary")
                assert (await status_of(ladle))["muted"], "nobody knows whether it was"
                await ladle.ask("unmute")
                await answer_of(ladle)
                assert await ladle.stop() == 0

    play(scene())


def test_a_control_socket_that_cannot_be_made_yet(tmp_path: Path) -> None:
    async def scene() -> None:
        in_the_way = tmp_path / "run"
        in_the_way.touch()
        async with (
            stand_in(tmp_path, ANSWERS_SPEECH) as home,
            running_ladle(home) as ladle,
        ):
            await ladle.until(" ready ")
            assert "Look at that path" in await ladle.until(" control_absent ")
            await ladle.until(" reply_ended ")
            in_the_way.unlink()
            await ladle.until(" control_back")
            assert (await status_of(ladle))["face"] == "ready"
            assert await ladle.stop() == 0

    play(scene())


# ------------------------------------------------------------------------------------ disks that fail


class Disk:
    """A small file system that nobody but this test and its daemon sees."""

    def __init__(self, holder: subprocess.Popen[str], path: Path) -> None:
        self._holder = holder
        self.path = path
        self.inside = ["nsenter", "-t", str(holder.pid), "-m"]

    def from_here(self, name: str) -> Path:
        """A file on it, as this process reaches it."""
        return Path(f"/proc/{self._holder.pid}/root{self.path}") / name

    def fill(self) -> None:
        """Leave not a byte."""
        with self.from_here("filler").open("wb", buffering=0) as file:
            for size in (65536, 512, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue

    def make_room(self) -> None:
        """As somebody who deletes what is not needed."""
        self.from_here("filler").unlink()

    def turn(self, mode: str) -> None:
        """Read-only (ro), or writable again (rw)."""
        subprocess.run([*self.inside, "mount", "-o", f"remount,{mode}", str(self.path)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    path = tmp_path / "disk"
    path.mkdir()
    command = f"mount -t tmpfs -o size=1m none {path} && echo mounted && exec sleep infinity"
    holder = subprocess.Popen(["unshare", "-m", "sh", "-c", command], stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    try:
        if holder.stdout.readline() != "mounted\n":
            pytest.skip("this machine lets nobody mount a file system")
        yield Disk(holder, path)
    finally:
        holder.kill()
        holder.wait(10)
        holder.stdout.close()


@needs_mount
def test_a_full_disk_is_told_and_all_is_well_once_there_is_room(tmp_path: Path, disk: Disk) -> None:
    async def scene() -> None:
        disk.fill()
        async with (
            stand_in(tmp_path, LOGS_WATER, state=disk.path / "state") as home,
            running_ladle(home, "--timeline", f"{disk.path}/timeline", within=disk.inside) as ladle,
        ):
            await ladle.until(" ready ")
            assert "Make room on it" in await fault_of(ladle, "diary")
            await answer_of(ladle)
            assert " ok=False" in await ladle.until("tool_called name=log_water")
            assert "Make room" in await ladle.until(" timeline_stopped ")
            seen = len(ladle.journal)
            disk.make_room()
            await ladle.until(" fault_cleared part=diary", after=seen)
            await answer_of(ladle)
            assert " ok=True" in await ladle.until("tool_called name=log_water", after=seen)
            assert await ladle.stop() == 0
        assert glasses_on(disk) == [250]

    play(scene())


def glasses_on(disk: Disk) -> list[float]:
    """Copied out: SQLite would not look for its files under a path of another namespace."""
    with tempfile.TemporaryDirectory() as name:
        state = Path(name)
        shutil.copytree(disk.from_here("state"), state, dirs_exist_ok=True)
        return glasses_in(Home(state, state, state))


@needs_mount
def test_a_read_only_disk_is_told_and_what_was_kept_can_be_read(tmp_path: Path, disk: Disk) -> None:
    async def scene() -> None:
        async with stand_in(tmp_path, LOGS_WATER, state=disk.path / "state") as home:
            async with running_ladle(home, within=disk.inside) as ladle:
                await ladle.until(" ready ")
                await ladle.ask("volume", percent=37)
                assert (await status_of(ladle))["faults"] == []
                assert await ladle.stop() == 0
            disk.turn("ro")
            async with running_ladle(home, within=disk.inside) as ladle:
                await ladle.until(" ready ")
                assert "read-only" in await ladle.until(" state_unwritable ")
                assert "memory card" in await fault_of(ladle, "diary")
                assert (await status_of(ladle))["volume"] == 37
                await answer_of(ladle)
                assert " ok=False" in await ladle.until("tool_called name=log_water")
                seen = len(ladle.journal)
                disk.turn("rw")
                await ladle.until(" fault_cleared part=diary", after=seen)
                assert await ladle.stop() == 0

    play(scene())


# ------------------------------------------------------------------------------------ signals


def test_a_reload_that_is_wished_before_it_listens_waits_and_ends_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stand_in(tmp_path) as home:
            ready = home.config.rename(tmp_path / "ready.yaml")
            os.mkfifo(home.config)
            async with running_ladle(home) as ladle:
                with await asyncio.to_thread(home.config.open, "w") as being_read:
                    ladle.tell(signal.SIGHUP)
                    being_read.write(ready.read_text(encoding="utf-8"))
                    ready.replace(home.config)
                await ladle.until(" reloaded ")
                await ladle.until(" ready ")
                assert ladle.warnings == []

    play(scene())
