"""The gate: which frames are a person speaking.

webrtcvad judges every frame by itself; the gate makes stretches of speech (activities) of its verdicts:

* it opens when `onset_ms` of speech lie within a window of five thirds of that (6 voiced frames of 10 with
  the defaults), so that a click or a clatter does not open it;
* it gives the last `pre_roll_ms` first, so that the syllable which opened it is not clipped;
* it closes when `hangover_ms` have passed without speech, so that a breath does not close it.
"""

from __future__ import annotations

from collections import deque

import webrtcvad

from device.audio.formats import MICROPHONE_RATE_HZ, frames_in
from device.config import GateSettings
from device.events import ActivityEnded, ActivityFrame, ActivityStarted, Event, Frame


class Gate:
    """Takes frames, gives what they mean: activities with their frames, and nothing for silence."""

    def __init__(self, settings: GateSettings) -> None:
        self._detector = webrtcvad.Vad(settings.aggressiveness)
        self._onset_frames = frames_in(settings.onset_ms)
        self._hangover_frames = frames_in(settings.hangover_ms)
        self._window: deque[bool] = deque(maxlen=-(-self._onset_frames * 5 // 3))
        self._pre_roll: deque[Frame] = deque(maxlen=frames_in(settings.pre_roll_ms))
        self._is_open = False
        self._unvoiced = 0

    @property
    def is_open(self) -> bool:
        """Whether an activity is under way."""
        return self._is_open

    def process(self, frame: Frame) -> list[Event]:
        """What this frame brings about."""
        voiced = self._detector.is_speech(frame.pcm, MICROPHONE_RATE_HZ)
        return self._while_open(frame, voiced) if self._is_open else self._while_closed(frame, voiced)

    def close(self) -> list[Event]:
        """Shut the gate whatever it hears, and forget what it heard: nobody listens any more."""
        was_open, self._is_open = self._is_open, False
        self._window.clear()
        self._pre_roll.clear()
        return [ActivityEnded()] if was_open else []

    def _while_closed(self, frame: Frame, voiced: bool) -> list[Event]:
        self._window.append(voiced)
        self._pre_roll.append(frame)
        if not voiced or sum(self._window) < self._onset_frames:
            return []
        self._is_open, self._unvoiced = True, 0
        started = ActivityStarted(tuple(self._pre_roll))
        self._window.clear()
        self._pre_roll.clear()
        return [started]

    def _while_open(self, frame: Frame, voiced: bool) -> list[Event]:
        self._unvoiced = 0 if voiced else self._unvoiced + 1
        if self._unvoiced < self._hangover_frames:
            return [ActivityFrame(frame)]
        self._is_open = False
        return [ActivityFrame(frame), ActivityEnded()]
