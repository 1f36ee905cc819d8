"""Every way in which a connection can end, at every moment of a conversation, over a real socket."""

from __future__ import annotations

import asyncio
import tempfile
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.config import Settings
from device.events import (
    REPLY_BYTES_PER_MS,
    Connected,
    ConnectionLost,
    ToolCall,
    ToolCallReceived,
    ToolOutcome,
    TurnComplete,
)
from device.household import open_household
from device.rehearsal.actions import tone
from device.rehearsal.answers import NOTHING_LEFT
from device.rehearsal.handles import Session
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Say, Thought, Tools
from device.tools import ALL_TOOLS
from device.tools.registry import Registry
from tests.live.harness import Device, device, number_in

FAILURES = {
    **{f"close {code}": f"{{close: {code}}}" for code in (1000, 1001, 1007, 1008, 1011, 1012, 1013, 4000)},
    "reset": "reset",
    "drop": "drop",  # what the client calls 1006
    "a goAway without any time left": "{go_away: 0s}",
}
FIRST = (1, 2, 3, 4)
SECOND = (5, 6, 7)
ASKED = "How much rice?"
SAID = "A cup"
CALL = "{tool_call: {tool: look_up_food, args: {food: rice}, id: c7}}"
REST_HZ = 880
BEGUN = f"{{input_transcript: '{ASKED}'}}, {{output_transcript: '{SAID}'}}, {{audio: {{ms: 80, speed: 0}}}}"
WHOLE = f"{{reply: {{ms: 80, speed: 0, heard: '{ASKED}', text: '{SAID}'}}}}"

MOMENTS = {
    "at the setup": ("setup", "{failure}"),
    "in an activity": ("audio_frames 2", "{failure}"),
    "before any answer": ("activity_end", "{failure}"),
    "in a reply": ("activity_end", BEGUN + ", {failure}"),
    "with a tool at work": ("activity_end", CALL + ", {failure}"),
    "after the answer of a tool": ("tool_response", "{failure}"),
    "between turns": ("activity_end", WHOLE + ", {failure}"),
}


def script_of(moment: str, failure: str) -> str:
    """Connection 1 fails at that moment; every later one answers whatever it is asked, in speech or words."""
    on, do = MOMENTS[moment]
    ready = "" if on == "setup" else "- {on: setup, do: [setup_complete, {resumption: h1}]}"
    before = f"- {{on: activity_end, do: [{CALL}]}}" if on == "tool_response" else ""
    return textwrap.dedent(f"""
    tracks:
      - - {{on: connect 1, do: []}}
        {ready}
        {before}
        - {{on: {on}, do: [{do.replace("{failure}", failure)}]}}
        - {{on: connect 2-, do: []}}
        - on: activity_end
          repeat: forever
          do: [{WHOLE}]
      - - {{on: connect 2-, do: []}}
        - on: client_content
          repeat: forever
          do: [{{reply: {{ms: 120, hz: {REST_HZ}, speed: 0, text: of rice.}}}}]
    """)


def told(talking: Device) -> list[str]:
    """What the second connection was told in words."""
    record = talking.server.received.connection(2)
    return [turn.text for content in record.client_contents for turn in content.turns]


async def fail_at(moment: str, failure: str) -> Device:
    """Ask, see it fail at that moment, wait until all is at rest, and ask again."""
    async with device(script_of(moment, failure)) as talking:
        if moment == "with a tool at work":
            talking.tools_may_end.clear()
        if moment != "at the setup":
            await talking.happens(Connected)
        talking.say(*FIRST[:2], ended=False)
        if moment == "in an activity":
            await talking.happens(ConnectionLost)
        talking.go_on(*FIRST[2:])
        await talking.happens(ConnectionLost)
        talking.tools_may_end.set()
        await talking.happens(Connected, 1 if moment == "at the setup" else 2)
        await talking.until(lambda: talking.at_rest)
        done = talking.count(TurnComplete)
        talking.say(*SECOND)
        await talking.happens(TurnComplete, done + 1)
        await talking.until(lambda: talking.at_rest)
        return talking


REPLY, REST = tone(80, 440), tone(120, REST_HZ)
HEARD_AGAIN: dict[str, list[list[int]]] = {
    moment: [[*FIRST], [*SECOND]] for moment in ("at the setup", "in an activity", "before any answer")
}
PLAYED = dict.fromkeys(MOMENTS, REPLY + REPLY) | {
    "in a reply": REPLY + REST + REPLY,
    "with a tool at work": REST + REPLY,
    "after the answer of a tool": REST + REPLY,
}


CASES = [(moment, failure) for moment in MOMENTS for failure in FAILURES]
CASES.remove(("at the setup", "a goAway without any time left"))  # it comes on an open connection only


