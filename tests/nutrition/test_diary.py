"""What goes into the diary and what it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from device.nutrition.days import DiaryClock, back_dated, moment_of
from device.nutrition.diary import EXPORT_COLUMNS, Diary
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.events import (
    ActivityDone,
    FoodEaten,
    FoodItem,
    Happening,
    Kind,
    MealChange,
    MealMissed,
    Nutrients,
    PlanAdjusted,
    ProfileChanged,
    WaterDrunk,
    WeightTaken,
)
from device.nutrition.macros import Macros
from device.nutrition.records import DayTotals, NothingToUndoError, TimeTrust

LONDON = ZoneInfo("Europe/London")
TODAY = date(2026, 6, 10)
EGGS = FoodItem(
    "Egg, boiled", Nutrients(186, 15.1, 1.3, 12.7, 0, None, 3.9, 149, 0), "egg_boiled", 120, 2, "piece"
)
STEW = FoodItem("Grandmother's stew", Nutrients(400), grams=350, is_estimated=True)
LUNCH = MealChange("lunch", Macros(600, 35, 70, 20), Macros(560, 33, 64, 19))
BREAKFAST: tuple[Happening, ...] = (FoodEaten((EGGS, STEW), "breakfast"), PlanAdjusted((LUNCH,)))


class Wall:
    """The clock of a test's kitchen."""

    def __init__(self) -> None:
        self.now = datetime.combine(TODAY, time(12), LONDON)
        self.since_boot_s = 1000.0
        self.is_set = True

    def clock(self, boot: str = "first") -> DiaryClock:
        return DiaryClock(
            lambda: self.now,
            time(4),
            is_set=lambda: self.is_set,
            since_boot_s=lambda: self.since_boot_s,
            boot=boot,
        )

    def move(self, by: timedelta) -> None:
        self.now += by
        self.since_boot_s += by.total_seconds()


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def diary(tmp_path: Path, wall: Wall) -> Iterator[Diary]:
    diary = Diary(DiaryFile(tmp_path / "state"), wall.clock())
    yield diary
    diary.file.close()


def test_what_is_logged_is_read_as_it_was(diary: Diary) -> None:
    everything: tuple[Happening, ...] = (
        *BREAKFAST,
        MealMissed("lunch", is_on_purpose=True),
        ActivityDone("running", 30, 290.5, 145, "12150", 9.3, 70),
        WaterDrunk(250),
        WeightTaken(70.4),
        ProfileChanged({"height_cm": 170, "exclusions": ["nuts"], "goal": None}),
    )
    logged = diary.log("one", "anna", everything)
    assert not logged.is_repeat
    assert diary.events("anna", TODAY) == logged.entry.events
    assert tuple(event.fact for event in logged.entry.events) == everything
    assert [event.kind for event in logged.entry.events][:2] == [Kind.FOOD, Kind.ADJUSTMENT]
    assert all(event.trust is TimeTrust.CERTAIN for event in logged.entry.events)


def test_the_same_call_logs_once_and_gets_the_first_entry(diary: Diary) -> None:
    first = diary.log("one", "anna", BREAKFAST)
    again = diary.log("one", "anna", (WaterDrunk(1),))
    assert (again.is_repeat, again.entry) == (True, first.entry)
    assert diary.totals("anna", TODAY).water_ml == 0


def test_the_same_call_after_a_restart(diary: Diary, tmp_path: Path, wall: Wall) -> None:
    first = diary.log("one", "anna", BREAKFAST)
    diary.file.close()
    after = Diary(DiaryFile(tmp_path / "state"), wall.clock("second"))
    assert after.log("one", "anna", BREAKFAST).entry == first.entry
    assert after.entry("one") == first.entry
    assert after.entry("two") is None
    after.file.close()


def test_the_same_call_from_many_threads_logs_once(diary: Diary) -> None:
    start = threading.Barrier(8)

    def call(number: int) -> bool:
        start.wait()
        return diary.log("one", "anna", BREAKFAST).is_repeat

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(call, range(8))) == [False] + [True] * 7
    assert diary.totals("anna", TODAY).items == 2


def test_totals_say_what_is_not_known_and_what_is_a_guess(diary: Diary) -> None:
    diary.log("one", "anna", BREAKFAST)
    diary.log("two", "anna", (WaterDrunk(250), WaterDrunk(330), ActivityDone("running", 30, 290.5, 145)))
    totals = diary.totals("anna", TODAY)
    assert totals.eaten.energy_kcal == 586
    assert totals.eaten.macros == Macros(586, 15.1, 1.3, 12.7)
    assert (totals.items, totals.estimated_items) == (2, 1)
    assert totals.unknown == {
        *("protein_g", "carbohydrate_g", "fat_g", "fibre_g", "sugars_g", "saturated_fat_g"),
        *("sodium_mg", "alcohol_g"),
    }
    assert (totals.water_ml, totals.activity_net_kcal, totals.activity_credited_kcal) == (580, 290.5, 145)


