"""Between two connections: why, what is told of it, and how long to wait before the next attempt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from device.errors import ConnectionEndedError
from device.events import ConnectionLost, Event, FaultCleared, FaultRaised, StillOffline
from device.live.backoff import Backoff
from device.live.handoff import Reason
from device.live.route import route_appears
from device.live.tasks import first_of

logger = logging.getLogger(__name__)

SHORT_BEFORE_BACKOFF = 5
"""So many useless connections in a row are bad luck; more are a reason to wait between attempts."""
REFUSALS_BEFORE_FAULT = 3


class Outages:
    """Follows a session from connection to connection; tells the journal and the core once of each outage."""

    def __init__(self, emit: Callable[[Event], None], backoff: Backoff) -> None:
        self._emit = emit
        self._backoff = backoff
        self._clock = asyncio.get_running_loop().time
        self._left_at: float | None = None
        self._moving: Reason | None = None
        self._told = False
        self._short_connections = 0
        self._refusals = 0
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """Somebody speaks: do not wait any longer for the next attempt."""
        self._hurry.set()

    async def move(self, reason: Reason) -> None:
        """The connection was left on purpose; wait only if that happens all the time."""
        self._left_at, self._moving = self._clock(), reason
        self._emit(ConnectionLost(f"hand-off: {reason}", planned=True))
        await self._pause(self._backoff.next_s(), may_hurry=True)

    def judge(self, *, useful: bool) -> None:
        """An established connection has ended, on purpose or not; useful: it served for anything."""
        self._short_connections = 0 if useful else self._short_connections + 1
        if self._short_connections < SHORT_BEFORE_BACKOFF:
            self._backoff.reset()

    def count_refusal(self, error: ConnectionEndedError) -> None:
        """A plain setup was refused, which a person may have to mend."""
        self._refusals += 1
        if self._refusals == REFUSALS_BEFORE_FAULT:
            remedy = f"The Live API refuses to start ({error.reason}). Check live.model, voice and language."
            self._emit(FaultRaised("live", remedy))

    async def sit_out(self, error: ConnectionEndedError, *, attempt_failed: bool) -> None:
        """Tell of the end of a connection or of an attempt, and wait until the next attempt is due."""
        self._left_at = self._left_at or self._clock()
        delay_s = self._backoff.next_s(quota_exhausted=error.is_quota)
        # The first failure is news; its repetitions would only bury it.
        first, self._told = not self._told, True
        logger.log(
            logging.WARNING if first else logging.DEBUG,
            "connection_lost code=%d reason=%r",
            error.code,
            error.reason,
        )
        logger.log(logging.INFO if first else logging.DEBUG, "reconnecting in_ms=%.0f", delay_s * 1000)
        if first and not self._moving:
            self._emit(ConnectionLost(error.reason))
        if attempt_failed:
            self._emit(StillOffline(error.reason))
        await self._pause(delay_s, may_hurry=not error.is_quota)

    async def _pause(self, delay_s: float, *, may_hurry: bool) -> None:
        """Wait, but not while somebody speaks or when the network has come back."""
        reasons = [route_appears(), self._be_hurried()] if may_hurry and delay_s else []
        await first_of(asyncio.sleep(delay_s), *reasons)
        self._hurry.clear()

    async def _be_hurried(self) -> None:
        await self._hurry.wait()

    def end(self, connect_ms: float, *, resumed: bool) -> None:
        """A connection has been established."""
        away_ms = (self._clock() - self._left_at) * 1000 if self._left_at else 0.0
        if self._moving and not self._told:
            kept = "resumed" if resumed else "fresh"
            logger.info("handed_off reason=%s session=%s away_ms=%.0f", self._moving, kept, away_ms)
        else:
            name = "resumed" if resumed else "connected"
            logger.info("%s connect_ms=%.0f outage_ms=%.0f", name, connect_ms, away_ms)
        if self._refusals >= REFUSALS_BEFORE_FAULT:
            self._emit(FaultCleared("live"))
        self._left_at, self._moving, self._told, self._refusals = None, None, False, 0
