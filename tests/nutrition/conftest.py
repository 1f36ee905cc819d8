"""The shipped data, and data files as a person might write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from device.config import shipped_directory
from device.nutrition.foods import FoodDatabase
from device.nutrition.plan import Plan


@pytest.fixture(scope="session")
def foods() -> FoodDatabase:
    return FoodDatabase.load(shipped_directory() / "foods.yaml")


@pytest.fixture(scope="session")
def plan() -> Plan:
    return Plan.load(shipped_directory() / "plan.yaml")


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a data file and gives its path."""

    def write(text: str) -> Path:
        path = tmp_path / "data.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
