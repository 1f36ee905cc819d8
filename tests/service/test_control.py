"""The local socket, over real sockets: what it does, what it refuses, and that no peer holds anybody up."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import resource
import socket
import stat
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import LadleError, UnavailableError
from device.service.control import MOST_CONNECTIONS, ControlServer, control_path
from device.service.controlclient import SERVICE_PATH, call, find_control, follow
from device.service.health import Health
from device.service.peer import LONGEST_LINE, MOST_WAITING, PAUSE_S

WITHIN_S = 20.0
IMPATIENT_S = 0.05
T = TypeVar("T")


class FakeDaemon:
    """Notes what it was told to do; fails as it is told to."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.fails_with: Exception | None = None
        self.hangs = False
        self.asked = 0
        self.kept_after: list[object] = []
        self.face = "ready"
        self.health = Health(ok=True)

    async def status(self) -> Mapping[str, object]:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        return {"face": self.face, "lag_s": float("nan")}

    def check(self) -> Health:
        return self.health

    def interrupt(self) -> None:
        self._do("interrupt")

    def mute(self, on: bool, /) -> None:
        self._do(("mute", on))

    def ask(self, text: str, /) -> None:
        self._do(("ask", text))

    def set_volume(self, percent: int, /) -> int:
        self._do(("volume", percent))
        return min(percent, 80)

    async def kept(self) -> None:
        await asyncio.sleep(0)
        self.kept_after.append(self.done[-1])

    def _do(self, what: object) -> None:
        if self.fails_with:
            raise self.fails_with
        self.done.append(what)


class Scene:
    """A server with its daemon, and peers that speak to it byte by byte."""

    def __init__(self, path: Path, *, patience_s: float = WITHIN_S) -> None:
        self.path = path
        self.daemon = FakeDaemon()
        self.server = ControlServer(path, self.daemon, patience_s=patience_s)

    async def peer(self) -> Peer:
        # asyncio takes a socket at which others are waiting already for one that is connected.
        connection = await asyncio.to_thread(connected, self.path)
        return Peer(*await asyncio.open_unix_connection(sock=connection))

    async def still_answers(self) -> bool:
        peer = await self.peer()
        answer = await peer.ask({"v": 1, "do": "check"})
        await peer.close()
        return answer.get("works") is True

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not holds():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0)


def connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection


class Peer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, request: object) -> dict[str, Any]:
        return await self.say(json.dumps(request).encode() + b"\n")

    async def say(self, text: bytes) -> dict[str, Any]:
        self.writer.write(text)
        return await self.hear()

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(WITHIN_S):
            answer: dict[str, Any] = json.loads(await self.reader.readline())
        return answer

    async def is_hung_up_on(self) -> bool:
        async with asyncio.timeout(WITHIN_S):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@asynccontextmanager
async def scene_at(directory: Path, *, patience_s: float = WITHIN_S) -> AsyncIterator[Scene]:
    scene = Scene(directory / "run" / "control.sock", patience_s=patience_s)
    await scene.server.start()
    try:
        yield scene
    finally:
        await scene.server.close()


