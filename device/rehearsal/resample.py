"""The one place that changes sample rates, with soxr. Mono signed 16-bit PCM in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import soxr

Samples = np.ndarray[Any, np.dtype[np.float32]]


class Resampler:
    """Brings a stream from one rate to another, piece by piece. Rates in Hz."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self.from_hz = from_hz
        self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16")

    def convert(self, pcm: bytes) -> bytes:
        """The next piece; a little of it may come out with the one after."""
        converted: bytes = self._stream.resample_chunk(np.frombuffer(pcm, dtype=np.int16)).tobytes()
        return converted


def resampled(pcm: bytes, from_hz: int, to_hz: int) -> bytes:
    """A whole recording at another rate. Rates in Hz."""
    if from_hz == to_hz:
        return pcm
    converted: bytes = soxr.resample(np.frombuffer(pcm, dtype=np.int16), from_hz, to_hz).tobytes()
    return converted


def stretched(samples: Samples, factor: float) -> Samples:
    """The samples as if spoken `factor` times as slowly, and that much deeper."""
    changed: Samples = soxr.resample(samples, 1.0, factor)
    return changed
