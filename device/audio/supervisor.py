"""Keeps one sound device open: notices that it is lost, lets go of it, and takes it back when it is there.

A pulled USB card is not reported: PortAudio goes on to call its stream active, calls back no more, and spins
a core until the stream is aborted. So what counts is that blocks go by. A stream is lost when none did for
`SILENT_S`, or when it ends by itself. It is let go on a thread of its own with a time limit. Then follow
attempts to open it again, each after twice the time up to `LONGEST_WAIT_S`; a card that comes or goes
meanwhile brings on the next one at once. The device counts as back with its first block, not before.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from device.audio.aside import Aside, finish, on_a_thread
from device.audio.direction import Direction
from device.errors import UnavailableError

logger = logging.getLogger(__name__)

SILENT_S = 0.5
"""25 blocks."""
FIRST_BLOCK_S = 3.0
"""A sound server or a Bluetooth speaker may take two seconds to begin."""
CHECK_S = 0.2
STEADY_S = 5.0
"""A device that ran for this long is lost anew, not still."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 5.0
LOOK_S = 0.5
OPEN_LIMIT_S = 10.0
PUT_AWAY_LIMIT_S = 2.0


class Stream(Protocol):
    """An open stream, as the supervisor sees it."""

    blocks: int
    """How many went by so far."""

    def start(self) -> None:
        """Begin. Raises UnavailableError where the device does not."""

    def put_away(self) -> None:
        """Free the device; may hang."""

    def abandon(self) -> None:
        """Have nothing more to do with a stream that hangs."""


@dataclass(frozen=True)
class Listener:
    """Who wants to know, on the event loop."""

    on_opened: Callable[[Stream], None]
    """A stream was opened, and is about to be started."""
    on_lost: Callable[[str], None]
    """It is not there; the sentence says what to do. Told again when there is another reason."""
    on_back: Callable[[], None]
    """It was lost, and works again."""


class _Attempt:
    """One attempt to open the device; what it opens after nobody waits for it any more is closed again."""

    def __init__(self, open_stream: Callable[[], Stream]) -> None:
        self._open_stream = open_stream
        self.is_awaited = True

    def stream(self) -> Stream:
        """On another thread."""
        stream = self._open_stream()
        if not self.is_awaited:
            stream.put_away()
        return stream


