"""The gate: its decisions with webrtcvad's verdicts on a voice made of tones and a confirmer that is told
what to say; and the whole cascade on the sounds of a kitchen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.confirm import CHUNK_BYTES
from device.audio.formats import SILENT_FRAME
from device.audio.gate import PAUSE_MS, Gate, GateCounts, GateState
from device.config import GateSettings
from device.events import FRAME_MS, ActivityEnded, ActivityFrame, ActivityStarted, Event, Frame, NobodySpoke
from device.rehearsal.mouth import Mouth
from tests.audio.kitchen import NOISE_RMS, NOISES, babble, frames_of, loudness, noise, pcm
from tests.sounds import vowel

SETTINGS = GateSettings(confirm="none", onset_ms=120, hangover_ms=600, pre_roll_ms=460, max_activity_s=5)
WORDS = "v" * 22 + "." * 3
"""Speech with its gaps: without any the noise floor would rise to it."""


class Told:
    """Knows a person by what it is told: the number of chunks after which it does, and whether it goes on."""

    def __init__(self, *, after_chunks: int = 0, never: bool = False) -> None:
        self._after, self._never = after_chunks, never
        self.chunks = 0

    def reset(self) -> None:
        """It remembers nothing but its orders."""

    def probability(self, chunk: bytes) -> float:
        assert len(chunk) == CHUNK_BYTES
        self.chunks += 1
        return 1.0 if any(chunk) and self.chunks > self._after and not self._never else 0.0


def frames(pattern: str) -> list[Frame]:
    """'.' is a silent frame, 'v' a voiced one."""
    return [
        Frame(number, vowel(number) if kind == "v" else SILENT_FRAME) for number, kind in enumerate(pattern)
    ]


def run(pattern: str, gate: Gate | None = None) -> list[Event]:
    gate = gate or Gate(SETTINGS)
    return [event for frame in frames(pattern) for event in gate.process(frame)]


def numbers(events: Sequence[Event]) -> list[int]:
    given: list[int] = []
    for event in events:
        if isinstance(event, ActivityStarted):
            given += [frame.number for frame in event.pre_roll]
        elif isinstance(event, ActivityFrame):
            given.append(event.frame.number)
    return given


def starts(events: Sequence[Event]) -> list[ActivityStarted]:
    return [event for event in events if isinstance(event, ActivityStarted)]


def is_whole(given: list[int]) -> bool:
    """No frame is missing, none comes twice."""
    return given == list(range(given[0], given[-1] + 1))


# ------------------------------------------------------------------------------- webrtcvad and floor alone


def test_silence_gives_nothing() -> None:
    assert run("." * 500) == []


def test_a_click_does_not_open_it() -> None:
    assert run("." * 50 + "v" + "." * 50) == []


def test_speech_opens_it_and_silence_closes_it() -> None:
    events = run("." * 50 + "v" * 30 + "." * 60)
    assert isinstance(events[0], ActivityStarted)
    assert events.count(ActivityEnded()) == 1
    assert events[-1] == ActivityEnded()


def test_the_pre_roll_comes_first_and_begins_before_the_speech() -> None:
    events = run("." * 50 + "v" * 30 + "." * 60)
    given = numbers(events)
    assert len(starts(events)[0].pre_roll) == SETTINGS.pre_roll_ms // FRAME_MS
    assert given[0] <= 50 - 5, "at least 100 ms from before the first voiced frame"
    assert is_whole(given)


def test_the_hangover_is_sent_too() -> None:
    events = run("." * 50 + "v" * 30 + "." * 60)
    last_voiced = 79
    hangover = SETTINGS.hangover_ms // FRAME_MS
    assert numbers(events)[-1] >= last_voiced + hangover


def test_a_breath_does_not_close_it() -> None:
    events = run("." * 50 + "v" * 30 + "." * 20 + "v" * 30 + "." * 60)
    assert len(starts(events)) == 1


def test_two_sentences_are_two_activities() -> None:
    events = run("." * 50 + "v" * 30 + "." * 60 + "v" * 30 + "." * 60)
    assert len(starts(events)) == 2
    assert len(numbers(events)) == len(set(numbers(events)))


def test_closing_it_ends_an_open_activity_and_forgets_the_pre_roll() -> None:
    gate = Gate(SETTINGS)
    run("v" * 30, gate)
    assert gate.is_open
    assert gate.close() == [ActivityEnded()]
    assert gate.close() == []
    started = run("v" * 30, gate)[0]
    assert isinstance(started, ActivityStarted)
    assert started.pre_roll[0].number == 0, "nothing from before it was closed"


@pytest.mark.parametrize("onset_ms", [40, 120])
def test_a_longer_onset_opens_it_later(onset_ms: int) -> None:
    gate = Gate(SETTINGS.model_copy(update={"onset_ms": onset_ms}))
    opened = next(number for number, frame in enumerate(frames("v" * 50)) if gate.process(frame))
    assert opened + 1 >= onset_ms // FRAME_MS


def test_steady_sound_does_not_keep_it_open_for_ever() -> None:
    gate = Gate(SETTINGS.model_copy(update={"max_activity_s": 300, "above_noise_db": 10.0}))
    events = run("." * 50 + "v" * 500, gate)
    assert events[-1] == ActivityEnded()
    assert gate.state is GateState.CLOSED


def test_it_tells_level_and_floor() -> None:
    gate = Gate(SETTINGS)
    for frame in frames_of(noise("hiss", 5, seed=1)):
        gate.process(Frame(0, frame))
    hiss_dbfs = 20 * np.log10(NOISE_RMS / 32768)
    assert gate.noise_floor_dbfs == pytest.approx(hiss_dbfs, abs=3)
    assert gate.level_dbfs == pytest.approx(hiss_dbfs, abs=3)


# ------------------------------------------------------------------------------- the longest activity


def test_the_longest_activity_is_followed_by_another_without_a_frame_lost() -> None:
    events = run("." * 50 + WORDS * 40)
    longest = SETTINGS.max_activity_s * 1000 // FRAME_MS
    ends = [at for at, event in enumerate(events) if event == ActivityEnded()]
    assert len(ends) >= 3
    assert len(numbers(events[: ends[0]])) == longest
    assert isinstance(events[ends[0] + 1], ActivityStarted)
    assert len(starts(events)[1].pre_roll) == 1, "it begins with the very next frame"
    assert is_whole(numbers(events))


def test_a_person_who_has_finished_gets_no_second_activity() -> None:
    longest = SETTINGS.max_activity_s * 1000 // FRAME_MS
    speech = (WORDS * 20)[: longest - 45]  # with its pre-roll it is over half a second before the limit
    events = run("." * 50 + speech + "." * 200)
    assert len(starts(events)) == 1
    assert len(numbers(events)) == longest


def test_closing_it_between_two_pieces_of_a_long_activity_ends_the_matter() -> None:
    gate = Gate(SETTINGS)
    sound = iter(frames("." * 50 + WORDS * 40))
    while ActivityEnded() not in gate.process(next(sound)):
        pass
    assert gate.close() == []
    assert gate.process(next(sound)) == []


# ------------------------------------------------------------------------------- the confirmation


def confirming(confirmer: Told) -> Gate:
    return Gate(SETTINGS.model_copy(update={"confirm_within_ms": 600}), confirmer)


def test_a_candidate_that_is_not_confirmed_costs_nothing() -> None:
    gate = confirming(Told(never=True))
    assert run("." * 50 + WORDS * 8 + "." * 60, gate) == []
    counts = gate.counts
    assert counts.candidates == counts.dropped > 1
    assert counts.confirmed == 0


def test_a_candidate_is_dropped_when_its_voicing_ends() -> None:
    gate = confirming(Told(never=True))
    states = []
    for frame in frames("." * 50 + "v" * 10 + "." * (PAUSE_MS // FRAME_MS + 5)):
        gate.process(frame)
        states.append(gate.state)
    assert states[59] is GateState.CANDIDATE
    assert states[-1] is GateState.CLOSED
    assert gate.counts == GateCounts(candidates=1, confirmed=0, dropped=1)


@pytest.mark.parametrize("after_chunks", [0, 10, 20, 25])
def test_the_confirmation_costs_no_sound_however_long_it_takes(after_chunks: int) -> None:
    events = run("." * 60 + WORDS * 3 + "." * 60, confirming(Told(after_chunks=after_chunks)))
    given = numbers(events)
    assert len(starts(events)) == 1
    assert given[0] <= 60 - 10, "200 ms from before the first voiced frame"
    assert is_whole(given)


def test_a_second_candidate_still_has_the_sound_of_the_first() -> None:
    gate = confirming(Told(after_chunks=32))
    events = run("." * 60 + "v" * 8 + "." * (PAUSE_MS // FRAME_MS) + "v" * 30 + "." * 60, gate)
    assert gate.counts == GateCounts(candidates=2, confirmed=1, dropped=1)
    assert numbers(events)[0] <= 68 + PAUSE_MS // FRAME_MS - 10


def test_noise_after_speech_does_not_keep_it_open() -> None:
    """The confirmer hears a person for a second; what webrtcvad takes for speech goes on."""

    class PersonThenNoise(Told):
        def probability(self, chunk: bytes) -> float:
            return super().probability(chunk) if self.chunks < 40 else 0.0

    events = run("." * 50 + WORDS * 20, confirming(PersonThenNoise()))
    assert events.count(ActivityEnded()) == 1
    assert numbers(events)[-1] < 50 + 40 * 1.6 + SETTINGS.hangover_ms / FRAME_MS + 15


def test_closing_it_drops_a_candidate() -> None:
    gate = confirming(Told(never=True))
    run("." * 50 + "v" * 10, gate)
    assert gate.close() == []
    assert gate.counts == GateCounts(candidates=1, confirmed=0, dropped=1)


MakeGate = Callable[[], Gate]


@pytest.mark.parametrize(
    "make_gate",
    [lambda: Gate(SETTINGS), lambda: confirming(Told(after_chunks=18))],
    ids=["none", "confirmed"],
)
@settings(max_examples=100, deadline=None)
@given(
    pattern=st.lists(st.sampled_from([".", "v", "....", "vvvvvvvv", "." * 40, WORDS * 11]), max_size=40).map(
        "".join
    )
)
def test_activities_pair_and_no_frame_is_lost_or_doubled_within_them(
    make_gate: MakeGate, pattern: str
) -> None:
    is_open = False
    last: int | None = None
    latest = -1
    for event in run(pattern, make_gate()):
        if isinstance(event, ActivityStarted):
            assert not is_open
            is_open, last = True, None
        assert is_open
        for number in numbers([event]):
            assert last is None or number == last + 1
            assert number > latest, "no frame is in two activities"
            last = latest = number
        is_open = is_open and event != ActivityEnded()


# ------------------------------------------------------------------------------- somebody pressed the button


def waiting(pattern: str, gate: Gate) -> list[Event]:
    gate.wait_for_person()
    return run(pattern, gate)


@pytest.mark.parametrize("make_gate", [lambda: Gate(SETTINGS), lambda: confirming(Told(never=True))])
def test_the_first_voice_of_somebody_who_is_waited_for_opens_it_at_once(make_gate: MakeGate) -> None:
    events = waiting("." * 50 + "vv", make_gate())
    assert starts(events)
    assert numbers(events)[-1] == 51
    assert is_whole(numbers(events))


def test_the_click_of_the_button_is_no_person() -> None:
    assert waiting("v" + "." * 100, Gate(SETTINGS)) == []


def test_when_nobody_speaks_it_says_so_once_and_is_as_before() -> None:
    gate = Gate(SETTINGS)
    assert waiting("." * 300, gate) == [NobodySpoke()]
    assert run("..vv" + "." * 100, gate) == [], "two voiced frames are a click again"


def test_what_it_hears_is_over_after_the_hangover_like_any_other() -> None:
    events = waiting("...." + "v" * 20 + "." * 60, Gate(SETTINGS))
    assert events[-1] == ActivityEnded()
    assert not starts(waiting("." * 10, Gate(SETTINGS)))


def test_closing_it_while_it_waits_says_that_nobody_spoke() -> None:
    gate = Gate(SETTINGS)
    gate.wait_for_person()
    run("...", gate)
    assert gate.close() == [NobodySpoke()]
    assert gate.close() == []


def test_a_sound_that_was_in_doubt_is_a_person_once_the_button_says_so() -> None:
    gate = confirming(Told(never=True))
    assert run("." * 20 + "v" * 12, gate) == []
    assert gate.state is GateState.CANDIDATE
    assert starts(waiting("vv", gate))


# ------------------------------------------------------------------------------- with the real detector


def heard(sound: list[bytes]) -> list[Event]:
    gate = Gate(GateSettings())
    return [event for number, data in enumerate(sound) for event in gate.process(Frame(number, data))]


@pytest.mark.parametrize("name", sorted(set(NOISES) - {"sneeze", "clatter"}))
def test_a_kitchen_at_work_costs_nothing(name: str) -> None:
    assert heard(frames_of(noise(name, 10, seed=7))) == []


def test_a_voice_is_whole_on_the_wire() -> None:
    events = heard([SILENT_FRAME] * 60 + frames_of(babble(1.0)) + [SILENT_FRAME] * 60)
    assert len(starts(events)) == 1
    assert set(range(55, 110)) <= set(numbers(events))


@pytest.mark.rehearsal
@pytest.mark.parametrize("name", ["tap", "clock", "dishwasher", "music"])
@pytest.mark.parametrize("snr_db", [20, 5])
def test_a_question_in_a_kitchen_at_work_is_whole_on_the_wire(name: str, snr_db: int) -> None:
    said = asyncio.run(Mouth("slt").for_microphone("What can I cook with chickpeas and tomatoes?"))
    speech = np.frombuffer(said, dtype="<i2").astype(np.float64)
    speech *= NOISE_RMS * 10 ** (snr_db / 20) / loudness(speech)
    before, after = np.zeros(4 * 16_000), np.zeros(3 * 16_000)
    around = noise(name, 7 + len(speech) / 16_000, seed=11)
    mixed = np.concatenate([before, speech, after])
    mixed = mixed + around[: len(mixed)]
    events = heard(frames_of(mixed))
    first, last = 200, 200 + len(pcm(speech)) // 640
    assert len(starts(events)) == 1
    assert set(range(first, last)) <= set(numbers(events))
    assert events[-1] == ActivityEnded()
    assert numbers(events)[-1] < last + 100, "the noise does not keep it open"
