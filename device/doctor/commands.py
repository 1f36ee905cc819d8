"""Asking other programs of this machine, briefly."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

LIMIT_S = 2.0

Ask = Callable[..., str | None]
"""What a command prints, given its words; None where it says nothing that can be used."""


def output_of(*command: str) -> str | None:
    """What the command prints; None where it is not there, fails, or takes longer than two seconds."""
    try:
        finished = subprocess.run(
            command,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env=os.environ | {"LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return finished.stdout if finished.returncode == 0 else None


def properties(text: str | None) -> dict[str, str]:
    """The lines NAME=VALUE that systemctl and timedatectl print with `show`."""
    lines = (text or "").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
