"""What the Live API says -> events of the core, and the few things that only the session needs to know.

One message may carry several payloads at once, so nothing here is exclusive.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from google.genai import types

from device.events import (
    Event,
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

SAMPLE_BYTES = 2
UNKNOWN_MODALITY = "unknown"


@dataclass(frozen=True, slots=True)
class HandleOffered:
    """The session can be resumed from here with this handle."""

    handle: str


@dataclass(frozen=True, slots=True)
class HandleWithdrawn:
    """The session cannot be resumed from here: a better handle comes later."""


@dataclass(frozen=True, slots=True)
class GoAway:
    """The API will end this connection in that time (s)."""

    left_s: float


Told = Event | HandleOffered | HandleWithdrawn | GoAway


def translate(message: types.LiveServerMessage, blocking_tools: Collection[str]) -> Iterator[Told]:
    """Everything that a message says, in the order in which it is to be handled."""
    if message.server_content:
        yield from _content(message.server_content)
    if message.tool_call:
        for call in message.tool_call.function_calls or []:
            yield ToolCallReceived(_call(call, blocking_tools))
    if message.tool_call_cancellation:
        yield ToolCallsCancelled(tuple(message.tool_call_cancellation.ids or ()))
    update = message.session_resumption_update
    if update:
        handle = update.new_handle if update.resumable else None
        yield HandleOffered(handle) if handle else HandleWithdrawn()
    if message.go_away:
        yield GoAway(_seconds(message.go_away.time_left or ""))
    if message.usage_metadata:
        yield _usage(message.usage_metadata)


def _seconds(duration: str) -> float:
    """A duration as protobuf's JSON writes it ("50s", "49.5s"); one that is none leaves no time."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)s", duration.strip())
    return float(match.group(1)) if match else 0.0


def _content(content: types.LiveServerContent) -> Iterator[Event]:
    if content.input_transcription and content.input_transcription.text:
        yield InputTranscript(content.input_transcription.text)
    for part in (content.model_turn.parts if content.model_turn else None) or []:
        pcm = part.inline_data.data if part.inline_data else None
        whole = len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES if pcm else 0
        if pcm and whole:
            yield ReplyAudioReceived(pcm[:whole])
    if content.output_transcription and content.output_transcription.text:
        yield OutputTranscript(content.output_transcription.text)
    if content.generation_complete:
        yield GenerationComplete()
    if content.interrupted:
        yield ReplyInterrupted()
    if content.turn_complete:
        goes_on = content.interaction_status == types.InteractionStatus.IN_PROGRESS
        yield InteractionContinues() if goes_on else TurnComplete()


def _usage(usage: types.UsageMetadata) -> UsageReported:
    thoughts = usage.thoughts_token_count or 0
    return UsageReported(
        _by_modality(usage.prompt_token_count, usage.prompt_tokens_details),
        _by_modality(usage.response_token_count, usage.response_tokens_details) + Counter(text=thoughts),
    )


def _by_modality(total: int | None, details: Iterable[types.ModalityTokenCount] | None) -> Counter[str]:
    """Tokens by modality; what the details leave out is of none that is known."""
    counted: Counter[str] = Counter()
    for part in details or ():
        name = part.modality.value.lower() if part.modality else UNKNOWN_MODALITY
        counted[name] += part.token_count or 0
    return counted + Counter({UNKNOWN_MODALITY: max(0, (total or 0) - counted.total())})


def _call(call: types.FunctionCall, blocking_tools: Collection[str]) -> ToolCall:
    name = call.name or ""
    return ToolCall(call.id or name, name, call.args or {}, name in blocking_tools)
