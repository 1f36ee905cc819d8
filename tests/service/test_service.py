"""Journal lines, readiness messages and the timeline."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from device.errors import UnavailableError
from device.events import (
    ActivityStarted,
    Face,
    FlushSpeaker,
    Frame,
    InterruptedBy,
    Refused,
    ReplyAudioReceived,
    RunTool,
    ShowFace,
    ToolCall,
)
from device.service.journal import line, set_up_logging
from device.service.notify import Notifier
from device.service.timeline import Timeline, snake_case


@pytest.fixture(autouse=True)
def _untouched_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])


def test_a_journal_line_is_a_name_and_fields() -> None:
    fields = {"by": "button", "unheard_ms": 12.34, "remedy": "Plug it in.", "empty": ""}
    assert line("interrupted", fields) == "interrupted by=button unheard_ms=12 remedy='Plug it in.' empty=''"


def test_under_systemd_a_line_carries_its_priority_and_a_traceback_stays_one_entry(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    set_up_logging()
    logging.getLogger("device").warning("connection_lost code=1006")
    try:
        int("broken")
    except ValueError:
        logging.getLogger("device").exception("tool_failed")
    first, second = capsys.readouterr().err.splitlines()
    assert first == "<4>connection_lost code=1006"
    assert second.startswith("<3>tool_failed\\nTraceback")


def test_in_a_terminal_a_line_carries_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging()
    logging.getLogger("device").info("ready")
    logging.getLogger("device").debug("hidden")
    assert capsys.readouterr().err.endswith("INFO    ready\n")


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """A service manager's notification socket."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(tmp_path / "notify"))
    listening.settimeout(2)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    return listening


def test_systemd_is_told_of_readiness_status_and_stopping(manager: socket.socket) -> None:
    notifier = Notifier()
    notifier.ready()
    notifier.status("hearing")
    notifier.stopping()
    assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"STATUS=hearing", b"STOPPING=1"]


def test_the_watchdog_is_fed_twice_in_its_interval(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)

    async def scene() -> None:
        async with asyncio.timeout(0.28):
            await Notifier().feed_watchdog(lambda: True)

    with pytest.raises(TimeoutError):
        asyncio.run(scene())
    manager.setblocking(False)
    fed = 0
    while True:
        try:
            assert manager.recv(100) == b"WATCHDOG=1"
        except BlockingIOError:
            break
        fed += 1
    assert 3 <= fed <= 6


def test_a_daemon_that_hangs_is_left_to_the_watchdog(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    asked = 0
    asked_often = asyncio.Event()

    def is_alive() -> bool:
        nonlocal asked
        asked += 1
        if asked == 3:
            asked_often.set()
        return False

    async def scene() -> None:
        feeding = asyncio.create_task(Notifier().feed_watchdog(is_alive))
        await asked_often.wait()
        feeding.cancel()

    asyncio.run(scene())
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(100)


@pytest.mark.parametrize("environment", [{}, {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}])
def test_without_a_watchdog_of_ours_nothing_is_fed(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    asyncio.run(asyncio.wait_for(Notifier().feed_watchdog(lambda: True), 1))


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


def test_a_timeline_counts_from_ready(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path / "t.jsonl")
    timeline.record("face", face="starting")
    timeline.ready()
    timeline.record("frame_captured", frame=0)
    timeline.close()
    before, ready, after = read(tmp_path / "t.jsonl")
    assert (before["event"], ready["event"], after["event"]) == ("face", "ready", "frame_captured")
    assert float(str(before["t_ms"])) <= 0 <= float(str(after["t_ms"]))


def test_events_and_actions_are_written_without_their_sound(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path / "t.jsonl")
    timeline.ready()
    for value in (
        ReplyAudioReceived(bytes(960)),
        ActivityStarted((Frame(3, bytes(640)), Frame(4, bytes(640)))),
        RunTool(ToolCall("1", "look_up_food", {"food": "rice"})),
        FlushSpeaker(InterruptedBy.BUTTON),
        ShowFace(Face.READY),
        Refused("ActivityEnded", "ready"),
    ):
        timeline.record_value(value)
    timeline.close()
    written = [
        {key: value for key, value in entry.items() if key != "t_ms"} for entry in read(tmp_path / "t.jsonl")
    ]
    assert written[1:] == [
        {"event": "reply_audio_received", "bytes": 960},
        {"event": "activity_started", "frames": [3, 4]},
        {
            "event": "run_tool",
            "id": "1",
            "name": "look_up_food",
            "arguments": {"food": "rice"},
            "blocking": True,
        },
        {"event": "flush_speaker", "by": "button"},
        {"event": "show_face", "face": "ready"},
        {"event": "refused", "refused": "ActivityEnded", "phase": "ready"},
    ]


def test_a_daemon_that_never_became_ready_leaves_its_timeline(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path / "t.jsonl")
    timeline.record("face", face="starting")
    timeline.close()
    timeline.record("too_late")
    assert [entry["event"] for entry in read(tmp_path / "t.jsonl")] == ["face", "ready"]


def test_a_timeline_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be written as the timeline: No such file"):
        Timeline(tmp_path / "nowhere" / "t.jsonl")


def test_names_are_in_snake_case() -> None:
    assert snake_case("ReplyAudioReceived") == "reply_audio_received"


def test_what_nobody_caught_is_one_entry_of_the_journal() -> None:
    program = (
        "from device.service.journal import set_up_logging; set_up_logging()\n"
        "import threading\n"
        "thread = threading.Thread(target=lambda: [][1]); thread.start(); thread.join()\n"
        "raise ValueError('no soup')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"JOURNAL_STREAM": "8:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    in_thread, in_main = ended.stderr.splitlines()
    assert in_thread.startswith("<2>crashed error=IndexError\\nTraceback")
    assert in_main.startswith("<2>crashed error=ValueError\\nTraceback")
    assert ended.returncode == 1


def test_the_same_status_is_told_once_and_in_one_line(manager: socket.socket) -> None:
    notifier = Notifier()
    for sentence in ("fault. Two\nlines.", "fault. Two\nlines.", "ready."):
        notifier.status(sentence)
    assert [manager.recv(100) for _ in range(2)] == [b"STATUS=fault. Two lines.", b"STATUS=ready."]
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(100)
