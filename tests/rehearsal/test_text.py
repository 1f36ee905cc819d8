"""Words that come as text: realtime text, client content, the history of an earlier session."""

from __future__ import annotations

import pytest
from google.genai import types

from tests.rehearsal.client import (
    FakeWits,
    run,
    say,
    spoken,
    talking,
    until,
    witty,
    write,
)


def test_realtime_text_is_answered_and_echoed() -> None:
    async def scenario() -> None:
        async with witty() as server, talking(server) as session:
            await session.send_realtime_input(text="good evening")
            assert (await until(session, "turn"))[:2] == ["heard", "said"]

    run(scenario())


def test_client_content_is_answered_when_it_is_complete() -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with witty(wits) as server, talking(server) as session:
            part = types.Content(role="user", parts=[types.Part(text="how are")])
            rest = types.Content(role="user", parts=[types.Part(text="you")])
            await session.send_client_content(turns=part, turn_complete=False)
            await session.send_client_content(turns=rest, turn_complete=True)
            assert "heard" not in await until(session, "turn")
            assert wits.sessions[-1].remarks[0].text == "how are you"

    run(scenario())


def test_written_turns_before_the_last_ones_by_the_user_are_remembered() -> None:
    async def scenario() -> None:
        wits = FakeWits()
        async with witty(wits) as server, talking(server) as session:
            await write(session, ("user", "hello"), ("model", "good evening"), ("user", "how are you"))
            assert await spoken(session) == "You said how are you to me just now."
            assert remarks(wits)[:3] == ["hello", "good evening", "how are you"]

    run(scenario())


@pytest.mark.parametrize("by", ["activity", "text"])
def test_what_was_written_and_left_open_is_no_part_of_what_is_said_next(by: str) -> None:
    async def scenario() -> None:
        wits = FakeWits("how are you")
        async with witty(wits) as server, talking(server) as session:
            await write(session, ("user", "I like pizza"), complete=False)
            if by == "activity":
                await say(session)
            else:
                await session.send_realtime_input(text="how are you")
            assert await spoken(session) == "You said how are you to me just now."
            await write(session, ("user", "and you"))
            assert await spoken(session) == "You said and you to me just now."
            assert remarks(wits)[:2] == ["I like pizza", "how are you"]

    run(scenario())


def remarks(wits: FakeWits) -> list[str]:
    """All that was said in the session of the last words."""
    return [remark.text for remark in wits.sessions[-1].remarks]
