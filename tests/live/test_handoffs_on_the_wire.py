"""Hand-offs over a real socket: when they happen, with which handle, and what they may never lose."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from device.events import (
    Connected,
    ConnectionLost,
    ReplyAudioReceived,
    TurnComplete,
)
from device.live.statefile import SESSION_FILE, StateFile
from device.rehearsal.record import ConnectionRecord
from device.safefile import PRIVATE
from tests.live.harness import WITHIN_S, Device, Talk, device, talk

HAND_OFFS = 200
FRAMES_IN_ACTIVITY = 5
STILL_CONNECTED = "the session is still connected"

CONTINUOUS = """
settings: {lifetime_s: 0.07, go_away_notice_s: 0.06}
tracks:
  - - repeat: forever
      steps:
        - {on: activity_end, do: [{reply: {ms: 10, speed: 0, text: Rice it is.}}]}
        - {on: activity_end, do: [turn_complete]}
        - {on: activity_end, do: [{reply: {ms: 200, speed: 4, text: The rice has four hundred calories.}}]}
        - {on: activity_end, do: []}
  - - {on: client_content, repeat: forever, do: [{reply: {ms: 40, speed: 0}}]}
"""

ANSWERING = "{on: activity_end, repeat: forever, do: [{reply: {ms: 40, speed: 0, heard: rice, text: Rice.}}]}"


def handle_of(record: ConnectionRecord) -> str | None:
    return record.setup.handle if record.setup else None


def setups(talking: Talk) -> list[str | None]:
    """The handle that each connection was opened with."""
    return [handle_of(record) for record in talking.server.received.connections]


def told(record: ConnectionRecord) -> list[tuple[str | None, str]]:
    """What a connection was told in words, with its role."""
    return [(turn.role, turn.text) for content in record.client_contents for turn in content.turns]


def moves(talking: Talk) -> list[ConnectionLost]:
    return talking.all(ConnectionLost)


# --------------------------------------------------------------------------------------- continuous talk


class Chatter:
    """A person who never stops talking for long, with numbered frames; sometimes waits for the answer."""

    def __init__(self, talking: Device) -> None:
        self._talking = talking
        self._numbers = itertools.count()
        self.spoken: list[list[int]] = []

    async def talk_on(self, until_connections: int) -> None:
        opened = self._talking.server.received
        while opened.opened < until_connections:
            await self._say_something()
            # Not for correctness: pauses of all lengths, so that hand-offs fall everywhere.
            await asyncio.sleep(0.005 * (len(self.spoken) % 7))
        await self._say_something()
        await self._talking.until(lambda: opened.last.counts["activity_end"] >= 1)

    async def _say_something(self) -> None:
        numbers = list(itertools.islice(self._numbers, FRAMES_IN_ACTIVITY))
        self.spoken.append(numbers)
        self._talking.say(ended=False)
        for number in numbers:
            self._talking.go_on(number, ended=False)
            await asyncio.sleep(0.002)
        self._talking.go_on()


def received_somewhere(heard: Sequence[list[list[int]]], activity: list[int]) -> bool:
    return any(activity in activities for activities in heard)


def test_two_hundred_hand_offs_in_continuous_talk_lose_nothing() -> None:
    async def scene() -> tuple[Device, Chatter]:
        async with device(CONTINUOUS, handoff_margin_s=0.03) as talking:
            await talking.happens(Connected)
            chatter = Chatter(talking)
            async with asyncio.timeout(50):
                await chatter.talk_on(HAND_OFFS + 1)
            return talking, chatter

    talking, chatter = asyncio.run(scene())
    records = list(talking.server.received.connections)
    heard = [talking.heard(record.number) for record in records]

    lost = [activity for activity in chatter.spoken if not received_somewhere(heard, activity)]
    assert not lost, "every activity arrived whole and in order on one connection"
    for activities in heard:
        numbers = [number for activity in activities for number in activity]
        assert len(numbers) == len(set(numbers)), "no frame twice on one connection"
        assert numbers == sorted(numbers)
    assert not [record.close_reason for record in records if STILL_CONNECTED in record.close_reason]
    assert all(lost.planned for lost in moves(talking)), "every move was made before the API's deadline"
    reasons = {lost.reason for lost in moves(talking)}
    assert reasons == {"hand-off: go_away", "hand-off: deadline"}, "in pauses, and in the middle of things"
    assert sum(handle is None for handle in setups(talking)) < 10, "handles lead from one to the next"


def test_the_old_socket_is_closed_before_the_next_is_opened() -> None:
    script = f"""
    settings: {{lifetime_s: 0.2, go_away_notice_s: 0.1}}
    steps: [{{on: activity_start, do: [resumption]}}, {ANSWERING}]
    """
    still_open: list[int] = []

    async def scene() -> Talk:
        async with device(script, handoff_margin_s=0.05) as talking:
            opened = talking.server.received
            at_first = opened.open

            def watch(path: str, api_key: str, user_agent: str) -> ConnectionRecord:
                still_open.extend(record.number for record in opened.connections if not record.closed)
                return at_first(path, api_key, user_agent)

            opened.open = watch  # type: ignore[method-assign]
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(Connected, 6)
            return talking

    asyncio.run(scene())
    assert not still_open


# --------------------------------------------------------------------------------------- by age


def test_a_connection_of_a_certain_age_is_left_at_a_quiet_moment_with_the_newest_handle(
    caplog: pytest.LogCaptureFixture,
) -> None:
    script = """
    steps:
      - on: connect 1
        do: []
      - {on: activity_end, do: [{resumption: h1}, turn_complete, {resumption: h2}]}
      - {on: activity_end, do: [turn_complete, {resumption: h3}]}
    """

    async def scene() -> Talk:
        async with talk(script, handoff_age_s=0.2) as talking:
            await talking.happens(Connected)
            talking.say(1)
            talking.say(2)
            await talking.happens(TurnComplete, 2)
            await talking.until(lambda: talking.server.received.last.sent["sessionResumptionUpdate"] == 3)
            await asyncio.sleep(0.4)
            assert not moves(talking), "old enough, but somebody is busy"
            talking.session.set_quiet(quiet=True)
            await talking.happens(Connected, 2)
            return talking

    with caplog.at_level(logging.INFO):
        talking = asyncio.run(scene())
    assert setups(talking) == [None, "h3"]
    assert moves(talking) == [ConnectionLost("hand-off: age", planned=True)]
    [handed_off] = [message for message in caplog.messages if message.startswith("handed_off")]
    assert handed_off.startswith("handed_off reason=age session=resumed away_ms=")


def test_a_young_connection_is_kept_however_quiet_it_is() -> None:
    async def scene() -> Talk:
        async with talk(f"steps: [{ANSWERING}]", handoff_age_s=60) as talking:
            await talking.happens(Connected)
            talking.session.set_quiet(quiet=True)
            talking.say(1)
            await talking.happens(TurnComplete)
            await asyncio.sleep(0.2)
            return talking

    talking = asyncio.run(scene())
    assert not moves(talking)
    assert talking.server.received.opened == 1


# --------------------------------------------------------------------------------------- after a goAway


def test_a_go_away_in_a_quiet_moment_is_followed_at_once() -> None:
    script = "steps: [{on: connect 1, do: []}, {on: activity_end, do: [turn_complete, resumption, go_away]}]"

    async def scene() -> Talk:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(TurnComplete)
            talking.session.set_quiet(quiet=True)
            await talking.happens(Connected, 2)
            return talking

    assert moves(asyncio.run(scene())) == [ConnectionLost("hand-off: go_away", planned=True)]


def test_a_go_away_in_the_middle_of_things_is_followed_at_the_first_quiet_moment() -> None:
    script = "steps: [{on: connect 1, do: []}, {on: activity_end, do: [go_away, turn_complete, resumption]}]"

    async def scene() -> Talk:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.until(lambda: talking.server.received.last.sent["sessionResumptionUpdate"] == 1)
            await asyncio.sleep(0.1)
            assert not moves(talking)
            talking.session.set_quiet(quiet=True)
            await talking.happens(ConnectionLost)
            return talking

    assert moves(asyncio.run(scene())) == [ConnectionLost("hand-off: go_away", planned=True)]


@pytest.mark.parametrize("then", ["", ", silence"], ids=["quiet wire", "silence"])
def test_a_deadline_is_kept_although_nothing_more_arrives(
    then: str, caplog: pytest.LogCaptureFixture
) -> None:
    script = f"""
    steps:
      - {{on: connect 1, do: []}}
      - {{on: activity_start, do: [{{go_away: 0.6s}}{then}]}}
    """

    async def scene() -> tuple[Talk, float]:
        async with talk(script, handoff_margin_s=0.3) as talking:
            await talking.happens(Connected)
            talking.say(1, 2, 3, ended=False)
            loop = asyncio.get_running_loop()
            began = loop.time()
            await talking.happens(ConnectionLost)
            took_s = loop.time() - began
            talking.go_on(4)
            await talking.until(lambda: talking.server.received.last.counts["activity_end"] == 1)
            return talking, took_s

    with caplog.at_level(logging.INFO):
        talking, took_s = asyncio.run(scene())
    assert moves(talking) == [ConnectionLost("hand-off: deadline", planned=True)]
    # Closing a socket that is silent takes its time limit of 1 s.
    assert 0.25 <= took_s < (2.0 if then else 0.6)
    assert talking.heard(2) == [[1, 2, 3, 4]]
    assert any(message.startswith("handed_off reason=deadline") for message in caplog.messages)


def test_a_go_away_without_any_time_left_repeats_the_open_activity_on_the_next_connection() -> None:
    script = f"""
    steps:
      - {{on: connect 1, do: []}}
      - {{on: audio_frames 3, do: [{{go_away: 0s}}]}}
      - {{on: connect 2-, do: []}}
      - {ANSWERING}
    """

    async def scene() -> Device:
        async with device(script) as talking:
            await talking.happens(Connected)
            talking.say(1, 2, 3, 4, ended=False)
            await talking.happens(ConnectionLost)
            talking.go_on(5, 6)
            await talking.happens(TurnComplete)
            return talking

    talking = asyncio.run(scene())
    assert moves(talking) == [ConnectionLost("hand-off: deadline", planned=True)]
    assert talking.heard(2) == [[1, 2, 3, 4, 5, 6]]
    assert talking.count(ReplyAudioReceived) == 1


# --------------------------------------------------------------------------------------- which handle


@pytest.mark.parametrize(
    ("offers", "resumed_with"),
    [
        ("{resumption: h1}, turn_complete, {json: {sessionResumptionUpdate: {newHandle: h2}}}", "h1"),
        ("{resumption: h1}, {json: {sessionResumptionUpdate: {newHandle: h2, resumable: false}}}", "h1"),
        ("{resumption: h1}, turn_complete, {resumption: {resumable: false}}", "h1"),
        ("{resumption: h1}, turn_complete, {json: {sessionResumptionUpdate: {resumable: true}}}", "h1"),
        ("turn_complete", None),
    ],
)
def test_only_handles_marked_resumable_count(offers: str, resumed_with: str | None) -> None:
    script = f"steps: [{{on: connect 1, do: []}}, {{on: activity_end, do: [{offers}, reset]}}]"

    async def scene() -> list[str | None]:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(Connected, 2)
            return setups(talking)

    assert asyncio.run(scene()) == [None, resumed_with]


def test_a_handle_from_the_middle_of_a_turn_that_never_ended_is_not_used_where_there_is_an_older_one() -> (
    None
):
    script = """
    steps:
      - {on: connect 1, do: []}
      - {on: activity_end, do: [turn_complete, {resumption: between}]}
      - {on: activity_end, do: [{resumption: middle1}, {resumption: middle2}, reset]}
    """

    async def scene() -> list[str | None]:
        async with talk(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.until(lambda: talking.server.received.last.sent["sessionResumptionUpdate"] == 1)
            talking.say(2)
            await talking.happens(Connected, 2)
            return setups(talking)

    assert asyncio.run(scene()) == [None, "between"]


# --------------------------------------------------------------------------------------- across restarts

OFFERING = "steps: [{on: activity_end, repeat: forever, do: [{reply: {ms: 40, speed: 0, heard: rice}}]}]"


async def a_turn(talking: Talk) -> None:
    await talking.happens(Connected)
    talking.say(1)
    await talking.happens(TurnComplete)
    last = talking.server.received.last
    await talking.until(lambda: last.sent["sessionResumptionUpdate"] == 1)


async def stop(talking: Talk) -> None:
    talking.running.cancel()
    await asyncio.gather(talking.running, return_exceptions=True)


def saved(path: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return content


def holds_handle(path: Path) -> bool:
    return path.exists() and bool(saved(path)["handle"])


async def a_handle_is_saved(path: Path) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not holds_handle(path):  # noqa: ASYNC110 -- a file can only be asked
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("change", "resumes"),
    [({}, True), ({"model": "gemini-9-live"}, False), ({"endpoint": "https://127.0.0.1:1"}, False)],
    ids=["the same", "another model", "another endpoint"],
)
def test_a_restarted_session_resumes_where_it_was_saved(
    tmp_path: Path, change: dict[str, str], resumes: bool
) -> None:
    path = tmp_path / SESSION_FILE

    async def scene() -> list[str | None]:
        async with talk(OFFERING, StateFile(path)) as talking:
            await a_turn(talking)
            await a_handle_is_saved(path)
            await stop(talking)
            content = saved(path)
            path.write_text(json.dumps(content | change))
            again = Talk(talking.server, StateFile(path))
            await again.happens(Connected)
            await stop(again)
            return [*setups(talking), content["handle"]]  # type: ignore[list-item]

    first, second, handle = asyncio.run(scene())
    assert first is None
    assert handle
    assert second == (handle if resumes else None)


def test_the_file_of_the_session_is_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / SESSION_FILE

    async def scene() -> None:
        async with talk(OFFERING, StateFile(path)) as talking:
            await a_turn(talking)
            await a_handle_is_saved(path)

    asyncio.run(scene())
    assert stat.S_IMODE(path.stat().st_mode) == PRIVATE == 0o600


# --------------------------------------------------------------------------------------- refused and poisoned


ASKED, SAID = "May I have rice?", "Rice it is."


def refusing(code: int, settings: str = "{}") -> str:
    return f"""
    settings: {settings}
    steps:
      - {{on: connect 1, do: []}}
      - {{on: activity_end, do: [{{reply: {{ms: 40, speed: 0, heard: "{ASKED}", text: "{SAID}"}}}}, reset]}}
      - {{on: connect 2, do: []}}
      - {{on: setup, do: [{{close: {{code: {code}, reason: No.}}}}]}}
      - {{on: connect 3-, do: []}}
      - {ANSWERING}
    """


@pytest.mark.parametrize("code", [1007, 1008, 1011])
def test_a_refused_handle_leads_to_a_fresh_session_that_knows_the_history(
    code: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> Talk:
        async with talk(refusing(code)) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(Connected, 2)
            talking.say(2)
            await talking.happens(TurnComplete, 2)
            return talking

    with caplog.at_level(logging.INFO):
        talking = asyncio.run(scene())
    first, second, third = setups(talking)
    assert first is None
    assert second is not None
    assert third is None
    record = talking.server.received.last
    assert record.setup_json["historyConfig"] == {"initialHistoryInClientContent": True}
    (role, opening), *turns = told(record)
    assert role == "user"
    assert "lunch was missed" in opening, "the day's status"
    assert turns == [("user", ASKED), ("model", SAID)]
    assert record.client_contents[0].turn_complete, "the API waits for the end of the history"
    assert list(record.order)[:2] == ["setup", "client_content"], "before anything that is said"
    assert "restored turns=1" in caplog.messages
    assert talking.heard(3) == [[2]], "and the conversation goes on"


def test_an_api_that_refuses_the_history_too_gets_it_as_background(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> Talk:
        async with talk(refusing(1007, "{accepts_history: false}")) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(Connected, 2)
            talking.say(2)
            await talking.happens(TurnComplete, 2)
            return talking

    with caplog.at_level(logging.INFO):
        talking = asyncio.run(scene())
    records = list(talking.server.received.connections)
    assert len(records) == 4, "with the handle, with the history, with neither"
    assert "historyConfig" in records[2].setup_json
    assert "historyConfig" not in records[3].setup_json
    instruction = json.dumps(records[3].setup_json["systemInstruction"])
    assert ASKED in instruction
    assert SAID in instruction
    assert "lunch was missed" in instruction
    assert not records[3].client_contents
    assert caplog.messages.count("restored turns=1") == 1
    assert talking.heard(4) == [[2]]


def test_a_press_of_the_button_during_a_hand_off_does_not_ask_again() -> None:
    script = """
    steps:
      - {on: connect 1, do: []}
      - {on: activity_end, do: [{go_away: 0s}]}
    """

    async def scene() -> Device:
        async with device(script) as talking:
            await talking.happens(Connected)
            talking.say(1)
            await talking.happens(ConnectionLost)
            talking.press()
            await talking.happens(Connected, 2)
            talking.say(2)
            await talking.until(lambda: talking.server.received.last.counts["activity_end"] == 1)
            return talking

    assert asyncio.run(scene()).heard(2) == [[2]]
