"""The session against a stand-in: the unmodified SDK over a real WebSocket, in good and in bad times."""

from __future__ import annotations

import asyncio
import logging

import pytest

from device.errors import ConfigError, KeyRefusedError
from device.events import (
    Connected,
    ConnectionLost,
    FaultCleared,
    FaultRaised,
    GenerationComplete,
    InputTranscript,
    OutputTranscript,
    ReplyAudioReceived,
    ReplyInterrupted,
    SendToolOutcome,
    StopGeneration,
    ToolCallReceived,
    ToolOutcome,
    TurnComplete,
)
from tests.live.harness import KEY, Talk, talk

ANSWERING = """
steps:
  - on: activity_end
    repeat: forever
    do: [{reply: {ms: 80, speed: 0, heard: rice, text: Rice it is.}}]
"""


def test_a_turn_goes_out_and_the_reply_comes_in() -> None:
    async def scene() -> Talk:
        async with talk(ANSWERING) as talking:
            await talking.happens(Connected)
            talking.say(1, 2, 3)
            await talking.happens(TurnComplete)
            return talking

    talking = asyncio.run(scene())
    record = talking.server.received.last
    assert list(record.order) == ["setup", "activity_start", "audio", "activity_end"]
    assert talking.heard(1) == [[1, 2, 3]]
    assert talking.sent == [1, 2, 3]
    assert record.api_key == KEY
    assert record.path.startswith("/") and "v1beta" in record.path
    assert "".join(event.text for event in talking.all(InputTranscript)).strip() == "rice"
    assert "".join(event.text for event in talking.all(OutputTranscript)).strip() == "Rice it is."
    assert sum(len(event.pcm) for event in talking.all(ReplyAudioReceived)) == 80 * 48
    assert talking.count(GenerationComplete) == 1


def test_silence_costs_no_bytes() -> None:
    async def scene() -> int:
        async with talk(ANSWERING) as talking:
            await talking.happens(Connected)
            await asyncio.sleep(0.2)
            return sum(talking.server.received.last.counts.values())

    assert asyncio.run(scene()) == 1, "the setup, and nothing else"


def test_the_setup_asks_for_what_the_device_needs() -> None:
    async def scene() -> dict[str, object]:
        async with talk(ANSWERING) as talking:
            await talking.happens(Connected)
            return talking.server.received.last.setup_json

    setup = asyncio.run(scene())
    assert setup["model"] == "models/gemini-3.8-live"
    assert setup["sessionResumption"] == {}
    assert {"inputAudioTranscription", "outputAudioTranscription", "contextWindowCompression"} <= setup.keys()


def test_with_server_turn_taking_there_is_audio_and_the_end_of_the_stream() -> None:
    async def scene() -> list[str]:
        async with talk("steps: []", turn_taking="server") as talking:
            await talking.happens(Connected)
            talking.say(1, 2)
            await talking.until(lambda: talking.server.received.last.counts["audio_stream_end"] == 1)
            return list(talking.server.received.last.order)

    assert asyncio.run(scene()) == ["setup", "audio", "audio_stream_end"]


def test_a_tool_call_is_answered_by_its_id() -> None:
    script = """
    steps:
      - {on: activity_end, do: [{tool_call: {tool: look_up_food, args: {food: rice}, id: c7}}]}
      - {on: tool_response, do: [turn_complete]}
    """

    async def scene() -> Talk:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(ToolCallReceived)
            [received] = talking.all(ToolCallReceived)
            outcome = ToolOutcome(received.call.id, received.call.name, {"ok": True, "kcal": 130})
            talking.session.send(SendToolOutcome(outcome))
            await talking.happens(TurnComplete)
            return talking

    talking = asyncio.run(scene())
    [received] = talking.all(ToolCallReceived)
    assert (received.call.id, received.call.arguments, received.call.blocking) == (
        "c7",
        {"food": "rice"},
        True,
    )
    [response] = talking.server.received.last.tool_responses
    assert (response.id, response.name, response.response) == (
        "c7",
        "look_up_food",
        {"ok": True, "kcal": 130},
    )


def test_stopping_interrupts_a_reply_and_asks_nothing() -> None:
    script = "steps: [{on: activity_end, do: [{reply: {ms: 60000, speed: 1}}]}]"

    async def scene() -> Talk:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(ReplyAudioReceived)
            talking.session.send(StopGeneration())
            await talking.happens(ReplyInterrupted)
            await talking.happens(TurnComplete)
            return talking

    talking = asyncio.run(scene())
    [content] = talking.server.received.last.client_contents
    assert not content.turn_complete
    assert not content.turns


