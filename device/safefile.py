"""Small private files that are replaced whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import threading
from pathlib import Path

logger = logging.getLogger(__name__)

MOST_BYTES = 1_000_000
PRIVATE = 0o600
DAMAGED = ".damaged"


class KeptFile:
    """A file that is written whenever something changes; whoever writes is never told of a disk that fails.

    What the disk did not take is kept, to be tried again; `trouble` says so meanwhile. For any thread.
    """

    def __init__(self, path: Path, name: str) -> None:
        """name: of what is kept, as the journal calls it."""
        self.path = path
        self._name = name
        self._writing = threading.Lock()
        self._unwritten: bytes | None = None
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """What is wrong and what a person can do about it; None: nothing."""
        return self._trouble

    def write(self, content: bytes) -> bool:
        """Replace the file, so that it outlasts a power cut; whether the disk took it, for which it waits."""
        with self._writing:
            return self._write(content)

    def try_again(self) -> None:
        """Write what could not be written before, if there is any. It waits for the disk."""
        with self._writing:
            if self._unwritten is not None:
                self._write(self._unwritten)

    def _write(self, content: bytes) -> bool:
        has_failed_before = self._unwritten is not None
        try:
            replace(self.path, content)
        except OSError as error:
            remedy = remedy_for(error)
            self._unwritten = content
            self._trouble = f"{self.path} cannot be written ({error.strerror}). {remedy}"
            # The first failure is news; its repetitions would only bury it.
            level = logging.DEBUG if has_failed_before else logging.WARNING
            message = "%s_unwritten path=%s reason=%r remedy=%r"
            logger.log(level, message, self._name, self.path, error.strerror, remedy)
            return False
        if has_failed_before:
            logger.info("%s_written path=%s", self._name, self.path)
        self._unwritten = self._trouble = None
        return True


def remedy_for(error: OSError) -> str:
    """What a person can do about a file that the system refuses to write or to read."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "Make room on the disk."
        case errno.EROFS:
            return "Look at the memory card: a worn one turns read-only."
        case errno.EACCES | errno.EPERM:
            return "Give its directory to the user that runs Ladle."
        case _:
            return "Look at that path, and at the disk or memory card it is on."


def read(path: Path) -> bytes:
    """The file, or its first megabyte: what is longer is not ours, and cut off it is not JSON either.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        return file.read(MOST_BYTES)


def _open_at_once(path: str, flags: int) -> int:
    """A pipe in the place of the file would be waited for until somebody writes into it."""
    return os.open(path, flags | os.O_NONBLOCK)


def replace(path: Path, content: bytes) -> None:
    """Write beside the file, then put that in its place; a crash in between leaves the file as it was.

    When it returns, the content outlasts a power cut. It waits for the disk.

    Raises:
        OSError: the disk does not take it; the file is as it was.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        for place in (beside, path):
            _move_directory_away(place)
        _write(beside, content)
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    sync(path.parent)


def make_directory(path: Path) -> None:
    """Make it for its owner alone, if it is not there, so that it outlasts a power cut.

    Raises:
        OSError: it cannot be made.
    """
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync(path.parent)


def _move_directory_away(path: Path) -> None:
    """A disk that was repaired may have a directory where the file was, which no file can replace."""
    if path.is_dir() and not path.is_symlink():
        path.rename(path.with_name(path.name + DAMAGED))


def _write(path: Path, content: bytes) -> None:
    # A crash or a stranger may have left a file of that name, which others may read.
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a directory, outlast a power cut. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
