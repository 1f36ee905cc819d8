"""The main job, for real: somebody asks in the room, and the installed service answers there.

PulseAudio on the host is the room; its socket is the machine's sound card.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from device.rehearsal.ear import Ear
from device.rehearsal.mouth import MICROPHONE_VOICE, Mouth
from tests.audio.virtual_card import VirtualCard
from tests.container.figures import timed
from tests.container.machine import Machine, booted, fresh_root
from tests.container.scenes import CONFIGURATION, Installation, StandIn, a_room, hear_the_room
from tests.sounds import silence, write_wav
from tests.test_sound import as_heard_at_16_khz, voiced_s

pytestmark = [
    pytest.mark.container,
    pytest.mark.sound,
    pytest.mark.rehearsal,
    pytest.mark.timeout(900),
]

CONVERSATION = (
    ("How much protein is in a chicken breast?", "chicken"),
    ("I had two slices of pizza.", "pizza"),
)


@pytest.fixture
def room() -> Iterator[tuple[Path, VirtualCard]]:
    """A room with a sound card, and where its socket lies."""
    with a_room() as room:
        yield room


@pytest.fixture
def listening(
    installation: Installation, stand_in: StandIn, room: tuple[Path, VirtualCard]
) -> Iterator[Machine]:
    """A machine whose Ladle hears and speaks in the room."""
    with fresh_root([installation.root]) as root, booted(root, sound=room[0]) as machine:
        settings = stand_in.settings(input="pulse", output="pulse", latency_ms=150)
        machine.path(CONFIGURATION).write_text(yaml.safe_dump(settings), encoding="utf-8")
        hear_the_room(machine)
        machine.run("systemctl", "restart", "ladle")
        yield machine


def test_what_is_asked_in_the_room_is_answered_there(
    listening: Machine, room: tuple[Path, VirtualCard], tmp_path: Path
) -> None:
    _, card = room
    broken = {fault["part"] for fault in listening.status()["faults"]}
    assert broken.isdisjoint({"microphone", "speaker"})
    for number, (question, about) in enumerate(CONVERSATION):
        voice = asyncio.run(Mouth(MICROPHONE_VOICE).for_microphone(question))
        wav = write_wav(tmp_path / f"question{number}.wav", silence(0.3) + voice + silence(0.3))
        recording, since = tmp_path / f"answer{number}.raw", listening.now()
        with card.recording_speaker(recording):
            card.play_into_microphone(wav)
            listening.wait_for("tool_called", since)
            listening.wait_for("reply_ended", since)
        answer = as_heard_at_16_khz(recording)
        assert voiced_s(answer) > 1, "somebody speaks for a while"
        assert about in asyncio.run(Ear().hear(answer, clarity=len)).lower()
    diary = listening.run("ladle", "diary", "today").stdout
    assert "pizza" in diary.lower()
    with timed("systemctl stop ladle, with sound"):
        listening.run("systemctl", "stop", "ladle")
    assert listening.property("Result") == "success"
