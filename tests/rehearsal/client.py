"""Clients for the tests of the stand-in: the unmodified SDK, a bare WebSocket, wits without a voice."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from google import genai
from google.genai import types
from google.genai.live import AsyncSession
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_bare
from websockets.exceptions import ConnectionClosed

from device.rehearsal.actions import tone
from device.rehearsal.handles import Session
from device.rehearsal.script_file import parse_script
from device.rehearsal.server import RehearsalServer
from device.rehearsal.settings import RehearsalSettings
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Say, Thought, Tools

MODEL = "gemini-3.8-live"
FRAME = b"\x01\x02" * 320
WITHIN_S = 20.0

Result = TypeVar("Result")


def run(test: Coroutine[Any, Any, Result]) -> Result:
    """Run a test, which fails when it hangs."""

    async def limited() -> Result:
        async with asyncio.timeout(WITHIN_S):
            return await test

    return asyncio.run(limited())


def scripted(text: str) -> RehearsalServer:
    """A server that plays a script and nothing else; handles and clocks as in the script."""
    return RehearsalServer(script=parse_script(text))


def one_step(actions: str, on: str = "text") -> RehearsalServer:
    """A server that does this once, when that has happened."""
    return scripted(f"steps: [{{on: {on}, do: [{actions}]}}]")


class FakeWits:
    """Hears what it is told to hear, and speaks in tones."""

    def __init__(self, heard: str = "hello", speak_ms: float = 200) -> None:
        self.heard = heard
        self.speak_ms = speak_ms
        self.pcm: list[bytes] = []
        self.sessions: list[Session] = []

    async def hear(self, pcm: bytes) -> str:
        self.pcm.append(pcm)
        return self.heard if pcm else ""

    async def speak(self, text: str) -> bytes:
        return tone(self.speak_ms, 440)

    def consider(self, words: str, session: Session, tools: Tools) -> Thought:
        self.sessions.append(session)
        if not words:
            return None
        for name in tools:
            if name in words:
                return Call(name, {"meal": "lunch"})
        return Say(f"You said {words} to me just now.")

    def report(self, call: Call, payload: JsonObject, session: Session) -> str:
        return f"The tool says {payload['said']}."


def witty(wits: FakeWits | None = None, **settings: Any) -> RehearsalServer:
    """A server with fake wits; replies are sent at once unless the settings say otherwise."""
    return RehearsalServer(
        wits=wits or FakeWits(), settings=RehearsalSettings.model_validate({"speed": 0} | settings)
    )


# --------------------------------------------------------------------------------------- the SDK


def sdk(server: RehearsalServer, key: str = "x") -> genai.Client:
    """The official client, pointed at the server."""
    transport = {"ssl": trust(server), "compression": None, "ping_timeout": None, "proxy": None}
    options = types.HttpOptions(base_url=server.endpoint, api_version="v1beta", async_client_args=transport)
    return genai.Client(api_key=key, http_options=options)


def trust(server: RehearsalServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.ca_file))


def tool(name: str = "missed_meal", *, blocking: bool = False) -> dict[str, Any]:
    parameters = {"type": "OBJECT", "properties": {"meal": {"type": "STRING"}}}
    declaration: dict[str, Any] = {"name": name, "description": "A tool.", "parameters": parameters}
    return {"function_declarations": [declaration | ({"behavior": "BLOCKING"} if blocking else {})]}


def config(*, automatic: bool = False, **fields: Any) -> types.LiveConnectConfig:
    """A setup with transcripts and resumption; manual turn taking unless told otherwise."""
    detection = {"silence_duration_ms": 200} if automatic else {"disabled": True}
    base: dict[str, Any] = {
        "response_modalities": ["AUDIO"],
        "realtime_input_config": {"automatic_activity_detection": detection},
        "input_audio_transcription": {},
        "output_audio_transcription": {},
        "session_resumption": {},
    }
    return types.LiveConnectConfig.model_validate(base | fields)


@asynccontextmanager
async def talking(
    server: RehearsalServer, settings: types.LiveConnectConfig | None = None, model: str = MODEL
) -> AsyncIterator[AsyncSession]:
    """A session of the SDK with the server."""
    async with sdk(server).aio.live.connect(model=model, config=settings or config()) as session:
        yield session


async def say(session: AsyncSession, frames: int = 5) -> None:
    """An activity of so many frames."""
    await session.send_realtime_input(activity_start=types.ActivityStart())
    for _ in range(frames):
        await send_audio(session, FRAME)
    await session.send_realtime_input(activity_end=types.ActivityEnd())


async def send_audio(session: AsyncSession, pcm: bytes, rate_hz: int = 16_000) -> None:
    await session.send_realtime_input(audio=types.Blob(data=pcm, mime_type=f"audio/pcm;rate={rate_hz}"))


async def write(session: AsyncSession, *turns: tuple[str, str], complete: bool = True) -> None:
    """Client content: roles with their texts."""
    contents: list[types.Content | types.ContentDict] = [
        types.Content(role=role, parts=[types.Part(text=text)]) for role, text in turns
    ]
    await session.send_client_content(turns=contents, turn_complete=complete)


async def spoken(session: AsyncSession) -> str:
    """What is said up to the end of the turn."""
    said = ""
    async for message in session.receive():
        content = message.server_content
        if content and content.output_transcription:
            said += content.output_transcription.text or ""
    return said


async def next_message(session: AsyncSession) -> types.LiveServerMessage:
    """One message; the SDK's iterator ends with each turn, so it is asked anew."""
    async for message in session.receive():
        return message
    raise AssertionError("the SDK gave no message")


