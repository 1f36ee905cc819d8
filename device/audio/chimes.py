"""Short sounds that the device makes by itself, quicker than words and without a network."""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterator
from functools import cache
from itertools import chain

from device.audio.formats import REPLY_RATE_HZ
from device.events import Chime

TONES_HZ = {
    Chime.READY: (523, 659, 784),
    Chime.HEARD: (880,),
    Chime.INTERRUPTED: (392,),
    Chime.MUTED: (587, 392),
    Chime.UNMUTED: (392, 587),
    Chime.OFFLINE: (784, 659, 523),
    Chime.FAULT: (311, 311),
    Chime.TIMER: (1047, 880, 1047),
}
"""Rising for what begins, falling for what ends; notes around the octave above middle c."""

TONE_MS = 140
BRIEF_TONE_MS = 60
"""For a single note, which answers something that was just done."""
GAP_MS = 20
FADE_IN_MS = 12
PEAK = 0.18 * 32767
"""18 % of full scale: heard across a kitchen, and no fright at night."""


@cache
def chime(kind: Chime) -> bytes:
    """The chime as 24 kHz mono signed 16-bit PCM, in whole blocks of 10 ms, silent at both ends."""
    tones_hz = TONES_HZ[kind]
    length, gap = _samples(TONE_MS if len(tones_hz) > 1 else BRIEF_TONE_MS), [0] * _samples(GAP_MS)
    samples = array("h", chain.from_iterable(chain(_tone(tone_hz, length), gap) for tone_hz in tones_hz))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _tone(pitch_hz: float, length: int) -> Iterator[int]:
    """A struck tone of `length` samples: quickly up, slowly down, with no corner that would click."""
    rise = _samples(FADE_IN_MS)
    for at in range(length):
        fade = at / (rise - 1) if at < rise else (length - 1 - at) / (length - 1 - rise)
        swing = math.sin(2 * math.pi * pitch_hz / REPLY_RATE_HZ * at)
        yield round(PEAK * math.sin(math.pi / 2 * fade) ** 2 * swing)


def _samples(duration_ms: int) -> int:
    return REPLY_RATE_HZ * duration_ms // 1000
