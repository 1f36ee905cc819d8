"""Kitchen timers: several at once, through restarts, by a clock that jumps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

import pytest

from device.nutrition.days import DiaryClock
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.records import DiaryUnavailableError, Trouble
from device.nutrition.timers import MOST_RUNNING, KitchenTimers, TooManyTimersError

LONDON = ZoneInfo("Europe/London")


class Kitchen:
    """One diary file, and a machine that can be restarted."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.now = datetime(2026, 6, 10, 12, tzinfo=LONDON)
        self.since_boot_s = 500.0
        self.boot = 1
        self.file = DiaryFile(directory)

    @property
    def timers(self) -> KitchenTimers:
        clock = DiaryClock(
            lambda: self.now, time(4), since_boot_s=lambda: self.since_boot_s, boot=f"boot {self.boot}"
        )
        return KitchenTimers(self.file, clock)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.since_boot_s += seconds

    def restart_program(self) -> None:
        self.file.close()
        self.file = DiaryFile(self.directory)

    def restart_machine(self, off_s: float) -> None:
        self.restart_program()
        self.now += timedelta(seconds=off_s)
        self.since_boot_s = 20
        self.boot += 1


@pytest.fixture
def kitchen(tmp_path: Path) -> Iterator[Kitchen]:
    kitchen = Kitchen(tmp_path)
    yield kitchen
    kitchen.file.close()


def test_several_timers_are_listed_by_what_remains(kitchen: Kitchen) -> None:
    kitchen.timers.set("one", "pasta", 600)
    kitchen.timers.set("two", " Eggs ", 300)
    kitchen.wait(60)
    assert [(timer.name, timer.remaining_s) for timer in kitchen.timers.running()] == [
        ("Eggs", 240),
        ("pasta", 540),
    ]
    assert kitchen.timers.due() == ()


def test_a_timer_is_due_until_it_is_said_to_have_rung(kitchen: Kitchen) -> None:
    kitchen.timers.set("one", "pasta", 600)
    kitchen.wait(600)
    assert [timer.name for timer in kitchen.timers.due()] == ["pasta"]
    assert [timer.name for timer in kitchen.timers.due()] == ["pasta"]
    assert kitchen.timers.ended("one") is not None
    assert kitchen.timers.due() == kitchen.timers.running() == ()
    assert kitchen.timers.ended("one") is None


def test_the_same_call_sets_one_timer_even_after_it_ended(kitchen: Kitchen) -> None:
    first = kitchen.timers.set("one", "pasta", 600)
    assert kitchen.timers.set("one", "pasta", 600) == first
    kitchen.timers.cancel("one")
    kitchen.restart_program()
    again = kitchen.timers.set("one", "pasta", 600)
    assert again.has_ended
    assert not again.is_due
    assert kitchen.timers.running() == ()


def test_cancelling_stops_one_timer_once(kitchen: Kitchen) -> None:
    kitchen.timers.set("one", "pasta", 600)
    kitchen.timers.set("two", "eggs", 300)
    cancelled = kitchen.timers.cancel("one")
    assert cancelled is not None
    assert cancelled.name == "pasta"
    assert kitchen.timers.cancel("one") is None
    assert [timer.name for timer in kitchen.timers.running()] == ["eggs"]


def test_a_clock_that_jumps_moves_no_timer_while_the_machine_runs(kitchen: Kitchen) -> None:
    kitchen.timers.set("one", "pasta", 600)
    kitchen.restart_program()
    kitchen.now += timedelta(days=365)
    assert [timer.remaining_s for timer in kitchen.timers.running()] == [600]


@pytest.mark.parametrize(("off_s", "remaining_s"), [(100, 500), (4000, -3400)])
def test_timers_go_on_by_the_wall_after_the_machine_was_off(
    kitchen: Kitchen, off_s: float, remaining_s: float
) -> None:
    kitchen.timers.set("one", "pasta", 600)
    kitchen.restart_machine(off_s)
    assert [timer.remaining_s for timer in kitchen.timers.running()] == [remaining_s]
    assert len(kitchen.timers.due()) == (remaining_s <= 0)


def test_a_clock_set_back_makes_no_timer_longer_than_it_was(kitchen: Kitchen) -> None:
    kitchen.timers.set("one", "pasta", 600)
    kitchen.restart_machine(0)
    kitchen.now = datetime(1970, 1, 1, tzinfo=LONDON)
    assert [timer.remaining_s for timer in kitchen.timers.running()] == [580], "the machine runs for 20 s"
    kitchen.wait(580)
    assert len(kitchen.timers.due()) == 1, "it rings though the clock is never set"


def test_a_timer_that_came_due_without_power_is_late_once_the_clock_is_set(kitchen: Kitchen) -> None:
    kitchen.timers.set("one", "pasta", 600)
    kitchen.restart_machine(-1000)
    assert [timer.remaining_s for timer in kitchen.timers.running()] == [580]
    kitchen.now += timedelta(seconds=2000)
    assert [timer.remaining_s for timer in kitchen.timers.running()] == [-400]


