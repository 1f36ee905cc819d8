"""The reference of the echo canceller: what the speaker was really given, in step with the microphone.

Blocks come from the thread that feeds the speaker, frames are asked for on the event loop, and the two sides
run on clocks of their own. Both are counted in samples, so bursts and a stalled loop change nothing: the n-th
frame meets the n-th block, however late either is looked at. Three things put them out of step for good, and
each is mended within a stated bound:

* the speaker gives too little (its clock is slow, it stalls, it is away): silence is put in;
* it gives too much (its clock is fast, the microphone was away): over `WINDOW_FRAMES` the fewest blocks that
  ever waited were not needed; more than `SPARE_BLOCKS` of them are thrown away, down to `RESERVE_BLOCKS`;
* in digital silence, where nobody notices, the reserve is brought back exactly.

So after at most two windows (2 s) the reference lags no more than `SPARE_BLOCKS` (40 ms) behind the least
that bursts need, and 20 ms for resampling. That is less than a sound needs to come back, from the hand-over
through the device's buffer and the room to the end of a frame; a reference that came after its echo could not
cancel it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from device.audio.formats import (
    BLOCK_BYTES,
    FRAME_BYTES,
    MICROPHONE_RATE_HZ,
    REPLY_RATE_HZ,
    SILENT_BLOCK,
    SILENT_FRAME,
)
from device.events import Frame

LIMIT_BLOCKS = 150
"""Three seconds: more than the microphone's own queue holds while the event loop stalls."""

WINDOW_FRAMES = 50
RESERVE_BLOCKS = 1
SPARE_BLOCKS = 2


class Reference:
    """Takes 24 kHz blocks on any one thread, gives 16 kHz frames on another."""

    def __init__(self, resampled: Callable[[bytes], bytes] | None = None) -> None:
        """resampled: makes a 16 kHz frame of each 24 kHz block; None is soxr."""
        self._lock = threading.Lock()
        self._handed = bytearray()
        self._resampled = resampled or _Resampler().resampled
        self._next_number: int | None = None
        self._fewest = LIMIT_BLOCKS
        self._frames_watched = 0
        self._hold_back = False
        self.blocks_dropped = 0
        self.blocks_inserted = 0

    def played(self, pcm: bytes) -> None:
        """Take what was just handed to the device: 24 kHz, after volume and ducking, silence included."""
        with self._lock:
            self._handed += pcm
            self._drop(self._waiting - LIMIT_BLOCKS)

    def frame_for(self, frame: Frame) -> bytes:
        """The 16 kHz frame that belongs to this frame of the microphone: 640 bytes."""
        with self._lock:
            self._follow(frame.number)
            block = self._take()
            self._watch(block)
        return self._resampled(block)

    @property
    def _waiting(self) -> int:
        return len(self._handed) // BLOCK_BYTES

    def _drop(self, blocks: int) -> None:
        if blocks > 0:
            del self._handed[: blocks * BLOCK_BYTES]
            self.blocks_dropped += blocks

    def _follow(self, number: int) -> None:
        """Pass over the blocks of frames that were lost; begin anew where the microphone did."""
        lost = -1 if self._next_number is None else number - self._next_number
        self._next_number = number + 1
        goes_on = 0 <= lost <= LIMIT_BLOCKS
        self._drop(min(lost, self._waiting) if goes_on else self._waiting - RESERVE_BLOCKS)

    def _take(self) -> bytes:
        if self._hold_back or not self._waiting:
            self._hold_back = False
            self.blocks_inserted += 1
            return SILENT_BLOCK
        block = bytes(self._handed[:BLOCK_BYTES])
        del self._handed[:BLOCK_BYTES]
        return block

    def _watch(self, block: bytes) -> None:
        self._fewest = min(self._fewest, self._waiting)
        self._frames_watched += 1
        if self._frames_watched < WINDOW_FRAMES:
            return
        surplus = self._fewest - RESERVE_BLOCKS
        if self._fewest > SPARE_BLOCKS or (surplus > 0 and self._is_silent(block, surplus)):
            self._drop(surplus)
        self._hold_back = surplus < 0 and block == SILENT_BLOCK
        self._fewest, self._frames_watched = LIMIT_BLOCKS, 0

    def _is_silent(self, block: bytes, following: int) -> bool:
        return block == SILENT_BLOCK and not any(self._handed[: following * BLOCK_BYTES])


class _Resampler:
    """24 kHz blocks to 16 kHz frames, one for one.

    soxr's lightest filter gives its samples in pieces of 300 and never more than a frame behind, so one frame
    of silence at the start is all that it takes to have a frame for every block. Better filters would come
    twice as late and cancel no more.
    """

    def __init__(self) -> None:
        import soxr  # noqa: PLC0415

        self._stream = soxr.ResampleStream(REPLY_RATE_HZ, MICROPHONE_RATE_HZ, 1, dtype="int16", quality="LQ")
        self._ready = bytearray(SILENT_FRAME)

    def resampled(self, block: bytes) -> bytes:
        import numpy as np  # noqa: PLC0415

        samples: Any = np.frombuffer(block, dtype="<i2")
        self._ready += self._stream.resample_chunk(samples).tobytes()
        frame = bytes(self._ready[:FRAME_BYTES])
        del self._ready[:FRAME_BYTES]
        return frame
