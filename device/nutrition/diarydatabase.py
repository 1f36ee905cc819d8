"""The database of the diary, and its files: connections, versions, damage, and putting files in place."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from device.nutrition.records import APPLICATION_ID, MIGRATIONS, DiaryUnavailableError, Trouble, trouble_of
from device.safefile import sync

BUSY_TIMEOUT_S = 5.0
BEFORE_USE = """
    PRAGMA foreign_keys = ON;
    PRAGMA synchronous = FULL;
    PRAGMA temp_store = MEMORY;
"""


# ------------------------------------------------------------------------------------ the database


def connect(path: Path, mode: str = "mode=rw") -> sqlite3.Connection:
    """A connection that waits for others, `mode` as in a URI of SQLite; only for a file that is there."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = _text  # one letter that was damaged must not make a whole day unreadable
    try:
        connection.executescript(BEFORE_USE)
        _version_of(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _text(stored: bytes) -> str:
    return stored.decode(errors="replace")


def connect_to_write(path: Path) -> sqlite3.Connection:
    """A connection to a diary of this version, which is made of an older one."""
    connection = connect(path)
    try:
        path.chmod(0o600)
        connection.execute("PRAGMA journal_mode = WAL")
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that only reads, also where nothing can be made beside the file.

    Raises:
        DiaryUnavailableError: it is not there, or not of this version.
    """
    if not path.exists():
        raise DiaryUnavailableError(Trouble.MISSING, path.parent)
    try:
        connection = connect(path, "mode=ro")
    except sqlite3.OperationalError:
        if size_of(beside_name(path, "-wal")):
            raise
        # Nothing can be made beside it, and nothing needs to be: the file holds all, and nobody changes it.
        connection = connect(path, "mode=ro&immutable=1")
    if _version_of(connection) != len(MIGRATIONS):
        connection.close()
        raise DiaryUnavailableError(Trouble.NEWER, path.parent)
    return connection


@contextlib.contextmanager
def held_for_use(lock: threading.RLock, directory: Path) -> Iterator[None]:
    """Hold the lock of a diary in that directory, for which threads wait as long as for other programs.

    Raises:
        DiaryUnavailableError: another thread holds it for too long, as it waits itself.
    """
    if not lock.acquire(timeout=BUSY_TIMEOUT_S):
        raise DiaryUnavailableError(Trouble.BUSY, directory)
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction, rolled back if the block raises."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@contextlib.contextmanager
def part_of_transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A part of a transaction, which goes on without it if the block raises."""
    connection.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk ends the whole of it
            connection.execute("ROLLBACK TO part")
        raise
    connection.execute("RELEASE part")


def _version_of(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = _version_of(connection)
    if version > len(MIGRATIONS):
        raise DiaryUnavailableError(Trouble.NEWER, path.parent)
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")


def fill_new(path: Path) -> None:
    """Make a diary with nothing in it."""
    make_empty(path)
    with contextlib.closing(connect(path)) as connection:
        _migrate(connection, path)


def quickly_checked(connection: sqlite3.Connection) -> str:
    """`ok`, or what is wrong with the database in SQLite's words."""
    found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    return found


def damage_in(path: Path, thorough: bool) -> str | None:
    """What is wrong with a database, in SQLite's words; None: nothing, it is a sound diary."""
    try:
        with contextlib.closing(connect(path)) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                return "it is not a diary of Ladle"
            found = quickly_checked(connection)
            if thorough or found != "ok":
                found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found == "ok" and _columns_of(connection) != _columns_of_version(_version_of(connection)):
                found = "its tables are not those of a diary"
            return None if found == "ok" else found
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if trouble_of(error, path.parent) is Trouble.DAMAGED:
            return str(error)
        raise


def _columns_of(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Every column of every table and view."""
    rows = connection.execute(
        "SELECT part.name, field.name FROM sqlite_schema AS part, pragma_table_info(part.name) AS field"
        " WHERE part.type IN ('table', 'view') AND part.name NOT LIKE 'sqlite%'"
    )
    return set(rows.fetchall())


def _columns_of_version(version: int) -> set[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for script in MIGRATIONS[:version]:
            connection.executescript(script)
        return _columns_of(connection)


def extent_of(connection: sqlite3.Connection) -> object:
    """What differs when something has come to the diary or a time was mended."""
    return connection.execute(
        "SELECT (SELECT max(id) FROM entry), (SELECT count(*) FROM entry WHERE trust = 'uncertain')"
    ).fetchone()


def entries_in(connection: sqlite3.Connection) -> tuple[int, datetime | None]:
    """How many entries there are, and when the last of them was recorded; None: there is none."""
    count, last = connection.execute("SELECT count(*), max(recorded) FROM entry").fetchone()
    return count, datetime.fromisoformat(last) if last else None


def last_entry_id(path: Path) -> int:
    """The number of the last entry, which only ever grows; 0: there is none."""
    with contextlib.closing(connect(path)) as connection:
        last: int = connection.execute("SELECT coalesce(max(id), 0) FROM entry").fetchone()[0]
    return last


def last_recorded(path: Path) -> datetime | None:
    """When the last entry was recorded; None: there is none."""
    with contextlib.closing(connect(path)) as connection:
        row = connection.execute("SELECT recorded FROM entry ORDER BY id DESC LIMIT 1").fetchone()
    return datetime.fromisoformat(row[0]) if row else None


# ---------------------------------------------------------------------------------------- the files


def beside_name(path: Path, ending: str) -> Path:
    """The name of a file that lies beside another: that one's name and an ending."""
    return path.with_name(path.name + ending)


def size_of(path: Path) -> int:
    """In bytes; 0 where it is not there."""
    return path.stat().st_size if path.exists() else 0


def identity(path: Path) -> tuple[int, int] | None:
    """Which file lies there, so that one put in its place is not taken for it."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def make_empty(path: Path) -> None:
    """Make a file that only its owner may read, in place of what lay there."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def put_in_place(part: Path, path: Path) -> None:
    """Rename a finished file, so that after a power cut either it is there whole or it is not there."""
    sync(part)
    part.replace(path)
    sync(path.parent)


def set_aside(path: Path, now: datetime) -> Path | None:
    """Give a diary and its write-ahead log other names; where they lie now, None if there were none."""
    stem = f"diary.damaged-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    count = len(list(path.parent.glob(f"{stem}*.sqlite3")))
    kept = path.with_name(f"{stem}-{count + 1}.sqlite3" if count else f"{stem}.sqlite3")
    beside_name(path, "-shm").unlink(missing_ok=True)
    # The log goes last: after a power cut in between, a log without a diary is found and set aside too.
    for ending in ("", "-wal"):
        if beside_name(path, ending).exists():
            beside_name(path, ending).rename(beside_name(kept, ending))
    return kept if kept.exists() else None


@contextlib.contextmanager
def removed_on_failure(part: Path) -> Iterator[None]:
    """The unfinished file is gone if the block raises."""
    try:
        yield
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def one_process_at_a_time(directory: Path) -> Iterator[None]:
    """Two processes do not make or mend the diary at the same time."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
