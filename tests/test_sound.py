"""The main job through real sound: a voice in the virtual room asks, and the answer is heard in it.

PortAudio captures and plays on a virtual sound card; daemon, stand-in and card are processes of their own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import soxr
import webrtcvad
import yaml

from device.rehearsal.ear import Ear
from device.rehearsal.mouth import MICROPHONE_VOICE, Mouth
from tests.audio.virtual_card import VirtualCard, virtual_card
from tests.sounds import silence, write_wav

pytestmark = [pytest.mark.sound, pytest.mark.rehearsal]

LADLE = [sys.executable, "-m", "device.cli"]
QUESTION = "How much protein is in a chicken breast?"


@contextmanager
def running(card: VirtualCard, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*LADLE, *words], env=card.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


def wait_for(process: subprocess.Popen[str], event: str) -> str:
    """The journal line of an event; fails where the daemon ends without it."""
    assert process.stderr
    said = []
    for line in process.stderr:
        said.append(line)
        if event in line.split():
            return line
    pytest.fail(f"no {event} in the journal: {said}")


def as_heard_at_16_khz(recorded: Path) -> bytes:
    samples = np.frombuffer(recorded.read_bytes()[: recorded.stat().st_size // 2 * 2], dtype=np.int16)
    heard: bytes = soxr.resample(samples, 24_000, 16_000).astype(np.int16).tobytes()
    return heard


def voiced_s(pcm: bytes) -> float:
    detector = webrtcvad.Vad(3)
    blocks = (pcm[at : at + 640] for at in range(0, len(pcm) - 639, 640))
    voiced: int = sum(detector.is_speech(block, 16_000) for block in blocks)
    return voiced * 0.02


@pytest.mark.timeout(120)
def test_a_question_in_the_room_is_answered_in_the_room(tmp_path: Path) -> None:
    question = asyncio.run(Mouth(MICROPHONE_VOICE).for_microphone(QUESTION))
    wav = write_wav(tmp_path / "question.wav", silence(0.3) + question + silence(0.3))
    with virtual_card() as card, running(card, "rehearsal-server") as stand_in:
        assert stand_in.stdout
        live = json.loads(stand_in.stdout.readline())
        config = tmp_path / "ladle.yaml"
        audio = {"input": "default", "output": "default", "latency_ms": 150}
        config.write_text(yaml.safe_dump({"live": live, "audio": audio}), encoding="utf-8")
        with (
            card.recording_speaker(tmp_path / "answer.raw"),
            running(card, "run", "--config", str(config)) as daemon,
        ):
            wait_for(daemon, "ready")
            card.play_into_microphone(wav)
            wait_for(daemon, "tool_called")
            wait_for(daemon, "reply_ended")
    answer = as_heard_at_16_khz(tmp_path / "answer.raw")
    assert voiced_s(answer) > 2, "somebody speaks for some seconds"
    assert "chicken" in asyncio.run(Ear().hear(answer, clarity=len)).lower()


LONG_ANSWER = "What can you do?"
HEARD_WITHIN = timedelta(seconds=0.5)
INTERRUPTION = "Stop please, I would like to ask you about something else entirely."


@pytest.mark.timeout(120)
def test_with_its_own_voice_in_the_room_it_is_stopped_by_a_person_and_not_by_itself(tmp_path: Path) -> None:
    """The echo comes back through PulseAudio, 60 ms late and as loud as the person."""

    def voice(name: str, text: str) -> Path:
        pcm = asyncio.run(Mouth(MICROPHONE_VOICE).for_microphone(text))
        return write_wav(tmp_path / name, silence(0.2) + pcm + silence(0.2))

    question, over_it = voice("question.wav", LONG_ANSWER), voice("over_it.wav", INTERRUPTION)
    with virtual_card() as card, running(card, "rehearsal-server") as stand_in:
        assert stand_in.stdout
        live = json.loads(stand_in.stdout.readline())
        card.hear_itself()
        config = tmp_path / "ladle.yaml"
        audio = {"input": "default", "output": "default", "latency_ms": 150}
        config.write_text(yaml.safe_dump({"live": live, "audio": audio}), encoding="utf-8")
        with running(card, "run", "--config", str(config)) as daemon:
            assert "by=software duplex=full" in wait_for(daemon, "echo")
            wait_for(daemon, "ready")
            for _ in range(2):
                card.play_into_microphone(question)
                wait_for(daemon, "reply_started")
                assert "interrupted" not in until(daemon, "reply_ended"), "by its own echo"
            card.play_into_microphone(question)
            wait_for(daemon, "reply_started")
            card.play_into_microphone(over_it)
            spoken_until = datetime.now() + HEARD_WITHIN
            assert "by=voice" in wait_for(daemon, "interrupted")
            wait_for(daemon, "reply_started")
            # On a busy machine the person may stutter, and interrupt an answer to the first half.
            interrupted = [
                line for line in until(daemon, "reply_ended").splitlines() if "interrupted" in line
            ]
            assert all(time_of(line) < spoken_until for line in interrupted), (
                "though the speaker was restarted"
            )


def time_of(line: str) -> datetime:
    """Of a line of the journal, on a terminal."""
    return datetime.fromisoformat(line[:23].replace(",", "."))


def until(process: subprocess.Popen[str], event: str) -> str:
    """All that the journal says up to and with that event."""
    assert process.stderr
    said = []
    for line in process.stderr:
        said.append(line)
        if event in line.split():
            return "".join(said)
    pytest.fail(f"no {event} in the journal: {said}")
