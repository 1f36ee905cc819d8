"""Lets the kitchen's timers ring: watches for those that are due, and tells of them until they stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from device.events import Event, TimerRings, TimersSilent
from device.nutrition.records import DiaryUnavailableError
from device.nutrition.timers import KitchenTimers, Timer

logger = logging.getLogger(__name__)

RINGS_EVERY_S = 3.0
RINGS_FOR_S = 120.0
"""Nobody came: it stops by itself."""
TOO_LATE_S = 1800.0
"""A timer that should have rung so long ago, while the power was off, does not wake the house any more."""
LOOKED_AT_EVERY_S = 30.0
"""At the latest: the clock by which timers go does not jump, but the machine may have slept."""


class Ringer:
    """Rings for a kitchen's timers, beside the conversation.

    Which timers run and which have ended is in the diary's file. Where that cannot be written, what was
    silenced stays silent all the same.
    """

    def __init__(self, timers: KitchenTimers, emit: Callable[[Event], None]) -> None:
        """emit: told when something rings and when it stops, on the event loop."""
        self._timers = timers
        self._emit = emit
        self._changed = asyncio.Event()
        self._ringing: dict[str, float] = {}  # since when, in s of the loop's clock, by call id
        self._over: set[str] = set()

    async def run(self) -> None:
        """Watch the timers for ever."""
        while True:
            self._changed.clear()
            wait_s = await self._ring_if_due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()

    def look_again(self) -> None:
        """A timer may have been set, cancelled or stopped."""
        self._changed.set()

    def silence(self) -> None:
        """Stop all that ring."""
        self._over.update(self._ringing)
        self.look_again()

    async def _ring_if_due(self) -> float:
        """Ring for the timers that are due; the time in s until it is worth to look again."""
        await asyncio.to_thread(self._end_those_over)
        running = await asyncio.to_thread(self._running)
        now_s = asyncio.get_running_loop().time()
        due = [timer for timer in running if timer.is_due and not self._is_over(timer, now_s)]
        was_ringing = bool(self._ringing)
        self._ringing = {timer.call_id: self._ringing.get(timer.call_id, now_s) for timer in due}
        if due:
            self._emit(TimerRings(len(due)))
        elif was_ringing:
            self._emit(TimersSilent())
        coming_s = [timer.remaining_s for timer in running if not timer.is_due]
        return min([RINGS_EVERY_S if due else LOOKED_AT_EVERY_S, *coming_s])

    def _is_over(self, timer: Timer, now_s: float) -> bool:
        """Whether it has rung for long enough, or comes too late to begin."""
        rings_since_s = self._ringing.get(timer.call_id)
        if rings_since_s is None:
            is_over = -timer.remaining_s > TOO_LATE_S
        else:
            is_over = now_s - rings_since_s >= RINGS_FOR_S
        if is_over:
            self._over.add(timer.call_id)
            self.look_again()
            logger.info("timer_unanswered late_s=%.0f", -timer.remaining_s)
        return is_over

    def _running(self) -> tuple[Timer, ...]:
        try:
            return tuple(timer for timer in self._timers.running() if timer.call_id not in self._over)
        except DiaryUnavailableError:
            return ()  # the diary's keeper says so

    def _end_those_over(self) -> None:
        for call_id in tuple(self._over):
            try:
                self._timers.ended(call_id)
            except DiaryUnavailableError:
                return
            self._over.discard(call_id)
