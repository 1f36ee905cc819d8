"""Logging: one line an event, `event_name key=value ...`, readable in a terminal and by journalctl."""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from collections.abc import Mapping
from types import TracebackType

logger = logging.getLogger(__name__)

SYSTEMD_PRIORITY = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}
PLAIN_WORD = re.compile(r"[\w.:/+-]+")
NOISY_LIBRARIES = ("google_genai", "websockets", "httpx2", "httpcore2", "asyncio")


class _JournalFormatter(logging.Formatter):
    """A line with a `<priority>` prefix that systemd understands; a traceback stays in one entry."""

    def format(self, record: logging.LogRecord) -> str:
        priority = SYSTEMD_PRIORITY.get(record.levelno, 6)
        return f"<{priority}>" + super().format(record).replace("\n", "\\n")


def set_up_logging(level: int = logging.INFO) -> None:
    """Send Ladle's events of this level and above to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    if os.environ.get("JOURNAL_STREAM"):
        handler.setFormatter(_JournalFormatter("%(message)s"))
        sys.excepthook = _tell_crash
        threading.excepthook = lambda crash: _tell_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in NOISY_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def _tell_crash(
    kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None
) -> None:
    """What nobody has caught is one entry too, and not one for each line of its traceback."""
    logger.critical("crashed error=%s", kind.__name__, exc_info=(kind, error or kind(), traceback))


def line(name: str, fields: Mapping[str, object]) -> str:
    """An event as one line; text that would not be one plain word is quoted."""
    return " ".join([name, *(f"{key}={_shown(value)}" for key, value in fields.items())])


def _shown(value: object) -> str:
    text = f"{value:.0f}" if isinstance(value, float) else str(value)
    return text if PLAIN_WORD.fullmatch(text) else repr(text)
