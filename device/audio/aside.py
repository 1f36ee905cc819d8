"""Work that may hang, on a thread of its own that nobody has to wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Aside(Protocol):
    """How such work is run."""

    async def __call__(self, work: Callable[[], T], *, limit_s: float) -> T:
        """Its result. Raises TimeoutError when it takes longer than `limit_s`; it goes on all the same."""


async def on_a_thread(work: Callable[[], T], *, limit_s: float) -> T:
    """Run it on a daemon thread, for which not even the end of the process waits."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if outcome.done():
            return
        if error:
            outcome.set_exception(error)
        else:
            outcome.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        try:
            found = (work(), None)
        except BaseException as error:  # noqa: BLE001  it is raised again where the work was ordered
            found = (None, error)  # type: ignore[assignment]
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, *found)

    threading.Thread(target=run, name="sound device", daemon=True).start()
    async with asyncio.timeout(limit_s):
        return await outcome


def finish(work: Callable[[], None], *, limit_s: float) -> bool:
    """Run it on a daemon thread and wait at most `limit_s`; whether it was finished."""
    thread = threading.Thread(target=work, name="sound device", daemon=True)
    thread.start()
    thread.join(limit_s)
    return not thread.is_alive()
