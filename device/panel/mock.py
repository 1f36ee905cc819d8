"""Pins that exist in memory only, for rehearsals and tests: gpiozero's own MockFactory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin


class MockSpi:
    """An SPI bus to nowhere."""

    def write(self, data: Sequence[int]) -> int:
        """Forget these bytes."""
        return len(data)

    def close(self) -> None:
        """Nothing to free."""


class MockPins(MockFactory):  # type: ignore[misc]
    """Pins in memory. gpiozero's own would send SPI bit by bit, and remember every bit for ever."""

    def spi(self, **_: object) -> MockSpi:
        """SPI, on whatever pins."""
        return MockSpi()


def use_mock_pins() -> MockFactory:
    """From now on gpiozero's devices of this process sit on pins in memory."""
    Device.pin_factory = MockPins(pin_class=MockPWMPin)
    return Device.pin_factory


def push(pin: int) -> None:
    """Push the button on this pin down, and keep it there."""
    _drive(pin, down=True)


def let_go(pin: int) -> None:
    """Let go of the button on this pin."""
    _drive(pin, down=False)


def press(pin: int) -> None:
    """Press the button on this pin, and let go."""
    push(pin)
    let_go(pin)


async def hold(pin: int, held_s: float) -> None:
    """Hold the button on this pin for so long, and let go."""
    push(pin)
    try:
        await asyncio.sleep(held_s)
    finally:
        let_go(pin)


def _drive(pin: int, *, down: bool) -> None:
    """A button pulls its pin away from where the resistor holds it."""
    mock_pin = Device.pin_factory.pin(pin)
    if (mock_pin.pull == "up") is down:
        mock_pin.drive_low()
    else:
        mock_pin.drive_high()
