"""The noise floor, on sound made by arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest

from device.audio.formats import FRAME_SAMPLES, SILENT_FRAME
from device.audio.noisefloor import BLOCKS, MEMORY_MS, QUIETEST_DBFS, REFUSED_MS, NoiseFloor
from device.events import FRAME_MS
from tests.audio.kitchen import babble, frames_of, noise, pcm

MEMORY_FRAMES = (MEMORY_MS + MEMORY_MS // BLOCKS) // FRAME_MS
"""The last block before the noise has to be forgotten as well."""


def hiss(seconds: float, dbfs: float) -> list[bytes]:
    return frames_of(noise("hiss", seconds, seed=1, rms=32768 * 10 ** (dbfs / 20)))


def hearing(*frames: bytes) -> NoiseFloor:
    floor = NoiseFloor()
    for frame in frames:
        floor.hear(frame)
    return floor


def test_silence_is_as_quiet_as_it_gets() -> None:
    floor = hearing(*[SILENT_FRAME] * 500)
    assert floor.level_dbfs == floor.floor_dbfs == QUIETEST_DBFS
    assert not floor.stands_out(0)


@pytest.mark.parametrize("dbfs", [-60.0, -30.0, -6.0])
@pytest.mark.parametrize("offset", [0, 1000])
def test_the_level_is_the_rms_without_the_offset_of_the_microphone(dbfs: float, offset: int) -> None:
    at = np.arange(FRAME_SAMPLES)
    sine = math.sqrt(2) * 32768 * 10 ** (dbfs / 20) * np.sin(2 * np.pi * 450 * at / 16_000)
    assert hearing(pcm(sine + offset)).level_dbfs == pytest.approx(dbfs, abs=1)


def test_steady_noise_becomes_the_floor_within_its_memory() -> None:
    floor = NoiseFloor()
    frames = hiss(8, -40)
    for frame in frames[:MEMORY_FRAMES]:
        floor.hear(frame)
    assert floor.floor_dbfs == pytest.approx(-40, abs=3)
    above = 0
    for frame in frames[MEMORY_FRAMES:]:
        floor.hear(frame)
        above += floor.stands_out(4)
    assert above < 0.02 * len(frames[MEMORY_FRAMES:])


def test_speech_with_its_pauses_stays_above_the_floor() -> None:
    quiet = hiss(4, -60)
    floor = hearing(*quiet)
    words, pause = frames_of(babble(0.9)), quiet[:15]
    above = 0
    for frame in (words + pause) * 10:
        floor.hear(frame)
        above += floor.stands_out(4)
    assert above > 0.9 * len(words) * 10


def test_the_floor_falls_when_the_noise_stops() -> None:
    floor = hearing(*hiss(6, -30))
    for frame in hiss(1.5, -60):
        floor.hear(frame)
    assert floor.floor_dbfs < -50


def test_what_was_refused_is_no_news_for_a_second_unless_it_gets_louder() -> None:
    floor = hearing(*hiss(1, -30))
    assert floor.is_news(4)
    floor.refuse(-30)
    floor.hear(hiss(0.02, -30)[0])
    assert not floor.is_news(4)
    floor.hear(hiss(0.02, -20)[0])
    assert floor.is_news(4)
    for frame in hiss(REFUSED_MS / 1000, -30):
        floor.hear(frame)
    assert floor.is_news(4)
