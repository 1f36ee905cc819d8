"""The WebSocket under the SDK, with what TCP can do about a link that is dead at the other end.

A pong of the Live API may take 30 s on a healthy connection, so it says nothing about the link.
Unacknowledged segments do: the kernel gives a connection up when nothing it sent was acknowledged for
TCP_USER_TIMEOUT (RFC 5482; tcp(7)), and frames or pings are sent all the time.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from websockets.asyncio.client import ClientConnection


class Dialer:
    """Makes the connections, for websockets' `create_connection`, and can cut the last of them off."""

    def __init__(self, half_open_timeout_s: float) -> None:
        """half_open_timeout_s: how long a link may acknowledge nothing."""
        self._half_open_timeout_s = half_open_timeout_s
        self._last: _WatchedConnection | None = None

    def __call__(self, *args: Any, **options: Any) -> ClientConnection:
        """A connection that gives up a dead link."""
        self._last = _WatchedConnection(*args, half_open_timeout_s=self._half_open_timeout_s, **options)
        return self._last

    def abort(self) -> None:
        """End the last connection without a word."""
        if self._last is not None:
            self._last.transport.abort()


class _WatchedConnection(ClientConnection):
    def __init__(self, *args: Any, half_open_timeout_s: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self._half_open_timeout_s = half_open_timeout_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        link = transport.get_extra_info("socket")
        if link is not None:
            timeout_ms = round(self._half_open_timeout_s * 1000)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, timeout_ms)
