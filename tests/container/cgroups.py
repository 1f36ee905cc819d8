"""A control group for each machine.

On a computer with systemd nspawn gets one from it. Elsewhere two machines that run at a time would share one,
and each systemd would count the other's processes among its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TREES = ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup")
"""Where systemd keeps account of processes, as far as a computer has them."""
JOIN = (
    'for group in $GROUPS_TO_JOIN; do echo $$ >"$group/cgroup.procs"; done; unset GROUPS_TO_JOIN; exec "$@"'
)


@contextmanager
def own_group(name: str) -> Iterator[tuple[str, ...]]:
    """A group with this name; what is to be put before a command so that it runs in there."""
    if Path("/run/systemd/system").exists():
        yield ()
        return
    groups = [Path(tree) / name for tree in TREES if (Path(tree) / "cgroup.procs").exists()]
    for group in groups:
        group.mkdir()
    try:
        yield ("env", f"GROUPS_TO_JOIN={' '.join(map(str, groups))}", "sh", "-c", JOIN, "sh")
    finally:
        _remove(groups)


def _remove(groups: Sequence[Path]) -> None:
    """With the groups that were made in them; their processes have ended."""
    for group in groups:
        for directory, _, _ in os.walk(group, topdown=False):
            Path(directory).rmdir()
