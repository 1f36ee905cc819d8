"""What is said after a break, when the device tells the model about it over the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from google.genai import types
from google.genai.live import AsyncSession

from device.events import ToolOutcome
from device.live.prompts import go_on, late_outcome, restored
from device.rehearsal.answers import NOTHING_LEFT, SAY_AGAIN
from device.rehearsal.brain import Brain
from device.rehearsal.handles import Session
from device.rehearsal.server import RehearsalServer
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Thought, Tools
from tests.rehearsal.client import (
    FakeWits,
    answer,
    called,
    config,
    next_message,
    run,
    say,
    spoken,
    talking,
    tool,
    until,
    witty,
    write,
)

REPLY = "You said hello to me just now."


def outcome(**payload: object) -> ToolOutcome:
    return ToolOutcome(call_id="call-1", name="missed_meal", payload=payload)


# --------------------------------------------------------------------------------------- going on


class Counting(FakeWits):
    """Counts how often it thinks about the same words."""

    def __init__(self) -> None:
        super().__init__(speak_ms=40)
        self.considered: list[str] = []

    def consider(self, words: str, session: Session, tools: Tools) -> Thought:
        self.considered.append(words)
        return super().consider(words, session, tools)


def remarks(session: Session) -> list[tuple[bool, str]]:
    return [(remark.by_user, remark.text) for remark in session.remarks]


async def a_turn(session: AsyncSession) -> types.SessionResumptionConfig:
    """Ask, hear the answer, and take the handle that follows."""
    await say(session)
    await until(session, "turn")
    update = (await next_message(session)).session_resumption_update
    assert update is not None
    return types.SessionResumptionConfig(handle=update.new_handle)


@asynccontextmanager
async def resumed_after_a_turn(server: RehearsalServer) -> AsyncIterator[AsyncSession]:
    """A connection that goes on with a session in which one question was asked and answered."""
    async with talking(server) as session:
        resumption = await a_turn(session)
    async with talking(server, config(session_resumption=resumption)) as session:
        yield session


async def told(session: AsyncSession, text: str) -> str:
    """What is answered to a text of the device."""
    await write(session, ("user", text))
    return await spoken(session)


@pytest.mark.parametrize(
    ("asked", "said", "rest"),
    [
        ("hello", "You said hello", "to me just now."),
        ("", "You said hello", "to me just now."),
        ("hello", "", REPLY),
        ("oh hello", "You said", "hello to me just now."),
        ("hello", REPLY, NOTHING_LEFT),
        ("", "", SAY_AGAIN),
        ("", "Something else", SAY_AGAIN),
    ],
)
def test_a_reply_that_is_remembered_goes_on(asked: str, said: str, rest: str) -> None:
    async def scenario() -> None:
        wits = Counting()
        async with witty(wits) as server, resumed_after_a_turn(server) as session:
            assert await told(session, go_on(asked, said)) == rest
            assert wits.considered == ["hello"]
            assert remarks(wits.sessions[0]) == [(True, "hello"), (False, REPLY)]

    run(scenario())


def test_a_reply_can_be_cut_off_twice() -> None:
    async def scenario() -> None:
        async with witty() as server, resumed_after_a_turn(server) as session:
            assert await told(session, go_on("hello", "You said")) == "hello to me just now."
            assert await told(session, go_on("hello", "You said hello to me")) == "just now."
            assert await told(session, go_on("hello", "to me")) == "just now."

    run(scenario())


@pytest.mark.parametrize(
    ("asked", "said", "answered"),
    [
        ("hello", "You said hello", "to me just now."),
        ("hello", "Good evening", REPLY),
        ("hello", "", REPLY),
        ("", "You said hello", SAY_AGAIN),
        ("", "", SAY_AGAIN),
    ],
)
def test_a_fresh_session_thinks_about_the_words_anew(asked: str, said: str, answered: str) -> None:
    async def scenario() -> None:
        wits = Counting()
        async with witty(wits) as server, talking(server) as session:
            assert await told(session, go_on(asked, said)) == answered
            assert wits.considered == ([asked] if asked else [])
            if asked:
                assert remarks(wits.sessions[0]) == [(True, "hello"), (False, REPLY)]

    run(scenario())


def test_the_answer_to_an_older_question_is_not_gone_on_with() -> None:
    async def scenario() -> None:
        async with witty() as server, resumed_after_a_turn(server) as session:
            assert await told(session, go_on("good day", "You said")) == "good day to me just now."

    run(scenario())


def test_going_on_may_need_a_tool() -> None:
    async def scenario() -> None:
        async with witty() as server, talking(server, config(tools=[tool()])) as session:
            await write(session, ("user", go_on("missed_meal", "The tool says")))
            await answer(session, await called(session), said="lunch moves")
            assert await spoken(session) == "lunch moves."

    run(scenario())


def test_a_tool_whose_connection_was_lost_is_asked_again_without_thinking_again() -> None:
    async def scenario() -> None:
        wits = Counting()
        async with witty(wits) as server:
            async with talking(server, config(tools=[tool()])) as session:
                resumption = await a_turn(session)
                wits.heard = "missed_meal"
                await say(session)
                await called(session)
            async with talking(server, config(tools=[tool()], session_resumption=resumption)) as session:
                await write(session, ("user", go_on("missed_meal", "")))
                await answer(session, await called(session), said="lunch moves")
                assert await spoken(session) == "The tool says lunch moves."
            assert wits.considered == ["hello", "missed_meal"]
            assert [text for by_user, text in remarks(wits.sessions[0]) if by_user] == wits.considered

    run(scenario())


# --------------------------------------------------------------------------------------- late outcomes


def test_a_late_outcome_is_told() -> None:
    async def scenario() -> None:
        wits = FakeWits(speak_ms=40)
        async with witty(wits) as server, talking(server) as session:
            text = late_outcome(outcome(said="lunch moves"), {"meal": "lunch"}, "I missed it", silent=False)
            assert await told(session, text) == "The tool says lunch moves."
            await say(session)
            await until(session, "audio")
            assert remarks(wits.sessions[0])[:2] == [
                (True, "I missed it"),
                (False, "The tool says lunch moves."),
            ]

    run(scenario())


def test_a_silent_outcome_is_answered_with_nothing() -> None:
    async def scenario() -> None:
        async with witty() as server, talking(server) as session:
            await write(session, ("user", late_outcome(outcome(said="x"), {}, "", silent=True)))
            assert await until(session, "turn") == ["turn"]

    run(scenario())


@pytest.mark.parametrize("by", ["activity", "text", "content"])
def test_a_silent_outcome_is_no_part_of_what_is_said_next(by: str) -> None:
    async def scenario() -> None:
        wits = FakeWits(speak_ms=40)
        async with witty(wits) as server, talking(server) as session:
            silent = late_outcome(outcome(said="x"), {}, "I missed lunch.", silent=True)
            await write(session, ("user", silent), complete=False)
            if by == "activity":
                await say(session)
            elif by == "text":
                await session.send_realtime_input(text="hello")
            else:
                await write(session, ("user", "hello"))
            assert await spoken(session) == REPLY
            assert remarks(wits.sessions[0]) == [(True, "hello"), (False, REPLY)]

    run(scenario())


# --------------------------------------------------------------------------------------- restored


class Thinking(FakeWits):
    """Thinks with a real brain, and speaks in tones."""

    def __init__(self, brain: Brain, heard: str) -> None:
        super().__init__(heard, speak_ms=40)
        self._brain = brain

    def consider(self, words: str, session: Session, tools: Tools) -> Thought:
        return self._brain.consider(words, session, tools)

    def report(self, call: Call, payload: JsonObject, session: Session) -> str:
        return self._brain.report(call, payload, session)


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain.load()


OPENING = ("user", restored("It is Monday."))
TURNS = (("user", "I like pizza."), ("model", "So do I."))


@pytest.mark.parametrize(
    ("history", "recalled"),
    [
        ((OPENING, *TURNS), "You said: I like pizza."),
        ((OPENING,), "You have not said anything yet."),
        (TURNS, "You said: I like pizza."),
    ],
)
@pytest.mark.parametrize("initial", [True, False])
def test_the_opening_of_a_history_was_not_said_by_anybody(
    brain: Brain, history: tuple[tuple[str, str], ...], recalled: str, initial: bool
) -> None:
    async def scenario() -> None:
        setup = config(history_config={"initial_history_in_client_content": initial})
        async with (
            witty(Thinking(brain, "What did I just say?")) as server,
            talking(server, setup) as session,
        ):
            await write(session, *history, complete=initial)
            await say(session)
            assert await spoken(session) == recalled

    run(scenario())


def test_what_was_asked_before_a_break_is_what_was_said_last(brain: Brain) -> None:
    async def scenario() -> None:
        setup = config(history_config={"initial_history_in_client_content": True})
        async with witty(Thinking(brain, "What did I say?")) as server, talking(server, setup) as session:
            await write(session, OPENING, *TURNS)
            assert await told(session, go_on("Thank you.", "You")) == "are welcome."
            await say(session)
            assert await spoken(session) == "You said: Thank you."

    run(scenario())


def test_a_question_about_the_last_words_survives_a_break(brain: Brain) -> None:
    async def scenario() -> None:
        wits = Thinking(brain, "I like pizza.")
        async with witty(wits) as server, resumed_after_a_turn(server) as session:
            wits.heard = "What did I say?"
            await say(session)
            assert await spoken(session) == "You said: I like pizza."
            assert await told(session, go_on("What did I say?", "You said:")) == "I like pizza."

    run(scenario())
