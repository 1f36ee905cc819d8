"""plan.yaml, the names of meals, and days that do not begin at midnight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from device.errors import ConfigError
from device.nutrition.foods import FoodDatabase
from device.nutrition.macros import Macros, total
from device.nutrition.plan import HouseholdPlan, Plan, PlannedFood

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


# ------------------------------------------------------------------------------------- several people

PEOPLE = (
    TWO_MEALS
    + """\
people:
  Anna:
    target: {kcal: 1800, protein: 100, carbohydrate: 200, fat: 67}
  ben:
    meals:
      breakfast: {time: 07:00, share: 30}
      dinner: {time: 18:00, share: 70}
  carla:
    target: {kcal: 2000, protein: 100, carbohydrate: 250, fat: 67}
    meals:
      porridge: {time: 08:00, foods: {oats_rolled_dry: 60, milk_whole: 200}}
      lunch: {time: 13:00, target: {kcal: 600, protein: 35, carbohydrate: 70, fat: 20}}
      dinner: {time: 19:00, share: 100}
  dora: {}
"""
)
COMPUTED = Macros(2150, 84, 287, 74)


@pytest.fixture
def household(written: Written, foods: FoodDatabase) -> HouseholdPlan:
    return HouseholdPlan.load(written(PEOPLE), food_of=foods.by_id)


def test_who_has_no_plan_has_the_shared_one(household: HouseholdPlan) -> None:
    assert household.plan_of("somebody") is household.shared
    assert household.plan_of("ben") is household.shared
    assert household.plan_of("dora") is household.shared


def test_a_given_target_wins_and_is_shared_out_as_the_shared_plan_is(household: HouseholdPlan) -> None:
    plan = household.plan_of("anna", COMPUTED)
    assert plan.target == Macros(1800, 100, 200, 67)
    lunch, dinner = plan.meals
    assert lunch.time == time(12, 30)
    assert lunch.target.energy_kcal / dinner.target.energy_kcal == pytest.approx(600 / 690, abs=0.02)


def test_a_computed_target_is_shared_out_exactly(household: HouseholdPlan) -> None:
    for person in ("ben", "Ben", "dora", "somebody"):
        assert household.plan_of(person, COMPUTED).target == COMPUTED
    breakfast, dinner = household.plan_of("ben", COMPUTED).meals
    assert (breakfast.name, breakfast.time) == ("breakfast", time(7))
    assert breakfast.target.energy_kcal == pytest.approx(0.3 * 2150, abs=10)
    assert dinner.target.protein_g == pytest.approx(0.7 * 84, abs=1)


def test_a_meal_of_foods_holds_what_they_hold_and_shares_take_the_rest(
    household: HouseholdPlan, foods: FoodDatabase
) -> None:
    plan = household.plan_of("carla")
    porridge, lunch, _ = plan.meals
    assert porridge.foods == (PlannedFood("oats_rolled_dry", 60), PlannedFood("milk_whole", 200))
    oats, milk = foods.by_id("oats_rolled_dry"), foods.by_id("milk_whole")
    assert oats is not None
    assert milk is not None
    held = oats.macros_of(60) + milk.macros_of(200)
    assert porridge.target.energy_kcal == round(held.energy_kcal)
    assert lunch.target == Macros(600, 35, 70, 20)
    assert total(meal.target for meal in plan.meals) == Macros(2000, 100, 250, 67)


FIXED_AND_SHARES = (
    TWO_MEALS
    + """\
people:
  ben:
    meals:
      breakfast: {time: 07:30, target: {kcal: 455, protein: 25, carbohydrate: 55, fat: 15}}
      lunch: {time: 12:30, target: {kcal: 900, protein: 50, carbohydrate: 100, fat: 33}}
      dinner: {time: 19:00, share: 1}
  dora:
    meals:
      porridge: {time: 08:00, foods: {oats_rolled_dry: 60, milk_whole: 200}}
      lunch: {time: 13:00, target: {kcal: 900, protein: 50, carbohydrate: 100, fat: 33}}
      tea: {time: 16:00, share: 20}
      dinner: {time: 19:00, share: 80}
