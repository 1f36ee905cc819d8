"""What still has to reach the Live API, and what it has not answered yet.

An activity here is what a person said from its start to its end, or one Ask, which is both at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from device.events import EndActivity, SendFrame, StartActivity
from device.live.connection import Ask, Outgoing

_SPOKEN = (StartActivity, SendFrame, EndActivity)


@dataclass(frozen=True, slots=True)
class Rewound:
    """What a new connection begins with.

    speech: something said goes out again, and will be transcribed again. gave_up: what was asked was asked
    too long ago, and nothing is left that wants an answer.
    """

    speech: bool
    gave_up: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """One queued item; two entries are never the same, even with equal items."""

    item: Outgoing
    put_at_s: float


class Outbox:
    """Keeps everything in order; keeps what a person said until it is answered, for the next connection.

    An item counts as sent only when `sent()` says so, so that one whose sending failed is not lost. Beyond
    `max_frames` the oldest frame goes, and is counted if it had not been sent. Whatever goes, the two ends of
    an activity stay together: the API waits for ever for an end that does not come.
    """

    def __init__(self, max_frames: int, *, max_age_s: float, clock: Callable[[], float]) -> None:
        """max_age_s: how long ago an activity may have ended to be worth saying again."""
        self._max_frames = max_frames
        self._max_age_s = max_age_s
        self._clock = clock
        self._entries: list[_Entry] = []
        self._next = 0
        self._on_its_way: _Entry | None = None
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
        self._on_its_way = self._entries[self._next]
        return self._on_its_way.item

    def sent(self) -> None:
        """The item that `next` gave has been sent."""
        if self._next < len(self._entries) and self._entries[self._next] is self._on_its_way:
            self._next += 1
        self._on_its_way = None

    def settle(self) -> None:
        """Activities that ended and were sent are answered, or will never be: they need not be kept."""
        sent, unsent = self._entries[: self._next], self._entries[self._next :]
        ends = [at for at, entry in enumerate(sent) if isinstance(entry.item, EndActivity)]
        kept = [entry for entry in sent[ends[-1] + 1 if ends else 0 :] if isinstance(entry.item, _SPOKEN)]
        self._keep(kept + unsent, sent=len(kept))

    def take_back(self) -> None:
        """Nobody wants an answer to what was said so far, sent or not; only an open activity stays."""
        self.settle()
        for activity in list(self._activities()):
            whole = isinstance(activity[-1].item, EndActivity | Ask)
            if whole and self._entries.index(activity[0]) >= self._next and self._on_its_way not in activity:
                for entry in activity:
                    self._remove(self._entries.index(entry))

    def rewind(self) -> Rewound:
        """A new connection: what was said and not answered goes out again; the rest died with the old one.

        An activity that ended too long ago is dropped: nobody waits for that answer any more.
        """
        oldest_s = self._clock() - self._max_age_s
        kept: list[_Entry] = []
        dropped = False
        for activity in self._activities():
            last = activity[-1]
            if not isinstance(last.item, EndActivity | Ask) or last.put_at_s >= oldest_s:
                kept += activity
                continue
            dropped = True
            self._dropped += sum(self._is_unsent_frame(entry) for entry in activity)
            if isinstance(last.item, Ask) and last.item.later:
                kept.append(replace(last, item=Ask(last.item.later, wants_answer=False)))
        self._on_its_way = None
        self._keep(kept, sent=0)
        speech = any(not isinstance(entry.item, Ask) for entry in kept)
        wanting = speech or any(isinstance(entry.item, Ask) and entry.item.wants_answer for entry in kept)
        return Rewound(speech=speech, gave_up=dropped and not wanting)

    def take_dropped(self) -> int:
        """How many frames were never sent, since this was last asked."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def _activities(self) -> Iterator[list[_Entry]]:
        """The entries of each activity; the last may still be open."""
        activity: list[_Entry] = []
        for entry in self._entries:
            if isinstance(entry.item, Ask):
                yield [entry]
            elif isinstance(entry.item, _SPOKEN):
                activity.append(entry)
            if isinstance(entry.item, EndActivity):
                yield activity
                activity = []
        if activity:
            yield activity

    def _is_unsent_frame(self, entry: _Entry) -> bool:
        return isinstance(entry.item, SendFrame) and self._entries.index(entry) >= self._next

    def _keep(self, entries: list[_Entry], *, sent: int) -> None:
        self._entries = entries
        self._next = sent
        self._frames = sum(isinstance(entry.item, SendFrame) for entry in entries)
        self._arrived.set()

    def _drop_oldest_frame(self) -> None:
        oldest = next(
            at
            for at, entry in enumerate(self._entries)
            if isinstance(entry.item, SendFrame) and entry is not self._on_its_way
        )
        self._dropped += oldest >= self._next
        self._remove(oldest)
        activity = next(one for one in self._activities() if not isinstance(one[0].item, Ask))
        empty = len(activity) == 2 and isinstance(activity[1].item, EndActivity)
        ends = [self._entries.index(entry) for entry in activity]
        # Both ends sent, or neither: nothing of it is left to say. One sent: the other has to follow.
        if empty and self._on_its_way not in activity and (ends[1] < self._next or ends[0] >= self._next):
            self._remove(ends[1])
            self._remove(ends[0])

    def _remove(self, at: int) -> None:
        self._frames -= isinstance(self._entries[at].item, SendFrame)
        del self._entries[at]
        self._next -= at < self._next
