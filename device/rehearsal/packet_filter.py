"""A socket that hears nothing any more: the kernel throws its packets away before TCP has seen them.

Linux alone has this (socket(7), SO_ATTACH_FILTER), and lets any user do it to a socket of their own.
"""

from __future__ import annotations

import ctypes
import struct
from socket import SOL_SOCKET
from typing import Protocol

SO_ATTACH_FILTER = 26
SO_DETACH_FILTER = 27
RETURN_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)  # struct sock_filter: ret #0, keep no byte of any packet


class HasOptions(Protocol):
    """A socket, or what asyncio gives out in its place."""

    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None:
        """Set an option of the socket."""


def drop_all_packets(socket: HasOptions) -> None:
    """From now on nothing that arrives is acknowledged, not even the end of the connection."""
    program = ctypes.create_string_buffer(RETURN_NOTHING, len(RETURN_NOTHING))
    instructions = len(RETURN_NOTHING) // struct.calcsize("HBBI")
    socket.setsockopt(
        SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", instructions, ctypes.addressof(program))
    )


def let_packets_in(socket: HasOptions) -> None:
    """Hear again, after drop_all_packets."""
    socket.setsockopt(SOL_SOCKET, SO_DETACH_FILTER, 0)
