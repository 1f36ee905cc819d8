"""Short sounds that the device makes by itself, for what it cannot say without a network."""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterator
from functools import cache
from itertools import chain

from device.audio.formats import REPLY_RATE_HZ
from device.events import Chime

TONES_HZ = {Chime.OFFLINE: (784, 659, 523)}
"""Offline: g, e and c of the octave above middle c, falling."""

TONE_MS = 140
GAP_MS = 20
FADE_IN_MS = 12
PEAK = 0.18 * 32767
"""18 % of full scale: heard across a kitchen, and no fright at night."""


@cache
def chime(kind: Chime) -> bytes:
    """The chime as 24 kHz mono signed 16-bit PCM, in whole blocks of 10 ms, silent at both ends."""
    gap = [0] * _samples(GAP_MS)
    samples = array("h", chain.from_iterable(chain(_tone(pitch_hz), gap) for pitch_hz in TONES_HZ[kind]))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _tone(pitch_hz: float) -> Iterator[int]:
    """A struck tone: quickly up, slowly down, and no corner at either end that would click."""
    rise, length = _samples(FADE_IN_MS), _samples(TONE_MS)
    for at in range(length):
        fade = at / (rise - 1) if at < rise else (length - 1 - at) / (length - 1 - rise)
        swing = math.sin(2 * math.pi * pitch_hz / REPLY_RATE_HZ * at)
        yield round(PEAK * math.sin(math.pi / 2 * fade) ** 2 * swing)


def _samples(duration_ms: int) -> int:
    return REPLY_RATE_HZ * duration_ms // 1000
