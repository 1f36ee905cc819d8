"""The tools that the model may call: thin wrappers between its arguments, the domain and words to speak."""

from __future__ import annotations

from device.tools.daystatus import day_status
from device.tools.drinking import log_water
from device.tools.eating import log_food, unplanned_food
from device.tools.exercise import log_activity
from device.tools.intake import set_profile
from device.tools.kitchen import Kitchen, Request
from device.tools.lookup import look_up_food
from device.tools.missing import missed_meal
from device.tools.registry import Registry
from device.tools.suggesting import suggest_meal
from device.tools.swapping import substitute
from device.tools.timing import timer
from device.tools.tool import Tool, tool
from device.tools.undo import undo
from device.tools.weighing import log_weight

ALL_TOOLS: tuple[Tool, ...] = (
    look_up_food,
    log_food,
    unplanned_food,
    missed_meal,
    substitute,
    suggest_meal,
    log_activity,
    day_status,
    undo,
    set_profile,
    log_weight,
    log_water,
    timer,
)

__all__ = ["ALL_TOOLS", "Kitchen", "Registry", "Request", "Tool", "tool"]
