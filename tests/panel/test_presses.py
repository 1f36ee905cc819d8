"""The button's state machine: by hand for each rule, and over ten thousand random lives of a worn button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.panel.presses import BOUNCE_S, STUCK_S, HoldTimes, Presses, Signal

TIMES = HoldTimes(hold_s=1.5, countdown_s=3, restart_s=8)
LOOK_S = 0.15
START_S = 100.0
CHATTER_S = 0.02
"""Contacts that chatter for longer than this are broken."""

Edge = tuple[float, bool]
"""When, and whether the line went down."""


@dataclass
class Bench:
    """The line of a button, a clock, and what the machine told and when."""

    presses: Presses
    now_s: float = START_S
    down: bool = False

    def __post_init__(self) -> None:
        self.told: list[tuple[float, Signal]] = []

    @property
    def signals(self) -> list[Signal]:
        return [signal for _, signal in self.told]

    def run(self, until_s: float, *, looks: bool = True) -> None:
        """Let time pass, looking when the machine wants it and every LOOK_S."""
        while looks:
            due_s = self.presses.due_s
            next_s = self.now_s + LOOK_S if due_s is None else min(self.now_s + LOOK_S, due_s)
            if next_s > until_s:
                break
            self.now_s = max(self.now_s, next_s)
            self._note(self.presses.look(down=self.down, now_s=self.now_s))
        self.now_s = max(self.now_s, until_s)

    def edge(self, at_s: float, down: bool, *, seen: bool = True) -> None:
        self.run(at_s)
        self.down = down
        if seen:
            self._note(self.presses.edge(down=down, at_s=at_s))

    def late_edge(self, at_s: float, down: bool) -> None:
        """An edge that is told of only now."""
        self._note(self.presses.edge(down=down, at_s=at_s))

    def _note(self, signals: Sequence[Signal]) -> None:
        self.told += [(self.now_s, signal) for signal in signals]


def bench(*, down: bool = False) -> Bench:
    made = Bench(Presses(TIMES, down=down, now_s=START_S), down=down)
    made.run(START_S + 1)
    return made


def test_a_press_is_told_at_its_first_edge_and_a_click_after_a_stable_release() -> None:
    button = bench()
    button.edge(102.0, True)
    assert button.told == [(102.0, Signal.PRESS)]
    button.edge(102.2, False)
    assert button.signals == [Signal.PRESS]
    button.run(103)
    assert button.signals == [Signal.PRESS, Signal.CLICK]
    assert button.told[1][0] == pytest.approx(102.2 + BOUNCE_S)


def test_the_first_edge_counts_though_chatter_made_it_look_like_a_release() -> None:
    button = bench()
    button.edge(102.0, False)
    button.edge(102.001, True)
    button.run(102.5)
    assert button.told == [(102.0, Signal.PRESS)]
    button.edge(102.5, False)
    button.run(103)
    assert button.signals == [Signal.PRESS, Signal.CLICK]


def test_chatter_is_one_press_and_one_click() -> None:
    button = bench()
    for at_s in (102.0, 102.004, 102.01):
        button.edge(at_s, True)
        button.edge(at_s + 0.002, False)
    button.edge(102.015, True)
    for at_s in (102.3, 102.304, 102.31):
        button.edge(at_s, False)
        button.edge(at_s + 0.002, True)
    button.edge(102.315, False)
    button.run(103)
    assert button.signals == [Signal.PRESS, Signal.CLICK]


def test_a_new_press_needs_a_stable_release() -> None:
    button = bench()
    button.edge(102.0, True)
    button.edge(102.2, False)
    button.edge(102.2 + 0.8 * BOUNCE_S, True)
    button.run(103)
    assert button.signals == [Signal.PRESS]
    button.edge(103.0, False)
    button.edge(103.0 + 1.1 * BOUNCE_S, True)
    assert button.signals == [Signal.PRESS, Signal.CLICK, Signal.PRESS]


def test_a_hold_is_told_once_while_the_button_is_down_and_there_is_no_click_after_it() -> None:
    button = bench()
    button.edge(102.0, True)
    button.run(103.4)
    assert button.signals == [Signal.PRESS]
    button.run(104.9)
    assert button.signals == [Signal.PRESS, Signal.HOLD]
    assert button.told[1][0] == pytest.approx(103.5)
    button.edge(104.9, False)
    button.run(106)
    assert button.signals == [Signal.PRESS, Signal.HOLD]


def test_the_countdown_ends_where_the_button_is_let_go() -> None:
    button = bench()
    button.edge(102.0, True)
    button.edge(106.0, False)
    button.run(112)
    assert button.signals == [Signal.PRESS, Signal.HOLD, Signal.COUNTDOWN, Signal.COUNTDOWN_OVER]
    assert button.told[2][0] == pytest.approx(105)


def test_a_restart_is_told_once_and_then_nothing_until_it_is_stuck() -> None:
    button = bench()
    button.edge(102.0, True)
    button.run(102 + STUCK_S + 5)
    assert button.signals[3:] == [Signal.RESTART, Signal.STUCK]
    assert [at_s for at_s, _ in button.told[3:]] == pytest.approx([110, 102 + STUCK_S])
    button.edge(130.0, False)
    button.run(131)
    assert button.signals[-1] is Signal.UNSTUCK
    assert Signal.CLICK not in button.signals
    assert Signal.COUNTDOWN_OVER not in button.signals


def test_a_press_from_before_the_start_counts_for_nothing() -> None:
    button = bench(down=True)
    button.edge(104.0, False)
    button.run(105)
    assert button.signals == []
    button.edge(105.0, True)
    assert button.signals == [Signal.PRESS]


def test_a_button_that_is_down_from_the_start_is_told_to_be_stuck() -> None:
    button = bench(down=True)
    button.run(START_S + STUCK_S + 3)
    assert button.signals == [Signal.STUCK]
    assert button.told[0][0] == pytest.approx(START_S + STUCK_S)
    button.edge(START_S + STUCK_S + 3, False)
    button.run(START_S + STUCK_S + 4)
    assert button.signals == [Signal.STUCK, Signal.UNSTUCK]


def test_an_edge_that_comes_with_the_start_is_not_a_press() -> None:
    presses = Presses(TIMES, down=False, now_s=START_S)
    assert presses.edge(down=False, at_s=START_S + 0.001) == []


def test_a_missed_press_is_found_by_looking_and_its_late_edge_is_no_second_one() -> None:
    button = bench()
    button.edge(102.0, True, seen=False)
    button.run(102.2)
    button.late_edge(102.0, True)
    button.run(102.5)
    assert button.signals == [Signal.PRESS]
    assert button.told[0][0] <= 102.0 + LOOK_S


def test_a_press_too_short_for_a_look_is_told_by_its_release_alone() -> None:
    button = bench()
    button.edge(102.02, False)
    button.run(103)
    assert button.signals == [Signal.PRESS, Signal.CLICK]


def test_a_missed_release_is_found_by_looking() -> None:
    button = bench()
    button.edge(102.0, True)
    button.edge(102.3, False, seen=False)
    button.run(103)
    assert button.signals == [Signal.PRESS, Signal.CLICK]
    assert button.told[1][0] <= 102.3 + LOOK_S + BOUNCE_S


def test_late_chatter_of_a_release_is_no_press() -> None:
    button = bench()
    button.edge(102.0, True)
    button.edge(102.3, False)
    button.run(102.4)
    button.late_edge(102.305, True)
    button.late_edge(102.31, False)
    button.run(103)
    assert button.signals == [Signal.PRESS, Signal.CLICK]


def test_edges_that_all_come_late_are_still_two_presses() -> None:
    button = bench()
    for at_s, down in ((102.0, True), (102.1, False), (102.3, True), (102.4, False)):
        button.late_edge(at_s, down)
    button.run(103)
    assert button.signals == [Signal.PRESS, Signal.CLICK, Signal.PRESS, Signal.CLICK]


def test_a_short_press_that_was_looked_at_too_late_is_a_click_and_a_long_one_a_hold() -> None:
    for lasted_s, ending in ((1.4, Signal.CLICK), (1.6, Signal.HOLD)):
        button = bench()
        button.late_edge(102.0, True)
        button.late_edge(102.0 + lasted_s, False)
        button.run(110, looks=False)
        button.run(110.2)
        assert button.signals == [Signal.PRESS, ending]


# ------------------------------------------------------------------------------ random lives of a button


LONGEST_CHATTER = (0.001, 0.002, 0.005, 0.009, 0.014, CHATTER_S)


@dataclass(frozen=True)
class RealPress:
    """A person's press, in ms: how long the line is up before it, how long it is down."""

    up_ms: int
    down_ms: int
    chatter_bits: int
    """Which of LONGEST_CHATTER the contacts do."""
    missed_bits: int
    """Which of the edges no one tells of."""

    @property
    def can_be_missed(self) -> bool:
        """Whether looking finds it: up and down last longer than a look and a bounce."""
        return min(self.up_ms, self.down_ms) > 1000 * (LOOK_S + BOUNCE_S + 2 * CHATTER_S)


