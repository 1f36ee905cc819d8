"""What a stand-in needs in order to hold a conversation: an ear, a mouth, and something in between.

The turns of a conversation know only this face, so that tests can play them without a recogniser or a voice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from device.rehearsal.handles import Session
from device.rehearsal.protocol import FunctionDeclaration
from device.rehearsal.wire import JsonObject


@dataclass(frozen=True, slots=True)
class Say:
    """Answer with these words."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """Ask the client's tool first; the answer is made from what it returns."""

    name: str
    arguments: JsonObject


Thought = Say | Call | None  # None: nothing was said, so nothing is answered
Tools = Mapping[str, FunctionDeclaration]


class Wits(Protocol):
    """An ear, a mouth and a brain."""

    async def hear(self, pcm: bytes) -> str:
        """The words in mono signed 16-bit PCM at 16 kHz; "" where there are none."""

    async def speak(self, text: str) -> bytes:
        """The text as mono signed 16-bit PCM at 24 kHz."""

    def consider(self, words: str, session: Session, tools: Tools) -> Thought:
        """What to do about what a person said."""

    def report(self, call: Call, payload: JsonObject, session: Session) -> str:
        """What to say about the answer of a tool."""
