"""Overlays, brightness and the light that never goes out while sound leaves the device: pure functions."""

from __future__ import annotations

from datetime import time

import pytest

from device.events import Face
from device.panel.looks import LOOKS
from device.panel.picture import (
    FLOOR_DUTY,
    GAMMA,
    OFF,
    RED,
    WHITE,
    Countdown,
    Flash,
    Lamps,
    VolumeBar,
    bar,
    brightness_at,
    duties,
    face_picture,
    never_dark,
    overlay_picture,
    peak,
)
from device.panelsettings import PanelSettings

ONE, RING, THREE = Lamps(1), Lamps(12), Lamps(3, own_colours=True)


def lit(picture: tuple[tuple[float, float, float], ...]) -> float:
    return sum(max(colour) for colour in picture)


def test_every_pixel_shows_the_face() -> None:
    assert face_picture(LOOKS[Face.HEARING], 0, RING) == ((0, 1, 0),) * 12


def test_lamps_with_a_colour_of_their_own_show_the_face_by_which_of_them_is_lit() -> None:
    green, yellow, red = face_picture(LOOKS[Face.FAULT], 0.05, THREE)
    assert (green, yellow, max(red)) == (OFF, OFF, 1)
    assert lit(face_picture(LOOKS[Face.FAULT], 0.5, THREE)) == 0


@pytest.mark.parametrize("lamps", [ONE, RING, THREE])
def test_a_flash_shows_on_dark_lights_as_on_bright_ones(lamps: Lamps) -> None:
    assert lit(overlay_picture(Flash(), 0.0, lamps)) == 0
    assert lit(overlay_picture(Flash(), 0.1, lamps)) == lamps.count


def test_the_volume_is_a_bar_of_pixels() -> None:
    assert overlay_picture(VolumeBar(50), 0, Lamps(4)) == (WHITE, WHITE, OFF, OFF)
    assert lit(overlay_picture(VolumeBar(60), 0, Lamps(3))) == pytest.approx(1.8)
    assert lit(overlay_picture(VolumeBar(100), 0, RING)) == 12


def test_no_volume_at_all_is_not_mistaken_for_no_light() -> None:
    for lamps in (ONE, RING, THREE):
        assert overlay_picture(VolumeBar(0), 0, lamps)[0] == pytest.approx((0.5, 0, 0))


def test_on_one_lamp_a_bar_is_its_brightness() -> None:
    assert bar(0.25, RED, 1) == ((0.25, 0, 0),)


def test_a_countdown_shrinks_and_ticks_once_a_second() -> None:
    countdown = Countdown(5.0)
    between = [lit(overlay_picture(countdown, second + 0.5, RING)) for second in range(5)]
    assert between == sorted(between, reverse=True)
    assert between[0] == pytest.approx(12 * 0.9)
    assert [lit(overlay_picture(countdown, second + 0.05, RING)) for second in range(5)] == [0] * 5


def test_brightness_is_as_the_eye_sees_it() -> None:
    assert duties((WHITE,), 0.5)[0] == pytest.approx((0.5**GAMMA,) * 3)
    assert duties((WHITE,), 1.0) == (WHITE,)
    assert duties((WHITE,), 0.0) == (OFF,)


@pytest.mark.parametrize(
    ("clock", "brightness"),
    [("21:59", 0.8), ("22:00", 0.1), ("00:00", 0.1), ("06:59", 0.1), ("07:00", 0.8), ("12:00", 0.8)],
)
def test_the_night_dims_over_midnight(clock: str, brightness: float) -> None:
    night = {"from": "22:00", "to": "07:00", "brightness": 10}
    settings = PanelSettings.model_validate({"brightness": 80, "night": night})
    assert brightness_at(settings, time.fromisoformat(clock)) == brightness


@pytest.mark.parametrize(
    ("clock", "brightness"), [("12:59", 1.0), ("13:00", 0.0), ("14:59", 0.0), ("15:00", 1.0)]
)
def test_a_night_by_day_dims_for_an_afternoon_nap(clock: str, brightness: float) -> None:
    night = {"from": "13:00", "to": "15:00", "brightness": 0}
    settings = PanelSettings.model_validate({"night": night})
    assert brightness_at(settings, time.fromisoformat(clock)) == brightness


@pytest.mark.parametrize("lamps", [ONE, RING, THREE])
@pytest.mark.parametrize("face", list(Face))
def test_what_must_not_be_dark_glows_in_the_colour_of_its_face(face: Face, lamps: Lamps) -> None:
    look = LOOKS[face]
    glow = never_dark((OFF,) * lamps.count, look, lamps)
    assert peak(glow) == pytest.approx(FLOOR_DUTY)
    full = duties(face_picture(look, 0, lamps) if not look.rhythm else ((look.colour,) * lamps.count), 1.0)
    if not lamps.own_colours:
        shares = [[channel / max(colour) for channel in colour] for colour in (glow[0], full[0])]
        assert shares[0] == pytest.approx(shares[1]), "the same hue"


def test_what_is_bright_enough_stays_as_it_is() -> None:
    shown = ((FLOOR_DUTY, 0.0, 0.0),)
    assert never_dark(shown, LOOKS[Face.HEARING], ONE) is shown
