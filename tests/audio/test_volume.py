"""Volume and ducking on blocks of samples."""

from __future__ import annotations

import array
import subprocess
import sys
from itertools import pairwise

import pytest

from device.audio.formats import BLOCK_BYTES, BLOCK_SAMPLES
from device.audio.volume import Gain

LOUD = array.array("h", [10_000] * BLOCK_SAMPLES).tobytes()
LOUDEST = array.array("h", [-32_768, 32_767] * (BLOCK_SAMPLES // 2)).tobytes()


def samples(block: bytes) -> list[int]:
    return list(array.array("h", block))


def test_full_volume_leaves_every_sample_as_it_is() -> None:
    assert Gain().apply(LOUDEST) == LOUDEST


def test_volume_0_is_silent_from_the_first_sample() -> None:
    assert Gain(0).apply(LOUDEST) == bytes(BLOCK_BYTES)


@pytest.mark.parametrize(("percent", "amplitude"), [(50, 2500), (10, 100), (90, 8100)])
def test_half_the_percentage_is_12_db_softer(percent: int, amplitude: int) -> None:
    assert set(samples(Gain(percent).apply(LOUD))) == {amplitude}


def test_nothing_sets_it_above_its_bound() -> None:
    gain = Gain(50, highest_percent=70)
    assert gain.set_volume(100) == 70
    assert gain.percent == 70
    assert gain.set_volume(-5) == 0


def test_a_change_takes_one_block_and_no_sample_jumps() -> None:
    gain = Gain(100)
    gain.apply(LOUD)
    gain.set_volume(50)
    heard = samples(gain.apply(LOUD)) + samples(gain.apply(LOUD))
    assert heard[0] == 10_000
    assert max(abs(after - before) for before, after in pairwise(heard)) <= 20
    assert set(heard[BLOCK_SAMPLES:]) == {2500}


def test_ducking_comes_on_top_of_the_volume_and_goes_again() -> None:
    gain = Gain(50)
    gain.duck(20)
    gain.apply(LOUD)
    assert set(samples(gain.apply(LOUD))) == {250}
    gain.set_volume(100)
    gain.apply(LOUD)
    assert set(samples(gain.apply(LOUD))) == {1000}, "a new volume does not end the ducking"
    gain.unduck()
    gain.apply(LOUD)
    assert gain.apply(LOUD) == LOUD


def test_the_loudest_samples_are_scaled_without_running_over() -> None:
    gain = Gain(100)
    gain.duck(0.001)
    gain.apply(LOUDEST)
    heard = samples(gain.apply(LOUDEST))
    assert heard[0] < -32_000
    assert heard[1] > 32_000


def test_full_volume_needs_no_numpy() -> None:
    code = (
        "import sys\nfrom device.audio.volume import Gain\nGain().apply(bytes(960))\n"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
