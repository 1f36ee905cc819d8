"""What people have switched, and expect to find so after a restart: mute and volume."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from device import safefile
from device.safefile import KeptFile

logger = logging.getLogger(__name__)

SWITCHES_FILE = "switches.json"
SET_AGAIN = (
    "It is not known what was switched, so the microphone starts muted. Unmute it (hold the button, or "
    "`ladle unmute`) and set the volume again."
)


@dataclass(frozen=True, slots=True)
class Switches:
    """muted: the microphone is.

    volume: percent, None: nobody has set it, and the configuration's counts. over: the configuration's at
    that time; once somebody writes another there, that counts.
    """

    muted: bool = False
    volume: int | None = None
    over: int | None = None

    def volume_over(self, configured: int) -> int | None:
        """What somebody has set instead of this volume of the configuration."""
        return self.volume if self.over == configured else None


class SwitchFile:
    """The file of one daemon. Neither reading nor writing raises."""

    def __init__(self, path: Path) -> None:
        self._file = KeptFile(path, "switches")
        self._damage: str | None = None
        self._saved: Switches | None = None
        self._saving = threading.Lock()

    @property
    def trouble(self) -> str | None:
        """Why mute and volume may not be as they were left, and what to do about it; None: they are."""
        return self._damage or self._file.trouble

    def load(self) -> Switches:
        """As they were left.

        A file that cannot be read counts as muted: rather deaf by mistake than listening by mistake.
        """
        try:
            content = _Content.model_validate_json(safefile.read(self._file.path))
        except FileNotFoundError:
            return Switches()
        except (OSError, ValidationError) as error:
            reason = error.strerror if isinstance(error, OSError) else "damaged"
            logger.warning(
                "switches_unusable path=%s reason=%r remedy=%r", self._file.path, reason, SET_AGAIN
            )
            self._damage = f"{self._file.path} cannot be read ({reason}). {SET_AGAIN}"
            return Switches(muted=True)
        self._saved = Switches(content.muted, content.volume, content.over)
        return self._saved

    def save(self, switches: Switches) -> None:
        """Keep them; it waits for the disk, and may be called from any thread."""
        with self._saving:
            if switches == self._saved:
                return
            is_kept = self._file.write(json.dumps(asdict(switches)).encode())
            # What the disk did not take is tried again, so a switch back must be written too.
            self._saved = switches if is_kept else None
            self._damage = None  # now somebody has said how it is to be

    def try_again(self) -> None:
        """Keep what could not be kept before, if there is any; as `save`."""
        self._file.try_again()


class SwitchKeeper:
    """Writes what people switch, one after the other, while the conversation goes on."""

    def __init__(self, file: SwitchFile) -> None:
        self._file = file
        # One thread of its own: the last switch is the last that is written, whatever the diary's disk does.
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="switches")

    def keep(self, switches: Switches) -> None:
        """Write them soon; never waits."""
        self._disk.submit(self._file.save, switches)

    async def kept(self) -> None:
        """Wait until all that was switched so far is on the disk, or the disk has refused it."""
        await asyncio.get_running_loop().run_in_executor(self._disk, lambda: None)

    def close(self) -> None:
        """Take nothing more; a disk that hangs does not hold up the end."""
        self._disk.shutdown(wait=False)


class _Content(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    muted: bool
    volume: int | None = Field(ge=0, le=100)
    over: int | None = Field(None, ge=0, le=100)