@pytest.mark.parametrize("failure", ["reset", "{close: 1011}", "{close: 1000}", "{close: 1006}"])
def test_a_lost_connection_is_replaced_and_what_was_said_is_said_again(failure: str) -> None:
    script = f"""
    steps:
      - on: connect 1
        do: []
      - on: audio_frames 3
        do: [{failure}]
      - on: connect 2-
        do: []
      - on: activity_end
        repeat: forever
        do: [{{reply: {{ms: 40, speed: 0}}}}]
    """
    if failure == "{close: 1006}":
        script = script.replace("{close: 1006}", "drop")

    async def scene() -> Talk:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1, 2, 3, ended=False)
            await talking.happens(ConnectionLost)
            talking.go_on(4, 5)
            await talking.happens(ReplyAudioReceived)
            return talking

    talking = asyncio.run(scene())
    assert talking.heard(2) == [[1, 2, 3, 4, 5]]
    assert [type(event) for event in talking.events[:3]] == [Connected, ConnectionLost, Connected]


def test_what_is_said_before_the_first_connection_is_not_lost() -> None:
    async def scene() -> list[list[int]]:
        async with talk(ANSWERING) as talking:
            talking.say(1, 2, 3)
            await talking.happens(TurnComplete)
            return talking.heard(1)

    assert asyncio.run(scene()) == [[1, 2, 3]]


def test_an_answered_question_is_not_asked_again() -> None:
    script = """
    steps:
      - on: activity_end
        do: [{reply: {ms: 40, speed: 0}}, reset]
    """

    async def scene() -> Talk:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(Connected, 2)
            talking.say(2)
            await talking.until(lambda: talking.server.received.last.counts["activity_end"] == 1)
            return talking

    assert asyncio.run(scene()).heard(2) == [[2]]


def test_an_outage_is_sat_out() -> None:
    script = """
    steps:
      - {on: connect 1, do: [reset]}
      - {on: connect 2-6, do: [{refuse: 503}]}
    """

    async def scene() -> Talk:
        async with talk(script) as talking:
            await talking.happens(ConnectionLost)
            await talking.happens(Connected)
            return talking

    talking = asyncio.run(scene())
    assert talking.server.received.opened == 7
    assert talking.count(ConnectionLost) == 1, "one outage is told once"


def test_a_newer_connection_resumes_the_session_with_the_last_good_handle() -> None:
    script = """
    steps:
      - on: setup
        do: [setup_complete]
      - on: connect 1
        do: []
      - on: activity_end
        do: [{resumption: h1}, {resumption: h2}, {resumption: {resumable: false}}, turn_complete, reset]
    """

    async def scene() -> object:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(Connected, 2)
            return talking.server.received.last.setup_json["sessionResumption"]

    assert asyncio.run(scene()) == {"handle": "h2"}


def test_a_refused_handle_is_dropped() -> None:
    script = """
    steps:
      - on: connect 1
        do: []
      - on: activity_end
        do: [{resumption: h1}, turn_complete, reset]
      - on: connect 2
        do: []
      - on: setup
        do: [{close: {code: 1007, reason: Invalid handle.}}]
    """

    async def scene() -> list[object]:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(Connected, 2)
            return [record.setup_json["sessionResumption"] for record in talking.server.received.connections]

    assert asyncio.run(scene()) == [{}, {"handle": "h1"}, {}]


def test_leaving_a_connection_that_does_not_answer_starts_afresh_without_the_question() -> None:
    async def scene() -> Talk:
        async with talk(
            "steps: [{on: connect 1, do: []}, {on: activity_start, do: [{resumption: h1}]}]"
        ) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.until(lambda: talking.server.received.last.counts["activity_end"] == 1)
            talking.session.reconnect(ask_again=False)
            await talking.happens(Connected, 2)
            talking.say(2)
            await talking.until(lambda: talking.server.received.last.counts["activity_end"] == 1)
            return talking

    talking = asyncio.run(scene())
    assert talking.heard(2) == [[2]]
    assert talking.server.received.last.setup_json["sessionResumption"] == {}
    assert talking.server.received.connection(1).closed


@pytest.mark.parametrize(
    "answer", ["{refuse: 401}", "{refuse: 403}", "{close: {code: 1007, reason: API key not valid.}}"]
)
def test_a_refused_key_ends_the_session_with_a_sentence(answer: str) -> None:
    on = "connect" if "refuse" in answer else "setup"

    async def scene() -> None:
        async with talk(f"steps: [{{on: {on}, do: [{answer}]}}]") as talking:
            await talking.running

    with pytest.raises(KeyRefusedError, match=r"refused the API key .*aistudio") as caught:
        asyncio.run(scene())
    assert KEY not in str(caught.value)


def test_an_unknown_model_ends_the_session_with_the_key_to_correct() -> None:
    reason = "models/gemini-9 is not found for API version v1beta"

    async def scene() -> None:
        async with talk(
            f"steps: [{{on: setup, do: [{{close: {{code: 1008, reason: {reason}}}}}]}}]"
        ) as talking:
            await talking.running

    with pytest.raises(ConfigError, match=r"does not know the model 'gemini-3\.8-live'.*Correct live\.model"):
        asyncio.run(scene())


