"""What `ladle diary` shows in the terminal and writes to files; it reads beside the daemon or without it."""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TextIO

from device.config import SERVICE_STATE, Settings, state_directory
from device.configfile import SYSTEM_FILE
from device.errors import LadleError, UnavailableError
from device.household import open_clock, open_household
from device.nutrition.dayplan import RAN_OVER, MealStatus, MealToday
from device.nutrition.diary import EXPORT_COLUMNS, Diary
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.events import ActivityDone, FoodEaten, Happening, MealMissed, Redo, Void
from device.nutrition.macros import Macros
from device.nutrition.records import DayTotals, DiaryUnavailableError, Event, Trouble
from device.tools.kitchen import Kitchen
from device.tools.payloads import ToolError
from device.tools.people import NOBODY_NAMED
from device.tools.today import PersonsDay, day_of

WEEK = timedelta(days=6)
STANDARD_OUTPUT = Path("-")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A spreadsheet may take a cell that begins so for a formula and run it."""


class WhoError(LadleError):
    """It is not clear whose diary is meant; used wrongly."""

    exit_status = 2


# ------------------------------------------------------------------------------------- opening


def kitchen_to_read(settings: Settings, config_file: Path | None = None) -> Kitchen:
    """The household with its diary to read from, while the daemon writes to it or without one.

    config_file: where the settings are from; None: the system's own.

    Raises:
        ConfigError: foods, activities, plan or people are wrong.
        UnavailableError: this user may not read the diary.
    """
    return open_household(settings, _readable(settings, config_file), owner=False)


def diary_to_read(settings: Settings, config_file: Path | None = None) -> Diary:
    """The diary alone, whatever the foods and the plan are like; see `kitchen_to_read`."""
    return Diary(DiaryFile(_readable(settings, config_file), owner=False), open_clock(settings))


def diary_directory(settings: Settings, config_file: Path | None, service: Path = SERVICE_STATE) -> Path:
    """Where the diary of these settings lies: of the system's own, where the service keeps it."""
    if settings.nutrition.diary:
        return settings.nutrition.diary
    is_systems = config_file is None or config_file.resolve() == SYSTEM_FILE
    return service if is_systems and service.is_dir() else state_directory()


def _readable(settings: Settings, config_file: Path | None) -> Path:
    directory = diary_directory(settings, config_file)
    if _is_private(directory):
        raise UnavailableError(
            f"The diary in {directory} is private to the user that Ladle runs as. Put sudo before "
            "the command, if you may."
        )
    return directory


def _is_private(directory: Path) -> bool:
    try:
        return directory.is_dir() and not os.access(directory, os.R_OK | os.X_OK)
    except PermissionError:  # a directory above it may not be entered
        return True


# ------------------------------------------------------------------------------------- today


def today(kitchen: Kitchen, named: str | None = None) -> Iterator[str]:
    """The day of that person, or of the one who is meant without a name: its meals, and what it comes to.

    Raises:
        WhoError: nobody has that name, or a name is needed.
        DiaryUnavailableError: the diary cannot be read.
    """
    day = _day_of(kitchen, named)
    events = kitchen.diary.events(day.person, day.state.date)
    facts = [event.fact for event in events if not isinstance(event.fact, Void | Redo)]
    yield _heading(day.person, f"{day.state.date:%A} {_day_name(day.state.date)}")
    yield ""
    for meal in day.state.meals:
        yield from _meal(kitchen, day, meal, facts)
    yield from _between_meals(day, facts)
    yield ""
    yield from _sums(day, facts)
    yield from _water_and_activity(day, kitchen.diary.totals(day.person, day.state.date), facts)


def _day_of(kitchen: Kitchen, named: str | None) -> PersonsDay:
    try:
        return day_of(kitchen, named)
    except ToolError:
        names = ", ".join(person.name for person in kitchen.people.all)
        raise WhoError(f"Whose diary? Name one of: {names}.") from None


def _heading(person: str, days: str) -> str:
    return days if person == NOBODY_NAMED else f"{person[:1].upper()}{person[1:]}, {days}"


