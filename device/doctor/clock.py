"""The clock: whether it can be believed, who sets it, and whether it shows the kitchen's time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from device.config import Settings
from device.doctor.commands import Ask, output_of, properties
from device.doctor.daemon import SYSTEMD
from device.doctor.finding import Finding, failed, passed, warned
from device.household import clock_is_set

NAME = "clock"
FIRST_YEAR, LAST_YEAR = 2026, 2099
"""No Ladle is older, and no clock that is right will show more for a while."""
SET_IT = "Connect the network and let it be set: sudo timedatectl set-ntp true"
LOCAL_TIME = Path("/etc/localtime")
NO_ZONES = {
    "UTC",
    "Etc/UTC",
    "Etc/UCT",
    "UCT",
    "Zulu",
    "Etc/Zulu",
    "Universal",
    "Etc/Universal",
    "GMT",
    "Etc/GMT",
}
"""What a machine has whose zone nobody has chosen."""


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """now: in UTC; is_synchronized: None where nobody tells; zone: of the machine, "" where it has none."""

    now: datetime
    is_synchronized: bool | None
    zone: str


def read_clock(
    ask: Ask = output_of,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    systemd: Path = SYSTEMD,
    local_time: Path = LOCAL_TIME,
    believed: Callable[[], bool] = clock_is_set,
) -> ClockFacts:
    """What this machine tells of its clock; waits for it two seconds at most."""
    return ClockFacts(now(), _is_synchronized(ask, systemd, believed), _zone_of(local_time))


def check_clock(facts: ClockFacts, settings: Settings) -> Iterator[Finding]:
    """Whether the clock is right as far as one can tell, and whose time it shows."""
    shown = f"{facts.now:%Y-%m-%d %H:%M} UTC"
    if not FIRST_YEAR <= facts.now.year <= LAST_YEAR:
        yield failed(NAME, f"It shows {shown}, which cannot be. No secure connection comes about.", SET_IT)
    elif facts.is_synchronized is False:
        yield warned(NAME, f"It shows {shown}, but nothing has set it since the machine started.", SET_IT)
    elif facts.is_synchronized is None:
        yield passed(NAME, f"It shows {shown}; nothing on this machine tells who sets it.")
    else:
        yield passed(NAME, f"It shows {shown}, and is set by the network.")
    yield _zone(facts.zone, settings.household.time_zone)


def _zone(of_machine: str, of_household: str | None) -> Finding:
    if of_household:
        return passed("time zone", f"{of_household}, by household.time_zone.")
    if of_machine in NO_ZONES or not of_machine:
        return warned(
            "time zone",
            "Nobody has chosen one, so the kitchen's meals are planned in UTC.",
            "Choose it: sudo timedatectl set-timezone Europe/London, or set household.time_zone. "
            "Then restart Ladle.",
        )
    return passed("time zone", f"{of_machine}, the machine's.")


def _is_synchronized(ask: Ask, systemd: Path, believed: Callable[[], bool]) -> bool | None:
    if not believed():
        return False
    if not systemd.is_dir():
        return None
    answer = properties(ask("timedatectl", "show", "-p", "NTPSynchronized")).get("NTPSynchronized")
    return None if answer is None else answer == "yes"


def _zone_of(local_time: Path) -> str:
    if os.environ.get("TZ"):
        return os.environ["TZ"].removeprefix(":")
    try:
        target = str(local_time.readlink())
    except OSError:
        return "" if not local_time.exists() else "its own"
    return target.partition("zoneinfo/")[2]
