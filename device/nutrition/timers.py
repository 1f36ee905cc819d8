"""Kitchen timers, kept in the diary's file so that they survive a restart. They do not ring here.

While the machine runs, a timer goes by the seconds since it started, which never jump; after a restart of the
machine, by the clock on the wall.

A disk that takes or gives nothing stops no timer: what could not be written is remembered, and written once
the disk takes it again. A timer that can no longer be read, because the file was damaged there, is left out
and told in the journal.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from device.errors import LadleError
from device.nutrition.days import DiaryClock
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.diaryrows import instant, utc_text
from device.nutrition.records import DiaryUnavailableError

logger = logging.getLogger(__name__)

MOST_RUNNING = 20
FORGET_AFTER = timedelta(days=1)
"""How long a timer that has ended is remembered, so that its call made again does not start another."""
PLAUSIBLE_S = 100 * 365 * 86400.0
"""No timer runs for so long, and none of this boot was due so long ago."""


class TooManyTimersError(LadleError):
    """No timer can be set before another has ended."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer as it is at one moment.

    call_id: of the call that set it; duration_s: what it was set to, in s; remaining_s: in s, below zero when
    it should have rung already, as after a time without power; has_ended: it was cancelled or has rung;
    is_kept: it survives a restart.
    """

    call_id: str
    name: str
    duration_s: float
    remaining_s: float
    has_ended: bool = False
    is_kept: bool = True

    @property
    def is_due(self) -> bool:
        """Whether it should ring now."""
        return not self.has_ended and self.remaining_s <= 0


@dataclass(frozen=True, slots=True)
class _Row:
    """A timer as it is kept; the names are those of the table's columns."""

    call_id: str
    name: str
    duration_s: float
    due: str
    boot: str
    due_since_boot_s: float
    state: str = "running"
    ended: str | None = None


_COLUMNS = ", ".join(_Row.__slots__)
_MARKS = ", ".join("?" * len(_Row.__slots__))