def _day_name(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _meal(kitchen: Kitchen, day: PersonsDay, meal: MealToday, facts: Iterable[Happening]) -> Iterator[str]:
    foods = [fact for fact in facts if isinstance(fact, FoodEaten) and _is_of(fact, meal)]
    numbers = meal.eaten if meal.status is MealStatus.EATEN else meal.target
    told = "" if day.is_quiet or meal.status is MealStatus.MISSED else _numbers(numbers, _are_guesses(foods))
    if told and meal.status is MealStatus.EATEN:
        told += f"  of {meal.target.energy_kcal:.0f} kcal"
    status = _status(kitchen, day, meal, facts)
    yield f"{meal.planned.time:%H:%M}  {meal.planned.name:<18}{status:<19}{told}".rstrip()
    yield from _foods(day, foods)


def _is_of(food: FoodEaten, meal: MealToday) -> bool:
    return food.meal == meal.planned.name and not food.is_unplanned


def _status(kitchen: Kitchen, day: PersonsDay, meal: MealToday, facts: Iterable[Happening]) -> str:
    if meal.status is MealStatus.OPEN:
        return "to come" if meal in day.state.coming(kitchen.now()) else "nothing said"
    if meal.status is MealStatus.EATEN:
        return "eaten"
    missed = [fact for fact in facts if isinstance(fact, MealMissed) and fact.meal == meal.planned.name]
    return "skipped on purpose" if any(fact.is_on_purpose for fact in missed) else "missed"


def _between_meals(day: PersonsDay, facts: Iterable[Happening]) -> Iterator[str]:
    """What was eaten and belongs to no meal of the plan."""
    eaten = [fact for fact in facts if isinstance(fact, FoodEaten)]
    others = [food for food in eaten if not any(_is_of(food, meal) for meal in day.state.meals)]
    if others:
        yield "between meals"
        yield from _foods(day, others)


def _foods(day: PersonsDay, foods: Iterable[FoodEaten]) -> Iterator[str]:
    for item in (item for food in foods for item in food.items):
        about = "about " if item.is_estimated else ""
        amount = "" if item.grams is None else f", {about}{item.grams:.0f} g"
        kcal = item.nutrients.energy_kcal
        energy = "" if day.is_quiet or kcal is None else f", {about}{kcal:.0f} kcal"
        yield f"         {item.name}{amount}{energy}"


def _sums(day: PersonsDay, facts: Iterable[Happening]) -> Iterator[str]:
    if day.is_quiet:
        return
    state = day.state
    is_guess = _are_guesses(fact for fact in facts if isinstance(fact, FoodEaten))
    yield _row("eaten", _numbers(state.eaten, is_guess))
    yield _row("left", _numbers(state.left, is_guess))
    if state.left_over.energy_kcal > 0:
        yield _row("", f"      {state.left_over.energy_kcal:5.0f} kcal of it are in no meal")
    yield _row("target", _numbers(state.plan.target + state.credit))
    if state.ran_over:
        yield RAN_OVER


def _water_and_activity(day: PersonsDay, totals: DayTotals, facts: Iterable[Happening]) -> Iterator[str]:
    yield _row("water", f"{totals.water_ml:.0f} ml")
    for fact in facts:
        if isinstance(fact, ActivityDone):
            energy = f", about {fact.net_kcal:.0f} kcal; {fact.credited_kcal:.0f} kcal of it added to the day"
            yield _row("activity", f"{fact.name}, {fact.minutes:.0f} min{'' if day.is_quiet else energy}")


def _row(name: str, text: str) -> str:
    return f"{name:<10}{text}"


def _numbers(macros: Macros, is_guess: bool = False) -> str:
    about = "about" if is_guess else ""
    return (
        f"{about:<5} {macros.energy_kcal:5.0f} kcal  protein {macros.protein_g:4.0f} g  "
        f"carbohydrate {macros.carbohydrate_g:4.0f} g  fat {macros.fat_g:4.0f} g"
    )


def _are_guesses(foods: Iterable[FoodEaten]) -> bool:
    items = (item for food in foods for item in food.items)
    return any(item.is_estimated or item.nutrients.energy_kcal is None for item in items)


# ------------------------------------------------------------------------------------- week


def week(kitchen: Kitchen, named: str | None = None) -> Iterator[str]:
    """A line for each of the last seven days, beside the target that today's plan has; see `today`."""
    day = _day_of(kitchen, named)
    last = day.state.date
    events = kitchen.diary.events(day.person, last - WEEK, last)
    yield _heading(day.person, f"{_day_name(last - WEEK)} to {_day_name(last)}")
    yield ""
    for totals in kitchen.diary.totals_by_day(day.person, last - WEEK, last):
        yield f"{totals.day:%a} {totals.day:%d %b}  {_day_line(day, totals, events)}"


def _day_line(day: PersonsDay, totals: DayTotals, events: Sequence[Event]) -> str:
    of_day = [event.fact for event in events if event.moment.day == totals.day]
    minutes = sum(fact.minutes for fact in of_day if isinstance(fact, ActivityDone))
    parts = [_eaten(day, totals)]
    if totals.water_ml:
        parts.append(f"water {totals.water_ml:.0f} ml")
    if minutes:
        parts.append(f"activity {minutes:.0f} min")
    return "  ".join(parts)


def _eaten(day: PersonsDay, totals: DayTotals) -> str:
    if not totals.items:
        return "no food logged"
    if day.is_quiet:
        return "1 food" if totals.items == 1 else f"{totals.items} foods"
    is_guess = bool(totals.estimated_items) or "energy_kcal" in totals.unknown
    target_kcal = day.plan.target.energy_kcal + round(totals.activity_credited_kcal)
    return f"{_numbers(totals.eaten.macros, is_guess)}  of {target_kcal:.0f} kcal"


# ------------------------------------------------------------------------------------- files


def export(target: Path, diary: Diary, *, replace: bool = False) -> int:
    """Write everything in the diary as CSV with a header; how many rows there are beneath it.

    target: a file that only this user may read, there whole or not at all; or - for standard output.

    Raises:
        LadleError: the file is there, and `replace` is not set.
        UnavailableError: the diary cannot be read, or the file not be written.
    """
    if target != STANDARD_OUTPUT:
        _check_target(target, diary, replace)
    with _told_as_of(target), _stream_to(target) as stream:
        return _write_rows(stream, diary)


def _stream_to(target: Path) -> AbstractContextManager[TextIO]:
    if target != STANDARD_OUTPUT:
        return _file(target)
    if sys.stdout is None:
        raise UnavailableError("Standard output is closed. Open it, or name a file.")
    return open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False)


