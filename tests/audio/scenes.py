"""Kitchens with an echo, made by seeded arithmetic: what a microphone hears while the speaker plays.

A `Scene` says how loud, how late and how bent the echo is. A `Kitchen` plays blocks into such a room and
gives what the microphone makes of them. A `Loop` closes the loop through our own code: what is ducked comes
back quieter, after the delay of the scene. Speaker and microphone run on clocks of their own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import soxr

from device.audio.bargein import BargeIn, Step
from device.audio.ears import EarEvent, Ears
from device.audio.echo import SoftwareEcho
from device.audio.formats import BLOCK_BYTES, FRAME_SAMPLES, MICROPHONE_RATE_HZ, REPLY_RATE_HZ, SILENT_BLOCK
from device.audio.gate import Gate
from device.audio.volume import Gain
from device.config import GateSettings
from device.events import ActivityFrame, ActivityStarted, Frame

Samples: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

FULL_SCALE = 32768.0
DUCK_DB = 15
SPEECH_RMS = 1500.0
"""A person at two metres, as a microphone array gives them: about -27 dB of full scale."""

SPEAKER_BAND_HZ = (150, 7000)
CONVOLUTION_SAMPLES = 16384
RINGING_SAMPLES = 64


@dataclass(frozen=True, slots=True)
class Scene:
    """A room, its speaker and its clocks.

    delay_ms: from the block's hand-over to the microphone frame that holds its first sound, at least 40.
    rt60_s: reverberation. echo_db: level of the echo over the person's. skew_ppm: how much faster the
    microphone's clock runs than the speaker's. drive: what four times the reply's level is in the speaker's
    tanh; 0 is a linear speaker. jump_s, jump_ms: when and by how much the delay grows, as when a stream is
    reopened. noise_db: of full scale.
    """

    delay_ms: float = 80
    rt60_s: float = 0.25
    echo_db: float = 6
    skew_ppm: float = 0
    drive: float = 0
    jump_s: float = 0
    jump_ms: float = 0
    noise_db: float = -65


SCENES = {
    "A": Scene(),
    "B": Scene(skew_ppm=60, drive=1.0),
    "C": Scene(delay_ms=180, rt60_s=0.4, echo_db=15, skew_ppm=60, drive=1.0),
    "D": Scene(skew_ppm=60, drive=1.0, jump_s=12, jump_ms=37),
    "E": Scene(delay_ms=400, skew_ppm=60, drive=1.0),
    "F": Scene(echo_db=-6, skew_ppm=60, drive=1.0),
    "G": Scene(echo_db=0, skew_ppm=60, drive=1.0),
}


class Kitchen:
    """A room in which `scene` reigns; the same seed gives the same room.

    reply_rms: level of the reply that `scene.echo_db` is about, of 32768. person: 16 kHz samples of somebody
    who speaks from the first frame on; None is nobody.
    """

    def __init__(self, scene: Scene, *, reply_rms: float, seed: int, person: Samples | None = None) -> None:
        self._scene = scene
        self._random = np.random.default_rng(seed)
        self._response = np.fft.rfft(_room_response(scene.rt60_s, self._random), CONVOLUTION_SAMPLES)
        self._bend = scene.drive / (4 * reply_rms)
        self._loudness = SPEECH_RMS / reply_rms * 10 ** (scene.echo_db / 20)
        microphone_rate = MICROPHONE_RATE_HZ * (1 + scene.skew_ppm * 1e-6)
        self._clock = soxr.ResampleStream(REPLY_RATE_HZ, microphone_rate, 1, dtype="float64", quality="HQ")
        self._air = np.zeros(round(scene.delay_ms * MICROPHONE_RATE_HZ / 1000))
        self._past = np.zeros(CONVOLUTION_SAMPLES)
        self._person = np.zeros(0) if person is None else person
        self._frames = 0
        self._blocks = 0

    def blocks_due(self) -> int:
        """How many blocks the speaker's clock asks for before the next microphone frame."""
        asked = int((self._frames + 1) / (1 + self._scene.skew_ppm * 1e-6))
        return asked - self._blocks

    def play(self, block: bytes) -> None:
        """Hand 20 ms of 24 kHz sound to the speaker."""
        self._blocks += 1
        driven = self._clock.resample_chunk(samples_of(block))
        if self._bend:
            driven = np.tanh(driven * self._bend) / self._bend
        self._air = np.append(self._air, driven * self._loudness)

    def hear(self) -> bytes:
        """The next microphone frame: echo, person and noise."""
        return pcm_of(self._echo() + self._spoken() + self._noise())

    def _echo(self) -> Samples:
        if self._scene.jump_ms and self._frames == round(self._scene.jump_s * 50):
            self._air = np.append(np.zeros(round(self._scene.jump_ms * 16)), self._air)
        sound = self._air[:FRAME_SAMPLES]
        self._air = self._air[FRAME_SAMPLES:]
        self._past = np.append(self._past[FRAME_SAMPLES:], np.pad(sound, (0, FRAME_SAMPLES - len(sound))))
        heard = np.fft.irfft(np.fft.rfft(self._past) * self._response)
        return heard[-FRAME_SAMPLES:]

    def _spoken(self) -> Samples:
        at = self._frames * FRAME_SAMPLES
        self._frames += 1
        said = self._person[at : at + FRAME_SAMPLES]
        return np.pad(said, (0, FRAME_SAMPLES - len(said)))

    def _noise(self) -> Samples:
        level = FULL_SCALE * 10 ** (self._scene.noise_db / 20)
        return self._random.standard_normal(FRAME_SAMPLES) * level


