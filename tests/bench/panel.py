"""The button, the lights and what they cost, with the whole daemon at work and every core busy beside it.

press_to_silence_ms   from the edge of the button to the end of the last sample of the old reply
press_to_wire_ms      from the edge until the API has been told and has said that it stopped
presses               so many, each in a reply of its own
wrong_faces           presses after which another face came than "ready"
face_cpu_percent_*    of one core, for the costliest face on an RGB LED and on twelve APA102 pixels
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr

from device.audio.files import FileMicrophone
from device.config import Settings
from device.daemon import Daemon, make_daemon
from device.events import Action, Event, Face, ReplyInterrupted, TextAsked
from device.panel.mock import press, use_mock_pins
from device.rehearsal.process import StandIn, running_stand_in
from tests.bench.spread import spread
from tests.panel.cpu import KINDS, percent_of_a_core

BLOCK_MS = 20
REPLY_MS = 20_000
WITHIN_S = 10.0
FACE_WITHIN_S = 0.5

Figures = dict[str, Any]


def measure(*, quick: bool) -> Figures:
    """All figures of FACE's `panel`."""
    with tempfile.TemporaryDirectory(prefix="ladle-bench-") as name, _busy_cores():
        presses = asyncio.run(_press_in_replies(Path(name), 30 if quick else 200))
    seconds = 0.5 if quick else 5.0
    return {
        "press_to_silence_ms": spread([one.silence_ms for one in presses], percent=99),
        "press_to_wire_ms": spread([one.wire_ms for one in presses], percent=99),
        "presses": len(presses),
        "wrong_faces": sum(one.face != "ready" for one in presses),
        "face_cpu_percent_rgb": _costliest_face("rgb", seconds),
        "face_cpu_percent_apa102": _costliest_face("apa102", seconds),
    }


# ------------------------------------------------------------------------------------ presses


class Witness:
    """Sees one press and what came of it; times in s of the monotonic clock."""

    def __init__(self) -> None:
        self.is_ready = asyncio.Event()
        self.sounds = asyncio.Event()
        self.stopped = asyncio.Event()
        self.shown = asyncio.Event()
        self.begin()

    def begin(self) -> None:
        """Another reply is asked for."""
        for event in (self.sounds, self.stopped, self.shown):
            event.clear()
        self.pressed_at: float | None = None
        self.last_block_at = 0.0
        self.stopped_at = 0.0
        self.face = ""

    @property
    def silence_ms(self) -> float:
        """The block that sounds at the press sounds to its end; what follows must be silence."""
        assert self.pressed_at is not None
        return max(0.0, (self.last_block_at - self.pressed_at) * 1000 + BLOCK_MS)

    @property
    def wire_ms(self) -> float:
        """Until the API's own word."""
        assert self.pressed_at is not None
        return (self.stopped_at - self.pressed_at) * 1000

    def ready(self) -> None:
        self.is_ready.set()

    def record(self, name: str, /, **fields: object) -> None:
        if name == "reply_audio_played":
            self.last_block_at = time.monotonic()
            self.sounds.set()
        elif name == "face" and self.pressed_at is not None and not self.face:
            self.face = str(fields["face"])
            self.shown.set()

    def record_value(self, value: Event | Action) -> None:
        if isinstance(value, ReplyInterrupted):
            self.stopped_at = time.monotonic()
            self.stopped.set()

    def close(self) -> None:
        """Nothing is held."""


class Press:
    """What came of one press."""

    def __init__(self, witness: Witness) -> None:
        self.silence_ms, self.wire_ms, self.face = witness.silence_ms, witness.wire_ms, witness.face


async def _press_in_replies(directory: Path, count: int) -> list[Press]:
    use_mock_pins()
    witness, chance = Witness(), random.Random(1)
    async with running_stand_in(_script(directory)) as stand_in:
        settings = _settings(stand_in, directory)
        daemon = make_daemon(
            settings,
            SecretStr("key"),
            state=directory / "state",
            recorders=[witness],
            microphone=FileMicrophone(),
        )
        stop = asyncio.Event()
        running = asyncio.create_task(daemon.run(stop))
        async with asyncio.timeout(WITHIN_S):
            await witness.is_ready.wait()
        presses = [await _one(daemon, witness, settings.panel.button_pin, chance) for _ in range(count)]
        stop.set()
        await running
    return presses


async def _one(daemon: Daemon, witness: Witness, pin: int, chance: random.Random) -> Press:
    witness.begin()
    daemon.dispatch(TextAsked("Go on."))
    async with asyncio.timeout(WITHIN_S):
        await witness.sounds.wait()
        # Presses fall on every part of a block, as a person's would.
        await asyncio.sleep(chance.uniform(0.2, 0.3))
        await asyncio.to_thread(_press, witness, pin)
        await witness.stopped.wait()
        await witness.shown.wait()
        await asyncio.sleep(0.1)
    return Press(witness)


def _press(witness: Witness, pin: int) -> None:
    """On a thread that is not the event loop's, as gpiozero's edges come."""
    witness.pressed_at = time.monotonic()
    press(pin)


def _script(directory: Path) -> Path:
    path = directory / "script.yaml"
    asked = {"on": "client_content", "do": [{"reply": {"ms": REPLY_MS, "speed": 4}}]}
    stopped = {"on": "client_content", "do": []}
    steps = [{"repeat": "forever", "steps": [asked, stopped]}]
    path.write_text(yaml.safe_dump({"steps": steps}), encoding="utf-8")
    return path


def _settings(stand_in: StandIn, directory: Path) -> Settings:
    live = {"endpoint": stand_in.endpoint, "ca_file": str(stand_in.ca_file)}
    return Settings.model_validate({"live": live, "audio": {"output": f"file:{directory / 'spoken.wav'}"}})


# ------------------------------------------------------------------------------------ a busy machine


@contextmanager
def _busy_cores() -> Iterator[None]:
    """A process for each core that does nothing but count."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count, daemon=True) for _ in range(os.cpu_count() or 1)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
            process.join(5)


def _count() -> None:
    number = 0
    while True:
        number += 1


# ------------------------------------------------------------------------------------ the lights


def _costliest_face(lights: str, seconds: float) -> float:
    """What it costs beyond a panel without lights."""
    shown = [("none", Face.READY)] * 2 + [(lights, face) for face in Face]
    costs = []
    for kind, face in shown:
        use_mock_pins()
        costs.append(asyncio.run(percent_of_a_core(KINDS[kind], face, seconds)))
    # The first pays for what is loaded and made once.
    return round(max(costs[2:]) - costs[1], 2)
