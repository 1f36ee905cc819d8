"""What `ladle diary` shows and writes."""

from __future__ import annotations

import csv
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device.config import Settings
from device.errors import LadleError, UnavailableError
from device.household import open_clock, open_household
from device.nutrition.diary import EXPORT_COLUMNS, Diary
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.events import (
    ActivityDone,
    FoodEaten,
    FoodItem,
    Happening,
    MealMissed,
    Nutrients,
    WaterDrunk,
)
from device.nutrition.records import DiaryUnavailableError
from device.stage.diary import WhoError, back_up, diary_directory, export, kitchen_to_read, today, week
from device.tools.kitchen import Kitchen

AFTER_LUNCH = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
EGGS = FoodItem("boiled egg", Nutrients(155, 12.6, 1.1, 10.6), "egg_boiled", 100, 2)
STEW = FoodItem("stew", Nutrients(400, 20, 30, 21), grams=350, is_estimated=True)
BREAKFAST = FoodEaten((EGGS,), "breakfast")

Open = Callable[..., Kitchen]


class Wall:
    """The clock on the wall, set by the test."""

    def __init__(self) -> None:
        self.now = AFTER_LUNCH

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def writer(state: Path, wall: Wall) -> Iterator[Diary]:
    """The daemon's diary, which stays open while another reads."""
    file = DiaryFile(state, wall)
    file.open()
    yield Diary(file, open_clock(Settings(), wall))
    file.close()


@pytest.fixture
def reader(writer: Diary, state: Path, wall: Wall) -> Iterator[Kitchen]:
    """Somebody beside the daemon, in a household that has named nobody."""
    kitchen = open_household(Settings(), state, wall, owner=False)
    yield kitchen
    kitchen.diary.file.close()


@pytest.fixture
def family(writer: Diary, state: Path, wall: Wall) -> Iterator[Open]:
    """Somebody beside the daemon, in a household of two."""
    opened: list[Kitchen] = []

    def open_family(**household: object) -> Kitchen:
        settings = Settings.model_validate({"household": {"people": {"anna": {}, "ben": {}}, **household}})
        opened.append(open_household(settings, state, wall, owner=False))
        return opened[-1]

    yield open_family
    for kitchen in opened:
        kitchen.diary.file.close()


def log(diary: Diary, *happenings: Happening, person: str = "home") -> None:
    diary.log(os.urandom(4).hex(), person, happenings)


def line_of(lines: Iterable[str], name: str) -> str:
    """The one line about a meal or a sum, without what fills its columns."""
    (line,) = [" ".join(line.split()) for line in lines if f" {name} " in f" {line} "]
    return line


# ------------------------------------------------------------------------------------- today


def test_a_fresh_day_is_all_before_one(reader: Kitchen) -> None:
    lines = list(today(reader))
    assert lines[0] == "Saturday 21 November 2026"
    assert line_of(lines, "breakfast") == (
        "07:30 breakfast nothing said 455 kcal protein 25 g carbohydrate 55 g fat 15 g"
    )
    assert line_of(lines, "dinner").startswith("19:00 dinner to come 685 kcal")
    assert line_of(lines, "left").startswith("left 2089 kcal protein 118 g")
    assert line_of(lines, "target").startswith("target 2089 kcal protein 118 g")


def test_what_was_eaten_stands_under_its_meal(writer: Diary, reader: Kitchen) -> None:
    log(writer, BREAKFAST)
    lines = list(today(reader))
    at = next(place for place, line in enumerate(lines) if "breakfast" in line)
    assert " ".join(lines[at].split()) == (
        "07:30 breakfast eaten 155 kcal protein 13 g carbohydrate 1 g fat 11 g of 455 kcal"
    )
    assert lines[at + 1].strip() == "boiled egg, 100 g, 155 kcal"
    assert line_of(lines, "left").startswith("left 1934 kcal protein 105 g")


def test_estimates_are_about(writer: Diary, reader: Kitchen) -> None:
    log(writer, FoodEaten((STEW,), "lunch"))
    lines = list(today(reader))
    assert "eaten about 400 kcal" in line_of(lines, "lunch")
    assert "         stew, about 350 g, about 400 kcal" in lines
    assert line_of(lines, "left").startswith("left about 1689 kcal")


def test_missed_and_skipped_meals_are_told_apart(writer: Diary, reader: Kitchen) -> None:
    log(writer, MealMissed("breakfast"))
    log(writer, MealMissed("lunch", is_on_purpose=True))
    lines = list(today(reader))
    assert line_of(lines, "breakfast") == "07:30 breakfast missed"
    assert line_of(lines, "lunch") == "12:30 lunch skipped on purpose"
    assert "1055 kcal of it are in no meal" in " ".join(lines)


