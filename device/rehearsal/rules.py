"""What a client may send when: the rules of the Live API that need a memory.

One Rules per connection. `check` raises ProtocolError with the close code that the service uses.
"""

from __future__ import annotations

from device.rehearsal.protocol import (
    INVALID_ARGUMENT,
    POLICY_VIOLATION,
    ClientContent,
    ClientMessage,
    ProtocolError,
    RealtimeInput,
    Setup,
    ToolResponse,
)


class Rules:
    """The order of messages on one connection, and the tool calls that are open on it."""

    def __init__(self) -> None:
        self.setup: Setup | None = None
        self._open_calls: dict[str, bool] = {}
        self._cancelled_calls: set[str] = set()

    def check(self, message: ClientMessage) -> None:
        """Accept the message or raise ProtocolError."""
        if isinstance(message, Setup):
            self._check_setup(message)
            return
        if self.setup is None:
            raise ProtocolError(INVALID_ARGUMENT, "The first message must be setup.")
        if isinstance(message, RealtimeInput):
            _check_realtime(message, automatic=not self.setup.detection.disabled)
        elif isinstance(message, ClientContent):
            _check_content(message)
        elif isinstance(message, ToolResponse):
            self._check_answers(message)

    def _check_setup(self, setup: Setup) -> None:
        if self.setup is not None:
            raise ProtocolError(INVALID_ARGUMENT, "setup must be sent only once.")
        if not setup.model.removeprefix("models/"):
            raise ProtocolError(INVALID_ARGUMENT, "setup.model must name a model.")
        modalities = setup.generation_config.response_modalities
        if modalities and tuple(modality.upper() for modality in modalities) != ("AUDIO",):
            raise ProtocolError(
                INVALID_ARGUMENT,
                f"The model answers with AUDIO only, not with {', '.join(modalities)}.",
            )
        self.setup = setup

    # ----------------------------------------------------------------------------------- tool calls

    def call_sent(self, call_id: str, *, blocking: bool) -> None:
        """The server has made a tool call."""
        self._open_calls[call_id] = blocking

    def calls_cancelled(self, ids: tuple[str, ...]) -> None:
        """The server has taken calls back; answers that crossed with this are forgiven."""
        for call_id in ids:
            self._open_calls.pop(call_id, None)
            self._cancelled_calls.add(call_id)

    @property
    def open_calls(self) -> tuple[str, ...]:
        """Ids of the calls that have no answer yet."""
        return tuple(self._open_calls)

    @property
    def blocking_call_open(self) -> bool:
        """Whether the model is waiting for a BLOCKING tool."""
        return any(self._open_calls.values())

    def is_cancelled(self, call_id: str | None) -> bool:
        """Whether an answer to this call is no longer wanted."""
        return call_id in self._cancelled_calls

    def _check_answers(self, message: ToolResponse) -> None:
        for answer in message.function_responses:
            if self.is_cancelled(answer.id):
                continue
            if answer.id not in self._open_calls:
                raise ProtocolError(POLICY_VIOLATION, "Requested entity was not found.")
            if not answer.will_continue:
                del self._open_calls[answer.id]


def _check_realtime(message: RealtimeInput, *, automatic: bool) -> None:
    if len(message.model_fields_set) != 1:
        raise ProtocolError(INVALID_ARGUMENT, "realtime_input must have exactly one field set.")
    if message.media_chunks is not None:
        raise ProtocolError(
            INVALID_ARGUMENT, "realtime_input.media_chunks is deprecated. Use audio, video, or text."
        )
    if automatic and (message.activity_start is not None or message.activity_end is not None):
        raise ProtocolError(
            INVALID_ARGUMENT,
            "Explicit activity control is not supported when automatic activity detection is enabled.",
        )
    if not automatic and message.audio_stream_end is not None:
        raise ProtocolError(
            INVALID_ARGUMENT,
            "audio_stream_end is only supported when automatic activity detection is enabled.",
        )
    if message.audio is not None and not message.audio.mime_type.startswith("audio/"):
        raise ProtocolError(INVALID_ARGUMENT, f'Unsupported mime type "{message.audio.mime_type}" for audio.')


def _check_content(message: ClientContent) -> None:
    for turn in message.turns:
        if turn.role not in {"user", "model"}:
            raise ProtocolError(INVALID_ARGUMENT, "Please use a valid role: user, model.")
