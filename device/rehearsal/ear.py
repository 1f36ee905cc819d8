"""Speech to text: a neural recogniser whose English model comes in its wheel, so that no network is needed.

It runs in a worker thread: a sentence takes about a thirtieth of its length, some more where it is unclear.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from device.errors import UnavailableError
from device.rehearsal.resample import stretched

RATE_HZ = 16_000
BLOCK_SAMPLES = RATE_HZ // 100
KEPT_SILENCE_BLOCKS = 5  # 50 ms; more of it in front and the recogniser makes words of it
SHORTEST_SPEECH_SAMPLES = RATE_HZ // 10
QUIETEST_SPEECH = 0.004  # RMS of full scale, -48 dBFS
SPEECH_OVER_NOISE = 3.0
PEAK_WANTED = 0.6

INSTALL_HINT = (
    "The rehearsal has no recogniser. Install the rehearsal extra: pip install 'ladle[rehearsal]', "
    "or run ./install.sh try."
)

CLEAR = 2  # of clarity: nothing better can be heard

Samples = np.ndarray[Any, np.dtype[np.float32]]
Change = Callable[[Samples], Samples]


class Ear:
    """Understands English speech."""

    def __init__(self) -> None:
        """Load the model (a quarter of a second, 200 MB). Raises UnavailableError where it is missing."""
        try:
            from moonshine_voice import ModelArch, Transcriber, get_model_path  # noqa: PLC0415

            self._transcriber = Transcriber(str(get_model_path("tiny-en")), ModelArch.TINY)
        except (ImportError, OSError, RuntimeError) as error:
            raise UnavailableError(f"{INSTALL_HINT} ({error})") from None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Free the model."""
        with self._lock:
            self._transcriber.close()

    async def hear(self, pcm: bytes, clarity: Callable[[str], int]) -> str:
        """The words in mono signed 16-bit PCM at 16 kHz; "" where nothing is said.

        clarity: how well words can be understood, up to CLEAR. Where it is less, the same speech is listened
        to again, slightly changed, and the clearest words win.
        """
        speech = levelled(trimmed(np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)))
        if len(speech) < SHORTEST_SPEECH_SAMPLES:
            return ""
        best, clearest = "", -1
        for change in _TAKES:
            words = await asyncio.to_thread(self._transcribe, speech, change)
            if not words and not best:
                return ""
            if clarity(words) > clearest:
                best, clearest = words, clarity(words)
            if clearest >= CLEAR:
                break
        return best

    def _transcribe(self, speech: Samples, change: Change) -> str:
        with self._lock:
            transcript = self._transcriber.transcribe_without_streaming(change(speech).tolist(), RATE_HZ)
        return " ".join(line.text.strip() for line in transcript.lines if line.text.strip())


def _with_silence(speech: Samples) -> Samples:
    silence = np.zeros(RATE_HZ * 150 // 1000, np.float32)
    return np.concatenate([silence, speech, silence])


# What a recogniser misses in one take it often gets in another: as it is, with more room, slower, faster.
_TAKES: tuple[Change, ...] = (
    lambda speech: speech,
    _with_silence,
    lambda speech: stretched(speech, 1.06),
    lambda speech: stretched(speech, 0.94),
)


def trimmed(samples: Samples) -> Samples:
    """The samples without near-silence at both ends, but for 50 ms; empty where all of it is near-silence."""
    blocks: Samples = samples[: len(samples) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
    if not len(blocks):
        return samples[:0]
    levels = np.sqrt(np.mean(blocks * blocks, axis=1))
    noise = float(np.percentile(levels, 10))
    floor = max(QUIETEST_SPEECH, min(noise * SPEECH_OVER_NOISE, float(levels.max()) / SPEECH_OVER_NOISE))
    loud = np.flatnonzero(levels > floor)
    if not len(loud):
        return samples[:0]
    first = max(0, int(loud[0]) - KEPT_SILENCE_BLOCKS)
    last = int(loud[-1]) + 1 + KEPT_SILENCE_BLOCKS
    return samples[first * BLOCK_SAMPLES : last * BLOCK_SAMPLES]


def levelled(samples: Samples) -> Samples:
    """Quiet speech made louder; what is loud enough stays as it is."""
    peak = float(np.abs(samples).max()) if len(samples) else 0.0
    return samples * np.float32(PEAK_WANTED / peak) if 0 < peak < PEAK_WANTED else samples
