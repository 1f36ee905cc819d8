"""What a client may not send, and the code with which the service closes then."""

from __future__ import annotations

from typing import Any

import pytest

from device.rehearsal.wire import JsonObject
from tests.rehearsal.client import (
    FakeWits,
    answer,
    bare,
    called,
    closed_with,
    config,
    run,
    say,
    send_json,
    setup,
    talking,
    tool,
    until,
    wait_for,
    witty,
)

AUDIO: JsonObject = {"data": "AAAA", "mimeType": "audio/pcm;rate=16000"}
START: JsonObject = {"realtimeInput": {"activityStart": {}}}
TEXT: JsonObject = {"realtimeInput": {"text": "hello"}}
END: JsonObject = {"realtimeInput": {"activityEnd": {}}}
STREAM_END: JsonObject = {"realtimeInput": {"audioStreamEnd": True}}

FORBIDDEN: dict[str, tuple[list[JsonObject], int, str]] = {
    "no setup first": ([START], 1007, "first message must be setup"),
    "setup twice": ([setup(), setup()], 1007, "only once"),
    "no model": ([{"setup": {}}], 1007, "name a model"),
    "text modality": (
        [setup(generationConfig={"responseModalities": ["TEXT"]})],
        1007,
        "AUDIO only",
    ),
    "two fields": (
        [setup(), {"realtimeInput": {"activityStart": {}, "audio": AUDIO}}],
        1007,
        "exactly one field",
    ),
    "no field": ([setup(), {"realtimeInput": {}}], 1007, "exactly one field"),
    "manual in automatic": ([setup(automatic=True), START], 1007, "automatic activity detection is enabled"),
    "end in automatic": ([setup(automatic=True), END], 1007, "automatic activity detection is enabled"),
    "stream end in manual": ([setup(), STREAM_END], 1007, "only supported when automatic"),
    "media chunks": (
        [setup(), {"realtimeInput": {"mediaChunks": [AUDIO]}}],
        1007,
        "media_chunks is deprecated",
    ),
    "wrong kind of audio": (
        [setup(), {"realtimeInput": {"audio": AUDIO | {"mimeType": "image/png"}}}],
        1007,
        "Unsupported mime type",
    ),
    "broken base64": ([setup(), {"realtimeInput": {"audio": AUDIO | {"data": "!"}}}], 1007, "base64"),
    "unknown field": (
        [setup(), {"realtimeInput": {"sound": {}}}],
        1007,
        'Unknown name "realtimeInput.sound"',
    ),
    "unknown message": ([setup(), {"hello": {}}], 1007, 'Unknown name "hello"'),
    "two messages": ([setup() | START], 1007, "one message is expected"),
    "system turn": (
        [setup(), {"clientContent": {"turns": [{"role": "system", "parts": [{"text": "x"}]}]}}],
        1007,
        "valid role",
    ),
    "no role": ([setup(), {"clientContent": {"turns": [{"parts": [{"text": "x"}]}]}}], 1007, "valid role"),
    "unknown call": (
        [setup(), {"toolResponse": {"functionResponses": [{"id": "nobody", "response": {}}]}}],
        1008,
        "Requested entity was not found.",
    ),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_connection_is_closed(name: str) -> None:
    messages, code, reason = FORBIDDEN[name]

    async def scenario() -> None:
        async with witty() as server, bare(server) as socket:
            await send_json(socket, *messages)
            closed = await closed_with(socket)
            assert closed[0] == code
            assert reason in closed[1]
            await server.received.wait(lambda received: received.last.closed)
            assert server.received.last.close_code == code

    run(scenario())


@pytest.mark.parametrize("frame", ["no json", b"\xff\xfe", "[]"])
def test_nonsense_is_closed_with_1007(frame: str | bytes) -> None:
    async def scenario() -> None:
        async with witty() as server, bare(server) as socket:
            await socket.send(frame)
            assert (await closed_with(socket))[0] == 1007

    run(scenario())


ALLOWED: dict[str, list[JsonObject]] = {
    "snake case": [
        {
            "setup": {
                "model": "m",
                "realtime_input_config": {"automatic_activity_detection": {"disabled": True}},
            }
        },
        {"realtime_input": {"activity_start": {}}},
        {"realtime_input": {"activity_end": {}}},
    ],
    "camel case": [setup(), START, END],
    "stream end": [setup(automatic=True), STREAM_END, TEXT],
    "video": [
        setup(),
        {"realtimeInput": {"video": {"data": "_-8=", "mimeType": "image/jpeg"}}},
        TEXT,
    ],
    "context update": [
        setup(),
        {"contextUpdate": {"tools": {"tools": []}}},
        TEXT,
    ],
    "unknown setup fields": [setup(somethingNew={"a": 1}), TEXT],
    "url-safe audio": [
        setup(),
        START,
        {"realtimeInput": {"audio": AUDIO | {"data": "-_8="}}},
        END,
    ],
}


@pytest.mark.parametrize("name", ALLOWED)
def test_the_connection_goes_on(name: str) -> None:
    async def scenario() -> None:
        async with witty() as server, bare(server) as socket:
            await send_json(socket, *ALLOWED[name])
            content: dict[str, Any] = {}
            while "turnComplete" not in content:
                content = await wait_for(socket, "serverContent")

    run(scenario())


def test_a_call_is_answered_once() -> None:
    async def scenario() -> None:
        wits = FakeWits("missed_meal")
        async with witty(wits) as server, talking(server, config(tools=[tool()])) as session:
            await say(session)
            call = await called(session)
            await answer(session, call, said="x")
            await until(session, "turn")
            await answer(session, call, said="x")
            await server.received.wait(lambda received: received.last.closed)
            assert server.received.last.close_code == 1008

    run(scenario())


def test_an_answer_that_crossed_with_its_cancellation_is_forgiven() -> None:
    async def scenario() -> None:
        wits = FakeWits("missed_meal")
        async with witty(wits) as server, talking(server, config(tools=[tool()])) as session:
            await say(session)
            call = await called(session)
            await session.send_client_content(turn_complete=False)
            await until(session, "cancelled")
            await answer(session, call, said="too late")
            wits.heard = "hello"
            await say(session)
            assert "audio" in await until(session, "generation")

    run(scenario())


def test_what_is_odd_but_allowed_is_noted() -> None:
    async def scenario() -> None:
        async with witty() as server, bare(server) as socket:
            await send_json(socket, setup(), START, START, END, END, TEXT)
            await wait_for(socket, "serverContent")
            assert server.received.last.anomalies == [
                "activity_start inside an activity",
                "activity_end without audio before it",
            ]

    run(scenario())
