"""What the diary answers when it is asked, what can be wrong with it, and the tables that hold it."""

from __future__ import annotations

import errno
import os
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from pathlib import Path

from device.errors import LadleError, UnavailableError
from device.nutrition.days import Moment
from device.nutrition.events import NUTRIENTS, Fact, Kind, Nutrients, kind_of

NOTHING_EATEN = Nutrients(*([0.0] * len(NUTRIENTS)))


class TimeTrust(StrEnum):
    """Whether the time of an entry is right. MENDED: the clock was not set then; the time was put right."""

    CERTAIN = "certain"
    UNCERTAIN = "uncertain"
    MENDED = "mended"


@dataclass(frozen=True, slots=True)
class Event:
    """A fact of the diary. call_id: of the call that logged it, and what to undo it by."""

    call_id: str
    person: str
    fact: Fact
    moment: Moment
    trust: TimeTrust
    is_void: bool

    @property
    def kind(self) -> Kind:
        """What sort of event it is."""
        return kind_of(self.fact)


@dataclass(frozen=True, slots=True)
class Entry:
    """All that one call logged: made together, undone together."""

    call_id: str
    events: tuple[Event, ...]

    @property
    def is_void(self) -> bool:
        """Whether it was undone and does not count."""
        return any(event.is_void for event in self.events)


@dataclass(frozen=True, slots=True)
class Logged:
    """is_repeat: the entry was there before; the same call had been made already."""

    entry: Entry
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """What was undone, or done again.

    has_changed: False where it had been so before; is_repeat: the same call had been made already.
    """

    entry: Entry
    has_changed: bool
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class DayTotals:
    """What counts for one day of one person.

    eaten: sums of what is known; unknown: the nutrients that are not known of every item, whose sums are
    therefore a least; estimated_items: how many of the `items` are guesses; the rest in ml and kcal.
    """

    day: date
    eaten: Nutrients = NOTHING_EATEN
    items: int = 0
    estimated_items: int = 0
    unknown: frozenset[str] = frozenset()
    water_ml: float = 0
    activity_net_kcal: float = 0
    activity_credited_kcal: float = 0


@dataclass(frozen=True, slots=True)
class Weighing:
    """A weight in kg and when it was taken."""

    kg: float
    moment: Moment


@dataclass(frozen=True, slots=True)
class FoodHabit:
    """A food that a person has eaten: how often, when last, and how much of it then (as in FoodItem)."""

    food_id: str | None
    name: str
    times: int
    last_day: date
    grams: float | None
    quantity: float | None
    unit: str | None


# --------------------------------------------------------------------------------- what can be wrong


class NothingToUndoError(LadleError, LookupError):
    """There is nothing to undo, or nothing to do again."""


class Trouble(Enum):
    """Why the diary cannot be used, in words for a person; {where}: its directory, {why}: the error."""

    DISK_FULL = "The disk that holds the diary ({where}) is full. Make room on it and say it again."
    READ_ONLY = (
        "The diary in {where} cannot be written ({why}). Give that directory to the user that runs Ladle; if "
        "that user has it, look at the memory card: a worn one turns read-only."
    )
    BUSY = "Another program holds the diary in {where}. Say it again in a moment."
    DAMAGED = "The diary in {where} is damaged ({why}). Ladle restores its newest backup at the next use."
    NEWER = "The diary in {where} was made by another version of Ladle. Update Ladle, or start it once."
    MISSING = "There is no diary in {where} yet. Ladle makes it when it starts."
    UNREACHABLE = "The diary in {where} cannot be reached ({why}). Look at the disk or memory card it is on."


class DiaryUnavailableError(UnavailableError):
    """The diary cannot be read or written; what was to be logged is not in it."""

    def __init__(self, trouble: Trouble, where: Path, why: str = "") -> None:
        super().__init__(trouble.value.format(where=where, why=why))
        self.trouble = trouble


_OF_SQLITE = {
    sqlite3.SQLITE_FULL: Trouble.DISK_FULL,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_PERM: Trouble.READ_ONLY,
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
    sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
    sqlite3.SQLITE_IOERR: Trouble.UNREACHABLE,
    sqlite3.SQLITE_CANTOPEN: Trouble.UNREACHABLE,
}
_OF_SYSTEM = {
    errno.ENOSPC: Trouble.DISK_FULL,
    errno.EDQUOT: Trouble.DISK_FULL,
    errno.EROFS: Trouble.READ_ONLY,
    errno.EACCES: Trouble.READ_ONLY,
    errno.EPERM: Trouble.READ_ONLY,
}


