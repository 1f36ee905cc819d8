"""SIGHUP and SIGUSR1: the configuration read again while the device runs, and the state in the journal."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory
from pydantic import SecretStr

from device.audio.files import FileMicrophone
from device.config import Settings
from device.configfile import load_settings
from device.daemon import make_daemon
from device.events import RestartWished
from device.household import open_household
from device.panel.mock import use_mock_pins
from device.rehearsal.script_file import parse_script
from device.rehearsal.server import RehearsalServer
from device.reloading import Reload, Reloader, adopted
from device.service.controlclient import call
from device.service.switches import SwitchFile

WITHIN_S = 15.0
BUTTON_AND_RGB = Settings().panel
OWN_FOOD = """
foods:
  grandmas_soup:
    category: meal
    per_100g: {kcal: 40, protein: 2, carbohydrate: 5, fat: 1}
    portions: {bowl: 300}
    source: her kitchen
"""


class Running:
    """A daemon that runs on a configuration file, seen by its journal and its socket."""

    def __init__(self, directory: Path, server: RehearsalServer, log: pytest.LogCaptureFixture) -> None:
        self.file = directory / "ladle.yaml"
        self._server = server
        self._log = log
        self._directory = directory
        self.socket = directory / "control.sock"
        self.write()
        self.daemon = make_daemon(
            load_settings(self.file),
            SecretStr("key"),
            state=directory / "state",
            control=self.socket,
            microphone=FileMicrophone(),
            read=lambda: load_settings(self.file),
        )

    def write(self, sections: str = "", *, audio: str = "", live: str = "") -> None:
        self.file.write_text(
            f"live: {{endpoint: '{self._server.endpoint}', ca_file: '{self._server.ca_file}'{live}}}\n"
            f"audio: {{output: 'file:{self._directory / 'spoken.wav'}'{audio}}}\n{sections}",
            encoding="utf-8",
        )

    async def says(self, event: str) -> str:
        """The newest line of that name, waited for."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                found = [text for text in self._log.messages if text.split()[0] == event]
                if found:
                    return found[-1]
                await asyncio.sleep(0.01)

    async def reload(self, sections: str = "", *, expect: str = "reloaded", **more: str) -> str:
        self._log.clear()
        self.write(sections, **more)
        os.kill(os.getpid(), signal.SIGHUP)
        return await self.says(expect)

    async def status(self) -> dict[str, Any]:
        answer = await asyncio.to_thread(call, self.socket, "status", timeout_s=WITHIN_S)
        assert isinstance(answer["status"], dict)
        return answer["status"]


@asynccontextmanager
async def running(directory: Path, log: pytest.LogCaptureFixture) -> AsyncIterator[Running]:
    log.set_level(logging.INFO)
    async with RehearsalServer(script=parse_script("steps: []")) as server:
        device = Running(directory, server, log)
        stop = asyncio.Event()
        task = asyncio.create_task(device.daemon.run(stop))
        try:
            await device.says("ready")
            yield device
            stop.set()
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def pins() -> Iterator[MockFactory]:
    factory = use_mock_pins()
    yield factory
    factory.reset()
    Device.pin_factory = None


def test_what_can_change_at_once_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, pins: MockFactory
) -> None:
    async def scene() -> None:
        async with running(tmp_path, caplog) as device:
            assert (await device.status())["volume"] == 100
            told = await device.reload(
                "panel: {lights: single, led_pin: 25}\nhousehold: {people: {anna: {}, ben: {}}}",
                audio=", volume: 40",
            )
            assert told.startswith(
                "reloaded changed='audio.volume panel.lights panel.led_pin household.people'"
            )
            status = await device.status()
            assert status["volume"] == 40
            assert [person["name"] for person in status["today"]] == ["anna", "ben"]
            assert pins.pin(25).state > 0
            assert pins.pin(BUTTON_AND_RGB.green_pin).state == 0

    asyncio.run(scene())


def test_a_configured_volume_counts_again_once_it_is_changed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    switches = SwitchFile(tmp_path / "state" / "switches.json")

    async def scene() -> None:
        async with running(tmp_path, caplog) as device:
            await asyncio.to_thread(call, device.socket, "volume", timeout_s=WITHIN_S, percent=55)
            assert switches.load().volume_over(100) == 55
            await device.reload(audio=", volume: 40")
            assert (await device.status())["volume"] == 40

    asyncio.run(scene())
    assert switches.load().volume is None


def test_what_waits_for_a_restart_is_named_each_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with running(tmp_path, caplog) as device:
            for _ in range(2):
                told = await device.reload(
                    "panel: {button_pin: 5}", live=", voice: Puck", expect="reload_incomplete"
                )
                assert told == "reload_incomplete needs_restart='live.voice panel.button_pin'"
            await device.reload()
            assert not [text for text in caplog.messages if text.startswith("reload_incomplete")]

    asyncio.run(scene())


def test_a_wrong_configuration_changes_nothing_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with running(tmp_path, caplog) as device:
            told = await device.reload(
                "panel: {brihgtness: 5}", audio=", volume: 40", expect="reload_refused"
            )
            assert "line 3: panel.brihgtness is not a setting" in told
            assert (await device.status())["volume"] == 100
            (tmp_path / "foods.yaml").write_text("foods: [", encoding="utf-8")
            told = await device.reload(audio=", volume: 40", expect="reload_refused")
            assert "foods.yaml" in told
            assert (await device.status())["volume"] == 100
            (tmp_path / "foods.yaml").unlink()
            await device.reload(audio=", volume: 40")
            assert (await device.status())["volume"] == 40

    asyncio.run(scene())


