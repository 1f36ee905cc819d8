"""The core: what the device does about what happens.

`Conversation.handle(event)` takes one event and returns the actions to carry out, in order. It reads no
clock, waits for nothing and knows no hardware, so that a day of talk can be replayed in a test.

The phase of a conversation follows from a few facts (is an activity open, is a tool at work, does a reply
play, is an answer awaited); `device.phases` lists every phase with the events that are legal in it and the
phases these may lead to. An event that is not legal changes nothing and is answered with `Refused`.

Four rules that the Live API imposes shape this file:

* It generates faster than real time and goes on for a moment after it was interrupted. So after an
  interruption reply audio is dropped until the API says that the old reply is over
  (https://ai.google.dev/api/live).
* A model that waits for a blocking tool loses that call when audio arrives. So frames are held back until
  the tool has finished, and only the latest of them are kept (`device.uplink`).
* Every tool call is answered exactly once, unless the API cancelled it: by its id on the connection that it
  came on, in words on a later one.
* A connection may end at any moment. What was asked and not answered is asked again by the session; a reply
  that was cut off is continued, once; nothing that is already here stops playing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from device.controls import Controls
from device.events import (
    FRAME_MS,
    REPLY_BYTES_PER_MS,
    Action,
    ActivityEnded,
    ActivityFrame,
    ActivityStarted,
    Answered,
    AnswerOverdue,
    AskInWriting,
    BargeInDismissed,
    BargeInSuspected,
    ButtonClicked,
    ButtonPressed,
    CancelTool,
    Chime,
    Connected,
    ConnectionLost,
    ContinueReply,
    DuckReply,
    Duplex,
    DuplexChosen,
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
    InterruptWished,
    MuteChosen,
    MuteToggled,
    NobodySpoke,
    Note,
    OutputTranscript,
    PanelMode,
    PlaybackDrained,
    PlayChime,
    PlayReply,
    Reconnect,
    Refused,
    ReplyAudioReceived,
    ReplyInterrupted,
    RestartWished,
    RestoreReply,
    RunTool,
    SendToolOutcome,
    ShowFace,
    Started,
    StillOffline,
    StopGeneration,
    TellLateOutcome,
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
    UsageReported,
)
from device.phases import TRANSITIONS, Phase
from device.toolcalls import ToolCalls
from device.uplink import Uplink


class _Late(Enum):
    """What is done with reply audio that arrives after an interruption."""

    PLAYED = "nothing was interrupted"
    DROPPED_UNTIL_OVER = "dropped until the API says that the old reply is over"
    DROPPED_UNTIL_ASKED = "the same, or until the next activity ends: the API may have had nothing to stop"


@dataclass
class _Question:
    """What is known of the last activity; made anew when one starts."""

    frames: int = 0
    began_in_chime: bool = False  # and may be nothing but that chime
    heard_words: bool = False  # the API transcribed something of it
    tool_called: bool = False  # and called a tool for it
    answered_early: bool = False  # by an API that takes turns, before the gate had closed
    asked_again: bool = False  # because no answer came
    hinted: bool = False  # whoever asked has been told that there is no connection


class Conversation:
    """One household's conversation with the model, as pure state."""

    def __init__(
        self,
        *,
        turn_taking: TurnTaking = TurnTaking.DEVICE,
        duplex: Duplex = Duplex.FULL,
        chimes: Collection[Chime] = frozenset({Chime.OFFLINE}),
        mode: PanelMode = PanelMode.OPEN,
        muted: bool = False,
    ) -> None:
        """chimes: those that are wanted. mode: what the button is for. muted: as it was before the start."""
        self._controls = Controls(chimes, mode, muted=muted)
        self._turn_taking = turn_taking
        self._duplex = duplex
        self._started = False
        self._connected = False
        self._moving = False  # from one connection to the next, on purpose
        self._offline = False  # not connected, and an attempt to connect has failed

        self._gate_open = False
        self._uplink = Uplink()

        self._question = _Question()
        self._awaiting = False
        self._answered = True  # the last question needs no repetition on another connection
        self._turn_open = False  # the API has begun a turn and not completed it
        self._reply_open = False  # more audio of that turn may come
        self._thinking_on = False  # the API has completed a turn, and will say more by itself
        self._continued = False  # the rest of a reply that was cut off has been asked for
        self._playing = False
        self._tail_playing = False  # what plays came on a connection that has ended
        self._reply_bytes = 0
        self._chiming = False
        self._late = _Late.PLAYED
        self._old_turn_open = False
        self._calls = ToolCalls()

        self._actions: list[Action] = []

    # ------------------------------------------------------------------------------- what it shows

    @property
    def phase(self) -> Phase:
        """The phase, derived from the facts."""
        if not self._started:
            return Phase.STARTING
        replying = self._reply_open or self._playing
        if self._gate_open and not (replying and self._turn_taking is TurnTaking.SERVER):
            return Phase.HEARING
        if self._calls.at_work:
            return Phase.WORKING
        if replying:
            return Phase.SPEAKING
        return Phase.THINKING if self._awaiting or self._thinking_on else Phase.READY

    @property
    def face(self) -> Face:
        """The face, by priority: what a person most needs to know comes first."""
        return self._controls.face(self.phase, connected=self._connected)

    @property
    def listening(self) -> bool:
        """Whether microphone audio is wanted at all: not while muted, nor during a reply at half duplex."""
        deaf = self._duplex is Duplex.HALF and (self._reply_open or self._playing or self._chiming)
        return self._controls.listening and not deaf

    @property
    def muted(self) -> bool:
        """Whether the microphone is muted."""
        return self._controls.muted

    @property
    def duplex(self) -> Duplex:
        """Whether people can talk over a reply."""
        return self._duplex

    @property
    def sounding(self) -> bool:
        """Whether the speaker plays something that the microphone may hear."""
        return self._playing or self._chiming

    @property
    def activity_open(self) -> bool:
        """Whether a person is speaking, as the gate hears it."""
        return self._gate_open

    @property
    def quiet(self) -> bool:
        """Whether nobody would notice if the connection were exchanged for another now."""
        return not (
            self._gate_open
            or self._controls.opened
            or self._awaiting
            or self._thinking_on
            or self._reply_open
            or self._playing
            or self._chiming
            or self._calls.at_work
        )

    @property
    def api_owes(self) -> bool:
        """Whether it is the API's turn: an answer is awaited, or a reply has stopped short of its end."""
        stalled = self._reply_open and not self._playing
        busy = self._moving or self._calls.pending or self._gate_open
        return self._connected and not busy and (self._awaiting or stalled)

    @property
    def faults(self) -> Mapping[str, str]:
        """The parts that do not work, each with the sentence for a person."""
        return self._controls.faults

    # ------------------------------------------------------------------------------- the one entry

    def handle(self, event: Event) -> list[Action]:
        """Take one event; return the actions to carry out, in order."""
        before, face = self.phase, self.face
        if type(event) not in TRANSITIONS[before] or not self._fits(event):
            return [Refused(type(event).__name__, before.value)]
        self._actions = []
        _HANDLERS[type(event)](self, event)
        self._tell_late_outcomes()
        self._hint_that_it_is_offline()
        if self.face is not face:
            self._do(ShowFace(self.face))
        return self._actions

    def _fits(self, event: Event) -> bool:
        """Whether the facts allow an event that the phase allows."""
        fits = True
        match event:
            case ActivityStarted():
                fits = self.listening and not self._gate_open
            case ActivityFrame() | ActivityEnded():
                fits = self._gate_open
            case ToolFinished(ToolOutcome(call_id=call_id)):
                fits = self._calls.is_at_work(call_id)
            case ToolCallReceived(ToolCall(id=call_id)):
                fits = not self._calls.is_pending(call_id)
            case PlaybackDrained():
                fits = self._playing or self._chiming
            case NobodySpoke():
                fits = self._controls.opened and not self._gate_open
            case AnswerOverdue():
                fits = self.api_owes
        return fits

    def _do(self, *actions: Action) -> None:
        self._actions.extend(actions)
        self._chiming = self._chiming or any(isinstance(action, PlayChime) for action in actions)

    def _note(self, name: str, **fields: object) -> None:
        self._do(Note(name, fields))

    # ------------------------------------------------------------------------------- the device itself

    def _on_started(self, _: Started) -> None:
        self._started = True
        self._do(*self._controls.begin())

    def _on_duplex_chosen(self, event: DuplexChosen) -> None:
        self._duplex = event.duplex

    def _chime(self, kind: Chime) -> None:
        self._do(*self._controls.chime(kind))

    def _on_connected(self, event: Connected) -> None:
        self._connected, self._moving, self._offline = True, False, False
        if not event.asks_again:
            self._awaiting, self._answered = False, True

    def _on_connection_lost(self, event: ConnectionLost) -> None:
        """The turn dies with its connection; the session repeats what was not answered."""
        self._connected = self._moving = self._connected and event.planned
        cut_off = (self._reply_open or self._thinking_on) and self._late is _Late.PLAYED
        late_outcome = self._calls.connection_lost()
        self._late, self._old_turn_open, self._turn_open = _Late.PLAYED, False, False
        self._tail_playing, self._thinking_on = self._playing, False
        self._close_reply()
        if late_outcome and self._question.tool_called:
            self._mark_answered()  # the outcome stands for the question, which would only call the tool again
        elif cut_off and not late_outcome and not self._continued:
            # One that breaks off again ends there, unless it was we who left.
            self._continued, self._answered = not event.planned, False
            self._do(ContinueReply())
        self._awaiting = not self._answered
        self._release_held()

    def _on_still_offline(self, _: StillOffline) -> None:
        self._connected, self._moving, self._offline = False, False, True

    def _hint_that_it_is_offline(self) -> None:
        """Whoever asked is told by a chime that no answer can come, once for each question."""
        waits = self._offline and not self._answered and not self._gate_open
        if waits and not (self._question.hinted or self._playing or self.muted):
            self._question.hinted = True
            self._chime(Chime.OFFLINE)

    def _on_fault_raised(self, event: FaultRaised) -> None:
        self._do(*self._controls.raise_fault(event.part, event.sentence))

    def _on_fault_cleared(self, event: FaultCleared) -> None:
        self._do(*self._controls.clear_fault(event.part))

    def _on_mute_toggled(self, _: MuteToggled) -> None:
        self._do(*self._controls.hold())
        self._forget_if_muted()

    def _on_mute_chosen(self, event: MuteChosen) -> None:
        actions = self._controls.choose_mute(muted=event.muted)
        if actions:
            self._do(*actions)
            self._forget_if_muted()

    def _forget_if_muted(self) -> None:
        if not self.muted:
            return
        self._uplink.forget()
        if self._gate_open:
            self._end_activity()
        self._do(ForgetSpeech())

    def _on_restart_wished(self, _: RestartWished) -> None:
        self._do(*self._controls.wish_restart())
        self._forget_if_muted()

    def _on_button_pressed(self, _: ButtonPressed) -> None:
        busy = self._busy
        if busy:
            self._stop_answering()
        self._do(*self._controls.press(interrupts=busy))

    def _on_interrupt_wished(self, _: InterruptWished) -> None:
        """As a press does, but the hand that may be at the button is another's."""
        if self._busy:
            self._stop_answering()
        else:
            self._do(*self._controls.silence_timers())

    def _stop_answering(self) -> None:
        api_at_work = self._awaiting or self._turn_open or self._thinking_on or self._calls.at_work
        self._interrupt(InterruptedBy.BUTTON)
        if api_at_work:
            self._do(StopGeneration())
        self._chime(Chime.INTERRUPTED)

    def _on_button_clicked(self, _: ButtonClicked) -> None:
        if self._started:
            self._do(*self._controls.click(gate_open=self._gate_open))

    def _on_nobody_spoke(self, _: NobodySpoke) -> None:
        self._controls.close_microphone()

    def _on_timer_rings(self, event: TimerRings) -> None:
        """It is heard between what people and the model say, and goes on until somebody stops it."""
        audible = not (self._gate_open or self._reply_open or self.sounding)
        self._do(*self._controls.ring(event.timers, audible=audible))

    def _on_timers_silent(self, _: TimersSilent) -> None:
        self._controls.stop_ringing()

    # ------------------------------------------------------------------------------- a person speaks

    def _on_activity_started(self, event: ActivityStarted) -> None:
        question, self._question = self._question, _Question(began_in_chime=self._chiming)
        self._gate_open = True
        self._note("activity_started", pre_roll_ms=len(event.pre_roll) * FRAME_MS)
        if self._busy and self._turn_taking is TurnTaking.DEVICE:
            self._interrupt(InterruptedBy.VOICE)
        if question.tool_called:
            self._mark_answered()  # what the tool finds stands for it, should this connection be lost
        if not self._holding:
            self._do(*self._uplink.open())
        for frame in event.pre_roll:
            self._pass_on(frame)

    def _on_activity_frame(self, event: ActivityFrame) -> None:
        self._pass_on(event.frame)

    def _on_activity_ended(self, _: ActivityEnded) -> None:
        self._end_activity()
        self._chime(Chime.HEARD)

    def _on_text_asked(self, event: TextAsked) -> None:
        """Written words are a question like spoken ones, and stop what is being said."""
        if self._busy:
            self._interrupt(InterruptedBy.VOICE)
        self._question = _Question(heard_words=True)
        self._answered = self._continued = False
        self._awaiting = True
        self._do(AskInWriting(event.text))

    def _on_barge_in_suspected(self, _: BargeInSuspected) -> None:
        self._do(DuckReply())

    def _on_barge_in_dismissed(self, _: BargeInDismissed) -> None:
        self._do(RestoreReply())

    def _end_activity(self) -> None:
        self._gate_open = False
        self._controls.close_microphone()
        self._note("activity_ended", duration_ms=self._question.frames * FRAME_MS)
        if not self._holding:
            self._close_activity()

    def _pass_on(self, frame: Frame) -> None:
        self._question.frames += 1
        self._do(*self._uplink.pass_on(frame, holding=self._holding))

    def _close_activity(self) -> None:
        if not self._uplink.is_open:
            return
        self._do(*self._uplink.close())
        self._answered = self._continued = False
        self._question.hinted = self._question.began_in_chime
        if self._question.answered_early:
            self._settle_question()
        else:
            self._awaiting = not (self._reply_open or self._playing)
        if self._late is _Late.DROPPED_UNTIL_ASKED:
            self._late = _Late.PLAYED

    @property
    def _busy(self) -> bool:
        """Whether there is anything to interrupt."""
        replying = self._reply_open or self._playing
        return replying or self._awaiting or self._thinking_on or self._calls.at_work

    @property
    def _holding(self) -> bool:
        return self._calls.blocking

    def _release_held(self) -> None:
        """Send what was held back while a blocking tool ran, and bring the wire level with the gate."""
        if self._holding:
            return
        self._do(*self._uplink.release(gate_open=self._gate_open))
        if not self._gate_open:
            self._close_activity()

    # ------------------------------------------------------------------------------- the model replies

    def _on_reply_audio(self, event: ReplyAudioReceived) -> None:
        speaking_into_activity = self._gate_open and self._turn_taking is TurnTaking.DEVICE
        if speaking_into_activity and self._late is _Late.PLAYED:
            # A person is speaking, and the API has been or will be told: it is about to stop this reply.
            self._late, self._old_turn_open = _Late.DROPPED_UNTIL_OVER, True
        if self._late is not _Late.PLAYED:
            return
        if not self._reply_open and not self._playing:
            self._reply_bytes = 0
            self._note("reply_started")
        self._answer_has_come()
        self._turn_open = self._reply_open = self._playing = True
        self._old_turn_open = self._tail_playing = self._thinking_on = False
        self._reply_bytes += len(event.pcm)
        self._do(PlayReply(event.pcm))

    def _on_generation_complete(self, _: GenerationComplete) -> None:
        self._late = _Late.PLAYED
        self._close_reply()

    def _on_turn_complete(self, _: TurnComplete) -> None:
        self._late = _Late.PLAYED
        self._turn_open = False
        if self._old_turn_open:
            self._old_turn_open = False
        else:
            self._thinking_on = False
            if self._turn_taking is TurnTaking.SERVER or not self._uplink.is_open:
                self._answer_has_come()
        self._close_reply()

    def _on_interaction_continues(self, _: InteractionContinues) -> None:
        if self._late is _Late.PLAYED and not self._old_turn_open:
            self._thinking_on, self._awaiting = True, False
        self._close_reply()

    def _answer_has_come(self) -> None:
        """To the last question, or to one that is still being spoken as far as the gate can tell."""
        self._question.answered_early = self._gate_open
        self._calls.replied()
        self._settle_question()

    def _settle_question(self) -> None:
        self._awaiting = self._question.asked_again = False
        self._mark_answered()

    def _mark_answered(self) -> None:
        if not self._answered:
            self._answered = True
            self._do(Answered())

    def _on_reply_interrupted(self, _: ReplyInterrupted) -> None:
        asked_for = self._late is not _Late.PLAYED or self._old_turn_open
        self._late = _Late.PLAYED
        if self._playing and not asked_for and not self._tail_playing:
            self._interrupt(InterruptedBy.SERVER)
            self._awaiting = not self._answered
        self._close_reply()
        self._old_turn_open = True  # a turn complete follows, and it belongs to what was interrupted

    def _on_playback_drained(self, _: PlaybackDrained) -> None:
        was_playing, self._playing, self._chiming = self._playing, False, False
        if was_playing:
            self._end_reply_if_over()

    def _close_reply(self) -> None:
        if self._reply_open:
            self._reply_open = False
            self._end_reply_if_over()

    def _end_reply_if_over(self) -> None:
        if not self._reply_open and not self._playing:
            self._note("reply_ended", audio_ms=self._reply_bytes // REPLY_BYTES_PER_MS)

    def _interrupt(self, by: InterruptedBy) -> None:
        """Silence first; then see to it that nothing of the old turn is heard later."""
        self._do(FlushSpeaker(by))
        if by is not InterruptedBy.SERVER:
            self._old_turn_open = self._turn_open or self._awaiting or self._holding
            if self._reply_open:
                self._late = _Late.DROPPED_UNTIL_OVER
            elif self._late is _Late.PLAYED and (self._awaiting or self._calls.pending):
                self._late = _Late.DROPPED_UNTIL_ASKED
        if by is InterruptedBy.BUTTON:
            self._calls.unwant()
            self._answered = True
            if not self._gate_open:
                self._uplink.forget()
        self._turn_open = self._reply_open = self._playing = self._awaiting = False
        self._thinking_on = self._chiming = False

    def _on_answer_overdue(self, _: AnswerOverdue) -> None:
        """Leave a connection that owes something: once to ask for it again, the second time without it.

        An API that detects activity by itself need not answer every noise, but every word.
        """
        if self._reply_open and not self._continued:
            self._do(Reconnect("the reply stopped short", ask_again=True))
            return
        owes_answer = self._turn_taking is TurnTaking.DEVICE or self._question.heard_words
        unheard = not self._answered or self._calls.unheard
        if owes_answer and unheard and not (self._question.asked_again or self._reply_open):
            self._question.asked_again = True
            self._do(Reconnect("no answer", ask_again=True))
            return
        has_to = self._reply_open or owes_answer
        self._settle_question()
        self._calls.replied()
        self._close_reply()
        if has_to:
            self._do(Reconnect("no answer"))

    # ------------------------------------------------------------------------------- the model uses tools

    def _on_tool_call(self, event: ToolCallReceived) -> None:
        wanted = self._late is _Late.PLAYED
        for_question = wanted and (self._turn_taking is TurnTaking.SERVER or not self._gate_open)
        self._question.tool_called = self._question.tool_called or for_question
        if self._calls.adopt(event.call):
            return
        if self._calls.is_at_work(event.call.id):
            self._do(CancelTool(event.call.id))
        self._calls.begin(event.call, wanted=wanted)
        self._do(RunTool(event.call))

    def _on_tool_calls_cancelled(self, event: ToolCallsCancelled) -> None:
        for call_id in event.ids:
            if self._calls.cancel(call_id):
                self._do(CancelTool(call_id))
        self._release_held()

    def _on_tool_finished(self, event: ToolFinished) -> None:
        done = self._calls.finish(event.outcome)
        if done is None:
            return  # its connection has ended: it is told in words as soon as the model is free
        if done.wanted:
            self._do(SendToolOutcome(done.outcome))
            self._awaiting = self._awaiting or self._late is _Late.PLAYED
        else:
            self._answer_unwanted(done.call, done.outcome)
        self._release_held()

    def _answer_unwanted(self, call: ToolCall, outcome: ToolOutcome) -> None:
        """The API needs its answer, but nobody wants to hear about it any more."""
        self._do(SendToolOutcome(outcome, silent=not call.blocking))
        if self._late is _Late.PLAYED and not self._awaiting and not self._reply_open:
            self._late = _Late.DROPPED_UNTIL_ASKED

    def _tell_late_outcomes(self) -> None:
        """What was called on an earlier connection is told between turns: these words interrupt the model."""
        in_turn = self._turn_open or self._old_turn_open or self._reply_open
        if in_turn or self._gate_open or self._awaiting or self._calls.pending:
            return
        for done in self._calls.take_late():
            self._do(TellLateOutcome(done.call, done.outcome, silent=not done.wanted))
            if done.wanted:
                self._awaiting, self._answered, self._late = True, False, _Late.PLAYED

    def _on_input_transcript(self, _: InputTranscript) -> None:
        self._question.heard_words = True
        self._question.answered_early = False

    def _ignore(self, _: Event) -> None:
        """What the reply says, and what it costs, is for those who watch; it changes nothing here."""


_HANDLERS: Mapping[type[Event], Callable[[Conversation, Any], None]] = {
    Started: Conversation._on_started,
    DuplexChosen: Conversation._on_duplex_chosen,
    BargeInSuspected: Conversation._on_barge_in_suspected,
    BargeInDismissed: Conversation._on_barge_in_dismissed,
    Connected: Conversation._on_connected,
    ConnectionLost: Conversation._on_connection_lost,
    StillOffline: Conversation._on_still_offline,
    ActivityStarted: Conversation._on_activity_started,
    ActivityFrame: Conversation._on_activity_frame,
    ActivityEnded: Conversation._on_activity_ended,
    ReplyAudioReceived: Conversation._on_reply_audio,
    InputTranscript: Conversation._on_input_transcript,
    OutputTranscript: Conversation._ignore,
    UsageReported: Conversation._ignore,
    GenerationComplete: Conversation._on_generation_complete,
    InteractionContinues: Conversation._on_interaction_continues,
    TurnComplete: Conversation._on_turn_complete,
    ReplyInterrupted: Conversation._on_reply_interrupted,
    ToolCallReceived: Conversation._on_tool_call,
    ToolCallsCancelled: Conversation._on_tool_calls_cancelled,
    ToolFinished: Conversation._on_tool_finished,
    PlaybackDrained: Conversation._on_playback_drained,
    AnswerOverdue: Conversation._on_answer_overdue,
    ButtonPressed: Conversation._on_button_pressed,
    ButtonClicked: Conversation._on_button_clicked,
    InterruptWished: Conversation._on_interrupt_wished,
    MuteToggled: Conversation._on_mute_toggled,
    MuteChosen: Conversation._on_mute_chosen,
    RestartWished: Conversation._on_restart_wished,
    NobodySpoke: Conversation._on_nobody_spoke,
    TextAsked: Conversation._on_text_asked,
    TimerRings: Conversation._on_timer_rings,
    TimersSilent: Conversation._on_timers_silent,
    FaultRaised: Conversation._on_fault_raised,
    FaultCleared: Conversation._on_fault_cleared,
}
