"""What the device does without the API: mute, button, timers that ring, faults, and the face that shows it.

A part of the core and as pure as it: the conversation tells it what happened, and it answers with actions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from device.events import (
    Action,
    Chime,
    CloseMicrophone,
    Face,
    Note,
    OpenMicrophone,
    PanelMode,
    PlayChime,
    Restart,
    SilenceTimers,
    StartCapture,
    StopCapture,
)
from device.phases import Phase

MICROPHONE = "microphone"
"""The part without which nobody can be heard."""


class Controls:
    """Mute, button, timers and faults of one device."""

    def __init__(self, chimes: Collection[Chime], mode: PanelMode, *, muted: bool) -> None:
        """chimes: those that are wanted; mode: what the button is for; muted: as it was before the start."""
        self._chimes = chimes
        self._mode = mode
        self._muted = muted
        self._opened = False
        self._ringing = False
        self._faults: dict[str, str] = {}
        self._press_done = False  # what the button was pressed for has happened
        self._hold_muted = False  # holding it has muted or unmuted, perhaps on the way to something else

    @property
    def muted(self) -> bool:
        """Whether the microphone is muted."""
        return self._muted

    @property
    def opened(self) -> bool:
        """Whether the button has opened the microphone for one request, and nobody has spoken yet."""
        return self._opened

    @property
    def listening(self) -> bool:
        """Whether anybody wants to be heard, as far as mute and button say."""
        return not self._muted and (self._mode is PanelMode.OPEN or self._opened)

    @property
    def faults(self) -> Mapping[str, str]:
        """The parts that do not work, each with the sentence for a person."""
        return dict(self._faults)

    def face(self, phase: Phase, *, connected: bool) -> Face:
        """The face, by priority: what a person most needs to know comes first."""
        by_priority = (
            (Face.FAULT, bool(self._faults)),
            (Face.MUTED, self._muted),
            (Face.STARTING, phase is Phase.STARTING),
            (Face.RECONNECTING, not connected),
            (Face.RINGING, self._ringing),
            (Face.HEARING, self._opened and phase is Phase.READY),
        )
        return next((face for face, applies in by_priority if applies), Face(phase.value))

    def chime(self, kind: Chime) -> list[Action]:
        """Play a chime, if it is wanted."""
        return [PlayChime(kind)] if kind in self._chimes else []

    # ------------------------------------------------------------------------------- faults and mute

    def raise_fault(self, part: str, sentence: str) -> list[Action]:
        """A part does not work; it is news once, and again when something else has to be done about it."""
        if self._faults.get(part) == sentence:
            return []
        is_news = part not in self._faults
        self._faults[part] = sentence
        told: list[Action] = [Note("fault", {"part": part, "remedy": sentence})]
        return told + self.chime(Chime.FAULT) if is_news else []

    def clear_fault(self, part: str) -> list[Action]:
        """It works again."""
        return [Note("fault_cleared", {"part": part})] if self._faults.pop(part, None) is not None else []

    def begin(self) -> list[Action]:
        """The device has started; it may have been muted before."""
        return ([StopCapture()] if self._muted else []) + self.chime(Chime.READY)

    def choose_mute(self, *, muted: bool) -> list[Action]:
        """Somebody asked for it by other means than the button."""
        self._hold_muted = False  # what somebody has chosen since, a hold does not take back
        return [] if muted is self._muted else self._set_muted(muted=muted)

    def _set_muted(self, *, muted: bool) -> list[Action]:
        """A microphone that is muted takes no samples at all."""
        self._muted, self._opened = muted, False
        return [
            Note("muted" if muted else "unmuted"),
            StopCapture() if muted else StartCapture(),
            *self.chime(Chime.MUTED if muted else Chime.UNMUTED),
        ]

    # ------------------------------------------------------------------------------- the button

    def press(self, *, interrupts: bool) -> list[Action]:
        """What must happen at once; what a short press is for, waits until it is known to be short.

        interrupts: the press stops a reply, or what would become one.
        """
        silenced = [] if interrupts else self.silence_timers()
        self._press_done, self._hold_muted = interrupts or bool(silenced), False
        return silenced

    def click(self, *, gate_open: bool) -> list[Action]:
        """A short press that had nothing to stop: it opens the microphone, or closes it."""
        if self._press_done:
            return []
        if self._muted or MICROPHONE in self._faults:
            return self.chime(Chime.MUTED if self._muted else Chime.FAULT)
        self._opened = not (gate_open or self._opened)
        return [OpenMicrophone() if self._opened else CloseMicrophone()]

    def hold(self) -> list[Action]:
        """Held for long enough to mute or unmute."""
        self._press_done = self._hold_muted = True
        return self._set_muted(muted=not self._muted)

    def wish_restart(self) -> list[Action]:
        """Held for so long that it muted or unmuted on the way, which is taken back."""
        back = self._set_muted(muted=not self._muted) if self._hold_muted else []
        self._hold_muted = False
        return [*back, Note("restart_wished"), Restart()]

    def close_microphone(self) -> None:
        """The request for which it was opened is over, or never came."""
        self._opened = False

    # ------------------------------------------------------------------------------- timers

    def ring(self, timers: int, *, audible: bool) -> list[Action]:
        """So many timers ring; audible: nobody speaks, and nothing plays. It is heard whatever chimes are."""
        begins, self._ringing = not self._ringing, True
        told: list[Action] = [Note("timer_rings", {"timers": timers})] if begins else []
        return told + ([PlayChime(Chime.TIMER)] if audible else [])

    def silence_timers(self) -> list[Action]:
        """Stop those that ring."""
        if not self._ringing:
            return []
        self._ringing = False
        return [SilenceTimers()]

    def stop_ringing(self) -> None:
        """No timer rings any more."""
        self._ringing = False