def _room_response(rt60_s: float, random: np.random.Generator) -> Samples:
    """Dying noise behind a direct sound of the same energy, in a small speaker's band; energy one.

    The sound begins some samples late, so that what the band filter makes ring before it stays before it.
    """
    count = min(round(rt60_s * MICROPHONE_RATE_HZ), CONVOLUTION_SAMPLES // 2)
    dying = random.standard_normal(count) * 10 ** (-3 * np.arange(count) / (rt60_s * MICROPHONE_RATE_HZ))
    dying[0] = np.sqrt(np.sum(dying[1:] ** 2))
    late = np.pad(dying, (RINGING_SAMPLES, CONVOLUTION_SAMPLES - RINGING_SAMPLES - count))
    hz = np.fft.rfftfreq(CONVOLUTION_SAMPLES, 1 / MICROPHONE_RATE_HZ)
    low, high = SPEAKER_BAND_HZ
    band = 1 / (1 + (low / np.maximum(hz, 1)) ** 4) / (1 + (hz / high) ** 16)
    response = np.fft.irfft(np.fft.rfft(late) * band)[: count + 2 * RINGING_SAMPLES]
    return np.asarray(response / np.sqrt(np.sum(response**2)))


# ------------------------------------------------------------------------------- the device in it


@dataclass(slots=True)
class Run:
    """What came of one run; times in frames, energies of 16-bit samples."""

    ducks: list[int] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    energies: list[tuple[float, float]] = field(default_factory=list)
    cpu_s: float = 0.0


class Loop:
    """The device in a kitchen, with a reply that is ducked and silenced as the ears say."""

    def __init__(self, scene: Scene, reply: bytes, *, seed: int, person: Samples | None = None) -> None:
        self._kitchen = Kitchen(scene, reply_rms=speech_level(samples_of(reply)), seed=seed, person=person)
        self._coming = blocks_of(reply)
        self._gain = Gain()
        self._echo = SoftwareEcho()
        self._ears = Ears(Gate(GateSettings()), BargeIn())
        self._replying = True

    def run(self, frames: int, *, stoppable: bool = True) -> Run:
        """stoppable: whether a stop silences the reply; else it is only counted."""
        run = Run()
        for number in range(frames):
            self._speak()
            near = self._kitchen.hear()
            began = time.perf_counter()
            frame = self._echo.process(Frame(number, near))
            events = self._ears.process(frame, replying=self._replying)
            run.cpu_s += time.perf_counter() - began
            run.energies.append((_energy(near), _energy(frame.pcm)))
            self._act(events, number, run, stoppable)
        return run

    def _speak(self) -> None:
        for _ in range(self._kitchen.blocks_due()):
            block = self._gain.apply(next(self._coming))
            self._echo.played(block)
            self._kitchen.play(block)

    def _act(self, events: list[EarEvent], number: int, run: Run, stoppable: bool) -> None:
        for event in events:
            match event:
                case Step.DUCK:
                    run.ducks.append(number)
                    self._gain.duck(DUCK_DB)
                case Step.RESTORE:
                    self._gain.unduck()
                case ActivityStarted(pre_roll):
                    run.stops.append(number)
                    run.sent.extend(frame.number for frame in pre_roll)
                    if stoppable:
                        self._replying, self._coming = False, blocks_of(b"")
                    else:
                        self._gain.unduck()
                        self._ears.close()
                case ActivityFrame(frame):
                    run.sent.append(frame.number)


def _energy(pcm: bytes) -> float:
    return float(np.mean(samples_of(pcm) ** 2))


# ------------------------------------------------------------------------------- samples


def samples_of(pcm: bytes) -> Samples:
    """Signed 16-bit samples as numbers of the same size."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64)


def pcm_of(samples: Samples) -> bytes:
    """Numbers of up to 32767 as signed 16-bit samples; louder ones are clipped."""
    return np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()


def speech_level(samples: Samples) -> float:
    """Root mean square of the parts that are not pauses."""
    blocks = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    energies = np.mean(blocks**2, axis=1)
    return float(np.sqrt(np.mean(energies[energies > energies.max() * 1e-3])))


def at_level(samples: Samples, rms: float = SPEECH_RMS) -> Samples:
    """The same speech at another level, pauses not counted."""
    return samples * (rms / speech_level(samples))


def blocks_of(pcm: bytes) -> Iterator[bytes]:
    """Reply audio in the blocks that a speaker takes, then silence for ever."""
    for at in range(0, len(pcm), BLOCK_BYTES):
        yield pcm[at : at + BLOCK_BYTES].ljust(BLOCK_BYTES, b"\x00")
    while True:
        yield SILENT_BLOCK
