"""LEDs on pins: what takes a picture and makes light of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Protocol

from gpiozero import PWMLED

from device.panel.picture import Lamps, Picture
from device.panelsettings import PanelSettings


class Driver(Protocol):
    """Some lamps."""

    @property
    def lamps(self) -> Lamps:
        """What they are."""

    def show(self, picture: Picture) -> None:
        """Show these duties until others come."""

    def close(self) -> None:
        """Go dark and free the pins."""


class PinDriver:
    """LEDs, each colour on a pin of its own."""

    def __init__(
        self,
        lamps: Lamps,
        pins: Sequence[int],
        duties_of_pins: Callable[[Picture], Sequence[float]],
        *,
        common_anode: bool,
    ) -> None:
        """Raises gpiozero's errors where a pin cannot be had."""
        self.lamps = lamps
        self._duties_of_pins = duties_of_pins
        self._pins: list[_DimmedPin] = []
        with ExitStack() as opened:
            for pin in pins:
                self._pins.append(_DimmedPin(pin, active_high=not common_anode))
                opened.callback(self._pins[-1].close)
            self._opened = opened.pop_all()

    def show(self, picture: Picture) -> None:
        """Show these duties until others come."""
        for pin, duty in zip(self._pins, self._duties_of_pins(picture), strict=True):
            pin.set(duty)

    def close(self) -> None:
        """Go dark and free the pins."""
        self._opened.close()


class _DimmedPin:
    """A pin that is written to only when it changes: lgpio holds no more than ten changes that wait."""

    def __init__(self, pin: int, *, active_high: bool) -> None:
        self._led = PWMLED(pin, active_high=active_high)
        self._percent = 0

    def set(self, duty: float) -> None:
        percent = round(100 * duty)  # lgpio does no finer
        if percent != self._percent:
            self._led.value = percent / 100
            self._percent = percent

    def close(self) -> None:
        self._led.close()


def rgb_driver(settings: PanelSettings) -> PinDriver:
    """An RGB LED on three pins."""
    pins = (settings.red_pin, settings.green_pin, settings.blue_pin)
    return PinDriver(Lamps(1), pins, lambda picture: picture[0], common_anode=settings.common_anode)


def single_driver(settings: PanelSettings) -> PinDriver:
    """One LED, which shows rhythm and brightness alone."""
    return PinDriver(Lamps(1), (settings.led_pin,), _brightest, common_anode=settings.common_anode)


def three_driver(settings: PanelSettings) -> PinDriver:
    """A green, a yellow and a red LED."""
    pins = (settings.green_pin, settings.yellow_pin, settings.red_pin)
    return PinDriver(Lamps(3, own_colours=True), pins, _brightest, common_anode=settings.common_anode)


def _brightest(picture: Picture) -> list[float]:
    return [max(colour) for colour in picture]
