"""The bounded queue between a microphone and the event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from device.events import Frame

QUEUE_FRAMES = 100
"""Two seconds: more than the event loop should ever stall, too little to lag behind for long."""


class FrameQueue:
    """Frames waiting to be taken, numbered as they come. Full: the oldest is dropped and counted.

    Everything here runs on the event loop.
    """

    def __init__(self, limit: int = QUEUE_FRAMES) -> None:
        self._waiting: deque[Frame] = deque(maxlen=limit)
        self._arrived = asyncio.Event()
        self._next_number = 0
        self.dropped = 0

    def put(self, pcm: bytes) -> None:
        """Number a frame's samples and queue them."""
        self.dropped += len(self._waiting) == self._waiting.maxlen
        self._waiting.append(Frame(self._next_number, pcm))
        self._next_number += 1
        self._arrived.set()

    def clear(self) -> None:
        """Nobody wants what is waiting."""
        self._waiting.clear()

    async def frames(self) -> AsyncIterator[Frame]:
        """Every frame, in order, for ever."""
        while True:
            await self._arrived.wait()
            while self._waiting:
                yield self._waiting.popleft()
            self._arrived.clear()
