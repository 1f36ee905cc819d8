"""The two verdicts on how the device is, case by case."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.service.health import DeviceFacts, Facts, Health, SessionFacts, alive, works

WELL = Facts(
    microphone=DeviceFacts(silent_s=0.02),
    speaker=DeviceFacts(silent_s=0.02),
    session=SessionFacts(is_connected=True),
)


def with_microphone(silent_s: float, *, is_closed: bool = False, is_sought: bool = False) -> Facts:
    return replace(WELL, microphone=DeviceFacts(silent_s, is_closed, is_sought))


def with_speaker(silent_s: float, *, is_sought: bool = False) -> Facts:
    return replace(WELL, speaker=DeviceFacts(silent_s, is_sought=is_sought))


def with_session(*, is_connected: bool, overdue_s: float = 0) -> Facts:
    return replace(WELL, session=SessionFacts(is_connected, overdue_s))


CASES = {
    "all is well": (WELL, True, True),
    "the microphone hesitates": (with_microphone(1.9), True, True),
    "the microphone is silent, and its supervisor has still to notice": (with_microphone(2.1), False, True),
    "the microphone was pulled, and its supervisor seeks it": (
        with_microphone(9e4, is_sought=True),
        False,
        True,
    ),
    "the microphone's thread hangs, and nobody has noticed": (with_microphone(31), False, False),
    "the microphone is muted": (with_microphone(9e4, is_closed=True), True, True),
    "the speaker was pulled, and its supervisor seeks it": (with_speaker(9e4, is_sought=True), False, True),
    "the speaker's thread hangs, and nobody has noticed": (with_speaker(31), False, False),
    "the network is down since yesterday": (with_session(is_connected=False), False, True),
    "an attempt to connect is slow": (with_session(is_connected=False, overdue_s=100), False, True),
    "the session has stopped trying": (with_session(is_connected=False, overdue_s=181), False, False),
    "what is sent waits a little": (with_session(is_connected=True, overdue_s=9), True, True),
    "the connection is dead, and not noticed yet": (
        with_session(is_connected=True, overdue_s=11),
        False,
        True,
    ),
    "nothing is sent for ever": (with_session(is_connected=True, overdue_s=181), False, False),
    "the loop was late": (replace(WELL, loop_lag_s=0.9), True, True),
    "the loop was very late": (replace(WELL, loop_lag_s=1.1), False, True),
    "the loop hangs": (replace(WELL, loop_lag_s=11), False, False),
    "it starts": (replace(WELL, is_ready=False, microphone=DeviceFacts(60)), False, True),
    "it hangs while it starts": (replace(WELL, is_ready=False, loop_lag_s=11), False, False),
}


@pytest.mark.parametrize(("facts", "does_work", "is_alive"), CASES.values(), ids=CASES)
def test_the_verdicts(facts: Facts, does_work: bool, is_alive: bool) -> None:
    for verdict, expected in ((works(facts), does_work), (alive(facts), is_alive)):
        assert verdict.ok is expected
        assert bool(verdict.problems) is not expected


def test_each_thing_that_does_not_work_is_told_with_what_to_do() -> None:
    facts = Facts(
        microphone=DeviceFacts(12.4),
        speaker=DeviceFacts(90, is_sought=True),
        session=SessionFacts(is_connected=False),
        loop_lag_s=1.26,
    )
    assert works(facts) == Health(
        ok=False,
        problems=(
            "The microphone has given no sound for 12 s. Plug it out and in again.",
            "The speaker is away. Plug it in; Ladle takes it back by itself.",
            "There is no connection to the Live API. Ladle keeps trying; look at the network.",
            "Ladle is late by 1.3 s. The machine has too much to do or a slow disk.",
        ),
    )


def test_what_cannot_be_measured_does_not_pass_for_good() -> None:
    assert not works(with_microphone(math.nan)).ok
    assert not alive(with_speaker(math.nan)).ok


seconds = st.floats(0, 1e6)
devices = st.builds(DeviceFacts, seconds, st.booleans(), st.booleans())
sessions = st.builds(SessionFacts, st.booleans(), seconds)


@given(st.builds(Facts, devices, devices, sessions, seconds, st.booleans()))
def test_what_works_is_alive(facts: Facts) -> None:
    assert alive(facts).ok or not works(facts).ok


@given(devices, devices, st.booleans())
def test_no_network_and_no_devices_that_are_sought_never_starve_the_watchdog(
    microphone: DeviceFacts, speaker: DeviceFacts, is_connected: bool
) -> None:
    facts = Facts(
        replace(microphone, is_sought=True), replace(speaker, is_sought=True), SessionFacts(is_connected)
    )
    assert alive(facts).ok
