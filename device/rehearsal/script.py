"""A script: what the stand-in does instead of following its own wits, or beside them.

    settings: {lifetime_s: 1, go_away_notice_s: 0.2}     see settings.py; optional, like all but the steps
    wits: false                                          true: answer as usual, and play the script beside it
    seed: 1                                              for random waits (`after_ms 50-400`)
    steps:                                               one after the other, anew on every connection
      - on: activity_end                                 what the step waits for
        repeat: forever                                  how often the step is played; once by default
        do: [{reply: {ms: 1000}}]                        what it does, one action after the other
      - on: connect 2                                    from here on: only on the second connection
        do: [{refuse: 503}]
    tracks:                                              more lists of steps, played at the same time
      - [{on: sent 7, do: [reset]}]
    A step may hold `steps` instead of `on` and `do`: a group, which can repeat as a whole.

Conditions: what happened since the step before was done, so nothing is missed while a step is busy.
    now, after_ms N, after_ms N-M (random)
    connect, connect N, connect N-M, connect N-          only these connections, up to the next `connect`
    setup, fresh (a setup without a handle), resume (one with a handle)
    activity_start, activity_end, stream_end, text, client_content, tool_response; with a number: the Nth
    audio_frames N, sent N                               messages with audio received, messages sent
A script that waits for setup, fresh or resume sends setup_complete itself; otherwise it is sent for it.
It counts as the first message `sent`. What waits for the Nth message sent is done before the next.

Actions: actions.py and faults.py. Reading a script from a file: script_file.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from device.rehearsal.settings import RehearsalSettings

if TYPE_CHECKING:
    from device.rehearsal.actions import Action


class Happening(StrEnum):
    """What a step can wait for, and what can end a paced action early."""

    SETUP = "setup"
    FRESH = "fresh"
    RESUME = "resume"
    ACTIVITY_START = "activity_start"
    ACTIVITY_END = "activity_end"
    STREAM_END = "stream_end"
    AUDIO_FRAMES = "audio_frames"
    TEXT = "text"
    CLIENT_CONTENT = "client_content"
    TOOL_RESPONSE = "tool_response"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Occurs:
    """Wait until something has happened so many times."""

    what: Happening
    times: int = 1


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait a time in ms, a random one where the two ends differ."""

    least_ms: float
    most_ms: float


@dataclass(frozen=True, slots=True)
class Connects:
    """The connection has just been accepted; also says which connections the steps from here on are for."""

    first: int = 1
    last: int | None = None

    def includes(self, number: int) -> bool:
        """Whether connection `number` is meant."""
        return self.first <= number and (self.last is None or number <= self.last)


Condition = Occurs | Delay | Connects

FOREVER: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Wait, then do; `repeat` times, or for ever where it is None. `line` is where the file has it."""

    on: Condition
    do: tuple[Action, ...]
    repeat: int | None
    line: int


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that repeat as a whole."""

    steps: tuple[Step | Group, ...]
    repeat: int | None
    line: int


Entry = Step | Group


@dataclass(frozen=True, slots=True)
class Part:
    """Entries for some connections only."""

    connections: Connects
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """One list of steps, cut where it says which connection it goes on with."""

    parts: tuple[Part, ...]

    def entries_for(self, number: int) -> tuple[Entry, ...]:
        """What is played on connection `number`, in order."""
        return tuple(
            entry for part in self.parts if part.connections.includes(number) for entry in part.entries
        )


@dataclass(frozen=True, slots=True)
class Script:
    """All tracks, and the settings they want."""

    tracks: tuple[Track, ...]
    settings: RehearsalSettings = field(default_factory=RehearsalSettings)
    wits: bool = False
    seed: int = 0


def steps_in(entries: tuple[Entry, ...]) -> tuple[Step, ...]:
    """Every step of the entries, those in groups included."""
    found: list[Step] = []
    for entry in entries:
        found += [entry] if isinstance(entry, Step) else steps_in(entry.steps)
    return tuple(found)
