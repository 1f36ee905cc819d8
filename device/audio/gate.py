"""The gate: which frames are a person speaking.

A cascade, the cheap judges first, makes stretches of speech (activities) of single frames:

* a frame is voiced when webrtcvad takes it for speech and it stands out from the noise floor;
* `onset_ms` of voiced frames within five thirds of that time (6 of 10 with the defaults) open a candidate,
  so that a click does not;
* the confirmer hears the candidate from shortly before its first voiced frame on and has `confirm_within_ms`
  to find a person in it; a candidate in which it finds none costs nothing on the wire, and for a second after
  it only what is louder can open another;
* the activity starts with the last `pre_roll_ms` from before the candidate and with all of the candidate, so
  that no sound is lost however long the confirmation takes;
* it ends when `hangover_ms` have passed without speech, so that a breath does not end it. The confirmer
  listens on: a person keeps an activity open, the noise around does not;
* it ends after `max_activity_s` too, and the very next frame begins another if the person goes on.

A person who presses the button is waited for (`wait_for_person`): then two voiced frames are enough.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import webrtcvad

from device.audio.confirm import Confirmation, Confirmer, make_confirmer
from device.audio.formats import MICROPHONE_RATE_HZ, frames_in
from device.audio.noisefloor import NoiseFloor
from device.config import GateSettings
from device.events import ActivityEnded, ActivityFrame, ActivityStarted, Frame, NobodySpoke

GateEvent = ActivityStarted | ActivityFrame | ActivityEnded | NobodySpoke

LEAD_MS = 100
"""What the confirmer hears from before the window in which the candidate opened."""

PAUSE_MS = 400
"""After so long without a voiced frame a candidate is over, and a person is taken to pause."""


PATIENCE_MS = 6000
"""How long a person who has pressed the button may take to begin."""
EXPECTED_FRAMES = 2
"""Voiced frames in a row that are taken for a person who is waited for; a click of the button is one."""


class GateState(StrEnum):
    """Where the gate stands."""

    CLOSED = "closed"
    CANDIDATE = "candidate"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class GateCounts:
    """What became of the candidates since the start."""

    candidates: int
    confirmed: int
    dropped: int


class Gate:
    """Takes frames, gives what they mean: activities with their frames, and nothing for silence or noise."""

    def __init__(self, settings: GateSettings, confirmer: Confirmer | None = None) -> None:
        """confirmer: one to use instead of the one that `gate.confirm` names.

        Raises:
            UnavailableError: that one does not load.
        """
        self._detector = webrtcvad.Vad(settings.aggressiveness)
        self._noise = NoiseFloor()
        confirmer = confirmer or make_confirmer(settings.confirm)
        self._confirmation = Confirmation(confirmer) if confirmer else None

        self._above_noise_db = settings.above_noise_db
        self._onset_frames = frames_in(settings.onset_ms)
        self._confirm_frames = frames_in(settings.confirm_within_ms)
        self._pre_roll_frames = frames_in(settings.pre_roll_ms)
        self._hangover_frames = frames_in(settings.hangover_ms)
        self._longest_frames = frames_in(settings.max_activity_s * 1000)
        self._pause_frames = frames_in(PAUSE_MS)

        self._state = GateState.CLOSED
        window_frames = -(-self._onset_frames * 5 // 3)
        self._window: deque[bool] = deque(maxlen=window_frames)
        self._unjudged: deque[bytes] = deque(maxlen=window_frames + frames_in(LEAD_MS))
        self._kept: deque[Frame] = deque()  # what an activity would start with
        self._frames = 0  # of the candidate, or of the activity
        self._levels_db = 0.0  # of all frames of the candidate
        self._unvoiced = 0  # frames since the last voiced one
        self._goes_on = False  # the person did not stop when the longest activity was over
        self._patience_frames = 0  # a person is waited for so long
        self._expected = 0  # voiced frames in a row while one is
        self._candidates = self._confirmed = self._dropped = 0

    # ------------------------------------------------------------------------------- what it shows

    @property
    def state(self) -> GateState:
        """Where the gate stands."""
        return self._state

    @property
    def is_open(self) -> bool:
        """Whether an activity is under way."""
        return self._state is GateState.OPEN

    @property
    def level_dbfs(self) -> float:
        """The level of the last frame."""
        return self._noise.level_dbfs

    @property
    def noise_floor_dbfs(self) -> float:
        """How loud the room is while nobody speaks."""
        return self._noise.floor_dbfs

    @property
    def counts(self) -> GateCounts:
        """What became of the candidates since the start."""
        return GateCounts(self._candidates, self._confirmed, self._dropped)

    # ------------------------------------------------------------------------------- frame by frame

    def process(self, frame: Frame) -> list[GateEvent]:
        """What this frame brings about."""
        voiced = self._is_voiced(frame.pcm)
        if self._state is GateState.OPEN:
            return self._while_open(frame, voiced)
        self._kept.append(frame)
        if self._patience_frames:
            return self._while_waiting(frame, voiced)
        if self._state is GateState.CANDIDATE:
            return self._while_in_doubt(frame, voiced)
        if self._goes_on:
            return self._go_on(frame, voiced)
        return self._while_closed(frame, voiced)

    def wait_for_person(self) -> None:
        """Somebody is about to speak: open at the first voice, or say after a while that nobody spoke."""
        if not self.is_open:
            self._patience_frames = frames_in(PATIENCE_MS)
            self._expected = 0

    def close(self) -> list[GateEvent]:
        """Shut the gate whatever it hears, and forget what it heard: nobody listens any more."""
        was_open, was_waiting = self.is_open, self._patience_frames > 0
        self._patience_frames = 0
        self._dropped += self._state is GateState.CANDIDATE
        self._shut()
        self._goes_on = False
        self._kept.clear()
        if was_waiting:
            return [NobodySpoke()]
        return [ActivityEnded()] if was_open else []

    def _is_voiced(self, pcm: bytes) -> bool:
        self._noise.hear(pcm)
        speech: bool = self._detector.is_speech(pcm, MICROPHONE_RATE_HZ)
        return speech and self._noise.stands_out(self._above_noise_db)

    def _is_speech(self, pcm: bytes, voiced: bool) -> bool:
        """Whether a frame of an activity is of the person who speaks."""
        if self._confirmation is None:
            return voiced
        self._confirmation.hear(pcm)
        return voiced and self._confirmation.speaks

    def _count(self, speech: bool) -> None:
        self._frames += 1
        self._unvoiced = 0 if speech else self._unvoiced + 1

    # ------------------------------------------------------------------------------- closed

    def _while_closed(self, frame: Frame, voiced: bool) -> list[GateEvent]:
        self._forget_old()
        self._unjudged.append(frame.pcm)
        self._window.append(voiced and self._noise.is_news(self._above_noise_db))
        if not self._window[-1] or sum(self._window) < self._onset_frames:
            return []
        self._state = GateState.CANDIDATE
        self._candidates += 1
        self._frames = self._unvoiced = 0
        self._levels_db = 0.0
        if self._confirmation is None:
            return self._confirm()
        self._confirmation.begin(self._unjudged)
        return []

    def _forget_old(self) -> None:
        while len(self._kept) > self._pre_roll_frames:
            self._kept.popleft()

    def _shut(self) -> None:
        self._state = GateState.CLOSED
        self._window.clear()
        self._unjudged.clear()

    # ------------------------------------------------------------------------------- a person is waited for

    def _while_waiting(self, frame: Frame, voiced: bool) -> list[GateEvent]:
        self._forget_old()
        self._expected = self._expected + 1 if voiced else 0
        if self._expected >= EXPECTED_FRAMES:
            self._patience_frames = self._unvoiced = 0
            if self._confirmation is not None and self._state is GateState.CLOSED:
                self._unjudged.append(frame.pcm)
                self._confirmation.begin(self._unjudged)
            return [self._start()]
        self._patience_frames -= 1
        self._unjudged.append(frame.pcm)
        if self._patience_frames:
            return []
        self._shut()
        return [NobodySpoke()]

    # ------------------------------------------------------------------------------- a candidate

    def _while_in_doubt(self, frame: Frame, voiced: bool) -> list[GateEvent]:
        assert self._confirmation, "without a confirmer there is no doubt"
        self._count(voiced)
        self._confirmation.hear(frame.pcm)
        self._levels_db += self._noise.level_dbfs
        if self._confirmation.is_person:
            return self._confirm()
        if self._frames >= self._confirm_frames:
            self._noise.refuse(self._levels_db / self._frames)
            self._drop()
        elif self._unvoiced >= self._pause_frames:
            self._drop()
        return []

    def _drop(self) -> None:
        self._dropped += 1
        self._shut()
        self._forget_old()

    def _confirm(self) -> list[GateEvent]:
        self._confirmed += 1
        return [self._start()]

    def _start(self) -> ActivityStarted:
        self._state = GateState.OPEN
        started = ActivityStarted(tuple(self._kept))
        self._frames = len(self._kept)
        self._kept.clear()
        return started

    # ------------------------------------------------------------------------------- open

    def _while_open(self, frame: Frame, voiced: bool) -> list[GateEvent]:
        self._count(self._is_speech(frame.pcm, voiced))
        is_over = self._unvoiced >= self._hangover_frames
        if not is_over and self._frames < self._longest_frames:
            return [ActivityFrame(frame)]
        self._goes_on = not is_over and self._unvoiced < self._pause_frames
        self._shut()
        return [ActivityFrame(frame), ActivityEnded()]

    def _go_on(self, frame: Frame, voiced: bool) -> list[GateEvent]:
        """Begin another activity with this frame."""
        self._goes_on = False
        self._unvoiced = 0 if self._is_speech(frame.pcm, voiced) else self._unvoiced + 1
        return [self._start()]
