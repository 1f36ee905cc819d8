"""Whether the pins of this machine can be used, and what to do where they cannot."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from device.panel.machine import PI_5, SPI_DEVICE, Library, Machine, read_machine
from device.panelsettings import PanelSettings

PI_5_FAMILY = frozenset({PI_5, 0x18, 0x19, 0x1A})
"""Pi 5, Compute Module 5 (two kinds) and Pi 500: only lgpio knows their pins."""
SPI_REMEDY = "sudo raspi-config nonint do_spi 0, and restart the Raspberry Pi."


@dataclass(frozen=True)
class PinProblem:
    """Something that keeps the pins from working, and what a person can do about it."""

    reason: str
    remedy: str


def check_pins(settings: PanelSettings | None = None) -> tuple[PinProblem, ...]:
    """What is wrong with the pins of this machine, for this panel; nothing where they are in memory only."""
    if isinstance(Device.pin_factory, MockFactory):
        return ()
    return problems_of(read_machine(), settings or PanelSettings())


def problems_of(machine: Machine, settings: PanelSettings) -> tuple[PinProblem, ...]:
    """What is wrong with such a machine, first things first."""
    if not settings.enabled or machine.factory == "mock":
        return ()
    if machine.revision is None:
        return (
            PinProblem(
                "this machine is not a Raspberry Pi, and has no GPIO pins",
                "Without a panel set panel.enabled: false.",
            ),
        )
    found = [_factory_problem(machine), _library_problem(machine), _chip_problem(machine)]
    if settings.lights == "apa102":
        found.append(_spi_problem(machine))
    return tuple(problem for problem in found if problem)


def _factory_problem(machine: Machine) -> PinProblem | None:
    if machine.factory in (None, "lgpio") or machine.type not in PI_5_FAMILY:
        return None
    return PinProblem(
        f"GPIOZERO_PIN_FACTORY is {machine.factory}, but on this Raspberry Pi only lgpio works",
        "Take GPIOZERO_PIN_FACTORY out of the environment, or set it to lgpio.",
    )


def _library_problem(machine: Machine) -> PinProblem | None:
    if machine.factory not in (None, "lgpio"):
        return None
    environment = Path(sys.prefix) / "pyvenv.cfg"
    match machine.library:
        case Library.MISSING:
            reason = "lgpio, the library for the pins, is not installed"
            remedy = (
                "sudo apt-get install python3-lgpio; Ladle's virtual environment has to see it: "
                f"include-system-site-packages = true in {environment}."
            )
        case Library.HIDDEN:
            reason = "lgpio is installed, but Ladle's virtual environment does not see it"
            remedy = (
                f"Set include-system-site-packages = true in {environment}. The environment has to be made "
                "with the system's own Python."
            )
        case Library.EMPTY:
            reason = "the lgpio that pip installed is an empty package"
            remedy = f"{sys.executable} -m pip uninstall lgpio, then sudo apt-get install python3-lgpio."
        case Library.BROKEN:
            reason = f"lgpio does not load: {machine.library_fault}"
            remedy = (
                "sudo apt-get install --reinstall python3-lgpio; it works with the system's own Python only."
            )
        case Library.READY if not machine.directory_writable:
            reason = (
                f"lgpio has to write into its working directory, and {machine.directory} cannot be written"
            )
            remedy = (
                "Start Ladle in a directory of its own, or name one in LG_WD; with systemd, "
                "RuntimeDirectory=ladle and WorkingDirectory=/run/ladle."
            )
        case Library.READY:
            return None
    return PinProblem(reason, remedy)


def _chip_problem(machine: Machine) -> PinProblem | None:
    device = Path(f"/dev/gpiochip{machine.chip}")
    if machine.chip not in machine.chips:
        return PinProblem(
            f"{device} is not there",
            "sudo apt-get full-upgrade, and restart; the kernel has to be that of Raspberry Pi OS.",
        )
    if device in machine.denied:
        return PinProblem(f"the user {machine.user} may not use {device}", _join("gpio", machine.user))
    are_on_another = 4 in machine.chips and machine.chips[4] != machine.chips[machine.chip]
    if machine.type in PI_5_FAMILY - {PI_5} and are_on_another:
        return PinProblem(
            "this kernel has the pins on gpiochip4, and gpiozero looks for them on gpiochip0",
            "sudo apt-get full-upgrade, and restart: kernels since 6.6.45 have them on gpiochip0.",
        )
    return None


def _spi_problem(machine: Machine) -> PinProblem | None:
    if not machine.spi:
        return PinProblem(f"SPI is switched off: {SPI_DEVICE} is not there", SPI_REMEDY)
    if SPI_DEVICE in machine.denied:
        return PinProblem(f"the user {machine.user} may not use {SPI_DEVICE}", _join("spi", machine.user))
    return None


def _join(group: str, user: str) -> str:
    return f"sudo usermod -aG {group} {user}, then log in again, or restart the service."
