"""The session: one long conversation with the Live API, over as many connections as it takes.

On a connection one task reads and never waits for anything but the network, one writes, and one decides when
to move to the next. What they find out reaches the core through `emit`, a plain call on the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NoReturn

from pydantic import SecretStr

from device.config import LiveSettings
from device.errors import ConfigError, ConnectionEndedError, KeyRefusedError
from device.events import (
    FRAME_MS,
    Connected,
    ContinueReply,
    Event,
    FaultRaised,
    Frame,
    SendFrame,
    StartActivity,
    StopGeneration,
    TellLateOutcome,
    ToolDeclaration,
)
from device.live import prompts
from device.live.backoff import Backoff
from device.live.connection import Ask, Connection, Outgoing, open_connection
from device.live.handoff import HandOffPolicy, Move, Reason, Situation
from device.live.memory import Memory
from device.live.messages import GoAway, HandleOffered, HandleWithdrawn
from device.live.outage import Outages
from device.live.outbox import Outbox
from device.live.setup import blocks_on, live_config, make_client
from device.live.statefile import StateFile
from device.live.tasks import first_of

logger = logging.getLogger(__name__)

Item = Outgoing | ContinueReply | TellLateOutcome

STABLE_S = 10.0
"""A connection that lasted this long was a good one, even if the API said nothing on it."""
SHORTEST_STAY_S = 0.1
"""An API that sends everybody away sooner than this is not to be tried again and again."""
SETUP_REFUSED = (1007, 1008, 1011)
"""Close codes by which the API refuses a setup: a bad handle, a bad field, an unknown name."""
UNWELCOME = (1007, 1008)
"""Close codes for what was sent, as opposed to an end of the service's own."""


