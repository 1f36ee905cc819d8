"""What has happened on a connection and not yet been used up by one track of a script."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Collection, Coroutine
from typing import Any

from device.rehearsal.script import Happening

KEPT = 20_000  # a script that looks at nothing for so long has no use for the oldest


class Inbox:
    """Happenings in order. Waiting for one uses up all before it, so nothing is missed or seen twice."""

    def __init__(self) -> None:
        self._happenings: deque[Happening] = deque()
        self._waiting: Counter[Happening] = Counter()
        self._changed = asyncio.Event()

    def put(self, happening: Happening) -> None:
        """Something happened."""
        self._happenings.append(happening)
        self._waiting[happening] += 1
        if len(self._happenings) > KEPT:
            self._pop()
        self._changed.set()

    async def take(self, what: Happening, times: int = 1) -> None:
        """Wait until it has happened so many times since the last call."""
        while times:
            times -= await self._next() is what

    async def _next(self) -> Happening:
        while not self._happenings:
            await self._wait()
        return self._pop()

    def _pop(self) -> Happening:
        oldest = self._happenings.popleft()
        self._waiting[oldest] -= 1
        return oldest

    async def seen(self, kinds: Collection[Happening]) -> None:
        """Wait until one of these has happened; it is not used up."""
        while not any(self._waiting[kind] for kind in kinds):
            await self._wait()

    async def undisturbed(self, work: Coroutine[Any, Any, None], kinds: Collection[Happening]) -> bool:
        """Do the work until it is done (True) or one of these happens (False, and the work is cancelled)."""
        doing = asyncio.ensure_future(work)
        watching = asyncio.ensure_future(self.seen(kinds))
        try:
            await asyncio.wait({doing, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                return False
            doing.result()
            return True
        finally:
            await _stop(doing, watching)

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()


async def _stop(*tasks: asyncio.Future[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
