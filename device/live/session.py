"""The session: one long conversation with the Live API, over as many connections as it takes.

One task reads and never waits for anything but the network; one task writes. What they find out reaches the
core through `emit`, a plain call on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, NoReturn

from pydantic import SecretStr

from device.config import LiveSettings
from device.errors import ConnectionEndedError
from device.events import (
    FRAME_MS,
    Connected,
    ConnectionLost,
    Event,
    FaultCleared,
    FaultRaised,
    Frame,
    SendFrame,
    StopGeneration,
    ToolDeclaration,
)
from device.live.backoff import Backoff
from device.live.connection import Connection, Outgoing, open_connection
from device.live.messages import GoAway, HandleOffered
from device.live.outbox import Outbox
from device.live.setup import blocks_on, live_config, make_client

logger = logging.getLogger(__name__)

STABLE_S = 10.0
"""A connection that lasted this long was a good one; the next failure starts the backoff afresh."""
SETUP_REFUSED = (1007, 1008, 1011)
"""Close codes by which the API refuses a setup: a bad handle, a bad field, an unknown name."""
REFUSALS_BEFORE_FAULT = 3


class Session:
    """Keeps a connection open for ever, and carries what was not answered from one to the next."""

    def __init__(
        self,
        settings: LiveSettings,
        key: SecretStr,
        declarations: Sequence[ToolDeclaration],
        *,
        emit: Callable[[Event], None],
        now: Callable[[], datetime],
        on_sent: Callable[[Frame], None] = lambda _: None,
        backoff: Backoff | None = None,
    ) -> None:
        """on_sent: told each frame when it is on the wire. Raises ConfigError for an unusable `ca_file`."""
        self._settings = settings
        self._declarations = declarations
        self._blocking_tools = {tool.name for tool in declarations if blocks_on(tool, settings.model)}
        self._emit = emit
        self._now = now
        self._on_sent = on_sent
        self._backoff = backoff or Backoff()
        self._client = make_client(settings, key)
        self._outbox = Outbox(
            int(settings.buffer_s * 1000 / FRAME_MS),
            max_age_s=settings.buffer_s,
            clock=asyncio.get_running_loop().time,
        )
        self._leave = asyncio.Event()
        self._handle: str | None = None
        self._lost_at: float | None = None
        self._connected_at: float | None = None
        self._refusals = 0

    def send(self, item: Outgoing) -> None:
        """Queue something for the API, connected or not."""
        if isinstance(item, StopGeneration):
            self._outbox.take_back()
        self._outbox.put(item)

    def answered(self) -> None:
        """What was asked has its answer, and need not be asked again on another connection."""
        self._outbox.settle()

    def reconnect(self) -> None:
        """Leave a connection that no longer answers, and what it was asked; the next one starts afresh."""
        self._outbox.settle()
        self._leave.set()

    async def run(self) -> NoReturn:
        """Connect, and connect again.

        Raises:
            KeyRefusedError: the API refuses the key.
            ConfigError: the API does not know the model.
        """
        while True:
            try:
                await self._live_through_one_connection()
            except ConnectionEndedError as error:
                await self._pause_after(error)

    async def _live_through_one_connection(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        handle = self._handle
        config = live_config(self._settings, self._declarations, now=self._now(), handle=handle)
        async with open_connection(self._client, self._settings, config, self._blocking_tools) as connection:
            self._report_connected(began, resumed=handle is not None)
            await _first_of(self._read(connection), self._write(connection), self._wait_to_leave())

    def _report_connected(self, began: float, *, resumed: bool) -> None:
        now = asyncio.get_running_loop().time()
        logger.info(
            "%s connect_ms=%.0f outage_ms=%.0f",
            "resumed" if resumed else "connected",
            (now - began) * 1000,
            (now - self._lost_at) * 1000 if self._lost_at else 0,
        )
        self._lost_at, self._connected_at = None, now
        if self._refusals >= REFUSALS_BEFORE_FAULT:
            self._emit(FaultCleared("live"))
        self._refusals = 0
        self._leave.clear()
        self._outbox.rewind()
        dropped = self._outbox.take_dropped()
        if dropped:
            logger.warning("frames_dropped count=%d reason=offline", dropped)
        self._emit(Connected())

    async def _read(self, connection: Connection) -> None:
        async for event in connection.events():
            match event:
                case HandleOffered(handle):
                    self._handle = handle
                case GoAway(time_left):
                    logger.info("go_away time_left=%s", time_left)
                case _:
                    self._emit(event)

    async def _write(self, connection: Connection) -> None:
        while True:
            item = await self._outbox.next()
            await connection.send(item)
            self._outbox.sent()
            if isinstance(item, SendFrame):
                self._on_sent(item.frame)

    async def _wait_to_leave(self) -> None:
        await self._leave.wait()
        raise ConnectionEndedError(0, "left because the API no longer answered")

    async def _pause_after(self, error: ConnectionEndedError) -> None:
        now = asyncio.get_running_loop().time()
        if self._leave.is_set():
            self._handle = None
        if self._connected_at is None:
            self._consider_refusal(error)
        elif now - self._connected_at >= STABLE_S:
            self._backoff.reset()
        first = self._lost_at is None
        self._lost_at = self._lost_at or now
        self._connected_at = None
        delay_s = self._backoff.next_s(quota_exhausted=error.is_quota)
        # The first failure is news; its repetitions would only bury it.
        level = logging.WARNING if first else logging.DEBUG
        logger.log(level, "connection_lost code=%d reason=%r", error.code, error.reason)
        logger.log(logging.INFO if first else logging.DEBUG, "reconnecting in_ms=%.0f", delay_s * 1000)
        if first:
            self._emit(ConnectionLost(error.reason))
        await asyncio.sleep(delay_s)

    def _consider_refusal(self, error: ConnectionEndedError) -> None:
        """A refused setup, as opposed to a network that is down: first the handle is doubted, then more."""
        if error.code not in SETUP_REFUSED or error.is_quota:
            return
        if self._handle is not None:
            self._handle = None
            return
        self._refusals += 1
        if self._refusals == REFUSALS_BEFORE_FAULT:
            remedy = f"The Live API refuses to start ({error.reason}). Check live.model, voice and language."
            self._emit(FaultRaised("live", remedy))


async def _first_of(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends, then stop the others; raises what that one raised."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
