"""The whole device in one process: real gate, real session, real tools, pins in memory, WAV files for sound.

Only the speech is made by arithmetic, and the server follows a script.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from gpiozero import Device
from pydantic import SecretStr

from device.audio.devices import open_speaker
from device.audio.files import FileMicrophone
from device.audio.protocols import Speaker
from device.config import AudioSettings, Settings
from device.daemon import make_daemon
from device.errors import KeyRefusedError, UnavailableError
from device.household import open_household
from device.nutrition.events import WaterDrunk
from device.nutrition.timers import Timer
from device.panel.mock import press, use_mock_pins
from device.rehearsal.script_file import parse_script
from device.rehearsal.server import RehearsalServer
from device.service.timeline import Timeline
from tests.sounds import REPLY_RATE, loud_blocks, read_wav, silence, speech

WITHIN_S = 15.0
BUTTON = Settings().panel.button_pin

LONG_REPLY = """
steps:
  - on: activity_end
    repeat: forever
    do: [{reply: {ms: 8000, speed: 4}}]
"""


class Kitchen:
    """A running daemon and everything that can be seen of it from outside."""

    def __init__(self, server: RehearsalServer, directory: Path, **sections: Any) -> None:
        self.server = server
        self.spoken = directory / "spoken.wav"
        self.timeline = directory / "timeline.jsonl"
        self.microphone = FileMicrophone()
        live = {"endpoint": server.endpoint, "ca_file": str(server.ca_file)} | sections.pop("live", {})
        audio = {"output": f"file:{self.spoken}"} | sections.pop("audio", {})
        settings = Settings.model_validate({"live": live, "audio": audio, **sections})
        self._stop = asyncio.Event()
        self.state = directory / "state"
        daemon = make_daemon(
            settings,
            SecretStr("key"),
            state=self.state,
            recorders=[Timeline(self.timeline)],
            microphone=self.microphone,
        )
        self.running = asyncio.create_task(daemon.run(self._stop))

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.timeline.read_text(encoding="utf-8").splitlines()]

    def timers(self) -> tuple[Timer, ...]:
        return open_household(Settings(), self.state, owner=False).timers.running()

    def faces(self) -> list[str]:
        return [line["face"] for line in self.lines() if line["event"] == "face"]

    def first(self, event: str, after_ms: float = -1e9) -> dict[str, Any]:
        return next(line for line in self.lines() if line["event"] == event and line["t_ms"] > after_ms)

    def heard_questions(self) -> list[int]:
        """How many activities each connection received."""
        return [len(record.activities) for record in self.server.received.connections]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                if self.running.done():
                    self.running.result()
                await asyncio.sleep(0.01)

    async def shows(self, face: str, *, again_after: int = 0) -> None:
        await self.until(lambda: face in self.faces()[again_after:])

    async def end(self) -> None:
        self._stop.set()
        await self.running


@asynccontextmanager
async def device(script: str, directory: Path, **sections: Any) -> AsyncIterator[Kitchen]:
    async with RehearsalServer(script=parse_script(script)) as server:
        running = Kitchen(server, directory, **sections)
        try:
            yield running
            await running.end()
        finally:
            running.running.cancel()
            await asyncio.gather(running.running, return_exceptions=True)


@pytest.fixture(autouse=True)
def _pins() -> Any:
    factory = use_mock_pins()
    yield
    factory.reset()
    Device.pin_factory = None


def test_a_question_is_heard_worked_on_and_answered(tmp_path: Path) -> None:
    script = """
    steps:
      - on: activity_end
        do: [{tool_call: {tool: look_up_food, args: {food: butter, quantity: 10, unit: g}}}]
      - on: tool_response
        do: [{reply: {ms: 600}}]
    """

    async def scene() -> Kitchen:
        async with device(script, tmp_path) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.5) + speech(1.0))
            await running.shows("speaking")
            await running.shows("ready", again_after=running.faces().index("speaking"))
            return running

    running = asyncio.run(scene())
    assert running.faces() == [
        "starting", "ready", "hearing", "thinking", "working", "thinking", "speaking", "ready",
    ]  # fmt: skip
    [response] = running.server.received.last.tool_responses
    assert response.response["ok"] is True
    assert "72" in str(response.response["said"]), "10 g of butter have about 72 kcal"
    loud = loud_blocks(read_wav(running.spoken), REPLY_RATE)
    assert 58 <= len(loud) <= 62, "600 ms of reply"
    played_ms = running.first("reply_audio_played")["t_ms"]
    assert loud[0] * 10 == pytest.approx(played_ms, abs=200), "positions in the file are times from ready"


def test_the_frames_on_the_wire_are_those_that_were_captured_without_a_gap(tmp_path: Path) -> None:
    async def scene() -> Kitchen:
        async with device("steps: [{on: activity_end, do: [turn_complete]}]", tmp_path) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.5) + speech(1.0))
            await running.shows("ready", again_after=2)
            return running

    running = asyncio.run(scene())
    sent = [line["frame"] for line in running.lines() if line["event"] == "frame_sent"]
    assert sent == list(range(sent[0], sent[0] + len(sent)))
    [activity] = running.server.received.last.activities
    assert speech(1.0) in activity.pcm
    assert activity.frame_count == len(sent)


def test_the_button_cuts_a_reply_short_and_no_late_audio_is_heard(tmp_path: Path) -> None:
    script = """
    steps:
      - {on: activity_end, do: [{audio: {ms: 8000, speed: 4, until: [client_content]}}]}
      - {on: client_content, do: [{audio: {ms: 400, speed: 0}}, interrupted, turn_complete]}
    """

    async def scene() -> Kitchen:
        async with device(script, tmp_path) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.3) + speech(0.6))
            await running.shows("speaking")
            await asyncio.sleep(0.5)
            press(BUTTON)
            await running.until(lambda: "turn_complete" in [line["event"] for line in running.lines()])
            await asyncio.sleep(0.5)
            return running

    running = asyncio.run(scene())
    happened = [line["event"] for line in running.lines()]
    flushed = happened.index("flush_speaker")
    assert happened[flushed - 1] == "button_pressed", "silence is the first thing that a press brings about"
    assert "reply_audio_received" in happened[flushed:], "late audio did come"
    assert "reply_audio_played" not in happened[flushed:]
    loud = loud_blocks(read_wav(running.spoken), REPLY_RATE)
    assert len(loud) == pytest.approx(2 * happened.count("reply_audio_played"), abs=2)
    assert running.faces()[-1] == "ready"
    assert "reply_interrupted" in [line["event"] for line in running.lines()], "the API was told, and agreed"


def test_after_the_button_the_next_question_is_answered(tmp_path: Path) -> None:
    async def scene() -> Kitchen:
        async with device(LONG_REPLY, tmp_path) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.3) + speech(0.6))
            await running.shows("speaking")
            press(BUTTON)
            await running.shows("ready", again_after=running.faces().index("speaking"))
            seen = len(running.faces())
            running.microphone.hear(silence(0.3) + speech(0.6))
            await running.shows("speaking", again_after=seen)
            return running

    assert asyncio.run(scene()).faces().count("speaking") == 2


def test_a_person_who_speaks_over_a_reply_silences_it_and_is_heard_from_the_first_word(
    tmp_path: Path,
) -> None:
    script = """
    steps:
      - {on: activity_end, do: [{audio: {ms: 8000, speed: 4, until: [activity_start]}}]}
      - {on: activity_start, do: [{audio: {ms: 400, speed: 0}}, interrupted, turn_complete]}
      - {on: activity_end, do: [{reply: {ms: 400}}]}
    """

    async def scene() -> Kitchen:
        async with device(script, tmp_path) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.3) + speech(0.6))
            await running.shows("speaking")
            running.microphone.hear(silence(0.3) + speech(0.7))
            await running.until(lambda: len(running.server.received.last.activities) == 2)
            await running.shows("speaking", again_after=running.faces().index("speaking") + 1)
            await asyncio.sleep(0.5)  # a reply begins when enough of it has come
            return running

    running = asyncio.run(scene())
    happened = [line["event"] for line in running.lines()]
    interrupted = happened[happened.index("flush_speaker") :]
    answered = interrupted[: interrupted.index("answered")]
    assert "reply_audio_received" in answered, "late audio did come"
    assert "reply_audio_played" not in answered, "nothing of the old reply is heard before the new one"
    assert "reply_audio_played" in interrupted
    assert speech(0.7) in running.server.received.last.activities[1].pcm


def test_whoever_speaks_when_it_stops_has_their_activity_ended(tmp_path: Path) -> None:
    async def scene() -> Kitchen:
        async with device("steps: []", tmp_path) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.3) + speech(20))
            await running.shows("hearing")
            await running.until(lambda: bool(running.server.received.last.activities))
            return running

    connection = asyncio.run(scene()).server.received.last
    [activity] = connection.activities
    assert activity.ended_s is not None
    assert connection.close_code == 1000
    assert 0 < activity.frame_count < 20 * 50


def test_a_held_button_mutes_and_no_frame_leaves_the_device(tmp_path: Path) -> None:
    async def scene() -> Kitchen:
        async with device(LONG_REPLY, tmp_path, panel={"mute_hold_s": 0.5}) as running:
            await running.shows("ready")
            Device.pin_factory.pin(BUTTON).drive_low()
            await running.shows("muted")
            Device.pin_factory.pin(BUTTON).drive_high()
            running.microphone.hear(speech(1.0))
            await running.microphone.heard_all.wait()
            return running

    running = asyncio.run(scene())
    assert running.server.received.last.counts["audio"] == 0
    assert running.server.received.last.counts["activity_start"] == 0


def test_with_server_turn_taking_the_api_ends_the_turn(tmp_path: Path) -> None:
    script = "steps: [{on: stream_end, do: [{reply: {ms: 400}}]}]"

    async def scene() -> Kitchen:
        async with device(script, tmp_path, live={"turn_taking": "server"}) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.3) + speech(0.6))
            await running.shows("speaking")
            return running

    record = asyncio.run(scene()).server.received.last
    assert record.counts["activity_start"] == record.counts["activity_end"] == 0
    assert record.counts["audio_stream_end"] == 1


def test_a_question_without_an_answer_leads_to_another_connection(tmp_path: Path) -> None:
    script = "steps: [{on: connect 1, do: []}, {on: activity_end, do: [{wait: 60000}]}]"

    async def scene() -> Kitchen:
        async with device(script, tmp_path, live={"answer_timeout_s": 0.5}) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.3) + speech(0.6))
            await running.until(lambda: running.server.received.opened == 2)
            await running.shows("ready", again_after=3)
            return running

    assert "reconnect" in [line["event"] for line in asyncio.run(scene()).lines()]


def test_a_reply_that_stops_short_leaves_nobody_deaf(tmp_path: Path) -> None:
    script = """
    steps:
      - {on: connect 1, do: []}
      - {on: activity_end, do: [{audio: {ms: 200}}]}
      - {on: connect 2, do: []}
      - {on: activity_end, do: [{reply: {ms: 200}}]}
    """
    sections = {"live": {"answer_timeout_s": 0.5}, "audio": {"duplex": "half"}}

    async def scene() -> Kitchen:
        async with device(script, tmp_path, **sections) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.3) + speech(0.6))
            await running.until(lambda: running.server.received.opened == 2)
            seen = len(running.faces())
            running.microphone.hear(silence(0.3) + speech(0.6))
            await running.shows("speaking", again_after=seen)
            return running

    assert asyncio.run(scene()).heard_questions() == [1, 1]


def test_what_a_tool_found_reaches_the_model_in_words_when_its_connection_broke(tmp_path: Path) -> None:
    script = """
    steps:
      - on: connect 1
        do: []
      - on: activity_end
        do:
          - {input_transcript: I drank a glass of water.}
          - {tool_call: {tool: log_water, args: {quantity: 1}}}
          - reset
      - on: connect 2
        do: []
      - {on: client_content, do: [{reply: {ms: 200}}]}
    """

    async def scene() -> Kitchen:
        async with device(script, tmp_path) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.3) + speech(0.6))
            await running.shows("speaking")
            return running

    running = asyncio.run(scene())
    record = running.server.received.last
    assert not record.tool_responses, "the new connection knows nothing of the call"
    [told] = [turn.text for content in record.client_contents for turn in content.turns]
    assert '"ok": true' in told
    assert "I drank a glass of water." in told
    assert not record.activities, "the question is not asked again: that would call the tool a second time"


def test_what_is_logged_is_in_the_diary_and_the_model_is_told_its_undo_id(tmp_path: Path) -> None:
    script = """
    steps:
      - {on: activity_end, do: [{tool_call: {tool: log_water, args: {quantity: 2}}}]}
      - {on: tool_response, do: [{reply: {ms: 200}}]}
    """

    async def scene() -> Kitchen:
        async with device(script, tmp_path) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.3) + speech(0.6))
            await running.shows("speaking")
            return running

    running = asyncio.run(scene())
    [response] = running.server.received.last.tool_responses
    entry = open_household(Settings(), running.state, owner=False).diary.entry(response.response["undo_id"])
    assert entry
    assert [event.fact for event in entry.events] == [WaterDrunk(500)]


def test_a_timer_is_heard_and_seen_until_the_button_is_pressed(tmp_path: Path) -> None:
    script = """
    steps:
      - {on: activity_end, do: [{tool_call: {tool: timer, args: {action: set, name: egg, seconds: 1}}}]}
      - {on: tool_response, do: [{reply: {ms: 100}}]}
    """

    async def scene() -> Kitchen:
        async with device(script, tmp_path) as running:
            await running.shows("ready")
            running.microphone.hear(silence(0.3) + speech(0.6))
            await running.shows("ringing")
            await running.until(lambda: running.first("play_chime")["chime"] == "timer")
            press(BUTTON)
            await running.until(lambda: running.faces()[-1] == "ready")
            await running.until(lambda: not running.timers())
            return running

    events = [line["event"] for line in asyncio.run(scene()).lines()]
    assert "timer_rings" not in events[events.index("silence_timers") :]


def test_without_a_network_the_device_is_ready_and_shows_that_it_reconnects(tmp_path: Path) -> None:
    async def scene() -> list[str]:
        nowhere = {"endpoint": "https://127.0.0.1:9"}
        async with device("steps: []", tmp_path, live=nowhere) as running:
            await running.until(lambda: any(line["event"] == "ready" for line in running.lines()))
            return running.faces()

    assert asyncio.run(scene())[-1] == "reconnecting"


def test_a_refused_key_ends_the_daemon_with_its_exit_status(tmp_path: Path) -> None:
    faces: list[str] = []

    async def scene() -> None:
        async with device("steps: [{on: connect, do: [{refuse: 401}]}]", tmp_path) as running:
            try:
                await running.running
            finally:
                faces.extend(running.faces())

    with pytest.raises(KeyRefusedError) as caught:
        asyncio.run(scene())
    assert caught.value.exit_status == 77
    assert faces[-1] == "fault"


def test_an_output_that_cannot_be_written_ends_the_daemon(tmp_path: Path) -> None:
    async def scene() -> None:
        async with device("steps: []", tmp_path, audio={"output": "file:/nowhere/out.wav"}) as running:
            await running.running

    with pytest.raises(UnavailableError, match="cannot be written as the speaker"):
        asyncio.run(scene())


def test_a_device_that_is_lost_is_a_fault_until_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    told: dict[str, Any] = {}

    def opened(settings: AudioSettings, **listeners: Any) -> Speaker:
        told.update(listeners)
        return open_speaker(settings, **listeners)

    monkeypatch.setattr("device.daemon.open_speaker", opened)

    async def scene() -> list[str]:
        async with device("steps: []", tmp_path) as running:
            await running.shows("ready")
            for _ in range(3):
                told["on_lost"]("The speaker is gone. Plug it in.")
            await running.shows("fault")
            told["on_back"]()
            await running.shows("ready", again_after=running.faces().index("fault"))
            return running.faces()

    assert asyncio.run(scene()) == ["starting", "ready", "fault", "ready"]
    assert [text for text in caplog.messages if text.startswith("fault")] == [
        "fault part=speaker remedy='The speaker is gone. Plug it in.'",
        "fault_cleared part=speaker lasted_s=0",
    ]
