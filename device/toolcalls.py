"""The tool calls of a conversation, from the model's request to the moment when the model has its answer.

A call is answered by its id on the connection that it came on. A connection that ends leaves two kinds of
calls behind: those still at work, and those whose answer the model may never have read, because nothing of
its reply had come. Both reach the model on the next connection in words, once it is free to listen.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from device.events import ToolCall, ToolOutcome

MOST_REMEMBERED = 16
"""A model that calls more tools than this before it says a word is not told of the oldest again."""


@dataclass(frozen=True, slots=True)
class Done:
    """A call with its outcome; `wanted`: nobody has said meanwhile that they do not want to hear it."""

    call: ToolCall
    outcome: ToolOutcome
    wanted: bool = True


class ToolCalls:
    """Which calls are at work, and which outcomes the model has yet to hear of."""

    def __init__(self) -> None:
        self._pending: dict[str, ToolCall] = {}
        self._orphaned: dict[str, ToolCall] = {}  # at work, but their connection has ended
        self._unwanted: set[str] = set()
        self._told: deque[Done] = deque(maxlen=MOST_REMEMBERED)  # answered by id, not yet replied to
        self._late: deque[Done] = deque(maxlen=MOST_REMEMBERED)  # to be told in words

    @property
    def pending(self) -> bool:
        """Whether this connection waits for an answer."""
        return bool(self._pending)

    @property
    def at_work(self) -> bool:
        """Whether any tool is at work."""
        return bool(self._pending or self._orphaned)

    @property
    def blocking(self) -> bool:
        """Whether the model waits and must not be spoken to."""
        return any(call.blocking for call in self._pending.values())

    @property
    def unheard(self) -> bool:
        """Whether the model has given no sign yet that it has read an answer."""
        return bool(self._told)

    def is_pending(self, call_id: str) -> bool:
        """Whether this connection waits for the answer to this call."""
        return call_id in self._pending

    def is_at_work(self, call_id: str) -> bool:
        """Whether this call has no outcome yet."""
        return call_id in self._pending or call_id in self._orphaned

    def adopt(self, call: ToolCall) -> bool:
        """Whether this is a call of an earlier connection, made again, whose tool is at work already."""
        earlier = self._orphaned.get(call.id)
        if earlier is None or (earlier.name, earlier.arguments) != (call.name, call.arguments):
            return False
        del self._orphaned[call.id]
        self._pending[call.id] = call
        return True

    def begin(self, call: ToolCall, *, wanted: bool) -> None:
        """A new call; what an earlier connection left under the same id is forgotten."""
        self._orphaned.pop(call.id, None)
        self._unwanted.discard(call.id)
        self._late = deque((done for done in self._late if done.call.id != call.id), MOST_REMEMBERED)
        self._pending[call.id] = call
        if not wanted:
            self._unwanted.add(call.id)

    def cancel(self, call_id: str) -> bool:
        """The API takes a call back; whether it was at work."""
        call = self._pending.pop(call_id, None) or self._orphaned.pop(call_id, None)
        self._unwanted.discard(call_id)
        return call is not None

    def finish(self, outcome: ToolOutcome) -> Done | None:
        """The call has its outcome; what to answer by its id, None where only words can tell it."""
        orphan = self._orphaned.pop(outcome.call_id, None)
        call = orphan or self._pending.pop(outcome.call_id)
        done = Done(call, outcome, wanted=call.id not in self._unwanted)
        self._unwanted.discard(call.id)
        if orphan:
            self._late.append(done)
            return None
        if done.wanted:
            self._told.append(done)
        return done

    def replied(self) -> None:
        """The model goes on: it has read the answers it was given."""
        self._told.clear()

    def unwant(self) -> None:
        """Somebody cut the turn short: nobody wants to hear of its calls any more."""
        self._unwanted.update(self._pending, self._orphaned)
        self._told.clear()
        self._late = deque((replace(done, wanted=False) for done in self._late), MOST_REMEMBERED)

    def connection_lost(self) -> bool:
        """The calls outlive their connection; whether there is something to tell that somebody waits for."""
        waited_for = bool(self._told) or any(call_id not in self._unwanted for call_id in self._pending)
        self._orphaned.update(self._pending)
        self._pending.clear()
        self._late.extend(self._told)
        self._told.clear()
        return waited_for

    def take_late(self) -> list[Done]:
        """What to tell the model in words now: all that nobody waits for, and one that somebody does."""
        silent = [done for done in self._late if not done.wanted]
        wanted = [done for done in self._late if done.wanted]
        self._late = deque(wanted[1:], MOST_REMEMBERED)
        return silent + wanted[:1]
