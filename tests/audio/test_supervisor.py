"""A device that comes and goes, by doubles, on a clock that jumps to whatever is due."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Any

import pytest

from device.audio import supervisor as timing
from device.audio.aside import finish, on_a_thread
from device.audio.direction import Direction
from device.audio.supervisor import Listener, Stream, Supervisor
from device.errors import UnavailableError
from tests.clock import run_in_fast_time


class PluggedStream:
    """A stream whose blocks go by while the card is plugged in; pulled, it stays open and silent."""

    def __init__(self, card: Card) -> None:
        self.blocks = 0
        self.is_open = True
        self.is_abandoned = False
        self._card = card
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            self.blocks += self._card.gives_blocks

    def put_away(self) -> None:
        if self._task:
            self._task.cancel()
        if self._card.close_hangs:
            raise TimeoutError
        self.is_open = False

    def abandon(self) -> None:
        self.is_abandoned = True


class Card:
    """What the doubles share: whether it is there, and what it does."""

    def __init__(self, *, is_there: bool = True) -> None:
        self.is_there = is_there
        self.gives_blocks = True
        self.close_hangs = False
        self.streams: list[PluggedStream] = []
        self.attempts: list[float] = []

    def open(self) -> Stream:
        self.attempts.append(asyncio.get_running_loop().time())
        if not self.is_there:
            raise UnavailableError("There is no microphone. Plug one in.")
        self.streams.append(PluggedStream(self))
        return self.streams[-1]

    def pull(self) -> None:
        self.is_there = self.gives_blocks = False

    def plug(self) -> None:
        self.is_there = self.gives_blocks = True


async def at_once(work: Callable[[], Any], *, limit_s: float) -> Any:
    """No thread, so that the clock may jump; what raises TimeoutError took too long."""
    await asyncio.sleep(0)
    return work()


class Watched:
    """A supervisor with the diary of what it told."""

    def __init__(self, card: Card) -> None:
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.told: list[tuple[str, float]] = []
        self.sentences: list[str] = []
        listener = Listener(on_opened=lambda _: None, on_lost=self._lost, on_back=lambda: self._note("back"))
        self.supervisor = Supervisor(
            Direction.INPUT, "array", card.open, listener, cards=lambda: card.is_there, aside=at_once
        )
        self.supervisor.start()

    def _lost(self, sentence: str) -> None:
        self.sentences.append(sentence)
        self._note("lost")

    def _note(self, what: str) -> None:
        self.told.append((what, self._loop.time() - self._began))

    @property
    def story(self) -> list[str]:
        return [what for what, _ in self.told]


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run_in_fast_time(scene())


def test_a_device_that_works_is_settled_and_nothing_is_told() -> None:
    async def scene() -> None:
        card = Card()
        watched = Watched(card)
        await watched.supervisor.settled.wait()
        await asyncio.sleep(3600)
        assert watched.story == []
        assert len(card.streams) == 1
        watched.supervisor.close()
        assert not card.streams[0].is_open

    play(scene)


def test_a_card_that_falls_silent_while_its_stream_is_active_is_lost_within_a_second() -> None:
    async def scene() -> None:
        card = Card()
        watched = Watched(card)
        await asyncio.sleep(10)
        card.pull()
        await asyncio.sleep(1)
        assert watched.story[0] == "lost"
        assert watched.told[0][1] - 10 <= timing.SILENT_S + 2 * timing.CHECK_S
        assert watched.sentences[0] == "The microphone 'array' gives no sound. Plug it out and in again."
        assert not card.streams[0].is_open, "its stream is closed, or it would burn a core"
        watched.supervisor.close()

    play(scene)


def test_a_card_that_is_plugged_in_again_is_taken_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def scene() -> None:
        card = Card()
        watched = Watched(card)
        await asyncio.sleep(10)
        card.pull()
        await asyncio.sleep(60)
        card.plug()
        await asyncio.sleep(1.5)
        assert watched.story == ["lost", "lost", "back"], "no sound, then not there, then back"
        assert watched.sentences[1] == "There is no microphone. Plug one in."
        watched.supervisor.close()

    play(scene)
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "microphone_lost device='array' reason='gives no sound'"
    assert lines[1].startswith("microphone_back device='array' away_ms=59")
    assert len(lines) == 2


def test_a_device_that_is_paused_is_let_go_and_taken_back_without_a_word() -> None:
    async def scene() -> None:
        card = Card()
        watched = Watched(card)
        await asyncio.sleep(1)
        watched.supervisor.pause()
        await asyncio.sleep(0.1)
        assert [stream.is_open for stream in card.streams] == [False]
        await asyncio.sleep(60)
        assert len(card.streams) == 1, "it is left alone"
        watched.supervisor.resume()
        await asyncio.sleep(1)
        assert [stream.is_open for stream in card.streams] == [False, True]
        assert watched.story == []
        watched.supervisor.close()

    play(scene)


def test_a_device_that_is_paused_before_it_was_opened_is_not_opened() -> None:
    async def scene() -> None:
        card = Card()
        watched = Watched(card)
        watched.supervisor.pause()
        await watched.supervisor.settled.wait()
        await asyncio.sleep(10)
        assert card.attempts == []
        watched.supervisor.close()

    play(scene)


def test_a_card_that_is_gone_when_it_is_wanted_again_is_told_and_waited_for() -> None:
    async def scene() -> None:
        card = Card()
        watched = Watched(card)
        await asyncio.sleep(1)
        watched.supervisor.pause()
        await asyncio.sleep(1)
        card.pull()
        watched.supervisor.resume()
        await asyncio.sleep(1)
        assert watched.story == ["lost"]
        card.plug()
        await asyncio.sleep(10)
        assert watched.story == ["lost", "back"]
        watched.supervisor.close()

    play(scene)


def test_a_device_that_was_lost_is_missed_by_nobody_while_it_is_paused() -> None:
    async def scene() -> None:
        card = Card()
        watched = Watched(card)
        await asyncio.sleep(1)
        card.pull()
        await asyncio.sleep(2)
        watched.supervisor.pause()
        await asyncio.sleep(10)
        told = watched.story
        assert (told[0], told[-1], told.count("back")) == ("lost", "back", 1)
        card.plug()
        watched.supervisor.resume()
        await asyncio.sleep(1)
        assert card.streams[-1].is_open
        assert watched.story == told
        watched.supervisor.close()

    play(scene)


def test_attempts_come_after_twice_the_time_up_to_five_seconds() -> None:
    async def scene() -> None:
        card = Card(is_there=False)
        watched = Watched(card)
        await asyncio.sleep(30)
        waits = [round(later - before, 3) for before, later in pairwise(card.attempts)]
        assert waits[:6] == [0.5, 1, 2, 4, 5, 5]
        assert watched.story == ["lost"], "it is told once"
        watched.supervisor.close()

    play(scene)


def test_a_device_that_is_not_there_at_the_start_is_waited_for() -> None:
    async def scene() -> None:
        card = Card(is_there=False)
        watched = Watched(card)
        await watched.supervisor.settled.wait()
        assert watched.sentences == ["There is no microphone. Plug one in."]
        await asyncio.sleep(100)
        card.plug()
        await asyncio.sleep(1)
        assert watched.story == ["lost", "back"], "a card that came brings on the next attempt"
        watched.supervisor.close()

    play(scene)


def test_a_stream_that_ends_by_itself_is_lost_at_once() -> None:
    async def scene() -> None:
        card = Card()
        watched = Watched(card)
        await asyncio.sleep(10)
        watched.supervisor.stream_ended()
        await asyncio.sleep(0.01)
        assert watched.story == ["lost"]
        await asyncio.sleep(1)
        assert watched.story == ["lost", "back"]
        assert [stream.is_open for stream in card.streams] == [False, True]
        watched.supervisor.close()

    play(scene)


def test_a_device_that_opens_and_gives_nothing_is_not_back() -> None:
    async def scene() -> None:
        card = Card()
        card.gives_blocks = False
        watched = Watched(card)
        await asyncio.sleep(60)
        assert watched.story == ["lost"]
        assert sum(stream.is_open for stream in card.streams) <= 1
        card.gives_blocks = True
        await asyncio.sleep(timing.LONGEST_WAIT_S + 1)
        assert watched.story == ["lost", "back"]
        watched.supervisor.close()

    play(scene)


def test_a_device_that_flaps_is_tried_ever_more_rarely() -> None:
    async def scene() -> None:
        card = Card()
        watched = Watched(card)
        for _ in range(600):
            await asyncio.sleep(0.1)
            if card.streams and card.streams[-1].blocks > 2 and card.streams[-1].is_open:
                watched.supervisor.stream_ended()
        assert len(card.attempts) < 20
        watched.supervisor.close()

    play(scene)


def test_a_close_that_hangs_is_abandoned_and_the_device_is_looked_for_all_the_same() -> None:
    async def scene() -> None:
        card = Card()
        watched = Watched(card)
        await asyncio.sleep(10)
        card.close_hangs = True
        card.pull()
        await asyncio.sleep(1)
        assert card.streams[0].is_abandoned
        card.close_hangs = False
        card.plug()
        await asyncio.sleep(10)
        assert watched.story[-1] == "back"
        watched.supervisor.close()

    play(scene)


class HangingStream:
    """A stream on a driver that never lets go."""

    def __init__(self) -> None:
        self.blocks = 0
        self.is_abandoned = False
        self.release = threading.Event()

    def start(self) -> None:
        self.blocks = 1

    def put_away(self) -> None:
        self.release.wait(30)

    def abandon(self) -> None:
        self.is_abandoned = True


@pytest.mark.parametrize("is_lost_before", [False, True])
def test_a_close_that_really_hangs_hangs_neither_the_loop_nor_the_end(
    monkeypatch: pytest.MonkeyPatch, is_lost_before: bool
) -> None:
    monkeypatch.setattr(timing, "PUT_AWAY_LIMIT_S", 0.2)
    stream = HangingStream()

    async def scene() -> None:
        listener = Listener(on_opened=lambda _: None, on_lost=lambda _: None, on_back=lambda: None)
        supervisor = Supervisor(Direction.OUTPUT, "speaker", lambda: stream, listener)
        supervisor.start()
        await supervisor.settled.wait()
        if is_lost_before:
            supervisor.stream_ended()
            await asyncio.sleep(0.5)
            assert stream.is_abandoned
        supervisor.close()

    began = time.monotonic()
    asyncio.run(scene())
    assert time.monotonic() - began < 3
    assert stream.is_abandoned
    stream.release.set()


def test_what_is_opened_too_late_is_closed_again() -> None:
    put_away = threading.Event()

    class Late(HangingStream):
        def put_away(self) -> None:
            put_away.set()

    def slow_open() -> Stream:
        time.sleep(0.3)
        return Late()

    async def scene() -> None:
        listener = Listener(on_opened=lambda _: None, on_lost=lambda _: None, on_back=lambda: None)
        supervisor = Supervisor(Direction.OUTPUT, "speaker", slow_open, listener)
        supervisor.start()
        await asyncio.sleep(0.1)
        supervisor.close()
        await asyncio.sleep(0)

    asyncio.run(scene())
    assert put_away.wait(5)


def test_work_aside_gives_its_result_its_error_or_a_timeout() -> None:
    def fail() -> None:
        raise UnavailableError("gone")

    async def scene() -> None:
        assert await on_a_thread(lambda: 7, limit_s=5) == 7
        with pytest.raises(UnavailableError, match="gone"):
            await on_a_thread(fail, limit_s=5)
        with pytest.raises(TimeoutError):
            await on_a_thread(lambda: time.sleep(0.5), limit_s=0.05)

    asyncio.run(scene())
    assert finish(lambda: None, limit_s=5)
    assert not finish(lambda: time.sleep(0.5), limit_s=0.05)
