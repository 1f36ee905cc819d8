"""What goes wrong on purpose, as a client feels it."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from google.genai.errors import APIError
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from tests.rehearsal.client import (
    bare,
    closed_with,
    next_message,
    receive_json,
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


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_handshake_is_refused_with_a_status(status: int) -> None:
    async def scenario() -> None:
        async with scripted(f"steps: [{{on: connect 1, do: [{{refuse: {status}}}]}}]") as server:
            with pytest.raises(InvalidStatus) as failure:
                async with talking(server):
                    pass
            assert failure.value.response.status_code == status
            async with talking(server) as session:
                assert session.setup_complete is not None
            await server.received.wait(lambda received: received.last.closed)
            assert [record.close_code for record in server.received.connections] == [status, 1000]

    run(scenario())


def test_a_handshake_is_never_answered() -> None:
    async def scenario() -> None:
        async with scripted("steps: [{on: connect, do: [{refuse: hang}]}]") as server:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3), talking(server):
                    pass
            assert server.received.opened == 1

    run(scenario())


@pytest.mark.parametrize("code", [1000, 1001, 1007, 1008, 1011, 1012, 1013, 4000])
@pytest.mark.parametrize("on", ["setup", "activity_end"])
def test_each_close_code_at_each_moment(code: int, on: str) -> None:
    async def scenario() -> None:
        script = f"steps: [{{on: {on}, do: [{{close: {{code: {code}, reason: because}}}}]}}]"
        async with scripted(script) as server:
            with pytest.raises(APIError) as failure:
                async with talking(server) as session:
                    await say(session)
                    await until(session, "turn")
            assert failure.value.code == code
            assert "because" in str(failure.value)
            await server.received.wait(lambda received: received.last.closed)
            assert server.received.last.close_code == code

    run(scenario())


def test_a_close_before_the_setup() -> None:
    async def scenario() -> None:
        script = "steps: [{on: connect, do: [{close: {code: 1008, reason: because}}]}]"
        async with scripted(script) as server, bare(server) as socket:
            assert await closed_with(socket) == (1008, "because")

    run(scenario())


@pytest.mark.parametrize("how", ["reset", "drop"])
def test_the_connection_ends_without_a_close_frame(how: str) -> None:
    async def scenario() -> None:
        async with scripted(f"steps: [{{on: audio_frames 3, do: [{how}]}}]") as server:
            async with bare(server) as socket:
                audio = {"realtimeInput": {"audio": {"data": "AAAA", "mimeType": "audio/pcm"}}}
                await send_json(socket, setup(), *[audio] * 3)
                with pytest.raises(ConnectionClosedError) as failure:
                    while True:
                        await socket.recv()
                assert failure.value.rcvd is None
                reset = isinstance(failure.value.__cause__, ConnectionResetError)
                assert reset is (how == "reset")
            await server.received.wait(lambda received: received.last.closed)
            assert server.received.last.close_code == 1006

    run(scenario())


def test_silence_neither_reads_nor_writes_nor_answers_pings() -> None:
    async def scenario() -> None:
        script = "tracks: [[{on: text, do: [silence]}], [{on: text 2, do: [go_away]}]]"
        async with scripted(script) as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("x"))
            await wait_for(socket, "setupComplete")
            await server.received.wait(lambda received: received.last.counts["text"] == 1)
            await send_json(socket, text_input("nobody reads this"))
            pong = asyncio.ensure_future(await socket.ping())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 0.3)
            assert not pong.done()
            assert server.received.last.counts["text"] == 1

    run(scenario())


def test_silence_may_end_and_nothing_is_lost() -> None:
    async def scenario() -> None:
        script = "tracks: [[{on: text, do: [{silence: 250}]}], [{on: text 2, do: [go_away]}]]"
        async with scripted(script) as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("x"))
            await wait_for(socket, "setupComplete")
            await server.received.wait(lambda received: received.last.counts["text"] == 1)
            began = asyncio.get_running_loop().time()
            await send_json(socket, text_input("read later"))
            await (await socket.ping())
            assert asyncio.get_running_loop().time() - began > 0.15
            await wait_for(socket, "goAway")

    run(scenario())


def test_a_silent_connection_is_not_closed_when_its_time_is_up() -> None:
    async def scenario() -> None:
        clock = "settings: {lifetime_s: 0.15, go_away_notice_s: 0}"
        script = f"{clock}\nsteps: [{{on: text, do: [{{go_away: 0s}}, {{silence: 400}}]}}]"
        async with scripted(script) as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("x"))
            assert (await wait_for(socket, "goAway"))["timeLeft"] == "0s"
            began = asyncio.get_running_loop().time()
            assert (await closed_with(socket))[0] == 1011
            assert asyncio.get_running_loop().time() - began > 0.3

    run(scenario())


@pytest.mark.parametrize("fault", ["silence", "black_hole"])
def test_a_silent_connection_does_not_hold_up_the_end_of_the_server(fault: str) -> None:
    async def scenario() -> float:
        loop = asyncio.get_running_loop()
        async with scripted(f"steps: [{{on: setup, do: [{fault}]}}]") as server, bare(server) as socket:
            await send_json(socket, setup())
            await server.received.wait(lambda received: received.last.counts["setup"] == 1)
            await asyncio.sleep(0)
            closing = loop.time()
            await server.__aexit__(None, None, None)
            return loop.time() - closing

    assert run(scenario()) < 0.8


def test_slowness() -> None:
    async def scenario() -> None:
        script = (
            "steps: [{on: text, do: [{slow_down: 300}, interrupted, turn_complete, {slow_down: 0}, go_away]}]"
        )
        async with scripted(script) as server, bare(server) as socket:
            await send_json(socket, setup())
            await wait_for(socket, "setupComplete")
            began = asyncio.get_running_loop().time()
            await send_json(socket, text_input("x"))
            await wait_for(socket, "goAway")
            assert 0.6 <= asyncio.get_running_loop().time() - began < 0.9

    run(scenario())


@pytest.mark.parametrize(
    ("action", "frame"),
    [
        ("{bytes: {text: nonsense}}", b"nonsense"),
        ("{bytes: {text: nonsense, frame: text}}", "nonsense"),
        ("{bytes: {hex: ff00}}", b"\xff\x00"),
        ("{bytes: {text: ''}}", b""),
        ("{json: [1, 2]}", b"[1,2]"),
    ],
)
def test_nonsense_in_a_frame(action: str, frame: str | bytes) -> None:
    async def scenario() -> None:
        async with (
            scripted(f"steps: [{{on: text, do: [{action}, go_away]}}]") as server,
            bare(server) as socket,
        ):
            await send_json(socket, setup(), text_input("x"))
            await wait_for(socket, "setupComplete")
            assert await socket.recv() == frame
            assert "goAway" in await receive_json(socket)

    run(scenario())


def test_nonsense_instead_of_a_frame_ends_the_connection() -> None:
    async def scenario() -> None:
        script = "steps: [{on: text, do: [{bytes: {hex: ffffffff, frame: none}}]}]"
        async with scripted(script) as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("x"))
            assert (await closed_with(socket))[0] == 1006

    run(scenario())


def test_the_sdk_survives_an_unknown_message_as_documented() -> None:
    async def scenario() -> None:
        script = "steps: [{on: text, do: [{json: {unknownThing: {}}}, go_away]}]"
        async with scripted(script) as server, talking(server) as session:
            await session.send_realtime_input(text="x")
            with pytest.raises(TypeError):
                await next_message(session)
            assert await until(session, "go_away") == ["go_away"]

    run(scenario())


def test_a_script_that_fails_ends_its_connection() -> None:
    async def scenario() -> None:
        script = "steps: [{on: text, do: [{json: {goAway: !!binary aGk=}}]}]"
        async with scripted(script) as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("x"))
            assert await closed_with(socket) == (1011, "The script of the stand-in failed.")

    run(scenario())


def test_a_script_needs_neither_ear_nor_mouth_nor_foods() -> None:
    heavy = ("moonshine_voice", "numpy", "soxr", "rapidfuzz", "device.nutrition", "google.genai")
    program = f"""
import sys
from device.rehearsal import main, script_file, server
print([name for name in {heavy!r} if name in sys.modules])
"""
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"
