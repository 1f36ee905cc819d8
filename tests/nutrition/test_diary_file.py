"""The file of the diary: its modes, its tables, other processes, and its daily backups."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
import threading
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from device.nutrition import diarydatabase, diaryfile
from device.nutrition.days import DiaryClock
from device.nutrition.diary import Diary
from device.nutrition.diaryfile import BACKUPS_KEPT, DiaryFile
from device.nutrition.events import FoodEaten, FoodItem, Nutrients, WaterDrunk
from device.nutrition.records import MIGRATIONS, DiaryUnavailableError, Trouble

NOON = datetime(2026, 6, 10, 12, tzinfo=ZoneInfo("Europe/London"))
TODAY = NOON.date()


def open_diary(directory: Path, now: datetime = NOON, *, owner: bool = True) -> Diary:
    return Diary(DiaryFile(directory, lambda: now, owner=owner), DiaryClock(lambda: now, time(4)))


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[Diary]:
    diary = open_diary(tmp_path / "state")
    yield diary
    diary.file.close()


def drink(diary: Diary, call_id: str) -> None:
    diary.log(call_id, "anna", (WaterDrunk(1),))


def drunk(diary: Diary) -> float:
    return diary.totals("anna", TODAY).water_ml


def test_nobody_else_may_read_the_diary(diary: Diary) -> None:
    drink(diary, "one")
    diary.back_up()
    files = [path for path in diary.file.directory.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(diary.file.directory.stat().st_mode) == 0o700


def test_a_diary_that_others_may_read_is_closed_to_them(diary: Diary) -> None:
    drink(diary, "one")
    diary.file.close()
    diary.file.path.chmod(0o644)
    drink(diary, "two")
    assert stat.S_IMODE(diary.file.path.stat().st_mode) == 0o600


def test_every_commit_is_synced_to_the_disk(diary: Diary) -> None:
    with diary.file.writing() as database:
        settings = [
            database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert settings == ["wal", 2, 1, 5000]


def test_a_diary_closed_in_order_is_one_file(diary: Diary) -> None:
    drink(diary, "one")
    diary.file.close()
    assert [path.name for path in diary.file.directory.iterdir()] == ["diary.sqlite3"]


# ------------------------------------------------------------------------------------ other processes


def test_a_second_process_reads_beside_the_first(diary: Diary) -> None:
    drink(diary, "one")
    reader = open_diary(diary.file.directory, owner=False)
    assert drunk(reader) == 1
    drink(diary, "two")
    assert drunk(reader) == 2
    with pytest.raises(DiaryUnavailableError) as refused:
        drink(reader, "three")
    assert refused.value.trouble is Trouble.READ_ONLY
    reader.file.close()
    assert drunk(diary) == 2


def test_a_reader_makes_no_diary(tmp_path: Path) -> None:
    with pytest.raises(DiaryUnavailableError, match="There is no diary in") as missing:
        drunk(open_diary(tmp_path / "state", owner=False))
    assert missing.value.trouble is Trouble.MISSING
    assert not (tmp_path / "state").exists()


def test_a_long_read_keeps_nobody_from_logging(diary: Diary) -> None:
    drink(diary, "one")
    with diary.file.beside() as database:
        rows = database.execute("SELECT call_id FROM entry")
        drink(diary, "two")
        assert rows.fetchall() == [("one",)]


def _log_fifty(directory: Path, answers: Any) -> None:
    diary = open_diary(directory)
    answers.put([diary.log(f"{number}", "anna", (WaterDrunk(1),)).is_repeat for number in range(50)])
    diary.file.close()


def test_two_processes_that_make_the_same_calls_at_once_log_each_once(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("fork")
    answers = processes.Queue()
    both = [processes.Process(target=_log_fifty, args=(tmp_path, answers)) for _ in range(2)]
    for process in both:
        process.start()
    first, second = answers.get(timeout=30), answers.get(timeout=30)
    for process in both:
        process.join(30)
    assert [one != other for one, other in zip(first, second, strict=True)] == [True] * 50
    diary = open_diary(tmp_path)
    assert drunk(diary) == 50
    assert diary.file.repairs == ()
    diary.file.close()


def test_a_diary_that_another_program_holds_is_told_as_busy(
    diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diarydatabase, "BUSY_TIMEOUT_S", 0.05)
    drink(diary, "one")
    other = sqlite3.connect(diary.file.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DiaryUnavailableError) as busy:
        drink(diary, "two")
    assert busy.value.trouble is Trouble.BUSY
    assert drunk(diary) == 1
    other.close()
    drink(diary, "two")
    assert drunk(diary) == 2


def test_a_thread_waits_no_longer_for_another_than_for_another_program(
    diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diarydatabase, "BUSY_TIMEOUT_S", 0.05)
    drink(diary, "one")
    is_held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with diary.together():
            is_held.set()
            may_end.wait(20)

    other = threading.Thread(target=hold)
    other.start()
    assert is_held.wait(20)
    for use in (lambda: drink(diary, "two"), lambda: drunk(diary), diary.file.open):
        with pytest.raises(DiaryUnavailableError) as busy:
            use()
        assert busy.value.trouble is Trouble.BUSY
    may_end.set()
    other.join(20)
    drink(diary, "two")
    assert drunk(diary) == 2


def test_the_end_waits_for_no_thread_that_holds_the_diary_for_long(
    diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diaryfile, "LET_GO_WITHIN_S", 0.05)
    is_held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with diary.together():
            drink(diary, "one")
            is_held.set()
            may_end.wait(20)

    other = threading.Thread(target=hold)
    other.start()
    assert is_held.wait(20)
    diary.file.close()
    assert other.is_alive(), "the diary is still held"
    may_end.set()
    other.join(20)
    assert drunk(diary) == 1, "what was being logged is not cut short"


def test_a_file_put_in_the_place_of_the_diary_is_the_one_that_is_used(diary: Diary, tmp_path: Path) -> None:
    drink(diary, "one")
    diary.file.copy_to(tmp_path / "copy")
    drink(diary, "two")
    for ending in ("-wal", "-shm"):
        diary.file.path.with_name(f"diary.sqlite3{ending}").unlink()
    (tmp_path / "copy").replace(diary.file.path)
    assert drunk(diary) == 1
    drink(diary, "three")
    assert drunk(diary) == 2


# ----------------------------------------------------------------------------------------- its tables


def test_a_diary_of_an_older_version_is_brought_up_to_date(
    diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    drink(diary, "one")
    diary.file.close()
    next_version = (*MIGRATIONS, "ALTER TABLE entry ADD COLUMN said TEXT; UPDATE entry SET said = 'x';")
    monkeypatch.setattr(diarydatabase, "MIGRATIONS", next_version)
    assert drunk(diary) == 1
    with diary.file.reading() as database:
        assert database.execute("SELECT said FROM entry").fetchall() == [("x",)]
        assert database.execute("PRAGMA user_version").fetchone() == (2,)


def test_a_step_that_fails_leaves_the_diary_as_it_was(diary: Diary, monkeypatch: pytest.MonkeyPatch) -> None:
    drink(diary, "one")
    diary.file.close()
    with monkeypatch.context() as patch:
        patch.setattr(
            diarydatabase, "MIGRATIONS", (*MIGRATIONS, "DELETE FROM timer; UPDATE nonsense SET x = 1;")
        )
        with pytest.raises(sqlite3.OperationalError, match="nonsense"):
            drink(diary, "two")
    drink(diary, "three")
    assert drunk(diary) == 2


def test_a_diary_of_a_newer_version_is_left_alone(diary: Diary, monkeypatch: pytest.MonkeyPatch) -> None:
    drink(diary, "one")
    diary.file.close()
    with monkeypatch.context() as patch:
        patch.setattr(diarydatabase, "MIGRATIONS", ())
        for attempt in (drunk, lambda diary: drink(diary, "two")):
            with pytest.raises(DiaryUnavailableError, match="another version of Ladle") as newer:
                attempt(diary)
            assert newer.value.trouble is Trouble.NEWER
    assert drunk(diary) == 1
    assert diary.file.repairs == ()


# ---------------------------------------------------------------------------------------- the backups


def backups(diary: Diary) -> list[str]:
    return sorted(path.name for path in diary.file.backups.iterdir())


def test_there_is_one_backup_a_day_and_only_after_a_change(diary: Diary) -> None:
    drink(diary, "one")
    assert diary.back_up() == diary.file.backups / "diary-2026-06-10.sqlite3"
    drink(diary, "two")
    assert diary.back_up() is None
    tomorrow = TODAY + timedelta(days=1)
    assert diary.file.back_up(tomorrow) is not None
    assert diary.file.back_up(tomorrow + timedelta(days=1)) is None
    assert backups(diary) == ["diary-2026-06-10.sqlite3", "diary-2026-06-11.sqlite3"]


def test_seven_backups_are_kept(diary: Diary) -> None:
    for number in range(BACKUPS_KEPT + 3):
        drink(diary, f"{number}")
        diary.file.back_up(TODAY + timedelta(days=number))
    assert len(backups(diary)) == BACKUPS_KEPT
    assert backups(diary)[0] == "diary-2026-06-13.sqlite3"


def test_a_backup_that_was_cut_short_is_cleared_away(diary: Diary) -> None:
    drink(diary, "one")
    diary.file.backups.mkdir()
    (diary.file.backups / "diary-2026-06-01.sqlite3.part").write_bytes(b"half")
    diary.back_up()
    assert backups(diary) == ["diary-2026-06-10.sqlite3"]


def test_a_damaged_backup_does_not_pass_for_one(diary: Diary) -> None:
    drink(diary, "one")
    backup = diary.back_up()
    assert backup is not None
    backup.write_bytes(b"nothing of use")
    assert diary.file.back_up(date(2026, 6, 11)) is not None


def test_a_copy_is_whole_and_for_its_owner_alone(diary: Diary, tmp_path: Path) -> None:
    items = (FoodItem("egg", Nutrients(70)),)
    diary.log("one", "anna", (FoodEaten(items),))
    diary.file.copy_to(tmp_path / "copy.sqlite3")
    diary.file.copy_to(tmp_path / "copy.sqlite3")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "copy.sqlite3").rename(tmp_path / "elsewhere" / "diary.sqlite3")
    copy = open_diary(tmp_path / "elsewhere", owner=False)
    assert copy.events("anna", TODAY) == diary.events("anna", TODAY)
    assert stat.S_IMODE(copy.file.path.stat().st_mode) == 0o600
    copy.file.close()


def test_a_copy_that_cannot_be_written_leaves_nothing_behind(diary: Diary, tmp_path: Path) -> None:
    drink(diary, "one")
    (tmp_path / "target").mkdir()
    with pytest.raises(DiaryUnavailableError):
        diary.file.copy_to(tmp_path / "target")
    with pytest.raises(DiaryUnavailableError):
        diary.file.copy_to(tmp_path / "nowhere" / "copy")
    assert not list(tmp_path.glob("*.part"))
