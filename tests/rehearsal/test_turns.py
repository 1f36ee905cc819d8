"""Turns over the wire with the unmodified SDK; the wits are fake, the sockets are real."""

from __future__ import annotations

import asyncio

from tests.rehearsal.client import (
    FRAME,
    FakeWits,
    bare,
    closed_with,
    config,
    run,
    say,
    send_audio,
    send_json,
    setup,
    talking,
    text_input,
    until,
    witty,
)


def test_a_turn_comes_in_the_order_of_the_service() -> None:
    async def scenario() -> None:
        async with witty() as server, talking(server) as session:
            assert session.setup_complete is not None
            await say(session)
            assert await until(session, "handle") == [
                "heard", "said", "audio", "said", "audio", "said", "audio", "generation", "turn", "handle",
            ]  # fmt: skip

    run(scenario())


def test_transcripts_say_what_was_heard_and_spoken() -> None:
    async def scenario() -> None:
        async with witty(FakeWits("good day")) as server, talking(server) as session:
            await say(session)
            heard, said, audio = "", "", b""
            async for message in session.receive():
                content = message.server_content
                assert content is not None
                heard += content.input_transcription.text if content.input_transcription else ""  # type: ignore[operator]
                said += content.output_transcription.text if content.output_transcription else ""  # type: ignore[operator]
                audio += message.data or b""
            assert heard == "good day"
            assert said == "You said good day to me just now."
            assert len(audio) == 24_000 * 2 * 200 // 1000

    run(scenario())


def test_without_transcription_there_are_no_transcripts() -> None:
    async def scenario() -> None:
        quiet = config(input_audio_transcription=None, output_audio_transcription=None)
        async with witty() as server, talking(server, quiet) as session:
            await say(session)
            assert await until(session, "turn") == ["audio", "generation", "turn"]

    run(scenario())


def test_the_ear_gets_exactly_the_audio_of_the_activity() -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with witty(wits) as server, talking(server) as session:
            await send_audio(session, b"\x07\x07" * 320)
            await say(session, frames=3)
            await send_audio(session, b"\x09\x09" * 320)
            await until(session, "turn")
            assert wits.pcm == [FRAME * 3]
            await server.received.wait(lambda received: received.last.stray_frames == 2)

    run(scenario())


def test_turn_complete_waits_for_the_playback() -> None:
    async def scenario() -> None:
        async with witty(FakeWits(speak_ms=400)) as server, talking(server) as session:
            began = asyncio.get_running_loop().time()
            await say(session)
            await until(session, "generation")
            assert await until(session, "turn") == ["turn"]
            assert asyncio.get_running_loop().time() - began >= 0.4

    run(scenario())


def test_audio_is_paced() -> None:
    async def scenario() -> None:
        async with witty(FakeWits(speak_ms=400), speed=2.0) as server, talking(server) as session:
            began = asyncio.get_running_loop().time()
            await say(session)
            await until(session, "generation")
            assert 0.18 <= asyncio.get_running_loop().time() - began < 0.4

    run(scenario())


def test_an_activity_without_words_is_an_empty_turn() -> None:
    async def scenario() -> None:
        async with witty(FakeWits("")) as server, talking(server) as session:
            await say(session)
            assert await until(session, "turn") == ["turn"]
            await say(session, frames=0)
            assert await until(session, "turn") == ["handle", "turn"]

    run(scenario())


def test_usage_counts_the_seconds_of_audio() -> None:
    async def scenario() -> None:
        async with witty(FakeWits(speak_ms=400)) as server, talking(server) as session:
            await say(session, frames=100)
            usage = None
            async for message in session.receive():
                usage = message.usage_metadata or usage
            assert usage is not None
            assert (usage.prompt_token_count, usage.response_token_count) == (50, 10)

    run(scenario())


def test_a_broken_voice_ends_the_connection_with_its_reason() -> None:
    class Mute(FakeWits):
        async def speak(self, text: str) -> bytes:
            raise RuntimeError("no voice")

    async def scenario() -> None:
        async with witty(Mute()) as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("hello"))
            assert await closed_with(socket) == (1011, "Internal error encountered.")

    run(scenario())
