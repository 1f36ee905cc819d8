"""The pauses between attempts."""

from __future__ import annotations

import random

import pytest

from device.live.backoff import CEILING_S, QUOTA_S, Backoff


class Highest(random.Random):
    """Always the longest pause."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


def test_the_first_attempt_is_at_once_and_the_pauses_double_up_to_a_minute() -> None:
    backoff = Backoff(Highest())
    pauses = [backoff.next_s() for _ in range(12)]
    assert pauses[:5] == [0, 0.5, 1, 2, 4]
    assert pauses[-1] == CEILING_S
    assert pauses == sorted(pauses)


def test_the_jitter_covers_the_whole_pause() -> None:
    pauses = []
    for seed in range(200):
        backoff = Backoff(random.Random(seed))
        pauses.append([backoff.next_s() for _ in range(4)][-1])
    assert min(pauses) < 0.1
    assert 1.9 < max(pauses) <= 2


def test_a_good_connection_starts_it_afresh() -> None:
    backoff = Backoff(Highest())
    for _ in range(5):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == 0


def test_an_exhausted_quota_is_left_alone_for_a_minute() -> None:
    assert Backoff().next_s(quota_exhausted=True) >= QUOTA_S


def test_it_survives_years_of_outage() -> None:
    backoff = Backoff(Highest())
    for _ in range(5000):
        last = backoff.next_s()
    assert last == pytest.approx(CEILING_S)
