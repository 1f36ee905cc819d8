"""Which way sound goes."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """Into the device or out of it; the value is the key in the configuration."""

    INPUT = "input"
    OUTPUT = "output"

    @property
    def part(self) -> str:
        """What a person calls the device of this direction, and the name of its fault."""
        return "microphone" if self is Direction.INPUT else "speaker"
