"""What the diary's entries and events are as rows of its database, on their way in and on their way out."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from device.nutrition.days import Moment
from device.nutrition.events import (
    NUTRIENTS,
    Fact,
    FoodEaten,
    FoodItem,
    Kind,
    Nutrients,
    Redo,
    Void,
    kind_of,
    read,
    written,
)
from device.nutrition.records import DayTotals, Entry, Event, NothingToUndoError, TimeTrust

logger = logging.getLogger(__name__)

ITEM_COLUMNS = ("name", "food_id", "grams", "quantity", "unit", "is_estimated", *NUTRIENTS)
MOMENT_COLUMNS = ("utc", "zone", "offset_s", "day_start", "day")


# ------------------------------------------------------------------------------------------- rows in


def utc_text(at: datetime) -> str:
    """An instant so that the order of the texts is the order of time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def instant(text: str) -> datetime:
    """The instant that `utc_text` wrote.

    Raises:
        ValueError: the text was damaged.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} says no zone, so it was damaged")
    return at


def _moment_row(moment: Moment) -> tuple[object, ...]:
    offset_s = moment.offset // timedelta(seconds=1)
    return utc_text(moment.utc), moment.zone, offset_s, moment.day_start.isoformat(), f"{moment.day}"


def add_event(database: sqlite3.Connection, entry_id: int, person: str, fact: Fact, moment: Moment) -> None:
    """Keep an event of an entry, and the foods of it."""
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


def mend_entry(database: sqlite3.Connection, entry_id: int, recorded: datetime, true_time: datetime) -> None:
    """Put right the times of an entry and its events, recorded at `true_time` and not at `recorded`.

    Raises:
        ValueError, OverflowError: the times of an event were damaged; the entry is left as it was.
    """
    columns = ", ".join(MOMENT_COLUMNS)
    assignments = ", ".join(f"{column} = ?" for column in MOMENT_COLUMNS)
    rows = database.execute(f"SELECT {columns}, id FROM event WHERE entry = ?", (entry_id,)).fetchall()
    mended = [(*_moment_row(_moment(row).mended(recorded, true_time)), event_id) for *row, event_id in rows]
    database.execute(
        "UPDATE entry SET trust = 'mended', recorded = ? WHERE id = ?", (utc_text(true_time), entry_id)
    )
    database.executemany(f"UPDATE event SET {assignments} WHERE id = ?", mended)


# ------------------------------------------------------------------------------------------ rows out


def local_text(utc: str, offset_s: int) -> str | None:
    """The wall time of an instant, None where that can no longer be read."""
    try:
        return f"{datetime.fromisoformat(utc) + timedelta(seconds=offset_s):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError):
        return None


def _moment(row: Sequence[Any]) -> Moment:
    utc, zone, offset_s, day_start, day = row
    return Moment(
        instant(utc),
        zone,
        timedelta(seconds=offset_s),
        time.fromisoformat(day_start),
        date.fromisoformat(day),
    )


def events_where(
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
        except (ValueError, OverflowError):
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


def entry_of(database: sqlite3.Connection, call_id: str) -> Entry | None:
    """What that call logged; None: nothing."""
    if not database.execute("SELECT 1 FROM entry WHERE call_id = ?", (call_id,)).fetchone():
        return None
    return Entry(call_id, events_where(database, "call_id = ?", (call_id,), order="judged.id"))


def stored_entry(database: sqlite3.Connection, call_id: str) -> Entry:
    """What that call logged, which is known to be there."""
    entry = entry_of(database, call_id)
    assert entry is not None, f"the entry {call_id} was there a moment ago"
    return entry


def target_of(database: sqlite3.Connection, call_id: str) -> str | None:
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


def existing_call(database: sqlite3.Connection, person: str, call_id: str) -> str:
    """That call, if it logged something of that person.

    Raises:
        NothingToUndoError: it did not.
    """
    if not events_where(database, "call_id = ? AND person = ?", (call_id, person), most=1):
        raise NothingToUndoError("Nothing was logged for that person under that id.")
    return call_id


def last_call(database: sqlite3.Connection, kind: Kind, person: str) -> str:
    """The call to undo, or to do again, when none was named.

    Raises:
        NothingToUndoError: there is none.
    """
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


def totals_of(database: sqlite3.Connection, person: str, first: date, last: date) -> tuple[DayTotals, ...]:
    """What counts for each day from `first` to `last`, the empty ones too."""
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
