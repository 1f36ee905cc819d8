"""The daemon: whether systemd keeps one, whether one answers on the local socket, and how it is."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from pathlib import Path

from device.doctor.commands import Ask, output_of, properties
from device.doctor.finding import Finding, failed, passed, warned
from device.errors import LadleError
from device.service.controlclient import call
from device.service.status import Fault, Link, Status, read_status

NAME = "daemon"
ANSWER_LIMIT_S = 2.0
SYSTEMD = Path("/run/systemd/system")
"""There while systemd runs this machine."""
ASKED_OF_UNIT = "LoadState,ActiveState,Result,ExecMainStatus,NRestarts,UnitFileState,Environment,User,Group"
MANY_RESTARTS = 3
JOURNAL = "See why: journalctl -u ladle -n 30"
PARTS_WITH_A_CHECK = ("microphone", "speaker", "panel")
STATUS_REMEDIES = {
    2: "Correct the command in the unit.",
    69: "Something that it needs is not there.",
    77: "The key was refused: put another one into /etc/ladle/gemini-api-key.",
    78: "Correct the configuration, see above.",
}


# --------------------------------------------------------------------------------------- systemd


@dataclass(frozen=True, slots=True)
class Unit:
    """What systemd tells of ladle.service.

    environment: the variables that the unit sets; user, group: as whom it runs, "" where the unit names none.
    """

    active: str
    result: str = "success"
    exit_status: int = 0
    restarts: int = 0
    file_state: str = "enabled"
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    group: str = ""


def read_unit(ask: Ask = output_of, systemd: Path = SYSTEMD) -> Unit | None:
    """The service, None where it is not installed or systemd does not run."""
    if not systemd.is_dir():
        return None
    told = properties(ask("systemctl", "show", "-p", ASKED_OF_UNIT, "ladle.service"))
    if told.get("LoadState", "not-found") == "not-found":
        return None
    return Unit(
        active=told.get("ActiveState", "unknown"),
        result=told.get("Result", "success"),
        exit_status=_number(told.get("ExecMainStatus")),
        restarts=_number(told.get("NRestarts")),
        file_state=told.get("UnitFileState", ""),
        environment=_variables(told.get("Environment", "")),
        user=told.get("User", ""),
        group=told.get("Group", ""),
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _variables(text: str) -> dict[str, str]:
    try:
        words = shlex.split(text)
    except ValueError:
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)


# ------------------------------------------------------------------------------------- the socket


class Presence(Enum):
    """Whether a daemon is there. SILENT: there is one, but it tells us nothing."""

    ABSENT = auto()
    SILENT = auto()
    ANSWERS = auto()


@dataclass(frozen=True, slots=True)
class Daemon:
    """What the daemon says of itself; status only where it answers, why only where it is silent."""

    presence: Presence = Presence.ABSENT
    status: Status | None = None
    problems: tuple[str, ...] = ()
    why: str = ""

    def faults_of(self, part: str) -> list[Fault]:
        """The daemon's own words on a part that does not work, whose name they have or begin with."""
        faults = self.status.faults if self.status else ()
        return [fault for fault in faults if _is_of(part, fault)]


def ask_daemon(path: Path) -> Daemon:
    """Ask the daemon behind this socket how it is."""
    if not _is_there(path):
        return Daemon()
    try:
        plain = call(path, "status", timeout_s=ANSWER_LIMIT_S).get("status")
        status = read_status(plain if isinstance(plain, dict) else {})
        problems = call(path, "check", timeout_s=ANSWER_LIMIT_S).get("problems")
    except LadleError as error:
        return Daemon(Presence.SILENT, why=str(error))
    sentences = tuple(map(str, problems)) if isinstance(problems, list) else ()
    return Daemon(Presence.ANSWERS, status, sentences)


def _is_there(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(ANSWER_LIMIT_S)
        try:
            asking.connect(str(path))
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return False
        except OSError:
            pass  # it may be there and may not be asked
    return True


def _is_of(part: str, fault: Fault) -> bool:
    return fault.part.split(" ")[0] == part


# ------------------------------------------------------------------------------------- the verdict


def check_daemon(daemon: Daemon, unit: Unit | None) -> Iterator[Finding]:
    """How the daemon is, and whether systemd will start it again."""
    match daemon:
        case Daemon(presence=Presence.ANSWERS, status=Status() as status):
            yield from _of_running(status, daemon.problems)
        case Daemon(presence=Presence.SILENT, why=why):
            yield failed(NAME, f"Ladle runs, but does not say how it is. {why}", JOURNAL)
        case _ if unit is None:
            yield passed(NAME, "Ladle does not run, and is not installed as a service.")
        case _:
            yield _of_absent(unit)
    if unit is not None:
        yield from _of_unit(unit)


def _of_running(status: Status, problems: tuple[str, ...]) -> Iterator[Finding]:
    others = [fault for fault in status.faults if not any(_is_of(part, fault) for part in PARTS_WITH_A_CHECK)]
    for fault in others:
        yield failed(NAME, f"{fault.part}: {fault.sentence}", JOURNAL)
    age = timedelta(seconds=int(status.uptime_s))
    is_connected = status.connection.state is Link.CONNECTED
    if not others and (problems or not is_connected):
        found = " ".join(problems) or "It has no connection to the Live API."
        yield warned(NAME, f"Ladle runs ({age}), but: {found}", f"Look at the other lines. {JOURNAL}")
    elif not others:
        model = status.connection.model
        yield passed(NAME, f"Ladle runs ({age}), is connected with {model}, and shows {status.face}.")


def _of_absent(unit: Unit) -> Finding:
    start = "start it: sudo systemctl start ladle"
    if unit.active == "failed" or unit.result != "success":
        meaning = STATUS_REMEDIES.get(unit.exit_status, "")
        found = f"The service has failed ({unit.result}, status {unit.exit_status})."
        return failed(NAME, found, f"{meaning} {JOURNAL}; then {start}".strip())
    if unit.active in ("activating", "active", "reloading"):
        return warned(NAME, "The service is starting, and does not answer yet.", "Look again in a moment.")
    return warned(NAME, f"The service is installed and does not run ({unit.active}).", start.capitalize())


def _of_unit(unit: Unit) -> Iterator[Finding]:
    if unit.file_state == "disabled":
        yield warned(
            "service",
            "It does not start with the machine.",
            "Let it: sudo systemctl enable ladle",
        )
    if unit.restarts >= MANY_RESTARTS:
        yield warned(
            "service",
            f"systemd had to start it again {unit.restarts} times since it was started by hand or at boot.",
            "See why: journalctl -u ladle -p warning",
        )
