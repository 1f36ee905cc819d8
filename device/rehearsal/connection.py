"""One client: its messages are read, checked, recorded, and handed to the wits, the script, or both."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from device.rehearsal import messages
from device.rehearsal.handles import Handles, Session, nobody
from device.rehearsal.line import Line
from device.rehearsal.player import Player
from device.rehearsal.protocol import (
    INTERNAL_ERROR,
    INVALID_ARGUMENT,
    ClientMessage,
    ProtocolError,
    Setup,
    read,
)
from device.rehearsal.record import ConnectionRecord, Received
from device.rehearsal.recorder import Recorder
from device.rehearsal.reply import Pace
from device.rehearsal.rules import Rules
from device.rehearsal.script import Script
from device.rehearsal.settings import RehearsalSettings
from device.rehearsal.wits import Wits

KEY_REFUSED = "API key not valid. Please pass a valid API key."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class House:
    """What all connections of a server share."""

    settings: RehearsalSettings
    handles: Handles
    received: Received
    script: Script | None
    wits: Wits | None


class Listener(Protocol):
    """Whoever wants to know what the client sends."""

    async def take(self, message: ClientMessage) -> None:
        """One message, already checked; must return quickly."""

    async def close(self) -> None:
        """The connection ended."""


class Connection:
    """One WebSocket from its upgrade to its end."""

    def __init__(self, socket: ServerConnection, record: ConnectionRecord, house: House) -> None:
        self._socket = socket
        self._record = record
        self._house = house
        self._rules = Rules()
        self._recorder = Recorder(house.received, record, self._rules)
        self._session = Session(model="")
        self._listeners: list[Listener] = []
        self._lifetime: asyncio.Task[None] | None = None
        self.line = Line(socket, record, self._rules)
        self.line.when_sent.append(house.received.changed)
        self._player = Player(house.script, self.line, house.handles) if house.script else None

    async def run(self) -> None:
        """Serve the client until the connection ends."""
        if self._player is not None:
            self._listeners.append(self._player)
            self._player.start(self._session)
        try:
            await self._read_all()
        except ProtocolError as error:
            log.info(
                "protocol_error connection=%d code=%d reason=%r",
                self._record.number,
                error.code,
                error.reason,
            )
            await self.line.close(error.code, error.reason)
        except ConnectionClosed:
            self._note_close()
        finally:
            self._leave_session()
            if self._lifetime is not None:
                self._lifetime.cancel()
            for listener in self._listeners:
                await listener.close()
            self._recorder.closed()
            log.info("closed connection=%d code=%s", self._record.number, self._record.close_code)

    async def _read_all(self) -> None:
        while True:
            frame = await self._socket.recv()
            await self.line.awake()
            message, payload = read(frame)
            self._rules.check(message)
            self._recorder.take(message, payload)
            if isinstance(message, Setup):
                await self._set_up(message)
            for listener in self._listeners:
                await listener.take(message)

    def _note_close(self) -> None:
        if self._record.close_code is None:
            self._record.close_code = self._socket.close_code
            self._record.close_reason = self._socket.close_reason or ""

    # --------------------------------------------------------------------------------------- setup

    async def _set_up(self, setup: Setup) -> None:
        settings = self._house.settings
        if settings.api_key is not None and self._record.api_key != settings.api_key:
            raise ProtocolError(INVALID_ARGUMENT, KEY_REFUSED)
        if setup.history_config.initial_history_in_client_content and not settings.accepts_history:
            raise ProtocolError(INVALID_ARGUMENT, "Request contains an invalid argument.")
        scripted = self._player is not None and self._player.accepts_setup(setup)
        self._session = self._session_for(setup, lenient=scripted)
        self._session.is_open = self._is_open
        self._session.ended_s = None
        if self._player is not None:
            self._player.continue_session(self._session)
        if not scripted:
            await self.line.send(messages.setup_complete())
        self._lifetime = asyncio.create_task(self._live_and_die())
        if self._house.wits is not None:
            self._attend(setup, self._house.wits)
        log.info("setup connection=%d resumed=%s", self._record.number, setup.handle is not None)

    def _is_open(self) -> bool:
        return self.line.is_open

    def _leave_session(self) -> None:
        """The session ends with its last connection; another one may have taken it over already."""
        if self._session.is_open == self._is_open:
            self._session.is_open = nobody
            self._session.ended_s = time.monotonic()

    def _session_for(self, setup: Setup, *, lenient: bool) -> Session:
        """The session of the handle, or a new one. Raises ProtocolError for a bad handle, unless lenient."""
        model = setup.model.removeprefix("models/")
        if setup.handle is None:
            return Session(model)
        try:
            return self._house.handles.find(setup.handle, model)
        except ProtocolError:
            if lenient:
                return Session(model)
            raise

    def _attend(self, setup: Setup, wits: Wits) -> None:
        # Imported here: a scripted stand-in starts faster without numpy and soxr.
        from device.rehearsal.attendant import Attendant  # noqa: PLC0415
        from device.rehearsal.turns import Turns  # noqa: PLC0415

        settings = self._house.settings
        pace = Pace(settings.chunk_ms, settings.speed)
        turns = Turns(self.line, setup, self._session, self._house.handles, wits, pace)
        self._listeners.append(
            Attendant(
                self.line, setup, self._session, turns, stream_end_ends_turn=settings.stream_end_ends_turn
            )
        )

    # ------------------------------------------------------------------------------------ lifetime

    async def _live_and_die(self) -> None:
        """goAway some time before the connection's time is up, then the end that the service makes."""
        lifetime_s, notice_s = self._house.settings.lifetime_s, self._house.settings.go_away_notice_s
        if lifetime_s is None:
            return
        notice_s = min(notice_s, lifetime_s)
        await asyncio.sleep(lifetime_s - notice_s)
        if notice_s:
            await self.line.send(messages.go_away(messages.seconds_text(notice_s)))
            log.info("go_away connection=%d time_left_s=%.3f", self._record.number, notice_s)
        await asyncio.sleep(notice_s)
        await self.line.close(INTERNAL_ERROR, "Deadline expired before operation could complete.")
