"""Where Ladle keeps its state: the directory, the small files in it, and the disk below."""

from __future__ import annotations

import errno
import json
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from device import safefile
from device.doctor.finding import Finding, failed, passed, warned
from device.live.statefile import SESSION_FILE
from device.service.switches import SWITCHES_FILE

STATE = "state"
DISK = "disk"
MIB = 2**20
LITTLE_MIB, TOO_LITTLE_MIB = 500, 50
MAKE_ROOM = "See what fills it: sudo du -xh / | sort -h | tail. sudo apt-get clean makes some room at once."
WORN = "Look at the memory card: a worn one turns read-only. See: dmesg | grep -i -e mmc -e ext4"
MEANT_BY = {
    SWITCHES_FILE: "Ladle starts muted, and writes it anew when you unmute it: ladle unmute",
    SESSION_FILE: "Ladle begins a fresh session, and writes it anew; nothing else is lost.",
}


def check_state(state: Path) -> Iterator[Finding]:
    """Whether this user can keep something there, and nobody else reads it."""
    if not _exists(state):
        yield passed(STATE, f"There is no {state} yet; Ladle makes it when it starts.")
        return
    yield _written(state)
    for name, meaning in MEANT_BY.items():
        yield from _small_file(state / name, meaning)


def check_disk(
    state: Path, usage: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
) -> Finding:
    """How much room there is; usage: gives the bytes that are free."""
    free_mib = usage(_nearest(state)) // MIB
    found = f"{free_mib:,} MiB free for {state}."
    if free_mib < TOO_LITTLE_MIB:
        return failed(DISK, f"{found} The diary can soon not be written.", MAKE_ROOM)
    if free_mib < LITTLE_MIB:
        return warned(DISK, f"{found} That is little.", MAKE_ROOM)
    return passed(DISK, found)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return True  # and writing into it will say so


def _written(state: Path) -> Finding:
    """Write something that has no name, so that nothing of it is left."""
    user = _name_of(os.geteuid())
    try:
        with tempfile.TemporaryFile(dir=state) as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        status = state.stat()
    except OSError as error:
        found = f"{state} cannot be written by {user}: {error.strerror or error}."
        if error.errno in (errno.EROFS, errno.EIO):
            return failed(STATE, found, WORN)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return failed(STATE, found, MAKE_ROOM)
        return failed(STATE, found, f"Run: sudo chown -R {user}: {state}")
    if stat.S_IMODE(status.st_mode) & 0o077:
        return warned(
            STATE, f"Others can look into {state}, which is private.", f"Run: sudo chmod 700 {state}"
        )
    if status.st_uid != os.geteuid():
        owner = _name_of(status.st_uid)
        return warned(
            STATE,
            f"{state} belongs to {owner}, and Ladle runs as {user}.",
            f"Run: sudo chown -R {user}: {state}",
        )
    return passed(STATE, f"{state} can be written by {user}, and is read by nobody else.")


def _small_file(path: Path, meaning: str) -> Iterator[Finding]:
    try:
        content = json.loads(safefile.read(path))
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return
    except OSError as error:
        yield failed(
            STATE,
            f"{path} cannot be read: {error.strerror or error}.",
            f"Run: sudo chown {_name_of(os.geteuid())}: {path}",
        )
        return
    except ValueError:
        content, mode = None, 0
    if not isinstance(content, dict):
        yield warned(STATE, f"{path} is damaged.", meaning)
    elif mode & 0o077:
        yield warned(STATE, f"Others can read {path}.", f"Run: sudo chmod 600 {path}")


def _nearest(path: Path) -> Path:
    """The path, or the first above it that is there."""
    return next(place for place in (path, *path.absolute().parents) if place.exists())


def _name_of(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
