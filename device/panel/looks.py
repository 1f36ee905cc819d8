"""How each face looks: a colour and a rhythm, as data.

Each face has a pattern of its own, so that a single LED tells them apart, and so do eyes that see no colours.
None flashes more than three times in a second, for people who cannot bear that. Brightness here is as the eye
sees it, from 0 to 1: 0.5 looks half as bright as 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from device.events import Face

Colour = tuple[float, float, float]
"""Red, green and blue, 0 to 1."""

FADE_STEP_S = 0.05
"""How often a fading light changes. What costs is waking up, so no more often than looks smooth."""


@dataclass(frozen=True)
class Beat:
    """Fade to this level, and hold it."""

    level: float
    hold_s: float
    fade_s: float = 0.0

    @property
    def lasts_s(self) -> float:
        """How long fade and hold take."""
        return self.fade_s + self.hold_s


Rhythm = tuple[Beat, ...]
"""Beats in a loop, each beginning where the one before ended; without beats the light is steady."""


@dataclass(frozen=True)
class Look:
    """How a face looks.

    colour: of lights that can have any
    lamps: how bright the green, the yellow and the red one are, where each lamp has a colour of its own
    """

    colour: Colour
    lamps: tuple[float, float, float]
    rhythm: Rhythm = ()

    @cached_property
    def period_s(self) -> float:
        """How long the rhythm takes until it begins again; 0: it is steady."""
        return sum(beat.lasts_s for beat in self.rhythm)

    def level(self, at_s: float) -> float:
        """The brightness at a time since the face was shown, from 0 to 1."""
        if not self.rhythm:
            return 1.0
        beat, before, into_s = self._beat(at_s)
        if into_s >= beat.fade_s:
            return beat.level
        return before + (beat.level - before) * into_s / beat.fade_s

    def changes_in(self, at_s: float) -> float | None:
        """Seconds until the brightness is to change again; None: never."""
        if not self.rhythm:
            return None
        beat, _, into_s = self._beat(at_s)
        if into_s < beat.fade_s:
            return min(FADE_STEP_S, beat.fade_s - into_s)
        return beat.lasts_s - into_s

    def _beat(self, at_s: float) -> tuple[Beat, float, float]:
        """The beat at this time, the level before it, and how long it has lasted."""
        into_s = at_s % self.period_s
        before = self.rhythm[-1].level
        for beat in self.rhythm[:-1]:
            if into_s < beat.lasts_s:
                return beat, before, into_s
            into_s -= beat.lasts_s
            before = beat.level
        return self.rhythm[-1], before, into_s


def frame(look: Look, at_s: float) -> Colour:
    """The colour of a look at a time since it was first shown."""
    return scaled(look.colour, look.level(at_s))


def scaled(colour: Colour, by: float) -> Colour:
    """The same colour, so much brighter."""
    red, green, blue = colour
    return (red * by, green * by, blue * by)


def _flash(times: int, on_s: float, off_s: float, pause_s: float) -> Rhythm:
    """Light, so many times, and a pause."""
    again = (Beat(1, on_s), Beat(0, off_s))
    return (*again * (times - 1), Beat(1, on_s), Beat(0, pause_s))


ALL_LAMPS = (1.0, 1.0, 1.0)
GREEN_LAMP = (1.0, 0.0, 0.0)
YELLOW_LAMP = (0.0, 1.0, 0.0)
RED_LAMP = (0.0, 0.0, 1.0)

LOOKS: Mapping[Face, Look] = {
    Face.STARTING: Look((1, 1, 1), ALL_LAMPS, (Beat(1, 0.5, fade_s=0.8), Beat(0, 0.6, fade_s=0.8))),
    Face.READY: Look((0.23, 0.23, 0.23), (0.3, 0.0, 0.0)),
    Face.RINGING: Look((1, 0.95, 0), ALL_LAMPS, _flash(3, on_s=0.17, off_s=0.17, pause_s=0.7)),
    Face.HEARING: Look((0, 1, 0), GREEN_LAMP),
    Face.THINKING: Look((0, 0.48, 1), YELLOW_LAMP, (Beat(1, 0.15, fade_s=0.3), Beat(0, 0.15, fade_s=0.3))),
    Face.WORKING: Look((0.85, 0, 1), YELLOW_LAMP, _flash(1, on_s=0.17, off_s=0.17, pause_s=0.17)),
    Face.SPEAKING: Look((0, 0.9, 0.9), GREEN_LAMP, (Beat(1, 0.6, fade_s=0.2), Beat(0.4, 0.0, fade_s=0.2))),
    # Steady but for two winks: muted may last for hours, and ought to cost nothing.
    Face.MUTED: Look((0.58, 0, 0), RED_LAMP, (Beat(1, 3.6), Beat(0, 0.12), Beat(1, 0.2), Beat(0, 0.12))),
    Face.RECONNECTING: Look((1, 0.65, 0), YELLOW_LAMP, (Beat(1, 0.5), Beat(0, 0.5))),
    Face.FAULT: Look((1, 0, 0), RED_LAMP, _flash(1, on_s=0.15, off_s=0.0, pause_s=1.2)),
}
