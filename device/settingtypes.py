"""What a setting may be: the base of all sections, and values that are checked when they are read."""

from __future__ import annotations

import difflib
import re
from datetime import time
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, Strict


class Section(BaseModel):
    """A section of the configuration; a key that it does not have is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        near = difflib.get_close_matches(name, available_timezones(), n=1) or ["Europe/London"]
        raise ValueError(f"is not a time zone; did you mean {near[0]}?") from None
    return name


def _reachable(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme == "https" and parts.hostname and parts.port != 0 and not parts.fragment
        (parts.hostname or "").encode("idna")
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must look like https://HOST or https://HOST:PORT")
    return endpoint


def _usable_path(path: Path) -> Path:
    if "\0" in str(path):
        raise ValueError("cannot be the path of a file")
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("names a home directory that is not there") from None


def _clock_time(value: object) -> time:
    # YAML reads 22:00 without quotes as the number 1320.
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError('must be a time such as "22:00", in quotes')
    return time.fromisoformat(value)


ClockTime = Annotated[
    time, BeforeValidator(_clock_time), PlainSerializer(lambda clock: f"{clock:%H:%M}", return_type=str)
]

Whole = Annotated[int, Strict()]
"""A whole number, and not true, false or a number in quotes."""
YesNo = Annotated[bool, Strict()]
FilePath = Annotated[Path, AfterValidator(_usable_path)]
Zone = Annotated[str, AfterValidator(_known_zone)]
"""The name of a time zone."""
Endpoint = Annotated[str, AfterValidator(_reachable)]
"""https://HOST or https://HOST:PORT."""
