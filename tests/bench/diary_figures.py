"""Figures of the diary: what a kill leaves of it, and how fast it is after ten years."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from device.nutrition.days import DiaryClock
from device.nutrition.diary import Diary
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.events import (
    ActivityDone,
    FoodEaten,
    FoodItem,
    Happening,
    MealChange,
    Nutrients,
    PlanAdjusted,
    WaterDrunk,
    WeightTaken,
)
from device.nutrition.macros import Macros

LONDON = ZoneInfo("Europe/London")
PERSON = "anna"
ITEMS_OF_A_CALL = 3
RUNS_OF_ONE_DIARY = 50
LONGEST_DELAY_S = 0.06
FIRST_DAY = date(2027, 1, 1)
DAYS = 3653


def diary_figures(*, quick: bool) -> dict[str, object]:
    """crash_*: counts; day_status_ms_100000: totals and events of one day; log_ms_*: one call."""
    with tempfile.TemporaryDirectory(prefix="ladle-diary-") as directory:
        crashes = crash(Path(directory), runs=100 if quick else 1000)
        days_ms, logs_ms = _ten_years(Path(directory) / "ten-years", samples=200 if quick else 1000)
    return {
        "crash_runs": crashes.runs,
        "crash_acknowledged": len(crashes.acknowledged),
        "crash_lost": len(crashes.lost),
        "crash_doubled": len(crashes.doubled),
        "day_status_ms_100000": {"p95": _percentile(days_ms, 95), "worst": max(days_ms)},
        "log_ms_p50": statistics.median(logs_ms),
        "log_ms_p95": _percentile(logs_ms, 95),
    }


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


# ------------------------------------------------------------------------------------------- crashes


@dataclass(slots=True)
class Crashes:
    """The calls acknowledged over a pipe; those not in the diary, or not whole; those there more than once.

    Each call is named by its diary and its number.
    """

    runs: int = 0
    acknowledged: set[tuple[Path, int]] = field(default_factory=set)
    lost: set[tuple[Path, int]] = field(default_factory=set)
    doubled: set[tuple[Path, int]] = field(default_factory=set)


def crash(directory: Path, *, runs: int, seed: int = 1) -> Crashes:
    """Kill a process that logs, `runs` times, each at a random moment, and count what became of its log.

    The next process first makes the last calls of the one before again, as a model does after a reconnect.
    """
    crashes = Crashes()
    chance = random.Random(seed)
    last = -1
    for run in range(runs):
        if run % RUNS_OF_ONE_DIARY == 0:
            kitchen, last = directory / f"kitchen-{run}", -1
        numbers = _one_run(kitchen, last, chance)
        last = max(numbers, default=last)
        crashes.acknowledged |= {(kitchen, number) for number in numbers}
        _compare(kitchen, crashes)
        crashes.runs += 1
    return crashes


def _one_run(directory: Path, last: int, chance: random.Random) -> list[int]:
    """The numbers that a process acknowledged before it was killed."""
    readable, writable = os.pipe()
    process = os.fork()
    if process == 0:
        with contextlib.suppress(BaseException):
            _log_on_and_on(directory, max(last - 2, 0), writable)
        os._exit(1)
    os.close(writable)
    with os.fdopen(readable, encoding="ascii") as acknowledgements:
        before = [acknowledgements.readline() for _ in range(chance.choice((0, 0, 1, 5, 20)))]
        time.sleep(chance.uniform(0, LONGEST_DELAY_S))
        os.kill(process, signal.SIGKILL)
        lines = before + acknowledgements.readlines()
    _, status = os.waitpid(process, 0)
    if os.WTERMSIG(status) != signal.SIGKILL:
        raise RuntimeError(f"the process that logs ended by itself, with status {status}")
    return [int(line) for line in lines]


def _log_on_and_on(directory: Path, number: int, writable: int) -> None:
    diary = Diary(DiaryFile(directory), DiaryClock(lambda: datetime.now(LONDON), wall_time(4)))
    while True:
        diary.log(f"call-{number}", PERSON, (_meal(number), _adjustment()))
        os.write(writable, f"{number}\n".encode())
        number += 1


def _compare(directory: Path, crashes: Crashes) -> None:
    """Each call's items weigh its number in grams, so that an item too many or too few is seen."""
    file = DiaryFile(directory)
    with file.reading() as database:
        rows = database.execute("SELECT grams, count(*) FROM item GROUP BY grams").fetchall()
    file.close()
    items = {(directory, int(grams)): count for grams, count in rows}
    expected = {call for call in crashes.acknowledged if call[0] == directory} | items.keys()
    crashes.lost |= {call for call in expected if items.get(call, 0) < ITEMS_OF_A_CALL}
    crashes.doubled |= {call for call in expected if items.get(call, 0) > ITEMS_OF_A_CALL}
    if file.repairs:
        raise RuntimeError(f"a kill damaged the diary: {file.repairs}")


# ----------------------------------------------------------------------------------------- ten years


def _ten_years(directory: Path, *, samples: int) -> tuple[list[float], list[float]]:
    """How long the status of a day takes, and how long a log does, in ms."""
    now = datetime.combine(FIRST_DAY, wall_time(12), LONDON)
    diary = Diary(DiaryFile(directory), DiaryClock(lambda: now, wall_time(4)))
    chance = random.Random(2)
    for number in range(DAYS):
        now = datetime.combine(FIRST_DAY + timedelta(days=number), wall_time(12), LONDON)
        with diary.together():
            for place, happenings in enumerate(_a_day(number)):
                diary.log(f"day-{number}-{place}", PERSON, happenings)
            if number % 5 == 0:
                diary.undo(f"undo-{number}", PERSON)
    days = [FIRST_DAY + timedelta(days=chance.randrange(DAYS)) for _ in range(samples)]
    days_ms = [_spent_ms(partial(_status, diary, day)) for day in days]
    meal = (_meal(1), _adjustment())
    logs_ms = [_spent_ms(partial(diary.log, f"timed-{sample}", PERSON, meal)) for sample in range(samples)]
    diary.file.close()
    return days_ms, logs_ms


def _status(diary: Diary, day: date) -> None:
    """What the status of a day needs of the diary: what it comes to, and what became of its plan."""
    diary.totals(PERSON, day)
    diary.events(PERSON, day)


def _a_day(number: int) -> Iterator[tuple[Happening, ...]]:
    """Twenty-eight events, as an eager household would log them."""
    for meal in range(9):
        yield _meal(number + meal), _adjustment()
    for _ in range(8):
        yield (WaterDrunk(250),)
    yield (WeightTaken(70 + number % 7),)
    yield (ActivityDone("walking", 30, 120, 60),)


def _meal(number: int) -> FoodEaten:
    nutrients = Nutrients(190, 12.3, 4.5, 13.9, 1.2, None, 3.4, 210, 0)
    item = FoodItem("Egg, whole, boiled", nutrients, "egg_boiled", float(number), 2, "piece")
    return FoodEaten((item,) * ITEMS_OF_A_CALL, "breakfast")


def _adjustment() -> PlanAdjusted:
    change = MealChange("lunch", Macros(600, 35, 70, 20), Macros(560, 33, 64, 19))
    return PlanAdjusted((change, change))


def _spent_ms(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000
