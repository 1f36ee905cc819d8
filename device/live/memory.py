"""What a session knows of its conversation: handles that lead back to it, and turns to tell a fresh one.

All of it fits into one small file, so that a restarted daemon goes on where the last one stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from device.config import LiveSettings
from device.events import (
    GenerationComplete,
    InputTranscript,
    OutputTranscript,
    ReplyAudioReceived,
    ReplyInterrupted,
    ToolCall,
    ToolCallReceived,
    ToolOutcome,
)
from device.live import prompts
from device.live.connection import Ask
from device.live.handles import Handles
from device.live.history import History, Turn
from device.live.messages import HandleOffered, HandleWithdrawn, Told
from device.live.outbox import Rewound
from device.live.statefile import SavedSession, StateFile

MOST_CALLS = 4
"""So many calls of one turn are told again."""
LAST_SAVE_S = 1.0
"""How long a process that ends waits for a memory card."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a connection begins with: an earlier session's handle, or the last turns, or nothing.

    opening: what goes before the turns. in_words: they go into the instruction, because the API takes none.
    """

    handle: str | None = None
    turns: tuple[Turn, ...] = ()
    opening: str = ""
    in_words: bool = False

    @property
    def history_follows(self) -> bool:
        """Whether the turns are sent as the first content."""
        return bool(self.turns) and not self.in_words

    @property
    def background(self) -> str:
        """The turns as a part of the instruction."""
        return prompts.as_background(self.opening, self.turns) if self.in_words else ""


class Memory:
    """Handles and history, kept up to date by what is said in both directions."""

    def __init__(self, settings: LiveSettings, now: Callable[[], datetime], state: StateFile | None) -> None:
        self.handles = Handles()
        self.history = History(most_turns=settings.restore_turns, most_chars=settings.restore_chars, now=now)
        self._settings = settings
        self._now = now
        self._state = state
        self._unsaved = asyncio.Event()
        self._ahead = ""  # of the reply, transcribed but not heard yet
        self._calls: dict[str, ToolCall] = {}  # of the turn that is going on
        self._finished: deque[prompts.Finished] = deque(maxlen=MOST_CALLS)

    async def beginning(self, day_status: Callable[[], Awaitable[str]], *, in_words: bool) -> Beginning:
        """What the next connection begins with. day_status: what a fresh session has to know of today."""
        handle = self.handles.best()
        turns = () if handle else self.history.recent()
        if not turns:
            return Beginning(handle)
        return Beginning(None, turns, prompts.restored(await day_status()), in_words)

    def note(self, told: Told) -> None:
        """The API said something.

        The transcript of a reply may run ahead of its sound; what was not heard counts as not said.
        """
        match told:
            case HandleOffered(handle):
                self.handles.offered(handle)
                self._unsaved.set()
            case HandleWithdrawn():
                self.handles.withdrawn()
            case InputTranscript(text):
                self.history.heard(text)
            case OutputTranscript(text):
                self._ahead += text
            case ReplyAudioReceived() | GenerationComplete() | ReplyInterrupted():
                self._hear_what_was_told_ahead()
            case ToolCallReceived(call):
                self._calls[call.id] = call
                while len(self._calls) > MOST_CALLS:
                    self._calls.pop(next(iter(self._calls)))

    def turn_over(self) -> None:
        """The last question has had its answer."""
        self._hear_what_was_told_ahead()
        self._calls.clear()
        self._finished.clear()
        self.history.close_turn()
        self.handles.turn_completed()
        self._unsaved.set()

    def _hear_what_was_told_ahead(self) -> None:
        self.history.spoke(self._ahead)
        self._ahead = ""

    def question_begins(self) -> None:
        """A person begins to speak, and a turn that was cut short is over."""
        if self.history.said:
            self.turn_over()
        self.handles.turn_began()

    def asked_in_writing(self, text: str) -> Ask:
        """A question in written words: the API does not transcribe those."""
        self.question_begins()
        self.history.heard(text)
        return Ask(text)

    def tool_finished(self, outcome: ToolOutcome) -> None:
        """A tool that was called for the turn has its outcome."""
        call = self._calls.pop(outcome.call_id, None)
        if call:
            self._finished.append((call, outcome))

    def connected(self, rewound: Rewound) -> None:
        """A connection has opened; what begins it is said again, and will be transcribed again."""
        self._ahead = ""
        if rewound.speech:
            self.history.forget_question()
        if not rewound.asks:
            self.handles.turn_completed()
        self._unsaved.set()

    # ------------------------------------------------------------------------------- what to say again

    def rest_of_reply(self) -> Ask:
        """Ask for the rest of a reply that was cut off."""
        return Ask(prompts.go_on(self.history.asked, self.history.said, tuple(self._finished)))

    def late_outcome(self, call: ToolCall, outcome: ToolOutcome, *, silent: bool) -> Ask:
        """Tell what came of a call that was made on an earlier connection."""
        asked, arguments = self.history.asked, call.arguments
        known = prompts.late_outcome(outcome, arguments, asked, silent=True)
        if silent:
            return Ask(known, wants_answer=False, later=known)
        return Ask(prompts.late_outcome(outcome, arguments, asked, silent=False), later=known)

    # ------------------------------------------------------------------------------- across restarts

    def load(self) -> None:
        """Remember what the last process knew, if that is not too long ago."""
        saved = self._state and self._state.load(self._settings.model, self._settings.endpoint, self._now())
        if saved:
            self.history.bring_back(saved.turns)
            if saved.handle:
                self.handles.offered(saved.handle)

    async def keep_saved(self) -> None:
        """Save whatever changes, for ever; in a thread, because a memory card may take its time."""
        while self._state:
            await self._unsaved.wait()
            self._unsaved.clear()
            await asyncio.to_thread(self._state.save, self._snapshot())

    async def save_at_last(self) -> None:
        """Save what there is now, before the process ends, unless the memory card takes too long."""
        if self._state:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_SAVE_S):
                    await asyncio.to_thread(self._state.save, self._snapshot())

    def _snapshot(self) -> SavedSession:
        return SavedSession(
            handle=self.handles.newest,
            turns=self.history.recent(),
            saved_at=self._now(),
            model=self._settings.model,
            endpoint=self._settings.endpoint,
        )
