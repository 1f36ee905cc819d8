"""Every action of a script, as a client receives it."""

from __future__ import annotations

import asyncio

import pytest
from google.genai import types
from google.genai.live import AsyncSession

from device.rehearsal.actions import tone
from tests.rehearsal.client import (
    answer,
    bare,
    called,
    config,
    next_message,
    one_step,
    receive_json,
    run,
    say,
    scripted,
    send_json,
    setup,
    talking,
    text_input,
    tool,
    until,
    wait_for,
)


async def audio_of_turn(session: AsyncSession) -> bytes:
    audio = b""
    message = types.LiveServerMessage()
    while not (message.server_content and message.server_content.turn_complete):
        message = await next_message(session)
        audio += message.data or b""
    return audio


def test_a_reply_is_a_whole_turn_each_time() -> None:
    async def scenario() -> None:
        script = "steps: [{on: activity_end, repeat: forever, do: [{reply: {ms: 100, text: a b, heard: c}}]}]"
        async with scripted(script) as server, talking(server) as session:
            for _ in range(3):
                await say(session)
                assert await until(session, "handle") == [
                    "heard", "said", "audio", "generation", "turn", "handle",
                ]  # fmt: skip

    run(scenario())


@pytest.mark.parametrize("interruption", ["activity", "content"])
def test_a_reply_can_be_interrupted_and_the_next_one_is_whole(interruption: str) -> None:
    async def scenario() -> None:
        script = "steps: [{on: activity_end, repeat: forever, do: [{reply: {ms: 2000}}]}]"
        async with scripted(script) as server, talking(server) as session:
            await say(session)
            await until(session, "audio")
            if interruption == "activity":
                await say(session)
            else:
                await session.send_client_content(turn_complete=False)
                await say(session)
            assert (await until(session, "turn"))[-2:] == ["interrupted", "turn"]
            assert await until(session, "generation") == ["handle", "audio", "generation"]

    run(scenario())


def test_audio_is_the_tone_that_was_asked_for() -> None:
    async def scenario() -> None:
        actions = "{audio: {ms: 130, hz: 880, speed: 0}}, turn_complete"
        async with one_step(actions) as server, talking(server) as session:
            await session.send_realtime_input(text="go")
            assert await audio_of_turn(session) == tone(130, 880)

    run(scenario())


