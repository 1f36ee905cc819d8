"""The panel's section of the configuration file."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest
import yaml

from device.config import Settings
from device.configfile import load_settings
from device.errors import ConfigError
from device.panelsettings import PanelSettings


def panel(directory: Path, text: str) -> PanelSettings:
    file = directory / "ladle.yaml"
    file.write_text(f"panel: {{{text}}}\n", encoding="utf-8")
    return load_settings(file).panel


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("lights: single, led_pin: 17", "button_pin and led_pin must be two different pins"),
        ("lights: three, yellow_pin: 22", "red_pin, yellow_pin and green_pin must be four different pins"),
        ("lights: apa102, power_pin: 17", "button_pin and power_pin must be two different pins"),
        ("lights: apa102, button_pin: 10", "lights: apa102 needs GPIO 8 to 11 for itself"),
        ("lights: apa102, power_pin: 8", "lights: apa102 needs GPIO 8 to 11 for itself"),
        ("lights: apa102, pixels: 0", "panel.pixels is 0: input should be greater than or equal to 1."),
        ("lights: apa201", "panel.lights is 'apa201', but must be one of rgb, single, three, apa102, none"),
        ("button_pull: upp", "did you mean up?"),
        ("mute_hold_s: 5, restart_hold_s: 5", "restart_hold_s must be at least 1 s longer than mute_hold_s"),
        ("brightness: 101", "panel.brightness is 101: input should be less than or equal to 100."),
        ('night: {from: "22:00", to: "7:00"}', "panel.night.to is '7:00', which must be a time such as"),
        (
            'night: {from: 22:00, to: "07:00"}',
            'panel.night.from is wrong: must be a time such as "22:00", in quotes',
        ),
        ('night: {from: "22:00", to: "22:00"}', "from and to must be two different times"),
        ('night: {from: "22:00"}', "panel.night"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        panel(tmp_path, text)
    assert fault in str(caught.value)


def test_pins_that_the_lights_do_not_use_may_be_the_buttons(tmp_path: Path) -> None:
    used = panel(tmp_path, "lights: single, led_pin: 23, button_pin: 22").pins
    assert used == {"button_pin": 22, "led_pin": 23}
    assert panel(tmp_path, "lights: none, button_pin: 10").pins == {"button_pin": 10}
    assert panel(tmp_path, "lights: apa102").pins == {"button_pin": 17}


def test_a_night_is_read_and_shown_as_it_is_written(tmp_path: Path) -> None:
    settings = panel(tmp_path, 'night: {from: "22:00", to: "07:30", brightness: 5}')
    assert settings.night
    assert (settings.night.begins, settings.night.ends) == (time(22), time(7, 30))
    shown = yaml.safe_dump(Settings(panel=settings).model_dump(mode="json"))
    again = tmp_path / "again.yaml"
    again.write_text(shown, encoding="utf-8")
    assert load_settings(again).panel == settings
