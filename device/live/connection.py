"""One connection to the Live API: one WebSocket through google-genai, and its errors made uniform.

The SDK raises APIError with the WebSocket's close code when it reads, websockets' own errors when it sends,
and TypeError or a validation error for a message that it cannot read, which leaves the connection open.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from google import genai
from google.genai import errors, types
from google.genai.live import AsyncSession
from pydantic import ValidationError
from websockets.exceptions import (
    ConnectionClosed,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)

from device.config import LiveSettings
from device.errors import ConfigError, ConnectionEndedError, KeyRefusedError, LadleError
from device.events import (
    EndActivity,
    SendFrame,
    SendToolOutcome,
    StartActivity,
    StopGeneration,
    TurnTaking,
)
from device.live.history import Turn
from device.live.messages import Told, translate
from device.live.transport import Dialer

logger = logging.getLogger(__name__)

FRAME_MIME_TYPE = "audio/pcm;rate=16000"
CLOSE_TIMEOUT_S = 1.5
HTTP_KEY_REFUSED = (401, 403)
KEY_REFUSED_WORDS = ("api key not valid", "api_key_invalid", "api key expired", "api key was reported")
UNUSABLE = (TypeError, ValueError, AttributeError, LookupError, RecursionError, OverflowError)
"""What the SDK raises for a message that it cannot read."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that Ladle itself says to the model.

    wants_answer: the model is to answer it. later: what to say instead when that answer would come too late
    for anybody to want it, and wants none; "" for nothing.
    """

    text: str
    wants_answer: bool = True
    later: str = ""


Outgoing = StartActivity | SendFrame | EndActivity | StopGeneration | SendToolOutcome | Ask


class Connection:
    """An open connection. One task may read its events while another sends."""

    def __init__(
        self, session: AsyncSession, turn_taking: TurnTaking, blocking_tools: Collection[str]
    ) -> None:
        self._session = session
        self._turn_taking = turn_taking
        self._blocking_tools = blocking_tools
        self._unusable: dict[str, int] = {}

    @property
    def unusable(self) -> Mapping[str, int]:
        """How many messages could not be used, by kind."""
        return dict(self._unusable)

    async def events(self) -> AsyncIterator[Told]:
        """All that the API says, turn after turn.

        A message that cannot be used is counted, logged once for each kind, and skipped.

        Raises:
            ConnectionEndedError: the connection is over.
        """
        while True:
            try:
                async for message in self._session.receive():
                    for event in list(translate(message, self._blocking_tools)):
                        yield event
            except errors.APIError as error:
                # A message with a code looks the same; the end of the connection comes from the WebSocket.
                if isinstance(error.__context__, ConnectionClosed):
                    raise _ended(error) from error
                self._skip(error)
            except UNUSABLE as error:
                self._skip(error)

    async def send(self, item: Outgoing) -> None:
        """Send one thing.

        Raises:
            ConnectionEndedError: the connection is over.
        """
        await self._sending(self._send(item))

    async def restore(self, opening: str, turns: Sequence[Turn]) -> None:
        """Give a fresh session its history, which its setup has announced; it generates nothing.

        Raises:
            ConnectionEndedError: the connection is over.
        """
        contents: list[types.Content | types.ContentDict] = [_content("user", opening)]
        for turn in turns:
            contents += [_content("user", turn.asked)] if turn.asked else []
            contents += [_content("model", turn.said)] if turn.said else []
        await self._sending(self._session.send_client_content(turns=contents, turn_complete=True))

    async def _sending(self, sending: Awaitable[None]) -> None:
        try:
            await sending
        except ConnectionClosed as error:
            code = error.rcvd.code if error.rcvd else 1006
            reason = error.rcvd.reason if error.rcvd else "the connection broke while sending"
            raise ConnectionEndedError(code, reason) from error

    async def _send(self, item: Outgoing) -> None:
        device_takes_turns = self._turn_taking is TurnTaking.DEVICE
        match item:
            case SendFrame(frame):
                audio = types.Blob(data=frame.pcm, mime_type=FRAME_MIME_TYPE)
                await self._session.send_realtime_input(audio=audio)
            case StartActivity() if device_takes_turns:
                await self._session.send_realtime_input(activity_start=types.ActivityStart())
            case EndActivity() if device_takes_turns:
                await self._session.send_realtime_input(activity_end=types.ActivityEnd())
            case EndActivity():
                await self._session.send_realtime_input(audio_stream_end=True)
            case StopGeneration():
                # Any client content interrupts what is being generated; left incomplete, it asks nothing.
                await self._session.send_client_content(turn_complete=False)
            case Ask(text, wants_answer):
                content = _content("user", text)
                await self._session.send_client_content(turns=content, turn_complete=wants_answer)
            case SendToolOutcome(outcome, silent):
                response = types.FunctionResponse(
                    id=outcome.call_id,
                    name=outcome.name,
                    response=dict(outcome.payload),
                    scheduling=types.FunctionResponseScheduling.SILENT if silent else None,
                )
                await self._session.send_tool_response(function_responses=response)

    def _skip(self, error: Exception) -> None:
        kind = type(error).__name__
        self._unusable[kind] = self._unusable.get(kind, 0) + 1
        if self._unusable[kind] == 1:
            logger.warning("message_skipped kind=%s reason=%s", kind, _what_is_wrong(error))


def _content(role: str, text: str) -> types.Content:
    return types.Content(role=role, parts=[types.Part(text=text)])


def _what_is_wrong(error: Exception) -> str:
    """Without the message itself, which may hold words or a handle."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return str(first["type"])
    return "unreadable"


