"""The diary's keeper: what is wrong is shown and heals, backups are made, times are mended once known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from device.events import Event, FaultCleared, FaultRaised, ToolOutcome
from device.nutrition.days import DiaryClock
from device.nutrition.diary import Diary
from device.nutrition.diaryfile import DIARY_NAME, DiaryFile
from device.nutrition.events import WaterDrunk
from device.nutrition.records import DiaryUnavailableError, TimeTrust, Trouble
from device.nutrition.timers import KitchenTimers
from device.tools import Kitchen
from device.tools.keeper import (
    FAILED,
    LOOKED_AFTER_EVERY_S,
    REPAIR_SHOWN_S,
    TRIED_AGAIN_EVERY_S,
    DiaryKeeper,
)
from tests.clock import run_in_fast_time
from tests.tools.conftest import Clock, KitchenMaker

MINUTE = LOOKED_AFTER_EVERY_S
Scene = Callable[[DiaryKeeper, list[Event]], Coroutine[None, None, None]]
FULL = DiaryUnavailableError(Trouble.DISK_FULL, Path("/var/lib/ladle"))


def refuse() -> None:
    raise FULL


async def _at_once(work: Callable[..., object], *arguments: object) -> object:
    return work(*arguments)


@pytest.fixture(autouse=True)
def _disk_answers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "to_thread", _at_once)


def keep(kitchen: Kitchen, scene: Scene) -> list[Event]:
    """What the keeper tells while the scene is played in fast time."""
    told: list[Event] = []

    async def run() -> None:
        keeper = DiaryKeeper(kitchen, told.append)
        running = asyncio.create_task(keeper.run())
        await scene(keeper, told)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()

    run_in_fast_time(run())
    return told


async def three_minutes(keeper: DiaryKeeper, told: list[Event]) -> None:
    await asyncio.sleep(3 * MINUTE)


def test_a_sound_diary_is_opened_and_backed_up_without_a_word(kitchen: Kitchen) -> None:
    kitchen.diary.log("one", "home", [WaterDrunk(250)])
    assert keep(kitchen, three_minutes) == []
    assert [backup.name for backup in kitchen.diary.file.backups.iterdir()] == ["diary-2026-11-21.sqlite3"]


def test_a_damaged_diary_is_told_for_an_hour_with_what_was_done(
    kitchen: Kitchen, diary_file: DiaryFile
) -> None:
    kitchen.diary.log("one", "home", [WaterDrunk(250)])
    kitchen.diary.back_up()
    diary_file.close()
    diary_file.path.write_bytes(b"no database" * 1000)

    async def scene(keeper: DiaryKeeper, told: list[Event]) -> None:
        await asyncio.sleep(REPAIR_SHOWN_S - MINUTE)
        assert len(told) == 1
        await asyncio.sleep(2 * MINUTE)

    raised, cleared = keep(kitchen, scene)
    assert isinstance(raised, FaultRaised)
    assert "It was restored from diary-2026-11-21.sqlite3" in raised.sentence
    assert cleared == FaultCleared("diary")
    assert kitchen.diary.entry("one")


def test_trouble_that_has_healed_leaves_the_repair_of_before_shown(
    kitchen: Kitchen, diary_file: DiaryFile
) -> None:
    kitchen.diary.log("one", "home", [WaterDrunk(250)])
    diary_file.close()
    diary_file.path.write_bytes(b"no database" * 1000)

    async def scene(keeper: DiaryKeeper, told: list[Event]) -> None:
        await asyncio.sleep(MINUTE)
        payload = {"ok": False, "code": "STORAGE", "message": str(FULL)}
        keeper.learn(ToolOutcome("2", "log_water", payload))
        await asyncio.sleep(MINUTE)
        repair, trouble, shown_again = told
        assert trouble == FaultRaised("diary", str(FULL))
        assert shown_again == repair
        await asyncio.sleep(REPAIR_SHOWN_S)

    assert keep(kitchen, scene)[-1] == FaultCleared("diary")


def test_a_diary_that_cannot_be_opened_is_a_fault_until_it_can(
    kitchen: Kitchen, diary_file: DiaryFile, tmp_path: Path
) -> None:
    in_the_way = diary_file.directory
    in_the_way.write_text("a file where the directory should be")

    async def scene(keeper: DiaryKeeper, told: list[Event]) -> None:
        await asyncio.sleep(3 * MINUTE)
        assert [type(event) for event in told] == [FaultRaised]
        in_the_way.unlink()
        await asyncio.sleep(MINUTE)

    assert keep(kitchen, scene)[1:] == [FaultCleared("diary")]
    assert (diary_file.directory / DIARY_NAME).exists()


def test_what_a_tool_could_not_keep_is_a_fault_until_the_disk_takes_it_again(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(keeper: DiaryKeeper, told: list[Event]) -> None:
        await asyncio.sleep(1)
        with monkeypatch.context() as disk:
            disk.setattr(kitchen.diary.file, "try_writing", refuse)
            payload = {"ok": False, "code": "STORAGE", "message": str(FULL)}
            keeper.learn(ToolOutcome("1", "log_water", {"ok": True}))
            assert told == []
            keeper.learn(ToolOutcome("2", "log_water", payload))
            assert told == [FaultRaised("diary", str(FULL))]
            await asyncio.sleep(3 * MINUTE)
            assert len(told) == 1
        await asyncio.sleep(MINUTE)

    assert keep(kitchen, scene)[1:] == [FaultCleared("diary")]


def test_a_disk_that_is_full_at_the_start_is_told_at_once_and_soon_no_more(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(keeper: DiaryKeeper, told: list[Event]) -> None:
        await asyncio.sleep(1)
        assert told == [FaultRaised("diary", str(FULL))], "before anybody has logged anything"
        monkeypatch.undo()
        monkeypatch.setattr(asyncio, "to_thread", _at_once)
        await asyncio.sleep(TRIED_AGAIN_EVERY_S)

    monkeypatch.setattr(kitchen.diary.file, "try_writing", refuse)
    assert keep(kitchen, scene)[1:] == [FaultCleared("diary")]


def test_what_was_logged_before_the_clock_was_set_is_mended(make_kitchen: KitchenMaker, clock: Clock) -> None:
    is_set: list[bool] = []
    kitchen = make_kitchen()
    file = kitchen.diary.file
    diary_clock = DiaryClock(clock, time(4), is_set=lambda: bool(is_set), boot="this boot")
    kitchen = Kitchen(
        kitchen.foods,
        kitchen.activities,
        kitchen.plan,
        Diary(file, diary_clock),
        KitchenTimers(file, diary_clock),
    )
    kitchen.diary.log("one", "home", [WaterDrunk(250)])

    async def scene(keeper: DiaryKeeper, told: list[Event]) -> None:
        await asyncio.sleep(MINUTE)
        assert not list(kitchen.diary.file.backups.glob("*")), "nobody knows what day it is"
        is_set.append(True)
        clock.at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        await asyncio.sleep(2 * MINUTE)

    assert keep(kitchen, scene) == []
    entry = kitchen.diary.entry("one")
    assert entry is not None
    assert [event.trust for event in entry.events] == [TimeTrust.MENDED]


def test_whatever_fails_is_shown_and_it_goes_on(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise OverflowError("a mistake in the program")

    async def scene(keeper: DiaryKeeper, told: list[Event]) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(kitchen.diary, "back_up", fail)
            await asyncio.sleep(3 * MINUTE)
            assert told == [FaultRaised("diary", FAILED)]
        await asyncio.sleep(MINUTE)

    assert keep(kitchen, scene)[1:] == [FaultCleared("diary")]
    assert caplog.records[0].exc_info is not None


def test_timers_that_could_not_be_written_are_a_fault_until_they_are(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise DiaryUnavailableError(Trouble.DISK_FULL, Path("/var/lib/ladle"))

    async def scene(keeper: DiaryKeeper, told: list[Event]) -> None:
        await asyncio.sleep(1)
        with monkeypatch.context() as disk:
            disk.setattr(kitchen.diary.file, "writing", refuse)
            kitchen.timers.set("one", "pasta", 600)
            await asyncio.sleep(3 * MINUTE)
            assert [type(event) for event in told] == [FaultRaised]
        await asyncio.sleep(MINUTE)

    assert keep(kitchen, scene)[1:] == [FaultCleared("diary")]
    assert [timer.is_kept for timer in kitchen.timers.running()] == [True]


def test_an_entry_whose_time_was_damaged_keeps_no_other_from_being_mended(
    make_kitchen: KitchenMaker, clock: Clock
) -> None:
    is_set: list[bool] = []
    kitchen = make_kitchen()
    file = kitchen.diary.file
    diary = Diary(file, DiaryClock(clock, time(4), is_set=lambda: bool(is_set), boot="this boot"))
    kitchen = replace(kitchen, diary=diary, timers=KitchenTimers(file, diary.clock))
    for call_id in ("event", "entry", "seconds", "sound"):
        diary.log(call_id, "home", [WaterDrunk(250)])
    with file.writing() as database:
        database.execute("UPDATE event SET utc = '2026-11-\ufffd1' WHERE id = 1")
        database.execute("UPDATE entry SET recorded = '2026-11-21T13:00:00' WHERE call_id = 'entry'")
        database.execute("UPDATE entry SET since_boot_s = 1e300 WHERE call_id = 'seconds'")

    async def scene(keeper: DiaryKeeper, told: list[Event]) -> None:
        await asyncio.sleep(1)
        is_set.append(True)
        await asyncio.sleep(2 * MINUTE)

    assert keep(kitchen, scene) == []
    with file.reading() as database:
        trusts = dict(database.execute("SELECT call_id, trust FROM entry").fetchall())
    assert trusts == {
        "event": "uncertain",
        "entry": "uncertain",
        "seconds": "uncertain",
        "sound": "mended",
    }
