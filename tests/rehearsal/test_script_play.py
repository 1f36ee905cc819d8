"""When the steps of a script are played: conditions, connections, repeats, setups, beside the wits."""

from __future__ import annotations

import asyncio
import json

import pytest
from google.genai import types
from google.genai.errors import APIError

from device.rehearsal.inbox import Inbox
from device.rehearsal.script import Happening
from device.rehearsal.script_file import parse_script
from device.rehearsal.server import RehearsalServer
from tests.rehearsal.client import (
    FakeWits,
    bare,
    config,
    frames_until_closed,
    kinds_of,
    next_message,
    one_step,
    run,
    say,
    scripted,
    send_json,
    setup,
    talking,
    text_input,
    until,
    wait_for,
)

# --------------------------------------------------------------------------------------- when


@pytest.mark.parametrize(
    ("on", "trigger"),
    [
        ("text", {"realtimeInput": {"text": "x"}}),
        ("client_content", {"clientContent": {"turnComplete": True}}),
        ("activity_start", {"realtimeInput": {"activityStart": {}}}),
        ("audio_frames", {"realtimeInput": {"audio": {"data": "AAAA", "mimeType": "audio/pcm"}}}),
    ],
)
def test_conditions_wait_for_their_message(on: str, trigger: dict[str, object]) -> None:
    async def scenario() -> None:
        async with one_step("go_away", on=on) as server, bare(server) as socket:
            await send_json(socket, setup())
            await wait_for(socket, "setupComplete")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await socket.recv()
            await send_json(socket, trigger)
            await wait_for(socket, "goAway")

    run(scenario())


def test_the_end_of_the_stream_is_a_condition() -> None:
    async def scenario() -> None:
        async with one_step("go_away", on="stream_end") as server, bare(server) as socket:
            await send_json(socket, setup(automatic=True), {"realtimeInput": {"audioStreamEnd": True}})
            await wait_for(socket, "goAway")

    run(scenario())


def test_so_many_frames() -> None:
    async def scenario() -> None:
        async with one_step("go_away", on="audio_frames 3") as server, talking(server) as session:
            await say(session, frames=2)
            await say(session, frames=1)
            assert await until(session, "go_away") == ["go_away"]
            assert server.received.last.counts["audio"] == 3

    run(scenario())


def test_a_time() -> None:
    async def scenario() -> None:
        async with one_step("go_away", on="after_ms 200") as server, bare(server) as socket:
            await send_json(socket, setup())
            await wait_for(socket, "setupComplete")
            began = asyncio.get_running_loop().time()
            await wait_for(socket, "goAway")
            assert asyncio.get_running_loop().time() - began > 0.1

    run(scenario())


def test_a_wait_between_actions() -> None:
    async def scenario() -> None:
        async with one_step("interrupted, {wait: 200}, turn_complete") as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("go"))
            await wait_for(socket, "serverContent")
            began = asyncio.get_running_loop().time()
            await wait_for(socket, "serverContent")
            assert asyncio.get_running_loop().time() - began > 0.15

    run(scenario())


def test_messages_sent_are_counted_from_the_first() -> None:
    async def scenario() -> None:
        script = """
tracks:
  - [{on: text, do: [{audio: {ms: 400, speed: 0}}]}]
  - [{on: sent 4, do: [reset]}]
"""
        async with scripted(script) as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("go"))
            assert len(await frames_until_closed(socket)) == 4

    run(scenario())


def test_steps_for_one_connection_are_played_there_only() -> None:
    async def scenario() -> None:
        script = """
steps:
  - {on: connect 2, do: [{wait: 0}]}
  - {on: text, do: [{go_away: 2s}]}
  - {on: connect 1, do: [{wait: 0}]}
  - {on: connect 3-, do: [{wait: 0}]}
  - {on: text, do: [{go_away: 3s}]}
  - {on: connect, do: [{wait: 0}]}
  - {on: text, do: [{close: 1000}]}
"""
        async with scripted(script) as server:
            for expected in (None, "2s", "3s", "3s"):
                async with bare(server) as socket:
                    await send_json(socket, setup(), text_input("x"), text_input("bye"))
                    messages = [json.loads(frame) for frame in await frames_until_closed(socket)]
                    times = [message["goAway"]["timeLeft"] for message in messages if "goAway" in message]
                    assert times == ([expected] if expected else [])

    run(scenario())


def test_groups_and_steps_repeat_as_often_as_they_say() -> None:
    async def scenario() -> None:
        script = """
steps:
  - repeat: 2
    steps:
      - {on: text, do: [{go_away: 1s}]}
      - {on: text, repeat: 2, do: [{go_away: 2s}]}
  - {on: text, do: [{go_away: 3s}]}
"""
        async with scripted(script) as server, bare(server) as socket:
            await send_json(socket, setup(), *[text_input("x")] * 8)
            times = [(await wait_for(socket, "goAway"))["timeLeft"] for _ in range(7)]
            assert times == ["1s", "2s", "2s", "1s", "2s", "2s", "3s"]

    run(scenario())