def test_food_without_a_meal_water_and_activity_have_their_lines(writer: Diary, reader: Kitchen) -> None:
    log(writer, FoodEaten((EGGS,), is_unplanned=True))
    log(writer, WaterDrunk(250))
    log(writer, WaterDrunk(250))
    log(writer, ActivityDone("walking", 30, 120, 60))
    lines = list(today(reader))
    assert lines[lines.index("between meals") + 1].strip() == "boiled egg, 100 g, 155 kcal"
    assert "water     500 ml" in lines
    assert "activity  walking, 30 min, about 120 kcal; 60 kcal of it added to the day" in lines
    assert line_of(lines, "target").startswith("target 2149 kcal")


def test_what_was_undone_is_not_shown(writer: Diary, reader: Kitchen) -> None:
    writer.log("oops", "home", [BREAKFAST])
    writer.undo("undo", "home")
    assert "nothing said" in line_of(today(reader), "breakfast")


def test_before_the_day_starts_it_is_still_yesterday(writer: Diary, reader: Kitchen, wall: Wall) -> None:
    log(writer, BREAKFAST)
    wall.now = AFTER_LUNCH.replace(hour=3, minute=59) + timedelta(days=1)
    assert next(today(reader)) == "Saturday 21 November 2026"
    assert " eaten " in line_of(today(reader), "breakfast")
    wall.now += timedelta(minutes=1)
    assert next(today(reader)) == "Sunday 22 November 2026"
    assert " to come " in line_of(today(reader), "breakfast")


def test_a_day_that_ran_over_is_told_calmly(writer: Diary, reader: Kitchen) -> None:
    log(writer, FoodEaten((FoodItem("feast", Nutrients(2500, 80, 250, 120)),), is_unplanned=True))
    assert "Today ran over its plan, and that is fine. Carry on as usual." in list(today(reader))


@pytest.mark.parametrize("show", [today, week])
def test_quiet_numbers_leave_out_energy_and_macros(
    writer: Diary, state: Path, wall: Wall, show: Callable[[Kitchen], Iterator[str]]
) -> None:
    log(writer, BREAKFAST, WaterDrunk(250), ActivityDone("walking", 30, 120, 60))
    settings = Settings.model_validate({"nutrition": {"quiet_numbers": True}})
    quiet = open_household(settings, state, wall, owner=False)
    told = "\n".join(show(quiet))
    quiet.diary.file.close()
    assert not any(word in told for word in ("kcal", "protein", "fat", "carbohydrate", "target"))
    assert "250 ml" in told
    assert "30 min" in told
    assert ("boiled egg, 100 g" in told) or ("1 food" in told)


def test_the_default_person_needs_no_name_and_others_do(writer: Diary, family: Open) -> None:
    log(writer, BREAKFAST, person="ben")
    kitchen = family(default_person="anna")
    assert next(today(kitchen)) == "Anna, Saturday 21 November 2026"
    assert "nothing said" in line_of(today(kitchen), "breakfast")
    assert next(today(kitchen, "Ben")) == "Ben, Saturday 21 November 2026"
    assert " eaten " in line_of(today(kitchen, "Ben"), "breakfast")


@pytest.mark.parametrize("named", [None, "zoe"])
def test_who_is_meant_has_to_be_clear(family: Open, named: str | None) -> None:
    with pytest.raises(WhoError, match=r"Whose diary\? Name one of: anna, ben\."):
        next(today(family(), named))


# ------------------------------------------------------------------------------------- week


def test_a_week_is_seven_lines_and_empty_days_are_not_zero(
    writer: Diary, reader: Kitchen, wall: Wall
) -> None:
    for days_ago in (7, 6, 2):
        wall.now = AFTER_LUNCH - timedelta(days=days_ago)
        log(writer, BREAKFAST, WaterDrunk(300))
    wall.now = AFTER_LUNCH
    log(writer, FoodEaten((STEW,), "lunch"), ActivityDone("walking", 30, 120, 60))
    heading, empty, *days = [" ".join(line.split()) for line in week(reader)]
    assert (heading, empty) == ("15 November 2026 to 21 November 2026", "")
    eggs = "155 kcal protein 13 g carbohydrate 1 g fat 11 g of 2089 kcal water 300 ml"
    stew = "about 400 kcal protein 20 g carbohydrate 30 g fat 21 g of 2149 kcal activity 30 min"
    assert days == [
        f"Sun 15 Nov {eggs}",
        "Mon 16 Nov no food logged",
        "Tue 17 Nov no food logged",
        "Wed 18 Nov no food logged",
        f"Thu 19 Nov {eggs}",
        "Fri 20 Nov no food logged",
        f"Sat 21 Nov {stew}",
    ]


# ------------------------------------------------------------------------------------- files


