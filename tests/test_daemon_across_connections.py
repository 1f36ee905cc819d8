"""The whole device, while its connections come and go: what the person at the stove hears of it."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from pydantic import SecretStr

from device.audio.files import FileMicrophone
from device.config import Settings
from device.daemon import make_daemon
from device.errors import UnavailableError
from device.live.backoff import Backoff
from device.rehearsal.server import RehearsalServer
from tests.sounds import REPLY_RATE, loud_blocks, read_wav, silence, speech
from tests.test_daemon import Kitchen, device

NO_PANEL = {"panel": {"enabled": False}}
QUESTION = silence(0.3) + speech(0.6)
BLOCK_MS = 10


def loud(running: Kitchen) -> list[int]:
    """The 10 ms blocks of the speaker's output that hold sound."""
    return loud_blocks(read_wav(running.spoken), REPLY_RATE)


def longest_pause_ms(blocks: list[int]) -> int:
    """The longest silence between two loud blocks."""
    return max(after - before - 1 for before, after in itertools.pairwise(blocks)) * BLOCK_MS


def happened(running: Kitchen, event: str) -> int:
    return sum(line["event"] == event for line in running.lines())


async def falls_silent(running: Kitchen) -> None:
    """Wait until a reply has been heard to its end."""
    await running.shows("speaking")
    await running.until(lambda: running.faces()[-1] == "ready")


def test_a_reply_that_is_cut_off_goes_on_after_a_short_pause_at_most(tmp_path: Path) -> None:
    script = """
    steps:
      - on: connect 1
        do: []
      - on: activity_end
        do:
          - input_transcript: 'How do I cook rice?'
          - output_transcript: Rinse the rice.
          - {audio: {ms: 400, speed: 0}}
          - reset
      - on: connect 2
        do: []
      - {on: client_content, do: [{reply: {ms: 600, speed: 2, text: Then add water.}}]}
    """

    async def scene() -> Kitchen:
        async with device(script, tmp_path, **NO_PANEL) as running:
            await running.shows("ready")
            running.microphone.hear(QUESTION)
            await falls_silent(running)
            return running

    running = asyncio.run(scene())
    record = running.server.received.last
    [asked] = [turn.text for content in record.client_contents for turn in content.turns]
    assert "How do I cook rice?" in asked
    assert '"Rinse the rice."' in asked
    assert not record.activities, "the question itself is not asked again"
    blocks = loud(running)
    assert len(blocks) == pytest.approx(100, abs=3), "400 ms and 600 ms, all of both and nothing twice"
    assert longest_pause_ms(blocks[:40]) == 0, "what had come is played without a gap"
    assert longest_pause_ms(blocks) <= 300


@pytest.mark.parametrize("left", ["0s", "0.5s"])
def test_a_hand_off_while_a_whole_reply_plays_leaves_no_gap_in_it(tmp_path: Path, left: str) -> None:
    script = f"""
    steps:
      - on: connect 1
        do: []
      - on: activity_end
        do:
          - {{audio: {{ms: 1500, speed: 0}}}}
          - generation_complete
          - turn_complete
          - resumption
          - {{go_away: {left}}}
    """

    async def scene() -> Kitchen:
        async with device(script, tmp_path, live={"handoff_margin_s": 0.2}, **NO_PANEL) as running:
            await running.shows("ready")
            running.microphone.hear(QUESTION)
            await falls_silent(running)
            return running

    running = asyncio.run(scene())
    moved = [line for line in running.lines() if line["event"] == "connection_lost"]
    assert [line["reason"] for line in moved] == ["hand-off: deadline"]
    assert running.server.received.opened == 2
    blocks = loud(running)
    assert len(blocks) == pytest.approx(150, abs=2)
    assert longest_pause_ms(blocks) == 0
    assert blocks[0] * BLOCK_MS < moved[0]["t_ms"] + 300 < blocks[-1] * BLOCK_MS, "it did move meanwhile"
    assert "reconnecting" not in running.faces(), "and nobody saw it"


class Steady(Backoff):
    """An attempt every 50 ms."""

    def next_s(self, *, quota_exhausted: bool = False) -> float:
        return 0.05


