"""Lights over time: rhythms, overlays and dimming, on a clock that jumps; then on pins in memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from gpiozero import GPIOPinInUse
from gpiozero.pins.mock import MockFactory

from device.events import Face
from device.panel.drivers import PinDriver
from device.panel.lights import AnimatedLights, Lights, open_lights
from device.panel.looks import FADE_STEP_S, LOOKS
from device.panel.picture import FLOOR_DUTY, GAMMA, OFF, Countdown, Flash, Lamps, Picture, VolumeBar, peak
from device.panelsettings import PanelSettings
from tests.clock import run_in_fast_time

NIGHT = {"from": "22:00", "to": "07:00", "brightness": 0}


class Bulbs:
    """Lamps that remember what they showed, and when."""

    def __init__(self, lamps: Lamps = Lamps(1)) -> None:  # noqa: B008 - it is frozen
        self.lamps = lamps
        self.history: list[tuple[float, Picture]] = []
        self.closed = False
        self.broken = False

    @property
    def shown(self) -> Picture:
        return self.history[-1][1] if self.history else (OFF,) * self.lamps.count

    def show(self, picture: Picture) -> None:
        if self.broken:
            raise OSError("no more light")
        self.history.append((asyncio.get_running_loop().time(), picture))

    def close(self) -> None:
        self.closed = True

    def during(self, since_s: float, until_s: float) -> list[Picture]:
        """What could be seen in this time, what was there at its beginning included."""
        before = [picture for at_s, picture in self.history if at_s <= since_s][-1:]
        return before + [picture for at_s, picture in self.history if since_s < at_s < until_s]


Script = Callable[[AnimatedLights, Bulbs], Awaitable[None]]


def play(
    script: Script, *, bulbs: Bulbs | None = None, starts_at: str = "12:00", **settings: object
) -> Bulbs:
    """Run a script with lights over bulbs; the clock of the household goes with the loop's."""
    bulbs = bulbs or Bulbs()

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        began_s, noon = loop.time(), datetime.fromisoformat(f"2026-11-21T{starts_at}")
        lights = AnimatedLights(
            bulbs,
            PanelSettings.model_validate(settings),
            now=lambda: noon + timedelta(seconds=loop.time() - began_s),
        )
        try:
            await script(lights, bulbs)
        finally:
            lights.close()

    run_in_fast_time(scene())
    assert bulbs.closed
    return bulbs


def duty(perceived: float) -> float:
    return float(perceived**GAMMA)


def test_it_begins_with_the_face_of_a_start() -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        await asyncio.sleep(0.5)
        halfway = LOOKS[Face.STARTING].level(0.5)
        assert bulbs.shown[0] == pytest.approx((duty(halfway),) * 3, abs=0.07)
        await asyncio.sleep(0.5)
        assert bulbs.shown == ((1, 1, 1),)

    play(script)


def test_a_steady_face_is_painted_once_and_costs_nothing_after() -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.show(Face.HEARING)
        painted = len(bulbs.history)
        lights.show(Face.HEARING)
        await asyncio.sleep(3600)
        assert len(bulbs.history) == painted
        assert bulbs.shown == ((0, 1, 0),)

    play(script)


@pytest.mark.parametrize("face", [face for face in Face if LOOKS[face].rhythm])
def test_a_rhythm_is_what_its_look_says(face: Face) -> None:
    look = LOOKS[face]

    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.show(Face.HEARING)
        began_s = asyncio.get_running_loop().time()
        lights.show(face)
        await asyncio.sleep(2.5 * look.period_s)
        for at_s, picture in bulbs.history:
            if at_s > began_s:
                # A step of a fade comes at the most one step late.
                near = [look.level(at_s - began_s - late_s) for late_s in (0, 0.002, 0.004)]
                assert min(abs(peak(picture) - duty(max(look.colour) * level)) for level in near) < 0.01
        levels = {round(peak(picture), 2) for picture in bulbs.during(began_s, began_s + 10)}
        assert max(levels) == pytest.approx(duty(max(look.colour)), abs=0.01)
        assert min(levels) == pytest.approx(
            duty(max(look.colour) * min(b.level for b in look.rhythm)), abs=0.01
        )

    play(script)


def test_showing_the_same_face_again_does_not_begin_its_rhythm_anew() -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.show(Face.RECONNECTING)
        for _ in range(8):
            await asyncio.sleep(0.3)
            lights.show(Face.RECONNECTING)
        times = [at_s for at_s, _ in bulbs.history][-4:]
        assert [b - a for a, b in pairwise(times)] == pytest.approx([0.5] * 3, abs=0.005)

    play(script)


