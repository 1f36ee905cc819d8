"""Thousands of messages that no server should send: none of them ends a session or harms what comes after."""

from __future__ import annotations

import asyncio
import copy
import json
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from google.genai.live import AsyncSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close

from device.audio.formats import BLOCK_BYTES, SAMPLE_BYTES
from device.audio.playback import Playback
from device.config import Settings
from device.conversation import Conversation
from device.errors import ConnectionEndedError
from device.events import (
    ActivityEnded,
    ActivityStarted,
    Connected,
    ConnectionLost,
    Event,
    FlushSpeaker,
    GenerationComplete,
    InputTranscript,
    PlaybackDrained,
    PlayReply,
    ReplyAudioReceived,
    ReplyInterrupted,
    RunTool,
    Started,
    ToolFinished,
    ToolOutcome,
    TurnComplete,
    TurnTaking,
    UsageReported,
)
from device.household import open_household
from device.live.connection import Connection
from device.live.messages import GoAway, HandleOffered, HandleWithdrawn, Told
from device.rehearsal import actions, messages
from device.rehearsal.actions import Action, Interrupted, Reply, tone
from device.rehearsal.faults import Bytes
from device.rehearsal.script import Connects, Happening, Occurs, Part, Script, Step, Track
from device.rehearsal.server import RehearsalServer
from device.tools import ALL_TOOLS
from device.tools.registry import Registry
from tests.live.harness import Device

TONE = tone(20, 440)
VALID: list[dict[str, Any]] = [
    messages.audio(TONE),
    messages.input_transcript(" turn on"),
    messages.output_transcript("Sure"),
    messages.generation_complete(),
    messages.turn_complete(heard_s=1, spoken_s=2, reason="RESPONSE_REJECTED"),
    messages.interrupted(),
    messages.server_content(modelTurn={"parts": [{"text": "Hm.", "thought": True}]}),
    messages.server_content(turnComplete=True, interactionStatus="IN_PROGRESS"),
    messages.server_content(waitingForInput=True, interimInputTranscription={"text": "turn"}),
    messages.resumption_update("handle-1"),
    messages.resumption_update(),
    {"voiceActivity": {"type": "ACTIVITY_START", "audioOffset": "1.2s"}},
]
ABOUT_CALLS: list[dict[str, Any]] = [
    messages.tool_call("look_up_food", {"food": "rice", "quantity": 1}, "c1"),
    messages.tool_call("look_up_food", {"food": "rice"}, None),
    messages.tool_call_cancellation(["c1", "c2"]),
]
GOING_AWAY: list[dict[str, Any]] = [messages.go_away("50s"), messages.go_away("49.500s")]
A_TURN = [
    messages.input_transcript("How much rice?"),
    messages.audio(TONE),
    messages.generation_complete(),
    messages.turn_complete(),
]

# --------------------------------------------------------------------------------------- mutations

ODD_TEXTS = ["", "\0", "\ud800", "A" * 300_000, "NOT_AN_ENUM", "=" * 5, "9" * 400 + "s", "-1s", "QUI="]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(1000, 4999)
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(ODD_TEXTS)
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
Place = tuple[Any, Any]  # a container and a key into it


