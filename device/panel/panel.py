"""Button and lights together; a machine without pins gets along without them."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from gpiozero import NativePinFactoryFallback, PinFactoryFallback

from device.events import Face
from device.panel.absence import Absence, absence, tell
from device.panel.button import PanelButton, ignore
from device.panel.lights import Lights, NoLights, open_lights
from device.panel.picture import Countdown, Flash, VolumeBar
from device.panelsettings import PanelSettings

T = TypeVar("T")

LIT_S = 0.5
"""How long a light stays on for sound of the microphone that has just left the device."""


class Panel:
    """The physical face of the device.

    absences: the parts that could not be had, and what to do about each.
    """

    def __init__(self, settings: PanelSettings, now: Callable[[], datetime]) -> None:
        """Lights alone; `add_button` makes it whole. now: the household's clock."""
        self._now = now
        self._button: PanelButton | None = None
        self._face = Face.STARTING
        self._dark_timer: asyncio.TimerHandle | None = None
        self.absences: tuple[Absence, ...] = ()
        self._lights = self._open_lights(settings)

    def add_button(self, open_button: Callable[[], PanelButton], settings: PanelSettings) -> None:
        """Take the button too, as far as it can be had."""
        self._button = self._tried("button", open_button, settings)

    def relight(self, settings: PanelSettings) -> None:
        """Other lights, or the same ones set otherwise, in the place of these."""
        self._lights.close()
        self.absences = tuple(each for each in self.absences if each.part != "lights")
        self._lights = self._open_lights(settings)
        self._lights.show(self._face)
        self._lights.streaming(self._dark_timer is not None)
        tell(each for each in self.absences if each.part == "lights")

    def show(self, face: Face) -> None:
        """Show a face."""
        self._face = face
        self._lights.show(face)

    def flash(self) -> None:
        """Show that the button was understood."""
        self._lights.overlay(Flash())

    def show_volume(self, percent: int) -> None:
        """Show for a moment how loud it is set."""
        self._lights.overlay(VolumeBar(percent))

    def count_down(self, left_s: float | None) -> None:
        """Show how long the button has to be held before Ladle is restarted; None: it was let go."""
        self._lights.overlay(None if left_s is None else Countdown(left_s))

    def sound_leaves(self) -> None:
        """Sound of the microphone leaves the device: a light is visible, and for a moment longer."""
        if self._dark_timer:
            self._dark_timer.cancel()
        else:
            self._lights.streaming(True)
        self._dark_timer = asyncio.get_running_loop().call_later(LIT_S, self._nothing_leaves)

    def close(self) -> None:
        """Go dark and free the pins."""
        if self._dark_timer:
            self._dark_timer.cancel()
        if self._button:
            self._button.close()
        self._lights.close()

    def _nothing_leaves(self) -> None:
        self._dark_timer = None
        self._lights.streaming(False)

    def _open_lights(self, settings: PanelSettings) -> Lights:
        if not settings.enabled:
            return NoLights()
        return self._tried("lights", lambda: open_lights(settings, now=self._now), settings) or NoLights()

    def _tried(self, part: str, open_part: Callable[[], T], settings: PanelSettings) -> T | None:
        """The part, or None where it cannot be had; then why not is among the absences."""
        try:
            with warnings.catch_warnings():
                # gpiozero warns of every pin library it does not find; our one line says what matters.
                warnings.simplefilter("ignore", PinFactoryFallback)
                warnings.simplefilter("ignore", NativePinFactoryFallback)
                return open_part()
        except Exception as error:  # noqa: BLE001 - each pin library raises its own kind, and no panel is worth a stop
            self.absences += (absence(part, error, settings),)
            return None


def open_panel(
    settings: PanelSettings,
    *,
    on_press: Callable[[], None],
    on_hold: Callable[[], None],
    on_click: Callable[[], None] = ignore,
    on_restart: Callable[[], None] = ignore,
    on_stuck: Callable[[str], None] = ignore,
    on_unstuck: Callable[[], None] = ignore,
    now: Callable[[], datetime] = datetime.now,
) -> Panel:
    """The configured panel, as far as it can be had; a line in the journal says what is missing and why.

    Called on the event loop, on which everything is told (see PanelButton). now: the household's clock.
    """
    panel = Panel(settings, now)
    if not settings.enabled:
        return panel
    panel.add_button(
        lambda: PanelButton(
            settings,
            on_press=on_press,
            on_click=on_click,
            on_hold=on_hold,
            on_countdown=panel.count_down,
            on_restart=on_restart,
            on_stuck=on_stuck,
            on_unstuck=on_unstuck,
        ),
        settings,
    )
    tell(panel.absences)
    return panel
