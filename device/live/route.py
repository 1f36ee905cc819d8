"""Whether this machine has a way out of the house, so that nobody waits out a pause once it has one again."""

from __future__ import annotations

import asyncio
from pathlib import Path

PROC_NET = Path("/proc/net")
LOOPBACK = "lo"
ANYWHERE = "0" * 32
"""The IPv6 address :: as the kernel writes it."""

FLAG_UP = 0x0001
FLAG_REJECT = 0x0200
"""A route that refuses everything: the kernel itself lists a default route of this kind."""


def has_default_route(proc: Path = PROC_NET) -> bool:
    """Whether there is a default route of IPv4 or of IPv6 that leads anywhere."""
    return any(map(_is_ipv4_default, _rows(proc / "route"))) or any(
        map(_is_ipv6_default, _rows(proc / "ipv6_route"))
    )


async def route_appears(poll_s: float = 1.0, proc: Path = PROC_NET) -> None:
    """Return when a default route is there that had been gone; one that stays is no news."""
    for awaited in (False, True):
        # The kernel's tables can only be asked.
        while has_default_route(proc) is not awaited:  # noqa: ASYNC110
            await asyncio.sleep(poll_s)


def _is_ipv4_default(row: list[str]) -> bool:
    match row:
        # Half of all addresses begin with 0 too, and a VPN has a route for those: the mask tells them apart.
        case [interface, "00000000", _, flags, _, _, _, "00000000", *_]:
            return _leads_somewhere(interface, flags)
    return False


def _is_ipv6_default(row: list[str]) -> bool:
    match row:
        case [destination, "00", _, _, _, _, _, _, flags, interface] if destination == ANYWHERE:
            return _leads_somewhere(interface, flags)
    return False


def _rows(table: Path) -> list[list[str]]:
    try:
        text = table.read_text(encoding="ascii", errors="replace")
    except OSError:  # a kernel without this protocol has no such file
        return []
    return [line.split() for line in text.splitlines()]


def _leads_somewhere(interface: str, flags: str) -> bool:
    try:
        bits = int(flags, 16)
    except ValueError:
        return False
    return interface != LOOPBACK and bool(bits & FLAG_UP) and not bits & FLAG_REJECT
