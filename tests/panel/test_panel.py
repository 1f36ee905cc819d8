"""Button and lights together, and whatever part of them there is."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import pytest
from gpiozero import PWMLED, Device, InputDevice, PinPWMUnsupported
from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin

from device.events import Face
from device.panel.machine import Library, Machine
from device.panel.mock import hold, press, push
from device.panel.panel import LIT_S, Panel, open_panel
from device.panel.presses import BOUNCE_S
from device.panelsettings import PanelSettings
from tests.clock import run_in_fast_time

SETTINGS = PanelSettings()
RGB = (22, 23, 24)

Script = Callable[[Panel, list[str]], Awaitable[None]]


def play(script: Script, settings: PanelSettings = SETTINGS) -> list[str]:
    """Run a script with an open panel; what the panel told meanwhile."""
    told: list[str] = []

    async def scene() -> None:
        panel = open_panel(
            settings,
            on_press=lambda: told.append("press"),
            on_click=lambda: told.append("click"),
            on_hold=lambda: told.append("hold"),
            on_restart=lambda: told.append("restart"),
            on_stuck=lambda sentence: told.append("stuck"),
            on_unstuck=lambda: told.append("unstuck"),
            now=lambda: datetime(2026, 11, 21, 12, 0),
        )
        try:
            await asyncio.sleep(2 * BOUNCE_S)
            await script(panel, told)
        finally:
            panel.close()

    run_in_fast_time(scene())
    return told


def levels(pins: MockFactory) -> list[float]:
    return [round(float(pins.pin(number).state), 2) for number in RGB]


def test_everything_that_a_button_does_is_told(pins: MockFactory) -> None:
    async def script(panel: Panel, told: list[str]) -> None:
        press(SETTINGS.button_pin)
        await asyncio.sleep(1)
        await hold(SETTINGS.button_pin, 30)
        await asyncio.sleep(1)

    assert play(script) == ["press", "click", "press", "hold", "restart", "stuck", "unstuck"]


def test_the_lights_count_down_to_the_restart_and_show_the_face_again(pins: MockFactory) -> None:
    async def script(panel: Panel, told: list[str]) -> None:
        panel.show(Face.HEARING)
        push(SETTINGS.button_pin)
        await asyncio.sleep(2.9)
        assert levels(pins) == [0, 1, 0]
        await asyncio.sleep(0.6)
        assert min(levels(pins)) > 0.5, "white"
        await asyncio.sleep(6)
        assert "restart" in told
        assert levels(pins) == [0, 1, 0]

    play(script)


def test_a_countdown_that_is_let_go_shows_the_face_at_once(pins: MockFactory) -> None:
    async def script(panel: Panel, told: list[str]) -> None:
        panel.show(Face.HEARING)
        await hold(SETTINGS.button_pin, 4.5)
        await asyncio.sleep(2 * BOUNCE_S)
        assert levels(pins) == [0, 1, 0]

    play(script)


def test_flash_and_volume_lie_over_the_face(pins: MockFactory) -> None:
    async def script(panel: Panel, told: list[str]) -> None:
        panel.show(Face.HEARING)
        panel.flash()
        await asyncio.sleep(0.1)
        assert levels(pins) == [1, 1, 1]
        await asyncio.sleep(0.1)
        assert levels(pins) == [0, 1, 0]
        panel.show_volume(50)
        assert levels(pins) == [0.22, 0.22, 0.22]
        await asyncio.sleep(1.6)
        assert levels(pins) == [0, 1, 0]

    play(script)


def test_sound_that_leaves_the_device_shows_though_the_lights_are_set_to_be_dark(pins: MockFactory) -> None:
    async def script(panel: Panel, told: list[str]) -> None:
        panel.show(Face.THINKING)
        await asyncio.sleep(0.3)
        assert levels(pins) == [0, 0, 0]
        panel.sound_leaves()
        assert max(levels(pins)) == 0.04
        await asyncio.sleep(0.6 * LIT_S)
        panel.sound_leaves()
        await asyncio.sleep(0.6 * LIT_S)
        assert max(levels(pins)) == 0.04
        await asyncio.sleep(0.6 * LIT_S)
        assert levels(pins) == [0, 0, 0]

    play(script, PanelSettings(brightness=0))


async def nothing(panel: Panel, told: list[str]) -> None:
    panel.show(Face.READY)
    panel.flash()
    panel.show_volume(10)
    panel.sound_leaves()


async def pressing(panel: Panel, told: list[str]) -> None:
    await nothing(panel, told)
    press(SETTINGS.button_pin)
    await asyncio.sleep(1)


def absent(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message for message in caplog.messages if message.startswith("panel_absent")]


def test_a_panel_that_is_switched_off_says_nothing_and_touches_nothing(
    pins: MockFactory, caplog: pytest.LogCaptureFixture
) -> None:
    play(nothing, PanelSettings(enabled=False))
    assert caplog.messages == []
    assert not pins.pins


def test_without_a_raspberry_pi_there_is_one_line_and_a_panel_that_does_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setattr("device.panel.pins.read_machine", Machine)
    parts: list[str] = []

    async def script(panel: Panel, told: list[str]) -> None:
        await nothing(panel, told)
        parts.extend(absence.part for absence in panel.absences)

    monkeypatch.setattr(Device, "_default_pin_factory", staticmethod(no_factory))
    play(script)
    [message] = absent(caplog)
    assert "part=lights+button reason='this machine is not a Raspberry Pi" in message
    assert parts == ["lights", "button"]


def no_factory() -> None:
    raise ImportError("Unable to load any default pin factory!")


def test_the_remedy_is_that_for_the_reason(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(revision=0xC03112, library=Library.EMPTY, chips={0: Path("/dev/gpiochip0")})
    monkeypatch.setattr("device.panel.pins.read_machine", lambda: machine)
    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setattr(Device, "_default_pin_factory", staticmethod(no_factory))
    play(nothing)
    [message] = absent(caplog)
    assert "empty package" in message
    assert "pip uninstall lgpio" in message


def test_if_a_light_is_taken_the_button_works(pins: MockFactory, caplog: pytest.LogCaptureFixture) -> None:
    taken = PWMLED(23)
    assert play(pressing) == ["press", "click"]
    [message] = absent(caplog)
    assert "part=lights reason='pin GPIO23 is already in use" in message
    assert "panel.green_pin: 23" in message
    taken.close()


def test_if_the_button_is_taken_the_lights_work(pins: MockFactory, caplog: pytest.LogCaptureFixture) -> None:
    taken = InputDevice(17, pull_up=True)

    async def script(panel: Panel, told: list[str]) -> None:
        panel.show(Face.HEARING)
        assert levels(pins) == [0, 1, 0]
        [absence] = panel.absences
        assert absence.part == "button"

    play(script)
    assert len(absent(caplog)) == 1
    taken.close()


def test_other_lights_take_over_what_the_old_ones_showed(pins: MockFactory) -> None:
    async def script(panel: Panel, told: list[str]) -> None:
        panel.show(Face.MUTED)
        panel.sound_leaves()
        panel.relight(PanelSettings(lights="single", led_pin=25))
        assert levels(pins) == [0, 0, 0]
        assert pins.pin(25).state > 0
        await asyncio.sleep(2 * LIT_S)
        panel.relight(SETTINGS)
        assert pins.pin(25).state == 0
        assert levels(pins)[0] > 0
        await pressing(panel, told)

    assert play(script) == ["press", "click"]


def test_lights_that_cannot_be_had_any_more_are_told_once_and_heal(
    pins: MockFactory, caplog: pytest.LogCaptureFixture
) -> None:
    async def script(panel: Panel, told: list[str]) -> None:
        taken = PWMLED(25)
        panel.relight(PanelSettings(lights="single", led_pin=25))
        assert [each.part for each in panel.absences] == ["lights"]
        taken.close()
        panel.relight(PanelSettings(lights="single", led_pin=25))
        assert panel.absences == ()

    play(script)
    assert len(absent(caplog)) == 1


def test_a_panel_that_is_switched_off_takes_no_lights_either() -> None:
    async def script(panel: Panel, told: list[str]) -> None:
        panel.relight(PanelSettings(enabled=False, brightness=50))
        assert panel.absences == ()

    assert play(script, PanelSettings(enabled=False)) == []


class Busy(MockPWMPin):  # type: ignore[misc]
    """A pin that an overlay holds, as lgpio tells of it."""

    def _set_function(self, value: str) -> None:
        if value == "output":
            raise RuntimeError("'GPIO busy'")
        super()._set_function(value)


def test_a_pin_that_somebody_else_holds_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Device, "pin_factory", MockFactory(pin_class=Busy))
    assert play(pressing) == ["press", "click"]
    [message] = absent(caplog)
    assert "another program, or an overlay in config.txt, holds a pin" in message
    assert "panel.red_pin: 22" in message


def test_pins_that_cannot_be_dimmed_are_told_by_what_the_machine_lacks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without lgpio, gpiozero falls back to pins that can press but not shine."""
    monkeypatch.setattr(Device, "pin_factory", MockFactory(pin_class=MockPin))
    with pytest.raises(PinPWMUnsupported):
        PWMLED(22)
    machine = Machine(revision=0xC03112, library=Library.MISSING, chips={0: Path("/dev/gpiochip0")})
    monkeypatch.setattr("device.panel.pins.read_machine", lambda: machine)
    monkeypatch.setattr("device.panel.pins.MockFactory", type(None))
    assert play(pressing) == ["press", "click"]
    [message] = absent(caplog)
    assert "part=lights reason='lgpio, the library for the pins, is not installed'" in message


