"""When something happened: the instant, the clock on the wall there, and the day that it counts for.

A day of the diary begins when the household says so, not at midnight: the day of an instant is the date of
its wall time less the start of the day. That is reckoned on the bare wall time, so that a day may have 23 or
25 hours and still begins and ends when the clock says so.
"""

from __future__ import annotations

import time as system_time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

EARLIEST_PLAUSIBLE = datetime(2026, 1, 1, tzinfo=UTC)
"""Ladle is not older than this; a clock that shows an earlier time has not been set."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant and the day that it counts for.

    zone: of the wall clock, such as "Europe/London", or "UTC+01:00" where only the offset was known; offset:
    of the wall clock from UTC at that instant; day_start: as it was set then, a time on the wall.
    """

    utc: datetime
    zone: str
    offset: timedelta
    day_start: time
    day: date

    @property
    def local(self) -> datetime:
        """The wall time, with its offset from UTC."""
        return self.utc.astimezone(timezone(self.offset))

    def mended(self, recorded: datetime, true_time: datetime) -> Moment:
        """This moment, told to a clock that showed `recorded` when it was `true_time`; both with a zone.

        It stays as many days before as it was said to be. What was said of another day, and what would slip
        into one, keeps its time on the wall; all else is moved as far as the clock was wrong.
        """
        zone = _zone_named(self.zone, self.offset)
        own_day = logical_day(self.utc.astimezone(zone), self.day_start)
        days_away = own_day - logical_day(recorded.astimezone(zone), self.day_start)
        true_day = logical_day(true_time.astimezone(zone), self.day_start) + days_away
        moved = moment_of((self.utc + (true_time - recorded)).astimezone(zone), self.day_start)
        if days_away or moved.day != true_day:
            moved = back_dated(true_day, self.local.time(), zone, self.day_start)
        return replace(moved, zone=self.zone, day=true_day + (self.day - own_day))


def logical_day(local: datetime, day_start: time) -> date:
    """The day that a wall time belongs to: before `day_start` it is still the day before."""
    since_midnight = timedelta(hours=day_start.hour, minutes=day_start.minute, seconds=day_start.second)
    return (local.replace(tzinfo=None) - since_midnight).date()


def moment_of(at: datetime, day_start: time, day: date | None = None) -> Moment:
    """The moment of a wall time with its zone; `day`: what it counts for, if not the day that it is in.

    Raises:
        ValueError: `at` has no zone.
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError(f"{at} has no time zone, so nobody can tell which instant is meant")
    utc = at.astimezone(UTC)
    local = utc.astimezone(at.tzinfo)  # a time that the clock skipped becomes the one that it showed
    offset = local.utcoffset() or timedelta(0)
    zone = at.tzinfo.key if isinstance(at.tzinfo, ZoneInfo) else None
    return Moment(utc, zone or str(timezone(offset)), offset, day_start, day or logical_day(local, day_start))


def back_dated(day: date, clock: time, zone: tzinfo, day_start: time) -> Moment:
    """The moment when the wall clock showed `clock` in that day, such as half past seven of yesterday.

    A time before `day_start` is in the small hours after that day. A time that the clock skipped in spring is
    taken as if it had not been set forward yet; of a time that it showed twice in autumn, the first.
    """
    date_on_the_wall = day + timedelta(days=1) if clock < day_start else day
    return moment_of(datetime.combine(date_on_the_wall, clock, zone), day_start, day)


def _zone_named(name: str, offset: timedelta) -> tzinfo:
    """That zone; where this machine does not know it, the offset alone."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError):
        return timezone(offset)


# ----------------------------------------------------------------------------------------- the clock


def seconds_since_boot() -> float:
    """Seconds since the machine started, sleep included; the same for every process of it."""
    return system_time.clock_gettime(system_time.CLOCK_BOOTTIME)


def this_boot() -> str:
    """A name for the time since the machine started; where there is none, since this process did."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class DiaryClock:
    """What the diary knows of time.

    now: the time of day where the kitchen is, with its zone; day_start: when a new day begins on the wall;
    is_set: whether somebody has set the clock since the machine started (a Raspberry Pi has no battery for
    it); since_boot_s: seconds that never jump, within the boot named `boot`.
    """

    now: Callable[[], datetime]
    day_start: time
    is_set: Callable[[], bool] = lambda: True
    earliest: datetime = EARLIEST_PLAUSIBLE
    since_boot_s: Callable[[], float] = seconds_since_boot
    boot: str = field(default_factory=this_boot)

    def moment(self) -> Moment:
        """Now, as the clock shows it."""
        return moment_of(self.now(), self.day_start)

    def today(self) -> date:
        """The day that it is now."""
        return logical_day(self.now(), self.day_start)

    def is_known(self) -> bool:
        """Whether the clock can be believed."""
        return self.now() >= self.earliest and self.is_set()
