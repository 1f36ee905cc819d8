"""The tools that the model may call: thin wrappers between its arguments, the domain and words to speak."""

from __future__ import annotations

from device.tools.kitchen import Kitchen, open_kitchen
from device.tools.nutrition import look_up_food, missed_meal
from device.tools.registry import Registry
from device.tools.tool import Tool, tool

ALL_TOOLS: tuple[Tool, ...] = (look_up_food, missed_meal)

__all__ = ["ALL_TOOLS", "Kitchen", "Registry", "Tool", "open_kitchen", "tool"]