class _HandOffDueError(Exception):
    """It is time to move to another connection."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


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
        day_status: Callable[[], str] = lambda: "",
        state: StateFile | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """Prepare; nothing is opened.

        on_sent: told each frame when it is on the wire. day_status: what a fresh session has to know of
        today. state: where the session outlives the process; None: it does not.

        Raises:
            ConfigError: `ca_file` cannot be used.
        """
        self._settings = settings
        self._declarations = declarations
        self._blocking_tools = {tool.name for tool in declarations if blocks_on(tool, settings.model)}
        self._emit = emit
        self._now = now
        self._on_sent = on_sent
        self._day_status = day_status
        self._client = make_client(settings, key)
        self._clock = asyncio.get_running_loop().time
        frames = int(settings.buffer_s * 1000 / FRAME_MS)
        self._outbox = Outbox(frames, max_age_s=settings.buffer_s, clock=self._clock)
        self._memory = Memory(settings, now, state)
        self._policy = HandOffPolicy(settings.handoff_age_s, settings.handoff_margin_s)
        self._outages = Outages(emit, backoff or Backoff())

        self._leave = asyncio.Event()  # this connection does not answer
        self._reconsider = asyncio.Event()  # something has changed that a hand-off depends on
        self._connected_at: float | None = None
        self._quiet_since: float | None = None
        self._ends_at: float | None = None  # when the API will end the connection, after a goAway
        self._api_spoke = False  # on this connection
        self._restoring = False  # this connection began with a history
        self._history_refused = False

    # ------------------------------------------------------------------------------- from the core

    def send(self, item: Item) -> None:
        """Queue something for the API, connected or not."""
        match item:
            case ContinueReply():
                item = self._memory.rest_of_reply()
            case TellLateOutcome(call, outcome, silent):
                item = self._memory.late_outcome(call, outcome, silent=silent)
            case StopGeneration():
                self._outbox.take_back()
            case StartActivity():
                self._memory.history.close_answered_turn()
                self._outages.hurry()
        if isinstance(item, StartActivity | Ask):
            self._memory.handles.turn_began()
        self._outbox.put(item)

    def answered(self) -> None:
        """What was asked has its answer, and need not be asked again on another connection."""
        self._outbox.settle()

    def reconnect(self, *, ask_again: bool) -> None:
        """Leave a connection that no longer answers; the next one starts a fresh session.

        ask_again: what was not answered goes along.
        """
        if not ask_again:
            self._outbox.settle()
        self._leave.set()

    def set_quiet(self, *, quiet: bool) -> None:
        """Whether nobody would notice a hand-off now."""
        if quiet is (self._quiet_since is not None):
            return
        self._quiet_since = self._clock() if quiet else None
        self._reconsider.set()

    # ------------------------------------------------------------------------------- one after the other

    async def run(self) -> NoReturn:
        """Connect, and connect again.

        Raises:
            KeyRefusedError: the API refuses the key.
            ConfigError: the API does not know the model.
        """
        self._memory.load()
        saving = asyncio.create_task(self._memory.keep_saved(), name="session-state")
        try:
            while True:
                await self._live_and_recover()
        except (KeyRefusedError, ConfigError) as error:
            self._emit(FaultRaised("live", str(error)))
            raise
        finally:
            saving.cancel()
            self._memory.save()

    async def _live_and_recover(self) -> None:
        self._connected_at = None
        try:
            await self._live_through_one_connection()
        except _HandOffDueError as due:
            self._outages.judge(useful=self._lasted_s() >= SHORTEST_STAY_S)
            await self._outages.move(due.reason)
        except ConnectionEndedError as error:
            if self._connected_at is not None:
                self._judge_connection(error)
            elif self._gives_up_what_was_refused(error):
                return
            await self._outages.sit_out(error, attempt_failed=self._connected_at is None)

    async def _live_through_one_connection(self) -> None:
        began = self._clock()
        handle = self._memory.handles.best()
        turns = self._memory.history.recent() if handle is None else ()
        opening = prompts.restored(self._day_status()) if turns else ""
        self._restoring = bool(turns) and not self._history_refused
        config = live_config(
            self._settings,
            self._declarations,
            now=self._now(),
            handle=handle,
            history_follows=self._restoring,
            background="" if self._restoring else prompts.as_background(opening, turns),
        )
        async with open_connection(self._client, self._settings, config, self._blocking_tools) as connection:
            if self._restoring:
                await connection.restore(opening, turns)
            if turns:
                logger.info("restored turns=%d", len(turns))
            self._outages.end((self._clock() - began) * 1000, resumed=handle is not None)
            self._begin()
            try:
                await first_of(
                    self._read(connection),
                    self._write(connection),
                    self._wait_to_leave(),
                    self._wait_to_move(),
                )
            finally:
                for kind, count in connection.unusable.items():
                    logger.info("messages_skipped kind=%s count=%d", kind, count)

    def _begin(self) -> None:
        self._connected_at = self._clock()
        self._ends_at, self._api_spoke = None, False
        self._leave.clear()
        rewound = self._outbox.rewind()
        self._memory.connected(speech_follows=rewound.speech)
        dropped = self._outbox.take_dropped()
        if dropped:
            logger.warning("frames_dropped count=%d reason=offline", dropped)
        self._emit(Connected(gave_up=rewound.gave_up))

    # ------------------------------------------------------------------------------- while connected

    async def _read(self, connection: Connection) -> None:
        async for told in connection.events():
            self._api_spoke = True
            self._memory.note(told)
            if isinstance(told, GoAway):
                logger.info("go_away left_s=%.1f", told.left_s)
                self._ends_at = self._clock() + told.left_s
            elif not isinstance(told, HandleOffered | HandleWithdrawn):
                self._emit(told)
            self._reconsider.set()

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

    async def _wait_to_move(self) -> None:
        while True:
            decision = self._policy.decide(self._situation())
            if isinstance(decision, Move):
                raise _HandOffDueError(decision.reason)
            self._reconsider.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(decision.for_s):
                    await self._reconsider.wait()

    def _situation(self) -> Situation:
        now = self._clock()
        return Situation(
            age_s=self._lasted_s(),
            quiet_s=None if self._quiet_since is None else now - self._quiet_since,
            handle_due=self._memory.handles.due,
            left_s=None if self._ends_at is None else self._ends_at - now,
        )

    # ------------------------------------------------------------------------------- when it has ended

    def _lasted_s(self) -> float:
        return 0.0 if self._connected_at is None else self._clock() - self._connected_at

    def _judge_connection(self, error: ConnectionEndedError) -> None:
        """What the end of an established connection says about the handle and the history it began with."""
        useful = self._api_spoke or self._lasted_s() >= STABLE_S
        self._outages.judge(useful=useful)
        unwelcome = not useful and error.code in UNWELCOME
        if unwelcome or self._leave.is_set():
            self._memory.handles.drop()
        self._history_refused = self._history_refused or (unwelcome and self._restoring)

    def _gives_up_what_was_refused(self, error: ConnectionEndedError) -> bool:
        """A refused setup, as opposed to a network that is down: whether the next one is a plainer one."""
        if error.code not in SETUP_REFUSED or error.is_quota:
            return False
        if self._memory.handles.newest is not None:
            logger.info("handle_refused code=%d reason=%r", error.code, error.reason)
            self._memory.handles.drop()
            return True
        if self._restoring:
            self._history_refused = True
            return True
        self._outages.count_refusal(error)
        return False
