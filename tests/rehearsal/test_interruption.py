"""Replies cut short, in each way that the Live API knows."""

from __future__ import annotations

import pytest
from google.genai import types

from tests.rehearsal.client import (
    FRAME,
    FakeWits,
    answer,
    called,
    config,
    kinds_of,
    next_message,
    run,
    say,
    send_audio,
    talking,
    tool,
    until,
    witty,
)

SLOW = {"speed": 1.0}


@pytest.mark.parametrize("by", ["activity", "content", "text"])
def test_a_reply_is_interrupted_at_once(by: str) -> None:
    async def scenario() -> None:
        async with witty(FakeWits(speak_ms=60_000), **SLOW) as server, talking(server) as session:
            await say(session)
            await until(session, "audio")
            if by == "activity":
                await session.send_realtime_input(activity_start=types.ActivityStart())
            elif by == "content":
                await session.send_client_content(turn_complete=False)
            else:
                await session.send_realtime_input(text="stop")
            kinds = await until(session, "turn")
            assert kinds[-2:] == ["interrupted", "turn"]
            assert "generation" not in kinds

    run(scenario())


def test_nothing_of_the_old_reply_follows_an_interruption() -> None:
    async def scenario() -> None:
        async with witty(FakeWits(speak_ms=60_000), **SLOW) as server, talking(server) as session:
            await say(session)
            await until(session, "audio")
            await session.send_client_content(turn_complete=False)
            await until(session, "interrupted")
            assert await until(session, "handle") == ["turn", "handle"]
            await session.send_client_content(
                turns=types.Content(role="user", parts=[types.Part(text="again")]), turn_complete=True
            )
            assert (await until(session, "audio"))[0] == "said"

    run(scenario())


def test_after_generation_an_interruption_is_still_reported() -> None:
    async def scenario() -> None:
        async with witty(FakeWits(speak_ms=60_000)) as server, talking(server) as session:
            await say(session)
            await until(session, "generation")
            await session.send_realtime_input(activity_start=types.ActivityStart())
            assert await until(session, "turn") == ["interrupted", "turn"]

    run(scenario())


def test_between_turns_there_is_nothing_to_interrupt() -> None:
    async def scenario() -> None:
        async with witty() as server, talking(server) as session:
            await say(session)
            await until(session, "handle")
            await session.send_client_content(turn_complete=False)
            await say(session)
            assert "interrupted" not in await until(session, "turn")

    run(scenario())


def test_where_speech_may_not_interrupt_the_next_turn_waits() -> None:
    async def scenario() -> None:
        polite = config(
            realtime_input_config={
                "automatic_activity_detection": {"disabled": True},
                "activity_handling": "NO_INTERRUPTION",
            }
        )
        async with witty(FakeWits(speak_ms=300), **SLOW) as server, talking(server, polite) as session:
            await say(session)
            await until(session, "audio")
            await say(session)
            first = await until(session, "turn")
            second = await until(session, "turn")
            assert first[-2:] == second[-2:] == ["generation", "turn"]
            assert "interrupted" not in first + second

    run(scenario())


def test_a_barge_in_takes_pending_calls_back() -> None:
    async def scenario() -> None:
        wits = FakeWits("missed_meal")
        async with witty(wits) as server, talking(server, config(tools=[tool()])) as session:
            await say(session)
            call = await called(session)
            await session.send_realtime_input(activity_start=types.ActivityStart())
            message = await next_message(session)
            assert kinds_of(message) == ["interrupted"]
            message = await next_message(session)
            assert message.tool_call_cancellation is not None
            assert message.tool_call_cancellation.ids == [call.id]
            assert await until(session, "turn") == ["turn"]

    run(scenario())


def test_audio_cancels_a_blocking_call_and_leaves_others_alone() -> None:
    async def scenario() -> None:
        for blocking in (True, False):
            settings = config(tools=[tool(blocking=blocking)])
            async with witty(FakeWits("missed_meal")) as server, talking(server, settings) as session:
                await say(session)
                call = await called(session)
                await send_audio(session, FRAME)
                await answer(session, call, said="x")
                kinds = await until(session, "turn")
                assert ("cancelled" in kinds) is blocking
                assert ("audio" in kinds) is not blocking
                assert server.received.last.frames_during_blocking_call == int(blocking)

    run(scenario())