"""
)


def test_where_fixed_meals_leave_too_little_they_become_smaller(
    written: Written, foods: FoodDatabase
) -> None:
    household = HouseholdPlan.load(written(FIXED_AND_SHARES), food_of=foods.by_id)
    computed = Macros(1330, 83, 167, 37)
    breakfast, lunch, dinner = household.plan_of("ben", computed).meals
    assert total(meal.target for meal in (breakfast, lunch, dinner)) == computed
    assert 200 <= dinner.target.energy_kcal <= 220
    assert breakfast.target.energy_kcal / lunch.target.energy_kcal == pytest.approx(455 / 900, abs=0.02)
    porridge, _, tea, dinner = household.plan_of("dora", computed).meals
    assert porridge.foods == ()
    assert dinner.target.energy_kcal >= 200
    assert tea.target.energy_kcal == pytest.approx(dinner.target.energy_kcal / 4, abs=10)


def test_where_fixed_meals_hold_too_much_of_something_all_follow_the_day(
    written: Written, foods: FoodDatabase
) -> None:
    household = HouseholdPlan.load(written(FIXED_AND_SHARES), food_of=foods.by_id)
    little_fat = Macros(2000, 150, 266, 37)
    plan = household.plan_of("ben", little_fat)
    assert plan.target == little_fat
    assert [meal.target.energy_kcal for meal in plan.meals] == pytest.approx([455, 900, 645], abs=10)


@pytest.mark.parametrize("kcal", range(1200, 2400, 30))
def test_every_meal_of_a_computed_plan_is_a_meal(written: Written, foods: FoodDatabase, kcal: int) -> None:
    household = HouseholdPlan.load(written(FIXED_AND_SHARES), food_of=foods.by_id)
    fat = round(0.3 * kcal / 9)
    computed = Macros(kcal, 80, (kcal - 320 - 9 * fat) // 4, fat)
    for person in ("ben", "dora"):
        plan = household.plan_of(person, computed)
        assert plan.target == computed
        assert plan.meals[-1].target.energy_kcal >= 200
        assert all(meal.target.energy_kcal > 30 for meal in plan.meals)
        assert all(min(meal.target.protein_g, meal.target.fat_g) >= 0 for meal in plan.meals)


def test_no_meal_is_planned_above_the_limit_on_carbohydrate(household: HouseholdPlan) -> None:
    for person in ("anna", "ben", "carla", "somebody"):
        free, limited = household.plan_of(person, COMPUTED), household.plan_of(person, COMPUTED, 45)
        assert max(meal.target.carbohydrate_g for meal in free.meals) > 45
        assert max(meal.target.carbohydrate_g for meal in limited.meals) <= 45
        for before, after in zip(free.meals, limited.meals, strict=True):
            assert after.target.energy_kcal == before.target.energy_kcal
            assert after.target.protein_g == before.target.protein_g
            explained = before.target.energy_kcal - before.target.energy_of_grams_kcal
            assert after.target.energy_kcal - after.target.energy_of_grams_kcal == explained
    assert household.plan_of("ben", COMPUTED, 500) == household.plan_of("ben", COMPUTED)


@pytest.mark.parametrize("other", ["bens", "Bén", "b en"])
def test_people_of_similar_names_have_plans_of_their_own(household: HouseholdPlan, other: str) -> None:
    assert household.plan_of(" BEN ", COMPUTED).meals[0].name == "breakfast"
    assert household.plan_of(other, COMPUTED).meals[0].name == "lunch"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("BEN", "FILE, line 22: BEN has the name of 'ben'; a name must mean one person."),
        ('"  "', "FILE, line 22:    has the name '  ', which nobody can say."),
    ],
)
def test_names_that_mean_nobody_or_two_people_are_a_fault(
    written: Written, foods: FoodDatabase, name: str, message: str
) -> None:
    path = written(PEOPLE.replace("  dora:", f"  {name}:"))
    with pytest.raises(ConfigError) as caught:
        HouseholdPlan.load(path, food_of=foods.by_id)
    assert str(caught.value).replace(str(path), "FILE").splitlines() == [message]


def test_the_shared_plan_may_have_shares_of_a_target_too(written: Written) -> None:
    text = """\
target: {kcal: 2000, protein: 100, carbohydrate: 250, fat: 67}
meals:
  lunch: {time: 12:00, share: 40}
  dinner: {time: 19:00, share: 60}
"""
    assert Plan.load(written(text)).target == Macros(2000, 100, 250, 67)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "share: 30}",
            "share: 30, target: {kcal: 4, protein: 1, carbohydrate: 0, fat: 0}}",
            "FILE, line 14: ben: meals.breakfast needs one of target, share and foods.",
        ),
        (
            "share: 30}",
            "shaer: 30}",
            "FILE, line 14: ben: meals.breakfast.shaer is not a key that Ladle knows; did you mean share?",
        ),
        (
            "18:00",
            "06:00",
            "FILE, line 15: ben: meals.dinner.time is 06:00, but breakfast before it is at 07:00; put the "
            "meals in the order of a day that begins at 04:00.",
        ),
        (
            "kcal: 1800",
            "kcal: 900",
            "FILE, line 11: Anna: target.kcal is 900, but must be at least 1200.",
        ),
        (
            "kcal: 1800",
            "kcal: 2800",
            "FILE, line 11: Anna: target.kcal is 2800, but its protein, carbohydrate and fat make 1803 kcal.",
        ),
        (
            "oats_rolled_dry",
            "oatz",
            "FILE, line 19: carla: meals.porridge.foods.oatz is no food of foods.yaml; use the id of one.",
        ),
        (
            "{time: 19:00, share: 100}",
            "{time: 19:00, target: {kcal: 500, protein: 25, carbohydrate: 55, fat: 20}}",
            "FILE, line 17: carla: target does not come out: its meals hold more, or none of them has a "
            "share to fill it.",
        ),
    ],
)
def test_a_fault_in_a_persons_plan_is_told_with_line_and_person(
    written: Written, foods: FoodDatabase, right: str, wrong: str, message: str
) -> None:
    assert right in PEOPLE
    path = written(PEOPLE.replace(right, wrong, 1))
    with pytest.raises(ConfigError) as caught:
        HouseholdPlan.load(path, food_of=foods.by_id)
    assert message in str(caught.value).replace(str(path), "FILE").splitlines()


def test_shares_without_a_target_are_a_fault(written: Written) -> None:
    text = "meals:\n  lunch: {time: 12:00, share: 40}\n"
    assert fault_of(written(text)) == (
        "FILE, line 1: meals has shares, but of which target? Write one for the day: target: {kcal: ...}."
    )


def test_foods_without_a_database_are_a_fault(written: Written) -> None:
    text = "meals:\n  lunch: {time: 12:00, foods: {apple: 182}}\n"
    assert "lunch: foods.apple is no food of foods.yaml" in fault_of(written(text))
