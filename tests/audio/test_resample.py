"""From the shape of a device to ours and back."""

from __future__ import annotations

import array
import math
from itertools import pairwise

import pytest

from device.audio.alsa import Shape
from device.audio.formats import BLOCK_BYTES, FRAME_BYTES, FRAME_SAMPLES
from device.audio.resample import InputShaper, OutputShaper
from tests.sounds import tone


def blocks_of(pcm: bytes, size: int) -> list[bytes]:
    return [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]


def interleaved(*channels: bytes) -> bytes:
    woven = array.array("h", bytes(len(channels[0]) * len(channels)))
    for number, channel in enumerate(channels):
        woven[number :: len(channels)] = array.array("h", channel)
    return woven.tobytes()


def level(pcm: bytes) -> float:
    samples = array.array("h", pcm)
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples))


def test_a_device_that_captures_frames_of_ours_gives_them_bit_for_bit() -> None:
    sent = tone(0.2, 16_000)
    shaper = InputShaper(Shape(1, 16_000))
    assert [frame for block in blocks_of(sent, FRAME_BYTES) for frame in shaper.frames(block)] == blocks_of(
        sent, FRAME_BYTES
    )


@pytest.mark.parametrize("channel", range(6))
def test_one_channel_of_an_array_is_picked_bit_for_bit(channel: int) -> None:
    channels = [tone(0.2, 16_000, hz=300 + 100 * number) for number in range(6)]
    shaper = InputShaper(Shape(6, 16_000), channel=channel)
    captured = blocks_of(interleaved(*channels), FRAME_BYTES * 6)
    assert b"".join(frame for block in captured for frame in shaper.frames(block)) == channels[channel]


@pytest.mark.parametrize("rate", [24_000, 32_000, 44_100, 48_000, 96_000])
def test_a_channel_at_another_rate_comes_as_whole_frames_and_sounds_the_same(rate: int) -> None:
    captured = interleaved(tone(2, rate, hz=3000), tone(2, rate, hz=1000))
    shaper = InputShaper(Shape(2, rate), channel=1)
    frames = [f for block in blocks_of(captured, rate // 50 * 4) for f in shaper.frames(block)]
    assert all(len(frame) == FRAME_BYTES for frame in frames)
    assert 97 <= len(frames) <= 100, "at most three of the hundred are still inside"
    heard = b"".join(frames[10:])
    assert level(heard) == pytest.approx(8000 / math.sqrt(2), rel=0.02)
    crossings = sum(
        a < 0 <= b for a, b in zip(array.array("h", heard), array.array("h", heard)[1:], strict=False)
    )
    assert crossings == pytest.approx(1000 * (len(frames) - 10) / 50, abs=2)


def test_what_is_above_our_range_does_not_fold_back_into_it() -> None:
    shaper = InputShaper(Shape(1, 48_000))
    captured = tone(1, 48_000, hz=11_000)
    heard = b"".join(frame for block in blocks_of(captured, 1920) for frame in shaper.frames(block))
    assert level(heard[FRAME_SAMPLES * 4 :]) < 8


@pytest.mark.parametrize(
    ("rate", "channels"), [(24_000, 1), (24_000, 2), (48_000, 2), (44_100, 1), (32_000, 2)]
)
def test_a_device_gets_blocks_of_its_own_shape_without_a_gap(rate: int, channels: int) -> None:
    reply = iter(blocks_of(tone(2, 24_000, hz=500), BLOCK_BYTES))
    shaper = OutputShaper(Shape(channels, rate))
    size = rate // 50 * 2 * channels
    played = [shaper.render(size, lambda: next(reply)) for _ in range(90)]
    assert {len(block) for block in played} == {size}
    woven = array.array("h", b"".join(played))
    first = woven[::channels]
    assert all(woven[number::channels] == first for number in range(channels))
    assert level(first[rate // 5 :].tobytes()) == pytest.approx(8000 / math.sqrt(2), rel=0.02)
    crossings = sum(a < 0 <= b for a, b in pairwise(first))
    assert crossings == pytest.approx(500 * 90 / 50, abs=12)


def test_nothing_of_what_was_cut_short_comes_after_it() -> None:
    shaper = OutputShaper(Shape(2, 48_000))
    loud = tone(0.02, 24_000)
    for _ in range(10):
        shaper.render(3840, lambda: loud)
    shaper.forget()
    assert shaper.render(3840, lambda: bytes(BLOCK_BYTES)) == bytes(3840)
