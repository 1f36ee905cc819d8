"""The whole device and its desk: what the button, the socket and a restart do to a daemon that runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from gpiozero import Device
from pydantic import SecretStr

from device.audio.files import FileMicrophone
from device.config import Settings
from device.daemon import Daemon, make_daemon
from device.errors import UnavailableError
from device.panel.mock import press, use_mock_pins
from device.rehearsal.script_file import parse_script
from device.rehearsal.server import RehearsalServer
from device.service.controlclient import call
from device.service.status import read_status
from device.service.timeline import Timeline
from tests.sounds import silence, speech

WITHIN_S = 15.0
BUTTON = Settings().panel.button_pin
ANSWERING = "steps: [{on: %s, repeat: forever, do: [{reply: {ms: %d, speed: 4}}]}]"


class House:
    """A daemon with a socket; started again, it finds what it left."""

    def __init__(self, server: RehearsalServer, directory: Path, sections: Mapping[str, Any]) -> None:
        self.socket = directory / "run" / "control.sock"
        self.timeline = directory / "timeline.jsonl"
        self.microphone = FileMicrophone()
        live = {"endpoint": server.endpoint, "ca_file": str(server.ca_file)}
        audio = {"output": f"file:{directory / 'spoken.wav'}"}
        settings = Settings.model_validate({"live": live, "audio": audio, **sections})
        self.daemon: Daemon = make_daemon(
            settings,
            SecretStr("key"),
            state=directory / "state",
            control=self.socket,
            recorders=[Timeline(self.timeline)],
            microphone=self.microphone,
        )
        self.stop = asyncio.Event()
        self.running = asyncio.create_task(self.daemon.run(self.stop))

    def events(self) -> list[str]:
        return [line["event"] for line in self._lines()]

    def faces(self) -> list[str]:
        return [line["face"] for line in self._lines() if line["event"] == "face"]

    def _lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.timeline.read_text(encoding="utf-8").splitlines()]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                if self.running.done():
                    self.running.result()
                await asyncio.sleep(0.01)

    async def press(self) -> None:
        """Press the button; just after the start and after another press it takes an edge for chatter."""
        told = self.events().count("button_clicked")
        while self.events().count("button_clicked") == told:
            await asyncio.to_thread(press, BUTTON)
            await asyncio.sleep(0.1)

    async def call(self, do: str, **fields: Any) -> Mapping[str, Any]:
        return await asyncio.to_thread(partial(call, self.socket, do, **fields))


@asynccontextmanager
async def house(
    directory: Path, answers: str = "client_content", reply_ms: int = 3000, **sections: Any
) -> AsyncIterator[House]:
    script = parse_script(ANSWERING % (answers, reply_ms))
    async with RehearsalServer(script=script) as server:
        living = House(server, directory, sections)
        try:
            await living.until(lambda: "ready" in living.events() and living.socket.exists())
            yield living
            living.stop.set()
            await living.running
        finally:
            living.running.cancel()
            await asyncio.gather(living.running, return_exceptions=True)


@pytest.fixture(autouse=True)
def _pins() -> Any:
    factory = use_mock_pins()
    yield
    factory.reset()
    Device.pin_factory = None


def test_the_status_tells_how_the_device_is(tmp_path: Path) -> None:
    async def scene() -> Mapping[str, Any]:
        async with house(tmp_path) as living:
            await living.until(lambda: "frame_captured" in living.events())
            assert (await living.call("check"))["works"]
            status: Mapping[str, Any] = (await living.call("status"))["status"]
            return status

    status = read_status(asyncio.run(scene()))
    assert (status.face, status.phase, status.muted) == ("ready", "ready", False)
    assert status.connection.state == "connected"
    assert status.devices.microphone.state == "working"
    [home] = status.today
    assert home.left is not None
    assert (home.name, home.left.energy_kcal) == ("home", 2089)
    assert not (tmp_path / "run" / "control.sock").exists(), "the socket goes with the daemon"


def test_a_written_question_is_answered_aloud_and_can_be_interrupted(tmp_path: Path) -> None:
    async def scene() -> list[str]:
        async with house(tmp_path) as living:
            await living.call("ask", text="What is in an egg?")
            await living.until(lambda: living.faces()[-1] == "speaking")
            await living.call("interrupt")
            await living.until(lambda: "reply_interrupted" in living.events())
            return living.events()

    events = asyncio.run(scene())
    assert events.index("flush_speaker") < events.index("reply_interrupted")


def test_mute_stops_the_capture_and_outlives_the_daemon(tmp_path: Path) -> None:
    async def scene() -> None:
        async with house(tmp_path) as living:
            await living.call("mute")
            captured = living.events().count("frame_captured")
            living.microphone.hear(silence(0.2) + speech(0.6))
            await living.until(living.microphone.heard_all.is_set)
            assert living.events().count("frame_captured") == captured, "no sample is taken"
            assert (await living.call("check"))["works"], "muted is what somebody wanted"
            assert (await living.call("volume", percent=40))["volume"] == 40
        async with house(tmp_path) as again:
            assert again.faces()[-1] == "muted"
            status = read_status((await again.call("status"))["status"])
            assert (status.muted, status.volume) == (True, 40)
            assert "frame_captured" not in again.events()
            await again.call("unmute")
            await again.until(lambda: "frame_captured" in again.events())
            assert again.faces()[-1] == "ready"

    asyncio.run(scene())


def test_the_configuration_may_begin_every_start_unmuted(tmp_path: Path) -> None:
    async def scene() -> None:
        async with house(tmp_path) as living:
            await living.call("mute")
        async with house(tmp_path, panel={"keep_muted": False}) as again:
            assert again.faces()[-1] == "ready"

    asyncio.run(scene())


def test_with_the_button_nothing_is_heard_before_it_is_pressed(tmp_path: Path) -> None:
    async def scene() -> list[str]:
        async with house(tmp_path, "activity_end", panel={"mode": "button"}) as living:
            living.microphone.hear(silence(0.2) + speech(0.8))
            await living.until(living.microphone.heard_all.is_set)
            assert "activity_started" not in living.events()
            await living.press()
            await living.until(lambda: living.faces()[-1] == "hearing")
            living.microphone.hear(speech(0.6))
            await living.until(lambda: "speaking" in living.faces())
            return living.events()

    assert asyncio.run(scene()).count("activity_started") == 1


def test_a_second_press_ends_the_request_at_once(tmp_path: Path) -> None:
    async def scene() -> None:
        async with house(tmp_path, "activity_end", gate={"hangover_ms": 3000}) as living:
            await living.press()
            await living.until(lambda: living.faces()[-1] == "hearing")
            living.microphone.hear(speech(0.6))
            await living.until(lambda: "activity_started" in living.events())
            await living.until(living.microphone.heard_all.is_set)
            await living.press()
            await living.until(lambda: "end_activity" in living.events())
            await living.until(lambda: "speaking" in living.faces())

    asyncio.run(scene())


def test_a_light_is_on_while_sound_leaves_the_device_and_off_after_it(tmp_path: Path) -> None:
    def brightest() -> float:
        pins = (Device.pin_factory.pin(number) for number in (22, 23, 24))
        return max(float(pin.state) for pin in pins)

    async def scene() -> None:
        async with house(tmp_path, "activity_end", 100, panel={"brightness": 0}) as living:
            assert brightest() == 0
            living.microphone.hear(silence(0.2) + speech(1.0))
            await living.until(lambda: "frame_sent" in living.events())
            await living.until(lambda: brightest() > 0)
            await living.until(lambda: living.faces()[-1] == "ready" and brightest() == 0)

    asyncio.run(scene())


def test_a_question_while_somebody_speaks_is_refused_and_not_lost(tmp_path: Path) -> None:
    async def scene() -> None:
        async with house(tmp_path, "activity_end") as living:
            living.microphone.hear(silence(0.2) + speech(3.0))
            await living.until(lambda: living.faces()[-1] == "hearing")
            with pytest.raises(UnavailableError, match="Ask again in a moment"):
                await living.call("ask", text="What is in an egg?")

    asyncio.run(scene())


def test_the_last_of_many_switches_is_the_one_that_is_kept(tmp_path: Path) -> None:
    async def scene() -> None:
        async with house(tmp_path) as living:
            for _ in range(20):
                await living.call("unmute")
                await living.call("mute")

    asyncio.run(scene())
    assert json.loads((tmp_path / "state" / "switches.json").read_text())["muted"] is True
