"""Running the checks: each under a time limit, and none of them able to end the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from device.doctor.finding import Finding, failed

LIMIT_S = 10.0
SHORTEST_SECRET = 8
"""What is shorter stands in many words, and is no key of any service."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at.

    look: may block, and may raise; what it raises is a fault of that name.
    is_aside: begun before all others and told in its place, for what waits for the network.
    """

    name: str
    look: Callable[[], Iterable[Finding]]
    limit_s: float = LIMIT_S
    is_aside: bool = False


def examine(checks: Sequence[Check], *, secret: str = "") -> Iterator[Finding]:
    """What each check found, in order, as soon as it is known.

    secret: taken out of everything that is said, whoever said it.
    """
    begun = {check: _Look(check) for check in checks if check.is_aside}
    for check in checks:
        look = begun.get(check) or _Look(check)
        yield from (_without(secret, finding) for finding in look.findings())


class _Look:
    """A check at work, on a thread that not even the end of the process waits for."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._deadline = time.monotonic() + check.limit_s
        self._found: list[Finding] = []
        self._is_done = threading.Event()
        threading.Thread(target=self._run, name=check.name, daemon=True).start()

    def findings(self) -> list[Finding]:
        """Wait for them, no longer than the check may take."""
        if self._is_done.wait(max(0.0, self._deadline - time.monotonic())):
            return self._found
        limit = f"{self._check.limit_s:g} s"
        return [
            failed(
                self._check.name,
                f"This check was given up after {limit}.",
                "Try it again; if it stays so, restart the machine and look at its disk and network.",
            )
        ]

    def _run(self) -> None:
        try:
            found = list(self._check.look())
        except Exception as error:  # noqa: BLE001  one broken check must not hide what the others find
            found = [_broken(self._check.name, error)]
        self._found = found
        self._is_done.set()


def _broken(name: str, error: Exception) -> Finding:
    return failed(
        name,
        f"The check itself failed: {type(error).__name__}: {error}",
        "Look at that, and tell Ladle's makers what `ladle doctor --json` prints.",
    )


def _without(secret: str, finding: Finding) -> Finding:
    if len(secret) < SHORTEST_SECRET:
        return finding
    return replace(
        finding,
        found=finding.found.replace(secret, "(the key)"),
        remedy=finding.remedy.replace(secret, "(the key)"),
    )
