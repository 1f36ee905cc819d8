"""What an end says about the handle, the history and the next attempt."""

from __future__ import annotations

import pytest

from device.errors import ConnectionEndedError
from device.live.verdict import MOST_DOUBTFUL_ATTEMPTS, End, Verdict, judge


def ended(code: int, reason: str = "", *, unreachable: bool = False) -> ConnectionEndedError:
    return ConnectionEndedError(code, reason, unreachable=unreachable)


QUOTA = ended(1011, "RESOURCE_EXHAUSTED")
NO_ROUTE = ended(0, "OSError", unreachable=True)
UNAVAILABLE = ended(503, "HTTP status 503", unreachable=True)


@pytest.mark.parametrize("code", [1000, 1001, 1007, 1008, 1011, 1012, 1013, 4000])
def test_any_close_of_a_resumption_that_was_not_completed_costs_the_handle(code: int) -> None:
    assert judge(End(ended(code), resumed=True)) == Verdict(drop_handle=True)


@pytest.mark.parametrize("error", [ended(1006), ended(0, "no answer within 10 s")])
def test_what_the_network_may_be_to_blame_for_costs_the_handle_only_if_it_goes_on(
    error: ConnectionEndedError,
) -> None:
    for attempts in range(1, MOST_DOUBTFUL_ATTEMPTS):
        assert judge(End(error, resumed=True, attempts=attempts)) == Verdict()
    assert judge(End(error, resumed=True, attempts=MOST_DOUBTFUL_ATTEMPTS)) == Verdict(drop_handle=True)


@pytest.mark.parametrize("error", [QUOTA, NO_ROUTE, UNAVAILABLE])
def test_an_api_out_of_reach_says_nothing_about_the_handle(error: ConnectionEndedError) -> None:
    assert judge(End(error, resumed=True, attempts=50)) == Verdict()
    assert judge(End(error, attempts=50)) == Verdict()


def test_a_refused_history_is_told_in_another_way_and_a_refused_plain_setup_is_a_fault() -> None:
    assert judge(End(ended(1007), told_history=True)) == Verdict(drop_history=True)
    assert judge(End(ended(1007))) == Verdict(refused=True)
    assert judge(End(ended(1007), told_history=True)).plainer


def test_a_connection_was_useful_if_the_model_did_something_on_it_or_it_lasted() -> None:
    assert judge(End(ended(1006), established=True, generated=True)).useful
    assert judge(End(ended(1006), established=True, lasted_s=30)).useful
    assert not judge(End(ended(1006), established=True, lasted_s=3)).useful


def test_an_api_that_answers_and_objects_is_not_asked_again_at_once() -> None:
    assert not judge(End(ended(1008), established=True, generated=True, lasted_s=3)).useful
    assert judge(End(ended(1008), established=True, generated=True, lasted_s=30)).useful


def test_a_session_that_only_listens_and_then_refuses_what_it_heard_costs_the_handle() -> None:
    assert judge(End(ended(1007), established=True, resumed=True)).drop_handle
    assert judge(End(ended(1008), established=True, told_history=True)).drop_history
    assert not judge(End(ended(1011), established=True, resumed=True)).drop_handle, "its time was up"
    assert not judge(End(ended(1007), established=True, generated=True, resumed=True)).drop_handle
