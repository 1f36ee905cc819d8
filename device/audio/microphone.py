"""The microphone: PortAudio's raw 16 kHz capture, handed to the event loop frame by frame."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import sounddevice

from device.audio.formats import FRAME_SAMPLES, MICROPHONE_RATE_HZ
from device.audio.framequeue import FrameQueue
from device.audio.portaudio import Direction, open_stream
from device.events import Frame


class PortAudioMicrophone:
    """Captures frames on PortAudio's thread; `_captured` is the one place where they cross into the loop."""

    def __init__(self, name: str, *, latency_ms: int) -> None:
        """Raises UnavailableError where the device cannot be opened."""
        self._loop = asyncio.get_running_loop()
        self._queue = FrameQueue()
        self._stream = open_stream(
            sounddevice.RawInputStream,
            name,
            Direction.INPUT,
            samplerate=MICROPHONE_RATE_HZ,
            blocksize=FRAME_SAMPLES,
            latency=latency_ms / 1000,
            callback=self._captured,
        )

    @property
    def dropped(self) -> int:
        """Frames lost because the event loop did not take them in time."""
        return self._queue.dropped

    def start(self) -> None:
        """Begin to capture."""
        self._stream.start()

    def frames(self) -> AsyncIterator[Frame]:
        """The captured frames, in order, for ever."""
        return self._queue.frames()

    def close(self) -> None:
        """Stop capturing and free the device."""
        self._stream.abort()
        self._stream.close()

    def _captured(self, samples: Any, _count: int, _time: Any, _status: Any) -> None:
        """On PortAudio's thread. The buffer is PortAudio's own, so its samples are copied."""
        pcm = bytes(samples)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queue.put, pcm)