def test_people_and_days_are_kept_apart(diary: Diary, wall: Wall) -> None:
    diary.log("one", "anna", (WaterDrunk(100),))
    diary.log("two", "ben", (WaterDrunk(200),))
    wall.move(timedelta(days=1))
    diary.log("three", "anna", (WaterDrunk(300),))
    week = diary.totals_by_day("anna", TODAY - timedelta(days=1), TODAY + timedelta(days=1))
    assert [day.water_ml for day in week] == [0, 100, 300]
    assert week[0] == DayTotals(TODAY - timedelta(days=1))
    assert diary.totals("ben", TODAY).water_ml == 200
    assert diary.people() == ("anna", "ben")


def test_yesterdays_dinner_counts_for_yesterday(diary: Diary) -> None:
    yesterday = TODAY - timedelta(days=1)
    when = back_dated(yesterday, time(19, 30), LONDON, time(4))
    diary.log("one", "anna", (FoodEaten((EGGS,), "dinner"), PlanAdjusted((LUNCH,), day=TODAY)), when)
    assert diary.totals("anna", yesterday).items == 1
    (adjusted,) = diary.events("anna", TODAY)
    assert adjusted.kind is Kind.ADJUSTMENT
    assert adjusted.moment.utc == when.utc


def test_events_are_in_the_order_of_time_not_of_logging(diary: Diary, wall: Wall) -> None:
    diary.log("late", "anna", (WaterDrunk(2),))
    diary.log("early", "anna", (WaterDrunk(1),), moment_of(wall.now - timedelta(hours=2), time(4)))
    assert [event.call_id for event in diary.events("anna", TODAY)] == ["early", "late"]


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        (LONDON, datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (LONDON, datetime(2026, 10, 25, 1, 0, tzinfo=UTC)),
        (ZoneInfo("Australia/Lord_Howe"), datetime(2026, 4, 4, 15, 0, tzinfo=UTC)),
        (ZoneInfo("Australia/Lord_Howe"), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ],
)
def test_nothing_is_lost_or_doubled_when_the_clocks_change(
    diary: Diary, wall: Wall, zone: ZoneInfo, change: datetime
) -> None:
    for number in range(-150, 150):
        wall.now = (change + timedelta(minutes=15 * number)).astimezone(zone)
        diary.log(f"{number}", "anna", (WaterDrunk(1),))
    middle = change.astimezone(zone).date()
    days = diary.totals_by_day("anna", middle - timedelta(days=3), middle + timedelta(days=3))
    assert sum(day.water_ml for day in days) == 300
    offsets = {event.moment.offset for event in diary.events("anna", days[0].day, days[-1].day)}
    assert len(offsets) == 2


def test_undo_takes_a_meal_and_what_it_did_to_the_plan_together(diary: Diary) -> None:
    diary.log("water", "anna", (WaterDrunk(250),))
    diary.log("meal", "anna", BREAKFAST)
    undone = diary.undo("u1", "anna")
    assert (undone.entry.call_id, undone.has_changed) == ("meal", True)
    assert undone.entry.is_void
    assert [event.call_id for event in diary.events("anna", TODAY)] == ["water"]
    assert len(diary.events("anna", TODAY, with_void=True)) == 3
    again = diary.redo("r1", "anna")
    assert (again.entry.call_id, again.entry.is_void) == ("meal", False)
    assert diary.totals("anna", TODAY).items == 2


def test_undoing_what_is_undone_is_harmless_and_says_so(diary: Diary) -> None:
    diary.log("meal", "anna", BREAKFAST)
    diary.undo("u1", "anna", "meal")
    assert not diary.undo("u2", "anna", "meal").has_changed
    assert not diary.redo("r0", "anna", "meal").entry.is_void
    assert not diary.redo("r1", "anna", "meal").has_changed


def test_the_same_undo_made_again_undoes_nothing_more(diary: Diary) -> None:
    diary.log("one", "anna", (WaterDrunk(1),))
    diary.log("two", "anna", (WaterDrunk(2),))
    first, again = diary.undo("u1", "anna"), diary.undo("u1", "anna")
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert again.entry == first.entry
    assert diary.totals("anna", TODAY).water_ml == 1


def test_nothing_to_undo(diary: Diary) -> None:
    diary.log("one", "ben", (WaterDrunk(1),))
    with pytest.raises(NothingToUndoError):
        diary.undo("u1", "anna")
    with pytest.raises(NothingToUndoError):
        diary.redo("r1", "ben")
    with pytest.raises(NothingToUndoError):
        diary.undo("u2", "anna", "one")
    with pytest.raises(NothingToUndoError):
        diary.undo("u3", "ben", "never")


