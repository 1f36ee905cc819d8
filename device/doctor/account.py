"""As whom the doctor looks: as whoever has called it, or as the service.

What works for root need not work for the user that Ladle runs as. So root, with the configuration of the
system, reads the key, which nobody else may, and is that user from then on, for good.
"""

from __future__ import annotations

import grp
import os
import pwd
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from device.config import SERVICE_STATE
from device.configfile import SYSTEM_FILE
from device.doctor.daemon import Unit
from device.doctor.key import KeyFound, find_key, find_key_of_service

SERVICE_USER = "ladle"
SERVICE_RUNTIME = Path("/run/ladle")
OF_THE_CALLER = (
    "GEMINI_API_KEY",
    "GEMINI_API_KEY_FILE",
    "CREDENTIALS_DIRECTORY",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
    "PULSE_SERVER",
    "GPIOZERO_PIN_FACTORY",
)
"""Variables that the service does not get from whoever has called the doctor."""


@dataclass(frozen=True, slots=True)
class Account:
    """environment: in which Ladle would run; is_service: it is that of the service; is_key_hidden: the key is
    the service's, and only root can see it.
    """

    environment: Mapping[str, str]
    key: KeyFound
    is_service: bool = False
    is_key_hidden: bool = False


def _user_named(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _become(user: pwd.struct_passwd, group: str, environment: Mapping[str, str]) -> None:
    """Root no more, from here on, in the environment of the service and in a directory that it may use."""
    try:
        group_id = grp.getgrnam(group).gr_gid
    except KeyError:
        group_id = user.pw_gid
    os.initgroups(user.pw_name, group_id)
    os.setgid(group_id)
    os.setuid(user.pw_uid)
    os.umask(0o077)
    os.environ.clear()
    os.environ.update(environment)
    # lgpio writes into the working directory.
    for place in (SERVICE_RUNTIME, Path(tempfile.gettempdir())):
        with suppress(OSError):
            os.chdir(place)
            return


def enter(
    config_file: Path | None,
    unit: Unit | None,
    caller: Mapping[str, str],
    *,
    effective_user: Callable[[], int] = os.geteuid,
    user_named: Callable[[str], pwd.struct_passwd | None] = _user_named,
    become: Callable[[pwd.struct_passwd, str, Mapping[str, str]], None] = _become,
    find: Callable[[Mapping[str, str]], KeyFound] = find_key_of_service,
) -> Account:
    """Be the service where that can be, else stay who one is; with the key of either."""
    unit = unit or Unit("unknown")
    user = user_named(unit.user or SERVICE_USER) if _is_of_system(config_file) else None
    if user is None or effective_user() != 0:
        key = find_key(caller)
        is_key_hidden = user is not None and key.key is None and not key.trouble
        return Account(caller, key, is_key_hidden=is_key_hidden)
    environment = _of_service(user, caller, unit.environment)
    key = find(environment)
    become(user, unit.group, environment)
    return Account(environment, key, is_service=True)


def _is_of_system(config_file: Path | None) -> bool:
    try:
        return SYSTEM_FILE.exists() if config_file is None else config_file.resolve() == SYSTEM_FILE
    except PermissionError:  # of whom it may be only root can see
        return True


def _of_service(
    user: pwd.struct_passwd, caller: Mapping[str, str], of_unit: Mapping[str, str]
) -> dict[str, str]:
    kept = {name: value for name, value in caller.items() if name not in OF_THE_CALLER}
    return kept | {
        "HOME": user.pw_dir,
        "USER": user.pw_name,
        "LOGNAME": user.pw_name,
        "STATE_DIRECTORY": str(SERVICE_STATE),
        "RUNTIME_DIRECTORY": str(SERVICE_RUNTIME),
        **of_unit,
    }
