"""When a reply begins, pauses and goes on, in a time of the test's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.audio.jitter import (
    FIRST_NEED_MS,
    LONGEST_LEAD_MS,
    MARGIN_MS,
    PATIENCE_MS,
    TRUSTED_REPLIES,
    JitterPolicy,
)

FIRST_LEAD_MS = FIRST_NEED_MS + MARGIN_MS


def hear(policy: JitterPolicy, arrivals: list[tuple[float, float]]) -> None:
    """A reply whose pieces come at (s, of ms)."""
    for at_s, duration_ms in arrivals:
        policy.arrived(at_s, duration_ms)
    policy.complete()
    policy.over()


def paced(gap_at: int | None = None) -> list[tuple[float, float]]:
    """40 ms every 40 ms for two seconds; 200 ms of nothing before piece `gap_at`, then what was missed."""
    times = [0.04 * number for number in range(50)]
    if gap_at is not None:
        times[gap_at : gap_at + 5] = [0.04 * (gap_at + 5)] * 5
    return [(at_s, 40.0) for at_s in times]


def test_the_first_reply_begins_when_a_gap_of_200_ms_is_covered() -> None:
    policy = JitterPolicy()
    policy.arrived(0.0, 100)
    assert not policy.may_play(0.0, 100)
    policy.arrived(0.05, 150)
    assert policy.may_play(0.05, 250)


def test_a_burst_begins_at_once() -> None:
    policy = JitterPolicy()
    policy.arrived(0.0, 60_000)
    assert policy.may_play(0.0, 60_000)


def test_a_short_reply_that_is_complete_begins_at_once() -> None:
    policy = JitterPolicy()
    policy.arrived(0.0, 40)
    assert not policy.may_play(0.0, 40)
    policy.complete()
    assert policy.may_play(0.0, 40)


def test_a_short_reply_of_which_nothing_more_comes_is_not_held_for_ever() -> None:
    policy = JitterPolicy()
    policy.arrived(0.0, 40)
    assert not policy.may_play(PATIENCE_MS / 1000 - 0.01, 40)
    assert policy.may_play(PATIENCE_MS / 1000, 40)


def test_after_some_even_replies_the_next_begins_sooner() -> None:
    policy = JitterPolicy()
    for _ in range(TRUSTED_REPLIES):
        hear(policy, paced())
    assert policy.lead_ms < 100


def test_one_gap_is_remembered_for_some_replies() -> None:
    policy = JitterPolicy()
    for _ in range(TRUSTED_REPLIES):
        hear(policy, paced())
    hear(policy, paced(gap_at=10))
    for _ in range(5):
        hear(policy, paced())
    assert policy.lead_ms >= 200


def test_a_burst_teaches_nothing_about_gaps() -> None:
    policy = JitterPolicy()
    for _ in range(20):
        hear(policy, [(0.0, 3000.0)])
    assert policy.lead_ms == FIRST_LEAD_MS


def test_a_stall_of_seconds_does_not_delay_the_replies_after_it() -> None:
    policy = JitterPolicy()
    for _ in range(TRUSTED_REPLIES):
        hear(policy, paced())
    hear(policy, [*paced(), *((at_s + 7, ms) for at_s, ms in paced())])
    assert policy.lead_ms < 100


def test_a_reply_that_runs_dry_pauses_longer_each_time_instead_of_stuttering() -> None:
    policy = JitterPolicy()
    policy.arrived(0.0, 400)
    assert policy.may_play(0.0, 400)
    policy.ran_dry()
    policy.arrived(0.5, 300)
    assert not policy.may_play(0.5, 300)
    policy.arrived(0.6, 150)
    assert policy.may_play(0.6, 450)
    policy.ran_dry()
    policy.arrived(0.9, 450)
    assert not policy.may_play(0.9, 450)
    assert policy.pauses == 2


def test_a_gap_so_long_that_all_was_heard_is_learnt_from_like_any_other() -> None:
    policy = JitterPolicy()
    for _ in range(TRUSTED_REPLIES):
        hear(policy, paced())
    policy.arrived(0.0, 100)
    assert policy.may_play(0.0, 100)
    policy.ran_dry()
    policy.heard()
    for at_s, duration_ms in paced():
        policy.arrived(0.4 + at_s, duration_ms)
    policy.complete()
    policy.heard()
    assert policy.lead_ms == pytest.approx(300 + MARGIN_MS)
    assert policy.pauses == 1


def test_the_end_of_a_reply_is_no_pause() -> None:
    policy = JitterPolicy()
    policy.arrived(0.0, 400)
    assert policy.may_play(0.0, 400)
    policy.complete()
    policy.ran_dry()
    policy.over()
    policy.arrived(9.0, 400)
    assert policy.pauses == 0


@given(st.lists(st.lists(st.tuples(st.floats(0, 5), st.floats(1, 2000)), min_size=1), max_size=20))
def test_the_lead_stays_within_its_bounds(replies: list[list[tuple[float, float]]]) -> None:
    policy = JitterPolicy()
    for reply in replies:
        hear(policy, sorted(reply))
        assert 0 < policy.lead_ms <= LONGEST_LEAD_MS
