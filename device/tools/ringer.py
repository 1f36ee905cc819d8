"""Lets the kitchen's timers ring: watches for those that are due, and tells of them until they stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from device.events import Event, FaultCleared, FaultRaised, TimerRings, TimersSilent
from device.nutrition.timers import KitchenTimers, Timer

logger = logging.getLogger(__name__)

RINGS_EVERY_S = 3.0
RINGS_FOR_S = 120.0
"""Nobody came: it stops by itself."""
TOO_LATE_S = 1800.0
"""A timer that should have rung so long ago, while the power was off, does not wake the house any more."""
LOOKED_AT_EVERY_S = 30.0
"""At the latest: the clock by which timers go does not jump, but the machine may have slept."""
PART = "timers"
FAILED = (
    "Timers may not ring: Ladle failed while it looked at them, and goes on trying. Restart it; if this "
    "comes back, its journal says why."
)


class Ringer:
    """Rings for a kitchen's timers, beside the conversation.

    Whatever goes wrong in it becomes a fault that a person can see, and it goes on.
    """

    def __init__(self, timers: KitchenTimers, emit: Callable[[Event], None]) -> None:
        """emit: told when something rings and when it stops, and of faults, on the event loop."""
        self._timers = timers
        self._emit = emit
        self._changed = asyncio.Event()
        self._ringing: dict[str, float] = {}  # since when, in s of the loop's clock, by call id
        self._over: set[str] = set()  # by call id, until the timers know of it
        self._has_fault = False

    async def run(self) -> None:
        """Watch the timers for ever."""
        while True:
            self._changed.clear()
            wait_s = await self._look()
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

    async def _look(self) -> float:
        try:
            wait_s = await self._ring_if_due()
        except Exception:
            logger.exception("fault part=%s reason=failed", PART)
            self._show_fault(True)
            return LOOKED_AT_EVERY_S
        self._show_fault(False)
        return wait_s

    def _show_fault(self, has_fault: bool) -> None:
        if has_fault != self._has_fault:
            self._has_fault = has_fault
            self._emit(FaultRaised(PART, FAILED) if has_fault else FaultCleared(PART))

    async def _ring_if_due(self) -> float:
        """Ring for the timers that are due; the time in s until it is worth to look again."""
        await asyncio.to_thread(self._end_those_over)
        running = await asyncio.to_thread(self._timers.running)
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

    def _end_those_over(self) -> None:
        for call_id in tuple(self._over):
            self._timers.ended(call_id)
            self._over.discard(call_id)