def test_the_state_and_every_stack_go_to_the_journal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with running(tmp_path, caplog) as device:
            os.kill(os.getpid(), signal.SIGUSR1)
            state = await device.says("state")
            assert "face=ready" in state
            assert "microphone=working" in state
            stacks = [text for text in caplog.messages if text.startswith("stack ")]
            assert any(text.startswith("stack thread=MainThread at='stacks.py:") for text in stacks)
            session = next(text for text in stacks if text.startswith("stack task=session "))
            assert "session.py" in session.split(" < ")[-1]
            assert len(session.split(" < ")) > 2

    asyncio.run(scene())


def test_new_foods_are_known_after_a_reload_and_the_diary_stays(tmp_path: Path) -> None:
    kitchen = open_household(Settings(), tmp_path)
    own = tmp_path / "own_foods.yaml"
    taken: list[Reload] = []

    async def scene() -> None:
        done = asyncio.Event()

        def use(reload: Reload) -> None:
            taken.append(reload)
            done.set()

        wanted = Settings.model_validate({"nutrition": {"own_foods": str(own), "exercise_credit": 1}})
        reloader = Reloader(lambda: wanted, Settings(), kitchen, use)
        task = asyncio.create_task(reloader.run())
        for food in ("grandmas_soup", "grandpas_soup"):
            own.write_text(OWN_FOOD.replace("grandmas_soup", food), encoding="utf-8")
            done.clear()
            reloader.wish()
            await asyncio.wait_for(done.wait(), WITHIN_S)
        task.cancel()

    asyncio.run(scene())
    first, second = taken
    assert first.changed == ("nutrition.own_foods", "nutrition.exercise_credit")
    assert first.kitchen.foods.by_id("grandmas_soup")
    assert second.changed == ()
    assert second.kitchen.foods.by_id("grandpas_soup")
    assert not second.kitchen.foods.by_id("grandmas_soup")
    assert second.kitchen.diary is kitchen.diary
    assert second.kitchen.asked_after is kitchen.asked_after
    assert second.kitchen.ways.exercise_credit == 1


def test_what_fails_as_it_takes_effect_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked = asyncio.Queue[Reload]()

    def use(reload: Reload) -> None:
        asked.put_nowait(reload)
        raise RuntimeError("the pins are gone")

    async def scene() -> None:
        reloader = Reloader(Settings, Settings(), open_household(Settings(), tmp_path), use)
        task = asyncio.create_task(reloader.run())
        for _ in range(2):
            reloader.wish()
            await asyncio.wait_for(asked.get(), WITHIN_S)
        task.cancel()

    asyncio.run(scene())
    assert "reload_refused reason=failed" in caplog.messages


def test_a_section_waits_whole_where_its_halves_do_not_go_together() -> None:
    night = {"from": "22:00", "to": "06:00"}
    wanted: dict[str, dict[str, Any]]
    wanted = {"panel": {"button_pin": 27, "red_pin": 17}, "audio": {"volume": 90, "volume_max": 95}}
    running = Settings.model_validate({"panel": {"night": night}, "audio": {"volume": 50, "volume_max": 60}})
    mixed = adopted(running, Settings.model_validate(wanted))
    assert mixed.panel == running.panel, "the button still has the pin that red is to get"
    assert mixed.audio == running.audio
    wanted["panel"] = {"button_pin": 27, "red_pin": 5, "night": night | {"to": "07:00"}}
    mixed = adopted(running, Settings.model_validate(wanted))
    assert (mixed.panel.button_pin, mixed.panel.red_pin) == (17, 5)
    assert mixed.panel.night
    assert mixed.panel.night.ends.hour == 7


@pytest.mark.parametrize("restart_first", [True, False])
def test_who_ends_it_has_the_last_word_over_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, restart_first: bool
) -> None:
    async def scene() -> None:
        caplog.set_level(logging.INFO)
        async with RehearsalServer(script=parse_script("steps: []")) as server:
            device = Running(tmp_path, server, caplog)
            stop = asyncio.Event()
            task = asyncio.create_task(device.daemon.run(stop))
            await device.says("ready")
            if restart_first:
                device.daemon.dispatch(RestartWished())
                os.kill(os.getpid(), signal.SIGTERM)
            else:
                stop.set()
                device.daemon.dispatch(RestartWished())
            assert not await asyncio.wait_for(task, WITHIN_S)

    asyncio.run(scene())


def test_settings_that_need_a_restart_are_not_adopted() -> None:
    wanted = Settings.model_validate(
        {
            "audio": {"volume": 30, "input": "Jabra"},
            "nutrition": {"diary": "/elsewhere", "variation": 0},
            "household": {"day_start": "05:00"},
        }
    )
    mixed = adopted(Settings(), wanted)
    assert (mixed.audio.volume, mixed.audio.input) == (30, "default")
    assert (mixed.nutrition.variation, mixed.nutrition.diary) == (0, None)
    assert mixed.household.day_start == "04:00"
