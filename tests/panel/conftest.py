"""Pins in memory for every test that asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from device.panel.mock import use_mock_pins


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    factory = use_mock_pins()
    yield factory
    factory.reset()
    Device.pin_factory = None
