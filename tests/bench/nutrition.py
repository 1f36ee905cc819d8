"""The nutrition domain: foods found, days reconciled, meals swapped, and a diary that survives a pulled plug.

food_figures.py, planning_figures.py and diary_figures.py say how each figure comes about.
"""

from __future__ import annotations

from typing import Any

from tests.bench.diary_figures import diary_figures
from tests.bench.food_figures import food_figures
from tests.bench.planning_figures import planning_figures

Figures = dict[str, Any]


def measure(*, quick: bool) -> Figures:
    """All figures of FACE's `nutrition`."""
    return planning_figures(quick=quick) | food_figures(quick=quick) | diary_figures(quick=quick)
