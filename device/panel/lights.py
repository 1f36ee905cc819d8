"""Lights: what shows the face, whatever it is made of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from device.events import Face
from device.panel.apa102 import Apa102Driver
from device.panel.drivers import Driver, rgb_driver, single_driver, three_driver
from device.panel.looks import LOOKS
from device.panel.picture import (
    OFF,
    Countdown,
    Overlay,
    Picture,
    brightness_at,
    duties,
    face_picture,
    never_dark,
    overlay_picture,
)
from device.panelsettings import PanelSettings

logger = logging.getLogger(__name__)

NIGHT_LOOK_S = 30.0
"""How often to see whether the night has begun or ended: clocks jump, so nothing is reckoned ahead."""
SHORTEST_WAIT_S = 0.001
"""Timers may come a little early; without this one that did would come again and again."""
FAILING_REMEDY = "Check the wires of the lights and their power. Ladle tries again when the face changes."


class Lights(Protocol):
    """Shows faces, and short things over them."""

    def show(self, face: Face) -> None:
        """Show this face until another is shown."""

    def overlay(self, overlay: Overlay | None) -> None:
        """Lay this over the face for its time; None: take away what lies there."""

    def streaming(self, on: bool) -> None:
        """Whether sound from the microphone leaves the device; a light is visible all that time."""

    def close(self) -> None:
        """Go dark and free the pins."""


class NoLights:
    """For a device without lights: nothing shows its face, nor that sound leaves it."""

    def show(self, face: Face) -> None:
        """Nothing to show it with."""

    def overlay(self, overlay: Overlay | None) -> None:
        """Nothing to show it with."""

    def streaming(self, on: bool) -> None:
        """Nothing to show it with."""

    def close(self) -> None:
        """Nothing to free."""


class AnimatedLights:
    """Any lamps, moved by timers of the event loop. A steady look needs none."""

    def __init__(
        self, driver: Driver, settings: PanelSettings, *, now: Callable[[], datetime] = datetime.now
    ) -> None:
        """Shows that it is starting. now: the household's clock, for the night. Called on the event loop."""
        self._driver = driver
        self._settings = settings
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._face = Face.STARTING
        self._face_since = self._loop.time()
        self._overlay: Overlay | None = None
        self._overlay_since = 0.0
        self._is_streaming = False
        self._shown: Picture = (OFF,) * driver.lamps.count
        self._fails = False
        self._timer: asyncio.TimerHandle | None = None
        self._paint()

    def show(self, face: Face) -> None:
        """Show this face until another is shown."""
        if face is not self._face:
            self._face = face
            self._face_since = self._loop.time()
            self._paint()

    def overlay(self, overlay: Overlay | None) -> None:
        """Lay this over the face for its time; a countdown that runs is covered by nothing else."""
        if overlay and isinstance(self._lies_over(), Countdown):
            return
        self._overlay = overlay
        self._overlay_since = self._loop.time()
        self._paint()

    def streaming(self, on: bool) -> None:
        """Whether sound from the microphone leaves the device; a light is visible all that time."""
        if on is not self._is_streaming:
            self._is_streaming = on
            self._paint()

    def close(self) -> None:
        """Go dark and free the pins."""
        if self._timer:
            self._timer.cancel()
        self._driver.close()

    def _lies_over(self) -> Overlay | None:
        if self._overlay and self._loop.time() >= self._overlay_since + self._overlay.lasts_s:
            self._overlay = None
        return self._overlay

    def _paint(self) -> None:
        """Bring the lamps up to date, and come back when they change next."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        picture = self._picture()
        if picture != self._shown or self._fails:
            self._put(picture)
        wait_s = self._changes_in()
        if wait_s is not None and not self._fails:
            self._timer = self._loop.call_later(max(wait_s, SHORTEST_WAIT_S), self._paint)

    def _picture(self) -> Picture:
        """What the lamps are to show now, as duties."""
        look = LOOKS[self._face]
        lamps = self._driver.lamps
        overlay = self._lies_over()
        if overlay:
            picture = overlay_picture(overlay, self._loop.time() - self._overlay_since, lamps)
        else:
            picture = face_picture(look, self._loop.time() - self._face_since, lamps)
        brightness = brightness_at(self._settings, self._now().time())
        shown = duties(picture, brightness)
        # The face tells of it as well: a light that has to be on ought not to hang on one call.
        leaves = self._is_streaming or self._face is Face.HEARING
        return never_dark(shown, look, lamps) if leaves else shown

    def _changes_in(self) -> float | None:
        """Seconds until the picture may change; None: not before somebody asks for it."""
        now_s = self._loop.time()
        if self._overlay:
            at_s = now_s - self._overlay_since
            step_s = self._overlay.step_s
            return min(step_s - at_s % step_s, self._overlay.lasts_s - at_s)
        change_s = LOOKS[self._face].changes_in(now_s - self._face_since)
        if self._settings.night is None:
            return change_s
        return NIGHT_LOOK_S if change_s is None else min(NIGHT_LOOK_S, change_s)

    def _put(self, picture: Picture) -> None:
        try:
            self._driver.show(picture)
        except Exception as error:  # noqa: BLE001 - each pin library raises its own kind, and no light is worth a stop
            if not self._fails:
                logger.warning(
                    "panel_absent part=lights reason=%r remedy=%r",
                    str(error) or type(error).__name__,
                    FAILING_REMEDY,
                )
            self._fails = True
        else:
            self._shown = picture
            self._fails = False


def open_lights(settings: PanelSettings, *, now: Callable[[], datetime] = datetime.now) -> Lights:
    """The configured lights. Raises errors of gpiozero or its pin library where they cannot be had."""
    match settings.lights:
        case "none":
            return NoLights()
        case "rgb":
            driver: Driver = rgb_driver(settings)
        case "single":
            driver = single_driver(settings)
        case "three":
            driver = three_driver(settings)
        case "apa102":
            driver = Apa102Driver(settings)
    return AnimatedLights(driver, settings, now=now)
