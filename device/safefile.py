"""Small private files that are replaced whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

MOST_BYTES = 1_000_000
PRIVATE = 0o600


def read(path: Path) -> bytes:
    """The file, or its first megabyte: what is longer is not ours, and cut off it is not JSON either.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    with path.open("rb") as file:
        return file.read(MOST_BYTES)


def replace(path: Path, content: bytes) -> None:
    """Write beside the file, then put that in its place; a crash in between leaves the file as it was.

    When it returns, the content outlasts a power cut. It waits for the disk.

    Raises:
        OSError: the disk does not take it; the file is as it was.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        _write(beside, content)
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _write(path: Path, content: bytes) -> None:
    # A crash or a stranger may have left a file of that name, which others may read.
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
