"""The ears: what the frames mean, in silence and over a playing reply.

While nothing plays, the gate decides. Over a reply it hears nothing: its judges doubt a person whom a loud
echo has left little of. There barge-in decides, and what it confirms is an activity like any other. The
frames of the last `REACH_MS` come with it, so that the words which interrupted are whole although a loud
echo hid their beginning for a while.

An activity begun by barge-in is held open for `HOLD_MS`. By then the reply has long been silent, and the gate
has heard the person too and takes over, or nobody goes on.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol, TypeAlias

import webrtcvad

from device.audio.bargein import BargeIn, Step
from device.audio.formats import MICROPHONE_RATE_HZ, frames_in
from device.events import ActivityEnded, ActivityFrame, ActivityStarted, Frame, NobodySpoke

REACH_MS = 1600
"""Over an echo 6 dB louder than the person, nine confirmations of ten come within this."""

HOLD_MS = 1000
CATCH_UP_MS = 800

STRICTEST = 3
"""webrtcvad's mode that takes the least for speech."""

GateEvent: TypeAlias = ActivityStarted | ActivityFrame | ActivityEnded | NobodySpoke
EarEvent: TypeAlias = GateEvent | Step


class SpeechGate(Protocol):
    """What the ears ask of the gate."""

    @property
    def is_open(self) -> bool:
        """Whether an activity is under way."""

    def process(self, frame: Frame) -> list[GateEvent]:
        """What this frame brings about."""

    def wait_for_person(self) -> None:
        """Open at the first voice, or say after a while that nobody spoke."""

    def close(self) -> list[GateEvent]:
        """Shut the gate and forget what it heard."""


class Ears:
    """Gate and barge-in with one face.

    Every `Step.DUCK` is followed by one `Step.RESTORE`, also where the reply was interrupted or has ended.
    `Step.STOP` never comes out: it is the start of an activity.
    """

    def __init__(self, gate: SpeechGate, barge_in: BargeIn) -> None:
        self._gate = gate
        self._barge_in = barge_in
        self._detector = webrtcvad.Vad(STRICTEST)
        self._kept: deque[Frame] = deque(maxlen=frames_in(REACH_MS))  # since the last activity
        self._held_frames = 0
        self._gate_is_behind = False
        self._is_ducked = False
        self._is_to_wait = False  # for a person, as soon as the gate hears again

    @property
    def is_open(self) -> bool:
        """Whether an activity is under way."""
        return self._held_frames > 0 or self._gate.is_open

    def process(self, frame: Frame, *, replying: bool) -> list[EarEvent]:
        """What this frame brings about. replying: whether a reply is heard now."""
        given: list[EarEvent] = [] if replying else self._unduck()
        voiced = self._detector.is_speech(frame.pcm, MICROPHONE_RATE_HZ)  # always: it learns the room
        self._kept.append(frame)
        if self._held_frames:
            given += self._while_held(frame)
        elif replying and not self._gate.is_open:
            given += self._over_reply(voiced)
        elif self._gate_is_behind:
            given += self._catch_up()
        else:
            given += self._hear(frame)
        if not self._gate_is_behind and (self.is_open or ActivityEnded() in given):
            self._kept.clear()
        return [*given, *self._unduck()] if ActivityEnded() in given else given

    def wait_for_person(self) -> None:
        """Somebody has pressed the button, and is about to speak."""
        self._is_to_wait = True

    def deafen(self) -> list[EarEvent]:
        """The echo has moved: hold back with barge-in until the canceller has found it again."""
        self._barge_in.deafen()
        return self._unduck()

    def close(self) -> list[EarEvent]:
        """Hear nothing more, and forget what was heard: nobody listens any more."""
        held, self._held_frames = self._held_frames, 0
        self._kept.clear()
        self._gate_is_behind = False
        self._barge_in.forget()
        ended: list[EarEvent] = list(self._gate.close())
        if self._is_to_wait:
            self._is_to_wait = False
            ended.append(NobodySpoke())
        if held and ActivityEnded() not in ended:
            ended.append(ActivityEnded())
        return [*ended, *self._unduck()]

    def _hear(self, frame: Frame) -> list[GateEvent]:
        if self._is_to_wait:
            self._is_to_wait = False
            self._gate.wait_for_person()
        return self._gate.process(frame)

    def _over_reply(self, voiced: bool) -> list[EarEvent]:
        self._gate_is_behind = True
        step = self._barge_in.hear(voiced)
        if step is Step.DUCK:
            self._is_ducked = True
            return [step]
        if step is Step.RESTORE:
            return self._unduck()
        if step is Step.STOP:
            self._held_frames = frames_in(HOLD_MS)
            return [ActivityStarted(tuple(self._kept))]
        return []

    def _while_held(self, frame: Frame) -> list[EarEvent]:
        """The gate's own opening says nothing new: its frames have been given already.

        It catches up only now: its judges take their time, and the reply had to be silenced first.
        """
        if self._gate_is_behind:
            self._catch_up()
        else:
            self._gate.process(frame)
        self._held_frames = 0 if self._gate.is_open else self._held_frames - 1
        over = not self._held_frames and not self._gate.is_open
        return [ActivityFrame(frame), ActivityEnded()] if over else [ActivityFrame(frame)]

    def _catch_up(self) -> list[EarEvent]:
        """Let the gate hear afresh what it missed, up to the latest frame."""
        self._gate_is_behind = False
        self._barge_in.forget()
        # Somebody who was waited for before the reply is waited for still.
        self._is_to_wait = NobodySpoke() in self._gate.close() or self._is_to_wait
        missed = list(self._kept)[-frames_in(CATCH_UP_MS) :]
        return [event for frame in missed for event in self._gate.process(frame)]

    def _unduck(self) -> list[EarEvent]:
        was_ducked, self._is_ducked = self._is_ducked, False
        return [Step.RESTORE] if was_ducked else []