class KitchenTimers:
    """The timers of the kitchen; safe to use from several threads."""

    def __init__(self, file: DiaryFile, clock: DiaryClock) -> None:
        self._file = file
        self._clock = clock
        self._unwritten: dict[str, _Row] = {}  # by call id; they stand for those of the file
        self._last_read: tuple[_Row, ...] = ()
        self._told_unreadable: set[str] = set()

    def set(self, call_id: str, name: str, duration_s: float) -> Timer:
        """Start a timer of so many seconds; a repeated call gets the timer that it started first.

        Raises:
            TooManyTimersError: twenty are running.
            ValueError: the duration is not above zero.
        """
        if not duration_s > 0:
            raise ValueError(f"a timer cannot run for {duration_s} s")
        if earlier := self._timers(self._rows_of(call_id)):
            return earlier[0]
        if len(self.running()) >= MOST_RUNNING:
            raise TooManyTimersError(f"{MOST_RUNNING} timers are running. Cancel one of them first.")
        due_s = self._clock.since_boot_s() + duration_s
        row = _Row(call_id, name.strip(), duration_s, self._wall_time(due_s), self._clock.boot, due_s)
        self._keep(row)
        return Timer(call_id, row.name, duration_s, duration_s, is_kept=call_id not in self._unwritten)

    def running(self) -> tuple[Timer, ...]:
        """All timers that have neither rung nor been cancelled, the next to ring first."""
        rows = {row.call_id: row for row in self._running_in_file()} | dict(self._unwritten)
        return self._timers(row for row in rows.values() if row.state == "running")

    def due(self) -> tuple[Timer, ...]:
        """The timers that should ring now; they stay due until they are `ended`."""
        return tuple(timer for timer in self.running() if timer.is_due)

    def cancel(self, call_id: str) -> Timer | None:
        """Stop the timer that this call set; None: it is not running."""
        return self._end(call_id, "cancelled")

    def ended(self, call_id: str) -> Timer | None:
        """The timer that this call set has rung; None: it is not running."""
        return self._end(call_id, "rung")

    def write(self) -> None:
        """Write what could not be written before, if there is any.

        Raises:
            DiaryUnavailableError: it still cannot; nothing is forgotten.
        """
        if self._unwritten:
            with self._writing():
                pass

    def mend_times(self) -> int:
        """Give the running timers of this boot their time on the wall; for when the clock has been set.

        Raises:
            DiaryUnavailableError: the times could not be written.
        """
        with self._writing() as database:
            rows = _select(database, "state = 'running' AND boot = ?", (self._clock.boot,))
            readable = {timer.call_id for timer in self._timers(rows)}
            mended = [
                (self._wall_time(row.due_since_boot_s), row.call_id)
                for row in rows
                if row.call_id in readable
            ]
            database.executemany("UPDATE timer SET due = ? WHERE call_id = ?", mended)
        return len(mended)

    # ------------------------------------------------------------------------------------- keeping

    def _end(self, call_id: str, state: str) -> Timer | None:
        rows = [row for row in self._rows_of(call_id) if row.state == "running"]
        for row in rows:
            self._keep(replace(row, state=state, ended=utc_text(self._clock.now())))
        return next(iter(self._timers(rows)), None)

    def _keep(self, row: _Row) -> None:
        """Remember it, and write it with all that waits; where that fails, another time."""
        self._unwritten[row.call_id] = row
        try:
            self.write()
        except DiaryUnavailableError as error:
            logger.warning("fault part=timers reason=unwritten trouble=%s", error.trouble.name)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that begins by writing what waits."""
        forgotten = utc_text(self._clock.now() - FORGET_AFTER)
        with self._file.writing() as database:
            waiting = tuple(self._unwritten.values())  # not before: another thread may just have changed it
            database.execute("DELETE FROM timer WHERE state <> 'running' AND ended < ?", (forgotten,))
            database.executemany(
                f"INSERT INTO timer ({_COLUMNS}) VALUES ({_MARKS})"
                " ON CONFLICT (call_id) DO UPDATE SET state = excluded.state, ended = excluded.ended",
                [tuple(getattr(row, column) for column in _Row.__slots__) for row in waiting],
            )
            yield database
        for row in waiting:
            if self._unwritten.get(row.call_id) is row:  # else it has changed since, and waits again
                self._unwritten.pop(row.call_id, None)

    # ------------------------------------------------------------------------------------- reading

    def _running_in_file(self) -> tuple[_Row, ...]:
        """As the file has them; where it cannot be read, as it had them when it was read last."""
        with contextlib.suppress(DiaryUnavailableError), self._file.reading() as database:
            self._last_read = _select(database, "state = 'running'")
        return self._last_read

    def _rows_of(self, call_id: str) -> tuple[_Row, ...]:
        """What is known of the timer that this call set: one row or none."""
        if row := self._unwritten.get(call_id):
            return (row,)
        try:
            with self._file.reading() as database:
                return _select(database, "call_id = ?", (call_id,))
        except DiaryUnavailableError:
            return tuple(row for row in self._last_read if row.call_id == call_id)

    def _timers(self, rows: Iterable[_Row]) -> tuple[Timer, ...]:
        timers = []
        for row in rows:
            try:
                timers.append(self._timer(row))
            except ValueError:
                self._tell_unreadable(row)
        return tuple(sorted(timers, key=lambda timer: timer.remaining_s))

    def _tell_unreadable(self, row: _Row) -> None:
        if row.call_id not in self._told_unreadable:
            self._told_unreadable.add(row.call_id)
            logger.warning("fault part=timers timer=%r reason=unreadable", row.call_id)

    def _timer(self, row: _Row) -> Timer:
        """Raises ValueError: what is kept of it cannot be right."""
        if not 0 < row.duration_s < PLAUSIBLE_S:
            raise ValueError(f"no timer runs for {row.duration_s} s")
        if row.boot == self._clock.boot:
            remaining_s = row.due_since_boot_s - self._clock.since_boot_s()
            if not -PLAUSIBLE_S < remaining_s < row.duration_s + 1:
                raise ValueError(f"a timer of {row.duration_s} s cannot have {remaining_s} s left")
        else:
            # A clock that was set back, or is not set yet, must not make a timer longer than it was: it ran
            # already when the machine started.
            of_wall_s = (instant(row.due) - self._clock.now()).total_seconds()
            remaining_s = min(of_wall_s, row.duration_s - self._clock.since_boot_s())
        is_kept = row.call_id not in self._unwritten
        return Timer(row.call_id, row.name, row.duration_s, remaining_s, row.state != "running", is_kept)

    def _wall_time(self, since_boot_s: float) -> str:
        return utc_text(self._clock.now() + timedelta(seconds=since_boot_s - self._clock.since_boot_s()))


def _select(
    database: sqlite3.Connection, condition: str, parameters: Sequence[object] = ()
) -> tuple[_Row, ...]:
    rows = database.execute(f"SELECT {_COLUMNS} FROM timer WHERE {condition} ORDER BY id", parameters)
    return tuple(_Row(*row) for row in rows)
