"""Sessions that go on over new connections: handles, and how they are refused."""

from __future__ import annotations

from typing import Any

import pytest
from google.genai import types
from google.genai.errors import APIError
from google.genai.live import AsyncSession

from device.rehearsal.handles import HANDLES_KEPT, Handles, Session
from device.rehearsal.protocol import ProtocolError
from device.rehearsal.server import RehearsalServer
from tests.rehearsal.client import (
    FakeWits,
    config,
    next_message,
    run,
    say,
    talking,
    until,
    witty,
)


async def handle_after_turn(session: AsyncSession) -> str:
    await say(session)
    await until(session, "turn")
    update = (await next_message(session)).session_resumption_update
    assert update is not None
    assert update.resumable
    assert update.new_handle
    return update.new_handle


def resuming(handle: str, **fields: Any) -> types.LiveConnectConfig:
    return config(session_resumption=types.SessionResumptionConfig(handle=handle), **fields)


async def refused(server: RehearsalServer, handle: str, **setup: Any) -> int:
    """The code with which connecting with this handle fails."""
    with pytest.raises(APIError) as failure:
        async with talking(server, resuming(handle), **setup):
            raise AssertionError("the handle was accepted")
    return int(failure.value.code)


def test_a_session_goes_on_with_what_was_said_in_it() -> None:
    async def scenario() -> None:
        wits = FakeWits("first")
        async with witty(wits) as server:
            async with talking(server) as session:
                handle = await handle_after_turn(session)
            wits.heard = "second"
            async with talking(server, resuming(handle)) as session:
                newer = await handle_after_turn(session)
            assert newer != handle
            assert wits.sessions[0] is wits.sessions[1]
            said = [remark.text for remark in wits.sessions[1].remarks if remark.by_user]
            assert said == ["first", "second"]

    run(scenario())


def test_without_a_handle_a_session_begins_anew() -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with witty(wits) as server:
            for _ in range(2):
                async with talking(server) as session:
                    await handle_after_turn(session)
            assert wits.sessions[0] is not wits.sessions[1]

    run(scenario())


def test_an_older_handle_of_the_session_still_works() -> None:
    async def scenario() -> None:
        async with witty() as server:
            async with talking(server) as session:
                older = await handle_after_turn(session)
                await handle_after_turn(session)
            async with talking(server, resuming(older)) as session:
                await handle_after_turn(session)

    run(scenario())


def test_handles_come_only_if_the_client_asked_for_them() -> None:
    async def scenario() -> None:
        async with witty() as server, talking(server, config(session_resumption=None)) as session:
            await say(session)
            assert "handle" not in await until(session, "turn")
            await say(session)
            assert "handle" not in await until(session, "turn")

    run(scenario())


def test_an_interrupted_turn_ends_with_a_handle_too() -> None:
    async def scenario() -> None:
        wits = FakeWits(speak_ms=60_000)
        async with witty(wits, speed=1.0) as server, talking(server) as session:
            await say(session)
            await until(session, "audio")
            await session.send_client_content(turn_complete=False)
            await until(session, "turn")
            assert (await next_message(session)).session_resumption_update is not None

    run(scenario())


def test_overlap_is_refused() -> None:
    async def scenario() -> None:
        async with witty() as server, talking(server) as session:
            handle = await handle_after_turn(session)
            assert await refused(server, handle) == 1011
            await handle_after_turn(session)

    run(scenario())


@pytest.mark.parametrize("code", [1007, 1008, 1011])
def test_an_unknown_handle_is_refused_as_the_settings_say(code: int) -> None:
    async def scenario() -> None:
        async with witty(handle_refusal_code=code) as server:
            assert await refused(server, "nobody's") == code

    run(scenario())


def test_the_model_cannot_be_changed() -> None:
    async def scenario() -> None:
        async with witty() as server:
            async with talking(server) as session:
                handle = await handle_after_turn(session)
            assert await refused(server, handle, model="gemini-3.8-live-extended-thinking") == 1007

    run(scenario())


def test_handles_expire_some_time_after_the_end() -> None:
    async def scenario() -> None:
        async with witty(handle_validity_s=0) as server:
            async with talking(server) as session:
                handle = await handle_after_turn(session)
            await server.received.wait(lambda received: received.last.closed)
            assert await refused(server, handle) == 1007

    run(scenario())


def test_the_oldest_handles_are_forgotten() -> None:
    handles = Handles(validity_s=60, refusal_code=1007)
    session = Session("m")
    first = handles.issue(session)
    for _ in range(HANDLES_KEPT - 1):
        handles.issue(session)
    assert handles.find(first, "m") is session
    handles.issue(session)
    with pytest.raises(ProtocolError):
        handles.find(first, "m")
