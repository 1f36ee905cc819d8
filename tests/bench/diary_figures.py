"""Figures of the diary: what a kill leaves of it, and how fast it is after ten years.

crash_runs              how often a process was killed while it logged
crash_acknowledged      the calls that it had said were logged
crash_lost              those that are not there, or not whole
crash_doubled           those that are there more than once, after the last ones were made again
day_status_ms_100000    the tool day_status among 100,000 events: what 95 % take no longer than
log_ms_*                one call that logs a meal
"""

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

from device.config import Settings
from device.household import open_household
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
from device.tools.daystatus import DayStatusArguments, day_status
from device.tools.kitchen import Kitchen, Request

LONDON = ZoneInfo("Europe/London")
PERSON = "anna"
ITEMS_OF_A_CALL = 3
RUNS_OF_ONE_DIARY = 50
LONGEST_DELAY_S = 0.06
FIRST_DAY = date(2027, 1, 1)
DAYS = 3653
DAYS_AT_ONCE = 30


def diary_figures(*, quick: bool) -> dict[str, object]:
    """The figures of this module's docstring; `quick` for fewer kills and samples."""
    with tempfile.TemporaryDirectory(prefix="ladle-diary-") as directory:
        crashes = crash(Path(directory), runs=50 if quick else 1000)
        days_ms, logs_ms = _ten_years(Path(directory) / "ten-years", samples=200 if quick else 1000)
    return {
        "crash_runs": crashes.runs,
        "crash_acknowledged": len(crashes.acknowledged),
        "crash_lost": len(crashes.lost),
        "crash_doubled": len(crashes.doubled),
        "day_status_ms_100000": _percentile(days_ms, 95),
        "day_status_ms_100000_worst": max(days_ms),
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
    settings = Settings.model_validate({"household": {"people": {PERSON: {}}}})
    kitchen = open_household(settings, directory, lambda: now)
    diary = kitchen.diary
    chance = random.Random(2)
    for first in range(0, DAYS, DAYS_AT_ONCE):
        with diary.together():
            for number in range(first, min(DAYS, first + DAYS_AT_ONCE)):
                now = datetime.combine(FIRST_DAY + timedelta(days=number), wall_time(12), LONDON)
                _fill(diary, number)
    days = [FIRST_DAY + timedelta(days=chance.randrange(DAYS)) for _ in range(samples)]
    days_ms = []
    for day in days:
        now = datetime.combine(day, wall_time(12), LONDON)
        days_ms.append(_spent_ms(partial(_status, kitchen)))
    meal = (_meal(1), _adjustment())
    logs_ms = [_spent_ms(partial(diary.log, f"timed-{sample}", PERSON, meal)) for sample in range(samples)]
    diary.file.close()
    return days_ms, logs_ms


def _fill(diary: Diary, number: int) -> None:
    for place, happenings in enumerate(_a_day(number)):
        diary.log(f"day-{number}-{place}", PERSON, happenings)
    if number % 5 == 0:
        diary.undo(f"undo-{number}", PERSON)


def _status(kitchen: Kitchen) -> None:
    """What the model gets when it asks how the day stands."""
    payload = day_status.function(DayStatusArguments(), Request(kitchen, "asked"))
    if not payload["ok"]:
        raise RuntimeError(f"the day has no status: {payload}")


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
