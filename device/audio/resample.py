"""Between the device's rate and channels and ours: 16 kHz mono frames in, 24 kHz mono blocks out.

soxr's `LQ` holds back 5 ms where its better grades hold back 20 to 40; it is flat to 6 kHz of a 16 kHz stream
and to 9 kHz of a 24 kHz one, and what would fold back lies 77 dB down. Its `QQ` has no such filter at all.
A rate that needs no change, and samples that need none, bring in neither soxr nor numpy.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

from device.audio.alsa import Shape
from device.audio.formats import FRAME_BYTES, MICROPHONE_RATE_HZ, REPLY_RATE_HZ

QUALITY = "LQ"


class InputShaper:
    """Makes frames of what a device captured."""

    def __init__(self, shape: Shape, *, channel: int = 0) -> None:
        """channel: which of the device's channels to hear, from 0."""
        self._shape = shape
        self._channel = channel
        self._convert = _converter(shape.rate_hz, MICROPHONE_RATE_HZ)
        self._waiting = bytearray()

    def frames(self, captured: bytes) -> list[bytes]:
        """The frames that are whole now."""
        self._waiting += self._convert(self._mono(captured))
        whole = len(self._waiting) // FRAME_BYTES * FRAME_BYTES
        frames = [bytes(self._waiting[at : at + FRAME_BYTES]) for at in range(0, whole, FRAME_BYTES)]
        del self._waiting[:whole]
        return frames

    def _mono(self, captured: bytes) -> bytes:
        if self._shape.channels == 1:
            return captured
        return array("h", captured)[self._channel :: self._shape.channels].tobytes()


class OutputShaper:
    """Makes what a device wants of our blocks."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self.forget()

    def render(self, size: int, next_block: Callable[[], bytes]) -> bytes:
        """The next `size` bytes in the device's shape, with as many of our blocks as that takes."""
        wanted = size // self._shape.channels
        while len(self._waiting) < wanted:
            self._waiting += self._convert(next_block())
        mono = bytes(self._waiting[:wanted])
        del self._waiting[:wanted]
        return self._spread(mono)

    def forget(self) -> None:
        """Drop what is between the rates: it belongs to a reply that was cut short."""
        self._convert = _converter(REPLY_RATE_HZ, self._shape.rate_hz)
        self._waiting = bytearray()

    def _spread(self, mono: bytes) -> bytes:
        channels = self._shape.channels
        if channels == 1:
            return mono
        samples = array("h", mono)
        spread = array("h", bytes(len(mono) * channels))
        for channel in range(channels):
            spread[channel::channels] = samples
        return spread.tobytes()


def _converter(from_hz: int, to_hz: int) -> Callable[[bytes], bytes]:
    if from_hz == to_hz:
        return bytes
    import numpy as np  # noqa: PLC0415
    import soxr  # noqa: PLC0415

    # In 16 bits soxr dithers, and silence would hiss.
    stream: Any = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality=QUALITY)

    def convert(pcm: bytes) -> bytes:
        converted = stream.resample_chunk(np.frombuffer(pcm, dtype=np.int16).astype(np.float32))
        return bytes(np.clip(np.rint(converted), -32_768, 32_767).astype(np.int16).tobytes())

    return convert
