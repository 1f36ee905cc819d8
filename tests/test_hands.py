"""Hands on the button: ten thousand random presses through button and core, in every state of a conversation.

The button's own state machine stands in front of the core, as in the daemon; what happens meanwhile in the
room, on the network and over the local socket comes from chance. A ledger beside them says what has to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.audio.hearing import Hearing
from device.config import Settings
from device.conversation import Conversation
from device.events import (
    Action,
    ActivityEnded,
    ActivityFrame,
    ActivityStarted,
    AnswerOverdue,
    ButtonClicked,
    ButtonPressed,
    Chime,
    CloseMicrophone,
    Connected,
    ConnectionLost,
    Duplex,
    DuplexChosen,
    Event,
    Face,
    FaultCleared,
    FaultRaised,
    FlushSpeaker,
    Frame,
    GenerationComplete,
    InputTranscript,
    InteractionContinues,
    InterruptedBy,
    InterruptWished,
    MuteChosen,
    MuteToggled,
    NobodySpoke,
    Note,
    OpenMicrophone,
    PanelMode,
    PlaybackDrained,
    PlayChime,
    ReplyAudioReceived,
    ReplyInterrupted,
    Restart,
    RestartWished,
    SendFrame,
    ShowFace,
    SilenceTimers,
    StartCapture,
    Started,
    StillOffline,
    StopCapture,
    TextAsked,
    TimerRings,
    TimersSilent,
    ToolCall,
    ToolCallReceived,
    ToolCallsCancelled,
    ToolFinished,
    ToolOutcome,
    TurnComplete,
    TurnTaking,
)
from device.panel.presses import STUCK_S, HoldTimes, Presses, Signal
from device.phases import Phase

TIMES = HoldTimes(hold_s=1.5, countdown_s=3, restart_s=8)
LOOK_S = 0.15
PATIENCE_S = 6.0
"""After so long the gate says that nobody spoke."""
BETWEEN_S = 0.12
"""A person cannot press again sooner; the button takes an earlier edge for chatter."""
FRAME = Frame(0, bytes(640))
BUSY = {Phase.THINKING, Phase.WORKING, Phase.SPEAKING}

# ------------------------------------------------------------------------------------ what has to be


@dataclass
class Press:
    """One press: what the button told of it, and what the core did about it."""

    rang: bool
    phase: Phase
    signals: list[Signal] = field(default_factory=list)
    at_once: list[str] = field(default_factory=list)
    after_click: list[str] = field(default_factory=list)
    expected_after_click: str = ""
    muted_before_hold: bool = False
    chosen_since: bool | None = None
    """What was chosen over the socket since the hold."""

    def check(self, held_s: float) -> None:
        """Each press does what it is for, once, and nothing else."""
        assert self.signals[0] is Signal.PRESS
        assert len(set(self.signals)) == len(self.signals), "nothing is told twice"
        assert (Signal.CLICK in self.signals) is (held_s < TIMES.hold_s)
        assert (Signal.HOLD in self.signals) is (held_s >= TIMES.hold_s)
        assert (Signal.RESTART in self.signals) is (held_s >= TIMES.restart_s)
        self._check_at_once()
        if Signal.CLICK in self.signals and not self.at_once:
            assert self.after_click == [self.expected_after_click]
        else:
            assert self.after_click == []

    def _check_at_once(self) -> None:
        if self.phase in BUSY:
            assert self.at_once == ["interrupt"]
        elif self.phase is Phase.HEARING and self.at_once == ["interrupt"]:
            pass  # a person talks over a tool or a reply
        else:
            assert self.at_once == (["silence"] if self.rang else [])


class Ledger:
    """Believes nothing but events and actions, and says which face and which microphone follow from them."""

    def __init__(self, *, muted: bool) -> None:
        self.is_started = self.is_connected = self.rings = self.opened = False
        self.muted = muted
        self.captures = not muted
        self.faults: set[str] = set()
        self.shown = Face.STARTING if not muted else Face.MUTED

    def note(self, event: Event, actions: list[Action]) -> None:
        """An event that the core has taken, and what it did."""
        match event:
            case Started():
                self.is_started = True
            case Connected():
                self.is_connected = True
            case ConnectionLost(planned=planned):
                self.is_connected = self.is_connected and planned
            case StillOffline():
                self.is_connected = False
            case TimerRings():
                self.rings = True
            case TimersSilent():
                self.rings = False
            case FaultRaised(part):
                self.faults.add(part)
            case FaultCleared(part):
                self.faults.discard(part)
            case NobodySpoke() | ActivityEnded():
                self.opened = False
        for action in actions:
            self._do(action)

    def _do(self, action: Action) -> None:
        match action:
            case Note(name="muted" | "unmuted" as name):
                self.muted, self.opened = name == "muted", False
            case StopCapture():
                self.captures = False
            case StartCapture():
                self.captures = True
            case OpenMicrophone():
                self.opened = True
            case CloseMicrophone() | Note(name="activity_ended"):
                self.opened = False
            case SilenceTimers():
                self.rings = False
            case ShowFace(face):
                self.shown = face

    def face(self, phase: Phase) -> Face:
        """The priority list."""
        by_priority = {
            Face.FAULT: bool(self.faults),
            Face.MUTED: self.muted,
            Face.STARTING: not self.is_started,
            Face.RECONNECTING: not self.is_connected,
            Face.RINGING: self.rings,
            Face.HEARING: phase is Phase.HEARING or (self.opened and phase is Phase.READY),
        }
        return next((face for face, applies in by_priority.items() if applies), Face(phase.value))


# ------------------------------------------------------------------------------------ the device


@dataclass(frozen=True)
class Way:
    """How a device is configured and how it was left."""

    turn_taking: TurnTaking
    duplex: Duplex
    mode: PanelMode
    muted: bool


class Device:
    """Button and core, a clock, and a gate that says when nobody spoke."""

    def __init__(self, way: Way) -> None:
        self.core = Conversation(
            turn_taking=way.turn_taking,
            duplex=way.duplex,
            mode=way.mode,
            muted=way.muted,
            chimes=frozenset(Chime),
        )
        self.ledger = Ledger(muted=way.muted)
        self.now_s = 1000.0
        self.is_down = False
        self.came_up_s = 0.0
        self.presses: list[Press] = []
        self.held_s: list[float] = []
        self._button = Presses(TIMES, down=False, now_s=self.now_s - 1)
        self._up_at_s = self.now_s
        self._patience_until_s: float | None = None
        self._calls = 0

    # ------------------------------------------------------------------------------- time and button

    def pass_time(self, seconds: float) -> None:
        """Let time pass: the button is looked at, a person lets go of it, the gate loses patience."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s = min(until_s, self._next_s())
            if self.is_down and self.now_s >= self._up_at_s:
                self.is_down, self.came_up_s = False, self.now_s
                self._tell(self._button.edge(down=False, at_s=self.now_s))
            self._tell(self._button.look(down=self.is_down, now_s=self.now_s))
            if self._patience_until_s is not None and self.now_s >= self._patience_until_s:
                self._patience_until_s = None
                self.happen(NobodySpoke())

    def _next_s(self) -> float:
        times = [self.now_s + LOOK_S, self._button.due_s, self._patience_until_s]
        times += [self._up_at_s] if self.is_down else []
        return max(self.now_s, min(at_s for at_s in times if at_s is not None))

    def touch(self, held_s: float) -> None:
        """Push the button down, and hold it for so long while life goes on."""
        if self.is_down:
            self.pass_time(self._up_at_s - self.now_s)
        self.pass_time(max(0.0, self.came_up_s + BETWEEN_S - self.now_s))
        self._check_last_press()
        self.is_down, self._up_at_s = True, self.now_s + held_s
        self.held_s.append(held_s)
        self._tell(self._button.edge(down=True, at_s=self.now_s))
        assert len(self.presses) == len(self.held_s), "every press is told, and at once"

    def let_all_end(self) -> None:
        """No hand any more, nobody speaks, and no timer rings."""
        self.pass_time(max(0.0, self._up_at_s - self.now_s) + BETWEEN_S)
        self._check_last_press()
        self.happen(ActivityEnded())
        self.pass_time(PATIENCE_S + LOOK_S)
        assert not self.ledger.opened
        assert self.core.phase is not Phase.HEARING

    def _check_last_press(self) -> None:
        if self.presses:
            self.presses[-1].check(self.held_s[-1])

    def _tell(self, signals: list[Signal]) -> None:
        for signal in signals:
            self._told(signal)

    def _told(self, signal: Signal) -> None:
        """As the daemon passes it on."""
        if signal is Signal.PRESS:
            self.presses.append(Press(self.ledger.rings, self.core.phase))
        press = self.presses[-1]
        press.signals.append(signal)
        match signal:
            case Signal.PRESS:
                press.at_once = _deeds(self.happen(ButtonPressed()))
            case Signal.CLICK:
                press.expected_after_click = self._expected_click()
                press.after_click = _deeds(self.happen(ButtonClicked())) or ["refused: starting"]
                if press.at_once:
                    assert press.after_click == ["refused: starting"], "it has done its work"
                    press.after_click = []
            case Signal.HOLD:
                press.muted_before_hold, press.chosen_since = self.core.muted, None
                assert _deeds(self.happen(MuteToggled())) == ["mute"]
                assert self.core.muted is not press.muted_before_hold
            case Signal.RESTART:
                self._restart(press)
            case Signal.STUCK:
                self.happen(FaultRaised("panel", "The button is stuck."))
            case Signal.UNSTUCK:
                self.happen(FaultCleared("panel"))

    def _restart(self, press: Press) -> None:
        """What the hold has switched on the way is taken back, unless somebody has chosen since."""
        deeds = _deeds(self.happen(RestartWished()))
        if press.chosen_since is None:
            assert deeds == ["mute", "restart"]
            assert self.core.muted is press.muted_before_hold
        else:
            assert deeds == ["restart"]
            assert self.core.muted is press.chosen_since

    def _expected_click(self) -> str:
        if not self.ledger.is_started:
            return "refused: starting"
        if self.ledger.muted:
            return "muted chime"
        if "microphone" in self.ledger.faults:
            return "fault chime"
        return "close" if self.ledger.opened or self.core.activity_open else "open"

    # ------------------------------------------------------------------------------- the core

    def happen(self, event: Event) -> list[Action]:
        """Something happens; what the core does about it has to be right."""
        was_muted = self.ledger.muted
        actions = self.core.handle(event)
        if any(type(action).__name__ == "Refused" for action in actions):
            return []
        self.ledger.note(event, actions)
        if isinstance(event, MuteChosen) and self.presses:
            self.presses[-1].chosen_since = event.muted
        self._follow_as_the_gate(event, actions)
        if was_muted or self.ledger.muted:
            assert not any(isinstance(action, SendFrame) for action in actions)
        if self.ledger.muted:
            assert not self.core.listening
            assert not self.core.activity_open
        assert self.core.muted is self.ledger.muted
        assert self.core.face is self.ledger.face(self.core.phase)
        assert self.ledger.shown is self.core.face, "what changes is shown"
        assert self.ledger.captures is not self.ledger.muted, "muted, the sound card itself is closed"
        return actions

    def _follow_as_the_gate(self, event: Event, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, OpenMicrophone):
                self._patience_until_s = self.now_s + PATIENCE_S
            elif isinstance(action, CloseMicrophone | StopCapture):
                self._patience_until_s = None
        if isinstance(event, ActivityStarted):
            self._patience_until_s = None

    def next_call(self, *, blocking: bool) -> ToolCallReceived:
        """The model calls another tool."""
        self._calls += 1
        return ToolCallReceived(ToolCall(f"c{self._calls}", "timer", {}, blocking))

    @property
    def last_call(self) -> str:
        """The id of the tool call that came last."""
        return f"c{self._calls}"