class Supervisor:
    """Watches over one device."""

    def __init__(
        self,
        direction: Direction,
        name: str,
        open_stream: Callable[[], Stream],
        listener: Listener,
        *,
        cards: Callable[[], object] = lambda: None,
        aside: Aside = on_a_thread,
    ) -> None:
        """name: the device as the configuration names it.

        open_stream: called on another thread; raises UnavailableError. cards: another value when a card came
        or went. aside: how work that may hang is run.
        """
        self._part = direction.part
        self._name = name
        self._open_stream = open_stream
        self._listener = listener
        self._cards = cards
        self._aside = aside
        self._loop = asyncio.get_running_loop()
        self._stream: Stream | None = None
        self._ended = asyncio.Event()
        self._is_in_haste = False
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._lost_since: float | None = None
        self._lost_for = ""
        self._wait_s = FIRST_WAIT_S
        self._task: asyncio.Task[None] | None = None
        self.settled = asyncio.Event()
        """Set once the device works, or is known not to."""

    def start(self) -> None:
        """Open the device and keep it open, until `close`."""
        self._task = self._loop.create_task(self._run(), name=self._part)
        self._task.add_done_callback(self._tell_failure)

    def stream_ended(self) -> None:
        """The device ended its stream by itself. From any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ended.set)

    def pause(self) -> None:
        """Let go of the device, and leave it alone until `resume`."""
        self._wanted.clear()
        self._ended.set()
        self.settled.set()
        if self._lost_since is not None:  # nobody misses what nobody wants
            self._lost_since, self._lost_for = None, ""
            self._loop.call_soon(self._listener.on_back)

    def resume(self) -> None:
        """Take it back, and keep it open."""
        self._wait_s = FIRST_WAIT_S
        self._ended.clear()
        self._is_in_haste = True
        self._wanted.set()

    def close(self) -> None:
        """Let go of the device. Takes at most `PUT_AWAY_LIMIT_S`, on whatever the device hangs."""
        if self._task:
            self._task.cancel()
        stream, self._stream = self._stream, None
        if stream and not finish(stream.put_away, limit_s=PUT_AWAY_LIMIT_S):
            self._abandon(stream)

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            stream = await self._open()
            if stream:
                reason = await self._watch(stream)
                if self._wanted.is_set():
                    self._lost(f"The {self._part} {self._name!r} {reason}. Plug it out and in again.", reason)
                await self._put_away(stream)
            if self._wanted.is_set():
                await self._wait()

    async def _open(self) -> Stream | None:
        attempt = _Attempt(self._open_stream)
        try:
            return await self._aside(attempt.stream, limit_s=OPEN_LIMIT_S)
        except UnavailableError as error:
            self._lost(str(error), str(error))
        except TimeoutError:
            reason = "hangs when it is opened"
            self._lost(f"The {self._part} {self._name!r} {reason}. Plug it out and in again.", reason)
        finally:
            attempt.is_awaited = False
        return None

    async def _watch(self, stream: Stream) -> str:
        """Start the stream, and stay until it is lost; why."""
        self._stream = stream
        self._ended.clear()
        if not self._wanted.is_set():
            return "is not wanted"
        self._listener.on_opened(stream)
        try:
            await self._aside(stream.start, limit_s=OPEN_LIMIT_S)
        except (UnavailableError, TimeoutError):
            return "does not start"
        began = moved = self._loop.time()
        seen = 0
        while not await self._ends_within(CHECK_S):
            now = self._loop.time()
            if stream.blocks != seen:
                if seen == 0:
                    self._back()
                seen, moved = stream.blocks, now
            if now - began >= STEADY_S:
                self._wait_s = FIRST_WAIT_S
            silent_s = now - moved
            if silent_s > (SILENT_S if seen else FIRST_BLOCK_S):
                return "gives no sound" if self._part == "microphone" else "takes no sound"
        return "went away"

    async def _ends_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._ended.wait()
        except TimeoutError:
            return False

    async def _put_away(self, stream: Stream) -> None:
        self._stream = None
        try:
            await self._aside(stream.put_away, limit_s=PUT_AWAY_LIMIT_S)
        except TimeoutError:
            self._abandon(stream)

    def _abandon(self, stream: Stream) -> None:
        logger.error("fault part=%s reason='its driver hangs; restart Ladle if it stays away'", self._part)
        stream.abandon()

    async def _wait(self) -> None:
        """Until the next attempt."""
        cards, until = self._cards(), self._loop.time() + self._wait_s
        self._is_in_haste = False
        self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
        while self._loop.time() < until:
            await asyncio.sleep(min(LOOK_S, until - self._loop.time()))
            if self._cards() != cards or self._is_in_haste:
                self._wait_s = FIRST_WAIT_S
                return

    def _tell_failure(self, task: asyncio.Task[None]) -> None:
        """A supervisor that ends by itself has a fault of our own: nobody watches the device any more."""
        if not task.cancelled() and task.exception():
            logger.error("fault part=%s reason='its supervisor broke'", self._part, exc_info=task.exception())
            self._lost(f"The {self._part} is no longer watched. Restart Ladle.", "its supervisor broke")

    def _lost(self, sentence: str, reason: str) -> None:
        if self._lost_since is None:
            self._lost_since = self._loop.time()
            logger.warning("%s_lost device=%r reason=%r", self._part, self._name, reason)
        elif reason != self._lost_for:
            logger.debug("%s_lost device=%r reason=%r", self._part, self._name, reason)
        if reason != self._lost_for:
            self._lost_for = reason
            self._listener.on_lost(sentence)
        self.settled.set()

    def _back(self) -> None:
        if self._lost_since is not None:
            away_ms = (self._loop.time() - self._lost_since) * 1000
            logger.info("%s_back device=%r away_ms=%.0f", self._part, self._name, away_ms)
            self._lost_since, self._lost_for = None, ""
            self._listener.on_back()
        self.settled.set()