def test_audio_is_cut_into_pieces() -> None:
    async def scenario() -> None:
        actions = "{audio: {ms: 130, chunk_ms: 50, speed: 0}}, turn_complete"
        async with one_step(actions) as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("go"))
            await wait_for(socket, "setupComplete")
            sizes = []
            for _ in range(3):
                part = (await wait_for(socket, "serverContent"))["modelTurn"]["parts"][0]["inlineData"]
                assert part["mimeType"] == "audio/pcm;rate=24000"
                sizes.append(len(part["data"]) * 3 // 4)
            assert sizes == [2400, 2400, 1440]

    run(scenario())


@pytest.mark.parametrize(("speed", "least_s", "most_s"), [(1, 0.36, 2), (4, 0.09, 0.3), (0, 0, 0.3)])
def test_audio_is_paced_as_asked(speed: float, least_s: float, most_s: float) -> None:
    async def scenario() -> None:
        actions = f"{{audio: {{ms: 400, speed: {speed}}}}}, turn_complete"
        async with one_step(actions) as server, talking(server) as session:
            began = asyncio.get_running_loop().time()
            await session.send_realtime_input(text="go")
            await until(session, "turn")
            assert least_s <= asyncio.get_running_loop().time() - began <= most_s

    run(scenario())


def test_a_minute_of_audio_in_a_burst() -> None:
    async def scenario() -> None:
        actions = "{audio: {ms: 60000, speed: 0}}, turn_complete"
        async with one_step(actions) as server, talking(server) as session:
            await session.send_realtime_input(text="go")
            assert len(await audio_of_turn(session)) == 60 * 48_000

    run(scenario())


def test_audio_can_be_ended_early_and_the_event_is_still_there_for_the_next_step() -> None:
    async def scenario() -> None:
        script = """
steps:
  - {on: activity_end, do: [{audio: {ms: 5000, until: [activity_start]}}]}
  - {on: activity_start, do: [interrupted, turn_complete]}
"""
        async with scripted(script) as server, talking(server) as session:
            await say(session)
            await until(session, "audio")
            await session.send_realtime_input(activity_start=types.ActivityStart())
            assert (await until(session, "turn"))[-2:] == ["interrupted", "turn"]

    run(scenario())


SIMPLE = {
    "input_transcript: hello": {"serverContent": {"inputTranscription": {"text": "hello"}}},
    "output_transcript: hello": {"serverContent": {"outputTranscription": {"text": "hello"}}},
    "generation_complete": {"serverContent": {"generationComplete": True}},
    "interrupted": {"serverContent": {"interrupted": True}},
    "go_away: 49.500s": {"goAway": {"timeLeft": "49.500s"}},
    "resumption: {handle: h}": {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}},
    "resumption: {resumable: false}": {"sessionResumptionUpdate": {}},
    "cancel: [a, b]": {"toolCallCancellation": {"ids": ["a", "b"]}},
    "tool_call: {tool: t, args: {x: 1}, id: i}": {
        "toolCall": {"functionCalls": [{"name": "t", "args": {"x": 1}, "id": "i"}]}
    },
    "tool_call: {tool: t, without_id: true}": {"toolCall": {"functionCalls": [{"name": "t", "args": {}}]}},
    "json: {unknownThing: [1]}": {"unknownThing": [1]},
    "json: {error: {code: 429}}": {"error": {"code": 429}},
    "setup_complete: {session_id: s}": {"setupComplete": {"sessionId": "s"}},
}


@pytest.mark.parametrize("action", SIMPLE)
def test_messages(action: str) -> None:
    async def scenario() -> None:
        async with one_step(f"{{{action}}}" if ":" in action else action) as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("go"))
            assert await receive_json(socket) == {"setupComplete": {}}
            assert await receive_json(socket) == SIMPLE[action]

    run(scenario())


def test_turn_complete_may_have_a_reason() -> None:
    async def scenario() -> None:
        async with one_step("{turn_complete: RESPONSE_REJECTED}") as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("go"))
            content = await wait_for(socket, "serverContent")
            assert content == {"turnComplete": True, "turnCompleteReason": "RESPONSE_REJECTED"}

    run(scenario())


def test_tool_calls_get_ids_of_their_own_and_may_be_doubled() -> None:
    async def scenario() -> None:
        actions = "{tool_call: {tool: a, copies: 2}}, {tool_call: {tool: b, also_in_turn: true}}"
        async with one_step(actions) as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("go"))
            calls = [(await wait_for(socket, "toolCall"))["functionCalls"][0] for _ in range(3)]
            assert [call["id"] for call in calls] == ["call-1", "call-1", "call-2"]
            turn = (await wait_for(socket, "serverContent"))["modelTurn"]
            assert turn["parts"] == [{"functionCall": calls[2]}]

    run(scenario())


def test_all_open_calls_are_cancelled_where_none_is_named() -> None:
    async def scenario() -> None:
        actions = "{tool_call: {tool: a, id: x}}, {tool_call: {tool: a, id: y}}, cancel"
        async with one_step(actions) as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("go"))
            assert await wait_for(socket, "toolCallCancellation") == {"ids": ["x", "y"]}

    run(scenario())


def test_a_scripted_call_is_answered_and_the_script_goes_on() -> None:
    async def scenario() -> None:
        script = """
steps:
  - {on: activity_end, do: [{tool_call: missed_meal}]}
  - {on: tool_response, do: [{audio: {ms: 40}}, generation_complete, turn_complete]}
"""
        async with scripted(script) as server, talking(server, config(tools=[tool()])) as session:
            await say(session)
            await answer(session, await called(session), said="x")
            assert await until(session, "turn") == ["audio", "generation", "turn"]

    run(scenario())
