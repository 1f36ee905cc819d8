"""The diary: looked through beside a daemon or without one, and never changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from device.doctor.diary import check_diary
from device.doctor.finding import Finding, Verdict
from device.nutrition.days import DiaryClock
from device.nutrition.diary import Diary
from device.nutrition.diaryfile import DIARY_NAME, DiaryFile
from device.nutrition.events import FoodEaten, FoodItem, Nutrients

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@contextmanager
def diary_in(directory: Path, now: datetime = NOW) -> Iterator[Diary]:
    file = DiaryFile(directory, lambda: now)
    try:
        yield Diary(file, DiaryClock(lambda: now, time(4)))
    finally:
        file.close()


def log(diary: Diary, call: str) -> None:
    item = FoodItem("oats", Nutrients(energy_kcal=190))
    diary.log(call, "", [FoodEaten((item,), "breakfast")])


def found(directory: Path, *, is_in_use: bool = False) -> Finding:
    before = contents(directory)
    [finding] = check_diary(directory, is_in_use=is_in_use)
    assert contents(directory) == before
    return finding


def contents(directory: Path) -> dict[str, bytes]:
    """Every file but the one in which SQLite keeps who reads."""
    files = [path for path in directory.rglob("*") if path.is_file() and not path.name.endswith("-shm")]
    return {str(path): path.read_bytes() for path in files}


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    with diary_in(tmp_path) as diary:
        log(diary, "a")
        log(diary, "b")
        diary.back_up()
    return tmp_path


def test_a_diary_that_rests_is_counted_and_left_as_it_was(directory: Path) -> None:
    finding = found(directory)
    assert finding.verdict is Verdict.PASS
    assert finding.found == f"2 entries in {directory}, whole; last backup of 2026-11-21."
    assert names_in(directory) == ["backups", DIARY_NAME]


def test_a_diary_that_a_daemon_has_open_is_read_beside_it(directory: Path) -> None:
    with diary_in(directory) as diary:
        log(diary, "c")
        finding = found(directory, is_in_use=True)
        assert finding.found.startswith("3 entries")
        log(diary, "d")


def test_what_a_power_cut_left_is_counted_too(
    directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    left = tmp_path_factory.mktemp("left")
    with diary_in(directory) as diary:
        log(diary, "c")
        for name in (DIARY_NAME, f"{DIARY_NAME}-wal"):
            (left / name).write_bytes((directory / name).read_bytes())
    assert found(left).found.startswith("3 entries")


def test_no_diary_passes_and_none_is_made(tmp_path: Path) -> None:
    finding = found(tmp_path)
    assert finding.verdict is Verdict.PASS
    assert "There is no diary" in finding.found
    assert names_in(tmp_path) == []
    assert found(tmp_path / "none").verdict is Verdict.PASS


@pytest.mark.parametrize("damage", [b"this is no database" * 100, b""])
def test_a_damaged_diary_is_a_fault_with_how_it_is_mended(damage: bytes, directory: Path) -> None:
    (directory / DIARY_NAME).write_bytes(damage)
    finding = found(directory)
    assert finding.verdict is Verdict.FAULT
    assert str(directory) in finding.found
    assert "sudo systemctl restart ladle" in finding.remedy


def test_a_page_that_is_damaged_is_found(directory: Path) -> None:
    content = bytearray((directory / DIARY_NAME).read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    (directory / DIARY_NAME).write_bytes(content)
    assert found(directory).verdict is Verdict.FAULT


def test_a_diary_of_a_newer_ladle_is_a_warning(directory: Path) -> None:
    with DiaryFile(directory).writing() as database:
        database.execute("PRAGMA user_version = 99")
    finding = found(directory)
    assert finding.verdict is Verdict.WARNING
    assert "another version" in finding.found


def test_a_diary_without_a_backup_says_so(tmp_path: Path) -> None:
    with diary_in(tmp_path) as diary:
        log(diary, "a")
    assert "no backup yet" in found(tmp_path).found


def test_a_backup_that_is_far_behind_is_a_warning(directory: Path) -> None:
    with diary_in(directory, NOW + timedelta(days=5)) as diary:
        log(diary, "late")
    finding = found(directory)
    assert finding.verdict is Verdict.WARNING
    assert "2026-11-21" in finding.found
    assert "journalctl" in finding.remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_diary_that_one_may_not_read_is_a_fault(directory: Path) -> None:
    (directory / DIARY_NAME).chmod(0)
    [finding] = check_diary(directory, is_in_use=False)
    assert finding.verdict is Verdict.FAULT
    assert "sudo ls -la" in finding.remedy