def test_whoever_asks_while_there_is_no_connection_hears_a_chime_and_later_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.live.session.Backoff", Steady)
    script = """
    steps:
      - {on: connect 1-60, do: [{refuse: 503}]}
      - {on: connect 61-, do: []}
      - {on: activity_end, do: [{reply: {ms: 400}}]}
    """

    async def scene() -> Kitchen:
        async with device(script, tmp_path, **NO_PANEL) as running:
            await running.shows("reconnecting")
            running.microphone.hear(QUESTION)
            await falls_silent(running)
            return running

    running = asyncio.run(scene())
    assert happened(running, "play_chime") == 1
    replied_ms = running.first("reply_audio_played", after_ms=running.first("connected")["t_ms"])["t_ms"]
    chimed = [block for block in loud(running) if block * BLOCK_MS < replied_ms - 200]
    assert chimed, "there was a sound although no reply had come"
    assert chimed[0] * BLOCK_MS > running.first("activity_ended")["t_ms"] - 200, "after the question"
    [activity] = running.server.received.last.activities
    assert speech(0.6) in activity.pcm
    assert len(loud(running)) - len(chimed) == pytest.approx(40, abs=2)


def test_a_session_that_hears_but_does_not_answer_is_left_and_the_question_answered_once(
    tmp_path: Path,
) -> None:
    script = """
    steps:
      - {on: connect 1, do: []}
      - {on: activity_end, do: [{reply: {ms: 300, heard: Hello., text: Good morning.}}, reset]}
      - {on: connect 2, do: []}
      - {on: activity_end, do: [{input_transcript: 'How much rice?'}]}
      - {on: connect 3-, do: []}
      - {on: activity_end, repeat: forever, do: [{reply: {ms: 500}}]}
    """

    async def scene() -> Kitchen:
        async with device(script, tmp_path, live={"answer_timeout_s": 2}, **NO_PANEL) as running:
            await running.shows("ready")
            running.microphone.hear(QUESTION)
            await running.until(lambda: running.server.received.opened == 2)
            await running.until(lambda: running.faces()[-1] == "ready")
            running.microphone.hear(QUESTION)
            await running.until(lambda: running.server.received.opened == 3)
            await running.shows("speaking", again_after=len(running.faces()))
            await running.until(lambda: running.faces()[-1] == "ready")
            return running

    running = asyncio.run(scene())
    poisoned, fresh = list(running.server.received.connections)[1:]
    assert poisoned.setup is not None
    assert fresh.setup is not None
    assert poisoned.setup.handle is not None
    assert fresh.setup.handle is None
    assert running.heard_questions() == [1, 1, 1]
    assert poisoned.activities[0].pcm == fresh.activities[0].pcm, "the same question, from its first word"
    history = [turn.text for content in fresh.client_contents for turn in content.turns]
    assert history[1:] == ["Hello.", "Good morning."]
    assert len(loud(running)) == pytest.approx(80, abs=4), "two answers, once each"


def test_a_second_daemon_with_the_same_state_directory_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state"

    def settings(server: RehearsalServer, output: str) -> Settings:
        live = {"endpoint": server.endpoint, "ca_file": str(server.ca_file)}
        audio = {"output": f"file:{tmp_path / output}"}
        return Settings.model_validate({"live": live, "audio": audio, **NO_PANEL})

    async def scene() -> None:
        async with RehearsalServer() as one, RehearsalServer() as another:
            first = make_daemon(
                settings(one, "1.wav"), SecretStr("key"), state=state, microphone=FileMicrophone()
            )
            stop = asyncio.Event()
            running = asyncio.create_task(first.run(stop))
            await one.received.wait(lambda received: received.opened == 1)
            second = make_daemon(
                settings(another, "2.wav"), SecretStr("key"), state=state, microphone=FileMicrophone()
            )
            try:
                with pytest.raises(UnavailableError, match=r"already runs with the state directory"):
                    await second.run(stop)
                assert another.received.opened == 0, "it has said nothing to anybody"
                assert not running.done(), "and the first goes on"
            finally:
                stop.set()
                await running
            third = make_daemon(
                settings(another, "3.wav"), SecretStr("key"), state=state, microphone=FileMicrophone()
            )
            stop.clear()
            running = asyncio.create_task(third.run(stop))
            await another.received.wait(lambda received: received.opened == 1)
            stop.set()
            await running

    asyncio.run(scene())
