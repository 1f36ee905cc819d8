"""What decides on this machine whether its pins can be used."""

from __future__ import annotations

import getpass
import importlib
import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from gpiozero import PinUnknownPi
from gpiozero.pins.local import get_pi_revision

PI_5 = 0x17
"""Models are told by their type in the revision code."""
SYSTEM_PACKAGES = Path("/usr/lib/python3/dist-packages")
SPI_DEVICE = Path("/dev/spidev0.0")


class Library(Enum):
    """How it stands with lgpio, the library between gpiozero and the kernel."""

    READY = auto()
    MISSING = auto()
    HIDDEN = auto()
    EMPTY = auto()
    BROKEN = auto()


@dataclass(frozen=True)
class Machine:
    """What decides whether pins can be used.

    revision: the Raspberry Pi's revision code; None: this is another machine
    factory: the pin library that GPIOZERO_PIN_FACTORY asks for
    directory: where lgpio makes its FIFO
    chips: the GPIO chips in /dev that may have the pins, by number, and the file to which each leads
    denied: devices that are there, and that the user may not use
    spi: there is an SPI 0
    """

    revision: int | None = None
    factory: str | None = None
    library: Library = Library.READY
    library_fault: str = ""
    directory: Path = Path("/")
    directory_writable: bool = True
    chips: Mapping[int, Path] = field(default_factory=dict)
    denied: frozenset[Path] = frozenset()
    spi: bool = True
    user: str = "ladle"

    @property
    def type(self) -> int:
        """The model, as the revision code has it."""
        return ((self.revision or 0) >> 4) & 0xFF

    @property
    def chip(self) -> int:
        """The chip on which gpiozero looks for the pins."""
        return 4 if self.type == PI_5 and 4 in self.chips else 0


def read_machine() -> Machine:
    """This machine. Loads lgpio, on a Raspberry Pi."""
    revision = _revision()
    directory = Path(os.environ.get("LG_WD") or Path.cwd())
    writable = os.access(directory, os.W_OK)
    library, fault = _library(loads=revision is not None and writable)
    chips = {number: Path(f"/dev/gpiochip{number}") for number in (0, 4)}
    used = [*chips.values(), SPI_DEVICE]
    return Machine(
        revision=revision,
        factory=os.environ.get("GPIOZERO_PIN_FACTORY", "").lower() or None,
        library=library,
        library_fault=fault,
        directory=directory,
        directory_writable=writable,
        chips={number: device.resolve() for number, device in chips.items() if device.exists()},
        denied=frozenset(
            device for device in used if device.exists() and not os.access(device, os.R_OK | os.W_OK)
        ),
        spi=SPI_DEVICE.exists(),
        user=_user(),
    )


def _revision() -> int | None:
    try:
        revision: int = get_pi_revision()
    except (PinUnknownPi, OSError, ValueError):
        return None
    return revision


def _library(*, loads: bool) -> tuple[Library, str]:
    """How it stands with lgpio, and what it says where it is broken."""
    found = importlib.util.find_spec("lgpio")
    if found is None:
        return (Library.HIDDEN if (SYSTEM_PACKAGES / "lgpio.py").exists() else Library.MISSING), ""
    if found.origin and Path(found.origin).stat().st_size == 0:
        return Library.EMPTY, ""
    if not loads:
        return Library.READY, ""
    try:
        importlib.import_module("lgpio")
    except (ImportError, OSError) as error:
        return Library.BROKEN, str(error)
    return Library.READY, ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user of systemd's own making may have no name
        return str(os.getuid())
