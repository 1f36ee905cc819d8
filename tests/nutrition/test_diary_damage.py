"""A diary that is damaged, a disk that is full or read-only, and a process that is killed."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.nutrition.diary import Diary
from device.nutrition.events import FoodEaten, FoodItem, Nutrients
from device.nutrition.records import DiaryUnavailableError, Trouble
from tests.bench.diary_figures import crash
from tests.nutrition.test_diary_file import NOON, TODAY, drink, drunk, open_diary

YESTERDAY = NOON - timedelta(days=1)
MEAL = FoodEaten((FoodItem("Egg, boiled", Nutrients(78, 6.3, 0.6, 5.3), "egg_boiled", 50),) * 5)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """The directory of a diary that was backed up yesterday, and written and closed today."""
    state = tmp_path / "state"
    diary = open_diary(state, YESTERDAY)
    for number in range(100):
        diary.log(f"yesterday {number}", "anna", (MEAL,))
    diary.back_up()
    diary.file.close()
    diary = open_diary(state)
    drink(diary, "today")
    diary.file.close()
    return state


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def write_nonsense(path: Path) -> None:
    path.write_bytes(b"Dear diary, today I had eggs. " * 1000)


def be_something_else(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")


def lose_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(bytes(4096))


DAMAGES = [truncate, empty, write_nonsense, be_something_else, lose_a_page]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_the_newest_backup_takes_the_place_of_a_damaged_diary(
    closed: Path, damage: Callable[[Path], None]
) -> None:
    damage(closed / "diary.sqlite3")
    damaged = (closed / "diary.sqlite3").read_bytes()
    diary = open_diary(closed)
    diary.file.open()
    (repair,) = diary.file.repairs
    assert repair.restored_from == closed / "backups" / f"diary-{YESTERDAY:%Y-%m-%d}.sqlite3"
    assert repair.lost_from == YESTERDAY
    assert abs(repair.lost_until - datetime.now(UTC)) < timedelta(minutes=1)
    assert repair.kept_as == closed / "diary.damaged-20260610T110000Z.sqlite3"
    assert repair.kept_as.read_bytes() == damaged
    assert "09 June 2026 11:00 and" in str(repair)
    assert diary.totals("anna", TODAY - timedelta(days=1)).items == 500
    assert drunk(diary) == 0
    drink(diary, "after")
    diary.file.close()
    again = open_diary(closed)
    assert drunk(again) == 1
    assert again.file.repairs == ()
    again.file.close()


def test_without_a_good_backup_the_diary_starts_empty_and_says_so(closed: Path) -> None:
    for path in (closed / "diary.sqlite3", *(closed / "backups").iterdir()):
        truncate(path)
    diary = open_diary(closed)
    drink(diary, "one")
    (repair,) = diary.file.repairs
    assert (repair.restored_from, repair.lost_from) == (None, None)
    assert "starts empty" in str(repair)
    assert repair.kept_as is not None
    assert repair.kept_as.exists()
    diary.file.close()


def test_a_damaged_backup_is_passed_over_for_an_older_one(closed: Path) -> None:
    newest = closed / "backups" / f"diary-{TODAY}.sqlite3"
    newest.write_bytes(b"nothing of use")
    truncate(closed / "diary.sqlite3")
    diary = open_diary(closed)
    assert diary.totals("anna", TODAY - timedelta(days=1)).items == 500
    assert newest not in (repair.restored_from for repair in diary.file.repairs)
    diary.file.close()


def test_a_backup_of_a_clock_that_ran_ahead_is_passed_over_for_one_that_holds_more(closed: Path) -> None:
    (closed / "backups" / f"diary-{YESTERDAY:%Y-%m-%d}.sqlite3").rename(
        closed / "backups/diary-2031-01-01.sqlite3"
    )
    diary = open_diary(closed)
    diary.back_up()
    diary.file.close()
    truncate(closed / "diary.sqlite3")
    diary = open_diary(closed)
    assert drunk(diary) == 1
    assert diary.file.repairs[0].restored_from == closed / "backups" / f"diary-{TODAY}.sqlite3"
    diary.file.close()


def test_a_diary_that_has_gone_is_brought_back(closed: Path) -> None:
    (closed / "diary.sqlite3").unlink()
    (closed / "diary.sqlite3-wal").write_bytes(b"what is left of a log")
    diary = open_diary(closed)
    assert diary.totals("anna", TODAY - timedelta(days=1)).items == 500
    assert diary.file.repairs[0].damage == "the file is missing"
    assert (closed / "diary.damaged-20260610T110000Z.sqlite3-wal").exists()
    diary.file.close()


def test_a_second_damaged_diary_does_not_overwrite_the_first(closed: Path) -> None:
    for _ in range(2):
        truncate(closed / "diary.sqlite3")
        diary = open_diary(closed)
        diary.file.open()
        diary.file.close()
    assert len(list(closed.glob("diary.damaged-*.sqlite3"))) == 2


def test_damage_that_is_met_while_running_is_mended_at_the_next_use(closed: Path) -> None:
    diary = open_diary(closed)
    assert drunk(diary) == 1
    write_nonsense(closed / "diary.sqlite3")
    with contextlib.suppress(DiaryUnavailableError):
        diary.totals("anna", TODAY - timedelta(days=1))
        drink(diary, "one")
    drink(diary, "two")
    assert diary.totals("anna", TODAY - timedelta(days=1)).items == 500
    diary.file.close()


def test_a_reader_does_not_touch_a_damaged_diary(closed: Path) -> None:
    write_nonsense(closed / "diary.sqlite3")
    with pytest.raises(DiaryUnavailableError, match="is damaged") as damaged:
        drunk(open_diary(closed, owner=False))
    assert damaged.value.trouble is Trouble.DAMAGED
    assert not list(closed.glob("diary.damaged-*"))


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bits_never_keep_anyone_from_logging(closed: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = closed / "diary.sqlite3"
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 10, 1000))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    diary = open_diary(closed)
    for _ in range(2):  # what is found out only while reading is mended at the next use
        with contextlib.suppress(DiaryUnavailableError):
            use_all_of(diary)
    use_all_of(diary)
    assert diary.entry("meal") is not None
    diary.file.close()


def use_all_of(diary: Diary) -> None:
    diary.log("meal", "anna", (MEAL,))
    diary.events("anna", TODAY - timedelta(days=1))
    diary.totals("anna", TODAY - timedelta(days=1))
    list(diary.export())


def test_an_event_that_cannot_be_read_is_left_out_and_told(
    closed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    diary = open_diary(closed)
    with diary.file.writing() as database:
        database.execute("UPDATE event SET utc = '2026-06-k9T11:00' WHERE id = 7")
        database.execute('UPDATE event SET fact = \'{"is_unplanned": "meal"}\' WHERE id = 8')
    assert len(diary.events("anna", TODAY - timedelta(days=1))) == 98
    assert "event=7 reason=unreadable" in caplog.text
    assert diary.totals("anna", TODAY - timedelta(days=1)).items == 500
    assert len(list(diary.export())) == 501
    diary.file.close()


def test_damage_to_the_names_of_the_columns_is_seen(closed: Path) -> None:
    path = closed / "diary.sqlite3"
    path.write_bytes(path.read_bytes().replace(b"since_boot_s REAL", b"since_bo?t_s REAL"))
    diary = open_diary(closed)
    drink(diary, "one")
    assert len(diary.file.repairs) == 1
    diary.file.close()


# ------------------------------------------------------------------------------------ unwilling disks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB; only root can have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", f"{disk}"]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nobody but root can mount a disk")
    yield disk
    subprocess.run(["umount", "--lazy", f"{disk}"], check=True)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", f"{disk}"], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def log_until_refused(diary: Diary) -> int:
    """How many calls were logged before one was refused for want of room."""
    for number in range(10_000):
        try:
            diary.log(f"{number}", "anna", (MEAL,))
        except DiaryUnavailableError as error:
            assert error.trouble is Trouble.DISK_FULL
            return number
    raise AssertionError("the disk never filled")


def test_a_full_disk_refuses_a_log_and_still_reads(small_disk: Path) -> None:
    diary = open_diary(small_disk / "state")
    drink(diary, "water")
    filler = fill(small_disk)
    logged = log_until_refused(diary)
    assert drunk(diary) == 1
    assert diary.totals("anna", TODAY).items == 5 * logged
    with pytest.raises(DiaryUnavailableError, match="is full"):
        diary.back_up()
    filler.unlink()
    assert not diary.log(f"{logged}", "anna", (MEAL,)).is_repeat
    assert diary.totals("anna", TODAY).items == 5 * (logged + 1)
    assert diary.file.repairs == ()
    diary.file.close()


def test_a_start_on_a_full_disk_reads_and_heals(small_disk: Path) -> None:
    diary = open_diary(small_disk / "state")
    drink(diary, "one")
    diary.file.close()
    filler = fill(small_disk)
    after = open_diary(small_disk / "state")
    assert drunk(after) == 1
    with pytest.raises(DiaryUnavailableError) as full:
        drink(after, "two")
    assert full.value.trouble is Trouble.DISK_FULL
    filler.unlink()
    drink(after, "two")
    assert drunk(after) == 2
    assert after.file.repairs == ()
    after.file.close()


def test_a_disk_that_turned_read_only_is_read_and_heals(small_disk: Path) -> None:
    diary = open_diary(small_disk / "state")
    drink(diary, "one")
    diary.file.close()
    remount(small_disk, "ro")
    assert drunk(diary) == 1
    with pytest.raises(DiaryUnavailableError, match="cannot be written") as refused:
        drink(diary, "two")
    assert refused.value.trouble is Trouble.READ_ONLY
    with pytest.raises(DiaryUnavailableError):
        diary.back_up()
    remount(small_disk, "rw")
    drink(diary, "two")
    assert drunk(diary) == 2
    diary.file.close()


def test_a_first_start_on_a_read_only_disk_heals(small_disk: Path) -> None:
    remount(small_disk, "ro")
    diary = open_diary(small_disk / "state")
    for attempt in (drunk, lambda diary: drink(diary, "one")):
        with pytest.raises(DiaryUnavailableError) as refused:
            attempt(diary)
        assert refused.value.trouble is Trouble.READ_ONLY
    remount(small_disk, "rw")
    drink(diary, "one")
    assert drunk(diary) == 1
    diary.file.close()


def test_a_directory_that_may_not_be_written_is_read(closed: Path) -> None:
    closed.chmod(0o500)
    if os.access(closed, os.W_OK):
        pytest.skip("root may write where nobody may")
    diary = open_diary(closed)
    assert drunk(diary) == 1
    with pytest.raises(DiaryUnavailableError) as refused:
        drink(diary, "two")
    assert refused.value.trouble in (Trouble.READ_ONLY, Trouble.UNREACHABLE)
    closed.chmod(0o700)
    drink(diary, "two")
    assert drunk(diary) == 2
    diary.file.close()


def test_a_limit_on_the_size_of_the_diary_is_a_full_disk(closed: Path) -> None:
    diary = open_diary(closed)
    with diary.file.writing() as database:
        database.execute("PRAGMA max_page_count = 1")  # SQLite takes what the file has already
    logged = log_until_refused(diary)
    assert diary.totals("anna", TODAY).items == 5 * logged
    with pytest.raises(DiaryUnavailableError), diary.together():
        for number in range(logged, logged + 50):
            diary.log(f"{number}", "anna", (MEAL,))
    assert diary.totals("anna", TODAY).items == 5 * logged
    with diary.file.reading() as database:
        database.execute("PRAGMA max_page_count = 1000000")
    assert not diary.log(f"{logged}", "anna", (MEAL,)).is_repeat
    diary.file.close()


def test_a_directory_that_vanished_comes_back(closed: Path) -> None:
    diary = open_diary(closed)
    assert drunk(diary) == 1
    elsewhere = closed.with_name("unplugged")
    closed.rename(elsewhere)
    closed.write_text("in the way")
    with pytest.raises(DiaryUnavailableError) as gone:
        drink(diary, "two")
    assert gone.value.trouble is Trouble.UNREACHABLE
    closed.unlink()
    shutil.move(elsewhere, closed)
    drink(diary, "two")
    assert drunk(diary) == 2
    diary.file.close()


# --------------------------------------------------------------------------------------------- kills


def test_what_was_acknowledged_survives_a_kill_and_is_there_once(tmp_path: Path) -> None:
    crashes = crash(tmp_path, runs=15)
    assert len(crashes.acknowledged) > 15
    assert (crashes.lost, crashes.doubled) == (set(), set())


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.floats(0, 1))
def test_a_log_torn_by_a_power_cut_holds_whole_entries_up_to_the_tear(share: float) -> None:
    with tempfile.TemporaryDirectory(prefix="ladle-torn-") as directory:
        state, after = Path(directory) / "state", Path(directory) / "after"
        diary = open_diary(state)
        for number in range(12):
            diary.log(f"{number}", "anna", (MEAL,))
        shutil.copytree(state, after, ignore=shutil.ignore_patterns("*-shm"))
        diary.file.close()
        log = after / "diary.sqlite3-wal"
        os.truncate(log, int(log.stat().st_size * share))
        torn = open_diary(after)
        events = torn.events("anna", TODAY)
        assert [event.call_id for event in events] == [f"{number}" for number in range(len(events))]
        assert all(event.fact == MEAL for event in events)
        assert torn.file.repairs == ()
        assert len(events) == 12 or share < 1
        torn.file.close()
