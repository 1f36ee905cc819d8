"""How messages look on the wire: JSON in either casing, audio as base64 in either alphabet.

Clients mix snake_case and camelCase within one message (the SDK does), as protobuf's JSON form allows. Here
everything becomes camelCase, except what belongs to the client: the payload of a tool's response, the names
of properties in a schema, and other free-form maps. https://ai.google.dev/api/live
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

# A JSON object as the json module gives it; what is inside is checked where it is used.
JsonObject = dict[str, Any]

_FREE_FORM = frozenset({"response", "args", "labels"})  # their whole value is left as it came
_NAMES_AS_KEYS = frozenset({"properties", "$defs", "defs"})  # their keys are names, their values are schemas
_JSON_SCHEMAS = frozenset(
    {"parametersJsonSchema", "responseJsonSchema"}
)  # JSON Schema has a casing of its own
_SNAKE = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")


class NotJsonError(ValueError):
    """The frame holds no JSON object."""


def camel(key: str) -> str:
    """`prefix_padding_ms` becomes `prefixPaddingMs`; a key in camelCase stays as it is."""
    return _SNAKE.sub(lambda match: match.group(1).upper(), key)


def normalised(value: Any) -> Any:
    """The same JSON value with every protocol key in camelCase."""
    if isinstance(value, list):
        return [normalised(item) for item in value]
    if isinstance(value, dict):
        return {camel(key): _inside(camel(key), item) for key, item in value.items()}
    return value


def _inside(key: str, value: Any) -> Any:
    if key in _FREE_FORM or key in _JSON_SCHEMAS:
        return value
    if key in _NAMES_AS_KEYS and isinstance(value, dict):
        return {name: normalised(schema) for name, schema in value.items()}
    return normalised(value)


def decoded(frame: str | bytes) -> JsonObject:
    """The JSON object in a text or binary frame, keys in camelCase.

    Raises NotJsonError.
    """
    try:
        value = json.loads(frame)
    except ValueError as error:
        raise NotJsonError(f"Invalid JSON payload received. {error}") from None
    if not isinstance(value, dict):
        raise NotJsonError("Invalid JSON payload received. An object was expected.")
    result: JsonObject = normalised(value)
    return result


def encoded(message: Any) -> bytes:
    """The payload of a frame; the Live API sends its JSON in binary frames."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def base64_bytes(text: str) -> bytes:
    """Bytes from base64 in the standard or the URL-safe alphabet, with or without padding.

    Raises ValueError.
    """
    plain = text.translate({ord("-"): "+", ord("_"): "/"})
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(f"invalid base64: {error}") from None
