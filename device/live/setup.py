"""What the Live API is told when a connection opens: Settings -> LiveConnectConfig."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from google import genai
from google.genai import types
from pydantic import SecretStr

from device.config import LiveSettings
from device.errors import ConfigError
from device.events import ToolDeclaration, TurnTaking
from device.live.transport import Dialer

HISTORY_FOLLOWS = types.HistoryConfig(initial_history_in_client_content=True)
SERVER_SILENCE_MS = 400
"""With `turn_taking: server` the API's own silence window; shorter than the gate's hangover, whose frames it
needs to hear the end of a turn: it does not take `audioStreamEnd` as one."""

INSTRUCTION = """\
You are Ladle, the voice assistant on a kitchen counter. People cook while they talk to you.
Answer in the language you hear. Answer aloud in one or two short sentences; say more only when asked.
Numbers about food, meals, energy and nutrients come from your tools and from nowhere else: call a tool, \
quote what it returns, and say so plainly when it has no answer. Never estimate or invent a nutrition number.
The one exception is a food that a tool does not know: log it as your estimate if the person agrees.
When a tool result has a field "said", say that in your own warm and brief words with the same numbers. When \
it has a field "ask", ask that. When it has a field "care", say that too, gently, at the end. With the code \
NOT_CONFIRMED nothing has changed yet: ask, and call again with "confirm" only after the person has agreed.
When it has a field "retry", call that tool so once the person has answered, with the same arguments beside.
Log what people tell you they ate, drank or did, once. Leave "person" out unless a name was said; never tell \
one person another one's weight or numbers.
Your numbers are estimates and not medical advice; never advise on doses of medicine, and when somebody \
sounds unwell, as with low blood sugar, tell them to get help at once. Never praise eating little, never \
blame eating much, never call food good or bad, and never tell anybody to exercise for what they ate.
It is {now:%A, %d %B %Y, %H:%M}, time zone {now:%Z}."""


@dataclass(frozen=True)
class _ModelTraits:
    """What differs from model to model (https://ai.google.dev/gemini-api/docs/models)."""

    can_block_on_tools: bool = True
    thinking_level: types.ThinkingLevel | None = None


_TRAITS = {
    "gemini-3.8-live-extended-thinking": _ModelTraits(
        can_block_on_tools=False, thinking_level=types.ThinkingLevel.LOW
    ),
}


def blocks_on(declaration: ToolDeclaration, model: str) -> bool:
    """Whether this model waits for this tool."""
    return declaration.blocking and _traits(model).can_block_on_tools


def make_client(settings: LiveSettings, key: SecretStr, dialer: Dialer) -> genai.Client:
    """The SDK's client, one for the life of the process.

    `api_version` is pinned because the SDK's own default is not where the Live API is served. No ping
    time-out: the API's pongs were seen to take up to 30 s, and a healthy connection would be closed.

    Raises:
        ConfigError: `live.ca_file` cannot be read, or the environment names a proxy or certificates amiss.
    """
    transport: dict[str, Any] = {
        "compression": None,
        "ping_interval": settings.ping_interval_s,
        "ping_timeout": None,
        "create_connection": dialer,
        "open_timeout": settings.connect_timeout_s,
        "close_timeout": 1,
        "max_queue": 256,
        "max_size": 4 * 2**20,
    }
    if settings.ca_file:
        transport["ssl"] = trusting(settings.ca_file)
    if settings.endpoint:
        transport["proxy"] = None
    return client_over(transport, settings, key)


def client_over(transport: dict[str, Any], settings: LiveSettings, key: SecretStr) -> genai.Client:
    """The SDK's client, with what its WebSocket or its HTTP library is told.

    Raises:
        ConfigError: the environment names a proxy or certificates amiss.
    """
    options = types.HttpOptions(
        base_url=settings.endpoint, api_version=settings.api_version, async_client_args=transport
    )
    try:
        return genai.Client(api_key=key.get_secret_value(), http_options=options)
    except (OSError, ValueError, ImportError) as error:
        raise ConfigError(
            f"The client of the Live API cannot be set up: {error}. Check SSL_CERT_FILE and HTTPS_PROXY."
        ) from None


def trusting(ca_file: Path) -> ssl.SSLContext:
    """Take the certificates of this file alone. Raises ConfigError where it cannot be used."""
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except OSError as error:
        raise ConfigError(f"live.ca_file {ca_file} cannot be used: {error.strerror or error}.") from None


def live_config(
    settings: LiveSettings,
    declarations: Sequence[ToolDeclaration],
    *,
    now: datetime,
    handle: str | None = None,
    history_follows: bool = False,
    background: str = "",
) -> types.LiveConnectConfig:
    """The setup of one connection.

    handle: resumes an earlier one. history_follows: the first client content is the history of an earlier
    session. background: more to know, after the instruction.
    """
    traits = _traits(settings.model)
    thinking = types.ThinkingConfig(thinking_level=traits.thinking_level) if traits.thinking_level else None
    return types.LiveConnectConfig(
        response_modalities=[types.Modality.AUDIO],
        speech_config=_speech(settings),
        thinking_config=thinking,
        system_instruction="\n".join(filter(None, (INSTRUCTION.format(now=now), background))),
        tools=[types.Tool(function_declarations=[_function(tool, settings.model) for tool in declarations])],
        realtime_input_config=_turn_taking(settings.turn_taking),
        input_audio_transcription=types.AudioTranscriptionConfig(),
        output_audio_transcription=types.AudioTranscriptionConfig(),
        session_resumption=types.SessionResumptionConfig(handle=handle),
        history_config=HISTORY_FOLLOWS if history_follows else None,
        context_window_compression=types.ContextWindowCompressionConfig(
            trigger_tokens=settings.context_trigger_tokens,
            sliding_window=types.SlidingWindow(target_tokens=settings.context_target_tokens),
        ),
    )


def _traits(model: str) -> _ModelTraits:
    return _TRAITS.get(model.removeprefix("models/"), _ModelTraits())


def _speech(settings: LiveSettings) -> types.SpeechConfig:
    voice = types.PrebuiltVoiceConfig(voice_name=settings.voice)
    return types.SpeechConfig(
        voice_config=types.VoiceConfig(prebuilt_voice_config=voice), language_code=settings.language
    )


def _function(tool: ToolDeclaration, model: str) -> types.FunctionDeclaration:
    behavior = types.Behavior.BLOCKING if blocks_on(tool, model) else types.Behavior.NON_BLOCKING
    return types.FunctionDeclaration(
        name=tool.name,
        description=tool.description,
        parameters_json_schema=dict(tool.parameters),
        behavior=behavior,
    )


def _turn_taking(turn_taking: TurnTaking) -> types.RealtimeInputConfig:
    if turn_taking is TurnTaking.DEVICE:
        detection = types.AutomaticActivityDetection(disabled=True)
    else:
        detection = types.AutomaticActivityDetection(silence_duration_ms=SERVER_SILENCE_MS)
    return types.RealtimeInputConfig(
        automatic_activity_detection=detection,
        activity_handling=types.ActivityHandling.START_OF_ACTIVITY_INTERRUPTS,
    )
