"""What the server of the Live API sends, as JSON objects in camelCase. https://ai.google.dev/api/live"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from device.rehearsal.wire import JsonObject

REPLY_RATE_HZ = 24_000
SAMPLE_BYTES = 2
TOKENS_PER_SECOND = 25  # of audio, in both directions


def setup_complete(session_id: str | None = None) -> JsonObject:
    """The answer to setup; the Developer API leaves the session's id out."""
    return {"setupComplete": {"sessionId": session_id} if session_id else {}}


def audio(pcm: bytes) -> JsonObject:
    """A piece of reply: mono signed 16-bit PCM at 24 kHz."""
    data = base64.b64encode(pcm).decode()
    blob = {"mimeType": f"audio/pcm;rate={REPLY_RATE_HZ}", "data": data}
    return server_content(modelTurn={"role": "model", "parts": [{"inlineData": blob}]})


def server_content(**fields: object) -> JsonObject:
    """Any serverContent; field names in camelCase."""
    return {"serverContent": fields}


def input_transcript(text: str) -> JsonObject:
    """A piece of what the person was understood to say."""
    return server_content(inputTranscription={"text": text})


def output_transcript(text: str) -> JsonObject:
    """A piece of what the reply says."""
    return server_content(outputTranscription={"text": text})


def generation_complete() -> JsonObject:
    """No more audio for this reply."""
    return server_content(generationComplete=True)


def interrupted() -> JsonObject:
    """The reply was stopped and the rest of it thrown away."""
    return server_content(interrupted=True)


def turn_complete(*, heard_s: float = 0.0, spoken_s: float = 0.0, reason: str | None = None) -> JsonObject:
    """The turn is over; with what it cost, by the seconds of audio in and out."""
    fields: JsonObject = {"turnComplete": True}
    if reason:
        fields["turnCompleteReason"] = reason
    prompt, response = (round(seconds * TOKENS_PER_SECOND) for seconds in (heard_s, spoken_s))
    usage = {
        "promptTokenCount": prompt,
        "responseTokenCount": response,
        "totalTokenCount": prompt + response,
        "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": prompt}],
        "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": response}],
    }
    return {**server_content(**fields), "usageMetadata": usage}


def tool_call(name: str, arguments: JsonObject, call_id: str | None) -> JsonObject:
    """One tool call; without an id only where a script wants that."""
    call: JsonObject = {"name": name, "args": arguments}
    if call_id is not None:
        call["id"] = call_id
    return {"toolCall": {"functionCalls": [call]}}


def tool_call_cancellation(ids: Sequence[str]) -> JsonObject:
    """These calls are no longer wanted."""
    return {"toolCallCancellation": {"ids": list(ids)}}


def go_away(time_left: str) -> JsonObject:
    """The connection will end; `time_left` is a duration such as "50s"."""
    return {"goAway": {"timeLeft": time_left}}


def resumption_update(handle: str | None = None, *, resumable: bool = True) -> JsonObject:
    """A new handle; without one: the session cannot be resumed at this point."""
    if handle is None:
        return {"sessionResumptionUpdate": {}}
    return {"sessionResumptionUpdate": {"newHandle": handle, "resumable": resumable}}


def seconds_text(seconds: float) -> str:
    """A duration as protobuf's JSON writes it: "50s", "0.250s"."""
    return f"{seconds:.0f}s" if seconds == int(seconds) else f"{seconds:.3f}s"
