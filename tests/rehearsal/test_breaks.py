"""Connections that break at each boundary between two messages, while the wits answer beside the script."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.client import ClientConnection

from device.rehearsal.script_file import parse_script
from device.rehearsal.server import RehearsalServer
from device.rehearsal.wire import JsonObject
from tests.rehearsal.client import (
    FakeWits,
    bare,
    frames_until_closed,
    receive_json,
    run,
    say,
    send_json,
    setup,
    talking,
    text_input,
    until,
    wait_for,
)

A_TURN = ["setup", "heard", "said", "audio", "said", "audio", "said", "generation", "turn"]
QUESTION = (
    setup(inputAudioTranscription={}, outputAudioTranscription={}),
    text_input("hello"),
)


def beside(steps: str, wits: FakeWits | None = None) -> RehearsalServer:
    """Wits that answer at once, in two pieces of audio, and one track of a script beside them."""
    script = f"wits: true\nsettings: {{speed: 0, chunk_ms: 20}}\ntracks: [[{steps}]]"
    return RehearsalServer(script=parse_script(script), wits=wits or FakeWits(speak_ms=40))


def kind_of(message: JsonObject) -> str:
    names = {
        "setupComplete": "setup",
        "inputTranscription": "heard",
        "outputTranscription": "said",
        "modelTurn": "audio",
        "generationComplete": "generation",
        "turnComplete": "turn",
    }
    return next(names[key] for key in (*message, *message.get("serverContent", {})) if key in names)


async def kinds_until_the_end(socket: ClientConnection) -> list[str]:
    return [kind_of(json.loads(frame)) for frame in await frames_until_closed(socket)]


@pytest.mark.parametrize("how", ["reset", "drop"])
@pytest.mark.parametrize("count", range(1, len(A_TURN)))
def test_the_first_connection_dies_after_so_many_messages_and_the_second_answers(
    count: int, how: str
) -> None:
    async def scenario() -> None:
        steps = f"{{on: connect 1, do: [{{wait: 0}}]}}, {{on: sent {count}, do: [{how}]}}"
        async with beside(steps) as server:
            async with bare(server) as socket:
                await send_json(socket, *QUESTION)
                assert await kinds_until_the_end(socket) == A_TURN[:count]
            await server.received.wait(lambda received: received.last.closed)
            assert server.received.last.close_code == 1006
            async with bare(server) as socket:
                await send_json(socket, *QUESTION)
                assert [kind_of(await receive_json(socket)) for _ in A_TURN] == A_TURN

    run(scenario())


def test_nothing_that_was_not_sent_is_counted() -> None:
    async def scenario() -> None:
        async with beside("{on: sent 3, do: [reset]}") as server, bare(server) as socket:
            await send_json(socket, *QUESTION)
            await frames_until_closed(socket)
            await server.received.wait(lambda received: received.last.closed)
            assert server.received.last.sent == {"setupComplete": 1, "serverContent": 2}

    run(scenario())


def test_a_go_away_without_any_time_left() -> None:
    async def scenario() -> None:
        steps = "{on: activity_end, do: [{go_away: 0s}, {close: 1011}]}"
        async with beside(steps) as server, talking(server) as session:
            await say(session)
            async for message in session.receive():
                if message.go_away:
                    assert message.go_away.time_left == "0s"
                    return
            raise AssertionError("there was no goAway")

    run(scenario())


@pytest.mark.parametrize("fault", ["silence", "black_hole"])
def test_after_go_away_nothing_is_heard_of_the_wits_and_the_next_connection_answers(fault: str) -> None:
    async def scenario() -> None:
        wits = FakeWits()
        steps = f"{{on: connect 1, do: [{{wait: 0}}]}}, {{on: sent 1, do: [{{go_away: 1s}}, {fault}]}}"
        async with beside(steps, wits) as server, bare(server) as socket:
            await send_json(socket, QUESTION[0])
            assert await wait_for(socket, "goAway") == {"timeLeft": "1s"}
            await send_json(socket, QUESTION[1])
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 0.2)
            assert wits.sessions == []
            async with talking(server) as session:
                await say(session)
                assert "audio" in await until(session, "turn")

    run(scenario())
