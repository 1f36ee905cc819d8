"""The speaker: PortAudio's raw playback, always open, silent until there is a reply."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any, cast

from device.audio.cards import list_text
from device.audio.direction import Direction
from device.audio.finding import Finder
from device.audio.formats import BLOCK_BYTES, BLOCK_MS, REPLY_RATE_HZ, SAMPLE_BYTES
from device.audio.output import OutputPath, OutputTap
from device.audio.playback import Playback
from device.audio.portaudio import PortAudioStream
from device.audio.resample import OutputShaper
from device.audio.supervisor import Listener, Stream, Supervisor
from device.audio.volume import Gain
from device.config import AudioSettings
from device.errors import UnavailableError

logger = logging.getLogger(__name__)

BEHIND_PORTAUDIO_MS = 40
"""What a sound server holds beyond the latency that PortAudio knows of, as measured with PulseAudio."""
KEPT_S = 5.0
"""A reply that plays while the speaker goes away is kept for this long, and resumed where it stopped."""


class PortAudioSpeaker:
    """Plays what is queued; `_fill` runs on PortAudio's thread and crosses into the loop when all is played.

    PortAudio and the sound card hold up to `latency_ms` of sound. To silence these too, a flush aborts the
    stream and starts it again; that may take some ms, so it happens on a thread of its own.

    Where the speaker is away for longer than `KEPT_S`, the reply is dropped and reported as drained, and so
    is what comes until it is back: nothing piles up, and the conversation goes on.
    """

    def __init__(
        self,
        settings: AudioSettings,
        *,
        on_played: Callable[[int], None],
        on_drained: Callable[[], None],
        on_lost: Callable[[str], None],
        on_back: Callable[[], None],
        on_output: OutputTap | None = None,
        finder: Finder | None = None,
    ) -> None:
        """Called on the event loop; see `open_speaker`."""
        self._settings = settings
        self._finder = finder or Finder()
        self._loop = asyncio.get_running_loop()
        self._on_drained = on_drained
        self._tell_lost = on_lost
        self._tell_back = on_back
        self._stream: PortAudioStream | None = None
        self._name = settings.output
        self._playback = Playback(self._drained, clock=self._loop.time)
        self._gain = Gain(settings.volume, highest_percent=settings.volume_max)
        self._path = OutputPath(self._playback, self._gain, on_played=on_played, on_output=on_output)
        self._cut = threading.Event()
        self._giving_up: asyncio.TimerHandle | None = None
        self._given_up = False
        self._dropped_bytes = 0
        self._supervisor = Supervisor(
            Direction.OUTPUT,
            settings.output,
            self._open,
            Listener(on_opened=self._opened, on_lost=self._lost, on_back=self._back),
            cards=list_text,
        )
        self._supervisor.start()

    @property
    def name(self) -> str:
        """What the card calls itself; as configured while there is none."""
        return self._name

    @property
    def volume(self) -> int:
        """Percent."""
        return self._gain.percent

    async def settled(self) -> None:
        """Return when it plays, or is known to be away."""
        await self._supervisor.settled.wait()

    def start(self) -> None:
        """Begin to play. It has played silence since it was opened."""

    def play(self, pcm: bytes) -> None:
        """Queue reply audio."""
        if self._given_up:
            self._dropped_bytes += len(pcm)
            self._loop.call_soon(self._tell_drained)
            return
        self._playback.append(pcm)

    def complete(self) -> None:
        """All of this reply has come."""
        self._playback.complete()

    def flush(self) -> int:
        """Silence at once; the samples never heard, an estimate for those the card held."""
        was_sounding = self._playback.sounding
        unheard = self._playback.flush(self._held_samples)
        if was_sounding and self._stream:
            self._cut.set()
            threading.Thread(target=_restart, args=(self._stream,), name="speaker cut", daemon=True).start()
        return unheard

    def set_volume(self, percent: int) -> int:
        """Change the volume within its bounds; what it is now."""
        return self._gain.set_volume(percent)

    def duck(self, db: float) -> None:
        """Make what plays softer by `db`, from the next block on."""
        self._gain.duck(db)

    def unduck(self) -> None:
        """Back to the volume."""
        self._gain.unduck()

    def close(self) -> None:
        """Stop playing and free the device."""
        if self._giving_up:
            self._giving_up.cancel()
        self._supervisor.close()

    # ------------------------------------------------------------------------------- the device

    @property
    def _held_samples(self) -> int:
        return int(self._stream.latency_ms * REPLY_RATE_HZ / 1000) if self._stream else 0

    def _open(self) -> Stream:
        """On another thread."""
        found = self._finder.find(self._settings.output, Direction.OUTPUT, rate_hz=REPLY_RATE_HZ)
        self._name = self._finder.name_of(found.pcm)
        shaper = OutputShaper(found.shape)
        return PortAudioStream(
            found.pcm,
            Direction.OUTPUT,
            found.shape,
            latency_ms=self._settings.latency_ms,
            handle=lambda block: self._fill(shaper, block),
            on_finished=self._supervisor.stream_ended,
        )

    def _fill(self, shaper: OutputShaper, block: Any) -> None:
        """On PortAudio's thread."""
        if self._cut.is_set():
            self._cut.clear()
            shaper.forget()
        block[:] = shaper.render(len(block), self._path.next_block)

    def _opened(self, stream: Stream) -> None:
        self._stream = cast(PortAudioStream, stream)
        self._playback.rewind(self._held_samples)
        self._playback.tail_blocks = -(-int(self._stream.latency_ms + BEHIND_PORTAUDIO_MS) // BLOCK_MS)

    def _lost(self, sentence: str) -> None:
        self._stream = None
        if self._giving_up is None and not self._given_up:
            self._giving_up = self._loop.call_later(KEPT_S, self._give_up)
        self._tell_lost(sentence)

    def _back(self) -> None:
        if self._giving_up:
            self._giving_up.cancel()
        if self._dropped_bytes:
            frames = self._dropped_bytes // BLOCK_BYTES
            logger.warning("frames_dropped count=%d reason=speaker_away", frames)
        self._giving_up, self._given_up, self._dropped_bytes = None, False, 0
        self._tell_back()

    def _give_up(self) -> None:
        self._giving_up, self._given_up = None, True
        if self._playback.sounding:
            self._dropped_bytes += self._playback.flush() * SAMPLE_BYTES
            self._tell_drained()

    # ------------------------------------------------------------------------------- the end of a reply

    def _drained(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_drained)

    def _tell_drained(self) -> None:
        """On the loop. A reply that went on meanwhile is not over."""
        if not self._playback.sounding:
            self._on_drained()


def _restart(stream: PortAudioStream) -> None:
    """On a thread of its own. A stream that does not go on gives no blocks, which its supervisor notices."""
    try:
        stream.restart()
    except UnavailableError as error:
        logger.debug("%s", error)