@asynccontextmanager
async def open_connection(
    client: genai.Client,
    settings: LiveSettings,
    config: types.LiveConnectConfig,
    blocking_tools: Collection[str],
    dialer: Dialer,
) -> AsyncIterator[Connection]:
    """Connect, and close politely at the end.

    Raises:
        KeyRefusedError: the API does not accept the key.
        ConfigError: the API does not know the model.
        ConnectionEndedError: no connection came about, for any other reason.
    """
    context = client.aio.live.connect(model=settings.model, config=config)
    try:
        # The SDK waits for the answer to its setup without a limit of its own.
        async with asyncio.timeout(settings.connect_timeout_s):
            session = await context.__aenter__()
    except (errors.APIError, WebSocketException, OSError, TimeoutError, *UNUSABLE) as error:
        raise _refused(error, settings) from error
    try:
        if session.setup_complete is None:
            raise ConnectionEndedError(0, "the API's first message did not complete the setup")
        yield Connection(session, settings.turn_taking, blocking_tools)
    finally:
        await _close(context, dialer)


async def _close(context: AbstractAsyncContextManager[AsyncSession], dialer: Dialer) -> None:
    """Politely, but on a dead link nobody answers, and what was not sent would be waited for."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await context.__aexit__(None, None, None)
    except TimeoutError:
        dialer.abort()


def _refused(error: Exception, settings: LiveSettings) -> LadleError:
    """Why a connection did not come about."""
    match error:
        case errors.APIError():
            ended = _ended(error)
        case InvalidStatus():
            status = error.response.status_code
            ended = ConnectionEndedError(status, f"HTTP status {status}", unreachable=True)
        case TimeoutError():
            ended = ConnectionEndedError(0, f"no answer within {settings.connect_timeout_s:g} s")
        case InvalidURI() | InvalidProxy():
            return ConfigError(
                f"The Live API cannot be reached: {error}. Check live.endpoint and HTTPS_PROXY."
            )
        case OSError():
            ended = ConnectionEndedError(0, f"{type(error).__name__}: {error}", unreachable=True)
        case _:
            # Its text may quote what was sent, and the key was sent.
            ended = ConnectionEndedError(0, type(error).__name__)
    if ended.is_quota:
        return ended
    if ended.code in HTTP_KEY_REFUSED or any(words in ended.reason.lower() for words in KEY_REFUSED_WORDS):
        return KeyRefusedError(
            f"The Live API refused the API key ({ended.reason}). Make a new one at "
            "https://aistudio.google.com/apikey and put it where the old one is."
        )
    if "models/" in ended.reason and "not found" in ended.reason:
        return ConfigError(
            f"The Live API does not know the model {settings.model!r} ({ended.reason}). Correct live.model."
        )
    return ended


def _ended(error: errors.APIError) -> ConnectionEndedError:
    return ConnectionEndedError(error.code, str(error.details or "") or "closed without a reason")