async def until(session: AsyncSession, kind: str) -> list[str]:
    """The kinds of all messages up to and including the first of this kind; runs of audio count as one."""
    kinds: list[str] = []
    while not kinds or kinds[-1] != kind:
        for found in kinds_of(await next_message(session)):
            if kinds[-1:] != [found]:
                kinds.append(found)
    return kinds


def kinds_of(message: types.LiveServerMessage) -> list[str]:
    """What a message carries, by short names."""
    content = message.server_content
    found = {
        "heard": content and content.input_transcription,
        "said": content and content.output_transcription,
        "audio": content and content.model_turn,
        "interrupted": content and content.interrupted,
        "generation": content and content.generation_complete,
        "turn": content and content.turn_complete,
        "call": message.tool_call,
        "cancelled": message.tool_call_cancellation,
        "go_away": message.go_away,
        "handle": message.session_resumption_update,
    }
    return [name for name, value in found.items() if value]


# --------------------------------------------------------------------------------------- bare


@asynccontextmanager
async def bare(
    server: RehearsalServer, path: str = "/ws/x.v1beta.Y", key: str = "x"
) -> AsyncIterator[ClientConnection]:
    """A WebSocket without the SDK, to send what the SDK would not."""
    url = server.endpoint.replace("https", "wss") + path
    headers = {"x-goog-api-key": key} if key else {}
    async with connect_bare(
        url, ssl=trust(server), additional_headers=headers, proxy=None, close_timeout=0.2
    ) as socket:
        yield socket


async def send_json(socket: ClientConnection, *messages: JsonObject) -> None:
    for message in messages:
        await socket.send(json.dumps(message))


def setup(*, automatic: bool = False, **fields: Any) -> JsonObject:
    """A setup message as JSON."""
    detection = {"automaticActivityDetection": {"disabled": not automatic}}
    return {"setup": {"model": f"models/{MODEL}", "realtimeInputConfig": detection} | fields}


async def receive_json(socket: ClientConnection) -> JsonObject:
    frame = await socket.recv()
    assert isinstance(frame, bytes), "the Live API sends its JSON in binary frames"
    message: JsonObject = json.loads(frame)
    return message


async def frames_until_closed(socket: ClientConnection) -> list[str | bytes]:
    """Everything that comes until the connection ends, in whatever way."""
    frames: list[str | bytes] = []
    with suppress(ConnectionClosed):
        while True:
            frames.append(await socket.recv())
    return frames


async def closed_with(socket: ClientConnection) -> tuple[int | None, str]:
    """Read until the connection ends; the code and reason, 1006 where there was none."""
    await frames_until_closed(socket)
    return socket.close_code, socket.close_reason or ""


async def wait_for(socket: ClientConnection, kind: str) -> JsonObject:
    """The content of the first message of this kind."""
    message = await receive_json(socket)
    while kind not in message:
        message = await receive_json(socket)
    inside: JsonObject = message[kind]
    return inside


def text_input(text: str) -> JsonObject:
    return {"realtimeInput": {"text": text}}


async def called(session: AsyncSession) -> types.FunctionCall:
    """The next tool call."""
    message = await next_message(session)
    while not message.tool_call:
        message = await next_message(session)
    (call,) = message.tool_call.function_calls or []
    return call


async def answer(session: AsyncSession, call: types.FunctionCall, **response: Any) -> None:
    """Answer a tool call."""
    await session.send_tool_response(
        function_responses=types.FunctionResponse(id=call.id, name=call.name, response=response)
    )
