"""One daemon at a time: two of them would answer each other, write the same diary and share one session.

What is held here the kernel lets go of when the process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from device.errors import UnavailableError
from device.safefile import make_directory, remedy_for
from device.service.peer import credentials_of

logger = logging.getLogger(__name__)

LOCK_NAME = "daemon.lock"
LONGEST_PID = 20
GOOGLE = "https://generativelanguage.googleapis.com"
HTTPS_PORT = 443


@contextlib.contextmanager
def hold_instance(state: Path, endpoint: str | None) -> Iterator[None]:
    """Be the only daemon with this state directory, and the only one on this machine with this service.

    state: made if it is not there, for this user alone; where it cannot be used, the journal says so and the
    service alone is held. endpoint: of the Live API, None: Google's own.

    Raises:
        UnavailableError: another daemon runs.
    """
    with contextlib.ExitStack() as held:
        lock = _open_lock(state)
        if lock is not None:
            held.callback(os.close, lock)
            _take(lock, state)
        service = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        _claim(service, _name_of(endpoint))
        yield


# ------------------------------------------------------------------------------------ the directory


def _open_lock(state: Path) -> int | None:
    """The lock file; None where it cannot be had, without which one can still talk."""
    try:
        make_directory(state)
        return os.open(state / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        _tell_unusable(state, error)
        return None


def _take(lock: int, state: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _already_runs(_pid_in(lock), f"with the state directory {state}") from None
    except OSError as error:  # a file system that has no locks
        _tell_unusable(state, error)
    # A full disk is no reason to stay silent: the pid is only there for the message of another daemon.
    with contextlib.suppress(OSError):
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def _tell_unusable(state: Path, error: OSError) -> None:
    logger.warning(
        "state_unwritable path=%s reason=%r effect=%r remedy=%r",
        error.filename or state / LOCK_NAME,
        error.strerror,
        "nothing outlasts a restart",
        remedy_for(error),
    )


def _pid_in(lock: int) -> int:
    """The process that holds the lock, 0 if it has not written it."""
    written = os.pread(lock, LONGEST_PID, 0).strip()
    return int(written) if written.isdigit() else 0


# -------------------------------------------------------------------------------------- the service


def _name_of(endpoint: str | None) -> bytes:
    """A name outside the file system: shared by all of this machine, a service with its own /tmp too."""
    parts = urlsplit(endpoint or GOOGLE)
    service = f"{parts.hostname}:{parts.port or HTTPS_PORT}{parts.path.rstrip('/')}"
    return b"\0ladle-" + hashlib.sha256(service.encode()).hexdigest()[:32].encode()


def _claim(service: socket.socket, name: bytes) -> None:
    try:
        service.bind(name)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise _already_runs(_pid_behind(name), "on this machine") from None
    # Nobody is ever answered here; listening only lets the kernel tell another daemon who we are.
    service.listen()


def _pid_behind(name: bytes) -> int:
    """The process that has the name, 0 if it cannot be known."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        try:
            asking.connect(name)
            pid, _, _ = credentials_of(asking)
        except OSError:  # it has just ended, or was asked too often
            return 0
    return pid


# ------------------------------------------------------------------------------------- the messages


def _already_runs(pid: int, where: str) -> UnavailableError:
    process = f" (process {pid})" if pid else ""
    return UnavailableError(
        f"Another Ladle{process} already runs {where}. Stop it (`systemctl stop ladle`) or wait until it has "
        "ended."
    )
