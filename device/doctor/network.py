"""The way to the Live API: a route, its name, and a secure connection.

The handshake of TLS tells nothing private, and finds what a name alone does not: a clock that is wrong, a
portal that wants a password first, a firewall.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from device.config import LiveSettings
from device.doctor.finding import Finding, failed, passed
from device.live.route import has_default_route
from device.service.instance import GOOGLE, HTTPS_PORT

NAME = "network"
NAME_LIMIT_S = 4.0
ADDRESS_LIMIT_S = 3.0
MOST_ADDRESSES = 3
NOT_YET_VALID, HAS_EXPIRED = 9, 10
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""
SET_CLOCK = "If the clock is wrong, set it: sudo timedatectl set-ntp true"
LOOK_AT_ROUTER = "Look at the router, and at a firewall or a page that asks for a password first."

Address = tuple[int, tuple[object, ...]]
"""A family of sockets, and an address in it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the Live API is served, or what stands between; proxy: "HOST:PORT" where there is one."""

    host: str
    port: int
    ca_file: Path | None = None
    proxy: str = ""

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, which needs no route."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def _ask_for(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in found]


def resolve(
    host: str,
    port: int,
    *,
    limit_s: float = NAME_LIMIT_S,
    ask: Callable[[str, int], list[Address]] = _ask_for,
) -> list[Address]:
    """The addresses of that name. Raises OSError where it is not found, or nobody answers soon."""
    answer: Future[list[Address]] = Future()

    def run() -> None:
        try:
            answer.set_result(ask(host, port))
        except Exception as error:  # noqa: BLE001  told to whoever waits
            answer.set_exception(error)

    # The C library would wait for minutes, and so would the end of the process for its thread.
    threading.Thread(target=run, name="name", daemon=True).start()
    try:
        return answer.result(limit_s)
    except TimeoutError:
        raise TimeoutError("no name server answers") from None


@dataclass(frozen=True, slots=True)
class Way:
    """What the way is found with; each part can be replaced."""

    has_route: Callable[[], bool] = has_default_route
    resolve: Callable[[str, int], list[Address]] = resolve


def target_of(settings: LiveSettings) -> Target:
    """Where Ladle connects with these settings; a stand-in is never reached through a proxy."""
    parts = urlsplit(settings.endpoint or GOOGLE)
    host, port = parts.hostname or "", parts.port or HTTPS_PORT
    proxy = "" if settings.endpoint or proxy_bypass(host) else getproxies().get("https", "")
    if not proxy:
        return Target(host, port, settings.ca_file)
    through = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return Target(host, port, settings.ca_file, f"{through.hostname}:{through.port or 80}")


def check_network(target: Target, way: Way | None = None) -> Iterator[Finding]:
    """How far one gets on the way."""
    way = way or Way()
    if not target.is_local and not way.has_route():
        yield failed(
            NAME,
            "This machine has no way out of the house: there is no default route.",
            "Connect it: plug a network cable in, or choose a Wi-Fi: sudo nmtui",
        )
        return
    host, port = first_hop(target)
    try:
        addresses = way.resolve(host, port)
    except OSError as error:
        yield failed(
            NAME,
            f"The name {host} is not found: {error.strerror or error}.",
            f"See what the machine asks: resolvectl status, cat /etc/resolv.conf. {LOOK_AT_ROUTER}",
        )
        return
    yield _reached(target, addresses[:MOST_ADDRESSES])


def first_hop(target: Target) -> tuple[str, int]:
    """The machine that one connects with, and its port."""
    if target.proxy:
        host, _, port = target.proxy.rpartition(":")
        return host, int(port)
    return target.host, target.port


def _reached(target: Target, addresses: list[Address]) -> Finding:
    began, failure = time.monotonic(), OSError("it has no address")
    for address in addresses:
        try:
            _connect(target, address)
        except OSError as error:
            failure = error
        else:
            took_ms = (time.monotonic() - began) * 1000
            return _open(target, took_ms)
    return _closed(target, failure)


def _open(target: Target, took_ms: float) -> Finding:
    if target.proxy:
        return passed(
            NAME,
            f"The proxy {target.proxy} is reached in {took_ms:.0f} ms; what lies behind it is not tried.",
        )
    return passed(NAME, f"{target.host} is found, and a secure connection stands in {took_ms:.0f} ms.")


def _closed(target: Target, error: OSError) -> Finding:
    where = target.proxy or f"{target.host} port {target.port}"
    match error:
        case ssl.SSLCertVerificationError(verify_code=code) if code in (NOT_YET_VALID, HAS_EXPIRED):
            return failed(
                NAME, f"By this machine's clock the certificate of {where} is not valid now.", SET_CLOCK
            )
        case ssl.SSLCertVerificationError() if target.ca_file:
            return failed(
                NAME,
                f"{where} has another certificate than live.ca_file {target.ca_file} says.",
                "Give live.ca_file what the stand-in prints when it starts; it makes a new one each time.",
            )
        case ssl.SSLCertVerificationError():
            return failed(
                NAME,
                f"Something else answers in the place of {where}: {error.verify_message}.",
                f"{LOOK_AT_ROUTER} A proxy's own certificate belongs into /usr/local/share/ca-certificates.",
            )
        case ssl.SSLError():
            return failed(NAME, f"{where} does not speak TLS as it should: {error.reason}.", LOOK_AT_ROUTER)
        case ConnectionRefusedError() if target.is_local:
            return failed(
                NAME,
                f"Nobody answers at {where}, which live.endpoint names.",
                "Start the stand-in: ladle rehearsal-server. Or take live.endpoint out of the configuration.",
            )
        case _:
            reason = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or str(error)
            return failed(NAME, f"{where} is not reached: {reason}.", LOOK_AT_ROUTER)


def _connect(target: Target, address: Address) -> None:
    """Raises OSError where no connection, or no secure one, comes about."""
    family, place = address
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(ADDRESS_LIMIT_S)
        connection.connect(place)
        if not target.proxy:
            trusting = ssl.create_default_context(cafile=target.ca_file and str(target.ca_file))
            with trusting.wrap_socket(connection, server_hostname=target.host):
                pass
