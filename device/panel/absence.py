"""Parts of the panel that are not there: why, and what to do about it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from gpiozero import GPIOPinInUse, SPISoftwareFallback

from device.panel.pins import SPI_REMEDY, PinProblem, check_pins
from device.panelsettings import PanelSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Absence:
    """A part of the panel that Ladle does without: `button` or `lights`."""

    part: str
    reason: str
    remedy: str


def absence(part: str, error: Exception, settings: PanelSettings) -> Absence:
    """Why this part cannot be had, from the error and from the state of the machine."""
    problem = _explained(error, settings)
    return Absence(part, problem.reason, problem.remedy)


def tell(absences: Iterable[Absence]) -> None:
    """One line in the journal for each reason."""
    for problem, parts in groupby(absences, key=lambda absence: (absence.reason, absence.remedy)):
        names = "+".join(absence.part for absence in parts)
        logger.warning("panel_absent part=%s reason=%r remedy=%r", names, *problem)


def _explained(error: Exception, settings: PanelSettings) -> PinProblem:
    message = str(error).strip("'") or type(error).__name__
    if isinstance(error, GPIOPinInUse):
        return PinProblem(message, f"Give each part of the panel pins of its own: {_pins(settings)}.")
    if "busy" in message.lower():
        return PinProblem(
            f"another program, or an overlay in config.txt, holds a pin ({message})",
            f"Stop that program, or choose other pins: {_pins(settings)}.",
        )
    problems = check_pins(settings)
    if isinstance(error, SPISoftwareFallback):
        # Of pins that work but for SPI, what is wrong with SPI comes last.
        return problems[-1] if problems else PinProblem(message, SPI_REMEDY)
    if problems:
        return problems[0]
    return PinProblem(message, f"Check the wires and the pins of the panel: {_pins(settings)}.")


def _pins(settings: PanelSettings) -> str:
    return ", ".join(f"panel.{name}: {pin}" for name, pin in settings.pins.items())
