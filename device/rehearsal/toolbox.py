"""Which of the client's tools does what, and how its arguments are named: read from its declarations."""

from __future__ import annotations

from collections.abc import Mapping

from device.nutrition.portions import SpokenAmount
from device.rehearsal.protocol import FunctionDeclaration
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Tools

LOOK_UP_FOOD = "look_up_food"
MISSED_MEAL = "missed_meal"


def food_tool(tools: Tools) -> FunctionDeclaration | None:
    """The tool that knows foods: by its name, else the first that looks up and takes a `food`."""
    return tools.get(LOOK_UP_FOOD) or next(
        (tool for tool in tools.values() if "food" in tool.argument_names and "look" in tool.name), None
    )


def meal_tool(tools: Tools) -> FunctionDeclaration | None:
    """The tool that is told of a missed meal."""
    return tools.get(MISSED_MEAL) or next(
        (tool for tool in tools.values() if "meal" in tool.argument_names and "miss" in tool.name), None
    )


def meal_names(tools: Tools) -> tuple[str, ...]:
    """The meals that the client's tool declares by name, if it does."""
    tool = meal_tool(tools)
    names = tool.argument_schema("meal").get("enum") or () if tool else ()
    return tuple(str(name) for name in names)


def look_up(tool: FunctionDeclaration, food: str, amount: SpokenAmount, spoken: str) -> Call:
    """A call for a food and what was said of its amount, as far as the tool has arguments for it."""
    arguments: JsonObject = {"food": food}
    quantity = amount.quantity
    said = {
        "quantity": quantity.amount if quantity else None,
        "unit": quantity.unit if quantity else None,
        "size": quantity.size if quantity else None,
        "spoken": spoken or None,
    }
    for name, value in said.items():
        if value is not None and name in tool.argument_names:
            arguments[name] = _typed(value, tool.argument_schema(name))
    return Call(tool.name, arguments)


def miss(tool: FunctionDeclaration, meal: str) -> Call:
    """A call for a missed meal."""
    return Call(tool.name, {"meal": meal})


def _typed(value: object, schema: Mapping[str, object]) -> object:
    """The value as the declared type wants it; numbers said to tools that take text become text."""
    kind = str(schema.get("type", "")).lower()
    if isinstance(value, float | int) and kind == "string":
        return f"{value:g}"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