def rows_in(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_export_has_a_header_a_row_a_food_and_is_private(
    writer: Diary, reader: Kitchen, tmp_path: Path
) -> None:
    log(writer, FoodEaten((EGGS, STEW), "breakfast"), WaterDrunk(250))
    path = tmp_path / "diary.csv"
    assert export(path, reader.diary) == 3
    eggs, stew, water = rows_in(path)
    assert tuple(eggs) == EXPORT_COLUMNS
    assert (eggs["name"], eggs["energy_kcal"], eggs["is_estimated"]) == ("boiled egg", "155.0", "0")
    assert (stew["name"], stew["food_id"], stew["is_estimated"]) == ("stew", "", "1")
    assert water["kind"] == "water"
    assert mode_of(path) == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["diary.csv"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_name_that_a_spreadsheet_would_run_is_defused(
    writer: Diary, reader: Kitchen, tmp_path: Path, start: str
) -> None:
    log(writer, FoodEaten((FoodItem(f'{start}HYPERLINK("evil")', Nutrients(1)),)))
    export(tmp_path / "diary.csv", reader.diary)
    (row,) = rows_in(tmp_path / "diary.csv")
    assert row["name"] == f'\'{start}HYPERLINK("evil")'
    assert row["energy_kcal"] == "1.0"


@pytest.mark.parametrize("write", [export, back_up])
def test_an_existing_file_is_kept_unless_it_may_be_replaced(
    writer: Diary, reader: Kitchen, tmp_path: Path, write: Callable[..., object]
) -> None:
    log(writer, WaterDrunk(250))
    path = tmp_path / "there"
    path.write_text("precious", encoding="utf-8")
    path.chmod(0o644)
    with pytest.raises(LadleError, match=r"there is there already\. Add --force"):
        write(path, reader.diary)
    assert path.read_text(encoding="utf-8") == "precious"
    write(path, reader.diary, replace=True)
    assert b"precious" not in path.read_bytes()
    assert mode_of(path) == 0o600


@pytest.mark.parametrize("write", [export, back_up])
@pytest.mark.parametrize("name", ["nowhere/file", "directory", "pipe", "state/diary.sqlite3", "state/new"])
def test_where_nothing_can_or_should_be_written_it_is_said(
    writer: Diary, reader: Kitchen, tmp_path: Path, write: Callable[..., object], name: str
) -> None:
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnavailableError, match=f"{name} cannot be written: .* Name another place"):
        write(tmp_path / name, reader.diary, replace=True)
    log(writer, WaterDrunk(250))
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_backup_is_a_diary_that_holds_what_the_daemon_logged(
    writer: Diary, reader: Kitchen, tmp_path: Path
) -> None:
    log(writer, BREAKFAST)
    (tmp_path / "copy").mkdir()
    path = tmp_path / "copy" / "diary.sqlite3"
    back_up(path, reader.diary)
    assert mode_of(path) == 0o600
    copy = Diary(DiaryFile(path.parent, owner=False), reader.diary.clock)
    assert copy.totals("home", AFTER_LUNCH.date()).eaten.energy_kcal == 155
    copy.file.close()


def test_an_export_that_fails_leaves_nothing_behind(tmp_path: Path, wall: Wall) -> None:
    nothing = Diary(DiaryFile(tmp_path / "none", owner=False), open_clock(Settings(), wall))
    with pytest.raises(DiaryUnavailableError, match="There is no diary"):
        export(tmp_path / "diary.csv", nothing)
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------- which diary


def test_a_diary_that_this_user_may_not_read_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)
    settings = Settings.model_validate({"nutrition": {"diary": tmp_path}})
    with pytest.raises(UnavailableError, match="is private to the user that Ladle runs as"):
        kitchen_to_read(settings)


def test_without_a_diary_nothing_is_made(tmp_path: Path) -> None:
    settings = Settings.model_validate({"nutrition": {"diary": tmp_path / "none"}})
    with pytest.raises(DiaryUnavailableError, match=f"There is no diary in {tmp_path / 'none'} yet"):
        list(today(kitchen_to_read(settings)))
    assert not (tmp_path / "none").exists()


def test_it_is_the_services_for_the_systems_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "users"))
    service = tmp_path / "service"
    own, system = tmp_path / "my.yaml", Path("/etc/ladle/ladle.yaml")
    users = tmp_path / "users" / "ladle"
    assert diary_directory(Settings(), None, service) == users
    service.mkdir()
    assert diary_directory(Settings(), None, service) == service
    assert diary_directory(Settings(), system, service) == service
    assert diary_directory(Settings(), own, service) == users
    named = Settings.model_validate({"nutrition": {"diary": tmp_path / "named"}})
    assert diary_directory(named, None, service) == tmp_path / "named"