# --------------------------------------------------------------------------------------- setup


def test_setup_complete_is_sent_where_the_script_does_not_care() -> None:
    async def scenario() -> None:
        async with one_step("go_away") as server, talking(server) as session:
            assert session.setup_complete is not None

    run(scenario())


def test_the_script_may_answer_setup_late_or_never() -> None:
    async def scenario() -> None:
        late = "steps: [{on: setup, do: [{wait: 150}, setup_complete]}]"
        async with scripted(late) as server:
            began = asyncio.get_running_loop().time()
            async with talking(server):
                assert asyncio.get_running_loop().time() - began > 0.15
        async with scripted("steps: [{on: setup, do: [{wait: 0}]}]") as server:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2), talking(server):
                    raise AssertionError("there was a setup_complete")

    run(scenario())


def test_a_handle_is_refused_and_a_fresh_setup_is_not() -> None:
    async def scenario() -> None:
        script = "steps: [{on: resume, do: [{close: {code: 1007, reason: bad handle}}]}]"
        async with scripted(script) as server:
            resuming = config(session_resumption=types.SessionResumptionConfig(handle="h"))
            with pytest.raises(APIError, match="bad handle"):
                async with talking(server, resuming):
                    pass
            async with talking(server) as session:
                assert session.setup_complete is not None

    run(scenario())


def test_a_poisoned_handle() -> None:
    async def scenario() -> None:
        script = """
steps:
  - {on: resume, do: [setup_complete]}
  - {on: activity_end, repeat: forever, do: [{input_transcript: still here}]}
"""
        async with scripted(script) as server:
            resuming = config(session_resumption=types.SessionResumptionConfig(handle="h"))
            async with talking(server, resuming) as session:
                for _ in range(2):
                    await say(session)
                    assert kinds_of(await next_message(session)) == ["heard"]

    run(scenario())


def test_handles_of_a_script_can_be_resumed_from() -> None:
    async def scenario() -> None:
        async with one_step("{resumption: {handle: mine}}") as server:
            async with talking(server) as session:
                await session.send_realtime_input(text="x")
                await until(session, "handle")
            resuming = config(session_resumption=types.SessionResumptionConfig(handle="mine"))
            async with talking(server, resuming) as session:
                assert session.setup_complete is not None

    run(scenario())


# --------------------------------------------------------------------------------------- beside the wits


def test_a_script_beside_the_wits() -> None:
    async def scenario() -> None:
        script = parse_script("wits: true\nsteps: [{on: activity_end 2, do: [{go_away: 5s}]}]")
        async with RehearsalServer(script=script, wits=FakeWits()) as server, talking(server) as session:
            await say(session)
            assert "audio" in await until(session, "turn")
            await say(session)
            assert "go_away" in await until(session, "turn")

    run(scenario())


def test_a_script_alone_silences_the_wits() -> None:
    async def scenario() -> None:
        wits = FakeWits()
        script = parse_script("steps: [{on: activity_end 2, do: [turn_complete]}]")
        async with RehearsalServer(script=script, wits=wits) as server, talking(server) as session:
            await say(session)
            await say(session)
            assert await until(session, "turn") == ["turn"]
            assert wits.pcm == []

    run(scenario())


def test_random_waits_are_the_same_for_the_same_seed() -> None:
    async def waited(seed: int) -> float:
        script = f"seed: {seed}\nsteps: [{{on: after_ms 10-600, do: [go_away]}}]"
        async with scripted(script) as server, bare(server) as socket:
            began = asyncio.get_running_loop().time()
            await send_json(socket, setup())
            await wait_for(socket, "goAway")
            return asyncio.get_running_loop().time() - began

    first, again, other = (run(waited(seed)) for seed in (8, 8, 7))
    assert abs(first - again) < 0.2
    assert abs(first - other) > 0.4


# --------------------------------------------------------------------------------------- the inbox


def test_nothing_is_missed_while_a_step_is_busy_and_nothing_is_used_twice() -> None:
    async def scenario() -> None:
        inbox = Inbox()
        for happening in (Happening.TEXT, Happening.ACTIVITY_END, Happening.TEXT):
            inbox.put(happening)
        await inbox.take(Happening.ACTIVITY_END)
        await inbox.take(Happening.TEXT)
        waiting = asyncio.ensure_future(inbox.take(Happening.TEXT, 2))
        inbox.put(Happening.TEXT)
        await asyncio.sleep(0)
        assert not waiting.done()
        inbox.put(Happening.TEXT)
        await waiting

    run(scenario())
