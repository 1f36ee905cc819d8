"""Calling a tool as the model does, and reading what it gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from device.events import ToolCall
from device.tools import ALL_TOOLS, Kitchen, Registry

MOST_LETTERS = 1500
MOST_WORDS = 25


def answer_of(kitchen: Kitchen, name: str, **arguments: object) -> dict[str, Any]:
    """The payload, having checked what every payload must be: short, speakable, of plain JSON."""
    registry = Registry(ALL_TOOLS, kitchen, timeout_s=5)
    outcome = asyncio.run(registry.run(ToolCall("call-1", name, arguments)))
    assert (outcome.call_id, outcome.name) == ("call-1", name)
    return checked(outcome.payload)


def checked(payload: Mapping[str, object]) -> dict[str, Any]:
    text = json.dumps(payload, allow_nan=False)
    assert len(text) <= MOST_LETTERS
    spoken: Any = payload.get("said" if payload["ok"] else "ask", "")
    assert len(spoken.split()) <= MOST_WORDS
    plain: dict[str, Any] = json.loads(text)
    return plain
