"""The voice and the ear: the example conversation spoken, heard, understood and answered aloud."""

from __future__ import annotations

import asyncio
import random
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from device.errors import UnavailableError
from device.rehearsal import mouth as mouths
from device.rehearsal.brain import Brain
from device.rehearsal.ear import CLEAR, Ear, levelled, trimmed
from device.rehearsal.handles import Session
from device.rehearsal.mouth import MICROPHONE_VOICE, Mouth, parse_wav
from device.rehearsal.own_wits import OwnWits
from device.rehearsal.protocol import FunctionDeclaration
from device.rehearsal.server import RehearsalServer
from device.rehearsal.wits import Call, Say
from tests.rehearsal.client import (
    answer,
    called,
    config,
    run,
    send_audio,
    talking,
)

EXAMPLE = {
    "I missed lunch today.": Call("missed_meal", {"meal": "lunch"}),
    "How much protein is in a chicken breast?": Call(
        "look_up_food", {"food": "chicken breast", "quantity": 1}
    ),
    "How many calories are in two slices of pizza?": Call(
        "look_up_food", {"food": "pizza", "quantity": 2, "unit": "slice"}
    ),
    "Thank you, that is all.": Say("You are welcome."),
}
ROUNDS = 5
FULL_SCALE = 32_768

TEXT = {"type": "STRING"}
DECLARATIONS = [
    {
        "name": "look_up_food",
        "parameters": {
            "type": "OBJECT",
            "properties": {"food": TEXT, "quantity": {"type": "NUMBER"}, "unit": TEXT},
        },
    },
    {"name": "missed_meal", "parameters": {"type": "OBJECT", "properties": {"meal": TEXT}}},
]
TOOLS = {str(tool["name"]): FunctionDeclaration.model_validate(tool) for tool in DECLARATIONS}


