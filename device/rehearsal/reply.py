"""A reply on its way: audio in pieces, a bit faster than real time, with the words in between.

The Live API sends transcripts and audio of a reply without a fixed order and faster than they are played
(google-genai's types, LiveServerContent). Everything here can be cancelled between two pieces.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from device.rehearsal import messages
from device.rehearsal.wire import JsonObject

WORDS_IN_DELTA = 3

Send = Callable[[JsonObject], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """Pieces of `chunk_ms`, sent `speed` times as fast as they play; speed 0 sends them all at once."""

    chunk_ms: int
    speed: float

    @property
    def chunk_bytes(self) -> int:
        """Bytes of reply audio in one piece."""
        return messages.REPLY_RATE_HZ * self.chunk_ms // 1000 * messages.SAMPLE_BYTES

    def due_s(self, chunk: int) -> float:
        """When the piece is sent, in seconds after the first."""
        return chunk * self.chunk_ms / 1000 / self.speed if self.speed else 0.0


def duration_s(pcm: bytes) -> float:
    """How long reply audio plays."""
    return len(pcm) / messages.SAMPLE_BYTES / messages.REPLY_RATE_HZ


async def stream(send: Send, pcm: bytes, text: str, pace: Pace) -> None:
    """Send the audio piece by piece, each delta of the transcript shortly before its audio."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    deltas = list(_deltas(text))
    chunks = range(0, len(pcm), pace.chunk_bytes)
    told = 0
    for number, offset in enumerate(chunks):
        await asyncio.sleep(max(0.0, started + pace.due_s(number) - loop.time()))
        while told < len(deltas) and told * len(chunks) <= number * len(deltas):
            await send(messages.output_transcript(deltas[told]))
            told += 1
        await send(messages.audio(pcm[offset : offset + pace.chunk_bytes]))
    for delta in deltas[told:]:
        await send(messages.output_transcript(delta))


def _deltas(text: str) -> Iterator[str]:
    """The text a few words at a time; joined they give it back, blanks included."""
    words = text.split()
    for first in range(0, len(words), WORDS_IN_DELTA):
        piece = " ".join(words[first : first + WORDS_IN_DELTA])
        yield piece if first == 0 else f" {piece}"
