"""Calling a tool as the model does, and reading what it gets."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from typing import Any

from device.events import ToolCall
from device.tools import ALL_TOOLS, Kitchen, Registry

MOST_LETTERS = 1500
MOST_WORDS = 25

_numbers = itertools.count(1)


def answer_of(kitchen: Kitchen, name: str, /, **arguments: object) -> dict[str, Any]:
    """The payload, having checked what every payload must be: short, speakable, of plain JSON."""
    registry = Registry(ALL_TOOLS, kitchen, timeout_s=20)
    call = ToolCall(f"call-{next(_numbers)}", name, arguments)
    outcome = asyncio.run(registry.run(call))
    assert (outcome.call_id, outcome.name) == (call.id, name)
    return checked(outcome.payload)


def agreed(kitchen: Kitchen, name: str, /, **arguments: object) -> dict[str, Any]:
    """The payload once the person has said yes to what the tool asked."""
    asked = answer_of(kitchen, name, **arguments)
    assert asked["code"] in {"NOT_CONFIRMED", "IMPLAUSIBLE_AMOUNT"}, asked
    return answer_of(kitchen, name, **arguments, **asked["retry"]["set"])


def checked(payload: Mapping[str, object]) -> dict[str, Any]:
    text = json.dumps(payload, allow_nan=False)
    assert len(text) <= MOST_LETTERS, text
    spoken: Any = payload.get("said" if payload["ok"] else "ask", "")
    assert len(spoken.split()) <= MOST_WORDS, spoken
    plain: dict[str, Any] = json.loads(text)
    return plain
