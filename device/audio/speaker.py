"""The speaker: PortAudio's raw 24 kHz playback, always open, silent until there is a reply."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sounddevice

from device.audio.formats import BLOCK_MS, BLOCK_SAMPLES, REPLY_RATE_HZ
from device.audio.playback import Playback
from device.audio.portaudio import Direction, open_stream

logger = logging.getLogger(__name__)

BEHIND_PORTAUDIO_MS = 40
"""What a sound server holds beyond the latency that PortAudio knows of, as measured with PulseAudio."""


class PortAudioSpeaker:
    """Plays what is queued; `_fill` runs on PortAudio's thread and crosses into the loop when all is played.

    PortAudio and the sound card hold up to `latency_ms` of sound. To silence these too, a flush aborts the
    stream and starts it again; that may take some ms, so it happens on a thread of its own.
    """

    def __init__(
        self,
        name: str,
        *,
        latency_ms: int,
        on_played: Callable[[int], None],
        on_drained: Callable[[], None],
        scale: Callable[[bytes], bytes] | None = None,
    ) -> None:
        """Raises UnavailableError where the device cannot be opened."""
        self._loop = asyncio.get_running_loop()
        self._on_played = on_played
        self._on_drained = on_drained
        self._cutter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="speaker")
        self._stream_lock = threading.Lock()
        self._closed = False
        self._stream = open_stream(
            sounddevice.RawOutputStream,
            name,
            Direction.OUTPUT,
            samplerate=REPLY_RATE_HZ,
            blocksize=BLOCK_SAMPLES,
            latency=latency_ms / 1000,
            callback=self._fill,
        )
        self._held_samples = int(self._stream.latency * REPLY_RATE_HZ)
        tail_blocks = -(-int(self._stream.latency * 1000 + BEHIND_PORTAUDIO_MS) // BLOCK_MS)
        self._playback = Playback(self._drained, tail_blocks=tail_blocks, scale=scale)

    def start(self) -> None:
        """Begin to play."""
        self._stream.start()

    def play(self, pcm: bytes) -> None:
        """Queue reply audio."""
        self._playback.append(pcm)

    def flush(self) -> int:
        """Silence at once; the samples never heard, an estimate for those the card held."""
        was_sounding = self._playback.sounding
        unheard = self._playback.flush(self._held_samples)
        if was_sounding:
            self._cutter.submit(self._cut)
        return unheard

    def close(self) -> None:
        """Stop playing and free the device."""
        self._closed = True
        self._cutter.shutdown(wait=True)
        with self._stream_lock:
            self._stream.abort()
            self._stream.close()

    def _cut(self) -> None:
        with self._stream_lock:
            if self._closed:
                return
            try:
                self._stream.abort()
                self._stream.start()
            except sounddevice.PortAudioError as error:
                logger.warning("speaker_lost reason=%r", str(error))

    def _fill(self, block: Any, _count: int, _time: Any, _status: Any) -> None:
        """On PortAudio's thread."""
        pcm, played = self._playback.take(len(block))
        block[:] = pcm
        if played:
            self._on_played(played)

    def _drained(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_drained)

    def _tell_drained(self) -> None:
        """On the loop. A reply that went on meanwhile is not over."""
        if not self._playback.sounding:
            self._on_drained()
