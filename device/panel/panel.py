"""Button and lights together; a machine without pins gets along without them."""

from __future__ import annotations

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


class Panel:
    """The physical face of the device.

    absences: the parts that could not be had, and what to do about each.
    """

    def __init__(
        self, button: PanelButton | None, lights: Lights, absences: tuple[Absence, ...] = ()
    ) -> None:
        self._button = button
        self._lights = lights
        self.absences = absences

    def show(self, face: Face) -> None:
        """Show a face."""
        self._lights.show(face)

    def flash(self) -> None:
        """Show that the button was understood."""
        self._lights.overlay(Flash())

    def show_volume(self, percent: int) -> None:
        """Show for a moment how loud it is set."""
        self._lights.overlay(VolumeBar(percent))

    def streaming(self, on: bool) -> None:
        """Whether sound from the microphone leaves the device; a light is visible all that time."""
        self._lights.streaming(on)

    def close(self) -> None:
        """Go dark and free the pins."""
        if self._button:
            self._button.close()
        self._lights.close()


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
    if not settings.enabled:
        return Panel(None, NoLights())
    absences: list[Absence] = []
    lights: Lights = (
        _tried("lights", lambda: open_lights(settings, now=now), settings, absences) or NoLights()
    )
    button = _tried(
        "button",
        lambda: PanelButton(
            settings,
            on_press=on_press,
            on_click=on_click,
            on_hold=on_hold,
            on_countdown=lambda left_s: lights.overlay(None if left_s is None else Countdown(left_s)),
            on_restart=on_restart,
            on_stuck=on_stuck,
            on_unstuck=on_unstuck,
        ),
        settings,
        absences,
    )
    tell(absences)
    return Panel(button, lights, tuple(absences))


def _tried(
    part: str, open_part: Callable[[], T], settings: PanelSettings, absences: list[Absence]
) -> T | None:
    """The part, or None where it cannot be had; then why not is among the absences."""
    try:
        with warnings.catch_warnings():
            # gpiozero warns of every pin library it does not find; our one line says what matters.
            warnings.simplefilter("ignore", PinFactoryFallback)
            warnings.simplefilter("ignore", NativePinFactoryFallback)
            return open_part()
    except Exception as error:  # noqa: BLE001 - each pin library raises its own kind, and no panel is worth a stop
        absences.append(absence(part, error, settings))
        return None
