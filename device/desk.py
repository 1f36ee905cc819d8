"""The desk: what programs on this machine may ask of the running device, and what they are told.

It watches all that happens, as a recorder, and answers over the control socket from what it has seen.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version

from device import __version__
from device.config import LiveSettings
from device.errors import LadleError, UnavailableError
from device.events import (
    Action,
    Connected,
    ConnectionLost,
    Event,
    Face,
    InterruptWished,
    MuteChosen,
    Note,
    PanelMode,
    TextAsked,
    UsageReported,
)
from device.nutrition.macros import Macros
from device.parts import Parts
from device.phases import Phase
from device.service.control import ControlServer
from device.service.costs import Latencies, Stopwatch, Usage
from device.service.health import DeviceFacts, Facts, Health, SessionFacts, alive, works
from device.service.status import (
    ConnectionStatus,
    DevicesStatus,
    DeviceState,
    DeviceStatus,
    Fault,
    Link,
    MacrosLeft,
    PersonToday,
    Status,
    TimerStatus,
)
from device.tools.kitchen import Kitchen
from device.tools.today import day_of


class Desk:
    """Answers what is asked, and passes on what is wished."""

    def __init__(
        self,
        parts: Parts,
        live: LiveSettings,
        mode: PanelMode,
        kitchen: Kitchen,
        *,
        tell: Callable[[Event], None],
        set_volume: Callable[[int], int],
        kept: Callable[[], Awaitable[None]],
    ) -> None:
        """tell: passes an event to the core; kept: waits until what was switched is on the disk."""
        self._parts = parts
        self._model = live.model
        self._mode = mode
        self._kitchen = kitchen
        self._tell = tell
        self._set_volume = set_volume
        self._kept = kept
        self._clock = asyncio.get_running_loop().time
        self._began_s = self._face_since_s = self._link_since_s = self._clock()
        self._face = parts.conversation.face
        self._latencies = Latencies()
        self._stopwatch = Stopwatch(self._latencies.add)
        self._usage = Usage(live.model, kitchen.diary.clock.today)
        self._is_ready = False
        self._has_connected = self._is_moving = False
        self._handoffs = self._reconnects = 0
        self._server: ControlServer | None = None
        self.loop_lag_s = 0.0
        self.heard_at_s = self.sounded_at_s = self._began_s

    def use(self, kitchen: Kitchen) -> None:
        """Tell of this kitchen from now on."""
        self._kitchen = kitchen

    def serve(self, server: ControlServer) -> None:
        """Tell those who follow this server's events."""
        self._server = server

    # ------------------------------------------------------------------------------- what it sees

    def ready(self) -> None:
        """The device is ready."""
        self._is_ready = True

    def close(self) -> None:
        """Nothing is held open."""

    def record(self, name: str, /, **fields: object) -> None:
        """Something beside events and actions."""
        self._stopwatch.record(name, **fields)
        if name == "face":
            self._face, self._face_since_s = Face(str(fields["face"])), self._clock()
            self._publish(name, **fields)

    def record_value(self, value: Event | Action) -> None:
        """An event or an action."""
        self._stopwatch.record_value(value)
        match value:
            case Connected():
                self._reconnects += self._has_connected and not self._is_moving
                self._has_connected, self._is_moving = True, False
                self._link_since_s = self._clock()
            case ConnectionLost(planned=planned):
                self._handoffs += planned
                self._is_moving, self._link_since_s = planned, self._clock()
            case UsageReported(tokens_in, tokens_out):
                self._usage.add(tokens_in, tokens_out)
            case Note(name, fields):
                self._publish(name, **fields)

    def _publish(self, name: str, /, **fields: object) -> None:
        if self._server:
            self._server.publish(name, **fields)

    # ------------------------------------------------------------------------------- what is wished

    def interrupt(self) -> None:
        """Stop what is being said, or a timer that rings, as a press of the button does."""
        self._tell(InterruptWished())

    def mute(self, on: bool, /) -> None:
        """Mute or unmute the microphone."""
        self._tell(MuteChosen(on))

    def ask(self, text: str, /) -> None:
        """Put a question, as if it had been spoken.

        Raises:
            UnavailableError: it would be lost now, or break into what somebody says.
        """
        if not self._is_ready:
            raise UnavailableError("Ladle is still starting. Ask again in some seconds.")
        conversation = self._parts.conversation
        if conversation.activity_open or conversation.phase is Phase.WORKING:
            raise UnavailableError("Somebody speaks, or a tool is at work. Ask again in a moment.")
        self._tell(TextAsked(text))

    def set_volume(self, percent: int, /) -> int:
        """Change the volume within its bounds; what it is now."""
        return self._set_volume(percent)

    async def kept(self) -> None:
        """Wait until what was switched outlasts a power cut, or the disk has refused it."""
        await self._kept()

    # ------------------------------------------------------------------------------- what is told

    def check(self) -> Health:
        """Whether somebody who speaks now is heard and answered."""
        return works(self._facts())

    @property
    def is_alive(self) -> bool:
        """Whether the process makes progress; what the watchdog is fed by."""
        return alive(self._facts()).ok

    def state(self) -> Mapping[str, object]:
        """How the device is, as one line of the journal can say it; nothing of what was eaten or said."""
        facts, conversation = self._facts(), self._parts.conversation
        return {
            "face": self._face,
            "face_s": self._clock() - self._face_since_s,
            "phase": conversation.phase,
            "connection": self._link,
            "muted": conversation.muted,
            "volume": self._parts.speaker.volume,
            "microphone": self._device_state("microphone"),
            "microphone_silent_ms": facts.microphone.silent_s * 1000,
            "speaker": self._device_state("speaker"),
            "speaker_silent_ms": facts.speaker.silent_s * 1000,
            "loop_lag_ms": facts.loop_lag_s * 1000,
            "uptime_s": self._clock() - self._began_s,
            "problems": " ".join((*works(facts).problems, *alive(facts).problems)) or "none",
        }

    @property
    def sentence(self) -> str:
        """The face, and what a person can do about what is wrong, for `systemctl status`."""
        return " ".join([f"{self._face}.", *self._parts.conversation.faults.values()])

    async def status(self) -> Mapping[str, object]:
        """How everything is; the diary is asked in a thread."""
        today, timers = await asyncio.to_thread(self._of_the_diary)
        return self._status(today, timers).as_json()

    def _of_the_diary(self) -> tuple[tuple[PersonToday, ...], tuple[TimerStatus, ...]]:
        """Nothing where it cannot be read; its fault says so."""
        kitchen = self._kitchen
        try:
            people = tuple(self._today(person.name) for person in kitchen.people.all)
            timers = tuple(TimerStatus(timer.name, timer.remaining_s) for timer in kitchen.timers.running())
        except LadleError:
            return (), ()
        return people, timers

    def _today(self, name: str) -> PersonToday:
        day = day_of(self._kitchen, name)
        return PersonToday(name, None if day.is_quiet else _left(day.state.left))

    def _status(self, today: tuple[PersonToday, ...], timers: tuple[TimerStatus, ...]) -> Status:
        parts, now_s = self._parts, self._clock()
        faults = [Fault(part, sentence) for part, sentence in parts.conversation.faults.items()]
        faults += [Fault(f"panel ({each.part})", each.remedy) for each in parts.panel.absences]
        return Status(
            face=self._face,
            since_s=now_s - self._face_since_s,
            phase=parts.conversation.phase.value,
            muted=parts.conversation.muted,
            volume=parts.speaker.volume,
            mode=self._mode,
            connection=ConnectionStatus(
                state=self._link,
                age_s=now_s - self._link_since_s,
                model=self._model,
                handoffs=self._handoffs,
                reconnects=self._reconnects,
                is_resumed=parts.session.is_resumed,
            ),
            devices=DevicesStatus(
                microphone=DeviceStatus(parts.microphone.name, self._device_state("microphone")),
                speaker=DeviceStatus(parts.speaker.name, self._device_state("speaker")),
                echo_by=parts.hearing.echo_by,
                duplex=parts.conversation.duplex,
            ),
            usage=self._usage.so_far(),
            uptime_s=now_s - self._began_s,
            latencies=self._latencies.summary(),
            versions={
                "ladle": __version__,
                "python": platform.python_version(),
                "google-genai": version("google-genai"),
            },
            today=today,
            timers=timers,
            faults=tuple(faults),
        )

    @property
    def _link(self) -> Link:
        if self._parts.session.is_connected:
            return Link.CONNECTED
        return Link.RECONNECTING if self._has_connected else Link.STARTING

    def _device_state(self, part: str) -> DeviceState:
        if part in self._parts.conversation.faults:
            return DeviceState.AWAY
        if part == "microphone" and self._parts.conversation.muted:
            return DeviceState.CLOSED
        return DeviceState.WORKING if self._is_ready else DeviceState.STARTING

    def _facts(self) -> Facts:
        now_s, session = self._clock(), self._parts.session
        faults = self._parts.conversation.faults
        return Facts(
            microphone=DeviceFacts(
                now_s - self.heard_at_s,
                is_closed=self._parts.conversation.muted,
                is_sought="microphone" in faults,
            ),
            speaker=DeviceFacts(now_s - self.sounded_at_s, is_sought="speaker" in faults),
            session=SessionFacts(session.is_connected, session.overdue_s),
            loop_lag_s=self.loop_lag_s,
            is_ready=self._is_ready,
        )


def _left(left: Macros) -> MacrosLeft:
    return MacrosLeft(
        round(left.energy_kcal), round(left.protein_g), round(left.carbohydrate_g), round(left.fat_g)
    )
