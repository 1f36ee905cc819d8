"""The file of the diary: opened, checked, backed up daily, and restored when it is damaged.

What is committed is on the disk when `writing` ends. A file that fails its check is kept beside it, and the
newest good backup takes its place. While the disk is full or read-only, reading goes on where it can, writing
raises DiaryUnavailableError, and both work again by themselves once the disk does.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from device.errors import LadleError
from device.nutrition.records import (
    APPLICATION_ID,
    MIGRATIONS,
    DiaryUnavailableError,
    Repair,
    Trouble,
    trouble_of,
)

DIARY_NAME = "diary.sqlite3"
BACKUP_PATTERN = "diary-????-??-??.sqlite3"
BACKUPS_KEPT = 7
BUSY_TIMEOUT_S = 5.0
BEFORE_USE = """
    PRAGMA foreign_keys = ON;
    PRAGMA synchronous = FULL;
    PRAGMA temp_store = MEMORY;
"""


class DiaryFile:
    """The diary's database; safe to use from several threads, and beside other processes."""

    def __init__(
        self, directory: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC), *, owner: bool = True
    ) -> None:
        """directory: made if it is not there; owner: makes, mends and backs up the file, others only read."""
        self.directory = directory
        self.path = directory / DIARY_NAME
        self.backups = directory / "backups"
        self.repairs: tuple[Repair, ...] = ()
        self._now = now
        self._is_owner = owner
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._opened_file: tuple[int, int] | None = None
        self._is_checked = False
        self._is_suspect = False
        self._is_stale = False
        self._depth = 0

    def open(self) -> None:
        """Open and check the diary now rather than when it is first used; this may take seconds.

        Raises:
            DiaryUnavailableError: it cannot be read or written. It is tried again at every use.
        """
        with self._lock, self._troubles():
            self._usable()

    def close(self) -> None:
        """Let go of the file; it is opened again when it is used."""
        with self._lock:
            self._drop()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is on the disk when the block ends, or nothing is if it raises.

        Inside another of the same thread it is a part of that one, which may go on without it if it raises.

        Raises:
            DiaryUnavailableError: nothing was written.
        """
        with self._lock, self._troubles(is_part=self._depth > 0):
            connection = self._usable()
            transaction = _part_of_transaction if self._depth else _transaction
            self._depth += 1
            try:
                with transaction(connection):
                    yield connection
            finally:
                self._depth -= 1

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The database to read from; a `writing` of the same thread is seen already.

        Raises:
            DiaryUnavailableError: it cannot be read.
        """
        with self._lock, self._troubles(is_part=self._depth > 0), contextlib.ExitStack() as held:
            try:
                connection = self._usable()
            except (sqlite3.OperationalError, OSError) as error:
                if isinstance(error, LadleError) or not self.path.exists():
                    raise
                connection = held.enter_context(self.beside())
            yield connection

    @contextlib.contextmanager
    def beside(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own for a long read, which keeps nobody from writing.

        Raises:
            DiaryUnavailableError: it cannot be read.
        """
        with self._troubles(), contextlib.closing(_connect_to_read(self.path)) as connection:
            yield connection

    def back_up(self, today: date) -> Path | None:
        """Make the backup of the day; None: there is one, or nothing has changed since the last.

        Nobody is kept from logging meanwhile.

        Raises:
            DiaryUnavailableError: the backup could not be written, or the diary not be read.
        """
        target = self.backups / f"diary-{today:%Y-%m-%d}.sqlite3"
        with self._troubles():
            self.backups.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept = self._backups_newest_first()
            if target in kept or (kept and self._holds_all(kept[0])):
                return None
            self.copy_to(target)
            unfinished = list(self.backups.glob(f"{BACKUP_PATTERN}.part"))
            for old in self._backups_newest_first()[BACKUPS_KEPT:] + unfinished:
                old.unlink()
        return target

    def copy_to(self, target: Path) -> None:
        """Write a copy of the diary as it is now; it is there whole or not at all.

        Raises:
            DiaryUnavailableError: the copy could not be written, or the diary not be read.
        """
        part = target.with_name(f"{target.name}.part")
        with self._troubles(), _removed_on_failure(part):
            _make_empty(part)
            with self.beside() as connection:
                connection.execute("VACUUM INTO ?", (str(part),))
            if damage := _damage_in(part, thorough=True):
                self._suspect()
                raise DiaryUnavailableError(Trouble.DAMAGED, self.directory, damage)
            _put_in_place(part, target)

    # ----------------------------------------------------------------------------------- opening

    def _usable(self) -> sqlite3.Connection:
        if self._connection and self._depth:
            return self._connection
        is_another = _identity(self.path) != self._opened_file
        if self._connection is None or self._is_stale or is_another:
            self._drop()
            self._is_checked = self._is_checked and not is_another
            self._connection = self._opened() if self._is_owner else _connect_to_read(self.path)
            self._opened_file = _identity(self.path)
            self._is_stale = False
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _opened(self) -> sqlite3.Connection:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _one_process_at_a_time(self.directory):
            if not self._is_checked or not self.path.exists():
                self._make_sound()
                self._is_checked = True
            return _connect_to_write(self.path)

    def _make_sound(self) -> None:
        log = _beside_name(self.path, "-wal")
        if not self.path.exists() and not log.exists() and not self._backups_newest_first():
            part = _beside_name(self.path, ".new")
            _fill_new(part)
            _put_in_place(part, self.path)
            return
        written = [part.stat().st_mtime for part in (self.path, log) if part.exists()]
        thorough = self._is_suspect or _size_of(log) > 0  # a log is left when it ended without being closed
        damage = _damage_in(self.path, thorough) if self.path.exists() else "the file is missing"
        if damage:
            lost_until = datetime.fromtimestamp(max(written), UTC) if written else self._now()
            self.repairs += (self._repaired(damage, lost_until),)
        self._is_suspect = False

    def _repaired(self, damage: str, lost_until: datetime) -> Repair:
        part = _beside_name(self.path, ".new")
        good = (one for one in self._backups_newest_first() if not _damage_in(one, thorough=True))
        restored_from = next(good, None)
        if restored_from:
            _make_empty(part)
            shutil.copyfile(restored_from, part)
        else:
            _fill_new(part)
        lost_from = _last_recorded(part)
        kept_as = _set_aside(self.path, self._now())
        _put_in_place(part, self.path)
        return Repair(damage, kept_as, restored_from, lost_from, lost_until)

    def _backups_newest_first(self) -> list[Path]:
        return sorted(self.backups.glob(BACKUP_PATTERN), reverse=True)

    def _holds_all(self, backup: Path) -> bool:
        """Whether nothing has come to the diary, and no time was mended, since that backup."""
        with self.beside() as live:
            extent = _extent_of(live)
        with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(_connect(backup)) as copy:
            return _extent_of(copy) == extent
        return False

    # ----------------------------------------------------------------------------------- troubles

    @contextlib.contextmanager
    def _troubles(self, *, is_part: bool = False) -> Iterator[None]:
        """Tells the errors of the database and of the disk as one that people understand.

        is_part: of a transaction that is not over; whoever began it does the telling.
        """
        try:
            yield
        except LadleError:
            raise
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            trouble = trouble_of(error, self.directory)
            if trouble is None or is_part:
                raise
            # A connection that met a full disk can still read; a new one could not even be opened.
            self._is_stale = self._is_stale or trouble not in (Trouble.DISK_FULL, Trouble.BUSY)
            if trouble is Trouble.DAMAGED:
                self._suspect()
            raise DiaryUnavailableError(trouble, self.directory, str(error)) from error

    def _suspect(self) -> None:
        """Have the diary checked thoroughly at its next use."""
        self._is_stale = self._is_suspect = True
        self._is_checked = False


# ------------------------------------------------------------------------------------ the database


def _connect(path: Path, mode: str = "mode=rw") -> sqlite3.Connection:
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


def _connect_to_write(path: Path) -> sqlite3.Connection:
    connection = _connect(path)
    try:
        path.chmod(0o600)
        connection.execute("PRAGMA journal_mode = WAL")
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_to_read(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise DiaryUnavailableError(Trouble.MISSING, path.parent)
    try:
        connection = _connect(path, "mode=ro")
    except sqlite3.OperationalError:
        if _size_of(_beside_name(path, "-wal")):
            raise
        # Nothing can be made beside it, and nothing needs to be: the file holds all, and nobody changes it.
        connection = _connect(path, "mode=ro&immutable=1")
    if _version_of(connection) != len(MIGRATIONS):
        connection.close()
        raise DiaryUnavailableError(Trouble.NEWER, path.parent)
    return connection


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@contextlib.contextmanager
def _part_of_transaction(connection: sqlite3.Connection) -> Iterator[None]:
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


def _fill_new(path: Path) -> None:
    """Make a diary with nothing in it."""
    _make_empty(path)
    with contextlib.closing(_connect(path)) as connection:
        _migrate(connection, path)


def _damage_in(path: Path, thorough: bool) -> str | None:
    """What is wrong with a database, in SQLite's words; None: nothing, it is a sound diary."""
    try:
        with contextlib.closing(_connect(path)) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                return "it is not a diary of Ladle"
            found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
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


def _extent_of(connection: sqlite3.Connection) -> object:
    return connection.execute(
        "SELECT (SELECT max(id) FROM entry), (SELECT count(*) FROM entry WHERE trust = 'uncertain')"
    ).fetchone()


def _last_recorded(path: Path) -> datetime | None:
    with contextlib.closing(_connect(path)) as connection:
        row = connection.execute("SELECT recorded FROM entry ORDER BY id DESC LIMIT 1").fetchone()
    return datetime.fromisoformat(row[0]) if row else None


# ---------------------------------------------------------------------------------------- the files


def _beside_name(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies there, so that one put in its place is not taken for it."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _make_empty(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _put_in_place(part: Path, path: Path) -> None:
    """Rename a finished file, so that after a power cut either it is there whole or it is not there."""
    _sync(part)
    part.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _set_aside(path: Path, now: datetime) -> Path | None:
    """Give a diary and its write-ahead log other names; where they lie now, None if there were none."""
    stem = f"diary.damaged-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    count = len(list(path.parent.glob(f"{stem}*.sqlite3")))
    kept = path.with_name(f"{stem}-{count + 1}.sqlite3" if count else f"{stem}.sqlite3")
    _beside_name(path, "-shm").unlink(missing_ok=True)
    # The log goes last: after a power cut in between, a log without a diary is found and set aside too.
    for ending in ("", "-wal"):
        if _beside_name(path, ending).exists():
            _beside_name(path, ending).rename(_beside_name(kept, ending))
    return kept if kept.exists() else None


@contextlib.contextmanager
def _removed_on_failure(part: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _one_process_at_a_time(directory: Path) -> Iterator[None]:
    """Two processes do not make or mend the diary at the same time."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