def test_a_timer_set_before_the_clock_survives_a_restart_once_it_is_mended(kitchen: Kitchen) -> None:
    kitchen.now = datetime(1970, 1, 1, tzinfo=LONDON)
    kitchen.timers.set("one", "pasta", 600)
    kitchen.wait(60)
    kitchen.now = datetime(2026, 6, 10, 12, tzinfo=LONDON)
    assert kitchen.timers.mend_times() == 1
    kitchen.restart_machine(100)
    assert [timer.remaining_s for timer in kitchen.timers.running()] == [440]


def test_there_is_a_most_of_timers_and_ended_ones_are_forgotten(kitchen: Kitchen) -> None:
    for number in range(MOST_RUNNING):
        kitchen.timers.set(f"{number}", "pasta", 600)
    with pytest.raises(TooManyTimersError, match="Cancel one"):
        kitchen.timers.set("more", "pasta", 600)
    kitchen.timers.cancel("0")
    kitchen.wait(2 * 86400)
    kitchen.timers.set("more", "pasta", 600)
    with kitchen.file.reading() as database:
        assert database.execute("SELECT count(*) FROM timer WHERE state <> 'running'").fetchone()[0] == 0


def test_a_timer_needs_some_time(kitchen: Kitchen) -> None:
    for duration_s in (0, -5, float("nan")):
        with pytest.raises(ValueError, match="cannot run"):
            kitchen.timers.set("one", "pasta", duration_s)


# ------------------------------------------------------------------------------------- no disk


def _refuse(_file: DiaryFile) -> NoReturn:
    raise DiaryUnavailableError(Trouble.READ_ONLY, Path("/var/lib/ladle"), "no space")


def test_what_the_disk_does_not_take_is_remembered_and_written_once_it_does(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers = kitchen.timers
    timers.set("kept", "rice", 300)
    timers.set("ended", "eggs", 300)
    with monkeypatch.context() as disk:
        disk.setattr(DiaryFile, "writing", _refuse)
        assert not timers.set("new", "pasta", 600).is_kept
        assert timers.set("new", "pasta", 600).remaining_s == 600
        assert timers.ended("ended") is not None
        assert timers.ended("ended") is None
        assert [timer.call_id for timer in timers.running()] == ["kept", "new"]
        with pytest.raises(DiaryUnavailableError):
            timers.write()
        assert [timer.name for timer in kitchen.timers.running()] == ["rice", "eggs"], "as after a restart"
    timers.write()
    kitchen.restart_machine(60)
    assert [(timer.call_id, timer.is_kept) for timer in kitchen.timers.running()] == [
        ("kept", True),
        ("new", True),
    ]


def test_one_cancelled_while_the_disk_took_nothing_is_not_set_again(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers = kitchen.timers
    monkeypatch.setattr(DiaryFile, "writing", _refuse)
    timers.set("one", "pasta", 600)
    timers.cancel("one")
    assert timers.set("one", "pasta", 600).has_ended
    monkeypatch.undo()
    timers.set("two", "rice", 600)
    kitchen.restart_program()
    assert kitchen.timers.set("one", "pasta", 600).has_ended


def test_the_most_of_timers_counts_what_is_not_written(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers = kitchen.timers
    timers.set("first", "pasta", 600)
    monkeypatch.setattr(DiaryFile, "writing", _refuse)
    for number in range(MOST_RUNNING - 1):
        timers.set(f"{number}", "pasta", 600)
    with pytest.raises(TooManyTimersError):
        timers.set("more", "pasta", 600)


def test_a_disk_that_gives_nothing_stops_no_timer(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    timers = kitchen.timers
    timers.set("one", "pasta", 600)
    timers.running()
    monkeypatch.setattr(DiaryFile, "writing", _refuse)
    monkeypatch.setattr(DiaryFile, "reading", _refuse)
    kitchen.wait(600)
    assert [timer.name for timer in timers.due()] == ["pasta"]
    assert timers.ended("one") is not None
    assert timers.running() == ()


# ------------------------------------------------------------------------------------- damage


@pytest.mark.parametrize(
    ("boot", "damage"),
    [
        ("another", "due = '2026-0\ufffd-10T11:10:00+00:00'"),
        ("another", "due = '2026-06-10T11:10:00'"),
        ("another", "duration_s = 9e999"),
        ("boot 1", "due_since_boot_s = 1e300"),
        ("boot 1", "due_since_boot_s = -1e300"),
        ("boot 1", "due_since_boot_s = 9e999"),
        ("boot 1", "duration_s = 1e300, due_since_boot_s = 1e299"),
    ],
)
def test_a_timer_that_cannot_be_read_is_left_out_and_told_once(
    kitchen: Kitchen, caplog: pytest.LogCaptureFixture, boot: str, damage: str
) -> None:
    timers = kitchen.timers
    timers.set("one", "pasta", 600)
    timers.set("two", "eggs", 300)
    with kitchen.file.writing() as database:
        database.execute(f"UPDATE timer SET boot = ?, {damage} WHERE call_id = 'one'", (boot,))
    for _ in range(2):
        assert [timer.name for timer in timers.running()] == ["eggs"]
    assert caplog.messages == ["fault part=timers timer='one' reason=unreadable"]
    assert timers.mend_times() == 1
    assert timers.cancel("two") is not None
