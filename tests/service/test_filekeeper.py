"""The keeper of small files: what the disk did not take is shown, and written again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from device.events import Event, FaultCleared, FaultRaised
from device.service.filekeeper import LOOKED_AFTER_EVERY_S, FileKeeper
from tests.clock import run_in_fast_time


async def _at_once(work: Callable[[], None]) -> None:
    work()


@pytest.fixture(autouse=True)
def _disk_answers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "to_thread", _at_once)


class File:
    """A file that is well again after it was tried so often."""

    def __init__(self, failures: int) -> None:
        self.trouble: str | None = "full" if failures else None
        self._failures = failures

    def try_again(self) -> None:
        self._failures -= 1
        if self._failures <= 0:
            self.trouble = None


def keep(files: dict[str, File], for_s: float) -> list[tuple[float, Event]]:
    """What the keeper told, and when."""
    told: list[tuple[float, Event]] = []

    async def run() -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        keeper = FileKeeper(files, lambda event: told.append((clock() - began, event)))
        running = asyncio.create_task(keeper.run())
        await asyncio.sleep(for_s)
        running.cancel()
        await asyncio.wait([running])

    run_in_fast_time(run())
    return told


def test_files_that_are_well_are_worth_no_word() -> None:
    assert keep({"switches": File(0), "session": File(0)}, 3 * LOOKED_AFTER_EVERY_S) == []


def test_a_trouble_is_a_fault_once_until_the_file_could_be_written() -> None:
    told = keep({"switches": File(3), "session": File(0)}, 5 * LOOKED_AFTER_EVERY_S)
    assert told == [
        (0.0, FaultRaised("switches", "full")),
        (2 * LOOKED_AFTER_EVERY_S, FaultCleared("switches")),
    ]
