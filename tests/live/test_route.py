"""Default routes, as the kernel lists them in /proc/net."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from device.live.route import has_default_route, route_appears
from tests.clock import run_in_fast_time

HEADER = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
LINK = "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
DEFAULT = "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
NOWHERE = "0" * 32
GATEWAY = "fe800000000000000000000000000001"


def ipv4(*, destination: str = "00000000", flags: str = "0003", mask: str = "00000000") -> str:
    return f"{HEADER}wlan0\t{destination}\t010200C0\t{flags}\t0\t0\t600\t{mask}\t0\t0\t0\n{LINK}"


def ipv6(
    *, destination: str = NOWHERE, bits: str = "00", flags: str = "00450003", interface: str = "wlan0"
) -> str:
    return (
        f"{destination} {bits} {NOWHERE} 00 {GATEWAY} 00000258 00000001 00000000 {flags} {interface:>8}\n"
        f"{NOWHERE} 00 {NOWHERE} 00 {NOWHERE} ffffffff 00000001 00000000 00200200       lo\n"
    )


def write(proc: Path, *, route: str | None = None, ipv6_route: str | None = None) -> None:
    for name, text in (("route", route), ("ipv6_route", ipv6_route)):
        if text is None:
            (proc / name).unlink(missing_ok=True)
        else:
            (proc / name).write_text(text, encoding="latin-1")


@pytest.mark.parametrize(
    ("route", "there"),
    [
        (ipv4(), True),
        (ipv4(flags="0001"), True),
        (ipv4(flags="0002"), False),
        (ipv4(flags="0201"), False),
        (ipv4(mask="00000080"), False),
        (ipv4(destination="000200C0"), False),
        (HEADER + LINK, False),
        ("", False),
        ("wlan0\t00000000\n\n \nwlan0 00000000 0 UP 0 0 0 00000000\n\xff\xfe\0\n", False),
    ],
    ids=["gateway", "straight-to-link", "down", "reject", "half", "network", "link-only", "empty", "odd"],
)
def test_ipv4(tmp_path: Path, route: str, there: bool) -> None:
    write(tmp_path, route=route)
    assert has_default_route(tmp_path) is there


@pytest.mark.parametrize(
    ("route", "there"),
    [
        (ipv6(), True),
        (ipv6(flags="00000003"), True),
        (ipv6(flags="00000002"), False),
        (ipv6(flags="00200200"), False),
        (ipv6(flags="00000201"), False),
        (ipv6(interface="lo", flags="00000001"), False),
        (ipv6(bits="03"), False),
        (ipv6(destination="fd" + "0" * 30, bits="40"), False),
        ("", False),
        (f"{NOWHERE} 00\n{NOWHERE} 00 1 2 3 4 5 6 flags wlan0\n\xff\n", False),
    ],
    ids=["ra", "by-hand", "down", "null", "reject", "loopback", "part", "network", "empty", "odd"],
)
def test_ipv6(tmp_path: Path, route: str, there: bool) -> None:
    write(tmp_path, ipv6_route=route)
    assert has_default_route(tmp_path) is there


def test_either_protocol_is_enough(tmp_path: Path) -> None:
    write(tmp_path, route=HEADER + LINK, ipv6_route=ipv6())
    assert has_default_route(tmp_path)
    write(tmp_path, route=ipv4(), ipv6_route=ipv6(flags="00200200"))
    assert has_default_route(tmp_path)


def test_a_machine_without_the_files_has_no_route(tmp_path: Path) -> None:
    assert not has_default_route(tmp_path / "nowhere")
    (tmp_path / "route").mkdir()
    assert not has_default_route(tmp_path)


def test_this_machine_can_be_asked() -> None:
    assert has_default_route() in {True, False}


def waited_s(proc: Path, changes: list[tuple[float, bool]], *, give_up_s: float = 100) -> float | None:
    """How long route_appears waits in s while routes come (True) and go; None: until it was given up."""

    async def scene() -> float | None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for at_s, comes in changes:
            table = HEADER + DEFAULT if comes else HEADER + LINK
            loop.call_at(began + at_s, partial(write, proc, route=table))
        try:
            await asyncio.wait_for(route_appears(1.0, proc), give_up_s)
        except TimeoutError:
            return None
        return loop.time() - began

    return run_in_fast_time(scene())


def test_a_route_that_comes_back_is_seen_within_the_poll(tmp_path: Path) -> None:
    write(tmp_path, route=HEADER + LINK)
    waited = waited_s(tmp_path, [(30.5, True)])
    assert waited is not None
    assert 30.5 <= waited <= 31.5


def test_a_route_that_was_there_must_first_go(tmp_path: Path) -> None:
    write(tmp_path, route=HEADER + DEFAULT)
    waited = waited_s(tmp_path, [(10.5, False), (20.5, True)])
    assert waited is not None
    assert 20.5 <= waited <= 21.5


def test_a_route_that_stays_is_no_news(tmp_path: Path) -> None:
    write(tmp_path, route=HEADER + DEFAULT)
    assert waited_s(tmp_path, []) is None