def _deeds(actions: list[Action]) -> list[str]:
    """What a press of the button did, by the names of the issue."""
    deeds: list[str] = []
    is_switched = any(isinstance(action, Note) and action.name in ("muted", "unmuted") for action in actions)
    for action in actions:
        match action:
            case FlushSpeaker(InterruptedBy.BUTTON):
                deeds.append("interrupt")
            case SilenceTimers():
                deeds.append("silence")
            case OpenMicrophone():
                deeds.append("open")
            case CloseMicrophone():
                deeds.append("close")
            case Note(name="muted" | "unmuted"):
                deeds.append("mute")
            case PlayChime(Chime.MUTED | Chime.FAULT as kind) if not is_switched:
                deeds.append(f"{kind.value} chime")
            case Restart():
                deeds.append("restart")
    return deeds


# ------------------------------------------------------------------------------------ chance

Happens = Callable[[Device], object]


def _event(*events: Event) -> Happens:
    return lambda device: [device.happen(event) for event in events]


def _talk_over_a_tool(device: Device) -> None:
    """The model waits for it, so what they say is held back."""
    device.happen(device.next_call(blocking=True))
    device.happen(ActivityStarted((FRAME,)))
    device.happen(ActivityFrame(FRAME))


def _outcome(device: Device) -> None:
    device.happen(ToolFinished(ToolOutcome(device.last_call, "timer", {"ok": True})))


