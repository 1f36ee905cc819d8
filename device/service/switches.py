"""What people have switched, and expect to find so after a restart: mute and volume."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from device import safefile

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Switches:
    """muted: the microphone is; volume: percent, None: nobody has set it, and the configuration's counts."""

    muted: bool = False
    volume: int | None = None


class SwitchFile:
    """The file of one daemon. Neither reading nor writing raises."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._failed = False
        self._saved: Switches | None = None
        self._writing = threading.Lock()

    def load(self) -> Switches:
        """As they were left.

        A file that cannot be read counts as muted: rather deaf by mistake than listening by mistake.
        """
        try:
            content = _Content.model_validate_json(safefile.read(self._path))
        except FileNotFoundError:
            return Switches()
        except (OSError, ValidationError) as error:
            reason = error.strerror if isinstance(error, OSError) else "damaged"
            logger.warning("switches_unusable reason=%r", reason)
            return Switches(muted=True)
        self._saved = Switches(content.muted, content.volume)
        return self._saved

    def save(self, switches: Switches) -> None:
        """Keep them; it waits for the disk, and may be called from any thread."""
        with self._writing:
            if switches == self._saved:
                return
            try:
                safefile.replace(self._path, json.dumps(asdict(switches)).encode())
            except OSError as error:
                # The first failure is news; its repetitions would only bury it.
                level = logging.DEBUG if self._failed else logging.WARNING
                logger.log(level, "switches_unwritten reason=%r", error.strerror)
                self._failed = True
            else:
                self._failed, self._saved = False, switches


class _Content(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    muted: bool
    volume: int | None = Field(ge=0, le=100)
