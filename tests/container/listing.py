"""All files of a machine, to see what an installation changes and what it leaves behind."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PASSING = (
    "proc",
    "sys",
    "dev",
    "run",
    "tmp",
    "var/tmp",
    "var/log",
    "var/cache",
    "var/lib/systemd",
    "usr/src",
)
"""What every running machine changes, and where the checkout lies."""
ACCOUNTS = {f"etc/{name}{copy}" for name in ("passwd", "group", "shadow", "gshadow") for copy in ("", "-")}
"""Who adds a user and removes them leaves a copy of the lists and perhaps another order."""


@dataclass(frozen=True)
class File:
    """What is to be seen of a file."""

    mode: str
    """As `ls -l` shows it."""
    owner: int
    group: int
    content: str
    """Where a link leads; of a file of the configuration its digest, of others the size in bytes."""


Listing = Mapping[str, File]


def list_files(root: Path) -> Listing:
    """Every file under a root by its path in there, without what passes."""
    files = {}
    for directory, subdirectories, names in os.walk(root):
        here = Path(directory).relative_to(root)
        subdirectories[:] = [name for name in subdirectories if str(here / name) not in PASSING]
        for name in (*subdirectories, *names):
            files[str(here / name)] = _look_at(root / here / name, in_etc=here.parts[:1] == ("etc",))
    return files


def _look_at(path: Path, *, in_etc: bool) -> File:
    seen = path.lstat()
    content = ""
    if stat.S_ISLNK(seen.st_mode):
        content = str(path.readlink())
    elif stat.S_ISREG(seen.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest() if in_etc else f"{seen.st_size} bytes"
    return File(stat.filemode(seen.st_mode), seen.st_uid, seen.st_gid, content)


def differences(before: Listing, after: Listing) -> list[str]:
    """The paths that came, went or changed, each with a sign: + - or !."""
    came = [f"+ {path}" for path in after.keys() - before.keys()]
    went = [f"- {path}" for path in before.keys() - after.keys()]
    changed = [f"! {path}" for path in before.keys() & after.keys() if before[path] != after[path]]
    return sorted((*came, *went, *changed), key=lambda line: line[2:])


def beside_accounts(line: str) -> bool:
    """Whether a difference is in another file than the lists of accounts."""
    return line[2:] not in ACCOUNTS
