"""From the microphone's frames to what a person does: echo canceller, gate and barge-in, in this order.

Who cancels the echo depends on the devices, and these may change while it runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from device.audio.bargein import BargeIn, Step
from device.audio.ears import EarEvent, Ears
from device.audio.echo import EchoCanceller, EchoChoice, NoEcho, choose_echo, open_echo
from device.audio.formats import frames_in
from device.audio.gate import Gate
from device.config import AudioSettings, EchoMode, GateSettings
from device.events import BargeInDismissed, BargeInSuspected, Duplex, DuplexChosen, Event, Frame, NobodySpoke

logger = logging.getLogger(__name__)

RESTART_MS = 200
"""After this a speaker that was cut off has taken all that it takes at once when it starts again."""


class Hearing:
    """Takes frames on the event loop and emits what they mean."""

    def __init__(self, audio: AudioSettings, gate: GateSettings, emit: Callable[[Event], None]) -> None:
        """Raises UnavailableError where a part that the settings ask for does not load."""
        self._settings = audio
        self._emit = emit
        self.gate = Gate(gate)
        self.echo: EchoCanceller = NoEcho()
        self._choice: EchoChoice | None = None
        self._shifts = 0
        self._restarting_frames = 0
        self._is_asked_to_wait = False
        self._is_asked_to_close = False
        self._ears = Ears(self.gate, BargeIn())

    @property
    def echo_by(self) -> str:
        """Who cancels the echo: "software", "hardware" or "off"; "unknown" until the devices are known."""
        return self._choice.by.value if self._choice else "unknown"

    def played(self, pcm: bytes) -> None:
        """What was just handed to the speaker; on the thread that feeds it."""
        self.echo.played(pcm)

    def take(self, frame: Frame, *, listening: bool, sounding: bool) -> None:
        """A frame. listening: whether speech is wanted; sounding: whether the speaker plays anything."""
        if self._restarting_frames:
            self._restarting_frames -= 1
            if not self._restarting_frames:
                self.echo.begin_anew()
        clean = self.echo.process(frame)  # always: it has to keep step with what is played
        if self.echo.shifts != self._shifts:
            self._shifts = self.echo.shifts
            self._tell(self._ears.deafen())
        if self._is_asked_to_close or not listening:
            self._is_asked_to_close = False
            self._tell(self._ears.close())
        if listening:
            if self._is_asked_to_wait:
                self._is_asked_to_wait = False
                self._ears.wait_for_person()
            self._tell(self._ears.process(clean, replying=sounding))

    def wait_for_person(self) -> None:
        """From the next frame on: somebody has pressed the button, and is about to speak."""
        self._is_asked_to_wait, self._is_asked_to_close = True, False

    def end_request(self) -> None:
        """With the next frame: they have pressed it again, and are done."""
        self._is_asked_to_close, self._is_asked_to_wait = True, False

    def cut_off(self) -> None:
        """What played was cut off, and the device starts again: the echo moves."""
        self._tell(self._ears.deafen())
        self._restarting_frames = frames_in(RESTART_MS)

    def go_on(self) -> None:
        """Frames come again after a while without."""
        self.cut_off()

    def close(self) -> None:
        """No more frames come for now: end what would never end."""
        if self._is_asked_to_wait:
            self._is_asked_to_wait = False
            self._emit(NobodySpoke())
        self._tell(self._ears.close())

    def use(self, *, microphone: str, speaker: str) -> None:
        """Decide who cancels the echo between these devices, by their names.

        Raises:
            UnavailableError: the settings ask for software, and it does not load.
        """
        audio = self._settings
        choice = choose_echo(
            audio.echo_cancellation, microphone=microphone, speaker=speaker, channel=audio.input_channel
        )
        if choice == self._choice:
            return
        self.close()
        self._choice, self.echo = choice, open_echo(choice, held_ms=audio.latency_ms)
        self._shifts = self.echo.shifts
        # Only a canceller in software has to hear the room before it can be relied on.
        deaf_ms = audio.barge_in.deaf_ms if choice.by is EchoMode.SOFTWARE else 0
        self._ears = Ears(self.gate, BargeIn(doubt_ms=audio.barge_in.doubt_ms, deaf_ms=deaf_ms))
        can_talk_over = audio.duplex is Duplex.FULL and audio.barge_in.enabled
        duplex = choice.duplex if can_talk_over else Duplex.HALF
        logger.info("echo by=%s duplex=%s reason=%r", choice.by, duplex.value, choice.why)
        self._emit(DuplexChosen(duplex))

    def _tell(self, heard: Iterable[EarEvent]) -> None:
        for event in heard:
            if isinstance(event, Step):
                self._emit(BargeInSuspected() if event is Step.DUCK else BargeInDismissed())
            else:
                self._emit(event)