def places(value: Any) -> list[Place]:
    """Every place in a JSON value, from the outside in."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    found: list[Place] = []
    for key in keys:
        found += [(value, key), *places(value[key])]
    return found


def _drop(draw: st.DrawFn, inside: Any, key: Any) -> None:
    del inside[key]


def _double(draw: st.DrawFn, inside: Any, key: Any) -> None:
    if isinstance(inside, list):
        inside.append(copy.deepcopy(inside[key]))
    else:
        inside[f"{key}2"] = copy.deepcopy(inside[key])


def _retype(draw: st.DrawFn, inside: Any, key: Any) -> None:
    inside[key] = draw(json_values)


def _nest(draw: st.DrawFn, inside: Any, key: Any) -> None:
    for _ in range(draw(st.sampled_from([1, 2, 50, 300]))):
        inside[key] = [inside[key]]


def _cut(draw: st.DrawFn, inside: Any, key: Any) -> None:
    if isinstance(inside[key], str):
        inside[key] = inside[key][: draw(st.integers(0, len(inside[key])))]
    elif isinstance(inside, dict):
        inside[key[: draw(st.integers(0, len(key)))]] = inside.pop(key)


MUTATIONS: list[Callable[[st.DrawFn, Any, Any], None]] = [_drop, _double, _retype, _nest, _cut]


@st.composite
def mutated(draw: st.DrawFn, valid: list[dict[str, Any]]) -> Any:
    """A valid message with up to four things wrong with it."""
    message = [copy.deepcopy(draw(st.sampled_from(valid)))]
    for _ in range(draw(st.integers(1, 4))):
        spots = places(message)
        if spots:
            draw(st.sampled_from(MUTATIONS))(draw, *draw(st.sampled_from(spots)))
    return message[0] if message else None


@st.composite
def cut_off(draw: st.DrawFn, valid: list[dict[str, Any]]) -> bytes:
    """A valid message that lacks its end."""
    whole = json.dumps(draw(st.sampled_from(valid))).encode()
    return whole[: draw(st.integers(0, len(whole) - 1))]


def nonsense(valid: list[dict[str, Any]]) -> st.SearchStrategy[bytes]:
    as_json = (mutated(valid) | json_values).map(lambda value: json.dumps(value).encode())
    return as_json | cut_off(valid) | st.binary(max_size=40)


def examples(number: int) -> settings:
    """So many, the same ones every time."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(
        max_examples=number, derandomize=True, database=None, deadline=None, suppress_health_check=slow
    )


# --------------------------------------------------------------------------------------- the SDK's parser on


class DeveloperApi:
    """All that the SDK's session wants to know of its client."""

    vertexai = False


class Wire:
    """A WebSocket on which these messages come, and then its end."""

    def __init__(self, payloads: list[bytes]) -> None:
        self._payloads = deque(payloads)

    async def recv(self, *, decode: bool) -> bytes:
        if not self._payloads:
            raise ConnectionClosedError(Close(1000, "That was all."), None)
        return self._payloads.popleft()


def all_told(payloads: list[bytes]) -> list[Told]:
    """What the session is told when these messages come, up to the end of the connection."""

    async def listen() -> list[Told]:
        session = AsyncSession(cast(Any, DeveloperApi()), cast(Any, Wire(payloads)))
        told: list[Told] = []
        try:
            async for event in Connection(session, TurnTaking.DEVICE, {"look_up_food"}).events():
                told.append(event)  # noqa: PERF401
        except ConnectionEndedError as ended:
            assert ended.reason == "That was all.", "nothing else ends it"
        return told

    return asyncio.run(listen())


