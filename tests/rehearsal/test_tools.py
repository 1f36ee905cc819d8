"""Tool calls over the wire, as the service makes them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.client import (
    FakeWits,
    answer,
    bare,
    called,
    config,
    run,
    say,
    send_json,
    setup,
    talking,
    text_input,
    tool,
    until,
    wait_for,
    witty,
)

DECLARED = {"functionDeclarations": [{"name": "missed_meal"}]}


def test_a_tool_is_called_and_its_answer_spoken() -> None:
    async def scenario() -> None:
        wits = FakeWits("missed_meal")
        async with witty(wits) as server, talking(server, config(tools=[tool()])) as session:
            await say(session)
            call = await called(session)
            assert (call.name, call.args) == ("missed_meal", {"meal": "lunch"})
            await answer(session, call, said="fine")
            said = ""
            async for part in session.receive():
                content = part.server_content
                if content and content.output_transcription:
                    said += content.output_transcription.text or ""
            assert said == "The tool says fine."
            assert server.received.last.tool_responses[0].response == {"said": "fine"}

    run(scenario())


def test_before_a_call_the_session_cannot_be_resumed() -> None:
    async def scenario() -> None:
        setting: dict[str, Any] = {"tools": [DECLARED], "sessionResumption": {}}
        async with witty() as server, bare(server) as socket:
            await send_json(socket, setup(**setting), text_input("missed_meal"))
            assert await wait_for(socket, "sessionResumptionUpdate") == {}
            await wait_for(socket, "toolCall")

    run(scenario())


def test_only_declared_tools_are_called() -> None:
    async def scenario() -> None:
        async with witty(FakeWits("missed_meal")) as server, talking(server) as session:
            await say(session)
            assert "call" not in await until(session, "turn")

    run(scenario())


@pytest.mark.parametrize("beside", [True, False])
def test_a_silent_answer_ends_the_turn_without_a_word(beside: bool) -> None:
    async def scenario() -> None:
        setting: dict[str, Any] = {"tools": [DECLARED]}
        async with witty() as server, bare(server) as socket:
            await send_json(socket, setup(**setting), text_input("missed_meal"))
            call = await wait_for(socket, "toolCall")
            reply = {"id": call["functionCalls"][0]["id"], "name": "missed_meal", "response": {}}
            place = reply if beside else reply["response"]
            place["scheduling"] = "SILENT"
            await send_json(socket, {"toolResponse": {"functionResponses": [reply]}})
            assert (await wait_for(socket, "serverContent"))["turnComplete"] is True

    run(scenario())


def test_an_answer_in_parts_counts_when_it_is_whole() -> None:
    async def scenario() -> None:
        setting: dict[str, Any] = {"tools": [DECLARED]}
        async with witty() as server, bare(server) as socket:
            await send_json(socket, setup(**setting), text_input("missed_meal"))
            call = await wait_for(socket, "toolCall")
            reply = {"id": call["functionCalls"][0]["id"], "name": "missed_meal"}
            first = reply | {"response": {"said": "wait"}, "willContinue": True}
            last = reply | {"response": {"said": "done"}, "willContinue": False}
            await send_json(socket, {"toolResponse": {"functionResponses": [first]}})
            await send_json(socket, {"toolResponse": {"functionResponses": [last]}})
            await wait_for(socket, "serverContent")
            await server.received.wait(lambda received: received.last.sent["usageMetadata"] == 1)
            assert len(server.received.last.tool_responses) == 2

    run(scenario())
