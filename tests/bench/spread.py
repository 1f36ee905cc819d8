"""The middle, a high percentile and the worst of what was measured."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def spread(measured: Sequence[float], *, percent: int) -> dict[str, float]:
    """Median, that percentile and the worst, rounded to hundredths."""
    ordered = sorted(measured)
    high = ordered[min(len(ordered) - 1, round(percent / 100 * len(ordered)))]
    return {
        "p50": round(statistics.median(ordered), 2),
        f"p{percent}": round(high, 2),
        "worst": round(ordered[-1], 2),
    }