# Few draws for each press: ten thousand lives have to be lived in seconds.
PRESSES = st.builds(
    RealPress,
    up_ms=st.integers(91, 1000),
    down_ms=st.integers(21, 1000) | st.integers(1000, 10_000),
    chatter_bits=st.integers(0, 2 ** len(LONGEST_CHATTER) - 1),
    missed_bits=st.integers(0, 2**12 - 1),
)


def change(at_s: float, down: bool, chatter_bits: int) -> list[Edge]:
    """A change of the level, and back and forth as the contacts chatter."""
    edges = [(at_s, down)]
    for bit, after_s in enumerate(LONGEST_CHATTER):
        if chatter_bits >> bit & 1:
            edges += [(at_s + after_s - 0.0005, not down), (at_s + after_s, down)]
    return edges


def live(lives: Sequence[RealPress], *, misses: bool) -> tuple[Bench, list[tuple[float, float]]]:
    """Press the button as told; the bench, and when each press began and ended."""
    button = bench()
    real: list[tuple[float, float]] = []
    for press, following in zip(lives, [*lives[1:], None], strict=True):
        may_miss = misses and press.can_be_missed and (following is None or following.can_be_missed)
        began_s = (real[-1][1] if real else button.now_s) + press.up_ms / 1000
        ended_s = began_s + press.down_ms / 1000
        edges = change(began_s, True, press.chatter_bits) + change(ended_s, False, press.chatter_bits >> 1)
        for bit, (at_s, down) in enumerate(edges):
            button.edge(at_s, down, seen=not (may_miss and press.missed_bits >> bit & 1))
        real.append((began_s, ended_s))
    button.run(real[-1][1] + 1)
    return button, real