def test_after_an_overlay_the_face_is_back_in_its_rhythm() -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.show(Face.HEARING)
        began_s = asyncio.get_running_loop().time()
        lights.overlay(Flash())
        await asyncio.sleep(1)
        changes = [(round(at_s - began_s, 3), picture) for at_s, picture in bulbs.history if at_s >= began_s]
        assert [at_s for at_s, _ in changes][-2:] == pytest.approx([0.05, 0.15], abs=0.005)
        assert changes[-2][1] == ((1, 1, 1),)
        assert changes[-1][1] == ((0, 1, 0),)

    play(script)


def test_a_face_that_is_shown_under_an_overlay_appears_after_it() -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.show(Face.READY)
        lights.overlay(VolumeBar(100))
        await asyncio.sleep(0.5)
        lights.show(Face.HEARING)
        await asyncio.sleep(0.9)
        assert bulbs.shown == ((1, 1, 1),)
        await asyncio.sleep(0.2)
        assert bulbs.shown == ((0, 1, 0),)

    play(script)


def test_a_newer_overlay_takes_the_place_of_an_older_one() -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.overlay(VolumeBar(50))
        await asyncio.sleep(1)
        lights.overlay(VolumeBar(100))
        await asyncio.sleep(1.4)
        assert bulbs.shown == ((1, 1, 1),)

    play(script)


def test_a_countdown_is_covered_by_nothing_and_ends_when_it_is_taken_away() -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.show(Face.HEARING)
        lights.overlay(Countdown(5))
        await asyncio.sleep(2.5)
        lights.overlay(VolumeBar(100))
        lights.overlay(Flash())
        assert bulbs.shown[0] == pytest.approx((duty(0.5),) * 3, abs=0.02)
        lights.overlay(None)
        assert bulbs.shown == ((0, 1, 0),)
        await asyncio.sleep(10)
        assert bulbs.shown == ((0, 1, 0),)

    play(script)


def test_a_countdown_that_has_ended_gives_way() -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.overlay(Countdown(5))
        await asyncio.sleep(5)
        lights.overlay(VolumeBar(100))
        assert bulbs.shown == ((1, 1, 1),)

    play(script)


@pytest.mark.parametrize("night", [None, NIGHT])
@pytest.mark.parametrize("brightness", [0, 1, 30, 100])
@pytest.mark.parametrize("face", list(Face))
def test_while_sound_leaves_the_device_a_light_is_always_on(
    face: Face, brightness: int, night: dict[str, object] | None
) -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.show(face)
        lights.streaming(True)
        began_s = asyncio.get_running_loop().time()
        for overlay in (Flash(), VolumeBar(0), VolumeBar(3), Countdown(5)):
            lights.overlay(overlay)
            await asyncio.sleep(6)
        await asyncio.sleep(6)
        seen = bulbs.during(began_s, began_s + 30)
        assert min(map(peak, seen)) >= FLOOR_DUTY - 1e-9

    for lamps in (Lamps(1), Lamps(3, own_colours=True), Lamps(12)):
        play(script, bulbs=Bulbs(lamps), starts_at="23:00", brightness=brightness, night=night)


def test_when_the_sound_has_left_the_lights_go_back_to_what_is_set() -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.show(Face.READY)
        lights.streaming(True)
        assert peak(bulbs.shown) == pytest.approx(FLOOR_DUTY)
        lights.streaming(False)
        assert peak(bulbs.shown) == 0

    play(script, brightness=0)


def test_the_hearing_face_is_visible_by_itself() -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.show(Face.HEARING)
        assert peak(bulbs.shown) == pytest.approx(FLOOR_DUTY)

    play(script, brightness=0)


def test_the_night_begins_and_ends_under_a_steady_face() -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        lights.show(Face.READY)
        by_day = bulbs.shown
        await asyncio.sleep(31)
        assert bulbs.shown == by_day
        await asyncio.sleep(60)
        assert peak(bulbs.shown) == 0
        await asyncio.sleep(9 * 3600)
        assert bulbs.shown == by_day
        assert len([picture for _, picture in bulbs.history if picture == by_day]) == 2

    play(script, starts_at="21:59", night=NIGHT)


