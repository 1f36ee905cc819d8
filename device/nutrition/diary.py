"""The diary: what each person ate, drank, did and weighed, and what became of their plan.

It is only added to. To undo is to log that an earlier entry does not count, to do again that it counts after
all; what stands is worked out when it is asked for. An entry is all that one call logged, and a call that is
made again, under the same id, logs nothing more.

An event that can no longer be read, because the file was damaged there unnoticed, is left out and told in the
journal; what it held of foods still counts. The rows are those of diaryrows.py.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pydantic import JsonValue

from device.nutrition.days import DiaryClock, Moment
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.diaryrows import (
    ITEM_COLUMNS,
    add_event,
    entry_of,
    events_where,
    existing_call,
    instant,
    last_call,
    local_text,
    mend_entry,
    stored_entry,
    target_of,
    totals_of,
    utc_text,
)
from device.nutrition.events import Happening, Kind, ProfileChanged, Redo, Void, WeightTaken
from device.nutrition.records import (
    DayTotals,
    Entry,
    Event,
    FoodHabit,
    Logged,
    TimeTrust,
    Undone,
    Weighing,
)

logger = logging.getLogger(__name__)

EXPORT_COLUMNS = (
    *("call_id", "person", "day", "local_time", "utc", "zone", "kind", "is_void", "time_trust"),
    *ITEM_COLUMNS,
    "fact",
)


class Diary:
    """The household's diary; a person is a name that means something to others, not to the diary.

    Every method may raise DiaryUnavailableError; then nothing was logged. Safe to use from several threads.
    """

    def __init__(self, file: DiaryFile, clock: DiaryClock) -> None:
        self.file = file
        self.clock = clock

    # ------------------------------------------------------------------------------------- logging

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Nobody else logs between what is read and what is logged in this block; all of it or none is kept.

        What is logged inside is on the disk when the block has ended, not before.
        """
        with self.file.writing():
            yield

    def log(
        self, call_id: str, person: str, happenings: Sequence[Happening], when: Moment | None = None
    ) -> Logged:
        """Keep what happened, as one entry; `when`: None for now. A repeated call gets its first entry.

        Raises:
            ValueError: there is nothing to log.
        """
        if not happenings:
            raise ValueError("an entry of the diary needs something that happened")
        with self.file.writing() as database:
            if earlier := entry_of(database, call_id):
                return Logged(earlier, is_repeat=True)
            entry_id, now = self._add_entry(database, call_id)
            for fact in happenings:
                add_event(database, entry_id, person, fact, when or now)
            return Logged(stored_entry(database, call_id), is_repeat=False)

    def undo(self, call_id: str, person: str, target: str | None = None) -> Undone:
        """Make void what the call `target` logged; None: the last entry of that person that stands.

        Raises:
            NothingToUndoError: there is no such entry.
        """
        return self._turn(Kind.VOID, call_id, person, target)

    def redo(self, call_id: str, person: str, target: str | None = None) -> Undone:
        """Let what the call `target` logged count again; None: what was undone last and still is.

        Raises:
            NothingToUndoError: there is no such entry.
        """
        return self._turn(Kind.REDO, call_id, person, target)

    def _turn(self, kind: Kind, call_id: str, person: str, target: str | None) -> Undone:
        with self.file.writing() as database:
            if earlier := target_of(database, call_id):
                return Undone(stored_entry(database, earlier), has_changed=True, is_repeat=True)
            target = existing_call(database, person, target) if target else last_call(database, kind, person)
            entry = stored_entry(database, target)
            if entry.is_void == (kind is Kind.VOID):
                return Undone(entry, has_changed=False)
            fact = Void(target) if kind is Kind.VOID else Redo(target)
            entry_id, now = self._add_entry(database, call_id)
            add_event(database, entry_id, person, fact, now)
            return Undone(stored_entry(database, target), has_changed=True)

    def _add_entry(self, database: sqlite3.Connection, call_id: str) -> tuple[int, Moment]:
        # Asked before the time is: a clock that is set in between gives a right time that is only doubted.
        trust = TimeTrust.CERTAIN if self.clock.is_known() else TimeTrust.UNCERTAIN
        now = self.clock.moment()
        cursor = database.execute(
            "INSERT INTO entry (call_id, recorded, trust, boot, since_boot_s) VALUES (?, ?, ?, ?, ?)",
            (call_id, utc_text(now.utc), trust.value, self.clock.boot, self.clock.since_boot_s()),
        )
        return int(cursor.lastrowid or 0), now

    def mend_times(self, now: datetime | None = None) -> int:
        """Put right the times of what this boot logged before the clock was set; how many entries it was.

        now: the true time, None for the clock's, which must be known. An entry whose time can no longer be
        read is left as it is and told in the journal.
        """
        began = (now or self.clock.now()).astimezone(UTC) - timedelta(seconds=self.clock.since_boot_s())
        with self.file.writing() as database:
            rows = database.execute(
                "SELECT id, recorded, since_boot_s FROM entry WHERE trust = 'uncertain' AND boot = ?",
                (self.clock.boot,),
            ).fetchall()
            unreadable = 0
            for entry_id, recorded, since_boot_s in rows:
                try:
                    true_time = began + timedelta(seconds=since_boot_s)
                    mend_entry(database, entry_id, instant(recorded), true_time)
                except (ValueError, OverflowError):
                    unreadable += 1
                    logger.warning("fault part=diary entry=%d reason=unreadable", entry_id)
        return len(rows) - unreadable

    def back_up(self) -> Path | None:
        """Make the backup of today; None where none is needed, or where nobody knows what day it is."""
        return self.file.back_up(self.clock.now().date()) if self.clock.is_known() else None

    # ------------------------------------------------------------------------------------- reading

    def entry(self, call_id: str) -> Entry | None:
        """What that call logged."""
        with self.file.reading() as database:
            return entry_of(database, call_id)

    def events(
        self,
        person: str,
        first: date,
        last: date | None = None,
        *,
        kind: Kind | None = None,
        with_void: bool = False,
    ) -> tuple[Event, ...]:
        """What counts for the days from `first` to `last` (None: that day alone), in the order of time.

        kind: those of this kind alone.
        """
        condition = "person = ? AND day BETWEEN ? AND ? AND kind = coalesce(?, kind)"
        condition += "" if with_void else " AND NOT is_void"
        with self.file.reading() as database:
            return events_where(database, condition, (person, f"{first}", f"{last or first}", kind))

    def totals(self, person: str, day: date) -> DayTotals:
        """What counts for one day."""
        return self.totals_by_day(person, day, day)[0]

    def totals_by_day(self, person: str, first: date, last: date) -> tuple[DayTotals, ...]:
        """What counts for each day from `first` to `last`, the empty ones too."""
        with self.file.reading() as database:
            return totals_of(database, person, first, last)

    def weighings(self, person: str, most: int = 1, day: date | None = None) -> tuple[Weighing, ...]:
        """The last weights that a person told, the newest first; `day`: as that day ended, None for now.

        The newest is what was told last, though a clock that was set back may say otherwise.
        """
        condition, order = f"person = ? AND kind = '{Kind.WEIGHT}' AND NOT is_void", "entry DESC"
        parameters: tuple[object, ...] = (person,)
        if day is not None:
            condition, order = f"{condition} AND day <= ?", f"day DESC, {order}"
            parameters += (f"{day}",)
        with self.file.reading() as database:
            events = events_where(
                database, condition, parameters, order=f"{order}, judged.id DESC", most=most
            )
        return tuple(
            Weighing(event.fact.kg, event.moment) for event in events if isinstance(event.fact, WeightTaken)
        )

    def profile(self, person: str, day: date | None = None) -> Mapping[str, JsonValue]:
        """What a person's profile is after all its changes, in the order in which they were logged.

        day: as it was when that day ended, None for now.
        """
        profile: dict[str, JsonValue] = {}
        for _, changes in self.profile_changes(person, day):
            profile.update(changes)
        return {key: value for key, value in profile.items() if value is not None}

    def profile_changes(
        self, person: str, day: date | None = None
    ) -> tuple[tuple[date, Mapping[str, JsonValue]], ...]:
        """What was changed in a person's profile and on which day, in the order in which it was logged.

        day: until then and no later, None for all.
        """
        return tuple((event.moment.day, changes) for event, changes in self._profile_events(person, day))

    def told_on(self, person: str, field: str, day: date | None = None) -> date | None:
        """The day on which that part of a profile was told last, as `profile` has it for `day`.

        None: it never was, or the clock was not set then, so that nobody knows.
        """
        told = [event for event, changes in self._profile_events(person, day) if field in changes]
        return told[-1].moment.day if told and told[-1].trust is not TimeTrust.UNCERTAIN else None

    def _profile_events(self, person: str, day: date | None) -> list[tuple[Event, Mapping[str, JsonValue]]]:
        condition = f"person = ? AND kind = '{Kind.PROFILE}' AND NOT is_void AND day <= ?"
        with self.file.reading() as database:
            events = events_where(database, condition, (person, f"{day or date.max}"), order="judged.id")
        return [(event, event.fact.changes) for event in events if isinstance(event.fact, ProfileChanged)]

    def frequent_foods(self, person: str, since: date, most: int = 10) -> tuple[FoodHabit, ...]:
        """What a person has eaten from that day on, the most frequent first."""
        with self.file.reading() as database:
            # Beside max(utc) SQLite takes the other columns from the row that has it, the latest.
            rows = database.execute(
                "SELECT food_id, name, count(*), day, grams, quantity, unit, max(utc)"
                " FROM standing JOIN item ON item.event = standing.id WHERE person = ? AND day >= ?"
                " GROUP BY coalesce(food_id, name) ORDER BY count(*) DESC, max(utc) DESC LIMIT ?",
                (person, f"{since}", most),
            ).fetchall()
        return tuple(
            FoodHabit(food_id, name, times, date.fromisoformat(day), *amount)
            for food_id, name, times, day, *amount, _ in rows
        )

    def people(self) -> tuple[str, ...]:
        """Everybody of whom there is something in the diary."""
        with self.file.reading() as database:
            return tuple(row[0] for row in database.execute("SELECT DISTINCT person FROM event ORDER BY 1"))

    def export(self, person: str | None = None) -> Iterator[tuple[object, ...]]:
        """Rows of EXPORT_COLUMNS in the order of time: one for each food, one for each other event."""
        items = ", ".join(f"item.{column}" for column in ITEM_COLUMNS)
        with self.file.beside() as database:
            for row in database.execute(
                f"SELECT utc, offset_s, call_id, person, day, zone, kind, is_void, trust, {items}, fact"
                " FROM judged JOIN entry ON entry.id = judged.entry LEFT JOIN item ON item.event = judged.id"
                " WHERE ?1 IS NULL OR person = ?1 ORDER BY utc, judged.id, item.id",
                (person,),
            ):
                utc, offset_s, call_id, name, day, zone, *rest = row
                yield call_id, name, day, local_text(utc, offset_s), utc, zone, *rest
