"""Short sounds that the device makes by itself, for what it cannot say without a network."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from device.audio.formats import REPLY_RATE_HZ
from device.events import Chime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TONES_HZ = {Chime.OFFLINE: (784, 659, 523)}
"""Offline: g, e and c of the octave above middle c, falling."""

TONE_MS = 140
GAP_MS = 20
FADE_IN_MS = 12
PEAK = 0.18
"""Of full scale: heard across a kitchen, and no fright at night."""


@cache
def chime(kind: Chime) -> bytes:
    """The chime as 24 kHz mono signed 16-bit PCM, in whole blocks of 10 ms, silent at both ends."""
    import numpy as np  # noqa: PLC0415

    gap = np.zeros(_samples(GAP_MS))
    parts = [part for pitch_hz in TONES_HZ[kind] for part in (_tone(pitch_hz), gap)]
    wave = np.concatenate(parts) * (PEAK * np.iinfo(np.int16).max)
    return np.round(wave).astype("<i2").tobytes()


def _tone(pitch_hz: float) -> NDArray[np.float64]:
    """A struck tone of amplitude 1: quickly up, slowly down, and no corner at either end that would click."""
    import numpy as np  # noqa: PLC0415

    rise, length = _samples(FADE_IN_MS), _samples(TONE_MS)
    fade_in = np.sin(np.linspace(0, np.pi / 2, rise)) ** 2
    fade_out = np.cos(np.linspace(0, np.pi / 2, length - rise)) ** 2
    swing = np.sin(2 * np.pi * pitch_hz / REPLY_RATE_HZ * np.arange(length))
    tone: NDArray[np.float64] = np.concatenate([fade_in, fade_out]) * swing
    return tone


def _samples(duration_ms: int) -> int:
    return REPLY_RATE_HZ * duration_ms // 1000
