"""The composition root: builds every part from Settings, connects them to the core, and owns the shutdown.

This is the one module that knows everything. It carries events to the core and the core's actions to the
parts; what is done about what happens is decided in device.conversation.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from device.audio.chimes import chime
from device.audio.devices import open_microphone, open_speaker
from device.audio.formats import SAMPLE_BYTES, reply_ms
from device.audio.hearing import Hearing
from device.audio.protocols import Microphone
from device.config import Settings
from device.conversation import Conversation
from device.errors import LadleError
from device.events import (
    Action,
    ActivityEnded,
    Answered,
    AnswerOverdue,
    ButtonPressed,
    CancelTool,
    Connected,
    ConnectionLost,
    ContinueReply,
    DuckReply,
    EndActivity,
    Event,
    Face,
    FaultCleared,
    FaultRaised,
    FlushSpeaker,
    ForgetSpeech,
    Frame,
    GenerationComplete,
    InputTranscript,
    InteractionContinues,
    InterruptedBy,
    MuteToggled,
    Note,
    OutputTranscript,
    PlaybackDrained,
    PlayChime,
    PlayReply,
    Reconnect,
    Refused,
    ReplyAudioReceived,
    ReplyInterrupted,
    RestoreReply,
    RunTool,
    SendFrame,
    SendToolOutcome,
    ShowFace,
    SilenceTimers,
    StartActivity,
    Started,
    StillOffline,
    StopGeneration,
    TellLateOutcome,
    ToolCall,
    ToolCallReceived,
    ToolFinished,
    TurnComplete,
)
from device.household import open_household
from device.live.session import Session
from device.live.statefile import StateFile
from device.panel.panel import open_panel
from device.service.instance import hold_instance
from device.service.journal import line
from device.service.notify import Notifier
from device.service.timeline import Recorder
from device.tools import ALL_TOOLS
from device.tools.daystatus import day_summary
from device.tools.keeper import DiaryKeeper
from device.tools.kitchen import Kitchen
from device.tools.registry import Registry
from device.tools.ringer import Ringer

logger = logging.getLogger(__name__)

SESSION_FILE = "session.json"
ANSWERING = (
    Connected,
    ActivityEnded,
    OutputTranscript,
    ReplyAudioReceived,
    ReplyInterrupted,
    GenerationComplete,
    InteractionContinues,
    TurnComplete,
    ToolCallReceived,
    ToolFinished,
)
"""What gives the API its whole time to answer anew. That it hears is no sign that it will answer."""


class Daemon:
    """The device, whole."""

    def __init__(
        self,
        settings: Settings,
        key: SecretStr,
        kitchen: Kitchen,
        *,
        state: Path,
        recorders: Sequence[Recorder] = (),
        microphone: Microphone | None = None,
    ) -> None:
        """Prepare everything that opens nothing.

        state: a directory for what outlives the process, for one daemon at a time.
        recorders: told all that happens, in order; closed at the end.
        microphone: one to use instead of what `audio.input` names.
        """
        self._settings = settings
        self._key = key
        self._kitchen = kitchen
        self._registry = Registry(ALL_TOOLS, kitchen, timeout_s=settings.live.tool_timeout_s)
        self._keeper = DiaryKeeper(kitchen, self.dispatch)
        self._ringer = Ringer(kitchen.timers, self.dispatch)
        self._state = state
        self._recorders = recorders
        self._own_microphone = microphone
        self._conversation = Conversation(
            turn_taking=settings.live.turn_taking,
            duplex=settings.audio.duplex,
            chimes=settings.audio.chimes.wanted,
        )
        self._hearing = Hearing(settings.audio, settings.gate, self._heard)
        self._notifier = Notifier()
        self._tools_at_work: dict[str, asyncio.Task[None]] = {}
        self._answer_timer: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------------------- life

    async def run(self, stop: asyncio.Event | None = None) -> None:
        """Live until SIGTERM, SIGINT or `stop`.

        Raises:
            LadleError: a part cannot work; its `exit_status` says of which kind.
        """
        stop = stop or asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        failures: list[BaseException] = []
        with ExitStack() as parts:
            self._open_parts(parts)
            try:
                await self._run_parts(stop)
            except* LadleError as group:
                failures.extend(group.exceptions)
        if failures:
            raise failures[0]

    def _open_parts(self, parts: ExitStack) -> None:
        """Open what has to be closed; `parts` closes it in reverse order."""
        self._began = asyncio.get_running_loop().time()
        self._first_attempt = asyncio.Event()
        self._is_ready = asyncio.Event()
        for recorder in self._recorders:
            parts.callback(recorder.close)
        parts.enter_context(hold_instance(self._state, self._settings.live.endpoint))
        parts.callback(self._kitchen.diary.file.close)
        self._panel = open_panel(
            self._settings.panel,
            on_press=lambda: self.dispatch(ButtonPressed()),
            on_hold=lambda: self.dispatch(MuteToggled()),
        )
        parts.callback(self._panel.close)
        self._show(self._conversation.face)
        self._speaker = open_speaker(
            self._settings.audio,
            on_played=self._played,
            on_drained=lambda: self.dispatch(PlaybackDrained()),
            on_lost=lambda sentence: self.dispatch(FaultRaised("speaker", sentence)),
            on_back=lambda: self._is_back("speaker"),
            on_output=self._hearing.played,
        )
        parts.callback(self._speaker.close)
        self._microphone = self._own_microphone or open_microphone(
            self._settings.audio,
            on_lost=self._microphone_lost,
            on_back=lambda: self._is_back("microphone"),
        )
        parts.callback(self._microphone.close)
        self._session = Session(
            self._settings.live,
            self._key,
            self._registry.declarations,
            emit=self.dispatch,
            now=self._kitchen.now,
            on_sent=self._sent,
            day_status=lambda: day_summary(self._kitchen),
            state=StateFile(self._state / SESSION_FILE),
        )

    async def _run_parts(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            lasting = [
                tasks.create_task(part, name=name)
                for name, part in (
                    ("session", self._session.run()),
                    ("watchdog", self._notifier.feed_watchdog()),
                    ("listening", self._listen_once_ready()),
                    ("diary", self._keeper.run()),
                    ("timers", self._ring_once_ready()),
                )
            ]
            await stop.wait()
            logger.info("stopping")
            self._notifier.stopping()
            for task in (*lasting, *self._tools_at_work.values()):
                task.cancel()

    async def _listen_once_ready(self) -> None:
        """Come up, then take frames for ever.

        The first attempt to connect is waited for, whatever comes of it, so that a word said right after
        `ready` is answered; without a network the device is ready too, and says that it reconnects.
        """
        await self._first_attempt.wait()
        await self._speaker.settled()
        await self._microphone.settled()
        self._use_devices()
        self.dispatch(Started())
        for recorder in self._recorders:
            recorder.ready()
        self._speaker.start()
        self._microphone.start()
        self._is_ready.set()
        took_ms = (asyncio.get_running_loop().time() - self._began) * 1000
        logger.info("ready start_ms=%.0f", took_ms)
        self._notifier.ready()
        await self._take_frames()

    async def _ring_once_ready(self) -> None:
        await self._is_ready.wait()
        await self._ringer.run()

    # ------------------------------------------------------------------------------- microphone -> core

    async def _take_frames(self) -> None:
        dropped = 0
        async for frame in self._microphone.frames():
            self._record("frame_captured", frame=frame.number)
            if self._microphone.dropped > dropped:
                lost, dropped = self._microphone.dropped - dropped, self._microphone.dropped
                logger.warning("frames_dropped count=%d reason=late", lost)
            self._take_frame(frame)

    def _take_frame(self, frame: Frame) -> None:
        conversation = self._conversation
        self._hearing.take(frame, listening=conversation.listening, sounding=conversation.sounding)

    def _heard(self, event: Event) -> None:
        # Muting has ended an activity before the gate could.
        if not isinstance(event, ActivityEnded) or self._conversation.activity_open:
            self.dispatch(event)

    def _microphone_lost(self, sentence: str) -> None:
        """Nobody can finish what they were saying: no frame would ever end the activity."""
        self._hearing.close()
        self.dispatch(FaultRaised("microphone", sentence))

    def _is_back(self, part: str) -> None:
        self._use_devices()
        self.dispatch(FaultCleared(part))

    def _use_devices(self) -> None:
        self._hearing.use(microphone=self._microphone.name, speaker=self._speaker.name)

    # ------------------------------------------------------------------------------- the core

    def dispatch(self, event: Event) -> None:
        """Tell the core what happened, and do what it says. Runs on the event loop and never waits."""
        self._observe(event)
        if isinstance(event, Connected | ConnectionLost | StillOffline):
            self._first_attempt.set()
        if isinstance(event, GenerationComplete | TurnComplete | ToolCallReceived | ConnectionLost):
            self._speaker.complete()
        if isinstance(event, InputTranscript | OutputTranscript) and self._settings.privacy.keep_transcripts:
            logger.info(line("heard" if isinstance(event, InputTranscript) else "said", {"text": event.text}))
        for action in self._conversation.handle(event):
            self._observe(action)
            self._perform(action)
        self._session.set_quiet(quiet=self._conversation.quiet)
        self._wait_for_answer(event)

    def _perform(self, action: Action) -> None:
        match action:
            case (
                SendFrame()
                | StartActivity()
                | EndActivity()
                | StopGeneration()
                | SendToolOutcome()
                | TellLateOutcome()
                | ContinueReply()
            ):
                self._session.send(action)
            case PlayReply() | PlayChime() | DuckReply() | RestoreReply() | FlushSpeaker():
                self._sound(action)
            case ForgetSpeech():
                self._session.forget_speech()
            case SilenceTimers():
                self._ringer.silence()
            case RunTool(call):
                self._tools_at_work[call.id] = self._tasks.create_task(self._run_tool(call))
            case CancelTool(call_id):
                self._tools_at_work.pop(call_id).cancel()
            case Answered():
                self._session.answered()
            case Reconnect(reason, ask_again):
                logger.warning("no_answer reason=%r asks_again=%s", reason, ask_again)
                self._session.reconnect(ask_again=ask_again)
            case ShowFace(face):
                self._show(face)
            case Note(name, fields):
                logger.log(logging.ERROR if name == "fault" else logging.INFO, line(name, fields))
            case Refused(event, phase):
                logger.debug("refused event=%s phase=%s", event, phase)

    def _sound(self, action: PlayReply | PlayChime | DuckReply | RestoreReply | FlushSpeaker) -> None:
        match action:
            case PlayReply(pcm):
                self._speaker.play(pcm)
            case PlayChime(kind):
                self._speaker.play(chime(kind))
                self._speaker.complete()
            case DuckReply():
                self._speaker.duck(self._settings.audio.barge_in.duck_db)
            case RestoreReply():
                self._speaker.unduck()
            case FlushSpeaker(by):
                self._silence(by)

    def _silence(self, by: InterruptedBy) -> None:
        unheard_ms = reply_ms(self._speaker.flush() * SAMPLE_BYTES)
        self._hearing.cut_off()
        logger.info("interrupted by=%s unheard_ms=%.0f", by, unheard_ms)

    def _show(self, face: Face) -> None:
        self._panel.show(face)
        self._record("face", face=face.value)
        self._notifier.status(face.value)

    async def _run_tool(self, call: ToolCall) -> None:
        outcome = await self._registry.run(call)
        self._tools_at_work.pop(call.id, None)
        self._keeper.learn(outcome)
        self._ringer.look_again()
        self.dispatch(ToolFinished(outcome))

    def _wait_for_answer(self, event: Event) -> None:
        """While the API owes something, let no more than its time pass in silence."""
        awaited = self._conversation.api_owes
        if self._answer_timer and (isinstance(event, ANSWERING) or not awaited):
            self._answer_timer.cancel()
            self._answer_timer = None
        if awaited and self._answer_timer is None:
            self._answer_timer = asyncio.get_running_loop().call_later(
                self._settings.live.answer_timeout_s, self._answer_is_overdue
            )

    def _answer_is_overdue(self) -> None:
        self._answer_timer = None
        self.dispatch(AnswerOverdue())

    # ------------------------------------------------------------------------------- those who watch

    def _observe(self, value: Event | Action) -> None:
        for recorder in self._recorders:
            recorder.record_value(value)

    def _record(self, name: str, **fields: object) -> None:
        for recorder in self._recorders:
            recorder.record(name, **fields)

    def _played(self, played_bytes: int) -> None:
        self._record("reply_audio_played", bytes=played_bytes)

    def _sent(self, frame: Frame) -> None:
        self._record("frame_sent", frame=frame.number)


def make_daemon(
    settings: Settings,
    key: SecretStr,
    *,
    state: Path,
    now: Callable[[], datetime] | None = None,
    recorders: Sequence[Recorder] = (),
    microphone: Microphone | None = None,
) -> Daemon:
    """A daemon with its kitchen: foods, activities, plan and diary, and the tools over them.

    state: the directory for what outlives the process; now: the household's clock, the machine's unless
    another is given.

    Raises:
        ConfigError: a data file is missing or wrong; the message names file, line and fault.
    """
    kitchen = open_household(settings, state, now)
    return Daemon(settings, key, kitchen, state=state, recorders=recorders, microphone=microphone)
