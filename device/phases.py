"""Where a conversation can stand, and which events are legal there: the one table of the core.

`TRANSITIONS[phase][event]` holds the phases that the event may lead to; an event that is not listed is
refused. The README's diagram is made from this table (`python -m device.phases`), and a test walks the
conversation at random and finds every entry, and no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from device.events import (
    ActivityEnded,
    ActivityFrame,
    ActivityStarted,
    AnswerOverdue,
    BargeInDismissed,
    BargeInSuspected,
    ButtonClicked,
    ButtonPressed,
    Connected,
    ConnectionLost,
    DuplexChosen,
    Event,
    FaultCleared,
    FaultRaised,
    GenerationComplete,
    InputTranscript,
    InteractionContinues,
    InterruptWished,
    MuteChosen,
    MuteToggled,
    NobodySpoke,
    OutputTranscript,
    PlaybackDrained,
    ReplyAudioReceived,
    ReplyInterrupted,
    RestartWished,
    Started,
    StillOffline,
    TextAsked,
    TimerRings,
    TimersSilent,
    ToolCallReceived,
    ToolCallsCancelled,
    ToolFinished,
    TurnComplete,
    UsageReported,
)


class Phase(StrEnum):
    """Where a conversation stands."""

    STARTING = "starting"
    READY = "ready"
    HEARING = "hearing"
    THINKING = "thinking"
    WORKING = "working"
    SPEAKING = "speaking"


_READY, _HEARING, _THINKING = Phase.READY, Phase.HEARING, Phase.THINKING
_WORKING, _SPEAKING = Phase.WORKING, Phase.SPEAKING

Moves = Mapping[type[Event], Iterable[Phase]]
Row = Mapping[type[Event], frozenset[Phase]]

_AT_ANY_TIME: tuple[type[Event], ...] = (
    Connected,
    ConnectionLost,
    StillOffline,
    DuplexChosen,
    FaultRaised,
    FaultCleared,
    MuteToggled,
    MuteChosen,
    ButtonPressed,
    ButtonClicked,
    InterruptWished,
    RestartWished,
    TimerRings,
    TimersSilent,
)
_ONCE_STARTED: tuple[type[Event], ...] = (
    PlaybackDrained,
    BargeInSuspected,
    BargeInDismissed,
    InputTranscript,
    OutputTranscript,
    ReplyAudioReceived,
    GenerationComplete,
    InteractionContinues,
    TurnComplete,
    ReplyInterrupted,
    ToolCallReceived,
    ToolCallsCancelled,
    TextAsked,
    UsageReported,
)


def _row(phase: Phase, moves: Moves, stays: tuple[type[Event], ...] = _ONCE_STARTED) -> Row:
    """One phase's legal events: `moves` says where an event may lead, all others leave the phase as it is."""
    staying = {event: frozenset({phase}) for event in (*_AT_ANY_TIME, *stays)}
    return staying | {event: frozenset(phases) for event, phases in moves.items()}


TRANSITIONS: Mapping[Phase, Row] = {
    Phase.STARTING: _row(Phase.STARTING, {Started: [_READY]}, stays=()),
    Phase.READY: _row(
        _READY,
        {
            NobodySpoke: [_READY],
            TextAsked: [_THINKING],
            ActivityStarted: [_HEARING],
            ReplyAudioReceived: [_READY, _SPEAKING],
            ToolCallReceived: [_WORKING],
            InteractionContinues: [_READY, _THINKING],
            TurnComplete: [_READY, _THINKING],
            ConnectionLost: [_READY, _THINKING],
        },
    ),
    Phase.HEARING: _row(
        _HEARING,
        {
            MuteChosen: [_THINKING, _WORKING, _READY, _HEARING],
            RestartWished: [_THINKING, _WORKING, _READY, _HEARING],
            ActivityFrame: [_HEARING],
            ActivityEnded: [_THINKING, _WORKING, _READY],
            MuteToggled: [_THINKING, _WORKING, _READY],
            ReplyAudioReceived: [_HEARING, _SPEAKING, _WORKING],
            ToolFinished: [_HEARING],
        },
    ),
    Phase.THINKING: _row(
        _THINKING,
        {
            NobodySpoke: [_THINKING],
            ActivityStarted: [_HEARING],
            ReplyAudioReceived: [_THINKING, _SPEAKING],
            ToolCallReceived: [_WORKING],
            TurnComplete: [_THINKING, _READY],
            AnswerOverdue: [_THINKING, _READY],
            ButtonPressed: [_READY],
            InterruptWished: [_READY],
            Connected: [_THINKING, _READY],
            ConnectionLost: [_THINKING, _READY],
        },
    ),
    Phase.WORKING: _row(
        _WORKING,
        {
            NobodySpoke: [_WORKING],
            TextAsked: [_WORKING, _HEARING],
            ActivityStarted: [_HEARING, _WORKING],
            ActivityFrame: [_WORKING],
            ActivityEnded: [_WORKING],
            ToolFinished: [_WORKING, _THINKING, _SPEAKING, _READY],
            ToolCallsCancelled: [_WORKING, _THINKING, _SPEAKING, _READY],
            AnswerOverdue: [_WORKING],
            ConnectionLost: [_WORKING, _HEARING],
            PlaybackDrained: [_WORKING, _HEARING],
            GenerationComplete: [_WORKING, _HEARING],
            InteractionContinues: [_WORKING, _HEARING],
            TurnComplete: [_WORKING, _HEARING],
            ReplyInterrupted: [_WORKING, _HEARING],
            ButtonPressed: [_WORKING, _HEARING],
            InterruptWished: [_WORKING, _HEARING],
        },
    ),
    Phase.SPEAKING: _row(
        _SPEAKING,
        {
            NobodySpoke: [_SPEAKING],
            TextAsked: [_THINKING, _HEARING],
            ActivityStarted: [_HEARING, _SPEAKING],
            ActivityFrame: [_SPEAKING],
            ActivityEnded: [_SPEAKING],
            ToolCallReceived: [_WORKING],
            PlaybackDrained: [_SPEAKING, _READY, _THINKING, _HEARING],
            GenerationComplete: [_SPEAKING, _READY, _THINKING, _HEARING],
            InteractionContinues: [_SPEAKING, _THINKING, _HEARING],
            TurnComplete: [_SPEAKING, _READY, _THINKING, _HEARING],
            ReplyInterrupted: [_SPEAKING, _READY, _THINKING, _HEARING],
            ConnectionLost: [_SPEAKING, _READY, _THINKING, _HEARING],
            AnswerOverdue: [_READY, _SPEAKING],
            ButtonPressed: [_READY, _HEARING],
            InterruptWished: [_READY, _HEARING],
        },
    ),
}


def diagram() -> str:
    """The table as a Mermaid state diagram, without the events that leave a phase as it is."""
    lines = ["stateDiagram-v2", "    [*] --> starting"]
    for phase, row in TRANSITIONS.items():
        for target in Phase:
            names = [
                event.__name__ for event, phases in row.items() if target in phases and target is not phase
            ]
            if names:
                lines.append(f"    {phase.value} --> {target.value}: {', '.join(sorted(names))}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(diagram())
