"""Pins that exist in memory only, for rehearsals and tests: gpiozero's own MockFactory."""

from __future__ import annotations

from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin


def use_mock_pins() -> MockFactory:
    """From now on gpiozero's devices of this process sit on pins in memory."""
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    return Device.pin_factory


def press(pin: int) -> None:
    """Press the button on this pin, and let go."""
    mock_pin = Device.pin_factory.pin(pin)
    mock_pin.drive_low()
    mock_pin.drive_high()
