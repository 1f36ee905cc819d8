"""The household's kitchen as Settings describe it: foods, plan and clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time

from device.config import Settings
from device.tools.kitchen import Kitchen, open_kitchen


def open_household(settings: Settings, now: Callable[[], datetime] | None = None) -> Kitchen:
    """The kitchen of these settings; `now` is its clock, the machine's unless another is given.

    Raises:
        ConfigError: the foods or the plan cannot be read or are wrong; file, line and fault are named.
    """
    zone = settings.household.zone
    return open_kitchen(
        settings.nutrition.foods_file,
        settings.nutrition.plan_file,
        now or (lambda: datetime.now(zone).astimezone(zone)),
        time.fromisoformat(settings.household.day_start),
    )
