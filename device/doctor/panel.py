"""Button and lights: whether the pins of this machine can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from device.doctor.daemon import Daemon, Presence
from device.doctor.finding import Finding, failed, passed, warned
from device.doctor.machine import board_name
from device.panelsettings import PanelSettings

if TYPE_CHECKING:
    from device.panel.machine import Machine

NAME = "panel"
WIRING = "Check its wires, and: journalctl -u ladle | grep panel_absent"


def check_panel(
    settings: PanelSettings,
    daemon: Daemon,
    read: Callable[[], Machine] | None = None,
    board: Callable[[], str] = board_name,
) -> Iterator[Finding]:
    """The pins; those that a daemon holds are left to it, for they serve one program at a time.

    Without a Raspberry Pi nobody expects pins, so that what is amiss is a warning; with one it is a fault.
    """
    if not settings.enabled:
        yield passed(NAME, "Switched off by panel.enabled: no button, no light.")
        return
    faults = daemon.faults_of(NAME)
    for fault in faults:
        tell = failed if "Raspberry Pi" in board() else warned
        yield tell(NAME, f"{fault.part}: {fault.sentence}", WIRING)
    if daemon.presence is not Presence.ANSWERS:
        yield from _of_machine(settings, (read or _read_machine)())
    elif not faults:
        yield passed(NAME, f"Ladle holds it: {_pins(settings)}.")


def _read_machine() -> Machine:
    # gpiozero takes its time to load, and where a daemon holds the pins nobody needs it here.
    from device.panel.machine import read_machine  # noqa: PLC0415

    return read_machine()


def _of_machine(settings: PanelSettings, machine: Machine) -> Iterator[Finding]:
    from device.panel.pins import problems_of  # noqa: PLC0415

    problems = problems_of(machine, settings)
    for problem in problems:
        tell = warned if machine.revision is None else failed
        yield tell(NAME, f"{problem.reason[:1].upper()}{problem.reason[1:]}.", problem.remedy)
    if not problems:
        library = machine.factory or "lgpio"
        where = "in memory only" if library == "mock" else f"through {library} on gpiochip{machine.chip}"
        yield passed(NAME, f"{_pins(settings)}, {where}.")


def _pins(settings: PanelSettings) -> str:
    return ", ".join(f"{name} {pin}" for name, pin in settings.pins.items()) + f", lights {settings.lights}"
