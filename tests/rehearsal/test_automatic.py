"""Automatic activity detection: the detector alone, and over the wire."""

from __future__ import annotations

import random

import pytest

from device.rehearsal.detector import Detector, SpeechEnded, SpeechStarted
from tests.rehearsal.client import (
    FakeWits,
    answer,
    called,
    config,
    next_message,
    run,
    send_audio,
    talking,
    tool,
    until,
    witty,
)

RATE_HZ = 16_000


def sound(duration_ms: int, level: int, seed: int = 1) -> bytes:
    """White noise of that level (peak, of 32767): speech if loud, a quiet room if not."""
    chance = random.Random(seed)
    count = RATE_HZ * duration_ms // 1000
    return b"".join(chance.randint(-level, level).to_bytes(2, "little", signed=True) for _ in range(count))


SPEECH = sound(400, 8000)
SILENCE = sound(1000, 20)


def test_speech_starts_and_ends_after_the_silence_asked_for() -> None:
    detector = Detector(prefix_ms=20, silence_ms=300)
    assert detector.feed(SILENCE) == []
    assert detector.feed(SPEECH) == [SpeechStarted()]
    assert detector.feed(sound(280, 20)) == []
    (ended,) = detector.feed(sound(20, 20))
    assert isinstance(ended, SpeechEnded)
    assert SPEECH in ended.pcm
    assert len(ended.pcm) < len(SPEECH) + RATE_HZ * 2 * 700 // 1000


def test_a_pause_shorter_than_the_silence_does_not_end_it() -> None:
    detector = Detector(prefix_ms=20, silence_ms=300)
    events = detector.feed(SILENCE + SPEECH + sound(200, 20) + SPEECH)
    assert events == [SpeechStarted()]


def test_speech_counts_only_when_it_lasts() -> None:
    detector = Detector(prefix_ms=200, silence_ms=300)
    assert detector.feed(SILENCE + sound(140, 8000) + SILENCE) == []
    assert detector.feed(sound(240, 8000)) == [SpeechStarted()]


def test_a_steady_noise_is_no_speech_for_long() -> None:
    detector = Detector(prefix_ms=20, silence_ms=300)
    hum = b"".join(sound(1000, 500, seed) for seed in range(20))
    detector.feed(hum)
    assert detector.feed(sound(2000, 500)) == []


def test_any_size_of_pieces_gives_the_same() -> None:
    stream = SILENCE + SPEECH + SILENCE
    whole = Detector(prefix_ms=20, silence_ms=300).feed(stream)
    pieces = Detector(prefix_ms=20, silence_ms=300)
    found = [event for at in range(0, len(stream), 254) for event in pieces.feed(stream[at : at + 254])]
    assert [type(event) for event in found] == [SpeechStarted, SpeechEnded]
    assert found == whole


def test_speech_in_the_stream_is_answered() -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with witty(wits) as server, talking(server, config(automatic=True)) as session:
            await send_audio(session, SILENCE + SPEECH + SILENCE)
            assert (await until(session, "turn"))[0] == "heard"
            assert SPEECH in wits.pcm[0]

    run(scenario())


@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_other_rates_are_resampled(rate_hz: int) -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with witty(wits) as server, talking(server, config(automatic=True)) as session:
            await send_audio(session, SILENCE + SPEECH * 6 + SILENCE * 6, rate_hz)
            await until(session, "turn")
            expected = len(SPEECH) * 6 * RATE_HZ / rate_hz
            assert expected * 0.9 < len(wits.pcm[0]) < expected + RATE_HZ * 2 * 0.7

    run(scenario())


def test_the_end_of_the_stream_alone_ends_no_turn() -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with witty(wits) as server, talking(server, config(automatic=True)) as session:
            await send_audio(session, SILENCE + SPEECH)
            await session.send_realtime_input(audio_stream_end=True)
            await session.send_realtime_input(text="a turn of its own")
            await until(session, "turn")
            assert wits.pcm == []
            await send_audio(session, SILENCE)
            await until(session, "turn")
            assert len(wits.pcm) == 1

    run(scenario())


def test_the_end_of_the_stream_ends_a_turn_where_that_is_wanted() -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with (
            witty(wits, stream_end_ends_turn=True) as server,
            talking(server, config(automatic=True)) as session,
        ):
            await send_audio(session, SILENCE + SPEECH)
            await session.send_realtime_input(audio_stream_end=True)
            await until(session, "turn")
            assert len(wits.pcm) == 1

    run(scenario())


def test_speech_interrupts_a_reply() -> None:
    async def scenario() -> None:
        wits = FakeWits(speak_ms=60_000)
        async with witty(wits, speed=1.0) as server, talking(server, config(automatic=True)) as session:
            await send_audio(session, SILENCE + SPEECH + SILENCE)
            await until(session, "audio")
            await send_audio(session, SILENCE)
            await send_audio(session, SPEECH)
            kinds = await until(session, "turn")
            assert kinds[-2:] == ["interrupted", "turn"]

    run(scenario())


def test_silence_does_not_interrupt_a_reply() -> None:
    async def scenario() -> None:
        wits = FakeWits(speak_ms=300)
        async with witty(wits, speed=1.0) as server, talking(server, config(automatic=True)) as session:
            await send_audio(session, SILENCE + SPEECH + SILENCE)
            await until(session, "audio")
            await send_audio(session, SILENCE)
            kinds = await until(session, "turn")
            assert "interrupted" not in kinds
            assert (await next_message(session)).session_resumption_update is not None

    run(scenario())


@pytest.mark.parametrize("spoken", [True, False])
def test_only_speech_cancels_a_blocking_call(spoken: bool) -> None:
    async def scenario() -> None:
        settings = config(automatic=True, tools=[tool(blocking=True)])
        async with witty(FakeWits("missed_meal")) as server, talking(server, settings) as session:
            await send_audio(session, SILENCE + SPEECH + SILENCE)
            call = await called(session)
            await send_audio(session, SILENCE + (SPEECH if spoken else b""))
            await answer(session, call, said="fine")
            kinds = await until(session, "turn")
            assert ("cancelled" in kinds) is spoken
            assert ("audio" in kinds) is not spoken

    run(scenario())
