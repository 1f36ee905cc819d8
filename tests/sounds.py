"""Sounds for tests, made by arithmetic."""

from __future__ import annotations

import array
import math
import wave
from functools import cache
from pathlib import Path

from tests.audio.kitchen import babble, pcm

MICROPHONE_RATE = 16_000
REPLY_RATE = 24_000
FRAME_SAMPLES = 320


@cache
def _vowel_frame(number: int) -> bytes:
    samples = []
    for at in range(number * FRAME_SAMPLES, (number + 1) * FRAME_SAMPLES):
        t = at / MICROPHONE_RATE
        tones = sum(math.sin(2 * math.pi * 130 * harmonic * t) / harmonic for harmonic in range(1, 20))
        samples.append(int(5000 * tones * (0.7 + 0.3 * math.sin(2 * math.pi * 5 * t))))
    return array.array("h", (max(-32768, min(32767, sample)) for sample in samples)).tobytes()


def vowel(number: int) -> bytes:
    """20 ms of a buzz with the harmonics of a low voice, which webrtcvad takes for speech."""
    return _vowel_frame(number % 10)


@cache
def speech(seconds: float) -> bytes:
    """Something that webrtcvad and Silero take for speech."""
    return pcm(babble(seconds))


def silence(seconds: float) -> bytes:
    """16 kHz silence."""
    return bytes(round(seconds * MICROPHONE_RATE) * 2)


def tone(seconds: float, rate: int, hz: int = 440) -> bytes:
    """A sine at a quarter of full scale."""
    samples = (int(8000 * math.sin(2 * math.pi * hz * at / rate)) for at in range(round(seconds * rate)))
    return array.array("h", samples).tobytes()


def loud_blocks(pcm: bytes, rate: int) -> list[int]:
    """The blocks of 10 ms, by their number, that hold more than a whisper."""
    samples = array.array("h", pcm[: len(pcm) // 2 * 2])
    block = rate // 100
    return [
        at // block
        for at in range(0, len(samples) - block + 1, block)
        if max(map(abs, samples[at : at + block])) > 1000
    ]


def write_wav(
    path: Path, pcm: bytes, *, rate: int = MICROPHONE_RATE, channels: int = 1, width: int = 2
) -> Path:
    """A WAV file of these samples."""
    with wave.open(str(path), "wb") as wav:
        wav.setframerate(rate)
        wav.setnchannels(channels)
        wav.setsampwidth(width)
        wav.writeframes(pcm)
    return path


def read_wav(path: Path) -> bytes:
    """The samples of a WAV file."""
    with wave.open(str(path), "rb") as wav:
        return wav.readframes(wav.getnframes())
