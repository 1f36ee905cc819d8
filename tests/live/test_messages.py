"""What the Live API says, as the SDK reads it, in the words of the core."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from google.genai import types

from device.events import (
    GenerationComplete,
    InputTranscript,
    InteractionContinues,
    OutputTranscript,
    ReplyAudioReceived,
    ReplyInterrupted,
    ToolCall,
    ToolCallReceived,
    ToolCallsCancelled,
    TurnComplete,
    UsageReported,
)
from device.live.messages import GoAway, HandleOffered, HandleWithdrawn, translate

PCM = b"\x01\x02\x03\x04"
PART = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(PCM).decode()}}


def said(message: dict[str, Any]) -> list[object]:
    return list(translate(types.LiveServerMessage.model_validate(message), {"look_up_food"}))


def content(**fields: Any) -> list[object]:
    return said({"serverContent": fields})


def test_every_part_of_a_reply_is_taken() -> None:
    assert content(modelTurn={"parts": [PART, {"text": "thought", "thought": True}, PART]}) == [
        ReplyAudioReceived(PCM),
        ReplyAudioReceived(PCM),
    ]


def test_one_message_may_say_everything_at_once() -> None:
    everything = content(
        inputTranscription={"text": "rice"},
        modelTurn={"parts": [PART]},
        outputTranscription={"text": "Rice has"},
        generationComplete=True,
        turnComplete=True,
    )
    assert everything == [
        InputTranscript("rice"),
        ReplyAudioReceived(PCM),
        OutputTranscript("Rice has"),
        GenerationComplete(),
        TurnComplete(),
    ]


def test_an_interruption_comes_before_the_end_of_its_turn() -> None:
    assert content(interrupted=True, turnComplete=True) == [ReplyInterrupted(), TurnComplete()]


def test_a_turn_that_goes_on_in_the_background_is_not_complete() -> None:
    assert content(turnComplete=True, interactionStatus="IN_PROGRESS") == [InteractionContinues()]
    assert content(turnComplete=True, interactionStatus="IDLE") == [TurnComplete()]


def test_tool_calls_are_marked_as_blocking_by_their_declaration() -> None:
    calls = [
        {"id": "1", "name": "look_up_food", "args": {"food": "rice"}},
        {"id": "2", "name": "other"},
    ]
    assert said({"toolCall": {"functionCalls": calls}}) == [
        ToolCallReceived(ToolCall("1", "look_up_food", {"food": "rice"}, blocking=True)),
        ToolCallReceived(ToolCall("2", "other", {}, blocking=False)),
    ]


def test_a_call_without_an_id_is_known_by_its_name() -> None:
    [event] = said({"toolCall": {"functionCalls": [{"name": "other"}]}})
    assert event == ToolCallReceived(ToolCall("other", "other", {}, blocking=False))


def test_cancellations_name_their_calls() -> None:
    assert said({"toolCallCancellation": {"ids": ["1", "2"]}}) == [ToolCallsCancelled(("1", "2"))]


def test_only_a_handle_marked_resumable_counts() -> None:
    assert said({"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}}) == [HandleOffered("h")]
    assert said({"sessionResumptionUpdate": {"newHandle": "h", "resumable": False}}) == [HandleWithdrawn()]
    assert said({"sessionResumptionUpdate": {}}) == [HandleWithdrawn()]


@pytest.mark.parametrize(
    ("time_left", "left_s"), [("50s", 50), ("49.500s", 49.5), ("0s", 0), ("soon", 0), ("-3s", 0), ("", 0)]
)
def test_a_goodbye_tells_its_time(time_left: str, left_s: float) -> None:
    assert said({"goAway": {"timeLeft": time_left}}) == [GoAway(left_s)]


def test_empty_messages_say_nothing() -> None:
    assert said({}) == []
    assert content() == []
    assert said({"toolCall": {}}) == []


def test_what_a_turn_is_charged_for_is_told_by_modality() -> None:
    usage = {
        "promptTokenCount": 120,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 20},
            {"modality": "AUDIO", "tokenCount": 70},
            {"modality": "AUDIO", "tokenCount": 10},
        ],
        "responseTokenCount": 44,
        "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 44}],
        "thoughtsTokenCount": 5,
    }
    assert said({"usageMetadata": usage}) == [
        UsageReported({"text": 20, "audio": 80, "unknown": 20}, {"audio": 44, "text": 5})
    ]
    assert said({"usageMetadata": {}}) in ([], [UsageReported({}, {})])