@pytest.mark.parametrize("first", ["hello", "[1, 2]", '{"setupComplete": 3}', "[" * 20_000])
def test_a_setup_that_is_answered_with_nonsense_is_tried_again(first: str) -> None:
    script = f"""
    steps:
      - {{on: connect 1, do: []}}
      - {{on: setup, do: [{{bytes: {{text: '{first}'}}}}]}}
      - {{on: connect 2-, do: []}}
    """

    async def scene() -> Talk:
        async with talk(script) as talking:
            await talking.happens(ConnectionLost)
            await talking.happens(Connected)
            return talking

    assert asyncio.run(scene()).server.received.opened == 2


def test_a_quota_that_mentions_the_key_does_not_end_the_session() -> None:
    reason = "You exceeded your current quota for this API key."
    script = f"""
    steps:
      - {{on: connect 1, do: []}}
      - {{on: setup, do: [{{close: {{code: 1011, reason: {reason}}}}}]}}
      - {{on: connect 2-, do: []}}
    """

    async def scene() -> None:
        async with talk(script) as talking:
            await talking.happens(ConnectionLost)
            await talking.happens(Connected)

    asyncio.run(scene())


def test_a_setup_that_is_refused_again_and_again_is_a_fault_until_it_is_accepted() -> None:
    script = """
    steps:
      - {on: connect 1-4, do: []}
      - {on: setup, do: [{close: {code: 1007, reason: Invalid voice.}}]}
      - {on: connect 5-, do: []}
    """

    async def scene() -> Talk:
        async with talk(script) as talking:
            await talking.happens(FaultRaised)
            await talking.happens(Connected)
            return talking

    talking = asyncio.run(scene())
    [fault] = talking.all(FaultRaised)
    assert "Invalid voice." in fault.sentence
    assert "live.voice" in fault.sentence or "Check live.model, voice" in fault.sentence
    assert talking.all(FaultCleared) == [FaultCleared("live")]


def test_a_network_that_breaks_during_the_setup_does_not_cost_the_handle() -> None:
    script = """
    steps:
      - on: connect 1
        do: []
      - on: activity_end
        do: [{resumption: h1}, turn_complete, reset]
      - on: connect 2
        do: []
      - on: setup
        do: [reset]
    """

    async def scene() -> object:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(Connected, 2)
            return talking.server.received.last.setup_json["sessionResumption"]

    assert asyncio.run(scene()) == {"handle": "h1"}


def test_a_question_that_was_stopped_is_not_asked_again() -> None:
    script = """
    steps:
      - on: connect 1
        do: []
      - on: client_content
        do: [reset]
    """

    async def scene() -> Talk:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.until(lambda: talking.server.received.last.counts["activity_end"] == 1)
            talking.session.send(StopGeneration())
            await talking.happens(Connected, 2)
            talking.say(2)
            await talking.until(lambda: talking.server.received.last.counts["activity_end"] == 1)
            return talking

    assert asyncio.run(scene()).heard(2) == [[2]]


def test_a_server_that_never_completes_the_setup_is_left(caplog: pytest.LogCaptureFixture) -> None:
    script = "steps: [{on: connect 1, do: []}, {on: setup, do: [{wait: 60000}]}, {on: connect 2-, do: []}]"

    async def scene() -> None:
        async with talk(script, connect_timeout_s=0.3) as talking:
            await talking.happens(ConnectionLost)
            await talking.happens(Connected)

    with caplog.at_level(logging.WARNING):
        asyncio.run(scene())
    assert "connection_lost code=0 reason='no answer within 0.3 s'" in caplog.messages


@pytest.mark.parametrize(
    "nonsense",
    [
        "{json: {unknownThing: {a: 1}}}",
        "{json: {error: {code: 13, message: oops}}}",
        "{json: {goAway: {timeLeft: {seconds: 50}}}}",
        "{json: {serverContent: {modelTurn: {parts: 7}}}}",
        "{json: {code: 429, message: slow down}}",
        "{json: {code: 1000, message: bye}}",
        "{json: {}}",
        "{json: [1, 2]}",
        "{json: {code: .inf}}",
        "{bytes: {text: '" + "[" * 20_000 + "'}}",
    ],
    ids=range(10),
)
def test_a_message_that_makes_no_sense_is_skipped(nonsense: str) -> None:
    script = f"""
    steps:
      - on: activity_end
        repeat: forever
        do: [{nonsense}, {nonsense}, {{reply: {{ms: 40, speed: 0}}}}]
    """

    async def scene() -> Talk:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(ReplyAudioReceived)
            return talking

    assert asyncio.run(scene()).count(ConnectionLost) == 0


def test_a_session_that_is_cancelled_closes_its_socket_politely() -> None:
    async def scene() -> int | None:
        async with talk(ANSWERING) as talking:
            await talking.happens(Connected)
            talking.running.cancel()
            await talking.server.received.wait(lambda received: received.last.closed)
            return talking.server.received.last.close_code

    assert asyncio.run(scene()) == 1000


def test_without_a_network_it_keeps_trying() -> None:
    async def scene() -> None:
        async with talk(ANSWERING) as talking:
            talking.running.cancel()
            nowhere = Talk(talking.server, endpoint="https://127.0.0.1:9")
            await nowhere.happens(ConnectionLost)
            assert not nowhere.running.done()
            nowhere.running.cancel()

    asyncio.run(scene())
