"""APA102 and SK9822 pixels on SPI, such as those of the ReSpeaker HATs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Protocol

from gpiozero import Device, OutputDevice, SPIFixedRate, SPISoftwareFallback

from device.panel.looks import Colour
from device.panel.picture import OFF, Lamps, Picture
from device.panelsettings import PanelSettings

RATE_HZ = 4_000_000
"""Twelve pixels in 0.2 ms. The pixels take more, long wires do not."""

START = [0x00] * 4
RESET = [0x00] * 4
"""An SK9822 shows what it was sent only when it has seen this; an APA102 does not mind."""
HEADER = 0b111 << 5
BRIGHTEST = 31


class Spi(Protocol):
    """What is needed of an SPI bus."""

    def write(self, data: Sequence[int]) -> object:
        """Send these bytes."""

    def close(self) -> None:
        """Free its pins."""


class Apa102Driver:
    """A row or ring of pixels on SPI 0, and the pin that switches their power on, where there is one."""

    def __init__(self, settings: PanelSettings, open_spi: Callable[[], Spi] | None = None) -> None:
        """Raises gpiozero's errors, or those of its pin library, where SPI or the pin cannot be had."""
        self.lamps = Lamps(settings.pixels)
        with ExitStack() as opened:
            if settings.power_pin is not None:
                power = OutputDevice(settings.power_pin, initial_value=True)
                opened.callback(power.close)
            self._spi = (open_spi or open_hardware_spi)()
            opened.callback(self._spi.close)
            # The pixels remember what they showed last, across a restart of this program.
            self.show((OFF,) * settings.pixels)
            opened.callback(self.show, (OFF,) * settings.pixels)
            self._opened = opened.pop_all()

    def show(self, picture: Picture) -> None:
        """Show these duties until others come."""
        self._spi.write(stream(picture))

    def close(self) -> None:
        """Go dark and free the pins."""
        self._opened.close()


def stream(picture: Picture) -> list[int]:
    """The bytes that show these duties: a start, four bytes for each pixel, and clocks for the last one.

    Each pixel hands the data on half a clock late, so the last of n needs n/2 clocks more than its data have.
    """
    data = START.copy()
    for colour in picture:
        data += _pixel(colour)
    return data + RESET + [0xFF] * ((len(picture) + 15) // 16)


def _pixel(colour: Colour) -> list[int]:
    """Blue, green and red with 8 bits each, dimmed together in 31 steps so that dim colours stay smooth."""
    steps = max(1, math.ceil(max(colour) * BRIGHTEST))
    red, green, blue = (round(255 * duty * BRIGHTEST / steps) for duty in colour)
    return [HEADER | steps, blue, green, red]


def open_hardware_spi() -> Spi:
    """SPI 0 of the Raspberry Pi.

    Raises:
        SPISoftwareFallback: the kernel's SPI cannot be had. Toggling pins instead would cost half a core.
    """
    Device.ensure_pin_factory()
    with warnings.catch_warnings():
        warnings.simplefilter("error", SPISoftwareFallback)
        spi = Device.pin_factory.spi(port=0, device=0)
    with suppress(SPIFixedRate):  # of a bus that is no real one
        spi.rate = RATE_HZ
    bus: Spi = spi
    return bus
