"""The key of the Gemini API: where it may come from, and what is wrong with it where it cannot be used."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import SecretStr

from device.config import Settings
from device.errors import ConfigError

KEY_CREDENTIAL = "gemini-api-key"
UNSET_CREDENTIAL = "unset"
REHEARSAL_KEY = "rehearsal"


def api_key(settings: Settings, environment: Mapping[str, str] = os.environ) -> SecretStr:
    """The API key: the systemd credential, else the file that GEMINI_API_KEY_FILE names, else GEMINI_API_KEY.

    A stand-in that `live.endpoint` names takes any key, so none is asked for there.

    Raises:
        ConfigError: there is no key, or the file that should hold it cannot be read.
    """
    for where, key in _keys(environment):
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise ConfigError(f"The API key in {where} is not one word of plain letters. Write it again.")
        if key:
            return SecretStr(key)
    if settings.live.endpoint:
        return SecretStr(REHEARSAL_KEY)
    raise ConfigError(
        "There is no API key. Get one from https://aistudio.google.com/apikey and put it into the "
        "environment as GEMINI_API_KEY, or into a file that GEMINI_API_KEY_FILE names."
    )


def _keys(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each place where the key may be, by its name, and what is there."""
    directory = environment.get("CREDENTIALS_DIRECTORY")
    credential = Path(directory) / KEY_CREDENTIAL if directory else None
    if credential and credential.exists():
        key = _read_key(credential, "The systemd credential")
        yield f"the systemd credential {KEY_CREDENTIAL}", "" if key == UNSET_CREDENTIAL else key
    file = environment.get("GEMINI_API_KEY_FILE")
    if file:
        yield file, _read_key(Path(file), "GEMINI_API_KEY_FILE")
    yield "GEMINI_API_KEY", environment.get("GEMINI_API_KEY", "").strip()


def _read_key(path: Path, who: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigError(f"{who} names {path}, which cannot be read: {reason}.") from None
