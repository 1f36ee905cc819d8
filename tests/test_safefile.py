"""What reaches the disk, and in which order: a power cut may come between any two steps."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from device import safefile


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is synced to the disk, as the kernel calls it at that moment."""
    paths: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        paths.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    return paths


def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_before_anybody_is_told(
    tmp_path: Path, synced: list[str]
) -> None:
    path = tmp_path / "switches.json"
    path.write_bytes(b"old")
    safefile.replace(path, b"new")
    assert synced == [f"{path}.new", str(tmp_path)]
    assert path.read_bytes() == b"new"


def test_a_new_directory_is_private_and_on_the_disk(tmp_path: Path, synced: list[str]) -> None:
    path = tmp_path / "above" / "state"
    safefile.make_directory(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert synced == [str(path.parent)]
    safefile.make_directory(path)
    assert synced == [str(path.parent)], "one that is there costs nothing"


def test_a_pipe_in_the_place_of_a_file_is_waited_for_by_nobody_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "switches.json"
    os.mkfifo(path)
    assert safefile.read(path) == b""
    safefile.replace(path, b"new")
    assert safefile.read(path) == b"new"
