"""Barge-in by the frame, and the ears with the gate behind them: voices of tones, then a whole kitchen."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.bargein import BargeIn, Rule, Step
from device.audio.ears import CATCH_UP_MS, HOLD_MS, REACH_MS, EarEvent, Ears, GateEvent
from device.audio.formats import SILENT_FRAME
from device.audio.gate import Gate
from device.config import GateSettings
from device.events import FRAME_MS, ActivityEnded, ActivityFrame, ActivityStarted, Frame
from device.rehearsal.mouth import Mouth
from tests.audio.scenes import SCENES, Loop, at_level, samples_of
from tests.sounds import vowel

DOUBT_FRAMES = 20
REACH_FRAMES = REACH_MS // FRAME_MS


def steps(pattern: str, barge_in: BargeIn | None = None) -> dict[int, Step]:
    """What is done at which frame; 'v' is a voiced one, '.' is not."""
    barge_in = barge_in or BargeIn(deaf_ms=0)
    taken = ((number, barge_in.hear(kind == "v")) for number, kind in enumerate(pattern))
    return {number: step for number, step in taken if step}


# ------------------------------------------------------------------------------- barge-in alone


def test_an_echo_that_is_gone_does_nothing() -> None:
    assert steps("." * 500) == {}
    assert steps("vv..." * 100) == {}


def test_three_of_five_duck_and_what_follows_stops() -> None:
    assert steps("." * 10 + "v" * 10) == {12: Step.DUCK, 19: Step.STOP}


def test_what_made_the_suspicion_does_not_confirm_it() -> None:
    assert steps("vvv" + "vvvvvv" + "." * 40) == {2: Step.DUCK, 2 + DOUBT_FRAMES: Step.RESTORE}


def test_a_burst_costs_a_dip_of_400_ms() -> None:
    assert steps("..vvv" + "." * 60) == {4: Step.DUCK, 4 + DOUBT_FRAMES: Step.RESTORE}


def test_after_a_restored_reply_it_can_be_talked_over_as_before() -> None:
    again = 5 + 40
    found = steps("..vvv" + "." * 40 + "v" * 20)
    assert found[again + 2] is Step.DUCK
    assert found[again + 9] is Step.STOP


def test_the_rules_can_be_set() -> None:
    quick = BargeIn(suspicion=Rule(1, 1), confirmation=Rule(2, 2), doubt_ms=100, deaf_ms=0)
    assert steps("v....." + "vvv", quick) == {0: Step.DUCK, 5: Step.RESTORE, 6: Step.DUCK, 8: Step.STOP}


def test_the_first_reply_cannot_be_talked_over_at_once() -> None:
    barge_in = BargeIn(deaf_ms=1000)
    assert steps("v" * 50, barge_in) == {}
    barge_in.forget()
    assert steps("v" * 10, barge_in) == {2: Step.DUCK, 9: Step.STOP}, "only the first second, and only once"


# ------------------------------------------------------------------------------- the ears


class DeafGate:
    """A gate that never opens by itself."""

    is_open = False

    def process(self, _: Frame) -> list[GateEvent]:
        return []

    def wait_for_person(self) -> None:
        raise AssertionError("nobody has pressed the button")

    def close(self) -> list[GateEvent]:
        return []


def make_ears(gate: Gate | DeafGate | None = None) -> Ears:
    settings = GateSettings(confirm="none", above_noise_db=0)
    return Ears(gate or Gate(settings), BargeIn(deaf_ms=0))


class Listener:
    """Ears, and everything that came out of them."""

    def __init__(self, ears: Ears | None = None) -> None:
        self.ears = ears or make_ears()
        self.heard = 0
        self.events: list[EarEvent] = []

    def hear(self, pattern: str, *, replying: bool = False, until_stopped: bool = False) -> list[EarEvent]:
        """until_stopped: the reply falls silent at the start of an activity, as the conversation sees to."""
        began = len(self.events)
        for kind in pattern:
            frame = Frame(self.heard, vowel(self.heard) if kind == "v" else SILENT_FRAME)
            self.heard += 1
            given = self.ears.process(frame, replying=replying)
            replying = replying and not (until_stopped and any(isinstance(e, ActivityStarted) for e in given))
            self.events += given
        return self.events[began:]


def numbers(events: list[EarEvent]) -> list[int]:
    given: list[int] = []
    for event in events:
        if isinstance(event, ActivityStarted):
            given += [frame.number for frame in event.pre_roll]
        elif isinstance(event, ActivityFrame):
            given.append(event.frame.number)
    return given


def kinds(events: list[EarEvent]) -> list[object]:
    """The events without the frames."""
    return [
        event if isinstance(event, Step) else type(event)
        for event in events
        if not isinstance(event, ActivityFrame)
    ]


def test_while_nothing_plays_the_gate_decides() -> None:
    talk = "." * 50 + "v" * 30 + "." * 60
    listener, gate = Listener(), Gate(GateSettings(confirm="none", above_noise_db=0))
    alone = [
        event
        for number, kind in enumerate(talk)
        for event in gate.process(Frame(number, vowel(number) if kind == "v" else SILENT_FRAME))
    ]
    assert listener.hear(talk) == alone
    assert kinds(listener.events) == [ActivityStarted, ActivityEnded]


@pytest.mark.parametrize("gate", [None, DeafGate()])
def test_words_that_interrupt_a_reply_are_whole(gate: Gate | DeafGate | None) -> None:
    listener = Listener(make_ears(gate))
    listener.hear("." * 200, replying=True)
    events = listener.hear("v" * 40 + "." * 60, replying=True, until_stopped=True)
    assert kinds(events) == [Step.DUCK, ActivityStarted, Step.RESTORE, ActivityEnded]
    given = numbers(events)
    assert given == list(range(given[0], given[-1] + 1)), "no frame is missing, none comes twice"
    stopped = 200 + 9
    assert given[0] == stopped + 1 - REACH_FRAMES
    assert given[-1] >= 239 if gate is None else stopped + HOLD_MS // FRAME_MS


def test_a_gate_that_hears_nobody_ends_what_was_held_open() -> None:
    listener = Listener(make_ears(DeafGate()))
    listener.hear("." * 100 + "v" * 10, replying=True, until_stopped=True)
    assert listener.ears.is_open
    listener.hear("." * (HOLD_MS // FRAME_MS))
    assert not listener.ears.is_open
    assert kinds(listener.events)[-1] is ActivityEnded


def test_a_false_suspicion_is_a_dip_and_nothing_more() -> None:
    listener = Listener()
    assert kinds(listener.hear("." * 20 + "vvv" + "." * 60, replying=True)) == [Step.DUCK, Step.RESTORE]


def test_an_end_of_the_reply_undoes_the_ducking() -> None:
    listener = Listener()
    listener.hear("." * 20 + "vvv", replying=True)
    assert listener.hear(".") == [Step.RESTORE]


def test_somebody_who_began_before_the_end_of_a_reply_is_heard_from_the_start() -> None:
    listener = Listener()
    listener.hear("." * 100 + "vvvv", replying=True)
    events = listener.hear("v" * 30 + "." * 60)
    assert kinds(events) == [Step.RESTORE, ActivityStarted, ActivityEnded]
    given = numbers(events)
    assert given == list(range(given[0], given[-1] + 1))
    assert given[0] <= 100


def test_nothing_of_an_activity_is_given_again_after_the_reply() -> None:
    listener = Listener()
    listener.hear("." * 20 + "v" * 20 + "." * 40)
    assert kinds(listener.events) == [ActivityStarted, ActivityEnded]
    listener.hear("." * 10, replying=True)
    assert listener.hear("." * 60) == []


def test_where_the_api_decides_a_reply_stays_ducked_while_somebody_speaks_over_it() -> None:
    listener = Listener()
    events = listener.hear("." * 50 + "v" * 40 + "." * 60, replying=True)
    assert kinds(events) == [Step.DUCK, ActivityStarted, ActivityEnded, Step.RESTORE]


def test_closing_ends_everything_and_forgets_it() -> None:
    listener = Listener()
    listener.hear("." * 50 + "vvv", replying=True)
    assert listener.ears.close() == [Step.RESTORE]
    assert listener.ears.close() == []
    listener.hear("v" * 20, replying=True)
    assert ActivityEnded() in listener.ears.close()
    assert not listener.ears.is_open
    began = listener.heard
    assert min(numbers(listener.hear("v" * 30))) >= began


PIECES = st.tuples(st.sampled_from([".", "v", "vvv", "...", "v" * 12, "." * 40]), st.booleans())


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=40), st.booleans())
def test_whatever_is_heard_activities_and_dips_pair_and_frames_come_once(
    pieces: list[tuple[str, bool]], until_stopped: bool
) -> None:
    listener = Listener()
    for pattern, replying in pieces:
        listener.hear(pattern, replying=replying, until_stopped=until_stopped)
    listener.events += listener.ears.close()
    is_open = is_ducked = False
    last = -1
    for event in listener.events:
        match event:
            case ActivityStarted() | ActivityFrame():
                assert is_open is isinstance(event, ActivityFrame)
                first, is_open = numbers([event])[0], True
                assert first > last if isinstance(event, ActivityStarted) else first == last + 1
                last = numbers([event])[-1]
            case ActivityEnded():
                assert is_open
                is_open = False
            case Step.DUCK | Step.RESTORE:
                assert is_ducked is (event is Step.RESTORE)
                is_ducked = event is Step.DUCK
            case Step.STOP:
                pytest.fail("a stop is the start of an activity")
    assert not is_open
    assert not is_ducked


def test_the_gate_hears_afresh_what_it_missed_but_no_more() -> None:
    listener = Listener()
    listener.hear("." * 20 + "vvv" + "." * 60 + "vvv" + "." * 30, replying=True)
    assert CATCH_UP_MS // FRAME_MS < 60
    assert kinds(listener.hear("." * 5)) == []


# ------------------------------------------------------------------------------- in a kitchen

REPLY = (
    "You have eaten nine hundred kilocalories so far, and lentil soup with rye bread would add about forty. "
)


@pytest.fixture(scope="module")
def reply() -> bytes:
    return asyncio.run(Mouth("slt").for_reply(REPLY)) * 3


@pytest.mark.rehearsal
@pytest.mark.parametrize("scene", ["B", "G", "F"])
def test_a_person_stops_a_reply(scene: str, reply: bytes) -> None:
    words = at_level(samples_of(asyncio.run(Mouth("rms").for_microphone("Wait, I had two eggs, not three."))))
    spoken_at = 8 * 50
    loop = Loop(SCENES[scene], reply, seed=3, person=np.append(np.zeros(spoken_at * 320), words))
    run = loop.run(spoken_at + 100)
    assert len(run.stops) == 1
    assert spoken_at < run.stops[0] < spoken_at + 50, "within a second, the voice's own lead-in included"
    assert run.sent[0] <= spoken_at, "from the first word on"
    assert run.ducks[-1] < run.stops[0]


@pytest.mark.rehearsal
@pytest.mark.parametrize("scene", ["A", "B", "D", "E"])
def test_its_own_echo_does_not_stop_it(scene: str, reply: bytes) -> None:
    run = Loop(SCENES[scene], reply, seed=5).run(18 * 50, stoppable=False)
    assert run.stops == []
    assert run.sent == []
