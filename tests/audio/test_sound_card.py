"""Microphone and speaker through real PortAudio on a virtual sound card, in a process that uses that card."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audio.virtual_card import VirtualCard, virtual_card
from tests.sounds import loud_blocks, tone, write_wav

pytestmark = pytest.mark.sound

CAPTURE = """
import asyncio, sys
from device.audio.devices import open_microphone
from device.config import AudioSettings
async def main():
    microphone = open_microphone(AudioSettings(input="pulse", latency_ms=200))
    microphone.start()
    pcm = b""
    async for frame in microphone.frames():
        pcm += frame.pcm
        if frame.number == 10:
            print("capturing", flush=True)
        if frame.number == int(sys.argv[2]):
            break
    microphone.close()
    open(sys.argv[1], "wb").write(pcm)
asyncio.run(main())
"""

PLAY = """
import asyncio, sys
from device.audio.devices import open_speaker
from device.config import AudioSettings
async def main():
    drained = asyncio.Event()
    speaker = open_speaker(AudioSettings(output="pulse", latency_ms=100),
                           on_played=lambda _: None, on_drained=drained.set)
    speaker.start()
    await asyncio.sleep(0.5)
    speaker.play(open(sys.argv[1], "rb").read())
    if sys.argv[2] == "flush":
        await asyncio.sleep(1.0)
        print(speaker.flush(), flush=True)
        await asyncio.sleep(0.5)
        speaker.play(open(sys.argv[1], "rb").read()[:9600])
    await drained.wait()
    speaker.close()
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def card() -> Iterator[VirtualCard]:
    with virtual_card() as running:
        yield running


def test_what_is_played_into_the_microphone_is_captured_bit_for_bit(
    card: VirtualCard, tmp_path: Path
) -> None:
    sent = tone(1.0, 16_000)
    write_wav(tmp_path / "tone.wav", sent)
    command = [sys.executable, "-c", CAPTURE, str(tmp_path / "heard.raw"), "200"]
    process = subprocess.Popen(command, env=card.environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "capturing\n"
    card.play_into_microphone(tmp_path / "tone.wav")
    assert process.wait(20) == 0
    assert sent in (tmp_path / "heard.raw").read_bytes()


def test_a_reply_comes_out_of_the_speaker_whole(card: VirtualCard, tmp_path: Path) -> None:
    (tmp_path / "reply.raw").write_bytes(tone(1.0, 24_000))
    with card.recording_speaker(tmp_path / "out.raw"):
        command = [sys.executable, "-c", PLAY, str(tmp_path / "reply.raw"), "whole"]
        subprocess.run(command, env=card.environment, check=True, timeout=20)
    loud = loud_blocks((tmp_path / "out.raw").read_bytes(), 24_000)
    assert 98 <= len(loud) <= 102, "one second of tone, in blocks of 10 ms"
    assert loud[-1] - loud[0] + 1 == len(loud), "without a gap"


def test_a_flush_silences_the_card_and_the_next_reply_is_heard(card: VirtualCard, tmp_path: Path) -> None:
    (tmp_path / "reply.raw").write_bytes(tone(3.0, 24_000))
    with card.recording_speaker(tmp_path / "out.raw"):
        command = [sys.executable, "-c", PLAY, str(tmp_path / "reply.raw"), "flush"]
        result = subprocess.run(
            command, env=card.environment, check=True, timeout=20, stdout=subprocess.PIPE, text=True
        )
    unheard_ms = int(result.stdout) / 24
    loud = loud_blocks((tmp_path / "out.raw").read_bytes(), 24_000)
    first = [block for block in loud if block < loud[0] + 150]
    heard_ms = (first[-1] - first[0] + 1) * 10
    assert 700 <= heard_ms <= 1150, "about a second of the three was heard"
    assert heard_ms + unheard_ms == pytest.approx(3000, abs=120), "and it knows how much was not"
    second = [block for block in loud if block >= loud[0] + 150]
    assert 18 <= len(second) <= 22, "the 200 ms of the next reply"


def test_an_unknown_device_is_refused_with_the_names_of_those_that_are_there(card: VirtualCard) -> None:
    code = (
        "import asyncio\n"
        "from device.audio.devices import open_microphone\n"
        "from device.config import AudioSettings\n"
        "async def main():\n"
        "    open_microphone(AudioSettings(input='toaster'))\n"
        "asyncio.run(main())\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=card.environment, capture_output=True, text=True, check=False
    )
    assert "There is no input device with 'toaster' in its name. The input devices here: " in result.stderr
    assert "pulse" in result.stderr
    assert "Set audio.input" in result.stderr
