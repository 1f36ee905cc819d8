"""`ladle rehearse` as a person runs it: the README's main job, end to end, in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from device.stage.rehearse import EXAMPLE
from tests.sounds import REPLY_RATE, loud_blocks, read_wav, silence, speech, write_wav

REHEARSE = [sys.executable, "-m", "device.cli", "rehearse"]


def rehearse(directory: Path, *words: str) -> tuple[str, list[dict[str, Any]]]:
    """What the terminal shows, and the timeline."""
    command = [
        *REHEARSE,
        "--speak",
        str(directory / "spoken.wav"),
        "--timeline",
        str(directory / "t.jsonl"),
        *words,
    ]
    result = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    lines = (directory / "t.jsonl").read_text(encoding="utf-8").splitlines()
    return result.stdout, [json.loads(line) for line in lines]


def of(timeline: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [line for line in timeline if line["event"] == event]


@pytest.mark.rehearsal
@pytest.mark.timeout(120)
def test_the_example_conversation_is_understood_and_answered(tmp_path: Path) -> None:
    shown, timeline = rehearse(tmp_path)
    calls = [(line["name"], line["arguments"]) for line in of(timeline, "run_tool")]
    names = ["missed_meal", "missed_meal", "look_up_food", "log_food", "suggest_meal"]
    assert [name for name, _ in calls] == names
    assert calls[0][1] == {"meal": "lunch"}
    assert calls[1][1].keys() == {"meal", "confirm"}
    assert calls[2][1]["food"] == "chicken breast"
    [pizza] = calls[3][1]["items"]
    assert (pizza["food"], pizza["quantity"], pizza["unit"]) == ("pizza", 2, "slice")
    assert calls[4][1] == {"meal": "dinner"}
    answers = "".join(line["text"] for line in of(timeline, "output_transcript"))
    for words in (
        "Shall I?",
        "301 stay open",
        "60 grams of protein",
        "569 calories",
        "For dinner:",
        "welcome",
    ):
        assert words in answers
    for sentence in EXAMPLE:
        assert f"you say   {sentence}" in shown
    assert shown.count("delays ") == len(EXAMPLE)
    assert str(tmp_path / "spoken.wav") in shown
    spoken_s = len(loud_blocks(read_wav(tmp_path / "spoken.wav"), REPLY_RATE)) / 100
    assert spoken_s > 15, "six answers"


@pytest.mark.rehearsal
def test_what_is_not_understood_is_said_to_be(tmp_path: Path) -> None:
    shown, timeline = rehearse(tmp_path, "--say", "The train to Edinburgh leaves at nine.")
    assert not of(timeline, "run_tool")
    assert "answered " in shown


def test_a_recording_is_answered_by_a_script_and_cut_short_by_the_button(tmp_path: Path) -> None:
    write_wav(tmp_path / "in.wav", silence(0.3) + speech(0.6) + silence(1.2))
    script = tmp_path / "script.yaml"
    script.write_text(
        "steps: [{on: activity_end, do: [{reply: {ms: 5000, text: A long answer.}}]}]", encoding="utf-8"
    )
    shown, timeline = rehearse(
        tmp_path, "--hear", str(tmp_path / "in.wav"), "--script", str(script), "--press", "2.0"
    )
    assert "cut       short by the button" in shown
    [pressed] = of(timeline, "button_pressed")
    assert pressed["t_ms"] == pytest.approx(2000, abs=500)
    happened = [line["event"] for line in timeline]
    assert "reply_audio_played" not in happened[happened.index("flush_speaker") :]
    loud = loud_blocks(read_wav(tmp_path / "spoken.wav"), REPLY_RATE)
    assert 10 < len(loud) < 400, "not the whole five seconds"


@pytest.mark.rehearsal
def test_a_script_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    result = subprocess.run(
        [*REHEARSE, "--script", str(tmp_path / "missing.yaml"), "--say", "hello"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 69
    assert "The stand-in did not start." in result.stderr
    assert "missing.yaml" in result.stderr
    assert "Traceback" not in result.stderr
