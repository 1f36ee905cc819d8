"""The queue between the event loop and the speaker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from device.audio.playback import Playback

BLOCK = 8
PATIENT_S = 1.0


class Clock:
    """Every look at it is a second later, so that nothing is ever held back."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += PATIENT_S
        return self.now_s


def playback(tail_blocks: int = 0) -> tuple[Playback, list[str]]:
    drained: list[str] = []
    queue = Playback(lambda: drained.append("drained"), clock=Clock(), tail_blocks=tail_blocks)
    return queue, drained


def test_an_empty_one_gives_silence() -> None:
    queue, drained = playback()
    assert queue.take(BLOCK) == (bytes(BLOCK), 0)
    assert not drained


def test_a_short_rest_is_filled_up_with_silence() -> None:
    queue, drained = playback()
    queue.append(b"abcd")
    assert queue.take(BLOCK) == (b"abcd" + bytes(4), 4)
    assert drained == ["drained"]


def test_it_drains_once_for_each_reply() -> None:
    queue, drained = playback()
    for _ in range(2):
        queue.append(b"a" * BLOCK * 2)
        for _ in range(5):
            queue.take(BLOCK)
    assert drained == ["drained"] * 2


def test_a_device_that_holds_blocks_has_played_them_only_when_silence_follows() -> None:
    queue, drained = playback(tail_blocks=2)
    queue.append(b"a" * BLOCK)
    queue.take(BLOCK)
    queue.take(BLOCK)
    assert queue.sounding
    assert not drained
    queue.take(BLOCK)
    assert not queue.sounding
    assert drained == ["drained"]


def test_audio_that_comes_into_the_tail_goes_on_with_the_reply() -> None:
    queue, drained = playback(tail_blocks=2)
    queue.append(b"a" * BLOCK)
    queue.take(BLOCK)
    queue.take(BLOCK)
    queue.append(b"b" * BLOCK)
    assert queue.take(BLOCK) == (b"b" * BLOCK, BLOCK)
    assert not drained


def test_a_sample_that_comes_in_two_parts_is_played_whole() -> None:
    queue, _ = playback(tail_blocks=1)
    queue.append(b"abc")
    assert queue.take(BLOCK) == (b"ab" + bytes(6), 2)
    queue.append(b"d")
    assert queue.take(BLOCK) == (b"cd" + bytes(6), 2)


def test_half_a_sample_at_the_end_of_a_reply_does_not_shift_the_next() -> None:
    queue, drained = playback(tail_blocks=1)
    queue.append(b"abc")
    queue.take(BLOCK)
    queue.take(BLOCK)
    assert drained
    queue.append(b"de")
    assert queue.take(BLOCK) == (b"de" + bytes(6), 2)


def test_a_flush_silences_it_and_counts_what_was_never_heard() -> None:
    queue, drained = playback(tail_blocks=4)
    queue.append(b"a" * BLOCK * 10)
    queue.take(BLOCK)
    assert queue.flush(held_samples=100) == 10 * BLOCK // 2, "nine blocks queued, one held by the device"
    assert queue.take(BLOCK) == (bytes(BLOCK), 0)
    assert not drained, "what was cut off was not played"


def test_a_flush_of_nothing_counts_nothing() -> None:
    queue, _ = playback()
    assert queue.flush(held_samples=100) == 0


def test_a_reply_waits_until_enough_of_it_is_there() -> None:
    queue = Playback(lambda: None, clock=lambda: 0.0)
    queue.append(b"a" * 48 * 100)
    assert queue.take(BLOCK) == (bytes(BLOCK), 0)
    assert queue.sounding
    queue.append(b"a" * 48 * 200)
    assert queue.take(BLOCK) == (b"a" * BLOCK, BLOCK)


def test_a_complete_reply_does_not_wait() -> None:
    drained: list[str] = []
    queue = Playback(lambda: drained.append("drained"), clock=lambda: 0.0)
    queue.append(b"ab")
    queue.complete()
    assert queue.take(BLOCK) == (b"ab" + bytes(6), 2)
    assert drained


def test_what_a_device_took_and_did_not_play_is_played_again() -> None:
    queue, drained = playback(tail_blocks=3)
    queue.append(b"aabbccddeeffgghhiijj")
    queue.take(BLOCK)
    queue.take(BLOCK)
    queue.rewind(2)
    assert queue.take(BLOCK) == (b"gghhiijj", BLOCK)
    queue.take(BLOCK)
    assert not drained, "its tail begins anew"


def test_what_was_heard_to_its_end_is_not_played_again() -> None:
    queue, _ = playback()
    queue.append(b"abcd")
    queue.take(BLOCK)
    queue.rewind(100)
    assert queue.take(BLOCK) == (bytes(BLOCK), 0)


def test_after_a_flush_there_is_nothing_to_play_again() -> None:
    queue, _ = playback(tail_blocks=3)
    queue.append(b"abcdefghijkl")
    queue.take(BLOCK)
    queue.flush()
    queue.rewind(100)
    assert queue.take(BLOCK) == (bytes(BLOCK), 0)


SAMPLES = st.binary(max_size=25).map(lambda half: half + half)


@given(st.lists(st.one_of(SAMPLES, st.none()), max_size=50))
def test_no_byte_is_dropped_or_reordered(steps: list[bytes | None]) -> None:
    """None takes a block; everything queued comes out in order."""
    queue, _ = playback()
    queued, heard = b"", b""
    for step in [*steps, *[None] * 400]:
        if step is None:
            block, played = queue.take(BLOCK)
            heard += block[:played]
        else:
            queue.append(step)
            queued += step
    assert heard == queued
