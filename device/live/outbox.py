"""What still has to reach the Live API, and what it has not answered yet.

An utterance is what a person said from the start of an activity to its end, or one Ask of Ladle's own. It is
kept until it is answered. All else is sent once, and dies with its connection.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from device.events import EndActivity, SendFrame, StartActivity
from device.live.connection import Ask, Outgoing


@dataclass(frozen=True, slots=True)
class Rewound:
    """What a new connection begins with: is anything spoken said again, and does anything want an answer."""

    speech: bool
    asks: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """One queued item; two entries are never the same, even with equal items. `serial` is its place."""

    item: Outgoing
    serial: int


@dataclass(slots=True, eq=False)
class _Utterance:
    """sent: how many of its entries this connection has had. wanted: it is said again where it was lost."""

    entries: list[_Entry]
    sent: int = 0
    ended_at_s: float | None = None
    wanted: bool = True

    @property
    def ask(self) -> Ask | None:
        item = self.entries[0].item
        return item if isinstance(item, Ask) else None

    @property
    def head(self) -> _Entry | None:
        return self.entries[self.sent] if self.sent < len(self.entries) else None

    @property
    def is_through(self) -> bool:
        return self.ended_at_s is not None and self.head is None

    def drop_frame(self, at: int) -> None:
        del self.entries[at]
        self.sent -= at < self.sent


class Outbox:
    """Keeps everything in order; keeps utterances until they are answered, for the next connection.

    An item counts as sent only when `sent()` says so, so that one whose sending failed is not lost. Beyond
    `max_frames` the oldest frame goes, and is counted if it had not been sent. Whatever goes, the two ends of
    an activity stay together: the API waits for ever for an end that does not come.
    """

    def __init__(self, max_frames: int, *, max_age_s: float, clock: Callable[[], float]) -> None:
        """max_age_s: how long ago an utterance may have ended to be worth saying again."""
        self._max_frames = max_frames
        self._max_age_s = max_age_s
        self._clock = clock
        self._utterances: list[_Utterance] = []
        self._rest: deque[_Entry] = deque()
        self._on_its_way: _Entry | None = None
        self._serial = 0
        self._frames = 0
        self._dropped = 0
        self._arrived = asyncio.Event()
        self._emptied = asyncio.Event()

    # ------------------------------------------------------------------------------- in and out

    def put(self, item: Outgoing) -> None:
        """Queue an item."""
        self._serial += 1
        entry = _Entry(item, self._serial)
        match item:
            case Ask():
                self._utterances.append(_Utterance([entry], ended_at_s=self._clock()))
            case StartActivity() | SendFrame() | EndActivity():
                self._put_speech(entry)
            case _:
                self._rest.append(entry)
        self._arrived.set()

    def _put_speech(self, entry: _Entry) -> None:
        utterance = next((one for one in reversed(self._utterances) if one.ended_at_s is None), None)
        if utterance is None:
            self._utterances.append(utterance := _Utterance([]))
        utterance.entries.append(entry)
        if isinstance(entry.item, EndActivity):
            utterance.ended_at_s = self._clock()
        if isinstance(entry.item, SendFrame):
            self._frames += 1
            if self._frames > self._max_frames:
                self._drop_oldest_frame()

    async def next(self) -> Outgoing:
        """The next item to send; the same one again until it was sent."""
        while (entry := self._first()) is None:
            self._arrived.clear()
            self._emptied.set()
            await self._arrived.wait()
        self._on_its_way = entry
        return entry.item

    async def emptied(self) -> None:
        """Wait until whoever takes the items has sent them all, and asks for more."""
        self._emptied.clear()
        self._arrived.set()  # who waits already is to look again
        await self._emptied.wait()

    def _first(self) -> _Entry | None:
        heads = [utterance.head for utterance in self._utterances] + [self._rest[0] if self._rest else None]
        return min(filter(None, heads), key=lambda entry: entry.serial, default=None)

    def sent(self) -> None:
        """The item that `next` gave has been sent."""
        entry, self._on_its_way = self._on_its_way, None
        if self._rest and self._rest[0] is entry:
            self._rest.popleft()
            return
        for utterance in self._utterances:
            if entry is not None and utterance.head is entry:
                utterance.sent += 1
                told = utterance.ask is not None and not utterance.ask.wants_answer
                if utterance.is_through and (told or not utterance.wanted):
                    self._remove(utterance)
                return

    # ------------------------------------------------------------------------------- what is still wanted

    @property
    def asks(self) -> bool:
        """Whether anything here wants an answer."""
        return any(one.wanted and (one.ask is None or one.ask.wants_answer) for one in self._utterances)

    def settle(self) -> None:
        """Utterances that ended and were sent are answered, or will never be: they need not be kept."""
        for utterance in [one for one in self._utterances if one.is_through]:
            self._remove(utterance)

    def take_back(self) -> None:
        """Nobody wants an answer to what was said so far, sent or not; only an open activity stays.

        What was sent in part goes out to its end, because the API waits for that, but not again.
        """
        self.settle()
        for utterance in [one for one in self._utterances if one.ended_at_s is not None]:
            if utterance.ask is not None:
                self._put_off(utterance, utterance.ask)
            elif self._is_touched(utterance):
                utterance.wanted = False
            else:
                self._remove(utterance)

    def forget_speech(self) -> None:
        """Nothing that a person said is to leave the device any more; the end of what has begun to is."""
        for utterance in [one for one in self._utterances if one.ask is None]:
            if not self._is_touched(utterance):
                self._remove(utterance)
                continue
            utterance.wanted = False
            for at in range(len(utterance.entries) - 1, utterance.sent - 1, -1):
                if self._is_waiting_frame(utterance.entries[at]):
                    utterance.drop_frame(at)
                    self._frames -= 1

    def rewind(self) -> Rewound:
        """A new connection: what was not answered goes out again; the rest died with the old one.

        What was said too long ago is dropped: nobody waits for that answer any more.
        """
        self._on_its_way = None
        self._rest.clear()
        oldest_s = self._clock() - self._max_age_s
        for utterance in list(self._utterances):
            late = utterance.ended_at_s is not None and utterance.ended_at_s < oldest_s
            if utterance.ask is not None and late:
                self._put_off(utterance, utterance.ask)
            elif late or (utterance.ended_at_s is not None and not utterance.wanted):
                self._dropped += utterance.wanted * _frames_in(utterance.entries[utterance.sent :])
                self._remove(utterance)
            utterance.sent = 0
        self._arrived.set()
        return Rewound(speech=any(one.ask is None for one in self._utterances), asks=self.asks)

    def take_dropped(self) -> int:
        """How many frames were never sent, since this was last asked."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    # ------------------------------------------------------------------------------- taking things out

    def _put_off(self, utterance: _Utterance, ask: Ask) -> None:
        """Too late for an answer: tell what is worth knowing all the same, and ask nothing."""
        if not ask.wants_answer:
            return
        if not ask.later:
            self._remove(utterance)
            return
        told = Ask(ask.later, wants_answer=False)
        utterance.entries = [_Entry(told, utterance.entries[0].serial)]
        utterance.sent = 0

    def _drop_oldest_frame(self) -> None:
        for utterance in self._utterances:
            for at, entry in enumerate(utterance.entries):
                if self._is_waiting_frame(entry):
                    self._dropped += at >= utterance.sent
                    utterance.drop_frame(at)
                    self._frames -= 1
                    self._remove_if_empty(utterance)
                    return

    def _remove_if_empty(self, utterance: _Utterance) -> None:
        """Both ends sent, or neither: nothing of it is left to say. One sent: the other has to follow."""
        empty = utterance.ended_at_s is not None and len(utterance.entries) == 2  # its start and its end
        if empty and (utterance.is_through or not self._is_touched(utterance)):
            self._remove(utterance)

    def _is_waiting_frame(self, entry: _Entry) -> bool:
        return isinstance(entry.item, SendFrame) and entry is not self._on_its_way

    def _is_touched(self, utterance: _Utterance) -> bool:
        return utterance.sent > 0 or (utterance.head is not None and utterance.head is self._on_its_way)

    def _remove(self, utterance: _Utterance) -> None:
        self._utterances.remove(utterance)
        self._frames -= _frames_in(utterance.entries)


def _frames_in(entries: list[_Entry]) -> int:
    return sum(isinstance(entry.item, SendFrame) for entry in entries)
