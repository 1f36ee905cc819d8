"""The meter, over a recording."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from device.config import Settings
from device.stage.meter import meter
from tests.sounds import silence, speech, write_wav


def test_it_shows_the_level_the_room_and_the_gate(tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "in.wav", silence(1) + speech(1.2))
    audio = {"input": f"file:{recording}", "output": f"file:{tmp_path / 'out.wav'}"}
    shown: list[str] = []
    asyncio.run(meter(Settings.model_validate({"audio": audio}), shown.append, lines=11))
    assert len(shown) == 11
    line = re.compile(r"\[#* *\] +-?\d+\.\d dB  room +-?\d+\.\d dB  (closed|candidate|open) .* dropped 0")
    states = [found.group(1) for text in shown if (found := line.fullmatch(text))]
    assert len(states) == 11
    assert states[0] == "closed"
    assert states[-1] == "open"
