"""The other end of one connection of the local socket."""

from __future__ import annotations

import asyncio
import socket
import struct

from device.service.requests import Code, HangUpError

LONGEST_LINE = 64 * 1024
MOST_WAITING = 256 * 1024
"""Bytes that may wait for a peer who does not read what it has asked for."""
PAUSE_S = 0.01
"""Between two lines of a peer, and between two peers: whoever asks without end leaves time for the rest."""
PEER = struct.Struct("3i")
"""What the kernel tells of the other end: pid, uid, gid (unix(7), SO_PEERCRED)."""


def credentials_of(connection: socket.socket) -> tuple[int, int, int]:
    """pid, uid and gid of the other end of a local socket, as the kernel knows them. Raises OSError."""
    pid, uid, gid = PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
    return pid, uid, gid


class Peer:
    """The other end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._patience_s = patience_s
        _, self.uid, _ = credentials_of(writer.get_extra_info("socket"))
        """The user that opened the connection."""

    async def next_line(self) -> bytes:
        """The next line; empty when it has hung up."""
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            if not error.partial:
                return b""
            raise HangUpError(Code.NOT_JSON, "A request must end with the end of a line.") from None
        except asyncio.LimitOverrunError:
            raise HangUpError(Code.TOO_LONG, f"A request has at most {LONGEST_LINE} bytes.") from None
        except TimeoutError:
            raise HangUpError(Code.TIMED_OUT, f"No request within {self._patience_s:g} s.") from None

    def give(self, text: bytes) -> None:
        """Send without waiting; whoever does not read is dropped."""
        if self._writer.is_closing():
            return
        self._writer.write(text)
        if self._writer.transport.get_write_buffer_size() > MOST_WAITING:
            self.drop()

    def refuse(self, text: bytes) -> None:
        """Say this, and hang up without waiting."""
        self.give(text)
        self._writer.close()

    async def tell(self, text: bytes) -> None:
        """Send. Raises TimeoutError or ConnectionError where it is not taken."""
        self._writer.write(text)
        async with asyncio.timeout(self._patience_s):
            await self._writer.drain()

    async def gone(self) -> None:
        """Return when it has hung up; what it says until then is not listened to."""
        while await self._reader.read(LONGEST_LINE):  # noqa: ASYNC110 - the pause slows a peer that floods
            await asyncio.sleep(PAUSE_S)

    def drop(self) -> None:
        """Hang up at once; what it has not taken is lost."""
        self._writer.transport.abort()

    async def hang_up(self) -> None:
        """Hang up when it has taken what it was told, or after a while."""
        self._writer.close()
        try:
            async with asyncio.timeout(self._patience_s):
                await self._writer.wait_closed()
        except OSError:
            self.drop()
