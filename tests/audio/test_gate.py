"""The gate, with webrtcvad's real verdicts on a voice made of tones, and on silence and clicks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.formats import SILENT_FRAME
from device.audio.gate import Gate
from device.config import GateSettings
from device.events import FRAME_MS, ActivityEnded, ActivityFrame, ActivityStarted, Event, Frame
from tests.sounds import vowel

SETTINGS = GateSettings(onset_ms=120, hangover_ms=600, pre_roll_ms=400)


def frames(pattern: str) -> list[Frame]:
    """'.' is a silent frame, 'v' a voiced one."""
    return [
        Frame(number, vowel(number) if kind == "v" else SILENT_FRAME) for number, kind in enumerate(pattern)
    ]


def run(pattern: str, gate: Gate | None = None) -> list[Event]:
    gate = gate or Gate(SETTINGS)
    return [event for frame in frames(pattern) for event in gate.process(frame)]


def numbers(events: list[Event]) -> list[int]:
    given: list[int] = []
    for event in events:
        if isinstance(event, ActivityStarted):
            given += [frame.number for frame in event.pre_roll]
        elif isinstance(event, ActivityFrame):
            given.append(event.frame.number)
    return given


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
    assert len(events[0].pre_roll) == SETTINGS.pre_roll_ms // FRAME_MS  # type: ignore[union-attr]
    assert given[0] <= 50 - 5, "at least 100 ms from before the first voiced frame"
    assert given == list(range(given[0], given[-1] + 1)), "no frame is missing, none comes twice"


def test_the_hangover_is_sent_too() -> None:
    events = run("." * 50 + "v" * 30 + "." * 60)
    last_voiced = 79
    hangover = SETTINGS.hangover_ms // FRAME_MS
    assert numbers(events)[-1] >= last_voiced + hangover


def test_a_breath_does_not_close_it() -> None:
    events = run("." * 50 + "v" * 30 + "." * 20 + "v" * 30 + "." * 60)
    assert sum(isinstance(event, ActivityStarted) for event in events) == 1


def test_two_sentences_are_two_activities() -> None:
    events = run("." * 50 + "v" * 30 + "." * 60 + "v" * 30 + "." * 60)
    assert sum(isinstance(event, ActivityStarted) for event in events) == 2
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


@pytest.mark.parametrize("onset_ms", [40, 120, 200])
def test_a_longer_onset_opens_it_later(onset_ms: int) -> None:
    gate = Gate(GateSettings(onset_ms=onset_ms, hangover_ms=600, pre_roll_ms=400))
    opened = next(number for number, frame in enumerate(frames("v" * 50)) if gate.process(frame))
    assert opened + 1 >= onset_ms // FRAME_MS


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([".", "v", "....", "vvvvvvvv", "." * 40]), max_size=40).map("".join))
def test_activities_pair_and_no_frame_is_lost_or_doubled_within_them(pattern: str) -> None:
    is_open = False
    last: int | None = None
    for event in run(pattern):
        if isinstance(event, ActivityStarted):
            assert not is_open
            is_open, last = True, None
        assert is_open
        for number in numbers([event]):
            assert last is None or number == last + 1
            last = number
        is_open = is_open and event != ActivityEnded()
