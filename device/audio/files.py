"""WAV-backed twins of microphone and speaker: the same behaviour in time, without a sound card."""

from __future__ import annotations

import asyncio
import logging
import struct
import wave
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from device.audio.formats import (
    BLOCK_BYTES,
    BLOCK_MS,
    FRAME_BYTES,
    MICROPHONE_RATE_HZ,
    REPLY_RATE_HZ,
    SAMPLE_BYTES,
    SILENT_FRAME,
)
from device.audio.framequeue import FrameQueue
from device.audio.output import OutputPath, OutputTap
from device.audio.playback import Playback
from device.audio.volume import Gain
from device.errors import ConfigError, UnavailableError
from device.events import FRAME_MS, Frame

logger = logging.getLogger(__name__)

HEADER_BYTES = 44
LARGEST_WAV_BYTES = 2**32 - 1 - HEADER_BYTES
BLOCKS_PER_HEADER = 1000 // BLOCK_MS


def read_microphone_wav(path: Path) -> bytes:
    """The samples of a WAV file that a microphone could have captured: 16 kHz, mono, 16 bits.

    Raises:
        UnavailableError: the file cannot be opened.
        ConfigError: it is not a WAV file, or one of another format.
    """
    try:
        with wave.open(str(path), "rb") as wav:
            found = (wav.getframerate(), wav.getnchannels(), wav.getsampwidth())
            pcm = wav.readframes(wav.getnframes())
    except OSError as error:
        raise UnavailableError(f"{path} cannot be opened as the microphone: {error.strerror}.") from None
    except (wave.Error, EOFError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"{path} is not a WAV file with plain samples ({error or 'it is too short'})."
        ) from None
    if found != (MICROPHONE_RATE_HZ, 1, SAMPLE_BYTES):
        raise ConfigError(
            f"{path} has {found[0]} Hz, {found[1]} channel(s) and {found[2] * 8} bits; the microphone needs "
            f"{MICROPHONE_RATE_HZ} Hz, mono, 16 bits. Convert it: sox {path} -r 16000 -c 1 -b 16 new.wav"
        )
    return pcm


def _tell_failure(task: asyncio.Task[None]) -> None:
    """A twin that stops by itself has broken: say so instead of falling silent."""
    if not task.cancelled() and task.exception():
        logger.error("fault part=%s reason='its file broke'", task.get_name(), exc_info=task.exception())


class FileMicrophone:
    """Gives a recording in real time, and silence before and after it."""

    name = "file:a recording"

    def __init__(self, pcm: bytes = b"") -> None:
        self._coming = bytearray(pcm)
        self._queue = FrameQueue()
        self._task: asyncio.Task[None] | None = None
        self._is_paused = False
        self.heard_all = asyncio.Event()

    @classmethod
    def from_wav(cls, path: Path) -> FileMicrophone:
        """A microphone that hears a WAV file; see `read_microphone_wav` for what is raised."""
        return cls(read_microphone_wav(path))

    @property
    def dropped(self) -> int:
        """Frames lost because the event loop did not take them in time."""
        return self._queue.dropped

    def hear(self, pcm: bytes) -> None:
        """Let it hear more, after what it still has to give."""
        self._coming += pcm
        self.heard_all.clear()

    async def settled(self) -> None:
        """A recording is always there."""

    def start(self) -> None:
        """Begin with the first sample."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="file microphone")
        self._task.add_done_callback(_tell_failure)

    def frames(self) -> AsyncIterator[Frame]:
        """The frames, in order, for ever."""
        return self._queue.frames()

    def pause(self) -> None:
        """Give no frames; what is said meanwhile is said to nobody."""
        self._is_paused = True
        self._queue.clear()

    def resume(self) -> None:
        """Give frames again."""
        self._is_paused = False

    def close(self) -> None:
        """Stop."""
        if self._task:
            self._task.cancel()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += FRAME_MS / 1000
            await asyncio.sleep(due - loop.time())
            pcm = self._next_frame()
            if not self._is_paused:
                self._queue.put(pcm)

    def _next_frame(self) -> bytes:
        if not self._coming:
            self.heard_all.set()
            return SILENT_FRAME
        pcm = bytes(self._coming[:FRAME_BYTES])
        del self._coming[:FRAME_BYTES]
        return pcm.ljust(FRAME_BYTES, b"\x00")


class FileSpeaker:
    """Writes what a listener would hear, silence included, so that a position in the file is a time.

    on_played: told the bytes of reply audio in each block, as they are played.
    on_drained: told, on the event loop, when all that was queued has been played.
    on_output: see `OutputTap`.
    gain: volume and ducking; None leaves the samples as they are.
    """

    name = "file:a recording"

    def __init__(
        self,
        path: Path,
        *,
        on_played: Callable[[int], None],
        on_drained: Callable[[], None],
        on_output: OutputTap | None = None,
        gain: Gain | None = None,
    ) -> None:
        """Raises UnavailableError where the file cannot be written."""
        self._task: asyncio.Task[None] | None = None
        self._written = 0
        try:
            self._file: BinaryIO = path.open("wb")
            self._write_header()
        except OSError as error:
            raise UnavailableError(f"{path} cannot be written as the speaker: {error.strerror}.") from None
        self._gain = gain or Gain()
        # A block has been heard when the next one begins.
        self._playback = Playback(on_drained, clock=asyncio.get_running_loop().time, tail_blocks=1)
        self._path = OutputPath(self._playback, self._gain, on_played=on_played, on_output=on_output)

    @property
    def volume(self) -> int:
        """Percent."""
        return self._gain.percent

    async def settled(self) -> None:
        """A file is always there."""

    def start(self) -> None:
        """Begin with the first block."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="file speaker")
        self._task.add_done_callback(_tell_failure)

    def play(self, pcm: bytes) -> None:
        """Queue reply audio."""
        self._playback.append(pcm)

    def complete(self) -> None:
        """All of this reply has come."""
        self._playback.complete()

    def flush(self) -> int:
        """Silence at once; the samples never heard."""
        return self._playback.flush()

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
        """Stop, and leave a whole WAV file."""
        if self._task:
            self._task.cancel()
        try:
            self._write_header()
            self._file.close()
        except OSError as error:
            logger.warning("speaker_lost reason=%r", f"the WAV file cannot be finished: {error.strerror}")

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        start, blocks = loop.time(), 0
        while self._written + BLOCK_BYTES <= LARGEST_WAV_BYTES:
            block = self._path.next_block()
            self._file.write(block)
            self._written += len(block)
            blocks += 1
            if blocks % BLOCKS_PER_HEADER == 0:
                self._write_header()
            await asyncio.sleep(start + blocks * BLOCK_MS / 1000 - loop.time())

    def _write_header(self) -> None:
        """The canonical 44 bytes (http://soundfile.sapp.org/doc/WaveFormat/): the file is always whole."""
        rate_bytes = REPLY_RATE_HZ * SAMPLE_BYTES
        form = struct.pack("<4sI4s", b"RIFF", self._written + HEADER_BYTES - 8, b"WAVE")
        kind = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, REPLY_RATE_HZ, rate_bytes, SAMPLE_BYTES, 16)
        self._file.seek(0)
        self._file.write(form + kind + struct.pack("<4sI", b"data", self._written))
        self._file.seek(0, 2)
        self._file.flush()
