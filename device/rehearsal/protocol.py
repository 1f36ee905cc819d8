"""What a client of the Live API may send, read from the wire and checked one message at a time.

Shapes: https://ai.google.dev/api/live (BidiGenerateContent*). Close codes are those that the service was
seen to use: 1007 for what it cannot accept, 1008 for a tool call that it does not know.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from device.rehearsal.wire import JsonObject, NotJsonError, base64_bytes, decoded

INVALID_ARGUMENT = 1007
POLICY_VIOLATION = 1008
INTERNAL_ERROR = 1011

MICROPHONE_RATE_HZ = 16_000


class ProtocolError(Exception):
    """The client broke the protocol; the connection is closed with this WebSocket code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


def _bytes(value: object) -> object:
    return base64_bytes(value) if isinstance(value, str) else value


class _Strict(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="forbid")


class _Open(BaseModel):
    """For parts of the setup that the stand-in does not need: unknown fields are none of its business."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="ignore")


# --------------------------------------------------------------------------------------- setup


class FunctionDeclaration(_Open):
    """A tool of the client. `behavior` left out means NON_BLOCKING, the default since gemini-3.8-live."""

    name: str
    description: str = ""
    behavior: str = "NON_BLOCKING"
    parameters: JsonObject | None = None
    parameters_json_schema: JsonObject | None = None

    @property
    def blocking(self) -> bool:
        """Whether the model waits for the answer and gives up the call when the person speaks."""
        return self.behavior == "BLOCKING"

    @property
    def argument_names(self) -> tuple[str, ...]:
        """The names of the declared arguments, in their declared order."""
        return tuple(self._schema.get("properties") or {})

    def argument_schema(self, name: str) -> JsonObject:
        """The declared schema of an argument; of several alternatives the first that is not null."""
        schema: JsonObject = (self._schema.get("properties") or {}).get(name) or {}
        choices = [choice for choice in schema.get("anyOf") or () if choice.get("type") != "null"]
        return schema | choices[0] if choices else schema

    @property
    def _schema(self) -> JsonObject:
        return self.parameters_json_schema or self.parameters or {}


class ToolSet(_Open):
    """One entry of `tools`; only function declarations matter here."""

    function_declarations: tuple[FunctionDeclaration, ...] = ()


class GenerationConfig(_Open):
    """Only what the stand-in has an opinion on."""

    response_modalities: tuple[str, ...] = ()


class SessionResumption(_Open):
    """Asks for resumption updates; with a handle, asks to go on with an earlier session."""

    handle: str | None = None


class ActivityDetection(_Open):
    """Automatic activity detection, or its absence; times in ms."""

    disabled: bool = False
    prefix_padding_ms: Annotated[int, Field(ge=0)] = 20
    silence_duration_ms: Annotated[int, Field(ge=0)] = 500


class RealtimeInputConfig(_Open):
    """Who decides when a person speaks, and whether that stops a reply."""

    automatic_activity_detection: ActivityDetection = ActivityDetection()
    activity_handling: str = "START_OF_ACTIVITY_INTERRUPTS"


class HistoryConfig(_Open):
    """Whether the first client content is the history of an earlier session."""

    initial_history_in_client_content: bool = False


class Setup(_Open):
    """The first message of every connection."""

    model: str = ""
    generation_config: GenerationConfig = GenerationConfig()
    tools: tuple[ToolSet, ...] = ()
    session_resumption: SessionResumption | None = None
    input_audio_transcription: JsonObject | None = None
    output_audio_transcription: JsonObject | None = None
    realtime_input_config: RealtimeInputConfig = RealtimeInputConfig()
    history_config: HistoryConfig = HistoryConfig()

    @property
    def detection(self) -> ActivityDetection:
        """How activities are detected."""
        return self.realtime_input_config.automatic_activity_detection

    @property
    def speech_interrupts(self) -> bool:
        """Whether the start of an activity stops the reply."""
        return self.realtime_input_config.activity_handling != "NO_INTERRUPTION"

    @property
    def handle(self) -> str | None:
        """The resumption handle, where the client brought one."""
        return (self.session_resumption.handle or None) if self.session_resumption else None

    @property
    def declarations(self) -> dict[str, FunctionDeclaration]:
        """The client's tools by name."""
        return {tool.name: tool for entry in self.tools for tool in entry.function_declarations}


# --------------------------------------------------------------------------------------- the rest


class Blob(_Strict):
    """Bytes with their kind, `audio/pcm;rate=16000` for the microphone."""

    data: Annotated[bytes, BeforeValidator(_bytes)] = b""
    mime_type: str = ""

    @property
    def rate_hz(self) -> int:
        """The sample rate that the kind names, else 16 kHz."""
        match = re.search(r"rate=(\d+)", self.mime_type)
        return int(match.group(1)) if match else MICROPHONE_RATE_HZ


class RealtimeInput(_Strict):
    """One piece of what happens now: exactly one field is set."""

    audio: Blob | None = None
    video: Blob | None = None
    text: str | None = None
    activity_start: JsonObject | None = None
    activity_end: JsonObject | None = None
    audio_stream_end: bool | None = None
    media_chunks: tuple[Any, ...] | None = None


class Part(_Open):
    """One part of a content; only its text matters here."""

    text: str | None = None


class Content(_Open):
    """What one side said."""

    role: str | None = None
    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """All text of the content."""
        return " ".join(part.text for part in self.parts if part.text)


class ClientContent(_Strict):
    """Turns given as text. It always stops the reply; with `turn_complete` it wants an answer."""

    turns: tuple[Content, ...] = ()
    turn_complete: bool = False


class FunctionResponse(_Open):
    """The answer to one tool call; with `will_continue` more of it follows."""

    id: str | None = None
    name: str = ""
    response: JsonObject = Field(default_factory=dict)
    will_continue: bool = False
    scheduling: str | None = None


class ToolResponse(_Strict):
    """Answers to tool calls."""

    function_responses: tuple[FunctionResponse, ...] = ()


class ContextUpdate(_Open):
    """New instructions or tools in the middle of a session."""


class _Envelope(_Strict):
    setup: Setup | None = None
    realtime_input: RealtimeInput | None = None
    client_content: ClientContent | None = None
    tool_response: ToolResponse | None = None
    context_update: ContextUpdate | None = None


ClientMessage = Setup | RealtimeInput | ClientContent | ToolResponse | ContextUpdate


def read(frame: str | bytes) -> tuple[ClientMessage, JsonObject]:
    """The message in a frame, and the JSON it came from in camelCase.

    Raises ProtocolError where the API would close with 1007.
    """
    try:
        payload = decoded(frame)
        envelope = _Envelope.model_validate(payload)
    except NotJsonError as error:
        raise ProtocolError(INVALID_ARGUMENT, str(error)) from None
    except ValidationError as error:
        raise ProtocolError(INVALID_ARGUMENT, _in_words(error)) from None
    messages = [value for name in envelope.model_fields_set if (value := getattr(envelope, name)) is not None]
    if len(messages) != 1:
        raise ProtocolError(
            INVALID_ARGUMENT, "Request contains an invalid argument: one message is expected."
        )
    return messages[0], payload


def _in_words(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        return f'Invalid JSON payload received. Unknown name "{where}": Cannot find field.'
    return f"Request contains an invalid argument: {where}: {first['msg']}"
