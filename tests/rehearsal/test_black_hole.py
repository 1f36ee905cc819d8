"""Packets that get nowhere, as the client's own TCP sees it."""

from __future__ import annotations

import asyncio
import errno
import socket as sockets
import struct

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedError

from device.rehearsal.server import RehearsalServer
from tests.rehearsal.client import (
    bare,
    closed_with,
    receive_json,
    run,
    scripted,
    send_json,
    setup,
    text_input,
    wait_for,
)

USER_TIMEOUT_MS = 300
UNACKED_OFFSET = 24  # of tcpi_unacked in struct tcp_info, linux/tcp.h


def tcp_of(socket: ClientConnection) -> sockets.socket:
    tcp: sockets.socket = socket.transport.get_extra_info("socket")
    return tcp


def unacknowledged(socket: ClientConnection) -> int:
    """How many of the client's segments the other side has not acknowledged."""
    info = tcp_of(socket).getsockopt(sockets.IPPROTO_TCP, sockets.TCP_INFO, 104)
    return int(struct.unpack_from("I", info, UNACKED_OFFSET)[0])


def beset(fault: str) -> RehearsalServer:
    """A server that says goAway when the client writes, and then has the fault."""
    return scripted(f"tracks: [[{{on: text, do: [go_away, {fault}]}}], [{{on: text 2, do: [interrupted]}}]]")


async def write_into(socket: ClientConnection) -> None:
    """Bring the fault about, and send something into it; TCP gives up after USER_TIMEOUT_MS."""
    tcp_of(socket).setsockopt(sockets.IPPROTO_TCP, sockets.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    await send_json(socket, setup(), text_input("x"))
    await wait_for(socket, "goAway")
    await send_json(socket, text_input("into the void"))


def test_what_is_sent_into_a_black_hole_is_not_acknowledged() -> None:
    async def scenario() -> None:
        async with beset("black_hole") as server, bare(server) as socket:
            await write_into(socket)
            assert unacknowledged(socket) > 0
            with pytest.raises(ConnectionClosedError) as failure:
                await socket.recv()
            assert isinstance(failure.value.__cause__, OSError)
            assert failure.value.__cause__.errno == errno.ETIMEDOUT
            assert server.received.last.counts["text"] == 1

    run(scenario())


def test_what_is_sent_into_a_silence_is_acknowledged() -> None:
    async def scenario() -> None:
        async with beset("silence") as server, bare(server) as socket:
            await write_into(socket)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 2 * USER_TIMEOUT_MS / 1000)
            assert unacknowledged(socket) == 0
            assert server.received.last.counts["text"] == 1

    run(scenario())


def test_after_a_black_hole_tcp_delivers_what_was_sent_into_it() -> None:
    async def scenario() -> None:
        async with beset("{black_hole: 100}") as server, bare(server) as socket:
            await write_into(socket)
            assert await receive_json(socket) == {"serverContent": {"interrupted": True}}
            assert server.received.last.counts["text"] == 2

    run(scenario())


def test_the_end_of_a_black_hole_and_of_the_server_reach_the_client() -> None:
    async def scenario() -> None:
        async with beset("black_hole") as server, bare(server) as socket:
            await send_json(socket, setup(), text_input("x"))
            await wait_for(socket, "goAway")
            await server.__aexit__(None, None, None)
            assert (await closed_with(socket))[0] == 1006

    run(scenario())
