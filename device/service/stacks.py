"""Where every thread and task of the process is just now, for whoever wants to know why nothing happens."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType

DEEPEST = 40


def thread_stacks() -> Iterator[tuple[str, str]]:
    """Each thread's name, and what it does: innermost first, `file:line function < file:line function`."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        yield names.get(ident, str(ident)), _told(_of_thread(frame))


def task_stacks() -> Iterator[tuple[str, str]]:
    """Each task of the running event loop, and what it waits for, innermost first."""
    for task in asyncio.all_tasks():
        yield task.get_name(), _told(reversed(list(_of_task(task))))


def _of_thread(frame: FrameType | None) -> Iterator[tuple[CodeType, int]]:
    while frame:
        yield frame.f_code, frame.f_lineno
        frame = frame.f_back


def _of_task(task: asyncio.Task[object]) -> Iterator[tuple[CodeType, int]]:
    """From the outermost coroutine along what each one awaits."""
    awaited: object = task.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "ag_frame", None)
        if frame:
            yield frame.f_code, frame.f_lineno
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "ag_await", None)


def _told(places: Iterator[tuple[CodeType, int]]) -> str:
    told = [f"{Path(code.co_filename).name}:{number} {code.co_qualname}" for code, number in places]
    return " < ".join(told[:DEEPEST]) or "not in Python"