def in_a_kitchen(speech: bytes, chance: random.Random) -> bytes:
    """Speech as a gate cuts it out: room before and after, some noise, not always the same loudness."""
    samples = np.frombuffer(speech, dtype="<i2") * chance.uniform(0.4, 1.0)
    lead, tail = (16_000 * chance.randint(low, high) // 1000 for low, high in ((380, 420), (580, 620)))
    padded = np.concatenate([np.zeros(lead), samples, np.zeros(tail)])
    noise = FULL_SCALE * 10 ** (chance.uniform(-60, -45) / 20)
    padded += np.random.default_rng(chance.randrange(2**32)).normal(0, noise, len(padded))
    return padded.clip(-FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()


@contextmanager
def an_ear() -> Iterator[Ear]:
    ear = Ear()
    try:
        yield ear
    finally:
        ear.close()


@pytest.mark.rehearsal
@pytest.mark.parametrize("sentence", EXAMPLE)
def test_the_example_conversation_is_understood_every_time(sentence: str) -> None:
    async def scenario() -> None:
        chance = random.Random(sentence)
        brain = Brain.load()
        speech = await Mouth(MICROPHONE_VOICE).for_microphone(sentence)
        with an_ear() as ear:
            for _ in range(ROUNDS):
                heard = await ear.hear(in_a_kitchen(speech, chance), brain.clarity)
                assert brain.consider(heard, Session("m"), TOOLS) == EXAMPLE[sentence], heard

    run(scenario())


@pytest.mark.rehearsal
def test_a_spoken_question_is_answered_aloud_over_the_wire() -> None:
    async def scenario() -> None:
        speech = in_a_kitchen(
            await Mouth(MICROPHONE_VOICE).for_microphone("I missed lunch today."), random.Random(1)
        )
        wits = await OwnWits.ready()
        settings = config(tools=[{"function_declarations": DECLARATIONS}])
        async with RehearsalServer(wits=wits) as server, talking(server, settings) as session:
            await session.send_realtime_input(activity_start={})
            for at in range(0, len(speech), 640):
                await send_audio(session, speech[at : at + 640])
            await session.send_realtime_input(activity_end={})
            call = await called(session)
            assert (call.name, call.args) == ("missed_meal", {"meal": "lunch"})
            await answer(session, call, ok=True, said="Lunch moves to dinner.")
            audio, said = b"", ""
            async for message in session.receive():
                content = message.server_content
                audio += message.data or b""
                if content and content.output_transcription:
                    said += content.output_transcription.text or ""
            assert said == "Lunch moves to dinner."
            assert 1.0 < len(audio) / 48_000 < 3.0
            assert np.abs(np.frombuffer(audio, dtype="<i2")).max() > 3000

    run(scenario())


@pytest.mark.rehearsal
def test_what_the_stand_in_says_can_be_heard() -> None:
    async def scenario() -> None:
        mouth = Mouth(MICROPHONE_VOICE)
        with an_ear() as ear:
            heard = await ear.hear(await mouth.for_microphone("Thank you very much."), lambda words: CLEAR)
            assert "thank you" in heard.lower()
        reply, question = await mouth.for_reply("Hello."), await mouth.for_microphone("Hello.")
        assert abs(len(reply) / 24_000 - len(question) / 16_000) < 0.01

    run(scenario())


@pytest.mark.rehearsal
@pytest.mark.parametrize("silence", [b"", b"\x00\x00" * 16_000, b"\x05\x00\xfb\xff" * 8_000])
def test_silence_is_no_words(silence: bytes) -> None:
    with an_ear() as ear:
        assert run(ear.hear(silence, lambda words: 0)) == ""


@pytest.mark.rehearsal
def test_espeak_speaks_where_there_is_no_flite(monkeypatch: pytest.MonkeyPatch) -> None:
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "flite" else found(name))
    assert mouths.find_program() == "espeak-ng"
    assert len(run(Mouth().for_reply("Hello."))) > 24_000 // 4


# --------------------------------------------------------------------------------------- without a voice


def test_an_unclear_sentence_is_listened_to_again_and_the_clearest_words_win() -> None:
    ear = Ear.__new__(Ear)
    takes = iter(["mumble", "half clear", "mumble", "mumble"])
    ear._transcribe = lambda speech, change: next(takes)  # type: ignore[method-assign]
    speech = struct.pack("<8000h", *([8000, -8000] * 4000))
    assert run(ear.hear(speech, lambda words: int(words == "half clear"))) == "half clear"
    assert list(takes) == []


def test_a_clear_sentence_is_listened_to_once() -> None:
    ear = Ear.__new__(Ear)
    takes = iter(["clear", "mumble"])
    ear._transcribe = lambda speech, change: next(takes)  # type: ignore[method-assign]
    speech = struct.pack("<8000h", *([8000, -8000] * 4000))
    assert run(ear.hear(speech, lambda words: CLEAR)) == "clear"
    assert list(takes) == ["mumble"]


def test_near_silence_around_speech_is_cut_to_fifty_ms() -> None:
    chance = np.random.default_rng(1)
    quiet = chance.normal(0, 0.001, 8_000).astype(np.float32)
    loud = chance.normal(0, 0.2, 4_800).astype(np.float32)
    speech = trimmed(np.concatenate([quiet, loud, quiet]))
    assert 4_800 + 2 * 640 <= len(speech) <= 4_800 + 2 * 960
    assert len(trimmed(quiet)) == 0
    assert len(trimmed(quiet[:0])) == 0


def test_quiet_speech_is_made_louder_and_loud_speech_is_left_alone() -> None:
    loud = np.array([0.9, -0.5], np.float32)
    assert levelled(loud) is loud
    assert np.abs(levelled(loud * np.float32(0.1))).max() == pytest.approx(0.6)
    assert len(levelled(loud[:0])) == 0


def test_without_a_voice_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UnavailableError, match="sudo apt-get install flite"):
        Mouth()


def test_without_the_recogniser_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "moonshine_voice", SimpleNamespace())
    with pytest.raises(UnavailableError, match=r"ladle\[rehearsal\].*install\.sh try"):
        Ear()


def test_a_voice_that_fails_is_reported() -> None:
    with pytest.raises(UnavailableError, match="could not speak"):
        run(mouths._run(("false",)))


def test_a_cancelled_voice_is_ended() -> None:
    async def scenario() -> None:
        speaking = asyncio.ensure_future(mouths._run(("sleep", "60")))
        await asyncio.sleep(0.05)
        speaking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(speaking, 2)

    run(scenario())


def wav(channels: int = 1, bits: int = 16, size: int | None = None) -> bytes:
    """A WAV of four samples; `size` as a program that writes to a pipe states it."""
    form = struct.pack("<HHIIHH", 1, channels, 22_050, 44_100, 2, bits)
    data = struct.pack("<4h", 1, 2, 3, 4)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"LIST\x02\x00\x00\x00ab"
    return b"RIFF\x00\x00\x00\x00WAVE" + chunks + b"data" + struct.pack("<I", size or len(data)) + data


@pytest.mark.parametrize("size", [None, 0x7FFFF000])
def test_a_wav_is_read_whatever_size_it_states(size: int | None) -> None:
    sound = parse_wav(wav(size=size))
    assert (sound.rate_hz, struct.unpack("<4h", sound.pcm)) == (22_050, (1, 2, 3, 4))


@pytest.mark.parametrize("data", [b"", b"RIFFxxxxWAVE", wav(channels=2), wav(bits=8), b"hello" * 10])
def test_other_sounds_are_refused(data: bytes) -> None:
    with pytest.raises(UnavailableError):
        parse_wav(data)
