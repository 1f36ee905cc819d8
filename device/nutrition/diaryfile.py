"""The file of the diary: opened, checked, backed up daily, and restored when it is damaged.

What is committed is on the disk when `writing` ends. A file that fails its check is kept beside it, and the
good backup with the newest entry takes its place. While the disk is full or read-only, reading goes on where
it can, writing raises DiaryUnavailableError, and both work again by themselves once the disk does.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from device.errors import LadleError
from device.nutrition.diarydatabase import (
    beside_name,
    connect,
    connect_to_read,
    connect_to_write,
    damage_in,
    extent_of,
    fill_new,
    held_for_use,
    identity,
    last_entry_id,
    last_recorded,
    make_empty,
    one_process_at_a_time,
    part_of_transaction,
    put_in_place,
    removed_on_failure,
    set_aside,
    size_of,
    transaction,
)
from device.nutrition.records import MIGRATIONS, DiaryUnavailableError, Repair, Trouble, trouble_of
from device.safefile import make_directory

DIARY_NAME = "diary.sqlite3"
BACKUP_PATTERN = "diary-????-??-??.sqlite3"
BACKUPS_KEPT = 7
LET_GO_WITHIN_S = 0.5


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
        with held_for_use(self._lock, self.directory), self._troubles():
            self._usable()

    def close(self) -> None:
        """Let go of the file; it is opened again when it is used.

        A thread that holds it for long, as to check it, keeps it: nobody waits for that at the end.
        """
        if self._lock.acquire(timeout=LET_GO_WITHIN_S):
            try:
                self._drop()
            finally:
                self._lock.release()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is on the disk when the block ends, or nothing is if it raises.

        Inside another of the same thread it is a part of that one, which may go on without it if it raises.

        Raises:
            DiaryUnavailableError: nothing was written.
        """
        with held_for_use(self._lock, self.directory), self._troubles(is_part=self._depth > 0):
            connection = self._usable()
            scope = part_of_transaction(connection) if self._depth else transaction(connection)
            self._depth += 1
            try:
                with scope:
                    yield connection
            finally:
                self._depth -= 1

    def try_writing(self) -> None:
        """Write what changes nothing.

        Raises:
            DiaryUnavailableError: nothing can be written at the moment.
        """
        with self.writing() as database:
            database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The database to read from; a `writing` of the same thread is seen already.

        Raises:
            DiaryUnavailableError: it cannot be read.
        """
        with (
            held_for_use(self._lock, self.directory),
            self._troubles(is_part=self._depth > 0),
            contextlib.ExitStack() as held,
        ):
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
        with self._troubles(), contextlib.closing(connect_to_read(self.path)) as connection:
            yield connection

    def back_up(self, today: date) -> Path | None:
        """Make the backup of the day; None: there is one, or nothing has changed since the last.

        Nobody is kept from logging meanwhile.

        Raises:
            DiaryUnavailableError: the backup could not be written, or the diary not be read.
        """
        target = self.backups / f"diary-{today:%Y-%m-%d}.sqlite3"
        with self._troubles():
            make_directory(self.backups)
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
        with self._troubles(), removed_on_failure(part):
            make_empty(part)
            with self.beside() as connection:
                connection.execute("VACUUM INTO ?", (str(part),))
            if damage := damage_in(part, thorough=True):
                self._suspect()
                raise DiaryUnavailableError(Trouble.DAMAGED, self.directory, damage)
            put_in_place(part, target)

    # ----------------------------------------------------------------------------------- opening

    def _usable(self) -> sqlite3.Connection:
        if self._connection and self._depth:
            return self._connection
        is_another = identity(self.path) != self._opened_file
        if self._connection is None or self._is_stale or is_another:
            self._drop()
            self._is_checked = self._is_checked and not is_another
            self._connection = self._opened() if self._is_owner else connect_to_read(self.path)
            self._opened_file = identity(self.path)
            self._is_stale = False
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _opened(self) -> sqlite3.Connection:
        make_directory(self.directory)
        with one_process_at_a_time(self.directory):
            if not self._is_checked or not self.path.exists():
                self._make_sound()
                self._is_checked = True
            return connect_to_write(self.path)

    def _make_sound(self) -> None:
        log = beside_name(self.path, "-wal")
        if not self.path.exists() and not log.exists() and not self._backups_newest_first():
            part = beside_name(self.path, ".new")
            fill_new(part)
            put_in_place(part, self.path)
            return
        written = [part.stat().st_mtime for part in (self.path, log) if part.exists()]
        thorough = self._is_suspect or size_of(log) > 0  # a log is left when it ended without being closed
        damage = damage_in(self.path, thorough) if self.path.exists() else "the file is missing"
        if damage:
            lost_until = datetime.fromtimestamp(max(written), UTC) if written else self._now()
            self.repairs += (self._repaired(damage, lost_until),)
        self._is_suspect = False

    def _repaired(self, damage: str, lost_until: datetime) -> Repair:
        part = beside_name(self.path, ".new")
        good = [one for one in self._backups_newest_first() if not damage_in(one, thorough=True)]
        # Not the date in the name: a clock that was wrong once would make its backup the newest for ever.
        restored_from = max(good, key=last_entry_id, default=None)
        if restored_from:
            make_empty(part)
            shutil.copyfile(restored_from, part)
        else:
            fill_new(part)
        lost_from = last_recorded(part)
        kept_as = set_aside(self.path, self._now())
        put_in_place(part, self.path)
        return Repair(damage, kept_as, restored_from, lost_from, lost_until)

    def _backups_newest_first(self) -> list[Path]:
        return sorted(self.backups.glob(BACKUP_PATTERN), reverse=True)

    def _holds_all(self, backup: Path) -> bool:
        """Whether nothing has come to the diary, and no time was mended, since that backup."""
        with self.beside() as live:
            extent = extent_of(live)
        with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(connect(backup)) as copy:
            return extent_of(copy) == extent
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
