"""The ringer: timers ring when due, until somebody stops them, and late after a time without power."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from device.events import Event, FaultCleared, FaultRaised, TimerRings, TimersSilent
from device.nutrition.days import DiaryClock
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.records import DiaryUnavailableError, Trouble
from device.nutrition.timers import KitchenTimers
from device.tools.ringer import FAILED, RINGS_EVERY_S, RINGS_FOR_S, TOO_LATE_S, Ringer
from tests.clock import run_in_fast_time

MINUTES_10 = 600.0
Scene = Callable[["Counter"], Coroutine[None, None, None]]


class Counter:
    """A ringer at work on the loop's own clock, and when it said what."""

    def __init__(self, directory: Path, *, boot: str = "one", later_s: float = 0) -> None:
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._later_s = later_s
        self.file = DiaryFile(directory, self._now)
        clock = DiaryClock(
            self._now, datetime.min.time(), since_boot_s=lambda: self.at_s + self._later_s + 50, boot=boot
        )
        self.timers = KitchenTimers(self.file, clock)
        self.told: list[tuple[int, Event]] = []
        self.ringer = Ringer(self.timers, lambda event: self.told.append((round(self.at_s), event)))
        self._running = asyncio.create_task(self.ringer.run())

    @property
    def at_s(self) -> float:
        return self._loop.time() - self._began_s

    def _now(self) -> datetime:
        return datetime(2026, 11, 21, 12, tzinfo=UTC) + timedelta(seconds=self.at_s + self._later_s)

    def set(self, name: str, duration_s: float) -> None:
        self.timers.set(name, name, duration_s)
        self.ringer.look_again()

    async def until(self, at_s: float) -> None:
        await asyncio.sleep(at_s - self.at_s)

    @property
    def rings_at(self) -> list[int]:
        return [at_s for at_s, event in self.told if isinstance(event, TimerRings)]

    async def stop(self) -> None:
        self._running.cancel()
        await asyncio.wait([self._running])
        self.file.close()


async def _at_once(work: Callable[..., None], *arguments: object) -> None:
    return work(*arguments)


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Plays a scene in fast time, in which the disk answers at once and not from a thread.

    Several in a row are the same machine later, or started anew.
    """
    monkeypatch.setattr(asyncio, "to_thread", _at_once)

    def scene_player(scene: Scene, **later: object) -> None:
        async def run() -> None:
            counter = Counter(tmp_path, **later)  # type: ignore[arg-type]
            try:
                await scene(counter)
            finally:
                await counter.stop()

        run_in_fast_time(run())

    return scene_player


def test_it_rings_on_time_and_again_until_it_is_silenced(play: Callable[..., None]) -> None:
    async def scene(counter: Counter) -> None:
        counter.set("pasta", MINUTES_10)
        await counter.until(599)
        assert counter.told == []
        await counter.until(607)
        assert counter.rings_at == [600, 603, 606]
        counter.ringer.silence()
        await counter.until(640)
        assert counter.told[3:] == [(607, TimersSilent())]
        assert counter.timers.running() == ()

    play(scene)


def test_two_timers_are_counted_and_a_cancelled_one_never_rings(play: Callable[..., None]) -> None:
    async def scene(counter: Counter) -> None:
        counter.set("pasta", 10)
        counter.set("eggs", 14)
        counter.set("never", 12)
        counter.timers.cancel("never")
        await counter.until(17)
        assert [event.timers for _, event in counter.told if isinstance(event, TimerRings)] == [1, 1, 2]

    play(scene)


def test_one_that_the_tool_has_ended_is_silent_at_once(play: Callable[..., None]) -> None:
    async def scene(counter: Counter) -> None:
        counter.set("pasta", 10)
        await counter.until(11)
        counter.timers.ended("pasta")
        counter.ringer.look_again()
        await counter.until(12)
        assert counter.told[-1] == (11, TimersSilent())

    play(scene)


def test_nobody_comes_and_it_stops_by_itself(play: Callable[..., None]) -> None:
    async def scene(counter: Counter) -> None:
        counter.set("pasta", 10)
        await counter.until(10 + RINGS_FOR_S + 60)
        assert counter.rings_at[-1] <= 10 + RINGS_FOR_S
        assert counter.rings_at[-1] >= 10 + RINGS_FOR_S - 2 * RINGS_EVERY_S
        assert isinstance(counter.told[-1][1], TimersSilent)
        assert counter.timers.running() == ()

    play(scene)


@pytest.mark.parametrize(("away_s", "rings"), [(300, True), (TOO_LATE_S + 60, False)])
def test_what_came_due_without_power_rings_unless_it_is_long_ago(
    play: Callable[..., None], away_s: float, rings: bool
) -> None:
    async def setting(counter: Counter) -> None:
        counter.set("pasta", 10)

    async def coming_back(counter: Counter) -> None:
        await counter.until(5)
        assert bool(counter.rings_at) is rings
        await counter.until(10 + RINGS_FOR_S + 10)
        assert counter.timers.running() == ()

    play(setting)
    play(coming_back, boot="two", later_s=away_s)


def test_a_disk_that_takes_nothing_does_not_make_it_ring_for_ever(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(counter: Counter) -> None:
        counter.set("pasta", 10)
        await counter.until(11)
        monkeypatch.setattr(counter.file, "writing", _refuse)
        counter.ringer.silence()
        await counter.until(60)
        assert counter.rings_at == [10]
        counter.set("eggs", 10)
        await counter.until(72)
        assert counter.rings_at == [10, 70]

    play(scene)


def test_a_timer_rings_on_when_the_disk_is_gone(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(counter: Counter) -> None:
        counter.set("pasta", 10)
        await counter.until(5)
        monkeypatch.setattr(counter.file, "reading", _refuse)
        await counter.until(11)
        assert counter.rings_at == [10]

    play(scene)


def test_whatever_fails_is_shown_and_it_goes_on(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(counter: Counter) -> None:
        counter.set("pasta", 200)
        await counter.until(1)
        with monkeypatch.context() as broken:
            broken.setattr(counter.timers, "running", _fail)
            await counter.until(100)
        await counter.until(202)
        assert [event for _, event in counter.told] == [
            FaultRaised("timers", FAILED),
            FaultCleared("timers"),
            TimerRings(1),
        ]
        assert counter.rings_at == [200]

    play(scene)
    assert caplog.records[0].exc_info is not None


def _refuse() -> NoReturn:
    raise DiaryUnavailableError(Trouble.DISK_FULL, Path("/var/lib/ladle"))


def _fail() -> NoReturn:
    raise OverflowError("a mistake in the program")
