"""One spoken sentence for each tool, through the voice, a room and the ear; and a consent by voice."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from google.genai.live import AsyncSession

from device.rehearsal.brain import Brain
from device.rehearsal.ear import Ear
from device.rehearsal.handles import Session
from device.rehearsal.mouth import MICROPHONE_VOICE, Mouth
from device.rehearsal.own_wits import OwnWits
from device.rehearsal.server import RehearsalServer
from device.rehearsal.wits import Call
from tests.rehearsal.client import answer, called, config, run, send_audio, talking, until
from tests.rehearsal.test_brain_requests import MODEL, SPOKEN, TOOLS
from tests.rehearsal.test_voice import in_a_kitchen

SENTENCES = {
    "log_food": "I had a bowl of soup for lunch.",
    "unplanned_food": "I just had a slice of pizza and a glass of milk.",
    "missed_meal": "I skipped lunch on purpose.",
    "substitute": "What can I use instead of butter?",
    "suggest_meal": "What should I eat for dinner?",
    "log_activity": "I went swimming for 40 minutes.",
    "day_status": "How many calories do I have left?",
    "undo": "Delete that.",
    "log_weight": "My weight is 160 pounds.",
    "log_water": "We had a cup of water.",
    "timer": "Set a timer for ten minutes.",
    "set_profile": "I am 35 years old.",
}
MISSED_MEAL = [
    {
        "name": "missed_meal",
        "parameters": {
            "type": "OBJECT",
            "properties": {"meal": {"type": "STRING"}, "confirm": {"type": "STRING"}},
        },
    }
]


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain.load()


@pytest.fixture(scope="module")
def ear() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    ear.close()


@pytest.mark.rehearsal
@pytest.mark.parametrize("tool", SENTENCES)
def test_a_spoken_request_reaches_its_tool(brain: Brain, ear: Ear, tool: str) -> None:
    async def scenario() -> None:
        sentence = SENTENCES[tool]
        speech = await Mouth(MICROPHONE_VOICE).for_microphone(sentence)
        heard = await ear.hear(in_a_kitchen(speech, random.Random(sentence)), brain.clarity)
        assert brain.consider(heard, Session(MODEL), TOOLS) == Call(tool, SPOKEN[tool][sentence]), heard

    run(scenario())


@pytest.mark.rehearsal
def test_a_missed_meal_is_agreed_on_aloud() -> None:
    async def scenario() -> None:
        wits = await OwnWits.ready()
        settings = config(tools=[{"function_declarations": MISSED_MEAL}])
        consent = {"tool": "missed_meal", "set": {"confirm": "a1b2c3"}}
        async with RehearsalServer(wits=wits) as server, talking(server, settings) as session:
            await speak(session, "I missed lunch today.")
            call = await called(session)
            assert call.args == {"meal": "lunch"}
            await answer(session, call, ok=False, code="NOT_CONFIRMED", ask="Shall I?", retry=consent)
            await until(session, "turn")
            await speak(session, "Yes, please.")
            call = await called(session)
            assert call.args == {"meal": "lunch", "confirm": "a1b2c3"}

    run(scenario())


async def speak(session: AsyncSession, sentence: str) -> None:
    """Say it into the microphone, as a gate passes it on."""
    speech = await Mouth(MICROPHONE_VOICE).for_microphone(sentence)
    pcm = in_a_kitchen(speech, random.Random(sentence))
    await session.send_realtime_input(activity_start={})
    for at in range(0, len(pcm), 640):
        await send_audio(session, pcm[at : at + 640])
    await session.send_realtime_input(activity_end={})
