"""What still has to reach the Live API, and what it has not answered yet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from device.events import EndActivity, SendFrame, StartActivity
from device.live.connection import Outgoing

_SPOKEN = (StartActivity, SendFrame, EndActivity)


class Outbox:
    """Keeps everything in order; keeps what a person said until it is answered, for the next connection.

    An item counts as sent only when `sent()` says so, so that one whose sending failed is not lost. Beyond
    `max_frames` the oldest frame goes, and is counted if it had not been sent.
    """

    def __init__(self, max_frames: int) -> None:
        self._max_frames = max_frames
        self._items: list[Outgoing] = []
        self._next = 0
        self._frames = 0
        self._arrived = asyncio.Event()
        self.dropped = 0

    def put(self, item: Outgoing) -> None:
        """Queue an item."""
        self._items.append(item)
        if isinstance(item, SendFrame):
            self._frames += 1
            if self._frames > self._max_frames:
                self._drop_oldest_frame()
        self._arrived.set()

    async def next(self) -> Outgoing:
        """The next item to send; the same one again until it was sent."""
        while self._next == len(self._items):
            self._arrived.clear()
            await self._arrived.wait()
        return self._items[self._next]

    def sent(self) -> None:
        """The item that `next` gave has been sent."""
        self._next += 1

    def settle(self) -> None:
        """Activities that ended and were sent are answered, or will never be: they need not be kept."""
        ends = [at for at in range(self._next) if isinstance(self._items[at], EndActivity)]
        if ends:
            self._keep(self._items[ends[-1] + 1 :], sent=self._next - ends[-1] - 1)

    def rewind(self) -> None:
        """A new connection: what was said and not answered goes out again; the rest died with the old one."""
        self._keep((item for item in self._items if isinstance(item, _SPOKEN)), sent=0)

    def _keep(self, items: Iterable[Outgoing], *, sent: int) -> None:
        self._items = list(items)
        self._next = sent
        self._frames = sum(isinstance(item, SendFrame) for item in self._items)
        self._arrived.set()

    def _drop_oldest_frame(self) -> None:
        oldest = next(at for at, item in enumerate(self._items) if isinstance(item, SendFrame))
        del self._items[oldest]
        self._frames -= 1
        if oldest < self._next:
            self._next -= 1
        else:
            self.dropped += 1