def _write_rows(stream: TextIO, diary: Diary) -> int:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(EXPORT_COLUMNS)
    count = 0
    for row in diary.export():
        writer.writerow([_defused(cell) for cell in row])
        count += 1
    return count


def back_up(target: Path, diary: Diary, *, replace: bool = False) -> None:
    """Copy the diary as it is now to a file that only this user may read; it is there whole or not at all.

    Raises:
        LadleError: the file is there, and `replace` is not set.
        UnavailableError: the diary cannot be read, or the copy not be written.
    """
    _check_target(target, diary, replace)
    try:
        diary.file.copy_to(target)
    except DiaryUnavailableError as error:
        if error.trouble not in (Trouble.DISK_FULL, Trouble.READ_ONLY):
            raise
        raise _cannot_write(target, "the disk is full or read-only") from error


def _check_target(target: Path, diary: Diary, replace: bool) -> None:
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise _cannot_write(target, f"{target.parent} is not there, or this user may not write there")
    if target.exists() and not target.is_file():
        raise _cannot_write(target, "it is a directory or a device")
    if diary.file.directory.resolve() in target.resolve().parents:
        raise _cannot_write(target, "that directory is the diary's own")
    if os.path.lexists(target) and not replace:
        raise LadleError(f"{target} is there already. Add --force to replace it, or name another file.")


def _cannot_write(target: Path, why: str) -> UnavailableError:
    return UnavailableError(f"{target} cannot be written: {why}. Name another place.")


@contextmanager
def _told_as_of(target: Path) -> Iterator[None]:
    """Errors in writing name the file; one that nobody reads any more is for the command line to tell."""
    try:
        yield
    except (LadleError, BrokenPipeError):
        raise
    except OSError as error:
        raise _cannot_write(target, error.strerror or str(error)) from error


@contextmanager
def _file(target: Path) -> Iterator[TextIO]:
    """A stream into a file beside the target that takes its place once it is complete."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(descriptor)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _defused(cell: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