WHAT_HAPPENS: Mapping[str, Happens] = {
    "somebody speaks": _event(ActivityStarted((FRAME,)), ActivityFrame(FRAME)),
    "they go on": _event(ActivityFrame(FRAME)),
    "they finish": _event(ActivityEnded()),
    "they are understood": _event(InputTranscript("rice")),
    "somebody writes": _event(TextAsked("rice")),
    "a reply comes": _event(ReplyAudioReceived(b"\x01\x00" * 480)),
    "it is complete": _event(GenerationComplete(), TurnComplete()),
    "it goes on thinking": _event(InteractionContinues()),
    "the API interrupts": _event(ReplyInterrupted()),
    "all is played": _event(PlaybackDrained()),
    "no answer": _event(AnswerOverdue()),
    "a tool": lambda device: device.happen(device.next_call(blocking=False)),
    "a blocking tool": lambda device: device.happen(device.next_call(blocking=True)),
    "somebody talks over one": _talk_over_a_tool,
    "its outcome": _outcome,
    "it is cancelled": lambda device: device.happen(ToolCallsCancelled((device.last_call,))),
    "a timer": _event(TimerRings(1)),
    "it is stopped": _event(TimersSilent()),
    "the connection goes": _event(ConnectionLost("away")),
    "a hand-off": _event(ConnectionLost("age", planned=True)),
    "still offline": _event(StillOffline("away")),
    "a connection": _event(Connected()),
    "a fault": _event(FaultRaised("speaker", "Plug it in.")),
    "it is mended": _event(FaultCleared("speaker")),
    "no microphone": _event(ActivityEnded(), NobodySpoke(), FaultRaised("microphone", "Plug it in.")),
    "it is back": _event(FaultCleared("microphone")),
    "other devices": _event(DuplexChosen(Duplex.HALF)),
    "the start": _event(Connected(), Started()),
    "ladle mute": _event(MuteChosen(True)),
    "ladle unmute": _event(MuteChosen(False)),
}
ALL = tuple(WHAT_HAPPENS)

