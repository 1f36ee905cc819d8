"""Which of the client's tools does what, and how its arguments are named: read from its declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from device.rehearsal.protocol import FunctionDeclaration
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Tools

LOOK_UP_FOOD = "look_up_food"
LOG_FOOD = "log_food"
UNPLANNED_FOOD = "unplanned_food"
MISSED_MEAL = "missed_meal"
SUBSTITUTE = "substitute"
SUGGEST_MEAL = "suggest_meal"
LOG_ACTIVITY = "log_activity"
DAY_STATUS = "day_status"
UNDO = "undo"
SET_PROFILE = "set_profile"
LOG_WEIGHT = "log_weight"
LOG_WATER = "log_water"
TIMER = "timer"

_CANNOT = {
    LOOK_UP_FOOD: "I cannot look up foods here.",
    LOG_FOOD: "I cannot write down what was eaten here.",
    UNPLANNED_FOOD: "I cannot fit other food into the day here.",
    MISSED_MEAL: "I cannot keep track of meals here.",
    SUBSTITUTE: "I cannot find substitutes here.",
    SUGGEST_MEAL: "I cannot suggest meals here.",
    LOG_ACTIVITY: "I cannot write down activities here.",
    DAY_STATUS: "I cannot tell how the day stands here.",
    UNDO: "I cannot take anything back here.",
    SET_PROFILE: "I cannot keep profiles here.",
    LOG_WEIGHT: "I cannot write down weights here.",
    LOG_WATER: "I cannot write down water here.",
    TIMER: "I cannot set timers here.",
}
_ALSO_CALLED = {LOOK_UP_FOOD: ("look", "food"), MISSED_MEAL: ("miss", "meal")}
"""Part of the name of a tool that will do too, and an argument that it has to take."""
_OF_NOBODY = {LOOK_UP_FOOD, TIMER}

PERSON = "person"


def find_tool(usual_name: str, tools: Tools) -> FunctionDeclaration | None:
    """The client's tool for something, by its usual name, else one that is called and used like it."""
    if usual_name in tools or usual_name not in _ALSO_CALLED:
        return tools.get(usual_name)
    part, argument = _ALSO_CALLED[usual_name]
    return next(
        (tool for tool in tools.values() if argument in tool.argument_names and part in tool.name), None
    )


def cannot(usual_name: str) -> str:
    """What to say where the client declares no tool for it."""
    return _CANNOT[usual_name]


def meal_names(tools: Tools) -> tuple[str, ...]:
    """The meals that the client's tool declares by name, if it does."""
    tool = find_tool(MISSED_MEAL, tools)
    return _declared_values(tool, "meal") if tool else ()


def people_names(tools: Tools) -> tuple[str, ...]:
    """The people that the client's tools declare by name, if they do."""
    names = (_declared_values(tool, PERSON) for tool in tools.values())
    return next((declared for declared in names if declared), ())


def is_for_one_only(usual_name: str, tool: FunctionDeclaration) -> bool:
    """Whether a tool keeps something of a person, but cannot be told of whom."""
    return usual_name not in _OF_NOBODY and PERSON not in tool.argument_names


def call_of(tool: FunctionDeclaration, arguments: JsonObject) -> Call:
    """A call with the arguments that the tool declares, in their declared types."""
    schema = {"properties": {name: tool.argument_schema(name) for name in tool.argument_names}}
    return Call(tool.name, _fitting(arguments, schema))


def _declared_values(tool: FunctionDeclaration, argument: str) -> tuple[str, ...]:
    return tuple(str(value) for value in tool.argument_schema(argument).get("enum") or ())


def _fitting(given: JsonObject, schema: Mapping[str, Any]) -> JsonObject:
    """Of an object what the schema has a property for; all of it where no properties are declared."""
    properties = schema.get("properties") or {}
    if not properties:
        return given
    return {name: _typed(value, properties[name]) for name, value in given.items() if name in properties}


def _typed(value: object, schema: Mapping[str, Any]) -> object:
    """The value as the declared type wants it; numbers said to tools that take text become text."""
    if isinstance(value, list):
        return [_typed(each, schema.get("items") or {}) for each in value]
    if isinstance(value, dict):
        return _fitting(value, schema)
    if isinstance(value, bool):
        return value
    if isinstance(value, float | int) and str(schema.get("type", "")).lower() == "string":
        return f"{value:g}"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
