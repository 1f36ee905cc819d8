"""Words that come as text: realtime text, client content, the history of an earlier session."""

from __future__ import annotations

from google.genai import types

from tests.rehearsal.client import (
    FakeWits,
    config,
    run,
    say,
    talking,
    until,
    witty,
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


def test_initial_history_is_remembered_and_not_answered() -> None:
    async def scenario() -> None:
        wits = FakeWits()
        settings = config(history_config={"initial_history_in_client_content": True})
        async with witty(wits) as server, talking(server, settings) as session:
            await say(session)
            history: list[types.Content | types.ContentDict] = [
                types.Content(role="user", parts=[types.Part(text="we talked about pizza")]),
                types.Content(role="model", parts=[types.Part(text="so we did")]),
            ]
            await session.send_client_content(turns=history, turn_complete=True)
            await say(session)
            await until(session, "turn")
            assert [remark.text for remark in wits.sessions[0].remarks][:2] == [
                "we talked about pizza",
                "so we did",
            ]
            assert len(wits.pcm) == 1, "what came before the history was complete is not answered"
            assert server.received.last.anomalies

    run(scenario())