def trouble_of(error: sqlite3.Error | OSError | UnicodeDecodeError, where: Path) -> Trouble | None:
    """What an error says of the disk or the file; None: it is a mistake in the program."""
    if isinstance(error, UnicodeDecodeError):  # SQLite quotes what is damaged, and Python cannot read it
        return Trouble.DAMAGED
    if isinstance(error, OSError):
        return _OF_SYSTEM.get(error.errno or 0, Trouble.UNREACHABLE)
    trouble = _OF_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    return _of_disk(where) or trouble if trouble is Trouble.UNREACHABLE else trouble


def _of_disk(where: Path) -> Trouble | None:
    """What is wrong with the whole disk; SQLite says no more than that it cannot read or write."""
    try:
        disk = os.statvfs(where)
    except OSError:
        return None
    if disk.f_flag & os.ST_RDONLY:
        return Trouble.READ_ONLY
    return None if disk.f_bavail else Trouble.DISK_FULL


@dataclass(frozen=True, slots=True)
class Repair:
    """The diary was damaged, and another took its place.

    damage: what was found, in the words of the database; kept_as: where the damaged file lies now, None where
    there was none; restored_from: the backup, None where there was no good one and the diary starts empty.
    What was logged after `lost_from` (None: from the beginning) until `lost_until` is lost; both in UTC.
    """

    damage: str
    kept_as: Path | None
    restored_from: Path | None
    lost_from: datetime | None
    lost_until: datetime

    def __str__(self) -> str:
        until = f"{self.lost_until:%d %B %Y %H:%M} UTC"
        if self.restored_from is None:
            lost = (
                f"There was no good backup, so the diary starts empty; what was logged until {until} is lost."
            )
        else:
            since = f"between {self.lost_from:%d %B %Y %H:%M} and" if self.lost_from else "until"
            lost = f"It was restored from {self.restored_from.name}; what was logged {since} {until} is lost."
        kept = f" The damaged file is kept as {self.kept_as}." if self.kept_as else ""
        return f"The diary was damaged ({self.damage}). {lost}{kept} Consider a new memory card."


# ------------------------------------------------------------------------------------- the tables

APPLICATION_ID = 0x4C61646C
"""Marks a database as a diary of Ladle."""

_VERSION_1 = f"""
PRAGMA application_id = {APPLICATION_ID};
CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL UNIQUE,
    recorded TEXT NOT NULL,
    trust TEXT NOT NULL CHECK (trust IN ('certain', 'uncertain', 'mended')),
    boot TEXT NOT NULL,
    since_boot_s REAL NOT NULL
) STRICT;
CREATE INDEX entry_to_mend ON entry (boot) WHERE trust = 'uncertain';
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    entry INTEGER NOT NULL REFERENCES entry (id),
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    utc TEXT NOT NULL,
    zone TEXT NOT NULL,
    offset_s INTEGER NOT NULL,
    day_start TEXT NOT NULL,
    day TEXT NOT NULL,
    fact TEXT NOT NULL CHECK (json_valid(fact)),
    target INTEGER REFERENCES entry (id),
    CHECK ((target IS NULL) = (kind NOT IN ('void', 'redo')))
) STRICT;
CREATE INDEX event_of_entry ON event (entry);
CREATE INDEX event_of_day ON event (person, day);
CREATE INDEX event_of_kind ON event (person, kind, entry);
CREATE INDEX event_of_kind_and_day ON event (person, kind, day, entry);
CREATE INDEX event_last ON event (person, entry) WHERE target IS NULL;
CREATE INDEX event_about ON event (target) WHERE target IS NOT NULL;
CREATE VIEW judged AS SELECT event.*, coalesce((
    SELECT about.kind = 'void' FROM event AS about
    WHERE about.target = event.entry ORDER BY about.id DESC LIMIT 1
), 0) AS is_void FROM event WHERE target IS NULL;
CREATE VIEW standing AS SELECT * FROM judged WHERE NOT is_void;
CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES event (id),
    name TEXT NOT NULL,
    food_id TEXT,
    grams REAL,
    quantity REAL,
    unit TEXT,
    is_estimated INTEGER NOT NULL,
    energy_kcal REAL,
    protein_g REAL,
    carbohydrate_g REAL,
    fat_g REAL,
    fibre_g REAL,
    sugars_g REAL,
    saturated_fat_g REAL,
    sodium_mg REAL,
    alcohol_g REAL
) STRICT;
CREATE INDEX item_of_event ON item (event);
CREATE TABLE timer (
    id INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    duration_s REAL NOT NULL,
    due TEXT NOT NULL,
    boot TEXT NOT NULL,
    due_since_boot_s REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'cancelled', 'rung')),
    ended TEXT
) STRICT;
"""

MIGRATIONS = (_VERSION_1,)
"""What brings a diary from one version of its tables to the next; never changed, only added to."""
