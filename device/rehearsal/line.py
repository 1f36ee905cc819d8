"""The sending side of one connection: every message goes out through here, in order, and is counted.

It is also where a connection is mistreated: closed, reset, silenced, slowed down.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket as sockets
import struct
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from device.rehearsal.packet_filter import drop_all_packets, let_packets_in
from device.rehearsal.record import ConnectionRecord
from device.rehearsal.rules import Rules
from device.rehearsal.wire import JsonObject, encoded

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST


class Line:
    """One WebSocket as the server writes to it. Sending on a connection that ended does nothing."""

    def __init__(self, socket: ServerConnection, record: ConnectionRecord, rules: Rules) -> None:
        self.record = record
        self.rules = rules
        self.when_sent: list[Callable[[], None]] = []  # called after each message
        self._socket = socket
        self._delay_s = 0.0
        self._awake = asyncio.Event()
        self._awake.set()
        self._swallows = False
        self._cut = False

    @property
    def is_open(self) -> bool:
        """Whether the connection is open both ways."""
        return self._socket.state is State.OPEN and not self._cut

    async def send(self, message: JsonObject) -> None:
        """Send one message as JSON in a binary frame."""
        await self._pass_gate()
        if self.is_open:
            self._keep_account(message)
            await self._write(encoded(message), text=False)

    async def send_raw(self, payload: bytes, *, text: bool) -> None:
        """Send one frame with any payload at all."""
        await self._pass_gate()
        if self.is_open:
            self.record.sent["raw"] += 1
            await self._write(payload, text=text)

    async def send_unframed(self, payload: bytes) -> None:
        """Write bytes that are no WebSocket frame into the TLS stream."""
        await self._pass_gate()
        self._socket.transport.write(payload)

    async def _write(self, payload: bytes, *, text: bool) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(payload, text=text)
            for call in self.when_sent:
                call()
            await asyncio.sleep(0)  # whoever waits for this message acts before the next one

    async def _pass_gate(self) -> None:
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        await self._awake.wait()

    def _keep_account(self, message: JsonObject) -> None:
        """Count the message, and remember which tool calls the client has to answer."""
        declared = self.rules.setup.declarations if self.rules.setup else {}
        for kind in message:
            self.record.sent[kind] += 1
        for call in _calls_in(message):
            tool = declared.get(str(call.get("name")))
            self.rules.call_sent(str(call["id"]), blocking=tool is not None and tool.blocking)
        self.rules.calls_cancelled(_cancelled_in(message))

    # --------------------------------------------------------------------------------- mistreatment

    async def close(self, code: int, reason: str) -> None:
        """Close with this code and reason; the closing handshake follows. A silent line is closed later."""
        await self._awake.wait()
        self.record.close_code, self.record.close_reason = code, reason
        await self._socket.close(code, reason[:120])  # a close frame holds 123 bytes of reason

    def reset(self) -> None:
        """End the TCP connection with RST, without a close frame."""
        self._tcp.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, RESET_ON_CLOSE)
        self.drop()

    def drop(self) -> None:
        """End the TCP connection with FIN, without a close frame."""
        self._cut = True
        self._socket.transport.abort()

    def fall_silent(self) -> None:
        """Neither read nor write from now on, not even answers to pings; TCP still acknowledges."""
        self._awake.clear()
        self._socket.transport.pause_reading()

    def swallow_packets(self) -> None:
        """Fall silent, and let TCP acknowledge nothing either."""
        self.fall_silent()
        drop_all_packets(self._tcp)
        self._swallows = True

    def wake_up(self) -> None:
        """Read and write again."""
        self._let_packets_in()
        self._awake.set()
        self._socket.transport.resume_reading()

    def let_go(self) -> None:
        """The server stops: a client that we no longer listen to cannot answer a close frame."""
        if not self._awake.is_set():
            self._let_packets_in()
            self._awake.set()
            self.drop()

    def _let_packets_in(self) -> None:
        if self._swallows:
            let_packets_in(self._tcp)
            self._swallows = False

    @property
    def _tcp(self) -> sockets.socket:
        """The socket under TLS."""
        raw: sockets.socket = self._socket.transport.get_extra_info("socket")
        return raw

    def slow_down(self, delay_s: float) -> None:
        """Wait this long before each message from now on."""
        self._delay_s = delay_s

    async def awake(self) -> None:
        """Wait while the line is silent."""
        await self._awake.wait()


def _calls_in(message: JsonObject) -> list[dict[str, Any]]:
    call = message.get("toolCall")
    calls = call.get("functionCalls") if isinstance(call, dict) else None
    return [item for item in calls or () if isinstance(item, dict) and "id" in item]


def _cancelled_in(message: JsonObject) -> tuple[str, ...]:
    cancellation = message.get("toolCallCancellation")
    ids = cancellation.get("ids") if isinstance(cancellation, dict) else None
    return tuple(str(call_id) for call_id in ids or ())
