"""Reply audio on its way to a speaker: filled on the event loop, emptied by whoever feeds the device."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from device.audio.formats import REPLY_RATE_HZ, SAMPLE_BYTES, reply_ms
from device.audio.jitter import JitterPolicy

REMEMBERED_BYTES = REPLY_RATE_HZ * SAMPLE_BYTES // 2


class Playback:
    """A queue of samples that never drops any, and knows when the last of them has been heard.

    The device takes fixed blocks; where there is nothing to play, a block is filled up with silence. A device
    holds some blocks before they sound: `tail_blocks` blocks of silence have to follow the last sample before
    the reply counts as heard. `on_drained` is called then, on the thread that takes blocks.
    """

    def __init__(
        self,
        on_drained: Callable[[], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        tail_blocks: int = 0,
    ) -> None:
        """clock: seconds, from any thread; it tells when audio came."""
        self._on_drained = on_drained
        self._clock = clock
        self.tail_blocks = tail_blocks
        self._jitter = JitterPolicy()
        self._lock = threading.Lock()
        self._queued = bytearray()
        self._handed = bytearray()  # the latest of what the device took, which it may not have played
        self._silent_blocks = 0
        self._sounding = False

    @property
    def sounding(self) -> bool:
        """Whether anything queued has not been heard yet."""
        return self._sounding

    @property
    def pauses(self) -> int:
        """How often a reply ran dry and went on later, so far."""
        return self._jitter.pauses

    def append(self, pcm: bytes) -> None:
        """Queue samples."""
        with self._lock:
            self._queued += pcm
            self._jitter.arrived(self._clock(), reply_ms(len(pcm)))
            self._sounding = True
            self._silent_blocks = 0

    def complete(self) -> None:
        """All of this reply has come: nothing is waited for any more."""
        with self._lock:
            if self._sounding:
                self._jitter.complete()

    def take(self, size: int) -> tuple[bytes, int]:
        """The next block of `size` bytes, and how many of them are reply audio rather than silence."""
        with self._lock:
            if not self._sounding:
                return bytes(size), 0
            block = self._next_samples(size)
            drained = self._count(block, size)
            if drained:
                self._jitter.heard()
                self._reset()
        if drained:
            self._on_drained()
        return block.ljust(size, b"\x00"), len(block)

    def flush(self, held_samples: int = 0) -> int:
        """Forget everything; the samples never heard, with up to `held_samples` that the device held."""
        with self._lock:
            queued = len(self._queued) // SAMPLE_BYTES
            held = min(held_samples, len(self._handed) // SAMPLE_BYTES)
            self._jitter.over()
            self._reset()
        return queued + held

    def rewind(self, samples: int) -> None:
        """Queue the last of what the device took again: it went away before it had played it."""
        with self._lock:
            size = min(samples * SAMPLE_BYTES, len(self._handed))
            if size:
                self._queued[:0] = self._handed[-size:]
                self._handed.clear()

    def _next_samples(self, size: int) -> bytes:
        # A sample that has come in part waits for its other byte.
        whole = len(self._queued) // SAMPLE_BYTES * SAMPLE_BYTES
        if not whole or not self._jitter.may_play(self._clock(), reply_ms(whole)):
            return b""
        block = bytes(self._queued[: min(size, whole)])
        del self._queued[: len(block)]
        self._handed += block
        del self._handed[:-REMEMBERED_BYTES]
        return block

    def _count(self, block: bytes, size: int) -> bool:
        """Keep account of silence; whether the last sample has been heard."""
        if len(self._queued) >= SAMPLE_BYTES:
            return False
        if len(block) < size:
            self._jitter.ran_dry()
        self._silent_blocks = 0 if block else self._silent_blocks + 1
        return self._silent_blocks >= self.tail_blocks

    def _reset(self) -> None:
        self._queued.clear()
        self._handed.clear()
        self._silent_blocks = 0
        self._sounding = False
