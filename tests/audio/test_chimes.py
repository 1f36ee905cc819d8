"""The chimes, measured."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from device.audio.chimes import FADE_IN_MS, GAP_MS, PEAK, TONE_MS, TONES_HZ, chime
from device.audio.formats import REPLY_RATE_HZ, SAMPLE_BYTES, reply_ms
from device.events import Chime

FULL_SCALE = 32767
BLOCK_MS = 10


def samples(kind: Chime) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.frombuffer(chime(kind), dtype="<i2").astype(np.int32)


def pitches_hz(kind: Chime) -> list[float]:
    """The strongest frequency of each of its tones."""
    tone, step = (REPLY_RATE_HZ * ms // 1000 for ms in (TONE_MS, TONE_MS + GAP_MS))
    wave = samples(kind)
    pieces = [wave[start : start + tone] for start in range(0, len(wave), step)]
    spectra = [np.abs(np.fft.rfft(piece, n=REPLY_RATE_HZ)) for piece in pieces]
    return [float(np.argmax(spectrum)) for spectrum in spectra]


@pytest.mark.parametrize("kind", Chime)
class TestEveryChime:
    def test_it_is_short_and_of_whole_blocks(self, kind: Chime) -> None:
        length_ms = reply_ms(len(chime(kind)))
        assert 50 <= length_ms <= 500
        assert length_ms % BLOCK_MS == 0

    def test_it_is_soft_and_yet_heard(self, kind: Chime) -> None:
        assert 0.1 * FULL_SCALE <= np.abs(samples(kind)).max() <= 0.2 * FULL_SCALE

    def test_it_begins_and_ends_in_silence(self, kind: Chime) -> None:
        wave = samples(kind)
        assert (wave[0], wave[-1]) == (0, 0)
        assert np.abs(wave[: REPLY_RATE_HZ // 1000]).max() < 0.02 * FULL_SCALE

    def test_it_does_not_click(self, kind: Chime) -> None:
        """No step between neighbours is larger than a steady tone of its highest pitch would have."""
        steepest = PEAK * FULL_SCALE * 2 * math.pi * max(TONES_HZ[kind]) / REPLY_RATE_HZ
        assert np.abs(np.diff(samples(kind))).max() <= steepest + 1

    def test_nothing_in_it_is_sharper_than_its_fade(self, kind: Chime) -> None:
        """A click is energy where no tone is: above the tones by more than the fade spreads them."""
        spectrum = np.abs(np.fft.rfft(samples(kind), n=REPLY_RATE_HZ)) ** 2
        above = int(max(TONES_HZ[kind]) + 8 * 1000 / FADE_IN_MS)
        assert spectrum[above:].sum() < 1e-5 * spectrum.sum()

    def test_it_is_the_same_every_time(self, kind: Chime) -> None:
        assert chime(kind) is chime(kind)
        assert len(chime(kind)) % SAMPLE_BYTES == 0


def test_offline_falls() -> None:
    heard = pitches_hz(Chime.OFFLINE)
    assert heard == pytest.approx(TONES_HZ[Chime.OFFLINE], abs=5)
    assert heard == sorted(heard, reverse=True)


def test_a_command_that_makes_no_sound_does_not_load_numpy() -> None:
    code = "import sys, device.audio.chimes; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