@pytest.fixture
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short path: the kernel allows a socket 107 bytes."""
    return tmp_path_factory.mktemp("s")


def play(
    directory: Path, act: Callable[[Scene], Coroutine[Any, Any, T]], *, patience_s: float = WITHIN_S
) -> T:
    complaints: list[dict[str, Any]] = []

    async def whole() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
        async with scene_at(directory, patience_s=patience_s) as scene:
            return await act(scene)

    result = asyncio.run(whole())
    gc.collect()
    assert complaints == []
    return result


# ------------------------------------------------------------------------------------ what it does


@pytest.mark.parametrize(
    ("request_", "answer", "done"),
    [
        ({"do": "status"}, {"status": {"face": "ready", "lag_s": None}}, []),
        ({"do": "check"}, {"works": True, "problems": []}, []),
        ({"do": "interrupt"}, {}, ["interrupt"]),
        ({"do": "mute"}, {"muted": True}, [("mute", True)]),
        ({"do": "unmute"}, {"muted": False}, [("mute", False)]),
        ({"do": "ask", "text": "  How much rice?\n"}, {}, [("ask", "How much rice?")]),
        ({"do": "ask", "text": "é" * 500}, {}, [("ask", "é" * 500)]),
        ({"do": "volume", "percent": 40}, {"volume": 40}, [("volume", 40)]),
        ({"do": "volume", "percent": 100}, {"volume": 80}, [("volume", 100)]),
        ({"do": "volume", "percent": 0}, {"volume": 0}, [("volume", 0)]),
    ],
)
def test_each_request_is_carried_out(
    directory: Path, request_: dict[str, object], answer: dict[str, object], done: list[object]
) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()
        assert await peer.ask({"v": 1} | request_) == {"v": 1, "ok": True} | answer
        assert scene.daemon.done == done

    play(directory, act)


def test_what_is_switched_is_on_the_disk_before_it_is_acknowledged(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()
        await peer.ask({"v": 1, "do": "mute"})
        assert scene.daemon.kept_after == [("mute", True)]
        await peer.ask({"v": 1, "do": "volume", "percent": 40})
        assert scene.daemon.kept_after == [("mute", True), ("volume", 40)]

    play(directory, act)


def test_problems_are_told(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        scene.daemon.health = Health(ok=False, problems=("The speaker is away.",))
        answer = await (await scene.peer()).ask({"v": 1, "do": "check"})
        assert (answer["works"], answer["problems"]) == (False, ["The speaker is away."])

    play(directory, act)


def test_one_connection_carries_several_requests_and_survives_a_wrong_one(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()
        peer.writer.write(b'{"v": 1, "do": "interrupt"}\nnonsense\n{"v": 1, "do": "mute"}\n')
        assert [(await peer.hear())["ok"] for _ in range(3)] == [True, False, True]
        assert scene.daemon.done == ["interrupt", ("mute", True)]

    play(directory, act)


def test_what_changes_something_is_in_the_journal_with_its_user_and_without_its_words(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()
        for request in ({"do": "mute"}, {"do": "status"}, {"do": "check"}, {"do": "ask", "text": "secret"}):
            await peer.ask({"v": 1} | request)

    caplog.set_level(logging.INFO, "device")
    play(directory, act)
    uid = os.getuid()
    assert caplog.messages == [f"control do=mute uid={uid}", f"control do=ask uid={uid}"]


def test_events_come_as_they_happen(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        scene.server.publish("face", face="starting")
        peers = [await scene.peer() for _ in range(2)]
        for peer in peers:
            assert await peer.ask({"v": 1, "do": "events"}) == {"v": 1, "ok": True}
        scene.server.publish("face", face="ready")
        scene.server.publish("interrupted", by="button", unheard_ms=float("inf"))
        for peer in peers:
            assert await peer.hear() == {"event": "face", "face": "ready"}
            assert await peer.hear() == {"event": "interrupted", "by": "button", "unheard_ms": None}

    play(directory, act)


def test_what_is_no_proper_text_is_told_all_the_same(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        scene.daemon.face = "card \udcff"
        peer = await scene.peer()
        assert (await peer.ask({"v": 1, "do": "status"}))["status"]["face"] == "card \udcff"
        await peer.ask({"v": 1, "do": "events"})
        scene.server.publish("microphone_lost", device="card \udcff", raw=b"\xff", why=KeyError("x"))
        told = await peer.hear()
        assert told == {"event": "microphone_lost", "device": "card \udcff", "raw": "b'\\xff'", "why": "'x'"}

    play(directory, act)


def test_a_follower_that_goes_frees_its_place(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()
        await peer.ask({"v": 1, "do": "events"})
        assert scene.server.connections == 1
        await peer.close()
        await scene.until(lambda: scene.server.connections == 0)
        assert scene.server.followers == 0

    play(directory, act)


# ------------------------------------------------------------------------------------ what it refuses

WRONG = {
    "nonsense": (b"\xff\x00\x1b[2J", "NOT_JSON"),
    "nothing": (b"", "NOT_JSON"),
    "half an object": (b'{"v": 1, "do"', "NOT_JSON"),
    "two objects": (b'{"v":1,"do":"mute"}{"v":1,"do":"mute"}', "NOT_JSON"),
    "an array": (b'[{"v": 1, "do": "mute"}]', "NOT_JSON"),
    "deep arrays": (b"[" * 60_000, "NOT_JSON"),
    "deep objects": (b'{"v":' * 10_000, "NOT_JSON"),
    "no number": (b'{"v": 1, "do": "volume", "percent": NaN}', "NOT_JSON"),
    "an endless number": (b'{"v": 1, "do": "volume", "percent": 1' + b"0" * 60_000 + b"}", "NOT_JSON"),
    "half a character": (b'{"v": 1, "do": "ask", "text": "\\ud800"}', "NOT_JSON"),
    "no version": (b'{"do": "mute"}', "WRONG_VERSION"),
    "the next version": (b'{"v": 2, "do": "mute"}', "WRONG_VERSION"),
    "a version in words": (b'{"v": "1", "do": "mute"}', "WRONG_VERSION"),
    "a version that is true": (b'{"v": true, "do": "mute"}', "WRONG_VERSION"),
    "no command": (b'{"v": 1}', "UNKNOWN_COMMAND"),
    "another command": (b'{"v": 1, "do": "dance"}', "UNKNOWN_COMMAND"),
    "a command that is none": (b'{"v": 1, "do": ["mute"]}', "UNKNOWN_COMMAND"),
    "one field too many": (b'{"v": 1, "do": "mute", "for_s": 5}', "WRONG_ARGUMENTS"),
    "nothing to ask": (b'{"v": 1, "do": "ask"}', "WRONG_ARGUMENTS"),
    "only blanks to ask": (b'{"v": 1, "do": "ask", "text": " \\n "}', "WRONG_ARGUMENTS"),
    "too much to ask": (b'{"v": 1, "do": "ask", "text": "' + b"a" * 501 + b'"}', "WRONG_ARGUMENTS"),
    "no volume": (b'{"v": 1, "do": "volume"}', "WRONG_ARGUMENTS"),
    "too loud": (b'{"v": 1, "do": "volume", "percent": 101}', "WRONG_ARGUMENTS"),
    "less than silent": (b'{"v": 1, "do": "volume", "percent": -1}', "WRONG_ARGUMENTS"),
    "a broken volume": (b'{"v": 1, "do": "volume", "percent": 40.5}', "WRONG_ARGUMENTS"),
    "an infinite volume": (b'{"v": 1, "do": "volume", "percent": 1e999}', "WRONG_ARGUMENTS"),
    "a volume in words": (b'{"v": 1, "do": "volume", "percent": "40"}', "WRONG_ARGUMENTS"),
    "a volume that is true": (b'{"v": 1, "do": "volume", "percent": true}', "WRONG_ARGUMENTS"),
}


@pytest.mark.parametrize(("text", "code"), WRONG.values(), ids=WRONG)
def test_a_wrong_request_is_answered_and_the_next_one_carried_out(
    directory: Path, text: bytes, code: str
) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()
        answer = await peer.say(text + b"\n")
        assert (answer["v"], answer["ok"], answer["code"]) == (1, False, code)
        assert answer["error"].endswith(".")
        assert scene.daemon.done == []
        assert (await peer.ask({"v": 1, "do": "interrupt"}))["ok"] is True

    play(directory, act)


def test_what_is_wrong_with_an_argument_is_said_without_repeating_it(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()
        answer = await peer.ask({"v": 1, "do": "volume", "percent": 101})
        assert answer["error"] == "percent is wrong: input should be less than or equal to 100."
        answer = await peer.ask({"v": 1, "do": "ask", "text": ["secret"]})
        assert "secret" not in answer["error"]
        answer = await peer.ask({"v": 1, "do": "mute", "secret": 1})
        assert "secret" not in answer["error"]

    play(directory, act)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
words = st.sampled_from(["status", "mute", "ask", "volume", "interrupt", "check", "dance"])
lines = st.binary(max_size=200).map(lambda text: text.replace(b"\n", b" ")) | st.one_of(
    anything,
    st.fixed_dictionaries({"v": st.just(1) | anything, "do": words | anything}),
    st.fixed_dictionaries({"v": st.just(1), "do": words, "text": anything, "percent": anything}),
).map(lambda content: json.dumps(content).encode())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(lines, min_size=1, max_size=8))
def test_every_line_has_exactly_one_answer(directory: Path, texts: list[bytes]) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()
        peer.writer.write(b"".join(text + b"\n" for text in texts))
        answers = [await peer.hear() for _ in texts]
        assert all(answer["ok"] is True or {"code", "error"} < answer.keys() for answer in answers)
        assert await peer.ask({"v": 1, "do": "check"}) == {"v": 1, "ok": True, "works": True, "problems": []}

    play(directory, act)


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (
            UnavailableError("There is no connection. Try again."),
            "UNAVAILABLE",
            "There is no connection. Try again.",
        ),
        (LadleError("Not while it starts."), "FAILED", "Not while it starts."),
        (ZeroDivisionError("secret"), "FAILED", "Ladle failed at that; its journal says how."),
    ],
)
def test_what_the_daemon_cannot_do_is_told(
    directory: Path, error: Exception, code: str, sentence: str
) -> None:
    async def act(scene: Scene) -> None:
        scene.daemon.fails_with = error
        peer = await scene.peer()
        answer = await peer.ask({"v": 1, "do": "ask", "text": "hello"})
        assert (answer["code"], answer["error"]) == (code, sentence)
        scene.daemon.fails_with = None
        assert (await peer.ask({"v": 1, "do": "ask", "text": "hello"}))["ok"] is True

    play(directory, act)


def test_a_status_that_hangs_is_given_up(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        scene.daemon.hangs = True
        answer = await (await scene.peer()).ask({"v": 1, "do": "status"})
        assert answer["code"] == "TIMED_OUT"

    play(directory, act, patience_s=IMPATIENT_S)


# ------------------------------------------------------------------------------------ peers that behave badly


def test_a_line_that_is_too_long_ends_the_connection(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()
        answer = await peer.say(b'{"v": 1, "do": "ask", "text": "' + b"a" * LONGEST_LINE)
        assert answer["code"] == "TOO_LONG"
        assert await peer.is_hung_up_on()
        assert await scene.still_answers()

    play(directory, act)


@pytest.mark.parametrize("trickle", [b"", b"{", b" "])
def test_a_peer_that_does_not_finish_its_line_is_told_and_left(directory: Path, trickle: bytes) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()

        async def drip() -> None:
            while not peer.writer.is_closing():
                peer.writer.write(trickle)
                await asyncio.sleep(0)

        dripping = asyncio.create_task(drip())
        answer = await peer.hear()
        assert answer["code"] == "TIMED_OUT"
        assert await peer.is_hung_up_on()
        dripping.cancel()
        await scene.until(lambda: scene.server.connections == 0)

    play(directory, act, patience_s=IMPATIENT_S)


def test_a_peer_that_stops_sending_in_the_middle_of_a_line_is_answered(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()
        peer.writer.write(b'{"v": 1, "do": "interrupt"}\n{"v": 1, "do": "mute"}')
        peer.writer.write_eof()
        assert (await peer.hear())["ok"] is True
        assert (await peer.hear())["code"] == "NOT_JSON"
        assert await peer.is_hung_up_on()
        assert scene.daemon.done == ["interrupt"]

    play(directory, act)


def test_a_follower_that_does_not_read_is_dropped_and_the_others_miss_nothing(directory: Path) -> None:
    text = "x" * 10_000
    enough = (MOST_WAITING + 1024 * 1024) // len(text)

    async def act(scene: Scene) -> None:
        deaf, well = await scene.peer(), await scene.peer()
        for peer in (deaf, well):
            await peer.ask({"v": 1, "do": "events"})
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(enough):
            scene.server.publish("face", number=number, text=text)
            assert (await well.hear())["number"] == number
        await scene.until(lambda: scene.server.connections == 1)

    play(directory, act)


def test_a_burst_of_events_overruns_a_follower_quietly(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(scene: Scene) -> None:
        await (await scene.peer()).ask({"v": 1, "do": "events"})
        for _ in range(100):
            scene.server.publish("face", text="x" * 10_000)
        await scene.until(lambda: scene.server.connections == 0)

    play(directory, act)
    assert caplog.messages == []


def test_a_peer_that_asks_and_does_not_read_is_dropped(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        scene.daemon.face = "ready" * 100_000
        deaf = await scene.peer()
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
        deaf.writer.write(b'{"v": 1, "do": "status"}\n' * 9)
        await scene.until(lambda: scene.server.connections == 1)
        await scene.until(lambda: scene.server.connections == 0)

    play(directory, act, patience_s=IMPATIENT_S)


def test_a_peer_that_does_not_take_its_last_answers_is_not_waited_for_for_ever(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        before = open_files()
        # More than the kernel holds, less than what an answer waits for.
        scene.daemon.face = "x" * 50_000
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.connect(str(scene.path))
            deaf.send(b'{"v": 1, "do": "status"}\n' * 5)
            await scene.until(lambda: scene.server.connections == 1)
            await scene.until(lambda: scene.server.connections == 0)
            await scene.until(lambda: open_files() <= before + 1)

    play(directory, act, patience_s=IMPATIENT_S)


def test_a_peer_that_asks_without_end_leaves_the_loop_to_others_after_each_line(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        peer = await scene.peer()
        began = time.monotonic()
        peer.writer.write(b'{"v": 1, "do": "interrupt"}\n' * 11)
        for _ in range(11):
            await peer.hear()
        assert time.monotonic() - began >= 10 * PAUSE_S

    play(directory, act)


def test_peers_that_come_all_at_once_leave_the_loop_to_others_after_each(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        began = time.monotonic()
        peers = [connected(scene.path) for _ in range(11)]
        await scene.until(lambda: scene.server.connections == 11)
        assert time.monotonic() - began >= 10 * PAUSE_S
        for peer in peers:
            peer.close()

    play(directory, act)


def test_one_call_after_the_other_never_fills_the_house(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        for _ in range(4 * MOST_CONNECTIONS):
            await asyncio.to_thread(call, scene.path, "interrupt")
        assert len(scene.daemon.done) == 4 * MOST_CONNECTIONS

    play(directory, act)


def test_more_peers_than_there_is_room_for_are_told_and_the_next_has_room_again(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        silent = [await scene.peer() for _ in range(MOST_CONNECTIONS)]
        await scene.until(lambda: scene.server.connections == MOST_CONNECTIONS)
        for _ in range(3):
            one_more = await scene.peer()
            assert (await one_more.hear())["code"] == "BUSY"
            assert await one_more.is_hung_up_on()
        assert scene.server.connections == MOST_CONNECTIONS
        await silent[0].close()
        await scene.until(lambda: scene.server.connections < MOST_CONNECTIONS)
        assert await scene.still_answers()

    play(directory, act)


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_peers_that_come_and_go_at_once_leave_nothing_behind(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        before = open_files()

        def come_and_go() -> None:
            for number in range(100):
                with connected(scene.path) as peer:
                    peer.send(b'{"v": 1, "do": "status"}\n{"v": 1'[: number % 34])

        await asyncio.to_thread(come_and_go)
        assert await scene.still_answers()
        await scene.until(lambda: scene.server.connections == 0)
        await scene.until(lambda: open_files() <= before)

    play(directory, act)


def test_a_peer_that_does_not_wait_for_the_answer_is_obeyed(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        with connected(scene.path) as peer:
            peer.send(b'{"v": 1, "do": "interrupt"}\n{"v": 1, "do": "mute"}\n')
        await scene.until(lambda: scene.daemon.done == ["interrupt"])
        await scene.until(lambda: scene.server.connections == 0)

    play(directory, act)


def test_while_there_are_too_many_open_files_peers_wait(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(scene: Scene) -> None:
        early = socket.socket(socket.AF_UNIX)
        next_file = os.dup(early.fileno())
        os.close(next_file)
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (next_file, limits[1]))
        try:
            early.connect(str(scene.path))
            early.send(b'{"v": 1, "do": "interrupt"}\n')
            await scene.until(lambda: "control_deaf reason='Too many open files'" in caplog.messages)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        peer = Peer(*await asyncio.open_unix_connection(sock=early))
        assert (await peer.hear())["ok"] is True

    play(directory, act, patience_s=IMPATIENT_S)


def test_peers_that_flood_do_not_hold_up_the_event_loop(directory: Path) -> None:
    floods = [b"[" * 60_000 + b"\n", b'{"v":1,"do":"check"}\n' * 3000, b"\n" * 60_000]
    stop = threading.Event()

    def flooding(path: Path, text: bytes) -> None:
        while not stop.is_set():
            with socket.socket(socket.AF_UNIX) as peer:
                peer.settimeout(0.1)
                try:
                    peer.connect(str(path))
                    while not stop.is_set():
                        peer.sendall(text)
                except OSError:
                    continue

    async def act(scene: Scene) -> list[float]:
        threads = [threading.Thread(target=flooding, args=(scene.path, text)) for text in floods]
        for thread in threads:
            thread.start()
        lags_ms = []
        try:
            for _ in range(50):
                due = time.monotonic() + 0.02
                await asyncio.sleep(0.02)
                lags_ms.append((time.monotonic() - due) * 1000)
        finally:
            stop.set()
            for thread in threads:
                await asyncio.to_thread(thread.join)
        assert await scene.still_answers()
        return sorted(lags_ms)

    lags_ms = play(directory, act)
    # A frame comes every 20 ms; the threads that flood share this process, and so its interpreter lock.
    assert lags_ms[len(lags_ms) // 2] < 40
    assert lags_ms[-1] < 500


# ------------------------------------------------------------------------------------ the socket itself


def test_only_owner_and_group_may_use_it_whatever_the_umask(directory: Path) -> None:
    async def act(scene: Scene) -> int:
        assert stat.S_ISSOCK(scene.path.lstat().st_mode)
        assert stat.S_IMODE(scene.path.parent.stat().st_mode) == 0o700
        assert list(scene.path.parent.iterdir()) == [scene.path]
        return stat.S_IMODE(scene.path.lstat().st_mode)

    for umask in (0o000, 0o077):
        before = os.umask(umask)
        try:
            assert play(directory / f"{umask}", act) == 0o660
        finally:
            os.umask(before)


def test_closing_hangs_up_and_removes_the_socket(directory: Path) -> None:
    async def act() -> None:
        async with scene_at(directory) as scene:
            silent, follower = await scene.peer(), await scene.peer()
            await follower.ask({"v": 1, "do": "events"})
        assert await silent.is_hung_up_on()
        assert await follower.is_hung_up_on()
        assert not scene.path.exists()
        assert scene.server.connections == 0
        await scene.server.close()

    asyncio.run(act())


def test_closing_does_not_wait_for_a_peer_that_does_not_read(directory: Path) -> None:
    async def act() -> None:
        async with scene_at(directory) as scene:
            scene.daemon.face = "x" * 500_000
            deaf = await scene.peer()
            deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
            deaf.writer.write(b'{"v": 1, "do": "status"}\n')
            await scene.until(lambda: scene.daemon.asked == 1)
            async with asyncio.timeout(WITHIN_S / 4):
                await scene.server.close()

    asyncio.run(act())


def test_the_socket_of_a_dead_daemon_is_replaced(directory: Path) -> None:
    path = directory / "run" / "control.sock"
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    (path.parent / "control.new").touch()

    async def act(scene: Scene) -> None:
        assert await scene.still_answers()

    play(directory, act)


def test_the_socket_of_a_living_daemon_is_not_replaced(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        with pytest.raises(UnavailableError, match=r"Another Ladle answers at .*control\.sock"):
            await ControlServer(scene.path, FakeDaemon()).start()
        assert await scene.still_answers()

    play(directory, act)


def test_a_daemon_too_busy_to_answer_is_alive(directory: Path) -> None:
    path = directory / "control.sock"
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as waiting:
        busy.bind(str(path))
        busy.listen(0)
        waiting.connect(str(path))
        with pytest.raises(UnavailableError, match="Another Ladle answers"):
            asyncio.run(ControlServer(path, FakeDaemon()).start())


@pytest.mark.parametrize("kind", ["file", "link", "directory"])
def test_what_is_no_socket_is_left_alone(directory: Path, kind: str) -> None:
    path = directory / "control.sock"
    if kind == "file":
        path.write_text("mine")
    elif kind == "link":
        path.symlink_to(directory / "elsewhere")
    else:
        path.mkdir()
    with pytest.raises(UnavailableError, match=r"is in the way: it is no socket\. Move it away"):
        asyncio.run(ControlServer(path, FakeDaemon()).start())
    assert path.is_symlink() or path.exists()


def test_a_socket_that_cannot_be_made_is_told_with_what_to_do(directory: Path) -> None:
    (directory / "file").touch()
    for path in (directory / "file" / "control.sock", directory / ("long" * 30) / "control.sock"):
        with pytest.raises(UnavailableError, match=r"cannot be made: .* Look at that path"):
            asyncio.run(ControlServer(path, FakeDaemon()).start())


def test_a_server_that_closes_leaves_the_socket_of_its_successor(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        scene.path.unlink()
        async with scene_at(directory) as successor:
            await scene.server.close()
            assert await successor.still_answers()

    play(directory, act)


def test_the_socket_is_where_systemd_the_user_or_the_state_says() -> None:
    state = Path("/home/anna/.local/state/ladle")
    user = {"XDG_RUNTIME_DIR": "/run/user/1000"}
    assert control_path(user | {"RUNTIME_DIRECTORY": "/run/ladle"}, state) == SERVICE_PATH
    assert control_path({"RUNTIME_DIRECTORY": "/run/ladle:/run/x"}, state) == SERVICE_PATH
    assert control_path(user, state) == Path("/run/user/1000/ladle/control.sock")
    assert control_path({"XDG_RUNTIME_DIR": "not/absolute"}, state) == state / "run" / "control.sock"
    assert control_path({}, state) == state / "run" / "control.sock"


# ------------------------------------------------------------------------------------ the command line's end


def test_a_call_returns_what_the_daemon_answers(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        answer = await asyncio.to_thread(call, scene.path, "volume", percent=90)
        assert answer["volume"] == 80
        await asyncio.to_thread(call, scene.path, "ask", text="Über 2 g?")
        assert scene.daemon.done == [("volume", 90), ("ask", "Über 2 g?")]

    play(directory, act)


def test_a_refusal_is_raised_in_the_daemons_words(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        with pytest.raises(LadleError, match=r"^percent is wrong") as wrong:
            await asyncio.to_thread(call, scene.path, "volume", percent=900)
        assert wrong.value.exit_status == 1
        scene.daemon.fails_with = UnavailableError("There is no connection.")
        with pytest.raises(UnavailableError, match=r"^There is no connection\.$"):
            await asyncio.to_thread(call, scene.path, "ask", text="hello")

    play(directory, act)


def test_a_full_house_is_told(directory: Path) -> None:
    async def act(scene: Scene) -> None:
        others = [await scene.peer() for _ in range(MOST_CONNECTIONS)]
        await scene.until(lambda: scene.server.connections == MOST_CONNECTIONS)
        with pytest.raises(UnavailableError, match="16 others are connected"):
            await asyncio.to_thread(call, scene.path, "check")
        assert len(others) == MOST_CONNECTIONS

    play(directory, act)


def test_a_refusal_is_read_though_the_daemon_has_hung_up_before_it_was_asked(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = directory / "control.sock"
    hung_up = threading.Event()
    connect = socket.socket.connect

    def connect_and_dawdle(peer: socket.socket, address: str) -> None:
        connect(peer, address)
        hung_up.wait(WITHIN_S)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def refuse() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b'{"v": 1, "ok": false, "code": "BUSY", "error": "Not now."}\n')
            hung_up.set()

        refusing = threading.Thread(target=refuse)
        refusing.start()
        monkeypatch.setattr(socket.socket, "connect", connect_and_dawdle)
        with pytest.raises(UnavailableError, match=r"^Not now\.$"):
            call(path, "check")
        refusing.join()


def test_events_may_be_far_apart(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float | None] = []
    settimeout = socket.socket.settimeout

    def noted(peer: socket.socket, limit_s: float | None) -> None:
        limits.append(limit_s)
        settimeout(peer, limit_s)

    async def act(scene: Scene) -> None:
        events = follow(scene.path, timeout_s=WITHIN_S)
        monkeypatch.setattr(socket.socket, "settimeout", noted)
        first = asyncio.create_task(asyncio.to_thread(next, events))
        await scene.until(lambda: scene.server.followers == 1)
        scene.server.publish("muted")
        assert await first == {"event": "muted"}
        await asyncio.to_thread(events.close)  # type: ignore[attr-defined]

    play(directory, act)
    assert limits == [WITHIN_S, None]


def test_following_gives_each_event_and_ends_with_the_daemon(directory: Path) -> None:
    told: list[Mapping[str, object]] = []

    async def act() -> None:
        async with scene_at(directory) as scene:
            following = asyncio.create_task(asyncio.to_thread(lambda: told.extend(follow(scene.path))))
            await scene.until(lambda: scene.server.followers == 1)
            scene.server.publish("face", face="ready")
            scene.server.publish("muted")
        await following

    asyncio.run(act())
    assert told == [{"event": "face", "face": "ready"}, {"event": "muted"}]


def test_without_a_daemon_a_person_is_told_how_to_start_it(directory: Path) -> None:
    path = directory / "control.sock"
    with pytest.raises(UnavailableError) as absent:
        call(path, "status")
    assert str(absent.value) == f"Ladle does not run here (no {path}). Start it: systemctl start ladle"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(UnavailableError, match=r"\(nobody answers at .*\)\. Start it: systemctl start ladle"):
        next(follow(path))
    path.unlink()
    with pytest.raises(UnavailableError, match="Ladle cannot be reached at"):
        call(directory / ("x" * 200), "status")


def test_who_may_not_talk_is_told_of_the_group(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    # The superuser that runs tests is let in everywhere.
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(UnavailableError, match="be in the group ladle"):
        call(directory / "control.sock", "status")


@contextmanager
def answering_with(path: Path, answer: bytes | None) -> Iterator[None]:
    """A daemon gone wrong: it takes a request and gives this; None: nothing at all, for ever."""
    over = threading.Event()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                if answer is None:
                    over.wait()
                else:
                    connection.sendall(answer)

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield
        finally:
            over.set()
            serving.join()


@pytest.mark.parametrize(
    "answer", [b"", b'{"v": 1, "ok": true', b"nonsense\n", b"[]\n", b"[" * 100_000 + b"\n"]
)
def test_an_answer_that_is_none_is_told(directory: Path, answer: bytes) -> None:
    path = directory / "control.sock"
    with (
        answering_with(path, answer),
        pytest.raises(UnavailableError, match=r"hung up before its answer was whole\. See why: journalctl"),
    ):
        call(path, "status")


def test_a_daemon_that_does_not_answer_is_given_up(directory: Path) -> None:
    path = directory / "control.sock"
    with (
        answering_with(path, None),
        pytest.raises(UnavailableError, match=r"not answered within 0\.05 s\. See"),
    ):
        call(path, "status", timeout_s=IMPATIENT_S)


def test_a_daemon_that_hangs_does_not_hang_those_who_ask(directory: Path) -> None:
    path = control_path({}, directory)
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as hanging, socket.socket(socket.AF_UNIX) as waiting:
        hanging.bind(str(path))
        hanging.listen(0)
        waiting.connect(str(path))
        assert find_control({}, directory) == path
        with pytest.raises(UnavailableError, match="Too many are waiting for Ladle already"):
            call(path, "status")


def test_the_daemon_that_runs_is_found(directory: Path) -> None:
    state = directory

    async def act(scene: Scene) -> None:
        assert await asyncio.to_thread(find_control, {}, state) == scene.path
        assert await asyncio.to_thread(find_control, {"XDG_RUNTIME_DIR": "/nowhere"}, state) == SERVICE_PATH

    play(directory, act)
    assert find_control({}, state) == SERVICE_PATH
