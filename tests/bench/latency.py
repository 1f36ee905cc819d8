"""The device's own share of every delay, and what it costs to run.

Two runs of the real command, with the stand-in in a process of its own, following a script:

* `ladle run` in silence and then in conversation: start, processor time, memory;
* `ladle rehearse` with a press of the button in every reply: the delays, from its timeline.

gate_to_wire_ms   from the frame on which the gate opens to the first frame on the wire
reply_first_ms    from the first reply audio that arrives to the first sample handed to the speaker
interrupt_ms      from the edge of the button to the end of the last sample of the old reply
cpu_percent_*     of one core, light and all;  rss_mib  after the conversation;  start_s  from exec to ready
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.bench.spread import spread
from tests.sounds import silence, speech, write_wav

LADLE = [sys.executable, "-m", "device.cli"]
BLOCK_MS = 20
LEAD_S, SPEECH_S, HANGOVER_S = 0.4, 0.6, 0.85
REPLY_BEFORE_PRESS_S = 0.3
TURN_S = 2.6
TALKING_REPLY_MS = 500
MOCK_PINS = {"GPIOZERO_PIN_FACTORY": "mock", "GPIOZERO_MOCK_PIN_CLASS": "mockpwmpin"}

Figures = dict[str, Any]


def measure(*, quick: bool) -> Figures:
    """All figures of FACE's `latency`."""
    with tempfile.TemporaryDirectory(prefix="ladle-bench-") as name:
        directory = Path(name)
        costs = _costs(directory, silent_s=5 if quick else 20, turns=5 if quick else 15)
        delays = _delays(directory, turns=10 if quick else 40)
    return delays | costs


# ------------------------------------------------------------------------------------ costs


def _costs(directory: Path, *, silent_s: float, turns: int) -> Figures:
    turn = silence(LEAD_S) + speech(SPEECH_S) + silence(TURN_S - LEAD_S - SPEECH_S)
    recording = write_wav(directory / "talk.wav", silence(silent_s) + turn * turns)
    script = _script(directory, {"reply": {"ms": TALKING_REPLY_MS}})
    with _stand_in(script) as stand_in:
        config = directory / "ladle.yaml"
        audio = {"input": f"file:{recording}", "output": f"file:{directory / 'out.wav'}"}
        config.write_text(yaml.safe_dump({"live": stand_in, "audio": audio}), encoding="utf-8")
        began = time.monotonic()
        process = subprocess.Popen(
            [*LADLE, "run", "--config", str(config)],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | MOCK_PINS | {"XDG_STATE_HOME": str(directory)},
        )
        try:
            _wait_for(process, " ready ")
            start_s = time.monotonic() - began
            time.sleep(1)
            silent = _cpu_percent(process.pid, silent_s - 2)
            time.sleep(1)
            talking = _cpu_percent(process.pid, turns * TURN_S)
            rss_mib = _rss_mib(process.pid)
        finally:
            process.terminate()
            process.wait(10)
    return {
        "cpu_percent_talking": round(talking, 2),
        "cpu_percent_silent": round(silent, 2),
        "rss_mib": round(rss_mib, 1),
        "start_s": round(start_s, 2),
    }


def _wait_for(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr
    for line in process.stderr:
        if words in line:
            return
    raise RuntimeError(f"the daemon ended before it said {words!r}")


def _cpu_percent(pid: int, seconds: float) -> float:
    before, began = _cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    return (_cpu_s(pid) - before) / (time.monotonic() - began) * 100


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# ------------------------------------------------------------------------------------ delays


def _delays(directory: Path, *, turns: int) -> Figures:
    turn = silence(LEAD_S) + speech(SPEECH_S) + silence(TURN_S - LEAD_S - SPEECH_S)
    recording = write_wav(directory / "turns.wav", turn * turns)
    script = _script(directory, {"reply": {"ms": 20_000, "speed": 4}})
    answered_s = LEAD_S + SPEECH_S + HANGOVER_S + REPLY_BEFORE_PRESS_S
    # Presses fall on every part of a block of 20 ms, as a person's would.
    presses = [number * TURN_S + answered_s + number % 10 * 0.0021 for number in range(turns)]
    timeline = directory / "timeline.jsonl"
    command = [*LADLE, "rehearse", "--hear", str(recording), "--speak", str(directory / "spoken.wav")]
    command += ["--script", str(script), "--timeline", str(timeline)]
    command += [word for at in presses for word in ("--press", f"{at:.4f}")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60 + turns * TURN_S)
    lines = [json.loads(line) for line in timeline.read_text(encoding="utf-8").splitlines()]
    return {
        "gate_to_wire_ms": spread(_between(lines, "activity_started", "frame_sent"), percent=95),
        "reply_first_ms": spread(_between(lines, "reply_audio_received", "reply_audio_played"), percent=95),
        "interrupt_ms": spread(_press_to_silence(lines), percent=95),
        "turns": turns,
    }


def _between(lines: list[dict[str, Any]], first: str, then: str) -> list[float]:
    """In each turn, from the first `first` to the first `then` after it."""
    spans: list[float] = []
    began: float | None = None
    done = False
    for line in lines:
        if line["event"] == "activity_started":
            began, done = None, False
        if line["event"] == first and began is None:
            began = line["t_ms"]
        elif line["event"] == then and began is not None and not done:
            spans.append(line["t_ms"] - began)
            done = True
    return spans


def _press_to_silence(lines: list[dict[str, Any]]) -> list[float]:
    """The block that sounds at the press sounds to its end; what follows must be silence."""
    spans: list[float] = []
    pressed: float | None = None
    last_block = 0.0
    for line in lines:
        match line["event"]:
            case "reply_audio_played":
                last_block = line["t_ms"]
            case "button_edge":
                pressed = line["t_ms"]
            case "activity_started" if pressed is not None:
                spans.append(max(0.0, last_block + BLOCK_MS - pressed))
                pressed = None
    if pressed is not None:
        spans.append(max(0.0, last_block + BLOCK_MS - pressed))
    return spans


# ------------------------------------------------------------------------------------ the stand-in


def _script(directory: Path, reply: dict[str, Any]) -> Path:
    path = directory / "script.yaml"
    steps = [{"on": "activity_end", "repeat": "forever", "do": [reply]}]
    path.write_text(yaml.safe_dump({"steps": steps}), encoding="utf-8")
    return path


@contextmanager
def _stand_in(script: Path) -> Iterator[dict[str, str]]:
    process = subprocess.Popen(
        [*LADLE, "rehearsal-server", "--script", str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        where: dict[str, str] = json.loads(process.stdout.readline())
        yield where
    finally:
        process.terminate()
        process.wait(10)
