"""A daemon that answers on a real control socket, for the doctor to ask."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from device.service.control import ControlServer
from device.service.health import Health
from device.service.status import Status
from tests.service.test_status import STATUS


class FakeDesk:
    """Tells a status and a health, and does nothing."""

    def __init__(self, status: Status = STATUS, health: Health | None = None) -> None:
        self.plain: Mapping[str, object] = status.as_json()
        self.health = health or Health(ok=True)

    async def status(self) -> Mapping[str, object]:
        return self.plain

    def check(self) -> Health:
        return self.health

    def interrupt(self) -> None:
        raise AssertionError("a doctor only looks")

    def mute(self, on: bool, /) -> None:
        raise AssertionError("a doctor only looks")

    def ask(self, text: str, /) -> None:
        raise AssertionError("a doctor only looks")

    def set_volume(self, percent: int, /) -> int:
        raise AssertionError("a doctor only looks")

    async def kept(self) -> None:
        raise AssertionError("a doctor only looks")


@contextmanager
def answering(path: Path, desk: FakeDesk) -> Iterator[None]:
    """The desk behind its socket, on a thread of its own."""
    loop = asyncio.new_event_loop()
    server = ControlServer(path, desk)
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def with_devices(**changes: object) -> Status:
    """The status with other devices."""
    return replace(STATUS, devices=replace(STATUS.devices, **changes))  # type: ignore[arg-type]
