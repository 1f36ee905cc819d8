"""The diary: whether it is whole, how much is in it, and how old its last backup is. Nothing is changed."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from device.doctor.finding import Finding, failed, passed, warned
from device.nutrition.diarydatabase import damage_in, entries_in, quickly_checked
from device.nutrition.diaryfile import BACKUP_PATTERN, DIARY_NAME, DiaryFile
from device.nutrition.records import DiaryUnavailableError, Trouble

NAME = "diary"
MENDED = (
    "Start Ladle anew, which keeps the damaged file and restores the newest backup: "
    "sudo systemctl restart ladle"
)
LATE = timedelta(days=2)
"""A backup is made every day that has something new, while Ladle runs."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is in a diary; last: the day on which the last entry was made, None without any."""

    entries: int
    last: date | None


def check_diary(directory: Path, *, is_in_use: bool) -> Iterator[Finding]:
    """Look the diary through. is_in_use: a daemon has it open."""
    try:
        extent = _extent_in_use(directory) if is_in_use else _extent_at_rest(directory)
    except DiaryUnavailableError as error:
        yield _unavailable(error, directory)
        return
    backup = _last_backup(directory)
    found = f"{extent.entries} entries in {directory}, whole; "
    found += f"last backup of {backup}." if backup else "no backup yet."
    if extent.last and extent.last - (backup or extent.last) > LATE:
        yield warned(
            NAME,
            f"{found} Much was logged since.",
            "See why: journalctl -u ladle | grep -i -e diary -e backup",
        )
    else:
        yield passed(NAME, found)


def _unavailable(error: DiaryUnavailableError, directory: Path) -> Finding:
    match error.trouble:
        case Trouble.MISSING:
            return passed(NAME, str(error))
        case Trouble.DAMAGED:
            return failed(NAME, str(error), MENDED)
        case Trouble.NEWER | Trouble.BUSY:
            return warned(NAME, str(error), "Look again after that: ladle doctor")
        case _:
            return failed(NAME, str(error), f"See who may use it: sudo ls -la {directory}")


def _extent_in_use(directory: Path) -> Extent:
    """Beside the daemon, whose files are there already, so that none is made."""
    with DiaryFile(directory, owner=False).beside() as database:
        damage = quickly_checked(database)
        if damage != "ok":
            raise DiaryUnavailableError(Trouble.DAMAGED, directory, damage)
        entries, last = entries_in(database)
    return Extent(entries, last.date() if last else None)


def _extent_at_rest(directory: Path) -> Extent:
    """Of a copy: SQLite makes files beside whatever it opens, and mends what a power cut left."""
    with tempfile.TemporaryDirectory(prefix="ladle-doctor-") as aside:
        try:
            _copy(directory, Path(aside))
        except FileNotFoundError:
            raise DiaryUnavailableError(Trouble.MISSING, directory) from None
        except OSError as error:
            raise DiaryUnavailableError(Trouble.UNREACHABLE, directory, error.strerror or "") from None
        damage = damage_in(Path(aside) / DIARY_NAME, thorough=False)
        if damage:
            raise DiaryUnavailableError(Trouble.DAMAGED, directory, damage)
        try:
            return _extent_in_use(Path(aside))
        except DiaryUnavailableError as error:
            raise DiaryUnavailableError(error.trouble, directory) from None


def _copy(directory: Path, aside: Path) -> None:
    shutil.copy(directory / DIARY_NAME, aside)
    with contextlib.suppress(FileNotFoundError):
        shutil.copy(directory / f"{DIARY_NAME}-wal", aside)


def _last_backup(directory: Path) -> date | None:
    names = sorted(path.name for path in (directory / "backups").glob(BACKUP_PATTERN))
    days = [name.removeprefix("diary-").removesuffix(".sqlite3") for name in names]
    return date.fromisoformat(days[-1]) if days else None
