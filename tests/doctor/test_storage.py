"""The state directory, the small files in it, and the disk below."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from device.doctor.finding import Finding, Verdict
from device.doctor.storage import MIB, check_disk, check_state
from device.live.statefile import SESSION_FILE
from device.service.switches import SWITCHES_FILE


@pytest.fixture
def state(tmp_path: Path) -> Path:
    directory = tmp_path / "ladle"
    directory.mkdir(mode=0o700)
    return directory


def found(state: Path) -> Finding:
    [finding] = check_state(state)
    return finding


def kept(state: Path, name: str, text: str, mode: int = 0o600) -> Path:
    path = state / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_private_directory_that_can_be_written_passes_and_nothing_is_left_in_it(state: Path) -> None:
    kept(state, SWITCHES_FILE, '{"muted": false, "volume": null}')
    kept(state, SESSION_FILE, "{}")
    assert found(state).verdict is Verdict.PASS
    assert sorted(path.name for path in state.iterdir()) == [SESSION_FILE, SWITCHES_FILE]


def test_a_directory_that_is_not_there_yet_passes_and_is_not_made(tmp_path: Path) -> None:
    assert found(tmp_path / "none").verdict is Verdict.PASS
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o711])
def test_a_directory_that_others_can_look_into_is_a_warning(mode: int, state: Path) -> None:
    state.chmod(mode)
    assert found(state).verdict is Verdict.WARNING
    assert f"sudo chmod 700 {state}" in found(state).remedy


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EACCES, "sudo chown -R"),
        (errno.EROFS, "memory card"),
        (errno.EIO, "memory card"),
        (errno.ENOSPC, "sudo du"),
    ],
)
def test_a_directory_that_cannot_be_written_is_a_fault(
    number: int, remedy: str, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    finding = found(state)
    assert finding.verdict is Verdict.FAULT
    assert os.strerror(number) in finding.found
    assert remedy in finding.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_is_a_warning(state: Path) -> None:
    os.chown(state, 65534, -1)
    finding = found(state)
    assert finding.verdict is Verdict.WARNING
    assert "chown" in finding.remedy


@pytest.mark.parametrize(
    ("name", "remedy"), [(SWITCHES_FILE, "ladle unmute"), (SESSION_FILE, "a fresh session")]
)
@pytest.mark.parametrize("text", ["", "{", "[]", "\x00\x01"])
def test_a_damaged_file_is_a_warning_that_says_what_it_costs(
    name: str, remedy: str, text: str, state: Path
) -> None:
    path = kept(state, name, text)
    _, finding = check_state(state)
    assert finding.verdict is Verdict.WARNING
    assert str(path) in finding.found
    assert remedy in finding.remedy


def test_a_session_that_others_can_read_is_a_warning(state: Path) -> None:
    path = kept(state, SESSION_FILE, "{}", 0o644)
    _, finding = check_state(state)
    assert finding.verdict is Verdict.WARNING
    assert f"sudo chmod 600 {path}" in finding.remedy


def test_a_file_that_cannot_be_read_is_a_fault(state: Path) -> None:
    (state / SESSION_FILE).mkdir()
    _, finding = check_state(state)
    assert finding.verdict is Verdict.FAULT
    assert "Is a directory" in finding.found


@pytest.mark.parametrize(
    ("free_mib", "verdict"),
    [
        (2000, Verdict.PASS),
        (500, Verdict.PASS),
        (499, Verdict.WARNING),
        (50, Verdict.WARNING),
        (49, Verdict.FAULT),
        (0, Verdict.FAULT),
    ],
)
def test_room_on_the_disk(free_mib: int, verdict: Verdict, state: Path) -> None:
    looked_at: list[Path] = []

    def usage(path: Path) -> int:
        looked_at.append(path)
        return free_mib * MIB

    finding = check_disk(state / "not" / "yet", usage)
    assert finding.verdict is verdict
    assert bool(finding.remedy) is (verdict is not Verdict.PASS)
    assert looked_at == [state]
