"""The sounds of a kitchen, made by seeded arithmetic, and a voice that the neural detector takes for one.

Shaped after the recordings that fooled detectors most (ticks, crackle, bursts with pitch, running machines):
all have passed through the same small room and are equally loud. Arithmetic still flatters a detector; the
figures made with it are for comparing gates with each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

RATE_HZ = 16_000
FRAME_SAMPLES = 320
NOISE_RMS = 500.0
"""Of 32768: a kitchen at work, as in the recordings."""

Sound = np.ndarray[Any, np.dtype[np.float64]]
Random = np.random.Generator
Noise = Callable[[Random, int], Sound]


_VOWELS = np.array(
    [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410)]
)
_ONSETS = np.array([(250, 900, 2100), (250, 1700, 2600), (250, 2300, 2900)])
_FORMANT_WIDTHS_HZ = (80, 100, 140)


# ------------------------------------------------------------------------------- steady noises


def _hum(random: Random, size: int) -> Sound:
    """A refrigerator: the mains, its harmonics, and a little air."""
    t = _times(size)
    tones = sum(np.sin(2 * np.pi * 50 * k * t + random.uniform(0, 6)) / k for k in (1, 2, 3, 4, 6))
    return np.asarray(tones) + 0.1 * _coloured(random, size, low_hz=80, high_hz=1200)


def _hiss(random: Random, size: int) -> Sound:
    """An extractor hood."""
    return _coloured(random, size, low_hz=150, high_hz=7000) * (1 + 0.1 * _wander(random, size, 1.0))


def _tap(random: Random, size: int) -> Sound:
    """Water into a sink: a broad rush, and bubbles that ring."""
    rush = _coloured(random, size, low_hz=400, high_hz=6500) * (1 + 0.35 * _wander(random, size, 4.0))
    return rush + 0.8 * _struck(random, size, per_s=60, hz=(500, 2500), decay_s=(0.004, 0.02))


def _dishwasher(random: Random, size: int) -> Sound:
    """A motor with its harmonics, and spray that goes round."""
    t = _times(size)
    speed = 1 + 0.004 * _wander(random, size, 2.0)
    phase = 2 * np.pi * np.cumsum(110 * speed) / RATE_HZ
    motor = sum(np.sin(k * phase + random.uniform(0, 6)) / k**0.7 for k in range(1, 14))
    swing = 0.5 + 0.5 * np.sin(2 * np.pi * 1.3 * t + random.uniform(0, 6))
    spray = _coloured(random, size, low_hz=200, high_hz=3500) * swing**2
    return np.asarray(motor) * 0.35 * (0.6 + 0.4 * swing) + 2.2 * spray


# ------------------------------------------------------------------------------- clicks and clatter


def _sizzle(random: Random, size: int) -> Sound:
    """Frying: crackle over a hiss that comes and goes."""
    hiss = _coloured(random, size, low_hz=1500, high_hz=7500) * (1 + 0.5 * _wander(random, size, 3.0))
    crackle = _struck(random, size, per_s=120, hz=(300, 5000), decay_s=(0.001, 0.006))
    return 0.5 * _unit(hiss) + _unit(crackle)


def _clock(random: Random, size: int) -> Sound:
    """A clock on a table: two different ticks a second, each with the knock of the wood."""
    sound = 0.004 * random.standard_normal(size)
    modes = [random.uniform(180, 5000, 8) for _ in range(2)]
    for number, at in enumerate(range(0, size, RATE_HZ // 2)):
        for hz in modes[number % 2]:
            _add(sound, at, _ring(hz, random.uniform(0.01, 0.05), 0.2) / math.sqrt(hz))
    return sound


def _clatter(random: Random, size: int) -> Sound:
    """Plates and cutlery."""
    return _struck(random, size, per_s=5, hz=(400, 6000), decay_s=(0.02, 0.2), modes=6)


def _washing_up(random: Random, size: int) -> Sound:
    return 0.5 * _unit(_clatter(random, size)) + 0.7 * _unit(_tap(random, size))


# ------------------------------------------------------------------------------- bursts with pitch


def _dog(random: Random, size: int) -> Sound:
    """Barks of a fifth of a second, in twos and threes."""
    sound = 0.003 * random.standard_normal(size)
    at = int(random.integers(0, RATE_HZ))
    while at < size:
        pitch = random.uniform(350, 650)
        for _ in range(random.integers(2, 5)):
            bark = _voiced(random, random.uniform(0.13, 0.24), [pitch * 0.8, pitch * 1.3, pitch * 0.6], 0.4)
            _add(sound, at, _formed(bark, (800, 1600, 2900)))
            at += int(random.uniform(0.3, 0.5) * RATE_HZ)
        at += int(random.uniform(0.4, 1.6) * RATE_HZ)
    return sound


def _baby(random: Random, size: int) -> Sound:
    """Cries of a second with a breath between them."""
    sound = 0.003 * random.standard_normal(size)
    at = int(random.integers(0, RATE_HZ // 2))
    while at < size:
        pitch = random.uniform(400, 520)
        cry = _voiced(
            random, random.uniform(0.7, 1.3), [pitch * 0.85, pitch * 1.1, pitch, pitch * 0.75], 0.12
        )
        _add(sound, at, _formed(cry, (1100, 2200, 3600)))
        at += len(cry) + int(random.uniform(0.2, 0.5) * RATE_HZ)
    return sound


def _sneeze(random: Random, size: int) -> Sound:
    """Two drawn "ah" that rise, and a burst of air with voice in it: the nearest to speech of them all."""
    sound = 0.003 * random.standard_normal(size)
    at = int(random.integers(0, RATE_HZ))
    while at < size:
        pitch = random.uniform(130, 260)
        for rise in (1.2, 1.5):
            vowel = _uttered(random.uniform(0.2, 0.35), (pitch, pitch * rise), (_VOWELS[0], _VOWELS[3]))
            _add(sound, at, vowel)
            at += len(vowel) + int(random.uniform(0.1, 0.4) * RATE_HZ)
        air = _coloured(random, int(0.4 * RATE_HZ), low_hz=1200, high_hz=7000)
        air *= np.exp(-_times(len(air)) / 0.08) * 4
        _add(sound, at, air)
        _add(sound, at, 0.5 * _uttered(0.3, (pitch * 1.6, pitch), (_VOWELS[2], _VOWELS[4])))
        at += int(random.uniform(1.5, 4.0) * RATE_HZ)
    return sound


def _music(random: Random, size: int) -> Sound:
    """Plucked chords over a drum, from a radio."""
    sound = np.zeros(size)
    beat = int(0.4 * RATE_HZ)
    for number, at in enumerate(range(0, size, beat)):
        root = 110 * 2 ** (random.choice([0, 3, 5, 7, 10]) / 12)
        for step in (0, 4, 7, 12, 16):
            hz = root * 2 ** (step / 12)
            note = sum(_ring(hz * k, 0.35 / k, 0.8) / k for k in range(1, 9) if hz * k < RATE_HZ / 2)
            _add(sound, at + int(random.integers(0, 300)), np.asarray(note))
        drum = _coloured(random, 2000, low_hz=100, high_hz=5000) if number % 2 else _ring(70, 0.08, 0.3) * 6
        _add(sound, at, drum * np.exp(-_times(len(drum)) / 0.05))
    return sound


NOISES: dict[str, Noise] = {
    "hum": _hum,
    "hiss": _hiss,
    "tap": _tap,
    "dishwasher": _dishwasher,
    "sizzle": _sizzle,
    "clock": _clock,
    "clatter": _clatter,
    "washing_up": _washing_up,
    "dog": _dog,
    "baby": _baby,
    "sneeze": _sneeze,
    "music": _music,
}


def noise(name: str, seconds: float, seed: int, rms: float = NOISE_RMS) -> Sound:
    """That much of one of `NOISES`, as samples of 16-bit size; the same seed gives the same sound."""
    random = np.random.default_rng([seed, *name.encode()])
    return _unit(in_room(NOISES[name](random, round(seconds * RATE_HZ)), seed)) * rms


# ------------------------------------------------------------------------------- speech, rooms, frames

_SYLLABLE_S = 0.22


def babble(seconds: float, seed: int = 0, pitch_hz: float = 120.0) -> Sound:
    """Syllables without meaning, as samples of 16-bit size: pulses through three moving formants."""
    random = np.random.default_rng(seed)
    t = _times(round(seconds * RATE_HZ))
    syllable, part = np.divmod(t, _SYLLABLE_S)
    number, part = syllable.astype(int), part / _SYLLABLE_S
    vowels = random.integers(0, len(_VOWELS), number[-1] + 1)
    onsets = random.integers(0, len(_ONSETS), number[-1] + 1)
    glide = np.clip(part / 0.35, 0, 1)[:, None]
    formants = _ONSETS[onsets][number] * (1 - glide) + _VOWELS[vowels][number] * glide
    melody = 1 + 0.15 * np.sin(2 * np.pi * t / 1.7) + 0.05 * np.sin(2 * np.pi * t * 4.5)
    sound = _pulses(pitch_hz * melody) + 0.02 * random.standard_normal(len(t))
    for formant, width_hz in zip(formants.T, _FORMANT_WIDTHS_HZ, strict=True):
        sound = _resonant(sound, formant, width_hz)
    envelope = 0.1 + 0.9 * np.clip(part / 0.12, 0, 1) * np.clip((1 - part) / 0.2, 0, 1)
    return _unit(sound * envelope) * 3000


def in_room(sound: Sound, seed: int, echo: float = 0.25) -> Sound:
    """The sound as a small room gives it back: a tail of 0.3 s, a quarter as strong as the sound itself."""
    random = np.random.default_rng(seed)
    t = _times(int(0.3 * RATE_HZ))
    tail = random.standard_normal(len(t)) * np.exp(-6.9 * t / 0.3)
    tail *= echo / np.sqrt(np.sum(tail**2))
    tail[0] += 1
    size = len(sound) + len(tail)
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)[: len(sound)]


def loudness(sound: Sound) -> float:
    """RMS of the frames in which there is something to hear: within 30 dB of the loudest."""
    frames = sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    powers = np.mean(frames**2, axis=1)
    return float(np.sqrt(np.mean(powers[powers > powers.max() / 1000])))


def pcm(sound: Sound) -> bytes:
    """Signed 16-bit samples; what is too loud is clipped."""
    return np.clip(np.rint(sound), -32768, 32767).astype("<i2").tobytes()


def frames_of(sound: Sound) -> list[bytes]:
    """Whole frames of 20 ms; what is left over is left out."""
    data, size = pcm(sound), 2 * FRAME_SAMPLES
    return [data[at : at + size] for at in range(0, len(data) - size + 1, size)]


# ------------------------------------------------------------------------------- the parts they are made of


def _times(size: int) -> Sound:
    return np.arange(size) / RATE_HZ


def _unit(sound: Sound) -> Sound:
    return sound / math.sqrt(float(np.mean(sound**2)))


def _coloured(random: Random, size: int, *, low_hz: float, high_hz: float) -> Sound:
    """Noise with a band of that width, falling by 3 dB an octave in it and steeply beside it."""
    spectrum = np.fft.rfft(random.standard_normal(size))
    hz = np.maximum(np.fft.rfftfreq(size, 1 / RATE_HZ), 1.0)
    shape = 1 / np.sqrt(hz) / (1 + (low_hz / hz) ** 4) / (1 + (hz / high_hz) ** 4)
    return _unit(np.fft.irfft(spectrum * shape, size))


def _wander(random: Random, size: int, hz: float) -> Sound:
    """A value that strays around 0 with a spread of 1, that many times a second."""
    points = random.standard_normal(int(size / RATE_HZ * hz) + 3)
    return np.interp(_times(size) * hz, np.arange(len(points)), points)


def _ring(hz: float, decay_s: float, seconds: float) -> Sound:
    t = _times(int(seconds * RATE_HZ))
    return np.sin(2 * np.pi * hz * t) * np.exp(-t / decay_s)


def _struck(
    random: Random,
    size: int,
    *,
    per_s: float,
    hz: tuple[float, float],
    decay_s: tuple[float, float],
    modes: int = 1,
) -> Sound:
    """Things that are struck at random and ring at random pitches."""
    sound = np.zeros(size)
    for at in random.integers(0, size, int(per_s * size / RATE_HZ)).tolist():
        strength = random.exponential()
        for _ in range(modes):
            decay = random.uniform(*decay_s)
            _add(sound, at, strength * _ring(random.uniform(*hz), decay, decay * 5))
    return sound


def _voiced(random: Random, seconds: float, pitches_hz: list[float], breath: float) -> Sound:
    """A throat: harmonics along a line of pitches, with breath, fading in and out."""
    t = _times(int(seconds * RATE_HZ))
    pitch = np.interp(t, np.linspace(0, seconds, len(pitches_hz)), pitches_hz)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    tones = sum(np.sin(k * phase) / k for k in range(1, int(7500 / max(pitches_hz)) + 1))
    sound = np.asarray(tones) + breath * random.standard_normal(len(t))
    return sound * np.minimum(1, np.minimum(t / 0.03, (seconds - t) / 0.06))


def _uttered(seconds: float, pitches_hz: tuple[float, float], vowels: tuple[Sound, Sound]) -> Sound:
    """A vowel that turns into another while its pitch moves."""
    t = _times(int(seconds * RATE_HZ))
    part = (t / seconds)[:, None]
    formants = vowels[0] * (1 - part) + vowels[1] * part
    sound = _pulses(pitches_hz[0] + (pitches_hz[1] - pitches_hz[0]) * t / seconds)
    for formant, width_hz in zip(formants.T, _FORMANT_WIDTHS_HZ, strict=True):
        sound = _resonant(sound, formant, width_hz)
    return _unit(sound) * np.minimum(1, np.minimum(t / 0.03, (seconds - t) / 0.06))


def _pulses(pitch_hz: Sound) -> Sound:
    """What vocal cords give at these pitches, one for each sample."""
    pulses = np.diff(np.floor(np.cumsum(pitch_hz) / RATE_HZ), prepend=0)
    return np.convolve(pulses, 0.96 ** np.arange(200))[: len(pulses)]


def _formed(sound: Sound, formants_hz: tuple[float, ...]) -> Sound:
    """The sound through a mouth that does not move."""
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    shape = sum(1 / (1 + ((hz - formant) / (0.15 * formant)) ** 2) for formant in formants_hz)
    return np.fft.irfft(spectrum * shape, len(sound))


def _resonant(sound: Sound, centre_hz: Sound, width_hz: float) -> Sound:
    """The sound through one resonance whose centre moves: a filter of two poles."""
    radius = math.exp(-math.pi * width_hz / RATE_HZ)
    turns = (2 * radius * np.cos(2 * np.pi * centre_hz / RATE_HZ)).tolist()
    gains = ((1 - radius) * np.abs(1 - radius * np.exp(-4j * np.pi * centre_hz / RATE_HZ))).tolist()
    last = before = 0.0
    given = []
    for sample, turn, gain in zip(sound.tolist(), turns, gains, strict=True):
        last, before = gain * sample + turn * last - radius * radius * before, last
        given.append(last)
    return np.array(given)


def _add(sound: Sound, at: int, part: Sound) -> None:
    """Put `part` into `sound` at that sample, as far as it reaches."""
    part = part[: max(0, len(sound) - at)]
    sound[at : at + len(part)] += part
