"""A tool is one decorated function: what the model is told of it is derived from that."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from device.tools import ALL_TOOLS, Kitchen, Registry, Request, tool
from device.tools.payloads import Payload, result


class Spice(BaseModel):
    """How hot."""

    name: str = Field(description="What it is called.")


class Season(BaseModel):
    dish: Annotated[str, Field(min_length=1)] = Field(description="What to season.")
    pinches: Annotated[int, Field(ge=1, le=5)] | None = Field(None, description="How many pinches.")
    heat: Literal["mild", "hot"] = Field("mild", description="How hot it may be.")
    spices: list[Spice] | None = Field(None, description="The spices.")


@tool
def season(arguments: Season, request: Request) -> Payload:
    """Season a dish.
    Once is enough.
    """
    return result(f"{arguments.dish} is seasoned.")


@tool(blocking=False)
def stir(arguments: Spice, request: Request) -> Payload:
    """Stir the pot."""
    return result("stirred")


def test_name_and_description_are_the_functions_own() -> None:
    assert season.declaration.name == "season"
    assert season.declaration.description == "Season a dish. Once is enough."


def test_a_tool_blocks_unless_it_says_otherwise(kitchen: Kitchen) -> None:
    registry = Registry([season, stir], kitchen, timeout_s=1)
    assert registry.declarations == (season.declaration, stir.declaration)
    assert [declaration.blocking for declaration in registry.declarations] == [True, False]


def test_the_parameters_are_a_plain_json_schema() -> None:
    assert season.declaration.parameters == {
        "type": "object",
        "properties": {
            "dish": {"type": "string", "description": "What to season."},
            "pinches": {
                "type": "integer",
                "description": "How many pinches.",
                "minimum": 1,
                "maximum": 5,
            },
            "heat": {"type": "string", "description": "How hot it may be.", "enum": ["mild", "hot"]},
            "spices": {
                "type": "array",
                "description": "The spices.",
                "items": {
                    "type": "object",
                    "description": "How hot.",
                    "properties": {"name": {"type": "string", "description": "What it is called."}},
                    "required": ["name"],
                },
            },
        },
        "required": ["dish"],
    }


def test_a_tool_without_a_docstring_is_refused() -> None:
    def silent(arguments: Spice, request: Request) -> Payload:
        return result("")

    with pytest.raises(TypeError, match="silent needs a docstring"):
        tool(silent)


def test_an_argument_of_two_types_is_refused() -> None:
    class Either(BaseModel):
        what: str | int

    def either(arguments: Either, request: Request) -> Payload:
        """Do either."""
        return result("")

    either.__annotations__["arguments"] = Either
    with pytest.raises(TypeError, match="one type"):
        tool(either)


def test_every_tool_tells_the_model_what_each_argument_is() -> None:
    for each in ALL_TOOLS:
        assert len(each.declaration.description) > 40
        properties = each.declaration.parameters["properties"]
        assert isinstance(properties, dict)
        assert all(field["description"] for field in properties.values())
        assert not {"$ref", "$defs", "anyOf", "title"} & set(str(each.declaration.parameters).split("'"))


def test_the_tools_of_the_device() -> None:
    names = [each.declaration.name for each in ALL_TOOLS]
    assert sorted(names) == [
        "day_status",
        "log_activity",
        "log_food",
        "log_water",
        "log_weight",
        "look_up_food",
        "missed_meal",
        "set_profile",
        "substitute",
        "suggest_meal",
        "timer",
        "undo",
        "unplanned_food",
    ]