class Listener:
    """The core with a speaker that plays at once, and tools that are done at once."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self._core = Conversation()
        self._playback = Playback(lambda: None)
        for event in (Started(), Connected()):
            self.take(event)

    def take(self, event: Event) -> None:
        for action in self._core.handle(event):
            match action:
                case PlayReply(pcm):
                    self._playback.append(pcm)
                    self._playback.complete()
                case FlushSpeaker():
                    self._playback.flush()
                case RunTool(call):
                    self.take(ToolFinished(ToolOutcome(call.id, call.name, {"ok": True})))
        self._play()

    def ask(self) -> None:
        """A person speaks, and the API stops whatever it was at."""
        for event in (ActivityStarted(()), ReplyInterrupted(), TurnComplete(), ActivityEnded()):
            self.take(event)

    def _play(self) -> None:
        while self._playback.sounding:
            block, played = self._playback.take(BLOCK_BYTES)
            assert len(block) == BLOCK_BYTES
            assert played % SAMPLE_BYTES == 0, "the speaker is given whole samples only"
            self.heard += block[:played]
            if not played:
                break
        self._core.handle(PlaybackDrained())


@pytest.mark.filterwarnings("ignore:.* is not a valid")
@examples(500)
@given(st.lists(nonsense(VALID + ABOUT_CALLS + GOING_AWAY), min_size=8, max_size=8))
def test_no_message_ends_a_connection_or_spoils_the_next_turn(payloads: list[bytes]) -> None:
    turn = [json.dumps(message).encode() for message in A_TURN]
    told = all_told(payloads + turn)
    *answer, what_it_cost = told[-5:]
    assert answer == [
        InputTranscript("How much rice?"),
        ReplyAudioReceived(TONE),
        GenerationComplete(),
        TurnComplete(),
    ]
    assert isinstance(what_it_cost, UsageReported)
    listener = Listener()
    listener.ask()
    for event in told[:-4]:
        if not isinstance(event, GoAway | HandleOffered | HandleWithdrawn):
            listener.take(event)
    listener.ask()
    before = len(listener.heard)
    for event in told[-4:]:
        listener.take(cast(Event, event))
    assert bytes(listener.heard[before:]) == TONE


# --------------------------------------------------------------------------------------- over a real socket


def playing(*steps: tuple[Happening, Sequence[Action]]) -> Script:
    entries = tuple(Step(Occurs(happening), tuple(actions), 1, 0) for happening, actions in steps)
    return Script((Track((Part(Connects(), entries),)),))


async def hears(script: Script, run: Callable[[Device], Coroutine[Any, Any, None]], **options: Any) -> Device:
    async with RehearsalServer(script=script) as server:
        talking = Device(server, **options)
        try:
            await talking.happens(Connected)
            await run(talking)
        finally:
            talking.running.cancel()
            await asyncio.gather(talking.running, return_exceptions=True)
        return talking


@pytest.mark.filterwarnings("ignore:.* is not a valid")
@examples(10)
@given(st.lists(nonsense(VALID), min_size=50, max_size=50))
def test_no_message_on_the_wire_ends_a_session_or_spoils_the_next_turn(payloads: list[bytes]) -> None:
    sent = [Bytes(hex=payload.hex()) for payload in payloads]
    script = playing(
        (Happening.ACTIVITY_END, [*sent, actions.InputTranscript(text="That was all.")]),
        (Happening.ACTIVITY_START, [Interrupted(), actions.TurnComplete()]),
        (Happening.ACTIVITY_END, [Reply(ms=20, speed=0)]),
    )

    async def scene(talking: Device) -> None:
        talking.say(1)
        await talking.until(lambda: InputTranscript("That was all.") in talking.events)
        talking.say(2)
        await talking.until(lambda: talking.played.endswith(TONE))
        await talking.until(lambda: talking.at_rest)

    talking = asyncio.run(hears(script, scene))
    assert not talking.count(ConnectionLost)
    assert talking.heard(1) == [[1], [2]]


argument_names = st.sampled_from(["food", "quantity", "unit", "meal", "x"])
arguments = st.dictionaries(argument_names, json_values, max_size=4).filter(
    lambda value: "\\ud800" not in json.dumps(value)
)
wanted_calls = st.tuples(st.sampled_from(["look_up_food", "missed_meal", "log_water", "bake"]), arguments)


@examples(8)
@given(wanted=st.lists(wanted_calls, min_size=20, max_size=20))
def test_a_tool_call_with_any_arguments_is_answered_once(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[tuple[str, dict[str, Any]]]
) -> None:
    state = tmp_path_factory.mktemp("state")
    kitchen = open_household(Settings(), state, lambda: datetime(2026, 11, 21, 13, 0, tzinfo=UTC))
    registry = Registry(ALL_TOOLS, kitchen, timeout_s=10)
    ids = [f"c{number}" for number in range(len(wanted))]
    calls = [
        actions.ToolCall(tool=name, args=args, id=call_id)
        for call_id, (name, args) in zip(ids, wanted, strict=True)
    ]
    script = playing(
        (Happening.ACTIVITY_END, calls[:1]),
        *((Happening.TOOL_RESPONSE, [call]) for call in calls[1:]),
        (Happening.TOOL_RESPONSE, [Reply(ms=20, speed=0)]),
    )

    async def scene(talking: Device) -> None:
        talking.say(1)
        await talking.until(lambda: bytes(talking.played) == TONE)

    talking = asyncio.run(hears(script, scene, declarations=registry.declarations, tool=registry.run))
    assert not talking.count(ConnectionLost)
    assert [response.id for response in talking.server.received.last.tool_responses] == ids
