"""The other end of the local socket, for the command line: it blocks, and says in a sentence what fails."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from device.errors import LadleError, UnavailableError
from device.service.control import control_path
from device.service.requests import VERSION, Code

SERVICE_PATH = Path("/run/ladle/control.sock")
"""Of the daemon that systemd runs; whoever types a command is not told of its directory."""
TIMEOUT_S = 15.0
"""Longer than the daemon gives itself."""
LONGEST_ANSWER = 1024 * 1024
NOT_THERE = {Code.BUSY, Code.TIMED_OUT, Code.UNAVAILABLE}


def find_control(environment: Mapping[str, str], state: Path) -> Path:
    """The socket of the daemon that runs: this user's own where that answers, else the service's.

    state: the state directory of this user.
    """
    own = control_path(environment, state)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        try:
            asking.connect(str(own))
        except BlockingIOError:
            pass  # many others are waiting there already
        except OSError:
            return SERVICE_PATH
    return own


def call(path: Path, do: str, /, *, timeout_s: float = TIMEOUT_S, **fields: object) -> Mapping[str, object]:
    """Let the daemon do one thing; its answer.

    fields: what belongs to that request, such as `percent`.

    Raises:
        UnavailableError: nobody answers, or not now.
        LadleError: the daemon does not do it; the message is its own.
    """
    with _connected(path, timeout_s) as (connection, answers):
        return _asked(connection, answers, do, fields)


def follow(path: Path, *, timeout_s: float = TIMEOUT_S) -> Iterator[Mapping[str, object]]:
    """The daemon's events as they happen, until it ends.

    timeout_s: for the first answer; events may be as far apart as they like.

    Raises:
        UnavailableError: nobody answers.
    """
    with _connected(path, timeout_s) as (connection, answers):
        _asked(connection, answers, "events", {})
        connection.settimeout(None)
        while text := answers.readline(LONGEST_ANSWER):
            yield _object(text)


@contextlib.contextmanager
def _connected(path: Path, timeout_s: float) -> Iterator[tuple[socket.socket, BinaryIO]]:
    """A connection and its answers; what goes wrong with it is told as an UnavailableError."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout_s)
            connection.connect(str(path))
            with connection.makefile("rb") as answers:
                yield connection, answers
    except UnavailableError:
        raise
    except OSError as error:
        raise UnavailableError(_sentence(error, path, timeout_s)) from None


def _sentence(error: OSError, path: Path, timeout_s: float) -> str:
    sentences: tuple[tuple[type[OSError] | tuple[type[OSError], ...], str], ...] = (
        (
            (FileNotFoundError, NotADirectoryError),
            f"Ladle does not run here (no {path}). Start it: systemctl start ladle",
        ),
        (
            ConnectionRefusedError,
            f"Ladle does not run here (nobody answers at {path}). Start it: systemctl start ladle",
        ),
        (
            PermissionError,
            f"You may not talk to Ladle at {path}: be in the group ladle. "
            "sudo usermod -aG ladle $USER, and log in again.",
        ),
        (
            BlockingIOError,
            "Too many are waiting for Ladle already. Try again soon; see why: journalctl -u ladle",
        ),
        (
            TimeoutError,
            f"Ladle has not answered within {timeout_s:g} s. See why: journalctl -u ladle; "
            "start it anew: systemctl restart ladle",
        ),
        (ConnectionError, "Ladle hung up. See why: journalctl -u ladle"),
    )
    unknown = f"Ladle cannot be reached at {path}: {error.strerror or error}."
    return next((sentence for kinds, sentence in sentences if isinstance(error, kinds)), unknown)


def _asked(
    connection: socket.socket, answers: BinaryIO, do: str, fields: Mapping[str, object]
) -> Mapping[str, object]:
    # Where the daemon has hung up already, it has said why before.
    with contextlib.suppress(ConnectionError):
        connection.sendall(json.dumps({"v": VERSION, "do": do, **fields}).encode() + b"\n")
    answer = _object(answers.readline(LONGEST_ANSWER))
    if answer.get("ok") is not True:
        kind = UnavailableError if answer.get("code") in NOT_THERE else LadleError
        raise kind(str(answer.get("error") or "Ladle refused without a reason. See: journalctl -u ladle"))
    return answer


def _object(text: bytes) -> Mapping[str, object]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise UnavailableError("Ladle hung up before its answer was whole. See why: journalctl -u ladle")
    return content