def test_a_call_that_logged_is_not_one_that_undoes(diary: Diary) -> None:
    diary.log("one", "anna", (WaterDrunk(1),))
    with pytest.raises(ValueError, match="logged something"):
        diary.undo("one", "anna")


def test_what_is_read_and_logged_together_is_all_there_or_not_at_all(diary: Diary) -> None:
    with pytest.raises(RuntimeError), diary.together():
        diary.log("one", "anna", (WaterDrunk(1),))
        assert diary.totals("anna", TODAY).water_ml == 1
        raise RuntimeError
    assert diary.totals("anna", TODAY).water_ml == 0
    with diary.together():
        diary.log("one", "anna", (WaterDrunk(1),))
        diary.log("two", "anna", (WaterDrunk(2),))
    assert diary.totals("anna", TODAY).water_ml == 3


def test_a_part_that_fails_is_not_kept_though_the_rest_is(diary: Diary) -> None:
    unwritable: Happening = ProfileChanged({"exclusions": object()})  # type: ignore[dict-item]
    with diary.together():
        diary.log("one", "anna", (WaterDrunk(1),))
        with pytest.raises(ValueError, match="serialize"):
            diary.log("two", "anna", (WaterDrunk(2), unwritable))
    assert diary.totals("anna", TODAY).water_ml == 1
    assert diary.entry("two") is None


def kilos(diary: Diary, most: int = 1, day: date | None = None) -> list[float]:
    return [weighing.kg for weighing in diary.weighings("anna", most, day)]


def test_the_last_weight_is_the_one_told_last(diary: Diary, wall: Wall) -> None:
    diary.log("one", "anna", (WeightTaken(71),))
    wall.move(timedelta(days=3))
    diary.log("two", "anna", (WeightTaken(70),))
    diary.log("three", "anna", (WeightTaken(690),))
    diary.undo("u", "anna")
    assert kilos(diary, most=9) == [70, 71]
    assert kilos(diary) == [70]
    assert diary.weighings("ben") == ()


def test_the_last_weight_is_the_newest_though_the_clock_was_set_back(diary: Diary, wall: Wall) -> None:
    wall.move(timedelta(days=400))
    diary.log("one", "anna", (WeightTaken(80),))
    wall.now -= timedelta(days=400)
    diary.log("two", "anna", (WeightTaken(70),))
    assert kilos(diary, most=2) == [70, 80]
    assert kilos(diary, day=TODAY) == [70]


def test_weights_and_profile_are_those_of_a_day(diary: Diary, wall: Wall) -> None:
    diary.log("one", "anna", (WeightTaken(71), ProfileChanged({"goal": "lose", "age_years": 40})))
    wall.move(timedelta(days=2))
    diary.log("two", "anna", (WeightTaken(70),))
    wall.move(timedelta(hours=1))
    diary.log("three", "anna", (WeightTaken(69.5), ProfileChanged({"goal": None, "age_years": 41})))
    days = [TODAY + timedelta(days=number) for number in (-1, 0, 1, 2, 3)]
    assert [kilos(diary, day=day) for day in days] == [[], [71], [71], [69.5], [69.5]]
    assert kilos(diary, most=9, day=days[3]) == [69.5, 70, 71]
    first, last = {"goal": "lose", "age_years": 40}, {"age_years": 41}
    assert [diary.profile("anna", day) for day in days] == [{}, first, first, last, last]
    assert diary.profile_changes("anna", days[2]) == ((TODAY, first),)
    told_on = [diary.told_on("anna", "age_years", day) for day in (*days, None)]
    assert told_on == [None, TODAY, TODAY, days[3], days[3], days[3]]
    assert diary.told_on("anna", "height_cm") is diary.told_on("ben", "age_years") is None


def test_a_profile_is_the_sum_of_its_changes(diary: Diary) -> None:
    diary.log("one", "anna", (ProfileChanged({"height_cm": 170, "goal": "lose"}),))
    diary.log("two", "anna", (ProfileChanged({"goal": None, "sex": "female"}),))
    assert diary.profile("anna") == {"height_cm": 170, "sex": "female"}
    diary.undo("u", "anna", "two")
    assert diary.profile("anna") == {"height_cm": 170, "goal": "lose"}
    assert diary.profile("ben") == {}


def test_frequent_foods(diary: Diary, wall: Wall) -> None:
    for number in range(3):
        diary.log(f"eggs {number}", "anna", (FoodEaten((EGGS,)),))
        wall.move(timedelta(hours=1))
    diary.log("stew", "anna", (FoodEaten((STEW,)),))
    diary.log("undone", "anna", (FoodEaten((FoodItem("cake", Nutrients(400)),)),))
    diary.undo("u", "anna")
    frequent = diary.frequent_foods("anna", TODAY)
    assert [(habit.food_id, habit.name, habit.times) for habit in frequent] == [
        ("egg_boiled", "Egg, boiled", 3),
        (None, "Grandmother's stew", 1),
    ]
    assert (frequent[0].grams, frequent[0].quantity, frequent[0].unit) == (120, 2, "piece")
    assert diary.frequent_foods("anna", TODAY + timedelta(days=1)) == ()


