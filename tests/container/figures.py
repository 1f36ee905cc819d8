"""How long things took, printed at the end of the run: nothing here fails because a computer is slow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

taken_s: dict[str, float] = {}
"""By what was done."""


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Note how long something takes."""
    began = time.monotonic()
    yield
    taken_s[what] = time.monotonic() - began
