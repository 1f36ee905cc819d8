"""Which day a moment counts for: days of odd lengths, journeys, back-dating."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.nutrition.days import (
    DiaryClock,
    Moment,
    back_dated,
    logical_day,
    moment_of,
    seconds_since_boot,
    this_boot,
)

FOUR = time(4, 0)
LONDON = ZoneInfo("Europe/London")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("clock", "day"),
    [
        (time(3, 59, 59), date(2026, 6, 9)),
        (time(4, 0), date(2026, 6, 10)),
        (time(0, 0), date(2026, 6, 9)),
        (time(23, 59), date(2026, 6, 10)),
    ],
)
def test_the_small_hours_belong_to_the_day_before(clock: time, day: date) -> None:
    assert logical_day(datetime.combine(date(2026, 6, 10), clock, LONDON), FOUR) == day


def test_a_day_may_begin_at_midnight_or_between_hours() -> None:
    at = datetime(2026, 6, 10, 0, 20, tzinfo=LONDON)
    assert logical_day(at, time(0, 0)) == date(2026, 6, 10)
    assert logical_day(at, time(0, 30)) == date(2026, 6, 9)


@pytest.mark.parametrize("zone", [LONDON, LORD_HOWE, NEW_YORK], ids=str)
def test_every_quarter_hour_of_a_year_is_in_the_day_that_began_last_on_the_wall(zone: ZoneInfo) -> None:
    at, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    day = logical_day(at.astimezone(zone), FOUR)
    ends = datetime.combine(day + timedelta(days=1), FOUR, zone).astimezone(UTC)
    while at < end:
        if at >= ends:
            day += timedelta(days=1)
            ends = datetime.combine(day + timedelta(days=1), FOUR, zone).astimezone(UTC)
        assert logical_day(at.astimezone(zone), FOUR) == day
        at += timedelta(minutes=15)


def test_the_hour_that_comes_twice_is_told_apart_by_its_offset() -> None:
    first = moment_of(datetime(2026, 10, 25, 1, 30, tzinfo=LONDON), FOUR)
    second = moment_of(datetime(2026, 10, 25, 1, 30, fold=1, tzinfo=LONDON), FOUR)
    assert second.utc - first.utc == timedelta(hours=1)
    assert (first.offset, second.offset) == (timedelta(hours=1), timedelta(0))
    assert first.day == second.day == date(2026, 10, 24)
    assert first.local.replace(tzinfo=None) == second.local.replace(tzinfo=None)


def test_a_journey_takes_the_day_of_the_wall_clock_where_one_is() -> None:
    breakfast = moment_of(datetime(2026, 6, 10, 8, 0, tzinfo=LONDON), FOUR)
    supper = moment_of(datetime(2026, 6, 11, 3, 30, tzinfo=LONDON).astimezone(NEW_YORK), FOUR)
    assert breakfast.day == supper.day == date(2026, 6, 10)
    assert supper.zone == "America/New_York"
    assert supper.local.hour == 22


def test_a_zone_that_is_only_an_offset_is_named_by_it() -> None:
    moment = moment_of(datetime(2026, 6, 10, 8, tzinfo=timezone(timedelta(hours=5, minutes=30))), FOUR)
    assert moment.zone == "UTC+05:30"
    assert moment.mended(moment.utc, TRUE).offset == timedelta(hours=5, minutes=30)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        moment_of(datetime(2026, 6, 10, 8), FOUR)


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        (date(2026, 6, 9), time(19, 30), datetime(2026, 6, 9, 18, 30, tzinfo=UTC)),
        (date(2026, 6, 9), time(1, 0), datetime(2026, 6, 10, 0, 0, tzinfo=UTC)),
        (date(2026, 3, 28), time(1, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped: 02:30 BST
        (date(2026, 10, 24), time(1, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first
    ],
)
def test_back_dating(day: date, clock: time, utc: datetime) -> None:
    moment = back_dated(day, clock, LONDON, FOUR)
    assert (moment.utc, moment.day) == (utc, day)


UNSET = datetime(1970, 1, 1, 1, 0, tzinfo=UTC)  # two in the morning in London then: still the day before
TRUE = datetime(2026, 7, 10, 7, 0, tzinfo=UTC)


def test_mending_moves_what_happened_just_then_as_far_as_the_clock_was_wrong() -> None:
    mended = moment_of(UNSET.astimezone(LONDON), FOUR).mended(UNSET, TRUE)
    assert mended == moment_of(TRUE.astimezone(LONDON), FOUR)


def test_mending_leaves_yesterday_the_day_before_at_its_time_on_the_wall() -> None:
    dinner = back_dated(date(1969, 12, 30), time(19, 0), LONDON, FOUR)
    mended = dinner.mended(UNSET, TRUE)
    assert mended.day == date(2026, 7, 9)
    assert mended.local == datetime(2026, 7, 9, 19, 0, tzinfo=timezone(timedelta(hours=1)))


def test_mending_leaves_an_hour_ago_an_hour_ago_but_today_today() -> None:
    an_hour_ago = moment_of((UNSET - timedelta(hours=1)).astimezone(LONDON), FOUR)
    assert an_hour_ago.mended(UNSET, TRUE).utc == TRUE - timedelta(hours=1)
    just_after_four = datetime(2026, 7, 10, 3, 10, tzinfo=UTC)
    assert an_hour_ago.mended(UNSET, just_after_four).day == date(2026, 7, 10)


def test_mending_keeps_the_day_of_a_plan_apart_from_the_time_it_was_changed() -> None:
    changed = moment_of(UNSET.astimezone(LONDON), FOUR, day=date(1970, 1, 1))
    mended = changed.mended(UNSET, TRUE)
    assert (mended.utc, mended.day) == (TRUE, date(2026, 7, 11))


def test_a_zone_that_this_machine_does_not_know_keeps_its_offset() -> None:
    moment = Moment(UNSET, "Mars/Olympus_Mons", timedelta(hours=2), FOUR, date(1969, 12, 31))
    mended = moment.mended(UNSET, TRUE)
    assert (mended.zone, mended.offset) == ("Mars/Olympus_Mons", timedelta(hours=2))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.sampled_from([LONDON, LORD_HOWE])),
    st.timedeltas(timedelta(days=-400), timedelta(days=400)),
)
def test_mending_there_and_back_changes_nothing(at: datetime, wrong_by: timedelta) -> None:
    moment = moment_of(at, FOUR)
    there = moment.mended(moment.utc, moment.utc + wrong_by)
    assert there.mended(there.utc, moment.utc) == moment


def test_the_clock_is_known_once_it_is_set_and_plausible() -> None:
    unset = DiaryClock(lambda: datetime(1970, 1, 1, 0, 5, tzinfo=LONDON), FOUR)
    waiting = DiaryClock(lambda: datetime(2026, 6, 10, tzinfo=LONDON), FOUR, is_set=lambda: False)
    known = DiaryClock(lambda: datetime(2026, 6, 10, tzinfo=LONDON), FOUR)
    assert [clock.is_known() for clock in (unset, waiting, known)] == [False, False, True]
    assert known.today() == date(2026, 6, 9)


def test_the_boot_has_a_name_and_seconds_that_run_on() -> None:
    assert this_boot() == this_boot()
    assert seconds_since_boot() <= seconds_since_boot()
