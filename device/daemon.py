"""The composition root: builds every part from Settings, connects them to the core, and owns the shutdown.

This is the one module that knows everything. It carries events to the core and the core's actions to the
parts; what is done about what happens is decided in device.conversation.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from device import __version__
from device.answertimer import AnswerTimer
from device.audio.devices import open_microphone, open_speaker
from device.audio.hearing import Hearing
from device.audio.protocols import Microphone, Speaker
from device.config import Settings
from device.conversation import Conversation
from device.desk import Desk
from device.errors import LadleError, UnavailableError
from device.events import (
    Action,
    ActivityEnded,
    AnswerOverdue,
    ButtonClicked,
    ButtonPressed,
    Connected,
    ConnectionLost,
    Event,
    Face,
    FaultCleared,
    FaultRaised,
    Frame,
    GenerationComplete,
    InputTranscript,
    MuteToggled,
    OutputTranscript,
    PlaybackDrained,
    RestartWished,
    Started,
    StillOffline,
    ToolCall,
    ToolCallReceived,
    ToolFinished,
    TurnComplete,
)
from device.household import open_household
from device.live.session import Session
from device.live.statefile import SESSION_FILE, StateFile
from device.panel.panel import Panel, open_panel
from device.parts import Parts
from device.performer import Performer
from device.reloading import Reload, Reloader
from device.service import signals
from device.service.control import ControlServer
from device.service.filekeeper import FileKeeper
from device.service.instance import hold_instance
from device.service.journal import line
from device.service.notify import Notifier
from device.service.stacks import task_stacks, thread_stacks
from device.service.switches import SWITCHES_FILE, Switches, SwitchFile, SwitchKeeper
from device.service.timeline import Recorder
from device.tools import ALL_TOOLS
from device.tools.daystatus import day_summary
from device.tools.keeper import DiaryKeeper
from device.tools.kitchen import Kitchen
from device.tools.registry import Registry
from device.tools.ringer import Ringer

logger = logging.getLogger(__name__)

LAST_WORDS_S = 0.5
"""How long a daemon that stops takes to tell the API that nobody speaks any more."""
LAST_SWITCH_S = 0.5
"""How long a daemon that stops waits for the disk to take what was switched last."""
PULSE_S = 1.0
"""How often it is looked at whether the event loop is late."""


class Daemon:
    """The device, whole."""

    def __init__(
        self,
        settings: Settings,
        key: SecretStr,
        kitchen: Kitchen,
        *,
        state: Path,
        control: Path | None = None,
        recorders: Sequence[Recorder] = (),
        microphone: Microphone | None = None,
        read: Callable[[], Settings] | None = None,
    ) -> None:
        """Prepare everything that opens nothing.

        state: a directory for what outlives the process, for one daemon at a time.
        control: where the local socket is to be; None: there is none.
        recorders: told all that happens, in order; closed at the end.
        microphone: one to use instead of what `audio.input` names.
        read: the configuration as it is in its file, for SIGHUP; None: it is not read again.
        """
        self._settings = settings
        self._read = read
        self._key = key
        self._kitchen = kitchen
        self._registry = Registry(ALL_TOOLS, kitchen, timeout_s=settings.live.tool_timeout_s)
        self._keeper = DiaryKeeper(kitchen, self.dispatch)
        self._ringer = Ringer(kitchen.timers, self.dispatch)
        self._state = state
        self._control = control
        self._recorders = [*recorders]
        self._own_microphone = microphone
        switch_file = SwitchFile(state / SWITCHES_FILE)
        self._switch_keeper = SwitchKeeper(switch_file)
        self._session_file = StateFile(state / SESSION_FILE)
        self._file_keeper = FileKeeper(
            {"switches": switch_file, "session": self._session_file}, self.dispatch
        )
        left = switch_file.load()
        self._volume = left.volume_over(settings.audio.volume)
        self._conversation = Conversation(
            turn_taking=settings.live.turn_taking,
            duplex=settings.audio.duplex,
            chimes=settings.audio.chimes.wanted,
            mode=settings.panel.mode,
            muted=left.muted and settings.panel.keep_muted,
        )
        self._hearing = Hearing(settings.audio, settings.gate, self._heard)
        self._notifier = Notifier()
        self._tools_at_work: dict[str, asyncio.Task[None]] = {}
        self._answer_timer = AnswerTimer(
            settings.live.answer_timeout_s, lambda: self.dispatch(AnswerOverdue())
        )
        self._wants_restart = False
        self._knows_devices = True  # False: the microphone may be another than before it was muted

    # ------------------------------------------------------------------------------- life

    async def run(self, stop: asyncio.Event | None = None) -> bool:
        """Live until SIGTERM, SIGINT or `stop`; whether somebody wishes that it be started anew.

        Raises:
            LadleError: a part cannot work; its `exit_status` says of which kind.
        """
        self._stop = stop or asyncio.Event()
        self._reloader = Reloader(
            self._read or (lambda: self._settings), self._settings, self._kitchen, self._use
        )
        self._obey_signals()
        failures: list[BaseException] = []
        with ExitStack() as parts:
            self._open_parts(parts)
            try:
                await self._run_parts()
            except* LadleError as group:
                failures.extend(group.exceptions)
        if failures:
            raise failures[0]
        return self._wants_restart

    def _obey_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._end)
        loop.add_signal_handler(signal.SIGINT, self._end)
        if self._read:
            loop.add_signal_handler(signals.RELOAD, self._reloader.wish)
        loop.add_signal_handler(signals.TELL_STATE, self._tell_state)
        signals.let_through()

    def _open_parts(self, stack: ExitStack) -> None:
        """Open what has to be closed; `stack` closes it in reverse order."""
        self._began = asyncio.get_running_loop().time()
        self._first_attempt = asyncio.Event()
        self._is_ready = asyncio.Event()
        stack.callback(self._switch_keeper.close)
        for recorder in self._recorders:
            stack.callback(recorder.close)
        stack.enter_context(hold_instance(self._state, self._settings.live.endpoint))
        stack.callback(self._kitchen.diary.file.close)
        panel = self._open_panel()
        stack.callback(panel.close)
        speaker = self._open_speaker()
        stack.callback(speaker.close)
        microphone = self._own_microphone or open_microphone(
            self._settings.audio,
            on_lost=self._microphone_lost,
            on_back=lambda: self._is_back("microphone"),
        )
        stack.callback(microphone.close)
        if self._conversation.muted:
            microphone.pause()
        self._parts = Parts(
            conversation=self._conversation,
            microphone=microphone,
            speaker=speaker,
            hearing=self._hearing,
            session=self._make_session(),
            panel=panel,
            ringer=self._ringer,
        )
        self._performer = Performer(
            self._parts,
            duck_db=self._settings.audio.barge_in.duck_db,
            show=self._show,
            run_tool=self._start_tool,
            cancel_tool=self._cancel_tool,
            restart=self._restart,
        )
        self._desk = Desk(
            self._parts,
            self._settings.live,
            self._settings.panel.mode,
            self._kitchen,
            tell=self.dispatch,
            set_volume=self._set_volume,
            kept=self._switch_keeper.kept,
        )
        self._recorders.append(self._desk)
        self._serve_metrics(stack)
        self._show(self._conversation.face)

    def _open_panel(self) -> Panel:
        return open_panel(
            self._settings.panel,
            on_press=lambda: self.dispatch(ButtonPressed()),
            on_click=lambda: self.dispatch(ButtonClicked()),
            on_hold=lambda: self.dispatch(MuteToggled()),
            on_restart=lambda: self.dispatch(RestartWished()),
            on_stuck=lambda sentence: self.dispatch(FaultRaised("panel", sentence)),
            on_unstuck=lambda: self.dispatch(FaultCleared("panel")),
            now=self._kitchen.now,
        )

    def _open_speaker(self) -> Speaker:
        speaker = open_speaker(
            self._settings.audio,
            on_played=self._played,
            on_drained=lambda: self.dispatch(PlaybackDrained()),
            on_lost=lambda sentence: self.dispatch(FaultRaised("speaker", sentence)),
            on_back=lambda: self._is_back("speaker"),
            on_output=self._sounded,
        )
        if self._volume is not None:
            speaker.set_volume(self._volume)
        return speaker

    def _make_session(self) -> Session:
        return Session(
            self._settings.live,
            self._key,
            self._registry.declarations,
            emit=self.dispatch,
            now=self._kitchen.now,
            on_sent=self._sent,
            day_status=lambda: day_summary(self._kitchen),
            state=self._session_file,
        )

    def _serve_metrics(self, stack: ExitStack) -> None:
        """Where they are wanted; what nobody can fetch is worth a line in the journal, and no more."""
        wanted = self._settings.metrics
        if not wanted.enabled:
            return
        from device.service.metrics import Metrics, start_metrics  # noqa: PLC0415 - most do without

        metrics = Metrics(
            tools=[tool.name for tool in self._registry.declarations],
            version=__version__,
            model=self._settings.live.model,
        )
        try:
            server = start_metrics(metrics, host=wanted.host, port=wanted.port)
        except UnavailableError as error:
            logger.warning("metrics_absent reason=%r", str(error))
            return
        stack.callback(server.close)
        self._recorders.append(metrics)

    async def _run_parts(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            listening = tasks.create_task(self._listen_once_ready(), name="listening")
            lasting = [
                tasks.create_task(part, name=name)
                for name, part in (
                    ("session", self._parts.session.run()),
                    ("watchdog", self._notifier.feed_watchdog(lambda: self._desk.is_alive)),
                    ("pulse", self._feel_pulse()),
                    ("control", self._serve_control()),
                    ("diary", self._keeper.run()),
                    ("files", self._file_keeper.run()),
                    ("timers", self._ring_once_ready()),
                    ("reloading", self._reloader.run()),
                )
            ]
            await self._stop.wait()
            logger.info("stopping")
            listening.cancel()
            self._hearing.close()
            await self._parts.session.finish_sending(LAST_WORDS_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SWITCH_S):
                    await self._switch_keeper.kept()
            if not self._wants_restart:  # systemd would wait for the end of a process that goes on
                self._notifier.stopping()
            for task in (*lasting, *self._tools_at_work.values()):
                task.cancel()

    async def _listen_once_ready(self) -> None:
        """Come up, then take frames for ever.

        The first attempt to connect is waited for, whatever comes of it, so that a word said right after
        `ready` is answered; without a network the device is ready too, and says that it reconnects.
        """
        await self._first_attempt.wait()
        await self._parts.speaker.settled()
        await self._parts.microphone.settled()
        self._use_devices()
        self.dispatch(Started())
        for recorder in self._recorders:
            recorder.ready()
        self._parts.speaker.start()
        self._parts.microphone.start()
        self._is_ready.set()
        took_ms = (asyncio.get_running_loop().time() - self._began) * 1000
        logger.info("ready start_ms=%.0f", took_ms)
        self._notifier.ready()
        await self._take_frames()

    async def _ring_once_ready(self) -> None:
        await self._is_ready.wait()
        await self._ringer.run()

    async def _feel_pulse(self) -> None:
        """Notice when the event loop is late: whatever held it up held up the conversation too."""
        clock = asyncio.get_running_loop().time
        while True:
            due_s = clock() + PULSE_S
            await asyncio.sleep(PULSE_S)
            self._desk.loop_lag_s = clock() - due_s

    async def _serve_control(self) -> None:
        """Answer on the local socket; where it cannot be, the device talks all the same."""
        if self._control is None:
            return
        server = ControlServer(self._control, self._desk)
        self._desk.serve(server)
        await server.run()

    # ------------------------------------------------------------------------------- microphone -> core

    async def _take_frames(self) -> None:
        dropped, microphone = 0, self._parts.microphone
        clock = asyncio.get_running_loop().time
        async for frame in microphone.frames():
            self._desk.heard_at_s = clock()
            if not self._knows_devices:
                self._knows_devices = True
                self._use_devices()
            self._record("frame_captured", frame=frame.number)
            if microphone.dropped > dropped:
                lost, dropped = microphone.dropped - dropped, microphone.dropped
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
        self._hearing.use(microphone=self._parts.microphone.name, speaker=self._parts.speaker.name)

    # ------------------------------------------------------------------------------- the core

    def dispatch(self, event: Event) -> None:
        """Tell the core what happened, and do what it says. Runs on the event loop and never waits."""
        self._observe(event)
        if isinstance(event, Connected | ConnectionLost | StillOffline):
            self._first_attempt.set()
        if isinstance(event, GenerationComplete | TurnComplete | ToolCallReceived | ConnectionLost):
            self._parts.speaker.complete()
        if isinstance(event, InputTranscript | OutputTranscript) and self._settings.privacy.keep_transcripts:
            logger.info(line("heard" if isinstance(event, InputTranscript) else "said", {"text": event.text}))
        was_muted = self._conversation.muted
        for action in self._conversation.handle(event):
            self._observe(action)
            self._performer.perform(action)
        self._parts.session.set_quiet(quiet=self._conversation.quiet)
        if self._conversation.muted is not was_muted:
            self._keep_switches()
            self._desk.heard_at_s = time.monotonic()
            self._knows_devices = was_muted is False
        if isinstance(event, FaultRaised | FaultCleared):
            self._notifier.status(self._desk.sentence)
        self._answer_timer.watch(event, is_owed=self._conversation.api_owes)

    def _show(self, face: Face) -> None:
        self._parts.panel.show(face)
        self._record("face", face=face.value)
        self._notifier.status(self._desk.sentence)

    def _set_volume(self, percent: int) -> int:
        self._volume = self._parts.speaker.set_volume(percent)
        self._parts.panel.show_volume(self._volume)
        self._keep_switches()
        return self._volume

    def _keep_switches(self) -> None:
        over = self._settings.audio.volume
        self._switch_keeper.keep(Switches(self._conversation.muted, self._volume, over))

    def _use(self, reload: Reload) -> None:
        """Let take effect what the configuration says now."""
        self._settings, self._kitchen = reload.settings, reload.kitchen
        self._registry.use(reload.kitchen)
        self._desk.use(reload.kitchen)
        if reload.touches("audio"):
            self._set_volume(reload.settings.audio.volume)
            self._volume = None  # the configuration's counts again, until somebody sets another
            self._keep_switches()
        if reload.touches("panel"):
            self._parts.panel.relight(reload.settings.panel)

    def _tell_state(self) -> None:
        """Everything that helps to see why nothing happens."""
        logger.info(line("state", self._desk.state()))
        for kind, stacks in (("thread", thread_stacks()), ("task", task_stacks())):
            for name, at in stacks:
                logger.info(line("stack", {kind: name, "at": at}))

    def _end(self) -> None:
        """Somebody wants it to end, whoever wished for a restart before."""
        self._wants_restart = False
        self._stop.set()

    def _restart(self) -> None:
        self._wants_restart = self._wants_restart or not self._stop.is_set()
        self._stop.set()

    def _start_tool(self, call: ToolCall) -> None:
        self._tools_at_work[call.id] = self._tasks.create_task(self._run_tool(call))

    def _cancel_tool(self, call_id: str) -> None:
        self._tools_at_work.pop(call_id).cancel()

    async def _run_tool(self, call: ToolCall) -> None:
        outcome = await self._registry.run(call)
        self._tools_at_work.pop(call.id, None)
        self._keeper.learn(outcome)
        self._ringer.look_again()
        self.dispatch(ToolFinished(outcome))

    # ------------------------------------------------------------------------------- those who watch

    def _observe(self, value: Event | Action) -> None:
        for recorder in self._recorders:
            recorder.record_value(value)

    def _record(self, name: str, **fields: object) -> None:
        for recorder in self._recorders:
            recorder.record(name, **fields)

    def _sounded(self, pcm: bytes) -> None:
        """A block has gone to the speaker; on the thread that feeds it."""
        self._desk.sounded_at_s = time.monotonic()
        self._hearing.played(pcm)

    def _played(self, played_bytes: int) -> None:
        self._record("reply_audio_played", bytes=played_bytes)

    def _sent(self, frame: Frame) -> None:
        self._record("frame_sent", frame=frame.number)
        self._parts.panel.sound_leaves()


def make_daemon(
    settings: Settings,
    key: SecretStr,
    *,
    state: Path,
    control: Path | None = None,
    now: Callable[[], datetime] | None = None,
    recorders: Sequence[Recorder] = (),
    microphone: Microphone | None = None,
    read: Callable[[], Settings] | None = None,
) -> Daemon:
    """A daemon with its kitchen: foods, activities, plan and diary, and the tools over them.

    state, control, read: see Daemon; now: the household's clock, the machine's unless
    another is given.

    Raises:
        ConfigError: a data file is missing or wrong; the message names file, line and fault.
    """
    kitchen = open_household(settings, state, now)
    return Daemon(
        settings,
        key,
        kitchen,
        state=state,
        control=control,
        recorders=recorders,
        microphone=microphone,
        read=read,
    )
