"""What the daemon asks of a microphone and a speaker; sound cards and WAV files answer alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from device.events import Frame


class Microphone(Protocol):
    """A source of frames in real time."""

    @property
    def name(self) -> str:
        """What the device calls itself, as far as it is known."""

    @property
    def dropped(self) -> int:
        """Frames lost because the event loop did not take them in time."""

    async def settled(self) -> None:
        """Return when it captures, or is known not to be there."""

    def start(self) -> None:
        """Begin to capture; frame 0 is the first that is captured. Called on the event loop."""

    def frames(self) -> AsyncIterator[Frame]:
        """The captured frames, in order, for ever."""

    def pause(self) -> None:
        """Give no more frames, from this moment on, and let go of the device."""

    def resume(self) -> None:
        """Take the device back, and go on with the next number."""

    def close(self) -> None:
        """Stop capturing and free the device."""


class Speaker(Protocol):
    """A sink for reply audio in real time."""

    @property
    def name(self) -> str:
        """What the device calls itself, as far as it is known."""

    @property
    def volume(self) -> int:
        """Percent."""

    async def settled(self) -> None:
        """Return when it can play, or is known not to be there."""

    def start(self) -> None:
        """Begin to play; silence until there is something. Called on the event loop."""

    def play(self, pcm: bytes) -> None:
        """Queue reply audio: 24 kHz mono signed 16-bit PCM. It is not dropped while the
        speaker is there."""

    def complete(self) -> None:
        """All of this reply has come: nothing has to be waited for."""

    def flush(self) -> int:
        """Silence at once; the number of queued samples that were never heard."""

    def set_volume(self, percent: int) -> int:
        """Change the volume within its bounds; what it is now. 0 is silent."""

    def duck(self, db: float) -> None:
        """Make what plays softer by `db`, within 20 ms of the next block."""

    def unduck(self) -> None:
        """Back to the volume, as quickly."""

    def close(self) -> None:
        """Stop playing and free the device."""
