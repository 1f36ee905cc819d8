"""The core, by what happens to it: known sequences, and invariants over random ones."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.conversation import Conversation
from device.events import (
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
    CloseMicrophone,
    Connected,
    ConnectionLost,
    ContinueReply,
    DuckReply,
    Duplex,
    DuplexChosen,
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
    InterruptWished,
    MuteChosen,
    MuteToggled,
    NobodySpoke,
    Note,
    OpenMicrophone,
    OutputTranscript,
    PanelMode,
    PlaybackDrained,
    PlayChime,
    PlayReply,
    Reconnect,
    Refused,
    ReplyAudioReceived,
    ReplyInterrupted,
    Restart,
    RestartWished,
    RestoreReply,
    RunTool,
    SendFrame,
    SendToolOutcome,
    ShowFace,
    SilenceTimers,
    StartActivity,
    StartCapture,
    Started,
    StillOffline,
    StopCapture,
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
from device.uplink import HELD_FRAMES

AUDIO = ReplyAudioReceived(b"\x01\x00" * 480)


def frame(number: int = 0) -> Frame:
    return Frame(number, b"\x00" * 640)


def ready(
    turn_taking: TurnTaking = TurnTaking.DEVICE,
    duplex: Duplex = Duplex.FULL,
    mode: PanelMode = PanelMode.OPEN,
) -> Conversation:
    conversation = Conversation(turn_taking=turn_taking, duplex=duplex, mode=mode)
    play(conversation, Connected(), Started())
    return conversation


def play(conversation: Conversation, *events: Event) -> list[Action]:
    return [action for event in events for action in conversation.handle(event)]


def without_notes(actions: list[Action]) -> list[Action]:
    return [action for action in actions if not isinstance(action, Note | ShowFace)]


def faces(actions: list[Action]) -> list[Face]:
    return [action.face for action in actions if isinstance(action, ShowFace)]


def notes(actions: list[Action]) -> list[str]:
    return [action.name for action in actions if isinstance(action, Note)]


def spoken(conversation: Conversation) -> list[Action]:
    return play(conversation, ActivityStarted((frame(0),)), ActivityFrame(frame(1)), ActivityEnded())


def call(call_id: str = "c1", *, blocking: bool = True) -> ToolCallReceived:
    return ToolCallReceived(ToolCall(call_id, "look_up_food", {"food": "rice"}, blocking))


def outcome(call_id: str = "c1") -> ToolFinished:
    return ToolFinished(ToolOutcome(call_id, "look_up_food", {"ok": True}))


# ------------------------------------------------------------------------------------ known sequences


def test_a_turn_with_a_tool_from_the_first_word_to_the_last_sample() -> None:
    conversation = ready()
    actions = spoken(conversation)
    assert without_notes(actions) == [
        StartActivity(),
        SendFrame(frame(0)),
        SendFrame(frame(1)),
        EndActivity(),
    ]
    actions += play(conversation, InputTranscript("rice"), call(), outcome(), AUDIO, GenerationComplete())
    assert without_notes(actions)[4:] == [
        RunTool(call().call),
        SendToolOutcome(outcome().outcome),
        Answered(),
        PlayReply(AUDIO.pcm),
    ]
    actions += play(conversation, PlaybackDrained(), TurnComplete())
    assert faces(actions) == [
        Face.HEARING,
        Face.THINKING,
        Face.WORKING,
        Face.THINKING,
        Face.SPEAKING,
        Face.READY,
    ]
    assert notes(actions) == ["activity_started", "activity_ended", "reply_started", "reply_ended"]


def test_notes_carry_durations_counted_from_samples() -> None:
    conversation = ready()
    actions = spoken(conversation) + play(conversation, AUDIO, AUDIO, GenerationComplete(), PlaybackDrained())
    fields = {action.name: dict(action.fields) for action in actions if isinstance(action, Note)}
    assert fields["activity_started"] == {"pre_roll_ms": 20}
    assert fields["activity_ended"] == {"duration_ms": 40}
    assert fields["reply_ended"] == {"audio_ms": 40}


def test_the_face_stays_speaking_until_the_speaker_has_played_everything() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, GenerationComplete(), TurnComplete())
    assert conversation.face is Face.SPEAKING
    assert faces(play(conversation, PlaybackDrained())) == [Face.READY]


def test_a_pause_in_the_network_does_not_end_the_reply() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, PlaybackDrained())
    assert conversation.face is Face.SPEAKING
    assert without_notes(play(conversation, AUDIO)) == [PlayReply(AUDIO.pcm)]


def test_the_button_silences_the_speaker_first_and_then_tells_the_api() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO)
    assert without_notes(play(conversation, ButtonPressed())) == [
        FlushSpeaker(InterruptedBy.BUTTON),
        StopGeneration(),
    ]
    assert conversation.face is Face.READY


def test_late_audio_after_the_button_is_dropped_until_the_api_says_the_reply_is_over() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, ButtonPressed())
    assert without_notes(play(conversation, AUDIO, AUDIO)) == []
    play(conversation, ReplyInterrupted(), TurnComplete())
    assert without_notes(play(conversation, AUDIO)) == [PlayReply(AUDIO.pcm)]


def test_late_audio_is_dropped_even_when_the_next_question_has_ended() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, ButtonPressed())
    spoken(conversation)
    assert without_notes(play(conversation, AUDIO)) == []


def test_a_second_interruption_does_not_let_the_first_replys_late_audio_through() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO)
    spoken(conversation)
    spoken(conversation)
    assert without_notes(play(conversation, AUDIO)) == [], "nothing has said yet that the first reply is over"


def test_the_button_stops_an_answer_that_has_not_begun() -> None:
    conversation = ready()
    spoken(conversation)
    assert without_notes(play(conversation, ButtonPressed())) == [
        FlushSpeaker(InterruptedBy.BUTTON),
        StopGeneration(),
    ]
    assert without_notes(play(conversation, AUDIO)) == []
    spoken(conversation)
    assert PlayReply(AUDIO.pcm) in play(conversation, AUDIO), (
        "the API may have had nothing to stop, so the next question is answered"
    )


def test_the_button_on_the_tail_of_a_complete_turn_only_silences_the_speaker() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, GenerationComplete(), TurnComplete())
    assert without_notes(play(conversation, ButtonPressed())) == [FlushSpeaker(InterruptedBy.BUTTON)]


def test_the_button_with_nothing_to_interrupt_does_nothing() -> None:
    assert play(ready(), ButtonPressed()) == []


def test_a_person_speaking_over_a_reply_silences_it_before_the_first_frame() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO)
    actions = play(conversation, ActivityStarted((frame(7),)), AUDIO)
    assert without_notes(actions) == [
        FlushSpeaker(InterruptedBy.VOICE),
        StartActivity(),
        SendFrame(frame(7)),
    ]
    assert conversation.face is Face.HEARING


def test_the_old_turns_completion_does_not_end_the_wait_for_the_new_answer() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO)
    spoken(conversation)
    play(conversation, ReplyInterrupted(), TurnComplete())
    assert conversation.face is Face.THINKING
    assert faces(play(conversation, AUDIO)) == [Face.SPEAKING]


def test_a_spurious_interruption_after_a_finished_turn_changes_nothing() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, GenerationComplete(), TurnComplete(), PlaybackDrained())
    spoken(conversation)
    play(conversation, ReplyInterrupted(), TurnComplete())
    assert conversation.face is Face.THINKING


def test_an_empty_turn_ends_the_wait() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, TurnComplete())
    assert conversation.face is Face.READY


def test_an_overdue_answer_is_asked_for_once_more_and_then_given_up() -> None:
    conversation = ready()
    spoken(conversation)
    assert without_notes(play(conversation, AnswerOverdue())) == [Reconnect("no answer", ask_again=True)]
    play(conversation, ConnectionLost("no answer"), Connected())
    assert conversation.phase is Phase.THINKING, "the session asks again"
    assert without_notes(play(conversation, AnswerOverdue())) == [Answered(), Reconnect("no answer")]
    assert conversation.face is Face.READY
    spoken(conversation)
    assert Reconnect("no answer", ask_again=True) in play(conversation, AnswerOverdue()), "a new question"


@pytest.mark.parametrize("duplex", list(Duplex))
@pytest.mark.parametrize("turn_taking", list(TurnTaking))
def test_a_reply_that_stops_short_is_continued_once_elsewhere(
    turn_taking: TurnTaking, duplex: Duplex
) -> None:
    conversation = ready(turn_taking, duplex)
    spoken(conversation)
    play(conversation, AUDIO)
    assert not conversation.api_owes, "there is something to hear"
    play(conversation, PlaybackDrained())
    assert conversation.api_owes
    stalled = Reconnect("the reply stopped short", ask_again=True)
    assert without_notes(play(conversation, AnswerOverdue())) == [stalled]
    assert without_notes(play(conversation, ConnectionLost("left"), Connected())) == [ContinueReply()]
    assert conversation.face is Face.THINKING
    assert conversation.listening
    play(conversation, AUDIO, PlaybackDrained())
    assert without_notes(play(conversation, AnswerOverdue())) == [Reconnect("no answer")]
    assert conversation.face is Face.READY


def test_an_api_that_takes_turns_may_leave_a_noise_unanswered() -> None:
    conversation = ready(TurnTaking.SERVER)
    spoken(conversation)
    assert without_notes(play(conversation, AnswerOverdue())) == [Answered()]


def test_an_api_that_takes_turns_owes_an_answer_to_words_that_it_understood() -> None:
    conversation = ready(TurnTaking.SERVER)
    spoken(conversation)
    play(conversation, InputTranscript("How much protein is in rice?"))
    assert without_notes(play(conversation, AnswerOverdue())) == [Reconnect("no answer", ask_again=True)]


def test_a_question_is_answered_by_its_own_reply_and_by_no_other() -> None:
    conversation = ready()
    spoken(conversation)
    assert Answered() in play(conversation, AUDIO)
    spoken(conversation)
    assert Answered() not in play(conversation, AUDIO, ReplyInterrupted(), TurnComplete())
    assert play(conversation, AUDIO, AUDIO).count(Answered()) == 1


def test_after_the_button_a_call_of_the_cut_turn_is_answered_in_silence() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, ButtonPressed(), call(blocking=False), TurnComplete())
    assert without_notes(play(conversation, outcome())) == [SendToolOutcome(outcome().outcome, silent=True)]
    assert without_notes(play(conversation, AUDIO)) == [], "nobody wants to hear it any more"
    spoken(conversation)
    assert PlayReply(AUDIO.pcm) in play(conversation, AUDIO)


def test_after_the_button_the_answer_to_a_pending_call_is_not_heard() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(), ButtonPressed(), TurnComplete())
    assert SendToolOutcome(outcome().outcome) in play(conversation, outcome())
    assert without_notes(play(conversation, AUDIO)) == []


def test_a_question_asked_while_a_tool_works_in_the_background_is_answered() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(blocking=False), TurnComplete())
    spoken(conversation)
    assert PlayReply(AUDIO.pcm) in play(conversation, AUDIO)


def test_a_question_held_back_by_a_tool_is_answered_though_nothing_was_interrupted() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(), ActivityStarted((frame(),)), outcome(), ActivityEnded())
    assert PlayReply(AUDIO.pcm) in play(conversation, AUDIO)


def test_a_question_given_up_by_the_session_is_awaited_no_longer() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, ConnectionLost("reset"), Connected(asks_again=False))
    assert conversation.face is Face.READY


def test_with_server_turn_taking_only_the_server_interrupts() -> None:
    conversation = ready(TurnTaking.SERVER)
    play(conversation, AUDIO)
    actions = play(conversation, ActivityStarted((frame(0),)), AUDIO)
    assert without_notes(actions) == [StartActivity(), SendFrame(frame(0)), PlayReply(AUDIO.pcm)]
    assert without_notes(play(conversation, ReplyInterrupted())) == [FlushSpeaker(InterruptedBy.SERVER)]
    assert conversation.face is Face.HEARING


def test_frames_are_held_back_while_a_blocking_tool_runs_and_follow_at_once() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call())
    assert without_notes(play(conversation, ActivityStarted((frame(1),)), ActivityFrame(frame(2)))) == [
        FlushSpeaker(InterruptedBy.VOICE),
        Answered(),
    ]
    assert without_notes(play(conversation, outcome())) == [
        SendToolOutcome(outcome().outcome),
        StartActivity(),
        SendFrame(frame(1)),
        SendFrame(frame(2)),
    ]
    assert without_notes(play(conversation, ActivityFrame(frame(3)), ActivityEnded())) == [
        SendFrame(frame(3)),
        EndActivity(),
    ]


def test_a_word_said_wholly_while_a_tool_runs_is_sent_after_it() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(), ActivityStarted((frame(1),)), ActivityEnded())
    assert without_notes(play(conversation, outcome()))[1:] == [
        StartActivity(),
        SendFrame(frame(1)),
        EndActivity(),
    ]


def test_stale_frames_are_dropped_and_counted_while_a_tool_takes_long() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(), ActivityStarted((frame(0),)))
    play(conversation, *(ActivityFrame(frame(number)) for number in range(1, HELD_FRAMES + 10)))
    actions = play(conversation, outcome())
    sent = [action.frame.number for action in actions if isinstance(action, SendFrame)]
    assert sent == list(range(10, HELD_FRAMES + 10))
    dropped = [dict(action.fields) for action in actions if isinstance(action, Note)]
    assert dropped == [{"count": 10, "reason": "tool_at_work"}]


def test_frames_flow_while_a_tool_runs_that_does_not_block() -> None:
    conversation = ready()
    play(conversation, call(blocking=False))
    assert SendFrame(frame(5)) in play(conversation, ActivityStarted((frame(5),)))


def test_a_cancelled_call_is_never_answered() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call())
    assert without_notes(play(conversation, ToolCallsCancelled(("c1", "unknown")))) == [CancelTool("c1")]
    assert play(conversation, outcome()) == [Refused("ToolFinished", "thinking")]


def test_a_call_repeated_under_the_same_id_is_refused() -> None:
    conversation = ready()
    play(conversation, call())
    assert play(conversation, call()) == [Refused("ToolCallReceived", "working")]


def told(call_id: str = "c1", *, silent: bool = False) -> TellLateOutcome:
    return TellLateOutcome(call(call_id).call, outcome(call_id).outcome, silent)


def test_a_call_outlives_its_connection_and_its_outcome_is_told_in_words() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call())
    assert without_notes(play(conversation, ConnectionLost("reset"))) == [Answered()], (
        "the question is not asked again: that would call the tool a second time"
    )
    assert faces(play(conversation, Connected())) == [Face.WORKING]
    assert without_notes(play(conversation, outcome())) == [told()]
    assert conversation.face is Face.THINKING
    assert PlayReply(AUDIO.pcm) in play(conversation, AUDIO)


def test_an_answer_to_a_call_that_the_model_may_not_have_read_is_told_again_in_words() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(), outcome())
    assert without_notes(play(conversation, ConnectionLost("reset"))) == [Answered(), told()]
    play(conversation, Connected(), AUDIO)
    assert without_notes(play(conversation, ConnectionLost("reset"))) == [ContinueReply()], "it had read it"


def test_a_late_outcome_waits_until_the_model_is_free() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(), ConnectionLost("reset"), Connected())
    spoken(conversation)
    assert without_notes(play(conversation, outcome())) == [], "the new question comes first"
    play(conversation, AUDIO, GenerationComplete())
    assert without_notes(play(conversation, TurnComplete())) == [told()]


def test_of_two_late_outcomes_the_second_waits_for_the_reply_to_the_first() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call("a"), call("b"), ConnectionLost("reset"), Connected())
    assert without_notes(play(conversation, outcome("a"), outcome("b"))) == [told("a")]
    play(conversation, AUDIO, GenerationComplete())
    assert without_notes(play(conversation, TurnComplete())) == [told("b")]


def test_after_the_button_a_late_outcome_is_told_for_information_only() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(), ConnectionLost("reset"), Connected(), ButtonPressed(), TurnComplete())
    assert without_notes(play(conversation, outcome())) == [told(silent=True)]
    assert conversation.face is Face.READY


def test_a_call_repeated_on_the_next_connection_is_answered_there_by_the_work_already_begun() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(), ConnectionLost("reset"), Connected())
    assert without_notes(play(conversation, call())) == [], "the tool is at work already"
    assert without_notes(play(conversation, outcome())) == [SendToolOutcome(outcome().outcome)]


def test_another_call_under_the_id_of_an_earlier_connection_takes_its_place() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(), ConnectionLost("reset"), Connected())
    other = ToolCallReceived(ToolCall("c1", "missed_meal", {}))
    assert without_notes(play(conversation, other)) == [CancelTool("c1"), RunTool(other.call)]


def test_a_reply_cut_off_by_a_lost_connection_is_continued_once() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO)
    assert without_notes(play(conversation, ConnectionLost("reset"))) == [ContinueReply()]
    assert conversation.face is Face.RECONNECTING
    assert faces(play(conversation, Connected())) == [Face.SPEAKING], "what came before still plays"
    assert faces(play(conversation, PlaybackDrained())) == [Face.THINKING]
    assert without_notes(play(conversation, AUDIO)) == [Answered(), PlayReply(AUDIO.pcm)]
    assert without_notes(play(conversation, ConnectionLost("reset"))) == [], "once"


def test_a_hand_off_does_not_use_up_the_one_continuation() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO)
    for planned, asked in ((True, [ContinueReply()]), (True, [ContinueReply()]), (False, [ContinueReply()])):
        assert without_notes(play(conversation, ConnectionLost("moved", planned=planned))) == asked
        play(conversation, Connected(), AUDIO)
    assert without_notes(play(conversation, ConnectionLost("reset"))) == []


def test_a_complete_reply_is_not_continued() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, GenerationComplete())
    assert without_notes(play(conversation, ConnectionLost("reset"))) == []


def test_an_interruption_of_nothing_on_the_next_connection_does_not_cut_what_still_plays() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, ConnectionLost("reset"), Connected())
    assert without_notes(play(conversation, ReplyInterrupted(), TurnComplete())) == []
    assert conversation.face is Face.SPEAKING


def test_a_planned_hand_off_is_not_shown() -> None:
    conversation = ready()
    assert faces(play(conversation, ConnectionLost("age", planned=True), Connected())) == []
    assert faces(play(conversation, ConnectionLost("age", planned=True), StillOffline("down"))) == [
        Face.RECONNECTING
    ]


def test_a_new_question_leaves_an_earlier_one_to_the_tool_that_was_called_for_it() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(), outcome())
    assert Answered() in play(conversation, ActivityStarted((frame(),))), "or it would be done again"
    play(conversation, ActivityEnded(), ConnectionLost("reset"), Connected(), AUDIO, GenerationComplete())
    assert without_notes(play(conversation, TurnComplete())) == [told()]


def test_a_tool_called_before_the_gate_has_closed_stands_for_the_question_too() -> None:
    conversation = ready(TurnTaking.SERVER)
    play(conversation, ActivityStarted((frame(),)), call(blocking=False), ActivityEnded(), outcome())
    assert without_notes(play(conversation, ConnectionLost("reset"))) == [
        Answered(),
        told_of_background_call(),
    ]


def told_of_background_call() -> TellLateOutcome:
    return TellLateOutcome(call(blocking=False).call, outcome().outcome)


def test_an_answer_that_comes_before_the_gate_has_closed_is_not_asked_for_again() -> None:
    conversation = ready(TurnTaking.SERVER)
    play(conversation, ActivityStarted((frame(),)), AUDIO, GenerationComplete(), TurnComplete())
    play(conversation, PlaybackDrained())
    assert without_notes(play(conversation, ActivityEnded())) == [EndActivity(), Answered()]
    assert conversation.face is Face.READY
    assert not conversation.api_owes


def test_words_that_follow_an_early_answer_want_one_of_their_own() -> None:
    conversation = ready(TurnTaking.SERVER)
    play(conversation, ActivityStarted((frame(),)), AUDIO, GenerationComplete(), TurnComplete())
    play(conversation, PlaybackDrained(), InputTranscript("and in rice?"), ActivityEnded())
    assert conversation.face is Face.THINKING


def test_nothing_is_owed_between_two_connections() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, ConnectionLost("age", planned=True))
    assert not conversation.api_owes
    play(conversation, Connected())
    assert conversation.api_owes


def test_an_api_that_thinks_on_is_not_left_and_its_answer_not_lost() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, GenerationComplete(), InteractionContinues())
    assert faces(play(conversation, PlaybackDrained())) == [Face.THINKING]
    assert not conversation.quiet
    assert not conversation.api_owes, "it may think for longer than an answer may take"
    assert without_notes(play(conversation, ConnectionLost("reset"))) == [ContinueReply()]


def test_the_button_ends_thinking_in_the_background() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, GenerationComplete(), InteractionContinues(), PlaybackDrained())
    assert StopGeneration() in play(conversation, ButtonPressed())
    assert conversation.face is Face.READY


def test_the_button_takes_back_a_question_that_was_held_while_a_tool_ran() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, call(), ActivityStarted((frame(7),)), ActivityEnded(), ButtonPressed())
    assert not any(isinstance(action, SendFrame) for action in play(conversation, outcome()))


def test_it_is_quiet_only_between_turns() -> None:
    conversation = ready()
    assert conversation.quiet
    turn = (ActivityStarted((frame(),)), ActivityEnded(), call(), outcome(), AUDIO, GenerationComplete())
    for event in turn:
        play(conversation, event)
        assert not conversation.quiet
    play(conversation, PlaybackDrained())
    assert conversation.quiet


def test_whoever_asks_while_it_is_offline_hears_a_chime_once_for_each_question() -> None:
    conversation = ready()
    hint = PlayChime(Chime.OFFLINE)
    play(conversation, ConnectionLost("reset"))
    assert hint not in spoken(conversation), "it may be back at once"
    assert hint in play(conversation, StillOffline("no route"))
    play(conversation, PlaybackDrained())
    assert hint not in play(conversation, StillOffline("no route"))
    assert hint in spoken(conversation)
    assert conversation.face is Face.RECONNECTING


def test_a_chime_that_the_microphone_hears_is_not_answered_by_a_chime() -> None:
    conversation = ready()
    play(conversation, ConnectionLost("reset"), StillOffline("no route"))
    assert PlayChime(Chime.OFFLINE) in spoken(conversation)
    play(conversation, ActivityStarted((frame(),)), PlaybackDrained())
    assert without_notes(play(conversation, ActivityEnded())) == [EndActivity()]


def test_a_suspicion_ducks_the_reply_and_its_end_restores_it() -> None:
    conversation = ready()
    play(conversation, AUDIO)
    assert play(conversation, BargeInSuspected()) == [DuckReply()]
    assert play(conversation, BargeInDismissed()) == [RestoreReply()]
    assert conversation.face is Face.SPEAKING


def test_whether_people_can_talk_over_a_reply_may_change_with_the_devices() -> None:
    conversation = ready()
    play(conversation, AUDIO)
    assert conversation.listening
    play(conversation, DuplexChosen(Duplex.HALF))
    assert not conversation.listening
    play(conversation, DuplexChosen(Duplex.FULL))
    assert conversation.listening


def test_a_chime_is_played_where_it_is_wanted_and_keeps_the_device_from_hearing_itself() -> None:
    conversation = Conversation(duplex=Duplex.HALF, chimes=frozenset(Chime))
    played = without_notes(play(conversation, Connected(), Started()))
    assert played == [PlayChime(Chime.READY)]
    assert conversation.sounding
    assert not conversation.listening
    play(conversation, PlaybackDrained())
    assert not conversation.sounding
    actions = spoken(conversation) + play(conversation, PlaybackDrained(), AUDIO, ButtonPressed())
    actions += play(conversation, TurnComplete(), PlaybackDrained(), MuteToggled(), MuteToggled())
    actions += play(conversation, FaultRaised("part", "Mend it."))
    assert [action.chime for action in actions if isinstance(action, PlayChime)] == [
        Chime.HEARD,
        Chime.INTERRUPTED,
        Chime.MUTED,
        Chime.UNMUTED,
        Chime.FAULT,
    ]
    silent = Conversation(chimes=())
    actions = play(silent, Connected(), Started(), MuteToggled(), FaultRaised("part", "Mend it."))
    assert not any(isinstance(action, PlayChime) for action in actions)


def test_at_half_duplex_a_chime_is_not_heard() -> None:
    conversation = ready(duplex=Duplex.HALF)
    play(conversation, ConnectionLost("reset"), StillOffline("no route"))
    spoken(conversation)
    assert not conversation.listening
    play(conversation, PlaybackDrained())
    assert conversation.listening


def test_a_reply_goes_on_playing_when_the_connection_is_lost() -> None:
    conversation = ready()
    spoken(conversation)
    actions = play(conversation, AUDIO, ConnectionLost("reset"))
    assert not any(isinstance(action, FlushSpeaker) for action in actions)
    assert "reply_ended" in notes(play(conversation, PlaybackDrained()))


def test_muting_ends_the_open_activity_and_unmuting_starts_afresh() -> None:
    conversation = ready()
    play(conversation, ActivityStarted((frame(0),)))
    assert without_notes(play(conversation, MuteToggled())) == [StopCapture(), EndActivity(), ForgetSpeech()]
    assert conversation.face is Face.MUTED
    assert not conversation.listening
    assert play(conversation, ActivityFrame(frame(1))) == [Refused("ActivityFrame", "thinking")]
    play(conversation, MuteToggled())
    assert conversation.listening


def test_at_half_duplex_nobody_is_heard_during_a_reply_but_the_button_works() -> None:
    conversation = ready(duplex=Duplex.HALF)
    spoken(conversation)
    play(conversation, AUDIO)
    assert not conversation.listening
    assert isinstance(play(conversation, ActivityStarted((frame(0),)))[0], Refused)
    assert FlushSpeaker(InterruptedBy.BUTTON) in play(conversation, ButtonPressed())
    assert conversation.listening


def test_a_fault_is_noted_once_and_shown_until_it_is_cleared() -> None:
    conversation = ready()
    raised = FaultRaised("microphone", "Plug the microphone in.")
    actions = play(conversation, raised, raised)
    assert notes(actions) == ["fault"]
    assert conversation.face is Face.FAULT
    assert conversation.faults == {"microphone": "Plug the microphone in."}
    assert faces(play(conversation, FaultCleared("microphone"))) == [Face.READY]


# --------------------------------------------------------------------------------------- the button


def click(conversation: Conversation) -> list[Action]:
    return play(conversation, ButtonPressed(), ButtonClicked())


def test_a_short_press_opens_the_microphone_and_another_closes_it() -> None:
    conversation = ready()
    opened = click(conversation)
    assert without_notes(opened) == [OpenMicrophone()]
    assert faces(opened) == [Face.HEARING]
    closed = click(conversation)
    assert without_notes(closed) == [CloseMicrophone()]
    assert faces(closed) == [Face.READY]


def test_a_request_that_the_button_opened_ends_with_the_second_press_at_once() -> None:
    conversation = ready()
    click(conversation)
    play(conversation, ActivityStarted((frame(0),)))
    assert without_notes(click(conversation)) == [CloseMicrophone()]
    assert EndActivity() in play(conversation, ActivityEnded())
    assert conversation.face is Face.THINKING


def test_what_a_press_stops_is_all_that_it_does() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO)
    assert OpenMicrophone() not in click(conversation)
    play(conversation, TimerRings(1))
    assert OpenMicrophone() not in click(conversation)
    assert OpenMicrophone() in click(conversation)


def test_nobody_speaks_and_the_microphone_closes() -> None:
    conversation = ready()
    click(conversation)
    assert faces(play(conversation, NobodySpoke())) == [Face.READY]
    assert OpenMicrophone() in click(conversation)


def test_with_the_button_only_the_button_opens_the_microphone_for_one_request() -> None:
    conversation = ready(mode=PanelMode.BUTTON)
    assert not conversation.listening
    assert isinstance(play(conversation, ActivityStarted((frame(0),)))[0], Refused)
    click(conversation)
    assert conversation.listening
    play(conversation, ActivityStarted((frame(0),)))
    assert conversation.listening
    play(conversation, ActivityEnded())
    assert not conversation.listening


def test_holding_mutes_and_is_no_short_press() -> None:
    conversation = ready()
    actions = play(conversation, ButtonPressed(), MuteToggled(), ButtonClicked())
    assert StopCapture() in actions
    assert OpenMicrophone() not in actions
    assert conversation.muted
    assert OpenMicrophone() not in click(conversation)
    assert StartCapture() in play(conversation, ButtonPressed(), MuteToggled())


def test_holding_until_it_restarts_leaves_the_microphone_as_it_was() -> None:
    conversation = ready()
    actions = play(conversation, ButtonPressed(), MuteToggled(), RestartWished())
    assert Restart() in actions
    assert not conversation.muted


def test_mute_can_be_chosen_twice_and_survives_a_restart() -> None:
    conversation = ready()
    assert StopCapture() in play(conversation, MuteChosen(True))
    assert play(conversation, MuteChosen(True)) == []
    again = Conversation(muted=True)
    assert StopCapture() in play(again, Connected(), Started())
    assert again.face is Face.MUTED
    assert StartCapture() in play(again, MuteChosen(False))


# --------------------------------------------------------------------------------------- in writing


def test_a_written_question_is_answered_like_a_spoken_one() -> None:
    conversation = ready()
    actions = play(conversation, TextAsked("What is in an egg?"))
    assert AskInWriting("What is in an egg?") in actions
    assert faces(actions) == [Face.THINKING]
    assert conversation.api_owes
    assert PlayReply(AUDIO.pcm) in play(conversation, AUDIO)


def test_a_written_question_stops_a_reply() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO)
    assert FlushSpeaker(InterruptedBy.VOICE) in play(conversation, TextAsked("And an apple?"))
    assert PlayReply(AUDIO.pcm) not in play(conversation, AUDIO), "of the old reply"
    play(conversation, ReplyInterrupted(), TurnComplete())
    assert PlayReply(AUDIO.pcm) in play(conversation, AUDIO)


def test_a_written_question_asked_while_muted_or_offline_is_answered_too() -> None:
    conversation = ready()
    play(conversation, MuteChosen(True), ConnectionLost("reset"), StillOffline("no route"))
    actions = play(conversation, TextAsked("What is in an egg?"))
    assert AskInWriting("What is in an egg?") in actions
    assert not any(isinstance(action, PlayChime) for action in actions), "nobody in the kitchen has asked"
    play(conversation, Connected())
    assert conversation.api_owes


# --------------------------------------------------------------------------------------- timers


def test_a_timer_is_heard_again_and_again_and_the_button_stops_it() -> None:
    conversation = ready()
    actions = play(conversation, TimerRings(1))
    assert PlayChime(Chime.TIMER) in actions
    assert (faces(actions), notes(actions)) == ([Face.RINGING], ["timer_rings"])
    assert without_notes(play(conversation, PlaybackDrained(), TimerRings(2))) == [PlayChime(Chime.TIMER)]
    stopped = play(conversation, ButtonPressed())
    assert SilenceTimers() in stopped
    assert faces(stopped) == [Face.READY]
    assert play(conversation, TimersSilent()) == []


def test_a_timer_waits_for_a_person_and_for_a_reply_and_is_shown_meanwhile() -> None:
    conversation = ready()
    play(conversation, ActivityStarted((frame(0),)))
    assert without_notes(play(conversation, TimerRings(1))) == []
    assert conversation.face is Face.RINGING
    play(conversation, ActivityEnded(), AUDIO)
    assert without_notes(play(conversation, TimerRings(1))) == []
    play(conversation, TurnComplete(), PlaybackDrained())
    assert without_notes(play(conversation, TimerRings(1))) == [PlayChime(Chime.TIMER)]
    assert faces(play(conversation, TimersSilent())) == [Face.READY]


def test_a_timer_does_not_ring_into_a_reply_that_waits_for_more_of_itself() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, PlaybackDrained())
    assert without_notes(play(conversation, TimerRings(1))) == []


def test_the_button_stops_a_reply_first_and_the_timer_with_the_next_press() -> None:
    conversation = ready()
    spoken(conversation)
    play(conversation, AUDIO, TimerRings(1))
    first = play(conversation, ButtonPressed())
    assert FlushSpeaker(InterruptedBy.BUTTON) in first
    assert SilenceTimers() not in first
    assert SilenceTimers() in play(conversation, ButtonPressed())


@pytest.mark.parametrize("before", [[MuteToggled()], [ConnectionLost("reset"), StillOffline("no route")]])
def test_a_timer_rings_muted_and_offline_whatever_chimes_are_wanted(before: list[Event]) -> None:
    conversation = Conversation(chimes=())
    play(conversation, Connected(), Started(), *before)
    assert PlayChime(Chime.TIMER) in play(conversation, TimerRings(1))


def test_an_illegal_event_is_refused_by_name_and_changes_nothing() -> None:
    conversation = ready()
    assert play(conversation, ActivityEnded()) == [Refused("ActivityEnded", "ready")]
    assert conversation.phase is Phase.READY


# ------------------------------------------------------------------------------------ invariants

IDS = st.sampled_from(["a", "b", "c"])
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        lambda numbers: ActivityStarted(tuple(map(frame, numbers))), st.lists(st.integers(0, 9), max_size=2)
    ),
    st.builds(lambda number: ActivityFrame(frame(number)), st.integers(0, 9)),
    st.builds(call, IDS, blocking=st.booleans()),
    st.builds(outcome, IDS),
    st.builds(lambda ids: ToolCallsCancelled(tuple(ids)), st.lists(IDS, max_size=2)),
    st.sampled_from(
        [
            ActivityEnded(),
            AUDIO,
            GenerationComplete(),
            TurnComplete(),
            InteractionContinues(),
            ReplyInterrupted(),
            PlaybackDrained(),
            AnswerOverdue(),
            BargeInSuspected(),
            BargeInDismissed(),
            DuplexChosen(Duplex.FULL),
            DuplexChosen(Duplex.HALF),
            ButtonPressed(),
            ButtonClicked(),
            InterruptWished(),
            MuteToggled(),
            MuteChosen(True),
            MuteChosen(False),
            RestartWished(),
            NobodySpoke(),
            TextAsked("What is in an egg?"),
            Connected(),
            Connected(asks_again=False),
            ConnectionLost("reset"),
            ConnectionLost("age", planned=True),
            StillOffline("no route"),
            FaultRaised("part", "Mend it."),
            FaultCleared("part"),
            TimerRings(1),
            TimersSilent(),
            InputTranscript("a"),
            OutputTranscript("b"),
            UsageReported({"audio": 10}, {"audio": 20}),
            Started(),
        ]
    ),
)
CONVERSATIONS = st.builds(
    ready,
    turn_taking=st.sampled_from(list(TurnTaking)),
    duplex=st.sampled_from(list(Duplex)),
    mode=st.sampled_from(list(PanelMode)),
)
SEQUENCES = st.lists(EVENTS, max_size=80)
random_walk = settings(max_examples=300, deadline=None)


@random_walk
@given(CONVERSATIONS, SEQUENCES)
def test_activities_pair_and_frames_lie_within_them(conversation: Conversation, events: list[Event]) -> None:
    is_open = False
    for action in play(conversation, *events):
        if isinstance(action, StartActivity):
            assert not is_open
            is_open = True
        if isinstance(action, SendFrame):
            assert is_open
        if isinstance(action, EndActivity):
            assert is_open
            is_open = False


@random_walk
@given(CONVERSATIONS, SEQUENCES)
def test_no_frame_is_sent_while_muted(conversation: Conversation, events: list[Event]) -> None:
    muted = False
    for event in events:
        actions = play(conversation, event)
        muted = conversation.muted
        if muted:
            assert not any(isinstance(action, SendFrame | StartActivity) for action in actions)


@random_walk
@given(CONVERSATIONS, SEQUENCES)
def test_every_call_is_answered_once_unless_it_was_cancelled(
    conversation: Conversation, events: list[Event]
) -> None:
    pending: set[str] = set()
    for event in events:
        # A call that the API makes again on another connection may be answered there in its stead.
        for action in play(conversation, event):
            match action:
                case RunTool(received):
                    assert received.id not in pending
                    pending.add(received.id)
                case SendToolOutcome(answered):
                    assert event == ToolFinished(answered), "and by its id at once, or never"
                case CancelTool(call_id):
                    pending.remove(call_id)
                case _:
                    pass
        if isinstance(event, ToolFinished):
            pending.discard(event.outcome.call_id)
    play(conversation, ConnectionLost("reset"))
    answers = play(conversation, *(outcome(call_id) for call_id in sorted(pending)))
    assert not any(isinstance(action, SendToolOutcome) for action in answers), "never by id on another one"


@random_walk
@given(CONVERSATIONS, SEQUENCES)
def test_after_an_interruption_nothing_is_played_until_the_old_reply_is_over(
    conversation: Conversation, events: list[Event]
) -> None:
    """An observer who sees only events and actions decides what may be played."""
    reply_open = dropping = False
    for event in events:
        actions = play(conversation, event)
        if isinstance(event, ReplyInterrupted | GenerationComplete | TurnComplete | ConnectionLost):
            reply_open = dropping = False
        if any(isinstance(action, FlushSpeaker) for action in actions):
            dropping = reply_open
        if any(isinstance(action, PlayReply) for action in actions):
            assert not dropping
            reply_open = True


@random_walk
@given(CONVERSATIONS, SEQUENCES)
def test_no_frame_passes_a_blocking_tool(conversation: Conversation, events: list[Event]) -> None:
    blocking: set[str] = set()
    for event in events:
        if isinstance(event, ConnectionLost):
            blocking.clear()  # the next connection knows nothing of the call
        for action in play(conversation, event):
            match action:
                case RunTool(received) if received.blocking:
                    blocking.add(received.id)
                case SendToolOutcome(answered):
                    blocking.discard(answered.call_id)
                case CancelTool(call_id):
                    blocking.discard(call_id)
                case SendFrame() | StartActivity() | EndActivity():
                    assert not blocking
                case _:
                    pass


@random_walk
@given(CONVERSATIONS, SEQUENCES)
def test_the_face_follows_the_state(conversation: Conversation, events: list[Event]) -> None:
    shown = conversation.face
    for event in events:
        changes = faces(play(conversation, event))
        assert len(changes) <= 1
        assert changes != [shown], "a face is shown only when it changes"
        shown = changes[0] if changes else shown
        assert shown is conversation.face


@random_walk
@given(CONVERSATIONS, SEQUENCES)
def test_a_refused_event_changes_nothing(conversation: Conversation, events: list[Event]) -> None:
    for event in events:
        before = {name: repr(value) for name, value in vars(conversation).items() if name != "_actions"}
        actions = conversation.handle(event)
        if isinstance(next(iter(actions), None), Refused):
            after = {name: repr(value) for name, value in vars(conversation).items() if name != "_actions"}
            assert after == before


# ------------------------------------------------------------------------------------ the table


COMMON: list[Callable[[str], Event]] = [
    lambda _: ActivityStarted((frame(),)),
    lambda _: ActivityEnded(),
    lambda _: AUDIO,
    lambda _: GenerationComplete(),
    lambda _: TurnComplete(),
    lambda _: PlaybackDrained(),
    call,
    lambda call_id: call(call_id, blocking=False),
    outcome,
]
RARE: list[Callable[[str], Event]] = [
    lambda _: ActivityFrame(frame()),
    lambda _: ReplyInterrupted(),
    lambda _: InteractionContinues(),
    lambda _: BargeInSuspected(),
    lambda _: BargeInDismissed(),
    lambda _: DuplexChosen(Duplex.FULL),
    lambda _: DuplexChosen(Duplex.HALF),
    lambda _: AnswerOverdue(),
    lambda _: ButtonPressed(),
    lambda _: InterruptWished(),
    lambda _: MuteToggled(),
    lambda _: Connected(),
    lambda _: Connected(asks_again=False),
    lambda _: ConnectionLost("reset"),
    lambda _: ConnectionLost("age", planned=True),
    lambda _: StillOffline("no route"),
    lambda _: FaultRaised("part", "Mend it."),
    lambda _: FaultCleared("part"),
    lambda _: TimerRings(1),
    lambda _: TimersSilent(),
    lambda _: InputTranscript("a"),
    lambda _: OutputTranscript("b"),
    lambda _: UsageReported({"audio": 10}, {"audio": 20}),
    lambda call_id: ToolCallsCancelled((call_id,)),
]
BY_HAND: list[Callable[[str], Event]] = [
    lambda _: ButtonClicked(),
    lambda _: MuteChosen(True),
    lambda _: MuteChosen(False),
    lambda _: RestartWished(),
    lambda _: NobodySpoke(),
    lambda _: TextAsked("What is in an egg?"),
]


def _random_event(source: random.Random) -> Event:
    makers = source.choices([COMMON, RARE, BY_HAND], weights=[70, 26, 4])[0]
    return source.choice(makers)(source.choice("ab"))


A_REPLY_THAT_STALLS_TWICE: list[Event] = [
    Connected(), Started(), AUDIO, ConnectionLost("reset"),
    Connected(), AUDIO, PlaybackDrained(), AnswerOverdue(),
]  # fmt: skip
A_REPLY_THAT_BREAKS_TWICE: list[Event] = [
    Connected(), Started(), AUDIO, ConnectionLost("reset"),
    Connected(), AUDIO, PlaybackDrained(), ConnectionLost("reset"),
]  # fmt: skip
THOUGHTS_THAT_BREAK_OFF: list[Event] = [
    Connected(), Started(), AUDIO, ConnectionLost("reset"),
    Connected(), AUDIO, InteractionContinues(), PlaybackDrained(), ConnectionLost("reset"),
]  # fmt: skip
WRITING_INSTEAD_OF_SPEAKING: list[Event] = [
    Connected(), Started(), ButtonPressed(), ButtonClicked(), TextAsked("And an egg?"), NobodySpoke(),
]  # fmt: skip
A_HOLD_THAT_UNMUTES_AND_GOES_ON: list[Event] = [
    Connected(), Started(), MuteToggled(), ButtonPressed(), MuteToggled(),
    ActivityStarted((frame(),)), TurnComplete(), RestartWished(),
]  # fmt: skip
RARE_WAYS = (
    (TurnTaking.DEVICE, A_REPLY_THAT_STALLS_TWICE),
    (TurnTaking.DEVICE, A_REPLY_THAT_BREAKS_TWICE),
    (TurnTaking.DEVICE, THOUGHTS_THAT_BREAK_OFF),
    (TurnTaking.DEVICE, WRITING_INSTEAD_OF_SPEAKING),
    (TurnTaking.SERVER, A_HOLD_THAT_UNMUTES_AND_GOES_ON),
)
"""Random walks hardly ever find them."""

Steps = list[tuple[Phase, type[Event], Phase]]


def _walk(source: random.Random, steps: int) -> Steps:
    conversation = Conversation(
        turn_taking=source.choice(list(TurnTaking)),
        duplex=source.choice(list(Duplex)),
        mode=source.choice(list(PanelMode)),
    )
    start = source.randrange(steps)
    events = [Started() if step == start else _random_event(source) for step in range(steps)]
    return _follow(events, conversation)


def _follow(events: list[Event], conversation: Conversation) -> Steps:
    seen = []
    for event in events:
        before = conversation.phase
        actions = conversation.handle(event)
        if not isinstance(next(iter(actions), None), Refused):
            seen.append((before, type(event), conversation.phase))
    return seen


@pytest.fixture(scope="module")
def observed() -> dict[Phase, dict[type[Event], set[Phase]]]:
    source = random.Random(20_261_121)
    table: dict[Phase, dict[type[Event], set[Phase]]] = defaultdict(lambda: defaultdict(set))
    walks = [_walk(source, 50) for _ in range(25_000)]
    rare = [_follow(way, Conversation(turn_taking=turn_taking)) for turn_taking, way in RARE_WAYS]
    for before, event, after in [step for walk in (*walks, *rare) for step in walk]:
        table[before][event].add(after)
    return table


@pytest.mark.parametrize("phase", list(Phase))
def test_the_table_lists_what_happens_and_nothing_else(
    phase: Phase, observed: dict[Phase, dict[type[Event], set[Phase]]]
) -> None:
    listed = {event.__name__: set(phases) for event, phases in TRANSITIONS[phase].items()}
    happened = {event.__name__: phases for event, phases in observed[phase].items()}
    assert happened == listed
