"""The sound path: the gate in kitchen noise, echo and barge-in, and how evenly replies are played.

Everything here is arithmetic over the real parts, in virtual time; gate_figures.py, echo_figures.py and
playback_figures.py say how each figure comes about.

sound_cpu_us_per_frame   echo canceller, gate and barge-in together, for one 20 ms frame
"""

from __future__ import annotations

from typing import Any

from tests.bench.echo_figures import echo_figures
from tests.bench.gate_figures import gate_figures
from tests.bench.playback_figures import playback_figures

Figures = dict[str, Any]


def measure(*, quick: bool) -> Figures:
    """All figures of FACE's `sound`."""
    echo = echo_figures(quick=quick)
    echo["sound_cpu_us_per_frame"] = echo.pop("cpu_us_per_frame")
    return echo | gate_figures(quick=quick) | playback_figures(quick=quick)
