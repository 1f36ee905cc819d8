"""What the lamps show: a face, with something short laid over it, as bright as it may be. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from device.panel.looks import Colour, Look, frame, scaled
from device.panelsettings import PanelSettings

Picture = tuple[Colour, ...]
"""A colour for each lamp: as the eye sees it, or as duties, the share of time for which the light is on."""

WHITE: Colour = (1.0, 1.0, 1.0)
RED: Colour = (1.0, 0.0, 0.0)
OFF: Colour = (0.0, 0.0, 0.0)

GAMMA = 2.2
"""An eye sees half the brightness at about a fifth of the light."""
FLOOR_DUTY = 0.04
"""Of the brightest colour, while sound leaves the device: more than the hundredth that pins can do at all."""
FLASH_DARK_S = 0.05
TICK_S = 0.1


@dataclass(frozen=True)
class Lamps:
    """What the lights are: how many, and whether each has a colour of its own (green, yellow, red)."""

    count: int
    own_colours: bool = False


@dataclass(frozen=True)
class Flash:
    """The button was understood: a wink and a flash, which show on dark lights as on bright ones."""

    lasts_s: float = 0.15
    step_s: float = FLASH_DARK_S


@dataclass(frozen=True)
class VolumeBar:
    """How loud it is set, in percent."""

    percent: int
    lasts_s: float = 1.5
    step_s: float = 1.5


@dataclass(frozen=True)
class Countdown:
    """How long the button has still to be held: a bar that shrinks and ticks."""

    lasts_s: float
    step_s: float = TICK_S


Overlay = Flash | VolumeBar | Countdown


def face_picture(look: Look, at_s: float, lamps: Lamps) -> Picture:
    """A face at a time since it was shown."""
    if not lamps.own_colours:
        return (frame(look, at_s),) * lamps.count
    level = look.level(at_s)
    return tuple(scaled(WHITE, lamp * level) for lamp in look.lamps)


def overlay_picture(overlay: Overlay, at_s: float, lamps: Lamps) -> Picture:
    """What lies over the face at a time since it was laid there."""
    match overlay:
        case Flash():
            return (WHITE if at_s >= FLASH_DARK_S else OFF,) * lamps.count
        case VolumeBar(percent=0):
            return bar(0.5 / lamps.count, RED, lamps.count)
        case VolumeBar(percent=percent):
            return bar(percent / 100, WHITE, lamps.count)
        case Countdown(lasts_s=lasts_s):
            ticks = at_s % 1 < TICK_S
            return bar(0 if ticks else 1 - at_s / lasts_s, WHITE, lamps.count)


def bar(share: float, colour: Colour, count: int) -> Picture:
    """So many of the lamps, the last of them in part."""
    return tuple(scaled(colour, min(1.0, max(0.0, share * count - lamp))) for lamp in range(count))


def brightness_at(settings: PanelSettings, clock: time) -> float:
    """How bright the lights may be at this time of day, from 0 to 1."""
    if settings.night and settings.night.holds(clock):
        return settings.night.brightness / 100
    return settings.brightness / 100


def duties(picture: Picture, brightness: float) -> Picture:
    """The light that makes an eye see this picture, at this brightness."""
    return tuple(
        ((red * brightness) ** GAMMA, (green * brightness) ** GAMMA, (blue * brightness) ** GAMMA)
        for red, green, blue in picture
    )


def never_dark(shown: Picture, look: Look, lamps: Lamps) -> Picture:
    """The same duties, or, where nobody would see them, the face in its colour at the least that is seen."""
    if peak(shown) >= FLOOR_DUTY:
        return shown
    full = duties(_fullest(look, lamps), 1.0)
    return tuple(scaled(colour, FLOOR_DUTY / peak(full)) for colour in full)


def peak(picture: Sequence[Colour]) -> float:
    """The brightest colour of the brightest lamp."""
    return max(max(colour) for colour in picture)


def _fullest(look: Look, lamps: Lamps) -> Picture:
    return (
        tuple(scaled(WHITE, lamp) for lamp in look.lamps)
        if lamps.own_colours
        else (look.colour,) * lamps.count
    )
