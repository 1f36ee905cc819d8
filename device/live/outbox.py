"""What still has to reach the Live API, and what it has not answered yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from device.events import EndActivity, SendFrame, StartActivity
from device.live.connection import Outgoing

_SPOKEN = (StartActivity, SendFrame, EndActivity)


@dataclass(frozen=True, slots=True)
class _Entry:
    item: Outgoing
    put_at_s: float


class Outbox:
    """Keeps everything in order; keeps what a person said until it is answered, for the next connection.

    An item counts as sent only when `sent()` says so, so that one whose sending failed is not lost. Beyond
    `max_frames` the oldest frame goes, and is counted if it had not been sent.
    """

    def __init__(self, max_frames: int, *, max_age_s: float, clock: Callable[[], float]) -> None:
        """max_age_s: how long ago an activity may have ended to be worth saying again."""
        self._max_frames = max_frames
        self._max_age_s = max_age_s
        self._clock = clock
        self._entries: list[_Entry] = []
        self._next = 0
        self._frames = 0
        self._dropped = 0
        self._arrived = asyncio.Event()

    def put(self, item: Outgoing) -> None:
        """Queue an item."""
        self._entries.append(_Entry(item, self._clock()))
        if isinstance(item, SendFrame):
            self._frames += 1
            if self._frames > self._max_frames:
                self._drop_oldest_frame()
        self._arrived.set()

    async def next(self) -> Outgoing:
        """The next item to send; the same one again until it was sent."""
        while self._next == len(self._entries):
            self._arrived.clear()
            await self._arrived.wait()
        return self._entries[self._next].item

    def sent(self) -> None:
        """The item that `next` gave has been sent."""
        self._next += 1

    def settle(self) -> None:
        """Activities that ended and were sent are answered, or will never be: they need not be kept."""
        ends = [at for at in range(self._next) if isinstance(self._entries[at].item, EndActivity)]
        if ends:
            self._keep(self._entries[ends[-1] + 1 :], sent=self._next - ends[-1] - 1)

    def rewind(self) -> None:
        """A new connection: what was said and not answered goes out again; the rest died with the old one.

        An activity that ended too long ago is dropped: nobody waits for that answer any more.
        """
        self._keep([entry for activity in self._activities() for entry in activity], sent=0)

    def take_dropped(self) -> int:
        """How many frames were never sent, since this was last asked."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def _activities(self) -> Iterator[list[_Entry]]:
        """The activities that are worth saying again."""
        oldest_s = self._clock() - self._max_age_s
        activity: list[_Entry] = []
        for at, entry in enumerate(self._entries):
            if not isinstance(entry.item, _SPOKEN):
                continue
            activity.append(entry)
            if not isinstance(entry.item, EndActivity):
                continue
            if entry.put_at_s >= oldest_s:
                yield activity
            elif at >= self._next:
                self._dropped += _frames_of(activity)
            activity = []
        yield activity

    def _keep(self, entries: list[_Entry], *, sent: int) -> None:
        self._entries = entries
        self._next = sent
        self._frames = _frames_of(entries)
        self._arrived.set()

    def _drop_oldest_frame(self) -> None:
        oldest = next(at for at, entry in enumerate(self._entries) if isinstance(entry.item, SendFrame))
        self._dropped += oldest >= self._next
        self._remove(oldest)
        self._frames -= 1
        if oldest and isinstance(self._entries[oldest].item, EndActivity):
            # Nothing is left of this activity but its two ends.
            self._remove(oldest)
            self._remove(oldest - 1)

    def _remove(self, at: int) -> None:
        del self._entries[at]
        self._next -= at < self._next


def _frames_of(entries: list[_Entry]) -> int:
    return sum(isinstance(entry.item, SendFrame) for entry in entries)
