"""How soon a reply begins and how evenly it goes on, however it comes: the real queue in simulated time.

Every pattern brings a number of replies of 2 to 20 s to one fresh Playback, whose device takes 20 ms of them
every 20 ms. For each pattern:

start_ms_p50, start_ms_worst   from the first byte received to the first sample handed to the device
gaps                           breaks in a reply that had begun
gaps_unforced                  of them, those in replies that never fell further behind the clock than
                               a reply may be held back (the goal is none)
gap_ms                         silence within replies, of all that was heard, per minute
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from device.audio.formats import BLOCK_BYTES, BLOCK_MS, REPLY_RATE_HZ, SAMPLE_BYTES
from device.audio.jitter import LONGEST_LEAD_MS
from device.audio.playback import Playback

BYTES_PER_MS = REPLY_RATE_HZ * SAMPLE_BYTES // 1000
PIECE_MS = 40
PAUSE_BETWEEN_REPLIES_MS = 1500
TAIL_BLOCKS = 6

Arrivals = list[tuple[float, float]]
"""When each piece comes and how long it sounds, in ms from the first."""
Pattern = Callable[[random.Random, float], Arrivals]


def playback_figures(*, quick: bool) -> dict[str, dict[str, float]]:
    """The figures of every pattern."""
    replies = 30 if quick else 200
    return {f"playback_{name}": _measure(pattern, replies) for name, pattern in PATTERNS.items()}


# ------------------------------------------------------------------------------------ how replies come


def paced(speed: float, piece_ms: float = PIECE_MS) -> Pattern:
    """Pieces at `speed` times real time, each late by up to 10 ms."""

    def arrivals(dice: random.Random, length_ms: float) -> Arrivals:
        due = [(at * piece_ms / speed, piece_ms) for at in range(round(length_ms / piece_ms))]
        return _in_order([(at_ms + (dice.uniform(0, 10) if at_ms else 0), ms) for at_ms, ms in due])

    return arrivals


def with_gaps(speed: float, gap_ms: float) -> Pattern:
    """The same, and now and then nothing comes for `gap_ms`; then all that was missed."""

    def arrivals(dice: random.Random, length_ms: float) -> Arrivals:
        even = paced(speed)(dice, length_ms)
        spread_ms = even[-1][0] / (count := max(1, round(even[-1][0] / 3000)))
        begins = [spread_ms * number + dice.uniform(0, spread_ms - 2 * gap_ms) for number in range(count)]
        return _in_order([(_after_gaps(at_ms, begins, gap_ms), ms) for at_ms, ms in even])

    return arrivals


def in_bursts(every_ms: float) -> Pattern:
    """As much as sounds in `every_ms` at once, a fifth of it ahead of real time, up to 60 ms late."""

    def arrivals(dice: random.Random, length_ms: float) -> Arrivals:
        number = max(1, round(length_ms / every_ms))
        return [(at * every_ms / 1.2 + (dice.uniform(0, 60) if at else 0), every_ms) for at in range(number)]

    return arrivals


def all_at_once(_: random.Random, __: float) -> Arrivals:
    """A minute of reply in one burst."""
    return [(0.0, 60_000.0)]


def mixed(dice: random.Random, length_ms: float) -> Arrivals:
    """Any of the others that keep up with real time."""
    return dice.choice([paced(1), paced(2), with_gaps(1, 200), in_bursts(400), all_at_once])(dice, length_ms)


PATTERNS: dict[str, Pattern] = {
    "paced_0_8x": paced(0.8),
    "paced_1x": paced(1),
    "paced_1_5x": paced(1.5),
    "paced_3x": paced(3),
    "paced_1x_in_200_ms": paced(1, piece_ms=200),
    "gaps_200_ms_at_1x": with_gaps(1, 200),
    "gaps_200_ms_at_2x": with_gaps(2, 200),
    "bursts_400_ms": in_bursts(400),
    "burst_of_a_minute": all_at_once,
    "mixed": mixed,
}


def _after_gaps(at_ms: float, begins: list[float], gap_ms: float) -> float:
    return max([at_ms, *(begin + gap_ms for begin in begins if begin <= at_ms < begin + gap_ms)])


def _in_order(arrivals: Arrivals) -> Arrivals:
    """One connection delivers in order."""
    latest, ordered = 0.0, []
    for at_ms, duration_ms in arrivals:
        latest = max(latest, at_ms)
        ordered.append((latest, duration_ms))
    return ordered


# ------------------------------------------------------------------------------------ how they are heard


@dataclass
class _Heard:
    start_ms: float
    gaps: int
    gap_ms: float
    length_ms: float


def _measure(pattern: Pattern, replies: int) -> dict[str, float]:
    dice = random.Random(1)  # the same replies every time
    room = _Room()
    heard, unforced = [], 0
    for _ in range(replies):
        arrivals = pattern(dice, dice.uniform(2_000, 20_000))
        heard.append(room.hear(arrivals))
        if _worst_lateness_ms(arrivals) <= LONGEST_LEAD_MS:
            unforced += heard[-1].gaps
    starts = [reply.start_ms for reply in heard]
    return {
        "start_ms_p50": statistics.median(starts),
        "start_ms_worst": max(starts),
        "gaps": sum(reply.gaps for reply in heard),
        "gaps_unforced": unforced,
        "gap_ms_per_minute": sum(reply.gap_ms for reply in heard)
        / sum(reply.length_ms for reply in heard)
        * 60_000,
    }


class _Room:
    """A speaker whose device takes a block every 20 ms of a clock that only this advances."""

    def __init__(self) -> None:
        self._now_ms = 0.0
        self._playback = Playback(lambda: None, clock=lambda: self._now_ms / 1000, tail_blocks=TAIL_BLOCKS)

    def hear(self, arrivals: Arrivals) -> _Heard:
        began_ms = self._now_ms + 7  # not in step with the device
        coming = _coming(arrivals, began_ms)
        coming_ms, piece_ms = next(coming)
        length_ms = sum(duration_ms for _, duration_ms in arrivals)
        played_ms: list[float] = []
        left = round(length_ms * BYTES_PER_MS)
        while left:
            self._now_ms += BLOCK_MS
            while coming_ms <= self._now_ms:
                self._arrive(coming_ms, piece_ms)
                coming_ms, piece_ms = next(coming, (float("inf"), 0.0))
                if coming_ms == float("inf"):
                    self._playback.complete()
            _, played = self._playback.take(BLOCK_BYTES)
            left -= played
            if played:
                played_ms.append(self._now_ms)
        self._rest()
        breaks = [later - before - BLOCK_MS for before, later in pairwise(played_ms)]
        gaps = [silent_ms for silent_ms in breaks if silent_ms > 0]
        return _Heard(played_ms[0] - began_ms, len(gaps), sum(gaps), length_ms)

    def _arrive(self, at_ms: float, piece_ms: float) -> None:
        device_ms, self._now_ms = self._now_ms, at_ms
        self._playback.append(b"\x01\x00" * (round(piece_ms * BYTES_PER_MS) // SAMPLE_BYTES))
        self._now_ms = device_ms

    def _rest(self) -> None:
        for _ in range(PAUSE_BETWEEN_REPLIES_MS // BLOCK_MS):
            self._now_ms += BLOCK_MS
            self._playback.take(BLOCK_BYTES)


def _coming(arrivals: Arrivals, began_ms: float) -> Iterator[tuple[float, float]]:
    for at_ms, duration_ms in arrivals:
        yield began_ms + at_ms, duration_ms


def _worst_lateness_ms(arrivals: Arrivals) -> float:
    """How far what had come ever fell behind the clock."""
    worst, received = 0.0, 0.0
    for at_ms, duration_ms in arrivals:
        worst = max(worst, at_ms - received)
        received += duration_ms
    return worst
