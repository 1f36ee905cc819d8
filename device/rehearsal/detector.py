"""Automatic activity detection, as the service does it for clients that leave it to the server.

By energy over an adaptive noise floor. Time is counted in samples received, not by the clock, so a client
that sends no trailing silence gets no end of its activity, just as with gemini-3.8-live.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

BLOCK_MS = 20
BLOCK_BYTES = 640  # of 16 kHz mono signed 16-bit PCM
PRE_ROLL_MS = 300
QUIETEST_SPEECH_DBFS = -48.0
SPEECH_OVER_NOISE_DB = 9.0
FIRST_NOISE_DBFS = -65.0
NOISE_FALLS, NOISE_RISES = 0.2, 0.005  # share of the way that the floor moves in one block


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """A person began to speak."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """A person has finished; `pcm` is what was said, with a little of what came before."""

    pcm: bytes


class Detector:
    """Finds activities in a stream of 16 kHz mono signed 16-bit PCM.

    prefix_ms: how long speech must last before its start counts. silence_ms: how long silence ends it.
    """

    def __init__(self, *, prefix_ms: int, silence_ms: int) -> None:
        self._onset_blocks = max(2, -(-prefix_ms // BLOCK_MS))
        self._silent_blocks = max(1, -(-silence_ms // BLOCK_MS))
        self._waiting = bytearray()
        self._before: deque[bytes] = deque(maxlen=PRE_ROLL_MS // BLOCK_MS + self._onset_blocks)
        self._utterance: bytearray | None = None
        self._noise_dbfs = FIRST_NOISE_DBFS
        self._run = 0  # of loud blocks before a start, of quiet ones after it

    def feed(self, pcm: bytes) -> list[SpeechStarted | SpeechEnded]:
        """Take more audio; what happened in it, in order."""
        self._waiting += pcm
        found: list[SpeechStarted | SpeechEnded] = []
        while len(self._waiting) >= BLOCK_BYTES:
            block = bytes(self._waiting[:BLOCK_BYTES])
            del self._waiting[:BLOCK_BYTES]
            event = self._block(block)
            if event is not None:
                found.append(event)
        return found

    def finish(self) -> list[SpeechStarted | SpeechEnded]:
        """The stream pauses and that is the end of what was being said, if anything was."""
        self._waiting.clear()
        return [self._end()] if self._utterance is not None else []

    def _block(self, block: bytes) -> SpeechStarted | SpeechEnded | None:
        loud = self._is_speech(block)
        if self._utterance is None:
            return self._before_speech(block, loud=loud)
        self._utterance += block
        self._run = 0 if loud else self._run + 1
        return self._end() if self._run >= self._silent_blocks else None

    def _before_speech(self, block: bytes, *, loud: bool) -> SpeechStarted | None:
        self._before.append(block)
        self._run = self._run + 1 if loud else 0
        if self._run < self._onset_blocks:
            return None
        self._utterance = bytearray(b"".join(self._before))
        self._before.clear()
        self._run = 0
        return SpeechStarted()

    def _end(self) -> SpeechEnded:
        said = bytes(self._utterance or b"")
        self._utterance = None
        self._run = 0
        return SpeechEnded(said)

    def _is_speech(self, block: bytes) -> bool:
        level = level_dbfs(block)
        pull = NOISE_FALLS if level < self._noise_dbfs else NOISE_RISES
        self._noise_dbfs += pull * (level - self._noise_dbfs)
        return level > max(QUIETEST_SPEECH_DBFS, self._noise_dbfs + SPEECH_OVER_NOISE_DB)


def level_dbfs(pcm: bytes) -> float:
    """The RMS level of signed 16-bit PCM in dB below full scale, at least -100."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768
    power = float(np.mean(samples * samples)) if samples.size else 0.0
    return max(-100.0, 10 * float(np.log10(power + 1e-12)))
