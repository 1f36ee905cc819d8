"""What survives a restart, a damaged disk and a crash at the worst moment."""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from device.live.history import FORGET_AFTER, Turn
from device.live.statefile import CLOCK_SLACK, HANDLE_LASTS, SavedSession, StateFile
from device.safefile import MOST_BYTES

NOW = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
MODEL = "gemini-3.8-live"
LOOK = "Look at that path, and at the disk or memory card it is on."
ENDPOINT = "https://127.0.0.1:8443"
BREAKFAST = Turn("How much protein has an egg?", "About six grams.", NOW - timedelta(hours=1))
LUNCH = Turn("Und eine Möhre? 🥕", "", NOW)
SAVED = SavedSession("secret-handle", (BREAKFAST, LUNCH), NOW, MODEL, ENDPOINT)

CRASH = """
import os, signal, sys
from pathlib import Path
from datetime import datetime, UTC
from device.live.statefile import SavedSession, StateFile

Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)
path = Path(sys.argv[1])
StateFile(path).save(SavedSession("new", (), datetime.now(UTC), "model", None))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.json"


@pytest.fixture
def loose_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def load(path: Path, now: datetime = NOW, endpoint: str | None = ENDPOINT) -> SavedSession | None:
    return StateFile(path).load(MODEL, endpoint, now)


def written(path: Path) -> dict[str, Any]:
    """The content of a good file, to be spoilt."""
    StateFile(path).save(SAVED)
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def unusable(path: Path, reason: str) -> str:
    return f"session_file_unusable path={path} reason={reason} effect='a fresh session begins'"


def unwritten(path: Path, reason: str, remedy: str) -> str:
    return f"session_file_unwritten path={path} reason={reason!r} remedy={remedy!r}"


def lines(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


def files_beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


class TestASessionThatWasSaved:
    @pytest.mark.parametrize(
        "saved",
        [
            SAVED,
            replace(SAVED, handle=None),
            replace(SAVED, turns=()),
            replace(SAVED, endpoint=None),
            replace(SAVED, saved_at=NOW.astimezone(ZoneInfo("Pacific/Auckland"))),
        ],
    )
    def test_is_loaded_as_it_was(self, path: Path, saved: SavedSession) -> None:
        StateFile(path).save(saved)
        assert load(path, endpoint=saved.endpoint) == saved

    def test_is_replaced_by_the_next(self, path: Path) -> None:
        file = StateFile(path)
        file.save(SAVED)
        file.save(replace(SAVED, handle="another", turns=()))
        assert file.load(MODEL, ENDPOINT, NOW) == replace(SAVED, handle="another", turns=())
        assert files_beside(path) == ["session.json"]

    def test_loses_the_turns_that_are_too_old(self, path: Path) -> None:
        old = replace(BREAKFAST, at=NOW - FORGET_AFTER - timedelta(seconds=1))
        StateFile(path).save(replace(SAVED, turns=(old, BREAKFAST, LUNCH)))
        assert load(path) == SAVED

    def test_keeps_its_text_whatever_is_in_it(self, path: Path) -> None:
        turn = replace(LUNCH, asked='"quoted"\n\0\u2028 \U0001f955', said="half a pair: \ud83e")
        StateFile(path).save(replace(SAVED, turns=(turn,)))
        assert load(path) == replace(SAVED, turns=(replace(turn, said="half a pair: ?"),))

    @pytest.mark.parametrize(
        ("age", "usable"),
        [
            (HANDLE_LASTS, True),
            (HANDLE_LASTS + timedelta(seconds=1), False),
            (-CLOCK_SLACK, True),
            (-CLOCK_SLACK - timedelta(seconds=1), True),
        ],
    )
    def test_is_good_for_two_hours(
        self, path: Path, age: timedelta, usable: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        StateFile(path).save(SAVED)
        assert (load(path, NOW + age) is not None) is usable
        assert not lines(caplog)

    @pytest.mark.parametrize(
        ("age", "turns"),
        [(-CLOCK_SLACK, 2), (-CLOCK_SLACK - timedelta(seconds=1), 0), (timedelta(days=-9), 0)],
    )
    def test_of_a_clock_that_was_set_back_goes_on_by_its_handle_alone(
        self, path: Path, age: timedelta, turns: int
    ) -> None:
        StateFile(path).save(SAVED)
        loaded = load(path, NOW + age)
        assert loaded is not None
        assert loaded.handle == SAVED.handle
        assert len(loaded.turns) == turns, "how old they are nobody can tell, and nobody refuses them"

    def test_belongs_to_its_model_and_its_endpoint(
        self, path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        StateFile(path).save(SAVED)
        assert StateFile(path).load("another-model", ENDPOINT, NOW) is None
        assert load(path, endpoint=None) is None
        assert not lines(caplog)

    def test_tells_nothing_private_in_its_repr(self) -> None:
        assert "secret" not in repr(SAVED)
        assert "egg" not in repr(SAVED)


class TestAFileThatIsNotUsable:
    def test_one_that_is_not_there_is_no_news(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        assert load(path) is None
        assert not caplog.records

    @pytest.mark.parametrize(
        ("key", "value", "reason"),
        [
            ("version", 2, "literal_error"),
            ("version", "1", "literal_error"),
            ("handle", 7, "string_type"),
            ("model", None, "string_type"),
            ("endpoint", ["secret"], "string_type"),
            ("saved_at", "yesterday", "datetime_parsing"),
            ("saved_at", "2026-11-21T13:00:00", "timezone_aware"),
            ("saved_at", None, "datetime_type"),
            ("turns", {"secret": 1}, "tuple_type"),
            ("turns", ["secret"], "model_type"),
            ("turns", [{"asked": "secret", "said": "", "at": "secret"}], "datetime_parsing"),
            ("turns", [{"asked": "secret"}], "missing"),
            ("secret", "secret", "extra_forbidden"),
        ],
    )
    def test_wrong_values_are_told_by_their_kind(
        self, path: Path, key: str, value: object, reason: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        content = {**written(path), key: value}
        path.write_text(json.dumps(content), encoding="utf-8")
        assert load(path) is None
        assert lines(caplog) == [unusable(path, reason)]
        assert "secret" not in caplog.text

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"nonsense", b"\xff\xfe\0", b"\0" * 4096, b"[" * 100_000, b" " * 2 * MOST_BYTES],
    )
    def test_nonsense(self, path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
        path.write_bytes(content)
        assert load(path) is None
        assert lines(caplog) == [unusable(path, "json_invalid")]

    @pytest.mark.parametrize("content", ["null", "[]", "7", '"text"'])
    def test_json_of_another_kind(self, path: Path, content: str, caplog: pytest.LogCaptureFixture) -> None:
        path.write_text(content, encoding="utf-8")
        assert load(path) is None
        assert lines(caplog) == [unusable(path, "model_type")]

    def test_a_file_cut_off_anywhere(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        written(path)
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            assert load(path) is None
        assert set(lines(caplog)) == {unusable(path, "json_invalid")}

    def test_one_that_cannot_be_read(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        path.mkdir()
        assert load(path) is None
        assert lines(caplog) == [unusable(path, "'Is a directory'")]

    def test_the_next_save_mends_it(self, path: Path) -> None:
        path.write_bytes(b"nonsense")
        StateFile(path).save(SAVED)
        assert load(path) == SAVED


class TestSaving:
    @pytest.mark.usefixtures("loose_umask")
    def test_the_file_is_for_this_user_alone_from_the_first_byte(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path.touch(0o666)
        path.with_name("session.json.new").touch(0o666)
        modes: list[int] = []
        fsync = os.fsync

        def looking(descriptor: int) -> None:
            modes.extend(stat.S_IMODE(file.stat().st_mode) for file in path.parent.glob("*.new"))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", looking)
        StateFile(path).save(SAVED)
        assert modes == [0o600]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_file_and_directory_are_on_the_disk_when_it_returns(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced: list[tuple[bool, list[str]]] = []

        def note(descriptor: int) -> None:
            synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), files_beside(path)))

        monkeypatch.setattr(os, "fsync", note)
        StateFile(path).save(SAVED)
        assert synced == [(False, ["session.json.new"]), (True, ["session.json"])]

    def test_a_crash_before_the_file_is_replaced_leaves_the_old_one(self, path: Path) -> None:
        StateFile(path).save(SAVED)
        crashed = subprocess.run([sys.executable, "-c", CRASH, str(path)], check=False)
        assert crashed.returncode == -signal.SIGKILL
        assert files_beside(path) == ["session.json", "session.json.new"]
        assert load(path) == SAVED
        StateFile(path).save(replace(SAVED, handle="next"))
        assert load(path) == replace(SAVED, handle="next")
        assert files_beside(path) == ["session.json"]

    def test_a_directory_that_cannot_be_written_is_one_warning(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        (tmp_path / "file").touch()
        file = StateFile(tmp_path / "file" / "session.json")
        for _ in range(3):
            file.save(SAVED)
        line = unwritten(tmp_path / "file" / "session.json", "Not a directory", LOOK)
        assert lines(caplog) == [line]
        assert lines(caplog, logging.DEBUG) == [line] * 2

    def test_a_directory_that_is_not_there_is_not_made(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        StateFile(tmp_path / "nowhere" / "session.json").save(SAVED)
        path = tmp_path / "nowhere" / "session.json"
        assert lines(caplog) == [unwritten(path, "No such file or directory", LOOK)]
        assert not (tmp_path / "nowhere").exists()

    def test_a_full_disk_leaves_the_old_file_and_nothing_else(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        file = StateFile(path)
        file.save(SAVED)
        with monkeypatch.context() as full:
            full.setattr(os, "fsync", no_space_left)
            file.save(replace(SAVED, handle="next"))
        assert lines(caplog) == [unwritten(path, "No space left on device", "Make room on the disk.")]
        assert load(path) == SAVED
        assert files_beside(path) == ["session.json"]

    def test_what_the_disk_did_not_take_is_a_trouble_until_it_is_tried_again(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = StateFile(path)
        with monkeypatch.context() as full:
            full.setattr(os, "fsync", no_space_left)
            file.save(SAVED)
            file.save(replace(SAVED, handle="next"))
            file.try_again()
        assert file.trouble == f"{path} cannot be written (No space left on device). Make room on the disk."
        assert load(path) is None
        file.try_again()
        assert file.trouble is None
        assert load(path) == replace(SAVED, handle="next")

    def test_a_directory_in_its_place_is_moved_away(self, path: Path) -> None:
        for name in (path.name, f"{path.name}.new"):
            (path.with_name(name) / "inside").mkdir(parents=True)
        StateFile(path).save(SAVED)
        assert load(path) == SAVED
        assert files_beside(path) == ["session.json", "session.json.damaged", "session.json.new.damaged"]

    def test_a_failure_after_a_success_is_news_again(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        file = StateFile(path)
        for _ in range(2):
            with monkeypatch.context() as full:
                full.setattr(os, "fsync", no_space_left)
                file.save(SAVED)
            file.save(SAVED)
        assert len(lines(caplog)) == 2

    def test_threads_do_not_spoil_each_others_file(
        self, path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        file = StateFile(path)
        sessions = [replace(SAVED, handle=str(number)) for number in range(20)]
        threads = [threading.Thread(target=file.save, args=(session,)) for session in sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert load(path) in sessions
        assert not caplog.records


def no_space_left(descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
