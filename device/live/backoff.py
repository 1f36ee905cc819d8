"""How long to wait before another attempt to connect."""

from __future__ import annotations

import random

FIRST_S = 0.5
CEILING_S = 60.0
QUOTA_S = 60.0
"""The API counts attempts against the quota, so an exhausted one is left alone for a while."""


class Backoff:
    """Exponential with full jitter: at once, then up to 0.5 s, 1 s, 2 s ... 60 s.

    The jitter spreads the attempts of many devices after an outage
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """

    def __init__(self, source: random.Random | None = None) -> None:
        self._source = source or random.Random()
        self._failures = 0

    def reset(self) -> None:
        """The last connection was a good one."""
        self._failures = 0

    def next_s(self, *, quota_exhausted: bool = False) -> float:
        """Seconds until the next attempt."""
        ceiling = min(CEILING_S, FIRST_S * 2.0 ** (self._failures - 1)) if self._failures else 0.0
        self._failures = min(self._failures + 1, 16)
        jittered = self._source.uniform(0, ceiling)
        return QUOTA_S + jittered if quota_exhausted else jittered
