"""A tool is one decorated function; what the model is told of it is derived from that function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints, overload

from pydantic import BaseModel

from device.events import ToolDeclaration
from device.tools.kitchen import Request
from device.tools.payloads import Payload

ArgumentsT = TypeVar("ArgumentsT", bound=BaseModel)
ToolFunction = Callable[[ArgumentsT, Request], Payload]


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call, with its argument model and its declaration.

    changes: it changes something, so that one call must not do its work twice.
    """

    function: Callable[[Any, Request], Payload]
    arguments: type[BaseModel]
    declaration: ToolDeclaration
    changes: bool = False


@overload
def tool(function: ToolFunction[ArgumentsT]) -> Tool: ...
@overload
def tool(*, blocking: bool = True, changes: bool = False) -> Callable[[ToolFunction[ArgumentsT]], Tool]: ...
def tool(
    function: ToolFunction[ArgumentsT] | None = None, *, blocking: bool = True, changes: bool = False
) -> Tool | Callable[[ToolFunction[ArgumentsT]], Tool]:
    """Make a tool of a function of an argument model and the request.

    The name is the function's, the description its docstring, the parameters the fields of the model with
    their descriptions. blocking: the model waits for the answer and nobody speaks to it meanwhile; changes:
    the tool changes something, and the same call made again does not change it again.
    """

    def decorated(function: ToolFunction[ArgumentsT]) -> Tool:
        return _make_tool(function, blocking, changes)

    return decorated if function is None else decorated(function)


def _make_tool(function: ToolFunction[ArgumentsT], blocking: bool, changes: bool) -> Tool:
    name = function.__name__
    description = " ".join((inspect.getdoc(function) or "").split())
    if not description:
        raise TypeError(f"the tool {name} needs a docstring: it is what the model knows of it")
    first = next(iter(inspect.signature(function).parameters))
    arguments = get_type_hints(function)[first]
    return Tool(
        function=function,
        arguments=arguments,
        declaration=ToolDeclaration(name, description, parameters_of(arguments), blocking),
        changes=changes,
    )


# ------------------------------------------------------------------------------------- the schema

_TAKEN = ("type", "description", "enum", "items", "properties", "required", "minimum", "maximum")
"""Keywords of JSON schema that the Live API takes for parameters; the others say nothing it would use."""


def parameters_of(arguments: type[BaseModel]) -> dict[str, object]:
    """The argument model as a plain JSON schema: nothing referred to, optional as "not required"."""
    schema = arguments.model_json_schema()
    plain = _plain(schema, schema.get("$defs", {}))
    plain.pop("description", None)
    return plain


def _plain(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, object]:
    if "$ref" in schema:
        named = definitions[schema["$ref"].removeprefix("#/$defs/")]
        return _plain({**named, **_without(schema, "$ref")}, definitions)
    if "anyOf" in schema:
        choices = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
        if len(choices) != 1:
            raise TypeError("a tool's argument must have one type, or one type or None")
        return _plain({**choices[0], **_without(schema, "anyOf")}, definitions)
    plain: dict[str, object] = {key: schema[key] for key in _TAKEN if key in schema}
    if "properties" in schema:
        properties = schema["properties"].items()
        plain["properties"] = {name: _plain(field, definitions) for name, field in properties}
    if "items" in schema:
        plain["items"] = _plain(schema["items"], definitions)
    return plain


def _without(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}
