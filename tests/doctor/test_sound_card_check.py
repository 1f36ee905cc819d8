"""The doctor in front of a sound card: real PortAudio on a virtual one."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.audio.virtual_card import VirtualCard, virtual_card
from tests.sounds import loud_blocks, silence, speech, tone, write_wav

pytestmark = pytest.mark.sound

CONFIGURATION = "live: {endpoint: 'https://127.0.0.1:9'}\npanel: {enabled: false}\n"
WITHIN_S = 60


@pytest.fixture(scope="module")
def card() -> Iterator[VirtualCard]:
    with virtual_card() as running:
        yield running


def command(directory: Path, *words: str) -> Sequence[str]:
    config = directory / "ladle.yaml"
    config.write_text(CONFIGURATION, encoding="utf-8")
    return [sys.executable, "-m", "device.cli", "doctor", "--config", str(config), *words]


def environment(card: VirtualCard, directory: Path) -> dict[str, str]:
    return {**card.environment, "XDG_STATE_HOME": str(directory / "state")}


def checks(card: VirtualCard, directory: Path) -> dict[str, Any]:
    result = subprocess.run(
        command(directory, "--json"),
        env=environment(card, directory),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    return {check["name"]: check for check in json.loads(result.stdout)["checks"]}


@contextmanager
def heard_again_and_again(card: VirtualCard, wav: Path) -> Iterator[None]:
    over = threading.Event()

    def play() -> None:
        while not over.is_set():
            card.play_into_microphone(wav)

    player = threading.Thread(target=play)
    player.start()
    try:
        yield
    finally:
        over.set()
        player.join(WITHIN_S)


def test_a_microphone_that_hears_and_a_speaker_that_is_heard_pass(card: VirtualCard, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "tone.wav", tone(2, 16_000))
    heard = tmp_path / "heard.raw"
    with heard_again_and_again(card, wav), card.recording_speaker(heard):
        found = checks(card, tmp_path)
    assert found["microphone"]["verdict"] == "pass"
    assert "gives sound at -15 dBFS" in found["microphone"]["found"]
    assert found["speaker"]["verdict"] == "pass"
    assert loud_blocks(heard.read_bytes(), 24_000)
    assert "software" in found["echo"]["found"]


def test_a_microphone_that_gives_zeros_is_dead(card: VirtualCard, tmp_path: Path) -> None:
    assert "nothing but zeros" in checks(card, tmp_path)["microphone"]["found"]


def test_on_a_terminal_a_person_is_asked_for_a_word(card: VirtualCard, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "word.wav", silence(0.5) + speech(1.5) + silence(1))
    ours, theirs = pty.openpty()
    with heard_again_and_again(card, wav):
        process = subprocess.Popen(
            command(tmp_path), env=environment(card, tmp_path), stdout=theirs, stdin=theirs
        )
        os.close(theirs)
        shown = read_all(ours)
        process.wait(WITHIN_S)
    assert "Please say a word" in shown
    assert "the gate has heard the word" in " ".join(shown.split())
    assert all(len(line) <= 80 for line in shown.splitlines() if "/" not in line)


def read_all(terminal: int) -> str:
    """Until the other end is closed, which a terminal reports as an error."""
    shown = bytearray()
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:
        pass
    finally:
        os.close(terminal)
    return shown.decode()
