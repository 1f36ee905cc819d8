"""The key: whether there is one, where it is from, and whether it looks like one. It is never shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from device.apikey import KEY_CREDENTIAL, UNSET_CREDENTIAL, api_key
from device.config import Settings
from device.doctor.finding import Finding, failed, passed, warned
from device.errors import ConfigError

NAME = "key"
SERVICE_KEY = Path("/etc/ladle") / KEY_CREDENTIAL
RUNNING_KEY = Path("/run/credentials/ladle.service") / KEY_CREDENTIAL
"""What systemd has given to the service that runs, wherever it has it from."""
ENCRYPTED_KEY = SERVICE_KEY.with_suffix(".cred")
"""Where the comments in the unit have it put."""
AUTH_KEY = re.compile(r"AQ\.[\w.-]{16,}")
STANDARD_KEY = re.compile(r"AIza[\w-]{35}")
"""The two kinds of https://ai.google.dev/gemini-api/docs/api-key, by how they look today."""
MAKE_ONE = "Make one at https://aistudio.google.com/apikey"
PUT_FOR_SERVICE = (
    f"put it into {SERVICE_KEY} (sudo ./install.sh --api-key-file FILE does so), "
    "then: sudo systemctl restart ladle"
)
PUT_FOR_USER = "put it into a file that GEMINI_API_KEY_FILE names, or into GEMINI_API_KEY"
SOURCES = ("CREDENTIALS_DIRECTORY", "GEMINI_API_KEY_FILE", "GEMINI_API_KEY")


@dataclass(frozen=True, slots=True)
class KeyFound:
    """The key, or why there is none.

    where: its place, for a person. file: the file that it stands in, if it does. trouble: what is wrong with
    it where it cannot be used, "" where there simply is none. is_open: others on this machine can read it.
    is_encrypted: only systemd can read it, when it starts the service.
    """

    key: SecretStr | None = None
    where: str = ""
    file: Path | None = None
    trouble: str = ""
    is_open: bool = False
    is_encrypted: bool = False


def find_key(environment: Mapping[str, str]) -> KeyFound:
    """The key as a Ladle in this environment would find it."""
    for place in _places(environment):
        try:
            key = api_key(Settings(), place)
        except ConfigError as error:
            if _holds_something(place):
                return KeyFound(trouble=str(error))
            continue
        file = _file_of(place)
        where = str(file) if file else "the environment (GEMINI_API_KEY)"
        return KeyFound(key, where, file, is_open=file is not None and _is_open(file))
    return KeyFound()


def find_key_of_service(
    environment: Mapping[str, str],
    file: Path = SERVICE_KEY,
    running: Path = RUNNING_KEY,
    encrypted: Path = ENCRYPTED_KEY,
) -> KeyFound:
    """The key that systemd gives to the service; only root can read it. environment: that of the service."""
    for place in (file, running):
        if _is_file(place):
            found = find_key({**environment, "CREDENTIALS_DIRECTORY": str(place.parent)})
            # systemd lets the service alone in by an access list, which looks like a group that may read.
            return replace(found, is_open=found.is_open and place != running)
    found = find_key(environment)
    if found.key is None and not found.trouble and _is_file(encrypted):
        return KeyFound(file=encrypted, is_encrypted=True)
    return found


def check_key(
    found: KeyFound, settings: Settings, *, is_service: bool, is_hidden: bool = False, is_tried: bool = False
) -> Iterator[Finding]:
    """What there is to say of the key without asking anybody.

    is_service: it is that of the service; is_hidden: only root could see it; is_tried: the API has taken it
    from a daemon that runs, or is asked too.
    """
    put = PUT_FOR_SERVICE if is_service else PUT_FOR_USER
    if found.trouble:
        yield failed(NAME, found.trouble, f"{MAKE_ONE}, and {put}.")
    elif found.is_encrypted:
        yield passed(NAME, f"Encrypted in {found.file}; it is looked at while the service runs.")
    elif found.key is None and settings.live.endpoint:
        yield passed(NAME, "None is there, and none is needed: live.endpoint names a stand-in.")
    elif found.key is None and is_hidden:
        yield warned(
            NAME, "Not looked at: the key of the service is for root alone.", "Run: sudo ladle doctor"
        )
    elif found.key is None:
        yield failed(NAME, "There is no key.", f"{MAKE_ONE}, and {put}.")
    elif found.is_open:
        yield warned(NAME, f"Others can read it in {found.where}.", f"Run: sudo chmod 600 {found.file}")
    else:
        yield _of_shape(found.key.get_secret_value(), found.where, is_tried=is_tried)


def _of_shape(key: str, where: str, *, is_tried: bool) -> Finding:
    if AUTH_KEY.fullmatch(key) or is_tried:
        return passed(NAME, f"There, from {where}.")
    if STANDARD_KEY.fullmatch(key):
        return warned(
            NAME,
            f"There, from {where}. It is a standard key; Google has announced that from September 2026 the "
            "Gemini API takes authorization keys alone.",
            f"See whether it still works: ladle doctor --online. If not: {MAKE_ONE}.",
        )
    return warned(
        NAME,
        f"There, from {where}, but it does not look like a key of the Gemini API.",
        "Compare it with the one at https://aistudio.google.com/apikey, or try it: ladle doctor --online",
    )


def _places(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Each place alone, in the order in which Ladle looks."""
    for name in SOURCES:
        if environment.get(name):
            yield {name: environment[name]}


def _holds_something(place: Mapping[str, str]) -> bool:
    """Whether the place has what is meant to be a key, or cannot be looked into; not where it is empty."""
    file = _file_of(place)
    if file is None:
        return bool(place["GEMINI_API_KEY"].strip())
    try:
        return file.read_text(encoding="utf-8").strip() not in {"", UNSET_CREDENTIAL}
    except FileNotFoundError:
        return "GEMINI_API_KEY_FILE" in place
    except (OSError, ValueError):
        return True


def _file_of(place: Mapping[str, str]) -> Path | None:
    if "CREDENTIALS_DIRECTORY" in place:
        return Path(place["CREDENTIALS_DIRECTORY"]) / KEY_CREDENTIAL
    return Path(place["GEMINI_API_KEY_FILE"]) if "GEMINI_API_KEY_FILE" in place else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _is_open(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & 0o077)
    except OSError:
        return False
