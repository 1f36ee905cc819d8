"""The light: one RGB LED that shows the face, each by a colour and a rhythm of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gpiozero import RGBLED

from device.config import PanelSettings
from device.events import Face

Colour = tuple[float, float, float]
OFF: Colour = (0, 0, 0)


@dataclass(frozen=True)
class Look:
    """How a face looks: brightness of red, green and blue (0 to 1), and a rhythm in seconds.

    Without on and fade times the light is steady. A cycle is fade in, on, fade out, off.
    """

    colour: Colour
    on_s: float = 0
    off_s: float = 0
    fade_s: float = 0

    @property
    def steady(self) -> bool:
        """Whether the light does not change."""
        return not (self.on_s or self.fade_s)


LOOKS: Mapping[Face, Look] = {
    Face.STARTING: Look((1, 1, 1), on_s=0.1, off_s=0.1, fade_s=1.0),
    Face.READY: Look((0.04, 0.04, 0.04)),
    Face.RINGING: Look((1, 0.9, 0), on_s=0.25, off_s=0.25, fade_s=0.1),
    Face.HEARING: Look((0, 1, 0)),
    Face.THINKING: Look((0, 0.2, 1), fade_s=0.4),
    Face.WORKING: Look((0.7, 0, 1), on_s=0.12, off_s=0.12),
    Face.SPEAKING: Look((0, 0.8, 0.8), on_s=0.6, off_s=0.05, fade_s=0.2),
    Face.MUTED: Look((0.3, 0, 0)),
    Face.RECONNECTING: Look((1, 0.5, 0), on_s=0.5, off_s=0.5),
    Face.FAULT: Look((1, 0, 0), on_s=0.15, off_s=1.2),
}


class Lights(Protocol):
    """Shows faces."""

    def show(self, face: Face) -> None:
        """Show this face until another is shown."""

    def close(self) -> None:
        """Go dark and free the pins."""


class RgbLights:
    """An RGB LED on three pins."""

    def __init__(self, settings: PanelSettings) -> None:
        """Raises gpiozero's errors where the pins cannot be had."""
        self._led = RGBLED(
            settings.red_pin,
            settings.green_pin,
            settings.blue_pin,
            active_high=not settings.common_anode,
        )

    @property
    def colour(self) -> Colour:
        """What the LED shows at this moment."""
        red, green, blue = self._led.color
        return (red, green, blue)

    def show(self, face: Face) -> None:
        """Show this face until another is shown."""
        look = LOOKS[face]
        if look.steady:
            self._led.color = look.colour
            return
        self._led.blink(
            on_time=look.on_s,
            off_time=look.off_s,
            fade_in_time=look.fade_s,
            fade_out_time=look.fade_s,
            on_color=look.colour,
            off_color=OFF,
        )

    def close(self) -> None:
        """Go dark and free the pins."""
        self._led.close()


class NoLights:
    """For a device without lights."""

    def show(self, face: Face) -> None:
        """Nothing to show it with."""

    def close(self) -> None:
        """Nothing to free."""
