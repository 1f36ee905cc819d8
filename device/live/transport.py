"""The WebSocket under the SDK, with what TCP can do about a link that is dead at the other end.

A pong of the Live API may take 30 s on a healthy connection, so it says nothing about the link.
Unacknowledged segments do: the kernel gives a connection up when nothing it sent was acknowledged for
TCP_USER_TIMEOUT (RFC 5482; tcp(7)), and frames or pings are sent all the time.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

from websockets.asyncio.client import ClientConnection


class _WatchedConnection(ClientConnection):
    def __init__(self, *args: Any, half_open_timeout_s: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self._half_open_timeout_s = half_open_timeout_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        link = transport.get_extra_info("socket")
        if link is not None:
            timeout_ms = round(self._half_open_timeout_s * 1000)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, timeout_ms)


def watched(half_open_timeout_s: float) -> Callable[..., ClientConnection]:
    """A maker of connections, for websockets' `create_connection`, that give up a link dead for so long."""

    def make(*args: Any, **options: Any) -> ClientConnection:
        return _WatchedConnection(*args, half_open_timeout_s=half_open_timeout_s, **options)

    return make