WAYS = st.builds(
    Way,
    turn_taking=st.sampled_from(TurnTaking),
    duplex=st.sampled_from(Duplex),
    mode=st.sampled_from(PanelMode),
    muted=st.booleans(),
)
# No press lasts just as long as a hold: which of the two that is, is a matter of rounding.
LENGTHS_MS = st.one_of(
    st.integers(1, 99).map(lambda tens: 10 * tens + 3),
    st.integers(1, 1000).map(lambda tens: 10 * tens + 3),
    st.just(1000 * STUCK_S + 503),
)
ROUNDS = st.tuples(
    LENGTHS_MS,
    st.lists(st.tuples(st.integers(0, len(ALL) - 1), st.integers(0, 900)), max_size=4),
)
"""A press, and what happens from its first moment on, each with the ms that pass before it."""
PRESSES_A_LIFE = 10
LIVES = 1000


@settings(max_examples=LIVES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(WAYS, st.lists(ROUNDS, min_size=PRESSES_A_LIFE, max_size=PRESSES_A_LIFE), st.integers(0, 3))
def test_ten_thousand_presses_each_do_one_thing_and_no_face_is_wrong(
    way: Way, rounds: list[tuple[float, list[tuple[int, int]]]], starts_after: int
) -> None:
    device = Device(way)
    for number, (length_ms, happenings) in enumerate(rounds):
        if number == starts_after:
            WHAT_HAPPENS["the start"](device)
        device.touch(length_ms / 1000)
        for what, after_ms in happenings:
            device.pass_time(after_ms / 1000)
            WHAT_HAPPENS[ALL[what]](device)
    device.let_all_end()
    assert len(device.presses) == len(rounds)


# ------------------------------------------------------------------------------------ what was opened, ends


class Room:
    """The core with the real ears in a silent room, 20 ms after 20 ms; a chime sounds for half a second."""

    def __init__(self, duplex: Duplex = Duplex.FULL, mode: PanelMode = PanelMode.OPEN) -> None:
        own = Settings.model_validate({"gate": {"confirm": "none"}})
        self.core = Conversation(duplex=duplex, mode=mode, chimes=frozenset(Chime) - {Chime.READY})
        self.hearing = Hearing(own.audio, own.gate, self.dispatch)
        self.frames = 0
        self._drains_at: int | None = None
        self.dispatch(Connected())
        self.dispatch(Started())

    def dispatch(self, event: Event) -> None:
        for action in self.core.handle(event):
            match action:
                case OpenMicrophone():
                    self.hearing.wait_for_person()
                case CloseMicrophone():
                    self.hearing.end_request()
                case StopCapture():
                    self.hearing.close()
                case StartCapture():
                    self.hearing.go_on()
                case PlayChime():
                    self._drains_at = self.frames + 25

    @property
    def face(self) -> str:
        """What the panel shows."""
        return self.core.face.value

    def click(self) -> None:
        self.dispatch(ButtonPressed())
        self.dispatch(ButtonClicked())

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            if self.frames == self._drains_at:
                self.dispatch(PlaybackDrained())
            frame = Frame(self.frames, bytes(640))
            self.frames += 1
            if not self.core.muted and "microphone" not in self.core.faults:
                listening, sounding = self.core.listening, self.core.sounding
                self.hearing.take(frame, listening=listening, sounding=sounding)


def _ring(room: Room) -> None:
    room.dispatch(TimerRings(1))
    room.run(1)
    room.dispatch(TimersSilent())


def _break_something(room: Room) -> None:
    room.dispatch(FaultRaised("speaker", "Plug it in."))
    room.run(1)
    room.dispatch(FaultCleared("speaker"))


def _pull_the_microphone(room: Room) -> None:
    room.hearing.close()
    room.dispatch(FaultRaised("microphone", "Plug it in."))
    room.run(1)
    room.dispatch(FaultCleared("microphone"))


def _pull_the_microphone_before_a_frame(room: Room) -> None:
    room.run(PATIENCE_S)
    room.click()
    _pull_the_microphone(room)
    assert room.core.quiet, "nobody is waited for without a microphone"


def _mute_for_a_second(room: Room) -> None:
    room.dispatch(MuteChosen(True))
    room.run(1)
    room.dispatch(MuteChosen(False))


def _lose_the_connection(room: Room) -> None:
    room.dispatch(ConnectionLost("away"))
    room.run(1)
    room.dispatch(Connected())


@pytest.mark.parametrize("mode", PanelMode)
@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda _: None,
        _mute_for_a_second,
        _pull_the_microphone,
        _pull_the_microphone_before_a_frame,
        _lose_the_connection,
        _ring,
        _break_something,
    ],
)
def test_a_microphone_that_the_button_opened_closes_again(
    meanwhile: Callable[[Room], None], mode: PanelMode
) -> None:
    room = Room(mode=mode)
    room.click()
    room.run(1)
    assert room.face == "hearing"
    meanwhile(room)
    room.run(PATIENCE_S + 1)
    assert room.face == "ready"
    assert room.core.listening is (mode is PanelMode.OPEN)
    assert room.core.quiet


