"""Carries out what the core decides, each action on the part that it is for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from device.audio.chimes import chime
from device.audio.formats import SAMPLE_BYTES, reply_ms
from device.events import (
    Action,
    Answered,
    AskInWriting,
    CancelTool,
    CloseMicrophone,
    ContinueReply,
    DuckReply,
    EndActivity,
    Face,
    FlushSpeaker,
    ForgetSpeech,
    InterruptedBy,
    Note,
    OpenMicrophone,
    PlayChime,
    PlayReply,
    Reconnect,
    Refused,
    Restart,
    RestoreReply,
    RunTool,
    SendFrame,
    SendToolOutcome,
    ShowFace,
    SilenceTimers,
    StartActivity,
    StartCapture,
    StopCapture,
    StopGeneration,
    TellLateOutcome,
    ToolCall,
)
from device.parts import Parts
from device.service.journal import line

logger = logging.getLogger(__name__)

SoundAction = PlayReply | PlayChime | DuckReply | RestoreReply | FlushSpeaker
MicrophoneAction = OpenMicrophone | CloseMicrophone | StopCapture | StartCapture


class Performer:
    """Runs on the event loop and never waits."""

    def __init__(
        self,
        parts: Parts,
        *,
        duck_db: float,
        show: Callable[[Face], None],
        run_tool: Callable[[ToolCall], None],
        cancel_tool: Callable[[str], None],
        restart: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._duck_db = duck_db
        self._show = show
        self._run_tool = run_tool
        self._cancel_tool = cancel_tool
        self._restart = restart
        self._clock = asyncio.get_running_loop().time
        self._fault_since: dict[str, float] = {}

    def perform(self, action: Action) -> None:
        """Carry out one action."""
        match action:
            case (
                SendFrame()
                | StartActivity()
                | EndActivity()
                | StopGeneration()
                | SendToolOutcome()
                | TellLateOutcome()
                | ContinueReply()
                | AskInWriting()
            ):
                self._parts.session.send(action)
            case PlayReply() | PlayChime() | DuckReply() | RestoreReply() | FlushSpeaker():
                self._sound(action)
            case OpenMicrophone() | CloseMicrophone() | StopCapture() | StartCapture():
                self._listen(action)
            case ForgetSpeech() | Answered() | Reconnect():
                self._guide_session(action)
            case SilenceTimers():
                self._parts.ringer.silence()
            case RunTool(call):
                self._run_tool(call)
            case CancelTool(call_id):
                self._cancel_tool(call_id)
            case ShowFace(face):
                self._show(face)
            case Restart():
                self._restart()
            case Note(name, fields):
                self._write_down(name, fields)
            case Refused(event, phase):
                logger.debug("refused event=%s phase=%s", event, phase)

    def _write_down(self, name: str, fields: Mapping[str, object]) -> None:
        """In the journal: a fault as an error, and its end with how long it lasted."""
        match name:
            case "fault":
                self._fault_since.setdefault(str(fields["part"]), self._clock())
                logger.error(line(name, fields))
            case "fault_cleared":
                lasted_s = self._clock() - self._fault_since.pop(str(fields["part"]), self._clock())
                logger.info(line(name, {**fields, "lasted_s": lasted_s}))
            case _:
                logger.info(line(name, fields))

    def _guide_session(self, action: ForgetSpeech | Answered | Reconnect) -> None:
        session = self._parts.session
        match action:
            case ForgetSpeech():
                session.forget_speech()
            case Answered():
                session.answered()
            case Reconnect(reason, ask_again):
                logger.warning("no_answer reason=%r asks_again=%s", reason, ask_again)
                session.reconnect(ask_again=ask_again)

    def _sound(self, action: SoundAction) -> None:
        speaker = self._parts.speaker
        match action:
            case PlayReply(pcm):
                speaker.play(pcm)
            case PlayChime(kind):
                speaker.play(chime(kind))
                speaker.complete()
            case DuckReply():
                speaker.duck(self._duck_db)
            case RestoreReply():
                speaker.unduck()
            case FlushSpeaker(by):
                self._silence(by)

    def _silence(self, by: InterruptedBy) -> None:
        unheard_ms = reply_ms(self._parts.speaker.flush() * SAMPLE_BYTES)
        self._parts.hearing.cut_off()
        if by is InterruptedBy.BUTTON:
            self._parts.panel.flash()
        logger.info("interrupted by=%s unheard_ms=%.0f", by, unheard_ms)

    def _listen(self, action: MicrophoneAction) -> None:
        microphone, hearing = self._parts.microphone, self._parts.hearing
        match action:
            case OpenMicrophone():
                hearing.wait_for_person()
            case CloseMicrophone():
                hearing.end_request()
            case StopCapture():
                microphone.pause()
                hearing.close()
            case StartCapture():
                hearing.go_on()
                microphone.resume()