def told_of_each(button: Bench, real: Sequence[tuple[float, float]]) -> list[list[Signal]]:
    """What was told between each press and the next."""
    assert all(at_s >= real[0][0] for at_s, _ in button.told)
    starts = [began_s for began_s, _ in real] + [float("inf")]
    return [[signal for at_s, signal in button.told if a <= at_s < b] for a, b in pairwise(starts)]


def check(signals: list[Signal], lasted_s: float, uncertain_s: float) -> None:
    """Every press once and first; every hold once; a click exactly where there was no hold."""
    assert signals[0] is Signal.PRESS
    assert len(signals) == len(set(signals)), "nothing is told twice"
    assert (Signal.CLICK in signals) is (Signal.HOLD not in signals)
    for signal, after_s in ((Signal.HOLD, TIMES.hold_s), (Signal.RESTART, TIMES.restart_s)):
        if abs(lasted_s - after_s) > uncertain_s:
            assert (signal in signals) is (lasted_s > after_s)
    abandoned = Signal.COUNTDOWN in signals and Signal.RESTART not in signals
    assert (Signal.COUNTDOWN_OVER in signals) is abandoned


MANY = settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))


@MANY
@given(st.lists(PRESSES, min_size=1, max_size=4))
def test_with_every_edge_every_press_and_hold_is_told_exactly_once(lives: list[RealPress]) -> None:
    button, real = live(lives, misses=False)
    for signals, (began_s, ended_s) in zip(told_of_each(button, real), real, strict=True):
        check(signals, ended_s - began_s, uncertain_s=2 * CHATTER_S)


@MANY
@given(st.lists(PRESSES, min_size=1, max_size=4))
def test_with_missed_edges_every_press_and_hold_is_told_exactly_once(lives: list[RealPress]) -> None:
    button, real = live(lives, misses=True)
    for signals, (began_s, ended_s) in zip(told_of_each(button, real), real, strict=True):
        check(signals, ended_s - began_s, uncertain_s=LOOK_S + 2 * CHATTER_S)
