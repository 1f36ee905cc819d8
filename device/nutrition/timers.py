"""Kitchen timers, kept in the diary's file so that they survive a restart. They do not ring here.

While the machine runs, a timer goes by the seconds since it started, which never jump; after a restart of the
machine, by the clock on the wall.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from device.errors import LadleError
from device.nutrition.days import DiaryClock
from device.nutrition.diaryfile import DiaryFile

MOST_RUNNING = 20
FORGET_AFTER = timedelta(days=1)
"""How long a timer that has ended is remembered, so that its call made again does not start another."""


class TooManyTimersError(LadleError):
    """No timer can be set before another has ended."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer as it is at one moment.

    call_id: of the call that set it; duration_s: what it was set to, in s; remaining_s: in s, below zero when
    it should have rung already, as after a time without power; has_ended: it was cancelled or has rung.
    """

    call_id: str
    name: str
    duration_s: float
    remaining_s: float
    has_ended: bool = False

    @property
    def is_due(self) -> bool:
        """Whether it should ring now."""
        return not self.has_ended and self.remaining_s <= 0


class KitchenTimers:
    """The timers of the kitchen; any method may raise DiaryUnavailableError."""

    def __init__(self, file: DiaryFile, clock: DiaryClock) -> None:
        self._file = file
        self._clock = clock

    def set(self, call_id: str, name: str, duration_s: float) -> Timer:
        """Start a timer of so many seconds; a repeated call gets the timer that it started first.

        Raises:
            TooManyTimersError: twenty are running.
            ValueError: the duration is not above zero.
        """
        if not duration_s > 0:
            raise ValueError(f"a timer cannot run for {duration_s} s")
        with self._file.writing() as database:
            if earlier := self._timers(database, "call_id = ?", (call_id,)):
                return earlier[0]
            if len(self._timers(database, "state = 'running'")) >= MOST_RUNNING:
                raise TooManyTimersError(f"{MOST_RUNNING} timers are running. Cancel one of them first.")
            forgotten = _text(self._clock.now() - FORGET_AFTER)
            database.execute("DELETE FROM timer WHERE state <> 'running' AND ended < ?", (forgotten,))
            self._insert(database, call_id, name, duration_s)
        return Timer(call_id, name, duration_s, duration_s)

    def running(self) -> tuple[Timer, ...]:
        """All timers that have neither rung nor been cancelled, the next to ring first."""
        with self._file.reading() as database:
            return self._timers(database, "state = 'running'")

    def due(self) -> tuple[Timer, ...]:
        """The timers that should ring now; they stay due until they are `ended`."""
        return tuple(timer for timer in self.running() if timer.is_due)

    def named(self, name: str) -> tuple[Timer, ...]:
        """The running timers of that name, whatever its capitals."""
        return tuple(timer for timer in self.running() if timer.name.casefold() == name.strip().casefold())

    def cancel(self, call_id: str) -> Timer | None:
        """Stop the timer that this call set; None: it is not running."""
        return self._end(call_id, "cancelled")

    def ended(self, call_id: str) -> Timer | None:
        """The timer that this call set has rung; None: it is not running."""
        return self._end(call_id, "rung")

    def mend_times(self) -> int:
        """Give the running timers of this boot their time on the wall; for when the clock has been set."""
        with self._file.writing() as database:
            cursor = database.execute(
                "SELECT id, due_since_boot_s FROM timer WHERE state = 'running' AND boot = ?",
                (self._clock.boot,),
            )
            rows = [(self._wall_time(due_s), timer_id) for timer_id, due_s in cursor.fetchall()]
            database.executemany("UPDATE timer SET due = ? WHERE id = ?", rows)
        return len(rows)

    def _insert(self, database: sqlite3.Connection, call_id: str, name: str, duration_s: float) -> None:
        due_s = self._clock.since_boot_s() + duration_s
        database.execute(
            "INSERT INTO timer (call_id, name, duration_s, due, boot, due_since_boot_s, state)"
            " VALUES (?, ?, ?, ?, ?, ?, 'running')",
            (call_id, name.strip(), duration_s, self._wall_time(due_s), self._clock.boot, due_s),
        )

    def _end(self, call_id: str, state: str) -> Timer | None:
        with self._file.writing() as database:
            found = self._timers(database, "state = 'running' AND call_id = ?", (call_id,))
            database.execute(
                "UPDATE timer SET state = ?, ended = ? WHERE state = 'running' AND call_id = ?",
                (state, _text(self._clock.now()), call_id),
            )
        return found[0] if found else None

    def _timers(
        self, database: sqlite3.Connection, condition: str, parameters: Sequence[object] = ()
    ) -> tuple[Timer, ...]:
        rows = database.execute(
            "SELECT call_id, name, duration_s, due, boot, due_since_boot_s, state FROM timer"
            f" WHERE {condition} ORDER BY id",
            parameters,
        ).fetchall()
        return tuple(sorted((self._timer(*row) for row in rows), key=lambda timer: timer.remaining_s))

    def _timer(
        self, call_id: str, name: str, duration_s: float, due: str, boot: str, due_s: float, state: str
    ) -> Timer:
        if boot == self._clock.boot:
            remaining_s = due_s - self._clock.since_boot_s()
        else:
            # A clock that was set back, or is not set yet, must not make a timer longer than it was.
            of_wall_s = (datetime.fromisoformat(due) - self._clock.now()).total_seconds()
            remaining_s = min(of_wall_s, duration_s)
        return Timer(call_id, name, duration_s, remaining_s, state != "running")

    def _wall_time(self, since_boot_s: float) -> str:
        return _text(self._clock.now() + timedelta(seconds=since_boot_s - self._clock.since_boot_s()))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