def test_a_click_while_the_microphone_is_away_opens_nothing_when_it_is_back() -> None:
    room = Room(mode=PanelMode.BUTTON)
    room.dispatch(FaultRaised("microphone", "Plug it in."))
    room.click()
    room.run(PATIENCE_S + 1)
    room.dispatch(FaultCleared("microphone"))
    room.run(1)
    assert not room.core.listening


def test_a_click_while_a_chime_sounds_opens_the_microphone_at_half_duplex_too() -> None:
    room = Room(duplex=Duplex.HALF)
    _mute_for_a_second(room)  # ends with a chime
    room.run(0.1)
    room.click()
    room.run(1)
    assert room.face == "hearing"


# --------------------------------------------------------------------------- hands and socket at once


def _core(*events: Event, muted: bool = False) -> tuple[Conversation, list[Action]]:
    core = Conversation(muted=muted)
    return core, [action for event in events for action in core.handle(event)]


def test_unmuted_while_it_starts_it_captures() -> None:
    _, actions = _core(MuteChosen(False), Connected(), Started(), muted=True)
    assert StartCapture() in actions


def test_muted_while_it_starts_it_stops_capturing_at_once() -> None:
    _, actions = _core(MuteChosen(True))
    assert StopCapture() in actions


@pytest.mark.parametrize("muting", [MuteToggled(), MuteChosen(True)])
def test_what_was_said_over_a_tool_stays_here_once_it_is_muted(muting: Event) -> None:
    call = ToolCallReceived(ToolCall("c1", "timer", {}))
    said = (ActivityStarted((FRAME,)), ActivityFrame(FRAME))
    done = ToolFinished(ToolOutcome("c1", "timer", {"ok": True}))
    _, actions = _core(Connected(), Started(), call, *said, muting, done, ConnectionLost("away"), Connected())
    assert not any(isinstance(action, SendFrame) for action in actions)


@pytest.mark.parametrize("chosen", [True, False])
def test_mute_chosen_during_a_hold_outlives_the_restart(chosen: bool) -> None:
    hold = (Connected(), Started(), ButtonPressed(), MuteToggled())
    core, _ = _core(*hold, MuteChosen(chosen), RestartWished())
    assert core.muted is chosen


def test_an_interrupt_over_the_socket_leaves_the_press_of_a_hand_alone() -> None:
    reply = (TextAsked("rice"), ReplyAudioReceived(b"\x01\x00" * 480))
    _, actions = _core(Connected(), Started(), *reply, ButtonPressed(), InterruptWished(), ButtonClicked())
    assert OpenMicrophone() not in actions, "the press has interrupted, and is done"
