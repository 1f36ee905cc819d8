"""When a reply may begin to sound: as soon as what has come will last until the rest comes.

Replies come over a network: in bursts, paced, with gaps. How much has to be there at the beginning is learnt
from the replies before: for each, how far its audio ever fell behind the clock, and for how long nothing came
after a piece had sounded. Until some replies have told, each begins with enough for a gap of 200 ms. One that
runs dry in spite of this waits until a good deal has come, more every time, instead of stuttering from one
piece to the next. What is known to be complete is never held back.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

FIRST_NEED_MS = 200.0
SHORTEST_LEAD_MS = 40.0
LONGEST_LEAD_MS = 440.0
MARGIN_MS = 20.0
"""A device takes 20 ms at once."""
TRUSTED_REPLIES = 1
"""One shows what a connection usually does; what it rarely does costs one pause, and is remembered."""
REMEMBERED_REPLIES = 48
TELLING_S = 0.2
"""A reply that came within less, say in one burst, tells nothing of the gaps that others may have."""

FIRST_PAUSE_MS = 400.0
LONGEST_PAUSE_MS = 1600.0
PATIENCE_MS = 400.0
"""When nothing more comes for this long, what is there is played."""


@dataclass(slots=True)
class _Reply:
    """One reply: when it began, how much came, and how far that ever fell behind. s for points in time."""

    wanted_ms: float
    pause_ms: float
    first_s: float = 0.0
    last_s: float = 0.0
    last_ms: float = 0.0
    received_ms: float = 0.0
    need_ms: float = 0.0
    has_begun: bool = False
    is_held: bool = True
    is_dry: bool = False
    is_complete: bool = False


class JitterPolicy:
    """Decides, and learns. Times in s of any clock that goes on; durations in ms."""

    def __init__(self) -> None:
        self.pauses = 0
        self._needs: deque[float] = deque(maxlen=REMEMBERED_REPLIES)
        self._reply = self._next_reply()

    @property
    def lead_ms(self) -> float:
        """How much of a reply has to be there before it begins."""
        assumed_ms = FIRST_NEED_MS if len(self._needs) < TRUSTED_REPLIES else 0.0
        need_ms = max(assumed_ms, *self._needs, 0.0)
        return min(max(need_ms + MARGIN_MS, SHORTEST_LEAD_MS), LONGEST_LEAD_MS)

    def arrived(self, now_s: float, duration_ms: float) -> None:
        """A piece of the reply came."""
        gap_ms = (now_s - self._reply.last_s) * 1000 - self._reply.last_ms
        if self._reply.is_dry and gap_ms > LONGEST_LEAD_MS:
            self.over()
        reply = self._reply
        self.pauses += reply.is_dry
        reply.is_dry = reply.is_complete = False
        late_ms = (now_s - reply.first_s) * 1000 - reply.received_ms
        if not reply.has_begun or late_ms > LONGEST_LEAD_MS:
            # After a stall that no lead could have covered the count begins anew.
            reply.has_begun = True
            reply.first_s, reply.received_ms, late_ms, gap_ms = now_s, 0.0, 0.0, 0.0
        reply.need_ms = max(reply.need_ms, late_ms, gap_ms)
        reply.received_ms += duration_ms
        reply.last_s, reply.last_ms = now_s, duration_ms

    def complete(self) -> None:
        """No more of this reply will come."""
        self._reply.is_complete = True

    def may_play(self, now_s: float, queued_ms: float) -> bool:
        """Whether to play what is queued, of which there is some."""
        reply = self._reply
        if reply.is_held:
            nothing_comes = (now_s - reply.last_s) * 1000 >= PATIENCE_MS
            reply.is_held = not (reply.is_complete or queued_ms >= reply.wanted_ms or nothing_comes)
        return not reply.is_held

    def ran_dry(self) -> None:
        """All that came was played."""
        reply = self._reply
        if reply.is_complete or reply.is_held:
            return
        reply.is_held = reply.is_dry = True
        reply.wanted_ms, reply.pause_ms = reply.pause_ms, min(2 * reply.pause_ms, LONGEST_PAUSE_MS)

    def heard(self) -> None:
        """All that came was heard. Whether that was the end shows when more comes, where it is not known."""
        if not self._reply.is_dry:
            self.over()

    def over(self) -> None:
        """The reply is complete and was heard, or it was cut short."""
        if self._reply.last_s - self._reply.first_s >= TELLING_S:
            self._needs.append(self._reply.need_ms)
        self._reply = self._next_reply()

    def _next_reply(self) -> _Reply:
        return _Reply(wanted_ms=self.lead_ms, pause_ms=max(self.lead_ms, FIRST_PAUSE_MS))