def test_the_export_has_a_row_for_each_food_and_each_other_event(diary: Diary) -> None:
    diary.log("one", "anna", BREAKFAST)
    diary.log("two", "ben", (WaterDrunk(250),))
    rows = [dict(zip(EXPORT_COLUMNS, row, strict=True)) for row in diary.export()]
    assert [(row["person"], row["kind"], row["name"]) for row in rows] == [
        ("anna", "food", "Egg, boiled"),
        ("anna", "food", "Grandmother's stew"),
        ("anna", "adjustment", None),
        ("ben", "water", None),
    ]
    assert rows[0]["local_time"] == "2026-06-10 12:00:00"
    assert rows[0]["utc"] == "2026-06-10T11:00:00.000000+00:00"
    assert rows[0]["sodium_mg"] == 149
    assert len(list(diary.export("ben"))) == 1


def test_amounts_that_are_none_are_refused(diary: Diary) -> None:
    makers: list[Callable[[], object]] = [
        lambda: Nutrients(float("nan")),
        lambda: Nutrients(protein_g=-1),
        lambda: WaterDrunk(float("inf")),
        lambda: WeightTaken(-70),
        lambda: FoodItem("egg", Nutrients(), grams=-1),
        lambda: ActivityDone("running", -30, 1, 1),
    ]
    for make in makers:
        with pytest.raises(ValueError, match="no amount"):
            make()
    with pytest.raises(ValueError, match="something that happened"):
        diary.log("one", "anna", ())


# ------------------------------------------------------------------------------ before the clock is set


def test_what_was_logged_before_the_clock_was_set_is_mended(diary: Diary, wall: Wall) -> None:
    wall.now = datetime(1970, 1, 1, 1, 0, tzinfo=LONDON)
    diary.log("now", "anna", (WaterDrunk(1),))
    yesterday = back_dated(diary.clock.today() - timedelta(days=1), time(19), LONDON, time(4))
    diary.log("dinner", "anna", (WaterDrunk(2),), yesterday)
    before = diary.events("anna", date(1969, 12, 30), date(1969, 12, 31))
    assert [event.trust for event in before] == [TimeTrust.UNCERTAIN] * 2
    wall.since_boot_s += 600
    wall.now = datetime.combine(TODAY, time(12), LONDON)
    assert diary.mend_times() == 2
    (now,) = diary.events("anna", TODAY)
    assert now.moment == moment_of(wall.now - timedelta(seconds=600), time(4))
    assert now.trust is TimeTrust.MENDED
    assert diary.totals("anna", TODAY - timedelta(days=1)).water_ml == 2
    assert diary.mend_times() == 0


def test_when_an_age_was_told_is_put_right_with_the_clock_and_unknown_before(
    diary: Diary, wall: Wall
) -> None:
    true_time, wall.is_set = wall.now, False
    wall.now = datetime(2022, 3, 1, 12, tzinfo=LONDON)
    diary.log("one", "anna", (ProfileChanged({"age_years": 15}),))
    assert diary.told_on("anna", "age_years") is None
    wall.now, wall.is_set = true_time, True
    assert diary.told_on("anna", "age_years") is None
    assert diary.mend_times() == 1
    assert diary.told_on("anna", "age_years") == TODAY


def test_a_clock_that_nobody_has_set_is_not_believed_though_plausible(diary: Diary, wall: Wall) -> None:
    wall.is_set = False
    logged = diary.log("one", "anna", (WaterDrunk(1),))
    assert logged.entry.events[0].trust is TimeTrust.UNCERTAIN
    assert diary.back_up() is None
    wall.is_set = True
    wall.move(timedelta(seconds=5))
    true_time = wall.now + timedelta(days=2)
    assert diary.mend_times(true_time) == 1
    (event,) = diary.events("anna", TODAY + timedelta(days=2))
    assert event.moment.utc == (true_time - timedelta(seconds=5)).astimezone(UTC)


def test_another_boot_cannot_be_mended_and_stays_marked(diary: Diary, tmp_path: Path, wall: Wall) -> None:
    wall.is_set = False
    diary.log("one", "anna", (WaterDrunk(1),))
    diary.file.close()
    wall.is_set = True
    after = Diary(DiaryFile(tmp_path / "state"), wall.clock("second"))
    assert after.mend_times() == 0
    assert after.events("anna", TODAY)[0].trust is TimeTrust.UNCERTAIN
    after.file.close()
