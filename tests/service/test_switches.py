"""Mute and volume across a restart, on a disk that fails and one that comes back."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from device.service.switches import Switches, SwitchFile

MUTED = Switches(muted=True, volume=40, over=100)
LISTENING = Switches(muted=False, volume=40, over=100)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "switches.json"


def no_space_left(descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("switches", [MUTED, LISTENING, Switches()])
def test_they_are_as_they_were_left(path: Path, switches: Switches) -> None:
    SwitchFile(path).save(switches)
    assert SwitchFile(path).load() == switches


def test_of_a_new_household_nothing_is_switched(path: Path) -> None:
    file = SwitchFile(path)
    assert file.load() == Switches()
    assert file.trouble is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"muted": fal',
        b"\xff\x00",
        b"[]",
        b'{"muted": "no", "volume": 5}',
        b'{"muted": true, "volume": 101}',
    ],
)
def test_a_damaged_file_counts_as_muted_and_says_what_to_do_until_something_is_switched(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(content)
    file = SwitchFile(path)
    assert file.load() == Switches(muted=True)
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"switches_unusable path={path} reason='damaged' remedy=")
    assert file.trouble is not None
    assert "Unmute it" in file.trouble
    file.try_again()
    assert file.trouble, "nobody has said yet how it is to be"
    file.save(LISTENING)
    assert file.trouble is None
    assert SwitchFile(path).load() == LISTENING


def test_a_directory_in_its_place_is_moved_away_when_something_is_switched(path: Path) -> None:
    path.mkdir()
    file = SwitchFile(path)
    assert file.load().muted
    file.save(LISTENING)
    assert SwitchFile(path).load() == LISTENING


def test_what_was_switched_while_the_disk_was_full_is_kept_once_there_is_room(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = SwitchFile(path)
    file.save(LISTENING)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_space_left)
        file.save(MUTED)
        assert file.trouble == f"{path} cannot be written (No space left on device). Make room on the disk."
        file.try_again()
        assert file.trouble
    assert SwitchFile(path).load() == LISTENING
    file.try_again()
    assert file.trouble is None
    assert SwitchFile(path).load() == MUTED


def test_after_a_damage_too_a_disk_that_was_full_is_all_that_is_wrong(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"damaged")
    file = SwitchFile(path)
    file.load()
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_space_left)
        file.save(LISTENING)
    assert "No space left" in str(file.trouble)
    file.try_again()
    assert file.trouble is None
    assert SwitchFile(path).load() == LISTENING


def test_what_was_switched_back_on_a_full_disk_stays_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SwitchFile(path)
    file.save(LISTENING)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_space_left)
        file.save(MUTED)
    file.save(LISTENING)
    file.try_again()
    assert SwitchFile(path).load() == LISTENING


def test_what_has_not_changed_is_not_written_again(path: Path) -> None:
    file = SwitchFile(path)
    file.save(MUTED)
    path.unlink()
    file.save(MUTED)
    assert not path.exists()


def test_a_volume_counts_until_the_configuration_has_another() -> None:
    assert MUTED.volume_over(100) == 40
    assert MUTED.volume_over(70) is None
    assert Switches().volume_over(100) is None
