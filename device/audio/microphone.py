"""The microphone: PortAudio's raw capture, brought to 16 kHz mono, handed to the event loop by the frame."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from device.audio.cards import list_text
from device.audio.direction import Direction
from device.audio.finding import Finder
from device.audio.formats import MICROPHONE_RATE_HZ
from device.audio.framequeue import FrameQueue
from device.audio.portaudio import PortAudioStream
from device.audio.resample import InputShaper
from device.audio.supervisor import Listener, Stream, Supervisor
from device.config import AudioSettings
from device.events import Frame


class PortAudioMicrophone:
    """Captures on PortAudio's thread; `_capture` is the one place where frames cross into the loop.

    The device is opened at once, so that it runs by the time that `start` lets its frames through, and is
    taken back whenever it was away.
    """

    def __init__(
        self,
        settings: AudioSettings,
        *,
        on_lost: Callable[[str], None],
        on_back: Callable[[], None],
        finder: Finder | None = None,
    ) -> None:
        """Called on the event loop, where both callbacks are called; see `open_microphone`."""
        self._settings = settings
        self._finder = finder or Finder()
        self._loop = asyncio.get_running_loop()
        self._queue = FrameQueue()
        self._is_begun = self._is_paused = False
        self._name = settings.input
        self._supervisor = Supervisor(
            Direction.INPUT,
            settings.input,
            self._open,
            Listener(on_opened=_nothing, on_lost=on_lost, on_back=on_back),
            cards=list_text,
        )
        self._supervisor.start()

    @property
    def name(self) -> str:
        """What the card calls itself; as configured while there is none."""
        return self._name

    @property
    def dropped(self) -> int:
        """Frames lost because the event loop did not take them in time."""
        return self._queue.dropped

    async def settled(self) -> None:
        """Return when it captures, or is known to be away."""
        await self._supervisor.settled.wait()

    def start(self) -> None:
        """Let the frames through."""
        self._is_begun = True

    def frames(self) -> AsyncIterator[Frame]:
        """The captured frames, in order, for ever."""
        return self._queue.frames()

    def pause(self) -> None:
        """Give no more frames, from this moment on, and let go of the device."""
        self._is_paused = True
        self._queue.clear()
        self._supervisor.pause()

    def resume(self) -> None:
        """Take the device back, and go on with the next number."""
        self._is_paused = False
        self._supervisor.resume()

    def close(self) -> None:
        """Stop capturing and free the device."""
        self._supervisor.close()

    @property
    def _is_wanted(self) -> bool:
        return self._is_begun and not self._is_paused

    def _open(self) -> Stream:
        """On another thread."""
        found = self._finder.find(
            self._settings.input,
            Direction.INPUT,
            rate_hz=MICROPHONE_RATE_HZ,
            channel=self._settings.input_channel,
        )
        self._name = self._finder.name_of(found.pcm)
        shaper = InputShaper(found.shape, channel=self._settings.input_channel)
        return PortAudioStream(
            found.pcm,
            Direction.INPUT,
            found.shape,
            latency_ms=self._settings.latency_ms,
            handle=lambda captured: self._capture(shaper, captured),
            on_finished=self._supervisor.stream_ended,
        )

    def _capture(self, shaper: InputShaper, captured: Any) -> None:
        """On PortAudio's thread. The buffer is PortAudio's own, so its samples are copied."""
        for frame in shaper.frames(bytes(captured)):
            if self._is_wanted and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._take, frame)

    def _take(self, frame: bytes) -> None:
        if self._is_wanted:  # it may have been paused on the way
            self._queue.put(frame)


def _nothing(_: Stream) -> None:
    """A microphone needs to know nothing of its stream."""