def test_lights_that_fail_are_told_once_and_work_again_when_they_can(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def script(lights: AnimatedLights, bulbs: Bulbs) -> None:
        bulbs.broken = True
        for face in (Face.THINKING, Face.WORKING, Face.RECONNECTING):
            lights.show(face)
            await asyncio.sleep(5)
        bulbs.broken = False
        lights.show(Face.HEARING)
        assert bulbs.shown == ((0, 1, 0),)
        lights.show(Face.RECONNECTING)
        await asyncio.sleep(0.7)
        assert peak(bulbs.shown) == 0

    with caplog.at_level(logging.WARNING):
        play(script)
    [message] = caplog.messages
    assert message.startswith("panel_absent part=lights reason='no more light' remedy='Check the wires")


# ------------------------------------------------------------------------------------ on pins in memory


def on_pins(script: Callable[[Lights], Awaitable[None]], **settings: object) -> None:
    async def scene() -> None:
        lights = open_lights(PanelSettings.model_validate(settings))
        try:
            await script(lights)
        finally:
            lights.close()

    run_in_fast_time(scene())


def test_an_rgb_led_shows_its_colour_by_the_duty_of_three_pins(pins: MockFactory) -> None:
    async def script(lights: Lights) -> None:
        lights.show(Face.RECONNECTING)
        levels = [pins.pin(number).state for number in (22, 23, 24)]
        assert levels == pytest.approx([1, duty(0.65), 0], abs=0.005)
        assert pins.pin(22).frequency == 100

    on_pins(script)


def test_a_common_anode_turns_the_pins_round(pins: MockFactory) -> None:
    async def script(lights: Lights) -> None:
        lights.show(Face.HEARING)
        assert [pins.pin(number).state for number in (22, 23, 24)] == [1, 0, 1]

    on_pins(script, common_anode=True)


def test_a_single_led_shows_brightness_alone(pins: MockFactory) -> None:
    async def script(lights: Lights) -> None:
        lights.show(Face.HEARING)
        assert pins.pin(5).state == 1
        lights.show(Face.READY)
        assert pins.pin(5).state == pytest.approx(duty(0.23), abs=0.005)
        assert {pin.name for pin in pins.pins} == {"GPIO5"}

    on_pins(script, lights="single", led_pin=5)


def test_three_leds_show_which_of_them_is_lit(pins: MockFactory) -> None:
    async def script(lights: Lights) -> None:
        for face, levels in (
            (Face.HEARING, [0, 0, 1]),
            (Face.RECONNECTING, [0, 1, 0]),
            (Face.MUTED, [1, 0, 0]),
        ):
            lights.show(face)
            assert [pins.pin(number).state for number in (22, 24, 23)] == levels

    on_pins(script, lights="three")


def test_a_pin_blinks_at_the_times_of_its_rhythm(pins: MockFactory) -> None:
    """In real time; a shared machine may be 100 ms late."""

    async def scene() -> None:
        lights = open_lights(PanelSettings(lights="single"))
        lights.show(Face.HEARING)
        pin = pins.pin(22)
        pin.clear_states()
        lights.show(Face.RECONNECTING)
        await asyncio.sleep(1.7)
        lights.close()
        blinks = [state for state in pin.states[1:] if state.state in (0.0, 1.0)]
        assert [state.state for state in blinks[:3]] == [0, 1, 0]
        assert [state.timestamp for state in blinks[:3]] == pytest.approx([0.5] * 3, abs=0.1)

    asyncio.run(scene())


def test_a_pin_is_written_to_only_when_its_percent_changes(pins: MockFactory) -> None:
    """lgpio's queue for each pin is short; it empties by one in every 10 ms."""

    async def script(lights: Lights) -> None:
        written: list[float] = []
        pin = pins.pin(22)
        write = pin._set_state

        def count(value: float) -> None:
            written.append(value)
            write(value)

        pin._set_state = count
        lights.show(Face.THINKING)
        await asyncio.sleep(5)
        assert all(before != after for before, after in pairwise(written))
        assert len(written) <= 1.1 * 5 / FADE_STEP_S
        assert all(round(100 * value) == pytest.approx(100 * value) for value in written)

    on_pins(script, lights="single")


def test_closing_leaves_the_pins_dark_and_free(pins: MockFactory) -> None:
    async def script(lights: Lights) -> None:
        lights.show(Face.HEARING)

    on_pins(script)
    assert [pins.pin(number).function for number in (22, 23, 24)] == ["input"] * 3
    on_pins(script)


def test_a_pin_that_is_taken_leaves_none_of_the_others_open(pins: MockFactory) -> None:
    taken = PinDriver(Lamps(1), [23], lambda picture: [0.0], common_anode=False)
    with pytest.raises(GPIOPinInUse):
        on_pins(no_script)
    free = PinDriver(Lamps(1), [22], lambda picture: [0.0], common_anode=False)
    free.close()
    taken.close()


async def no_script(lights: Lights) -> None:
    """Nothing to play."""


def test_without_lights_nothing_is_touched(pins: MockFactory) -> None:
    async def script(lights: Lights) -> None:
        lights.show(Face.HEARING)
        lights.overlay(Flash())
        lights.streaming(True)

    on_pins(script, lights="none")
    assert not pins.pins
