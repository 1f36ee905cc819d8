"""plan.yaml, the names of meals, and days that do not begin at midnight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from device.errors import ConfigError
from device.nutrition.macros import Macros
from device.nutrition.plan import Plan

Written = Callable[[str], Path]

TWO_MEALS = """\
meals:
  lunch:
    time: 12:30
    aliases: [midday meal]
    target: {kcal: 600, protein: 35, carbohydrate: 70, fat: 20}
  dinner:
    time: "19:00"
    target: {kcal: 690, protein: 40, carbohydrate: 75, fat: 25}
"""


def fault_of(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        Plan.load(path)
    return str(caught.value).replace(str(path), "FILE")


def test_a_plan_is_its_meals_in_order(written: Written) -> None:
    lunch, dinner = Plan.load(written(TWO_MEALS)).meals
    assert (lunch.name, lunch.time, lunch.aliases) == ("lunch", time(12, 30), ("midday meal",))
    assert lunch.target == Macros(600, 35, 70, 20)
    assert (dinner.name, dinner.time) == ("dinner", time(19))


def test_a_plan_adds_up_to_the_target_of_the_day(written: Written) -> None:
    assert Plan.load(written(TWO_MEALS)).target == Macros(1290, 75, 145, 45)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "12:30",
            "25:30",
            "FILE, line 3: lunch: time is '25:30', which is not a time of day, such as 12:30.",
        ),
        ("    time: 12:30\n", "", "FILE, line 2: lunch: time is missing."),
        (
            "19:00",
            "11:00",
            "FILE, line 7: dinner: time is 11:00, but lunch before it is at 12:30; put the meals in the "
            "order of a day that begins at 04:00.",
        ),
        (
            "19:00",
            "12:30",
            "FILE, line 7: dinner: time is 12:30, but lunch before it is at 12:30; put the meals in the "
            "order of a day that begins at 04:00.",
        ),
        (
            "midday meal",
            "Dinner",
            "FILE, line 6: dinner has the name 'dinner', which lunch has too; a name must mean one meal.",
        ),
        ("dinner:", "lunch:", "FILE, line 6: lunch is there twice; keep one of them."),
        (
            "kcal: 600",
            "kcal: 900",
            "FILE, line 5: lunch: target.kcal is 900, but its protein, carbohydrate and fat make 600 kcal.",
        ),
        (
            "protein: 35",
            "protein: 35.5",
            "FILE, line 5: lunch: target.protein is '35.5', which is not a whole number.",
        ),
        ("fat: 20", "fat: -20", "FILE, line 5: lunch: target.fat is -20, but must be at least 0."),
        ("fat: 20", "fat: 501", "FILE, line 5: lunch: target.fat is 501, but must be at most 500."),
        (
            "target",
            "tagret",
            "FILE, line 5: lunch: tagret is not a key that Ladle knows; did you mean target?",
        ),
    ],
)
def test_a_fault_is_told_with_file_line_and_meal(
    written: Written, right: str, wrong: str, message: str
) -> None:
    assert right in TWO_MEALS
    assert message in fault_of(written(TWO_MEALS.replace(right, wrong, 1))).splitlines()


def test_a_plan_without_meals_is_a_fault(written: Written) -> None:
    message = "FILE, line 1: meals is a group of keys, but must hold at least one entry."
    assert fault_of(written("meals: {}\n")) == message


def test_energy_may_be_off_by_rounding(written: Written) -> None:
    text = TWO_MEALS.replace("kcal: 600", "kcal: 615")
    assert Plan.load(written(text)).meals[0].target.energy_kcal == 615


def test_a_supper_after_midnight_is_the_last_meal_of_its_day(written: Written) -> None:
    text = TWO_MEALS.replace('"19:00"', "00:30")
    assert [meal.name for meal in Plan.load(written(text)).meals] == ["lunch", "dinner"]
    with pytest.raises(ConfigError, match="begins at 00:00"):
        Plan.load(written(text), day_start=time(0))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lunch", "lunch"),
        ("Lunch!", "lunch"),
        ("my lunch", "lunch"),
        ("the midday meal", "lunch"),
        ("lunch today", "lunch"),
        ("almuerzo", "lunch"),
        ("dejeuner", "lunch"),
        ("petit déjeuner", "breakfast"),
        ("supper", "dinner"),
        ("evening meal", "dinner"),
        ("afternoon snack", "afternoon snack"),
        ("brekfast", "breakfast"),
        ("lnuch", "lunch"),
    ],
)
def test_a_meal_is_known_by_what_people_call_it(plan: Plan, text: str, name: str) -> None:
    meal = plan.meal(text)
    assert meal is not None
    assert meal.name == name


@pytest.mark.parametrize(
    "text", ["", "brunch", "snack", "winner", "breakfast and lunch", "the bus", "x" * 5000]
)
def test_what_is_no_meal_or_more_than_one_is_none(plan: Plan, text: str) -> None:
    assert plan.meal(text) is None


@pytest.mark.parametrize(
    ("clock", "day"),
    [
        (datetime(2026, 11, 21, 3, 59), date(2026, 11, 20)),
        (datetime(2026, 11, 21, 4, 0), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 23, 59), date(2026, 11, 21)),
        (datetime(2026, 3, 29, 4, 30), date(2026, 3, 29)),
        (datetime(2026, 10, 25, 1, 30, fold=1), date(2026, 10, 24)),
    ],
)
def test_a_day_lasts_until_its_start_on_the_wall_clock(plan: Plan, clock: datetime, day: date) -> None:
    assert plan.logical_date(clock.replace(tzinfo=ZoneInfo("Europe/London"))) == day


def test_minutes_count_from_the_start_of_the_day(plan: Plan) -> None:
    assert plan.minute_of_day(time(4, 0)) == 0
    assert plan.minute_of_day(time(12, 30, 30)) == 510.5
    assert plan.minute_of_day(time(0, 30)) == 20.5 * 60
