"""What may be said over the local socket: requests, and the lines that answer them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

VERSION = 1


class Code(StrEnum):
    """Why a request was not carried out."""

    NOT_JSON = "NOT_JSON"
    TOO_LONG = "TOO_LONG"
    WRONG_VERSION = "WRONG_VERSION"
    UNKNOWN_COMMAND = "UNKNOWN_COMMAND"
    WRONG_ARGUMENTS = "WRONG_ARGUMENTS"
    BUSY = "BUSY"
    TIMED_OUT = "TIMED_OUT"
    UNAVAILABLE = "UNAVAILABLE"
    FAILED = "FAILED"


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    v: Literal[1]


class PlainRequest(_Request):
    """What needs no more than its name."""

    do: Literal["status", "check", "events", "interrupt", "mute", "unmute"]


class AskRequest(_Request):
    """A question in writing, answered aloud."""

    do: Literal["ask"]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class VolumeRequest(_Request):
    """The volume, in percent."""

    do: Literal["volume"]
    percent: int = Field(ge=0, le=100)


Request = PlainRequest | AskRequest | VolumeRequest
_REQUESTS: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="do")])
ONLY_ASKING = {"status", "check", "events"}


class RefusedError(Exception):
    """A request that is not carried out, and why."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class HangUpError(RefusedError):
    """One after which nothing more can be understood or waited for."""


def parsed(text: bytes) -> Request:
    try:
        content = from_json(text, allow_inf_nan=False)
    except ValueError:
        raise RefusedError(Code.NOT_JSON, "A request must be a line of JSON.") from None
    if not isinstance(content, dict):
        raise RefusedError(Code.NOT_JSON, "A request must be a JSON object.")
    # true and 1.0 are equal to 1, but not the number of a version.
    if type(content.get("v")) is not int or content["v"] != VERSION:
        raise RefusedError(Code.WRONG_VERSION, f"This Ladle understands requests with v: {VERSION} only.")
    try:
        return _REQUESTS.validate_python(content)
    except ValidationError as error:
        raise _wrong(error) from None


def _wrong(error: ValidationError) -> RefusedError:
    """What is wrong, in words that do not repeat what was sent."""
    fault = error.errors(include_url=False, include_input=False)[0]
    if fault["type"].startswith("union_tag"):
        known = "status, check, events, interrupt, mute, unmute, ask and volume"
        return RefusedError(Code.UNKNOWN_COMMAND, f"Ladle can do {known}.")
    if fault["type"] == "extra_forbidden":
        return RefusedError(Code.WRONG_ARGUMENTS, "The request has a field that does not belong to it.")
    complaint = fault["msg"][0].lower() + fault["msg"][1:]
    return RefusedError(Code.WRONG_ARGUMENTS, f"{fault['loc'][-1]} is wrong: {complaint}.")


# ------------------------------------------------------------------------------------- answers


def refusal(code: Code, sentence: str) -> bytes:
    return encoded({"v": VERSION, "ok": False, "code": code, "error": sentence})


def encoded(content: Mapping[str, Any]) -> bytes:
    try:
        return to_json(content, inf_nan_mode="null", fallback=str) + b"\n"
    except PydanticSerializationError:
        # A name from outside, say of a sound card, need not be proper text.
        return json.dumps(content, default=str).encode() + b"\n"