@pytest.mark.parametrize(("moment", "failure"), CASES)
def test_whenever_and_however_a_connection_ends_the_conversation_goes_on(moment: str, failure: str) -> None:
    talking = asyncio.run(fail_at(moment, FAILURES[failure]))

    assert talking.server.received.opened == 2, "one failure costs one connection"
    assert talking.count(ConnectionLost) == 1
    assert talking.heard(2) == HEARD_AGAIN.get(moment, [[*SECOND]])
    assert bytes(talking.played) == PLAYED[moment], "all that was answered is heard, and nothing twice"
    words = told(talking)
    if moment == "in a reply":
        [text] = words
        assert ASKED in text
        assert f'"{SAID}"' in text
    elif "tool" in moment:
        [text] = words
        assert "look_up_food is done." in text
        assert len(talking.ran) == 1
        assert not talking.server.received.connection(2).tool_responses
    else:
        assert not words


# --------------------------------------------------------------------------------------- every message

WORD_MS = 10
WORDS_IN_PIECE = 3  # of audio, as in a piece of the transcript
WORD_BYTES = WORD_MS * REPLY_BYTES_PER_MS
LETTERS = 16
GREETING, QUESTION = "Good morning", "I log_water please"
GREETED, QUESTIONED = (1, 2, 3), (11, 12, 13)
ONE_O_CLOCK = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)


