"""The reference of the echo canceller: what the speaker was really given, in step with the microphone.

Blocks come from the thread that feeds the speaker, frames are asked for on the event loop, and the two sides
run on clocks of their own. Both are counted in samples, so bursts and a stalled loop change nothing: the n-th
frame meets the n-th block, however late either is looked at. Three things put them out of step for good, and
each is mended within a stated bound:

* the speaker gives too little (its clock is slow, it stalls, it is away): silence is put in;
* it gives too much (its clock is fast, it was started again, the microphone was away): over `WINDOW_FRAMES`
  the fewest blocks that ever waited were not needed; where these are more than may wait, they are thrown
  away, down to the reserve.

Every such shift moves the echo against the reference, and the canceller has to find it again. So there is a
reserve against bursts, as large as it can be: a block may wait no longer than the device holds it before it
sounds, or the reference would come after its echo and could not cancel it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from device.audio.formats import (
    BLOCK_BYTES,
    BLOCK_MS,
    FRAME_BYTES,
    MICROPHONE_RATE_HZ,
    REPLY_RATE_HZ,
    SILENT_BLOCK,
    SILENT_FRAME,
)
from device.events import Frame

LIMIT_BLOCKS = 150
"""Three seconds: more than the microphone's own queue holds while the event loop stalls."""

WINDOW_FRAMES = 250
SHORT_WINDOW_FRAMES = 50
SLACK_BLOCKS = 2
"""A surplus larger than this, as a speaker leaves that was cut off and started again, cannot wait so long."""
LEAST_HELD_MS = 40


class Reference:
    """Takes 24 kHz blocks on any one thread, gives 16 kHz frames on another."""

    def __init__(
        self, resampled: Callable[[bytes], bytes] | None = None, *, held_ms: int = LEAST_HELD_MS
    ) -> None:
        """resampled: makes a 16 kHz frame of each 24 kHz block; None is soxr.

        held_ms: for how long the speaker holds a block before it sounds, at least.
        """
        self._most_waiting = max(held_ms, LEAST_HELD_MS) // BLOCK_MS - 1  # resampling takes one
        self._reserve = self._most_waiting - 1
        self._lock = threading.Lock()
        self._handed = bytearray()
        self._resampled = resampled or _Resampler().resampled
        self._next_number: int | None = None
        self._long, self._short = _Window(WINDOW_FRAMES), _Window(SHORT_WINDOW_FRAMES)
        self._to_insert = 0
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
            self._watch()
        return self._resampled(block)

    def begin_anew(self) -> None:
        """The speaker was cut off and started again: what it held was never heard."""
        with self._lock:
            self._next_number = None

    @property
    def shifts(self) -> int:
        """How often the reference was moved, so that the echo has to be found again."""
        return self.blocks_dropped + self.blocks_inserted

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
        if 0 <= lost <= LIMIT_BLOCKS:
            self._drop(min(lost, self._waiting))
            return
        self._drop(self._waiting - self._reserve - 1)
        self._to_insert = max(0, self._reserve + 1 - self._waiting)

    def _take(self) -> bytes:
        if self._to_insert or not self._waiting:
            self._to_insert = max(0, self._to_insert - 1)
            self.blocks_inserted += 1
            return SILENT_BLOCK
        block = bytes(self._handed[:BLOCK_BYTES])
        del self._handed[:BLOCK_BYTES]
        return block

    def _watch(self) -> None:
        if self._to_insert:
            return  # what waits is being built up
        for window, bearable in ((self._long, 0), (self._short, SLACK_BLOCKS)):
            fewest = window.fewest_of(self._waiting)
            if fewest is not None and fewest - self._most_waiting > bearable:
                self._drop(fewest - self._reserve)
                self._long, self._short = _Window(WINDOW_FRAMES), _Window(SHORT_WINDOW_FRAMES)
                return


class _Window:
    """The fewest blocks that waited over some frames, told when these are over."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._begin()

    def _begin(self) -> None:
        self._left, self._fewest = self._frames, LIMIT_BLOCKS

    def fewest_of(self, waiting: int) -> int | None:
        self._left -= 1
        self._fewest = fewest = min(self._fewest, waiting)
        if self._left:
            return None
        self._begin()
        return fewest


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
