"""When to leave a connection: the policy, situation by situation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.live.handoff import HANDLE_PATIENCE_S, HandOffPolicy, Move, Reason, Situation, Stay

POLICY = HandOffPolicy(age_s=480, margin_s=5)


@pytest.mark.parametrize(
    ("situation", "decision"),
    [
        pytest.param(Situation(10, quiet_s=10), Stay(470), id="young"),
        pytest.param(Situation(480, quiet_s=0), Move(Reason.AGE), id="old and quiet"),
        pytest.param(Situation(600), Stay(None), id="old, but somebody talks"),
        pytest.param(Situation(500, quiet_s=1, handle_due=True), Stay(4), id="a better handle is to come"),
        pytest.param(Situation(500, quiet_s=5, handle_due=True), Move(Reason.AGE), id="it does not come"),
        pytest.param(Situation(10, quiet_s=3, left_s=50), Move(Reason.GO_AWAY), id="notice, quiet"),
        pytest.param(Situation(10, left_s=50), Stay(45), id="notice, somebody talks"),
        pytest.param(Situation(10, left_s=5), Move(Reason.DEADLINE), id="the last moment"),
        pytest.param(Situation(10, left_s=0), Move(Reason.DEADLINE), id="no time left"),
        pytest.param(
            Situation(10, quiet_s=0, left_s=7, handle_due=True), Stay(2), id="deadline before handle"
        ),
        pytest.param(
            Situation(10, quiet_s=3, left_s=50, handle_due=True), Stay(2), id="handle before deadline"
        ),
    ],
)
def test_what_is_done(situation: Situation, decision: Stay | Move) -> None:
    assert POLICY.decide(situation) == decision


SECONDS = st.floats(0, 4000, allow_nan=False)


@given(SECONDS, st.none() | SECONDS, st.booleans(), st.none() | SECONDS)
def test_it_never_stays_beyond_the_margin_and_never_asks_to_be_asked_again_at_once(
    age_s: float, quiet_s: float | None, handle_due: bool, left_s: float | None
) -> None:
    decision = POLICY.decide(Situation(age_s, quiet_s, handle_due=handle_due, left_s=left_s))
    if isinstance(decision, Stay):
        assert left_s is None or (decision.for_s is not None and decision.for_s <= left_s - POLICY.margin_s)
        assert decision.for_s is None or decision.for_s > 0
        assert left_s is not None or age_s < POLICY.age_s or quiet_s is None or quiet_s < HANDLE_PATIENCE_S
    if isinstance(decision, Move) and decision.reason is not Reason.DEADLINE:
        assert quiet_s is not None
