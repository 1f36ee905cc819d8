"""The history that a client gives a fresh session: it is remembered, and nothing is answered to it."""

from __future__ import annotations

import asyncio

import pytest
from google.genai import types
from google.genai.errors import APIError
from google.genai.live import AsyncSession

from device.rehearsal.actions import tone
from device.rehearsal.attendant import EARLY
from tests.rehearsal.client import (
    FRAME,
    FakeWits,
    config,
    run,
    say,
    send_audio,
    spoken,
    talking,
    until,
    witty,
    write,
)

HISTORY = (("user", "we talked about pizza"), ("model", "so we did"))
ANSWER = ["heard", "said", "audio"]


def asking(*, automatic: bool = False) -> types.LiveConnectConfig:
    """A setup that announces a history."""
    return config(automatic=automatic, history_config={"initial_history_in_client_content": True})


def told_in(wits: FakeWits) -> list[str]:
    """The history as the session of the last words has it."""
    return [remark.text for remark in wits.sessions[-1].remarks][: len(HISTORY)]


async def speak(session: AsyncSession, *, automatic: bool) -> None:
    """An activity; for the automatic detection it is one between two silences."""
    if automatic:
        await send_audio(session, bytes(6400) + tone(400, 440) + bytes(19_200))
    else:
        await say(session)


@pytest.mark.parametrize("automatic", [False, True])
def test_history_is_remembered_and_only_what_is_said_after_it_is_answered(automatic: bool) -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with witty(wits) as server, talking(server, asking(automatic=automatic)) as session:
            await write(session, *HISTORY)
            await speak(session, automatic=automatic)
            assert (await until(session, "audio"))[:3] == ANSWER
            assert told_in(wits) == [text for _, text in HISTORY]
            assert len(wits.pcm) == len(wits.sessions) == 1
            assert server.received.last.sent["turnComplete"] == 0
            assert server.received.last.anomalies == []

    run(scenario())


def test_history_may_come_in_pieces() -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with witty(wits) as server, talking(server, asking()) as session:
            await write(session, HISTORY[0], complete=False)
            await write(session, HISTORY[1], complete=True)
            await say(session)
            assert (await until(session, "audio"))[:3] == ANSWER
            assert told_in(wits) == [text for _, text in HISTORY]

    run(scenario())


def test_nothing_is_sent_for_a_history_alone() -> None:
    async def scenario() -> None:
        async with witty() as server, talking(server, asking()) as session:
            await write(session, *HISTORY)
            await server.received.wait(lambda received: bool(received.last.client_contents))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(until(session, "turn"), 0.1)
            assert server.received.last.sent.total() == 1, "setupComplete and no more"

    run(scenario())


@pytest.mark.parametrize("automatic", [False, True])
def test_what_is_said_before_the_history_is_noted_once_and_answered_after_it(automatic: bool) -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with witty(wits) as server, talking(server, asking(automatic=automatic)) as session:
            await speak(session, automatic=automatic)
            await write(session, *HISTORY)
            assert (await until(session, "audio"))[:3] == ANSWER
            assert told_in(wits) == [text for _, text in HISTORY]
            assert server.received.last.anomalies == [EARLY]

    run(scenario())


def test_an_activity_around_the_history_is_answered_whole() -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with witty(wits) as server, talking(server, asking()) as session:
            await session.send_realtime_input(activity_start=types.ActivityStart())
            await send_audio(session, FRAME)
            await write(session, *HISTORY)
            await send_audio(session, FRAME)
            await session.send_realtime_input(activity_end=types.ActivityEnd())
            assert await spoken(session)
            assert wits.pcm == [FRAME * 2]
            assert server.received.last.anomalies == [EARLY]

    run(scenario())


def test_a_model_may_refuse_histories() -> None:
    async def scenario() -> None:
        async with witty(accepts_history=False) as server:
            with pytest.raises(APIError, match=r"Request contains an invalid argument\.") as failure:
                async with talking(server, asking()):
                    pass
            assert failure.value.code == 1007
            async with talking(server) as session:
                assert session.setup_complete is not None

    run(scenario())
