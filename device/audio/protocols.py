"""What the daemon asks of a microphone and a speaker; sound cards and WAV files answer alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from device.events import Frame


class Microphone(Protocol):
    """A source of frames in real time."""

    @property
    def dropped(self) -> int:
        """Frames lost because the event loop did not take them in time."""

    def start(self) -> None:
        """Begin to capture; frame 0 is the first that is captured. Called on the event loop."""

    def frames(self) -> AsyncIterator[Frame]:
        """The captured frames, in order, for ever."""

    def close(self) -> None:
        """Stop capturing and free the device."""


class Speaker(Protocol):
    """A sink for reply audio in real time."""

    def start(self) -> None:
        """Begin to play; silence until there is something. Called on the event loop."""

    def play(self, pcm: bytes) -> None:
        """Queue reply audio: 24 kHz mono signed 16-bit PCM. It is never dropped."""

    def flush(self) -> int:
        """Silence at once; the number of queued samples that were never heard."""

    def close(self) -> None:
        """Stop playing and free the device."""