def sound_of(word: str) -> bytes:
    """A word as audio: its letters, again and again."""
    return word.encode().ljust(LETTERS) * (WORD_BYTES // LETTERS)


def words_in(pcm: bytes) -> list[str]:
    """The words that were made by `sound_of`."""
    return [pcm[at : at + LETTERS].decode().strip() for at in range(0, len(pcm), WORD_BYTES)]


class WordyWits:
    """Greets back, or calls the tool and says what it returned, in audio that can be read."""

    async def hear(self, pcm: bytes) -> str:
        return GREETING if number_in(pcm) in GREETED else QUESTION

    async def speak(self, text: str) -> bytes:
        return b"".join(map(sound_of, text.split()))

    def consider(self, words: str, session: Session, tools: Tools) -> Thought:
        return Call("log_water", {"quantity": 2}) if "log_water" in words else Say(words)

    def report(self, call: Call, payload: JsonObject, session: Session) -> str:
        return str(payload["said"])


def heard_words(talking: Device) -> list[str]:
    """What was heard, but for the stand-in's word that nothing is left to say."""
    heard = " ".join(words_in(bytes(talking.played)))
    return heard.replace(NOTHING_LEFT, "").split()


class KitchenTools:
    """The real tools over a real diary at one o'clock, and what they came to."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="ladle-test-")
        self.kitchen = open_household(Settings(), Path(self._directory.name), lambda: ONE_O_CLOCK)
        self.registry = Registry(ALL_TOOLS, self.kitchen, timeout_s=10)
        self.outcomes: list[ToolOutcome] = []

    async def run(self, call: ToolCall) -> ToolOutcome:
        self.outcomes.append(await self.registry.run(call))
        return self.outcomes[-1]

    @property
    def changes(self) -> int:
        """How often a tool changed something."""
        new = [one.payload for one in self.outcomes if not one.payload.get("already_done")]
        return sum(payload["ok"] is True for payload in new)

    @property
    def water_ml(self) -> float:
        """What the diary has."""
        return self.kitchen.diary.totals("home", ONE_O_CLOCK.date()).water_ml


async def converse(reset_after: int = 0) -> tuple[Device, KitchenTools]:
    """A greeting, so that there is a session to resume, and a question that needs a tool."""
    kitchen_tools = KitchenTools()
    script = f"""
    settings: {{speed: 0, chunk_ms: {WORD_MS * WORDS_IN_PIECE}}}
    wits: true
    steps: [{{on: connect 1, do: []}}{f", {{on: sent {reset_after}, do: [reset]}}" if reset_after else ""}]
    """
    declarations = kitchen_tools.registry.declarations
    async with device(script, wits=WordyWits(), declarations=declarations, tool=kitchen_tools.run) as talking:
        opened = talking.server.received
        await talking.happens(Connected)
        talking.say(*GREETED)
        await talking.until(lambda: talking.at_rest)
        await talking.until(lambda: opened.opened == 2 or opened.last.sent["sessionResumptionUpdate"] == 1)
        talking.say(*QUESTIONED)
        await talking.until(lambda: talking.at_rest)
        if reset_after:
            await talking.happens(Connected, 2)
        else:
            await talking.until(lambda: opened.last.sent["sessionResumptionUpdate"] == 3)
        await talking.until(lambda: talking.at_rest)
        return talking, kitchen_tools


def all_that_is_said() -> list[str]:
    call = ToolCall("c1", "log_water", {"quantity": 2})
    outcome = asyncio.run(KitchenTools().run(call))
    return f"{GREETING} {outcome.payload['said']}".split()


MESSAGES = 21


def test_a_recorded_conversation_has_so_many_messages() -> None:
    talking, tools = asyncio.run(converse())
    sent = talking.server.received.last.sent
    assert words_in(bytes(talking.played)) == all_that_is_said()
    assert tools.changes == 1
    assert sum(sent.values()) - sent["usageMetadata"] == MESSAGES


@pytest.mark.parametrize("number", range(1, MESSAGES + 1))
def test_a_reset_after_any_message_of_a_conversation_costs_nothing(number: int) -> None:
    talking, tools = asyncio.run(converse(reset_after=number))
    assert heard_words(talking) == all_that_is_said(), "the answers, whole and once"
    assert talking.server.received.opened == 2
    assert tools.changes == 1
    assert tools.water_ml == 500


def is_within(some: list[str], whole: list[str]) -> bool:
    """Whether these are words of the whole, in its order."""
    left = iter(whole)
    return all(word in left for word in some)


def test_a_reply_cut_off_after_a_tool_goes_on_in_a_fresh_session_without_the_tool() -> None:
    script = """
    steps:
      - {on: connect 1, do: []}
      - {on: activity_end, do: [{input_transcript: 'How much?'}, {tool_call: {tool: look_up_food, id: c1}}]}
      - {on: tool_response, do: [{output_transcript: 'Rice has'}, {audio: {ms: 40, speed: 0}}, reset]}
      - {on: connect 2, do: []}
      - {on: client_content, do: [{reply: {ms: 40, speed: 0}}]}
    """

    async def scene() -> str:
        async with device(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(Connected, 2)
            await talking.until(lambda: talking.at_rest)
            return told(talking)[0]

    assert "look_up_food had done its work" in asyncio.run(scene())


# --------------------------------------------------------------------------------------- at random moments

QUESTIONS = range(10, 400, 10)
REPLY_WORDS = 9


class CountingWits(WordyWits):
    """Answers a question, the number of its first frame, with nine words; every third after a tool."""

    async def hear(self, pcm: bytes) -> str:
        return str(number_in(pcm))

    def consider(self, words: str, session: Session, tools: Tools) -> Thought:
        number = words.rsplit(maxsplit=1)[-1]
        return Call("look_up_food", {"food": number}) if int(number) % 3 == 0 else Say(reply_to(number))

    def report(self, call: Call, payload: JsonObject, session: Session) -> str:
        return reply_to(str(call.arguments["food"]))


def reply_to(number: str) -> str:
    return " ".join(f"{number}.{word}" for word in range(REPLY_WORDS))


@pytest.mark.parametrize("failure", ["reset", "{close: 1011}", "{go_away: 0s}"])
def test_connections_that_end_at_random_moments_lose_no_question_and_repeat_nothing(failure: str) -> None:
    script = f"""
    seed: 7
    settings: {{speed: 4, chunk_ms: {WORD_MS * WORDS_IN_PIECE}}}
    wits: true
    steps: [{{on: after_ms 20-90, do: [{failure}]}}]
    """

    async def scene() -> tuple[Device, list[list[str]]]:
        heard: list[list[str]] = []
        async with device(script, wits=CountingWits()) as talking:
            await talking.happens(Connected)
            for number in QUESTIONS:
                talking.say(number, ended=False)
                await asyncio.sleep(0.005)  # not for correctness: so that some failures fall in here
                talking.go_on(number + 1, number + 2)
                await talking.until(lambda: talking.at_rest)
                heard.append(heard_words(talking))
                talking.played.clear()
            return talking, heard

    talking, heard = asyncio.run(scene())
    assert talking.server.received.opened > 10
    for number, words in zip(QUESTIONS, heard, strict=True):
        assert words, "every question was answered"
        assert is_within(words, reply_to(str(number)).split()), "with its own answer, and nothing of it twice"
    activities = [talking.heard(record.number) for record in talking.server.received.connections]
    for one in activities:
        numbers = [number for activity in one for number in activity]
        assert numbers == sorted(set(numbers)), "no frame twice on one connection"
    whole = [activity for one in activities for activity in one]
    assert all([number, number + 1, number + 2] in whole for number in QUESTIONS)
    assert len(talking.ran) == len({call.arguments["food"] for call in talking.ran}), "no tool ran twice"


# --------------------------------------------------------------------------------------- no packets at all


def test_a_half_open_connection_is_noticed_while_somebody_speaks() -> None:
    script = f"""
    tracks:
      - - {{on: connect 1, do: []}}
        - {{on: setup, do: [setup_complete, {{resumption: h1}}]}}
        - {{on: audio_frames 2, do: [black_hole]}}
        - {{on: connect 3-, do: []}}
        - {{on: activity_end, repeat: forever, do: [{WHOLE}]}}
    """

    async def scene() -> tuple[Device, float]:
        async with device(script, half_open_timeout_s=1) as talking:
            await talking.happens(Connected)
            talking.say(*FIRST[:2], ended=False)
            first = talking.server.received.connection(1)
            await talking.until(lambda: first.counts["audio"] == 2)
            loop = asyncio.get_running_loop()
            began = loop.time()
            numbers = list(FIRST[:2])
            while not talking.count(ConnectionLost):
                numbers.append(numbers[-1] + 1)
                talking.go_on(numbers[-1], ended=False)
                await asyncio.sleep(0.02)  # a person who goes on speaking
            took_s = loop.time() - began
            talking.go_on()
            await talking.happens(TurnComplete)
            await talking.until(lambda: talking.at_rest)
            assert talking.heard(talking.server.received.last.number) == [numbers]
            return talking, took_s

    talking, took_s = asyncio.run(scene())
    assert 0.5 < took_s < 3.0
    assert bytes(talking.played) == REPLY
    refused, accepted = list(talking.server.received.connections)[1:]
    assert refused.close_code == 1011, "to the server the old connection is open, and its session taken"
    assert accepted.setup is not None
    assert accepted.setup.handle is None


# --------------------------------------------------------------------------------------- odd, but legal


def test_a_minute_of_reply_in_one_burst_arrives_whole_and_in_order() -> None:
    minute = ", ".join(f"{{audio: {{ms: 1000, hz: {hz}, speed: 0}}}}" for hz in range(300, 360))
    script = f"""
    steps:
      - {{on: activity_end, do: [{minute}, generation_complete, turn_complete]}}
      - {{on: activity_end, do: [{WHOLE}]}}
    """

    async def scene() -> Device:
        async with device(script) as talking:
            await talking.happens(Connected)
            talking.say(*FIRST)
            await talking.happens(TurnComplete)
            talking.press()
            talking.say(*SECOND)
            await talking.happens(TurnComplete, 2)
            return talking

    talking = asyncio.run(scene())
    assert bytes(talking.played) == b"".join(tone(1000, hz) for hz in range(300, 360)) + REPLY
    assert talking.server.received.opened == 1
    assert not talking.count(ConnectionLost)


@pytest.mark.parametrize("finished", [True, False], ids=["answered at the same time", "still at work"])
def test_a_server_that_goes_on_as_if_a_cancelled_call_had_been_answered_does_no_harm(finished: bool) -> None:
    script = f"""
    steps:
      - {{on: activity_end, do: [{CALL}, {{wait: 50}}, cancel, {WHOLE}]}}
      - {{on: activity_end, do: [{WHOLE}]}}
    """

    async def scene() -> Device:
        async with device(script) as talking:
            if not finished:
                talking.tools_may_end.clear()
            await talking.happens(Connected)
            talking.say(*FIRST)
            await talking.happens(TurnComplete)
            talking.tools_may_end.set()
            await talking.until(lambda: talking.at_rest)
            talking.say(*SECOND)
            await talking.happens(TurnComplete, 2)
            await talking.until(lambda: talking.at_rest)
            return talking

    talking = asyncio.run(scene())
    record = talking.server.received.last
    assert len(record.tool_responses) == finished, "nothing is sent for a call that was taken back"
    assert not record.client_contents
    assert bytes(talking.played) == REPLY + REPLY
    assert talking.server.received.opened == 1


def test_a_call_that_comes_several_times_is_answered_once() -> None:
    copies = CALL.replace("id: c7", "id: c7, copies: 3, also_in_turn: true")
    script = f"""
    steps:
      - {{on: activity_end, do: [{copies}]}}
      - {{on: tool_response, do: [{WHOLE}]}}
    """

    async def scene() -> Device:
        async with device(script) as talking:
            talking.tools_may_end.clear()
            await talking.happens(Connected)
            talking.say(*FIRST)
            await talking.happens(ToolCallReceived, 3)
            talking.tools_may_end.set()
            await talking.happens(TurnComplete)
            await talking.until(lambda: talking.at_rest)
            return talking

    talking = asyncio.run(scene())
    assert len(talking.ran) == 1
    [response] = talking.server.received.last.tool_responses
    assert response.id == "c7"
    assert bytes(talking.played) == REPLY


def test_a_call_that_comes_again_after_its_answer_does_no_harm() -> None:
    script = f"""
    steps:
      - {{on: activity_end, do: [{CALL}]}}
      - {{on: tool_response, do: [{CALL}]}}
      - {{on: tool_response, do: [{WHOLE}]}}
    """

    async def scene() -> Device:
        async with device(script) as talking:
            await talking.happens(Connected)
            talking.say(*FIRST)
            await talking.happens(TurnComplete)
            return talking

    talking = asyncio.run(scene())
    assert [response.id for response in talking.server.received.last.tool_responses] == ["c7", "c7"]
    assert talking.server.received.opened == 1