class WithoutSpi(MockFactory):  # type: ignore[misc]
    """A Raspberry Pi with SPI switched off."""

    def _get_spi_class(self, shared: bool, hardware: bool) -> type:
        if hardware:
            raise OSError("can not open SPI device")
        chosen: type = super()._get_spi_class(shared, hardware)
        return chosen


def test_without_spi_the_button_works_and_the_remedy_switches_it_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Device, "pin_factory", WithoutSpi(pin_class=MockPWMPin))
    assert play(pressing, PanelSettings(lights="apa102")) == ["press", "click"]
    [message] = absent(caplog)
    assert "can not open SPI device" in message
    assert "raspi-config nonint do_spi 0" in message


PROGRAM = """
import asyncio, logging
from device.panelsettings import PanelSettings
from device.panel.panel import open_panel
logging.basicConfig(format="%(message)s")
async def main():
    open_panel(PanelSettings(), on_press=print, on_hold=print).close()
asyncio.run(main())
"""


@pytest.mark.parametrize("factory", ["", "lgpio", "native"])
def test_with_gpiozeros_own_search_for_pins_a_machine_without_lgpio_gets_one_line(
    factory: str, tmp_path: Path
) -> None:
    """In a process of its own, with whatever pin libraries there are, and with the empty wheel."""
    (tmp_path / "lgpio.py").touch()
    root = Path(__file__).parents[2]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}:{root}"}
    if factory:
        environment["GPIOZERO_PIN_FACTORY"] = factory
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("panel_absent part=lights")


def test_nothing_is_logged_where_all_is_there(pins: MockFactory, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        play(pressing)
    assert caplog.messages == []
