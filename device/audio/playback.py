"""Reply audio on its way to a speaker: filled on the event loop, emptied by whoever feeds the device."""

from __future__ import annotations

import threading
from collections.abc import Callable

from device.audio.formats import SAMPLE_BYTES


class Playback:
    """A queue of samples that never drops any, and knows when the last of them has been heard.

    The device takes fixed blocks; where the queue runs dry, a block is filled up with silence. A device holds
    some blocks before they sound: `tail_blocks` blocks of silence have to follow the last sample before the
    reply counts as heard. `on_drained` is called then, on the thread that takes blocks.
    """

    def __init__(
        self,
        on_drained: Callable[[], None],
        *,
        tail_blocks: int = 0,
        scale: Callable[[bytes], bytes] | None = None,
    ) -> None:
        """scale: makes a block louder or softer; None leaves it as it is."""
        self._on_drained = on_drained
        self._scale = scale
        self._tail_blocks = tail_blocks
        self._lock = threading.Lock()
        self._queued = bytearray()
        self._handed_bytes = 0
        self._silent_blocks = 0
        self._sounding = False

    @property
    def sounding(self) -> bool:
        """Whether anything queued has not been heard yet."""
        return self._sounding

    def append(self, pcm: bytes) -> None:
        """Queue samples."""
        with self._lock:
            self._queued += pcm
            self._sounding = True
            self._silent_blocks = 0

    def take(self, size: int) -> tuple[bytes, int]:
        """The next block of `size` bytes, and how many of them are reply audio rather than silence."""
        with self._lock:
            if not self._sounding:
                return bytes(size), 0
            # A sample that has come in part waits for its other byte.
            whole = len(self._queued) // SAMPLE_BYTES * SAMPLE_BYTES
            block = bytes(self._queued[: min(size, whole)])
            del self._queued[: len(block)]
            self._handed_bytes += len(block)
            drained = len(self._queued) < SAMPLE_BYTES and self._count_silence(block)
            if drained:
                self._reset()
        if drained:
            self._on_drained()
        loud = self._scale(block) if self._scale else block
        return loud + bytes(size - len(block)), len(block)

    def flush(self, held_samples: int = 0) -> int:
        """Forget everything; the samples never heard, with up to `held_samples` that the device held."""
        with self._lock:
            queued = len(self._queued) // SAMPLE_BYTES
            held = min(held_samples, self._handed_bytes // SAMPLE_BYTES) if self._sounding else 0
            self._reset()
        return queued + held

    def _count_silence(self, block: bytes) -> bool:
        if block:
            self._silent_blocks = 0
        else:
            self._silent_blocks += 1
        return self._silent_blocks >= self._tail_blocks

    def _reset(self) -> None:
        self._queued.clear()
        self._handed_bytes = 0
        self._silent_blocks = 0
        self._sounding = False
