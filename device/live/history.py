"""What was said lately, kept so that a fresh session can be told and a reply that was cut off can go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

FORGET_AFTER = timedelta(hours=2)
"""As long as the API remembers a session of its own; what was said at breakfast is no use at dinner."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a person asked and what was answered, as transcribed; either may be empty."""

    asked: str
    said: str
    at: datetime


class History:
    """The turns of the session, the newest last, bounded in number, in characters and in age."""

    def __init__(self, *, most_turns: int, most_chars: int, now: Callable[[], datetime]) -> None:
        """most_chars: of all turns together; the oldest turns go first."""
        self._most_chars = most_chars
        self._now = now
        self._turns: deque[Turn] = deque(maxlen=most_turns)
        self._asked = ""
        self._said = ""

    @property
    def asked(self) -> str:
        """What the person said in the turn that is going on."""
        return self._asked.strip()

    @property
    def said(self) -> str:
        """What has been answered in the turn that is going on."""
        return self._said.strip()

    def heard(self, text: str) -> None:
        """The API transcribed a piece of what the person says."""
        self._asked = self._last(self._asked + text)

    def spoke(self, text: str) -> None:
        """The API transcribed a piece of what it answers."""
        self._said = self._last(self._said + text)

    def _last(self, text: str) -> str:
        """As much of a text as leaves the newest turn within the bound."""
        return text[max(0, len(text) - self._most_chars // 2) :]

    def close_turn(self) -> None:
        """The turn is over; one without a word is not kept."""
        if self.asked or self.said:
            self._turns.append(Turn(self.asked, self.said, self._now()))
        self._asked = self._said = ""

    def forget_question(self) -> None:
        """The question that is open will be asked again, and transcribed again."""
        self._asked = ""

    def bring_back(self, turns: Iterable[Turn]) -> None:
        """Start with turns from before a restart."""
        self._turns.extend(turns)

    def recent(self) -> tuple[Turn, ...]:
        """The turns that are worth telling, within all bounds; the one that is going on is not among them."""
        oldest = self._now() - FORGET_AFTER
        chosen: deque[Turn] = deque()
        left = self._most_chars
        for turn in reversed(self._turns):
            left -= len(turn.asked) + len(turn.said)
            if left < 0 or turn.at < oldest:
                break
            chosen.appendleft(turn)
        return tuple(chosen)
