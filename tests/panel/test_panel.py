"""Button and light on pins in memory, with gpiozero's own threads."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from device.config import PanelSettings
from device.events import Face
from device.panel.button import BOUNCE_S
from device.panel.lights import LOOKS, RgbLights
from device.panel.mock import press, use_mock_pins
from device.panel.panel import open_panel

SETTINGS = PanelSettings(mute_hold_s=0.5)


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    factory = use_mock_pins()
    yield factory
    factory.reset()
    Device.pin_factory = None


def events_of(script: object) -> list[str]:
    """Run a coroutine function with an open panel; what the panel told meanwhile."""
    told: list[str] = []

    async def scene() -> None:
        arrived = asyncio.Event()

        def tell(what: str) -> None:
            told.append(what)
            arrived.set()

        panel = open_panel(SETTINGS, on_press=lambda: tell("press"), on_hold=lambda: tell("hold"))
        try:
            await script(arrived)  # type: ignore[operator]
        finally:
            panel.close()

    asyncio.run(scene())
    return told


def test_a_press_is_told_at_once(pins: MockFactory) -> None:
    async def script(arrived: asyncio.Event) -> None:
        press(SETTINGS.button_pin)
        await asyncio.wait_for(arrived.wait(), 1)

    assert events_of(script) == ["press"]


def test_chatter_of_the_contacts_is_one_press(pins: MockFactory) -> None:
    async def script(arrived: asyncio.Event) -> None:
        for _ in range(5):
            press(SETTINGS.button_pin)
        await asyncio.wait_for(arrived.wait(), 1)
        await asyncio.sleep(0.1)

    assert events_of(script) == ["press"]


def test_two_presses_count_as_two_though_the_loop_was_busy(pins: MockFactory) -> None:
    async def script(arrived: asyncio.Event) -> None:
        press(SETTINGS.button_pin)
        time.sleep(2 * BOUNCE_S)  # noqa: ASYNC251 - the loop is meant to be busy
        press(SETTINGS.button_pin)
        await asyncio.sleep(0.1)

    assert events_of(script) == ["press", "press"]


def test_a_hold_is_told_after_its_time_while_the_button_is_still_down(pins: MockFactory) -> None:
    async def script(arrived: asyncio.Event) -> None:
        pins.pin(SETTINGS.button_pin).drive_low()
        await asyncio.wait_for(arrived.wait(), 1)
        arrived.clear()
        await asyncio.wait_for(arrived.wait(), 2)

    assert events_of(script) == ["press", "hold"]


def test_every_face_has_a_colour_and_a_rhythm_of_its_own() -> None:
    assert LOOKS.keys() == set(Face)
    assert len({look.colour for look in LOOKS.values()}) == len(Face)
    rhythms = {(look.on_s, look.off_s, look.fade_s) for look in LOOKS.values()}
    steady = [face for face, look in LOOKS.items() if look.steady]
    assert len(rhythms) == len(Face) - len(steady) + 1
    brightness = [max(LOOKS[face].colour) for face in steady]
    assert len(set(brightness)) == len(steady), "steady faces differ in brightness"


@pytest.mark.parametrize("face", [face for face in Face if LOOKS[face].steady])
def test_a_steady_face_shows_its_colour(pins: MockFactory, face: Face) -> None:
    lights = RgbLights(SETTINGS)
    lights.show(face)
    assert lights.colour == pytest.approx(LOOKS[face].colour)
    lights.close()


def test_a_new_face_ends_the_rhythm_of_the_old_one(pins: MockFactory) -> None:
    lights = RgbLights(SETTINGS)
    lights.show(Face.WORKING)
    lights.show(Face.HEARING)
    assert lights.colour == (0, 1, 0)
    lights.close()


def test_a_common_anode_turns_the_pins_round(pins: MockFactory) -> None:
    lights = RgbLights(PanelSettings(common_anode=True))
    lights.show(Face.HEARING)
    assert pins.pin(SETTINGS.green_pin).state == 0
    assert pins.pin(SETTINGS.red_pin).state == 1
    lights.close()


def test_without_pins_there_is_one_line_and_a_panel_that_does_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "lgpio")

    async def scene() -> None:
        panel = open_panel(SETTINGS, on_press=lambda: None, on_hold=lambda: None)
        panel.show(Face.READY)
        panel.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(scene())
    [message] = caplog.messages
    assert message.startswith("panel_absent reason=")
    assert "python3-lgpio" in message


def test_a_pin_that_is_taken_leaves_nothing_half_open(pins: MockFactory) -> None:
    lights = RgbLights(SETTINGS)

    async def scene() -> None:
        panel = open_panel(SETTINGS, on_press=lambda: None, on_hold=lambda: None)
        panel.close()

    asyncio.run(scene())
    lights.close()
    reopened = RgbLights(PanelSettings(red_pin=SETTINGS.button_pin, button_pin=5))
    reopened.close()


def test_a_panel_that_is_switched_off_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        open_panel(PanelSettings(enabled=False), on_press=lambda: None, on_hold=lambda: None).close()

    asyncio.run(scene())
    assert caplog.messages == []
