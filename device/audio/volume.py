"""Loudness on its way out: the volume that a person sets, and ducking while somebody may talk over it."""

from __future__ import annotations

import threading
from types import ModuleType

from device.audio.formats import SAMPLE_BYTES

FULL = 1.0


class Gain:
    """Makes blocks softer. A change takes the length of one block, so that nothing clicks.

    What is set on one thread is applied on another.
    """

    def __init__(self, percent: int = 100, *, highest_percent: int = 100) -> None:
        """percent: the volume at first; highest_percent: nothing sets it above this."""
        self._highest_percent = highest_percent
        self._duck = FULL
        self._numpy: ModuleType | None = None
        self._lock = threading.Lock()
        self.set_volume(percent)
        self._now = self._wanted

    @property
    def percent(self) -> int:
        """The volume."""
        return self._percent

    def set_volume(self, percent: int) -> int:
        """Change the volume within its bounds; what it is now. 0 is silent."""
        self._percent = max(0, min(percent, self._highest_percent))
        self._aim()
        return self._percent

    def duck(self, db: float) -> None:
        """Make everything softer by `db` decibels for a while."""
        self._duck = 10.0 ** (-abs(db) / 20)
        self._aim()

    def unduck(self) -> None:
        """End the ducking."""
        self._duck = FULL
        self._aim()

    def apply(self, block: bytes) -> bytes:
        """The block as it is to be heard."""
        with self._lock:
            before, after = self._now, self._wanted
            self._now = after
        if self._numpy is None or before == after == FULL:
            return block
        if before == after == 0.0:
            return bytes(len(block))
        return _scaled(self._numpy, block, before, after)

    def _aim(self) -> None:
        """Half the percentage sounds about half as loud: the ear counts in powers (-12 dB at 50)."""
        wanted = (self._percent / 100) ** 2 * self._duck
        if wanted != FULL and self._numpy is None:
            # 11 MiB that full volume does not need; here rather than on the thread that feeds the device.
            import numpy  # noqa: PLC0415

            self._numpy = numpy
        with self._lock:
            self._wanted = wanted


def _scaled(np: ModuleType, block: bytes, before: float, after: float) -> bytes:
    samples = np.frombuffer(block, dtype="<i2").astype(np.float32)
    if before == after:
        samples *= after
    else:
        samples *= np.linspace(before, after, len(block) // SAMPLE_BYTES, dtype=np.float32)
    return bytes(np.rint(samples).astype("<i2").tobytes())
