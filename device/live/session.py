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
    AskInWriting,
    Connected,
    ContinueReply,
    Event,
    FaultRaised,
    Frame,
    ReplyAudioReceived,
    SendFrame,
    SendToolOutcome,
    StartActivity,
    StopGeneration,
    TellLateOutcome,
    ToolCallReceived,
    ToolDeclaration,
    TurnComplete,
)
from device.live.backoff import Backoff
from device.live.connection import Ask, Connection, Outgoing, open_connection
from device.live.handoff import HandOffPolicy, Move, Reason, Situation
from device.live.memory import Beginning, Memory
from device.live.messages import GoAway, HandleOffered, HandleWithdrawn
from device.live.outage import Outages
from device.live.outbox import Outbox
from device.live.setup import blocks_on, live_config, make_client
from device.live.statefile import StateFile
from device.live.tasks import first_of
from device.live.transport import Dialer
from device.live.verdict import STABLE_S, End, judge

logger = logging.getLogger(__name__)

Item = Outgoing | AskInWriting | ContinueReply | TellLateOutcome
GENERATED = (ReplyAudioReceived, ToolCallReceived, TurnComplete)
DAY_STATUS_S = 2.0
"""How long a connection waits for what a fresh session is told of the day."""


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
        self._dialer = Dialer(settings.half_open_timeout_s)
        self._client = make_client(settings, key, self._dialer)
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
        self._generated = False  # the model did something on this connection
        self._settled = False
        self._attempts = 0
        self._history_refused = False
        self._is_connected = self._is_resumed = False
        self._step_at = self._clock()  # when it last got anywhere
        self._sending_since: float | None = None

    # ------------------------------------------------------------------------------- from the core

    def send(self, item: Item) -> None:
        """Queue something for the API, connected or not."""
        match item:
            case AskInWriting(text):
                item = self._memory.asked_in_writing(text)
                self._outages.hurry()
            case ContinueReply():
                item = self._memory.rest_of_reply()
            case TellLateOutcome(call, outcome, silent):
                item = self._memory.late_outcome(call, outcome, silent=silent)
            case StopGeneration():
                self._outbox.take_back()
            case SendToolOutcome(outcome):
                self._memory.tool_finished(outcome)
            case StartActivity():
                self._memory.question_begins()
                self._outages.hurry()
        if isinstance(item, Ask):
            self._memory.handles.turn_began()
        self._outbox.put(item)

    def answered(self) -> None:
        """What was asked has its answer, and need not be asked again on another connection."""
        self._settled = True
        self._outbox.settle()

    def forget_speech(self) -> None:
        """Nothing that a person said, and that has not gone out yet, is to leave the device."""
        self._outbox.forget_speech()

    def reconnect(self, *, ask_again: bool) -> None:
        """Leave a connection that no longer answers; the next one starts a fresh session.

        ask_again: what was not answered goes along.
        """
        if not ask_again:
            self._outbox.settle()
        self._leave.set()

    async def finish_sending(self, limit_s: float) -> None:
        """Wait until all is sent that there is to send on this connection, at most for so long."""
        if self._is_connected:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._outbox.emptied(), limit_s)

    def set_quiet(self, *, quiet: bool) -> None:
        """Whether nobody would notice a hand-off now."""
        if quiet is (self._quiet_since is not None):
            return
        self._quiet_since = self._clock() if quiet else None
        self._reconsider.set()

    # ------------------------------------------------------------------------------- how it is

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection that accepts audio."""
        return self._is_connected

    @property
    def is_resumed(self) -> bool:
        """Whether this connection goes on with what was said before."""
        return self._is_resumed

    @property
    def overdue_s(self) -> float:
        """For how long something has been due: the end of a sending, or without a connection a next step."""
        since = self._sending_since if self.is_connected else self._step_at
        return 0.0 if since is None else self._clock() - since

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
            await self._memory.save_at_last()

    async def _live_and_recover(self) -> None:
        self._connected_at, self._generated = None, False
        self._step_at, self._sending_since = self._clock(), None
        beginning = await self._memory.beginning(self._status_of_day, in_words=self._history_refused)
        try:
            await self._live_through_one_connection(beginning)
        except _HandOffDueError as due:
            by_age = due.reason is Reason.AGE
            self._outages.judge(useful=by_age or self._generated or self._lasted_s() >= STABLE_S)
            await self._outages.move(due.reason)
        except ConnectionEndedError as error:
            await self._recover_from(error, beginning)

    async def _status_of_day(self) -> str:
        """What a fresh session has to know; nothing where the disk does not answer soon."""
        try:
            async with asyncio.timeout(DAY_STATUS_S):
                return await asyncio.to_thread(self._day_status)
        except TimeoutError:
            return ""

    async def _recover_from(self, error: ConnectionEndedError, beginning: Beginning) -> None:
        established = self._connected_at is not None
        self._step_at = self._clock()
        self._attempts = 1 if established else self._attempts + 1
        verdict = judge(
            End(
                error,
                established=established,
                generated=self._generated,
                lasted_s=self._lasted_s(),
                resumed=beginning.handle is not None,
                told_history=beginning.history_follows,
                attempts=self._attempts,
            )
        )
        if verdict.drop_handle or self._leave.is_set():
            self._memory.handles.drop()
        self._history_refused = self._history_refused or verdict.drop_history
        if established:
            self._outages.judge(useful=verdict.useful)
        elif verdict.plainer:
            logger.info("setup_refused code=%d reason=%r", error.code, error.reason)
            self._attempts = 0
            return
        if verdict.refused:
            self._outages.count_refusal(error)
        await self._outages.sit_out(error, attempt_failed=not established)

    async def _live_through_one_connection(self, beginning: Beginning) -> None:
        began = self._clock()
        config = live_config(
            self._settings,
            self._declarations,
            now=self._now(),
            handle=beginning.handle,
            history_follows=beginning.history_follows,
            background=beginning.background,
        )
        async with open_connection(
            self._client, self._settings, config, self._blocking_tools, self._dialer
        ) as connection:
            if beginning.history_follows:
                await connection.restore(beginning.opening, beginning.turns)
            if beginning.turns:
                logger.info("restored turns=%d", len(beginning.turns))
            self._outages.end((self._clock() - began) * 1000, resumed=beginning.handle is not None)
            self._is_resumed = beginning.handle is not None
            self._begin()
            try:
                await first_of(
                    self._read(connection),
                    self._write(connection),
                    self._wait_to_leave(),
                    self._wait_to_move(),
                )
            finally:
                self._is_connected, self._step_at = False, self._clock()
                for kind, count in connection.unusable.items():
                    logger.info("messages_skipped kind=%s count=%d", kind, count)

    def _begin(self) -> None:
        self._connected_at = self._clock()
        self._is_connected = True
        self._ends_at = None
        self._leave.clear()
        rewound = self._outbox.rewind()
        self._memory.connected(rewound)
        dropped = self._outbox.take_dropped()
        if dropped:
            logger.warning("frames_dropped count=%d reason=offline", dropped)
        self._emit(Connected(asks_again=rewound.asks))

    # ------------------------------------------------------------------------------- while connected

    async def _read(self, connection: Connection) -> None:
        async for told in connection.events():
            self._generated = self._generated or isinstance(told, GENERATED)
            self._memory.note(told)
            if isinstance(told, GoAway):
                logger.info("go_away left_s=%.1f", told.left_s)
                self._ends_at = self._clock() + told.left_s
            elif isinstance(told, TurnComplete):
                self._complete_turn(told)
            elif not isinstance(told, HandleOffered | HandleWithdrawn):
                self._emit(told)
            self._reconsider.set()

    def _complete_turn(self, told: TurnComplete) -> None:
        """The turn of a question that was cut short may complete while the next question is open."""
        was_open, self._settled = self._outbox.asks, False
        if not was_open:
            self._memory.turn_over()
        self._emit(told)
        if was_open and self._settled:
            self._memory.turn_over()

    async def _write(self, connection: Connection) -> None:
        while True:
            item = await self._outbox.next()
            self._sending_since = self._clock()
            await connection.send(item)
            self._sending_since = None
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

    def _lasted_s(self) -> float:
        return 0.0 if self._connected_at is None else self._clock() - self._connected_at

    def _situation(self) -> Situation:
        now = self._clock()
        return Situation(
            age_s=self._lasted_s(),
            quiet_s=None if self._quiet_since is None else now - self._quiet_since,
            handle_due=self._memory.handles.due,
            left_s=None if self._ends_at is None else self._ends_at - now,
        )
