"""The noise floor: how loud the room is while nobody speaks.

The floor is the least smoothed power of the last few seconds, after Martin, "Noise power spectral density
estimation based on optimal smoothing and minimum statistics" (IEEE Transactions on Speech and Audio
Processing 9(5), 2001), over the whole band and without his correction of bias, which the margin above the
floor takes in. Speech has gaps and stays well above it; a tap that runs lifts it, within `MEMORY_MS`.
"""

from __future__ import annotations

import math
from array import array
from collections import deque

from device.audio.formats import frames_in

QUIETEST_DBFS = -90.0
"""The level of digital silence, and the floor until a whole memory has been heard."""

MEMORY_MS = 3000
BLOCKS = 5
SMOOTHING = 0.2
"""Weight of a new frame in the smoothed power: a time constant of 90 ms."""

REFUSED_MS = 1000
"""So long the level of a refused noise counts like the floor."""

_STRIDE = 4  # every fourth sample gives the level within 1 dB for a third of the time, and without numpy
_FULL_SCALE = 32768.0
_QUIETEST = 10 ** (QUIETEST_DBFS / 10)


class NoiseFloor:
    """Follows the level of the frames and the floor below them, both in dB of full scale (a square wave)."""

    def __init__(self) -> None:
        self.level_dbfs = QUIETEST_DBFS
        self.floor_dbfs = QUIETEST_DBFS
        self._smoothed = _QUIETEST
        self._least = math.inf
        self._frames = 0
        self._block_frames = frames_in(MEMORY_MS // BLOCKS)
        self._refused_dbfs = QUIETEST_DBFS
        self._refused_frames = 0
        self._blocks: deque[float] = deque([_QUIETEST] * BLOCKS, maxlen=BLOCKS)

    def hear(self, pcm: bytes) -> None:
        """Take the next frame."""
        power = _power(pcm)
        self.level_dbfs = 10 * math.log10(power)
        self._smoothed += SMOOTHING * (power - self._smoothed)
        self._least = min(self._least, self._smoothed)
        self._refused_frames -= 1
        self._frames += 1
        if self._frames == self._block_frames:
            self._blocks.append(self._least)
            self._frames, self._least = 0, math.inf
            self.floor_dbfs = 10 * math.log10(min(self._blocks))

    def refuse(self, level_dbfs: float) -> None:
        """Something of that level turned out to be noise; it may well go on."""
        self._refused_dbfs, self._refused_frames = level_dbfs, frames_in(REFUSED_MS)

    def is_news(self, margin_db: float) -> bool:
        """Whether the last frame is more than `margin_db` louder than what was refused in the last second."""
        return self._refused_frames <= 0 or self.level_dbfs > self._refused_dbfs + margin_db

    def stands_out(self, margin_db: float) -> bool:
        """Whether the last frame is more than `margin_db` louder than the floor."""
        return self.level_dbfs > self.floor_dbfs + margin_db


def _power(pcm: bytes) -> float:
    """Mean square of the samples around their mean (cheap microphones have an offset); full scale is 1."""
    samples = array("h", pcm)[::_STRIDE]
    mean = sum(samples) / len(samples)
    square = math.hypot(*samples) ** 2 / len(samples) - mean * mean
    return max(square / _FULL_SCALE**2, _QUIETEST)
