"""The diary: what each person ate, drank, did and weighed, and what became of their plan.

It is only added to. To undo is to log that an earlier entry does not count, to do again that it counts after
all; what stands is worked out when it is asked for. An entry is all that one call logged, and a call that is
made again, under the same id, logs nothing more.

An event that can no longer be read, because the file was damaged there unnoticed, is left out and told in the
journal; what it held of foods still counts.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from device.nutrition.days import DiaryClock, Moment
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.events import (
    NUTRIENTS,
    Fact,
    FoodEaten,
    FoodItem,
    Happening,
    Kind,
    Nutrients,
    ProfileChanged,
    Redo,
    Void,
    WeightTaken,
    kind_of,
    read,
    written,
)
from device.nutrition.records import (
    DayTotals,
    Entry,
    Event,
    FoodHabit,
    Logged,
    NothingToUndoError,
    TimeTrust,
    Undone,
    Weighing,
)

logger = logging.getLogger(__name__)

ITEM_COLUMNS = ("name", "food_id", "grams", "quantity", "unit", "is_estimated", *NUTRIENTS)
MOMENT_COLUMNS = ("utc", "zone", "offset_s", "day_start", "day")
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
            if earlier := _entry(database, call_id):
                return Logged(earlier, is_repeat=True)
            entry_id, now = self._add_entry(database, call_id)
            for fact in happenings:
                _add_event(database, entry_id, person, fact, when or now)
            return Logged(_stored_entry(database, call_id), is_repeat=False)

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
            if earlier := _target_of(database, call_id):
                return Undone(_stored_entry(database, earlier), has_changed=True, is_repeat=True)
            target = _existing(database, person, target) if target else _last(database, kind, person)
            entry = _stored_entry(database, target)
            if entry.is_void == (kind is Kind.VOID):
                return Undone(entry, has_changed=False)
            fact = Void(target) if kind is Kind.VOID else Redo(target)
            entry_id, now = self._add_entry(database, call_id)
            _add_event(database, entry_id, person, fact, now)
            return Undone(_stored_entry(database, target), has_changed=True)

    def _add_entry(self, database: sqlite3.Connection, call_id: str) -> tuple[int, Moment]:
        # Asked before the time is: a clock that is set in between gives a right time that is only doubted.
        trust = TimeTrust.CERTAIN if self.clock.is_known() else TimeTrust.UNCERTAIN
        now = self.clock.moment()
        cursor = database.execute(
            "INSERT INTO entry (call_id, recorded, trust, boot, since_boot_s) VALUES (?, ?, ?, ?, ?)",
            (call_id, _utc_text(now.utc), trust.value, self.clock.boot, self.clock.since_boot_s()),
        )
        return int(cursor.lastrowid or 0), now

    def mend_times(self, now: datetime | None = None) -> int:
        """Put right the times of what this boot logged before the clock was set; how many entries it was.

        now: the true time, None for the clock's, which must be known.
        """
        began = (now or self.clock.now()).astimezone(UTC) - timedelta(seconds=self.clock.since_boot_s())
        with self.file.writing() as database:
            rows = database.execute(
                "SELECT id, recorded, since_boot_s FROM entry WHERE trust = 'uncertain' AND boot = ?",
                (self.clock.boot,),
            ).fetchall()
            for entry_id, recorded, since_boot_s in rows:
                true_time = began + timedelta(seconds=since_boot_s)
                _mend_entry(database, entry_id, datetime.fromisoformat(recorded), true_time)
        return len(rows)

    def back_up(self) -> Path | None:
        """Make the backup of today; None where none is needed, or where nobody knows what day it is."""
        return self.file.back_up(self.clock.now().date()) if self.clock.is_known() else None

    # ------------------------------------------------------------------------------------- reading

    def entry(self, call_id: str) -> Entry | None:
        """What that call logged."""
        with self.file.reading() as database:
            return _entry(database, call_id)

    def events(
        self, person: str, first: date, last: date | None = None, *, with_void: bool = False
    ) -> tuple[Event, ...]:
        """What counts for the days from `first` to `last` (None: that day alone), in the order of time."""
        condition = "person = ? AND day BETWEEN ? AND ?" + ("" if with_void else " AND NOT is_void")
        with self.file.reading() as database:
            return _events(database, condition, (person, f"{first}", f"{last or first}"))

    def totals(self, person: str, day: date) -> DayTotals:
        """What counts for one day."""
        return self.totals_by_day(person, day, day)[0]

    def totals_by_day(self, person: str, first: date, last: date) -> tuple[DayTotals, ...]:
        """What counts for each day from `first` to `last`, the empty ones too."""
        with self.file.reading() as database:
            return _totals(database, person, first, last)

    def weighings(self, person: str, most: int = 1) -> tuple[Weighing, ...]:
        """The last weights of a person, the newest first."""
        condition = f"person = ? AND kind = '{Kind.WEIGHT}' AND NOT is_void"
        with self.file.reading() as database:
            events = _events(database, condition, (person,), order="utc DESC, judged.id DESC", most=most)
        return tuple(
            Weighing(event.fact.kg, event.moment) for event in events if isinstance(event.fact, WeightTaken)
        )

    def profile(self, person: str) -> Mapping[str, JsonValue]:
        """What a person's profile is after all its changes, in the order in which they were logged."""
        condition = f"person = ? AND kind = '{Kind.PROFILE}' AND NOT is_void"
        with self.file.reading() as database:
            events = _events(database, condition, (person,), order="judged.id")
        profile: dict[str, JsonValue] = {}
        for event in events:
            if isinstance(event.fact, ProfileChanged):
                profile.update(event.fact.changes)
        return {key: value for key, value in profile.items() if value is not None}

    def frequent_foods(self, person: str, since: date, most: int = 10) -> tuple[FoodHabit, ...]:
        """What a person has eaten from that day on, the most frequent first."""
        return self._habits(person, since, most, "count(*) DESC, max(utc) DESC")

    def recent_foods(self, person: str, since: date, most: int = 10) -> tuple[FoodHabit, ...]:
        """What a person has eaten from that day on, the latest first."""
        return self._habits(person, since, most, "max(utc) DESC, item.id DESC")

    def _habits(self, person: str, since: date, most: int, order: str) -> tuple[FoodHabit, ...]:
        with self.file.reading() as database:
            # Beside max(utc) SQLite takes the other columns from the row that has it, the latest.
            rows = database.execute(
                "SELECT food_id, name, count(*), day, grams, quantity, unit, max(utc)"
                " FROM standing JOIN item ON item.event = standing.id WHERE person = ? AND day >= ?"
                f" GROUP BY coalesce(food_id, name) ORDER BY {order} LIMIT ?",
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
                yield call_id, name, day, _local_text(utc, offset_s), utc, zone, *rest


# ------------------------------------------------------------------------------------------- rows in


def _utc_text(at: datetime) -> str:
    """An instant so that the order of the texts is the order of time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _moment_row(moment: Moment) -> tuple[object, ...]:
    offset_s = moment.offset // timedelta(seconds=1)
    return _utc_text(moment.utc), moment.zone, offset_s, moment.day_start.isoformat(), f"{moment.day}"


def _add_event(database: sqlite3.Connection, entry_id: int, person: str, fact: Fact, moment: Moment) -> None:
    day = getattr(fact, "day", None)
    target = fact.call_id if isinstance(fact, Void | Redo) else None
    cursor = database.execute(
        f"INSERT INTO event (entry, person, kind, fact, target, {', '.join(MOMENT_COLUMNS)}) VALUES"
        " (?, ?, ?, ?, (SELECT id FROM entry WHERE call_id = ?), ?, ?, ?, ?, ?)",
        (
            entry_id,
            person,
            kind_of(fact).value,
            written(fact),
            target,
            *_moment_row(replace(moment, day=day) if day else moment),
        ),
    )
    if isinstance(fact, FoodEaten):
        marks = ", ".join("?" * len(ITEM_COLUMNS))
        database.executemany(
            f"INSERT INTO item (event, {', '.join(ITEM_COLUMNS)}) VALUES (?, {marks})",
            [(cursor.lastrowid, *_item_row(item)) for item in fact.items],
        )


def _item_row(item: FoodItem) -> tuple[object, ...]:
    amounts = (item.name, item.food_id, item.grams, item.quantity, item.unit, item.is_estimated)
    return (*amounts, *(getattr(item.nutrients, name) for name in NUTRIENTS))


def _mend_entry(database: sqlite3.Connection, entry_id: int, recorded: datetime, true_time: datetime) -> None:
    database.execute(
        "UPDATE entry SET trust = 'mended', recorded = ? WHERE id = ?", (_utc_text(true_time), entry_id)
    )
    columns = ", ".join(MOMENT_COLUMNS)
    assignments = ", ".join(f"{column} = ?" for column in MOMENT_COLUMNS)
    for event_id, *row in database.execute(
        f"SELECT id, {columns} FROM event WHERE entry = ?", (entry_id,)
    ).fetchall():
        mended = _moment_row(_moment(row).mended(recorded, true_time))
        database.execute(f"UPDATE event SET {assignments} WHERE id = ?", (*mended, event_id))


# ------------------------------------------------------------------------------------------ rows out


def _local_text(utc: str, offset_s: int) -> str | None:
    """The wall time of an instant, None where that can no longer be read."""
    try:
        return f"{datetime.fromisoformat(utc) + timedelta(seconds=offset_s):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError):
        return None


def _moment(row: Sequence[Any]) -> Moment:
    utc, zone, offset_s, day_start, day = row
    return Moment(
        datetime.fromisoformat(utc),
        zone,
        timedelta(seconds=offset_s),
        time.fromisoformat(day_start),
        date.fromisoformat(day),
    )


def _events(
    database: sqlite3.Connection,
    condition: str,
    parameters: tuple[object, ...],
    order: str = "utc, judged.id",
    most: int = -1,
) -> tuple[Event, ...]:
    """Events other than undoing, on a condition of their columns; most: -1 for all."""
    rows = database.execute(
        f"SELECT judged.id, call_id, person, kind, fact, trust, is_void, {', '.join(MOMENT_COLUMNS)}"
        f" FROM judged JOIN entry ON entry.id = judged.entry WHERE {condition} ORDER BY {order} LIMIT ?",
        (*parameters, most),
    ).fetchall()
    events = []
    for row in rows:
        try:
            events.append(_event(database, *row))
        except ValueError:
            logger.warning("fault part=diary event=%d reason=unreadable", row[0])
    return tuple(events)


def _event(
    database: sqlite3.Connection,
    event_id: int,
    call_id: str,
    person: str,
    kind: str,
    text: str,
    trust: str,
    is_void: int,
    *moment: object,
) -> Event:
    fact = read(Kind(kind), text)
    if isinstance(fact, FoodEaten):
        items = database.execute(
            f"SELECT {', '.join(ITEM_COLUMNS)} FROM item WHERE event = ? ORDER BY id", (event_id,)
        )
        fact = replace(fact, items=tuple(_item(row) for row in items))
    return Event(call_id, person, fact, _moment(moment), TimeTrust(trust), bool(is_void))


def _item(row: Sequence[Any]) -> FoodItem:
    values = dict(zip(ITEM_COLUMNS, row, strict=True))
    nutrients = Nutrients(**{name: values.pop(name) for name in NUTRIENTS})
    return FoodItem(nutrients=nutrients, **values | {"is_estimated": bool(values["is_estimated"])})


def _entry(database: sqlite3.Connection, call_id: str) -> Entry | None:
    if not database.execute("SELECT 1 FROM entry WHERE call_id = ?", (call_id,)).fetchone():
        return None
    return Entry(call_id, _events(database, "call_id = ?", (call_id,), order="judged.id"))


def _stored_entry(database: sqlite3.Connection, call_id: str) -> Entry:
    entry = _entry(database, call_id)
    assert entry is not None, f"the entry {call_id} was there a moment ago"
    return entry


def _target_of(database: sqlite3.Connection, call_id: str) -> str | None:
    """The call whose entry that call undid, or did again; None: there was no such call before.

    Raises:
        ValueError: that call logged something else.
    """
    row = database.execute(
        "SELECT about.call_id FROM entry JOIN event ON event.entry = entry.id"
        " LEFT JOIN entry AS about ON about.id = event.target WHERE entry.call_id = ?",
        (call_id,),
    ).fetchone()
    if row and row[0] is None:
        raise ValueError(f"the call {call_id} has logged something, so it cannot be one that undoes")
    return str(row[0]) if row else None


def _existing(database: sqlite3.Connection, person: str, call_id: str) -> str:
    if not _events(database, "call_id = ? AND person = ?", (call_id, person), most=1):
        raise NothingToUndoError("Nothing was logged for that person under that id.")
    return call_id


def _last(database: sqlite3.Connection, kind: Kind, person: str) -> str:
    """The call to undo, or to do again, when none was named."""
    if kind is Kind.VOID:
        found = "SELECT entry FROM standing WHERE person = ? ORDER BY entry DESC LIMIT 1"
    else:
        found = (
            "SELECT target FROM event WHERE person = ? AND kind = 'void' AND id ="
            " (SELECT max(id) FROM event AS about WHERE about.target = event.target) ORDER BY id DESC LIMIT 1"
        )
    row = database.execute(f"SELECT call_id FROM entry WHERE id = ({found})", (person,)).fetchone()
    if row is None:
        verb = "undo" if kind is Kind.VOID else "do again"
        raise NothingToUndoError(f"There is nothing to {verb} for that person.")
    return str(row[0])


def _totals(database: sqlite3.Connection, person: str, first: date, last: date) -> tuple[DayTotals, ...]:
    dates = (first + timedelta(days=number) for number in range((last - first).days + 1))
    days = {f"{day}": DayTotals(day) for day in dates}
    where = "WHERE person = ? AND day BETWEEN ? AND ?"
    sums = ", ".join(f"sum({name}), count({name})" for name in NUTRIENTS)
    for day, items, estimated, *cells in database.execute(
        f"SELECT day, count(*), sum(is_estimated), {sums}"
        f" FROM standing JOIN item ON item.event = standing.id {where} GROUP BY day",
        (person, f"{first}", f"{last}"),
    ):
        if day not in days:  # its text was damaged, and the index was not
            continue
        known = dict(zip(NUTRIENTS, zip(cells[::2], cells[1::2], strict=True), strict=True))
        eaten = Nutrients(**{name: amount or 0 for name, (amount, _) in known.items()})
        unknown = frozenset(name for name, (_, count) in known.items() if count < items)
        days[day] = DayTotals(days[day].day, eaten, items, estimated, unknown)
    for day, water_ml, net_kcal, credited_kcal in database.execute(
        "SELECT day, total(json_extract(fact, '$.ml')), total(json_extract(fact, '$.net_kcal')),"
        f" total(json_extract(fact, '$.credited_kcal')) FROM standing {where}"
        f" AND kind IN ('{Kind.WATER}', '{Kind.ACTIVITY}') GROUP BY day",
        (person, f"{first}", f"{last}"),
    ):
        if day not in days:
            continue
        days[day] = replace(
            days[day],
            water_ml=water_ml,
            activity_net_kcal=net_kcal,
            activity_credited_kcal=credited_kcal,
        )
    return tuple(days.values())
