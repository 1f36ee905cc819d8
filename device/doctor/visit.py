"""`ladle doctor`: all checks, one after the other, told as they come."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from device.config import Settings, state_directory
from device.doctor.account import Account, enter
from device.doctor.clock import check_clock, read_clock
from device.doctor.configuration import check_data, read_configuration
from device.doctor.daemon import Daemon, Presence, Unit, ask_daemon, check_daemon, read_unit
from device.doctor.diary import check_diary
from device.doctor.examine import Check, examine
from device.doctor.finding import Finding
from device.doctor.key import PUT_FOR_SERVICE, PUT_FOR_USER, check_key
from device.doctor.machine import check_memory, check_power, check_versions
from device.doctor.network import check_network, target_of
from device.doctor.online import check_online
from device.doctor.panel import check_panel
from device.doctor.report import as_json, is_well, summary, told
from device.doctor.sound import TellPerson, check_sound
from device.doctor.storage import check_disk, check_state
from device.nutrition.diaryfile import DIARY_NAME
from device.service.controlclient import find_control
from device.service.status import Link
from device.service.switches import SWITCHES_FILE, SwitchFile

SOUND_LIMIT_S = 45.0
"""Two devices that hang when they are opened, and a person who takes their time."""
NETWORK_LIMIT_S = 15.0
ONLINE_LIMIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at: one configuration, one user, one machine, and the daemon on it if one runs."""

    account: Account
    settings: Settings
    configuration: Finding
    state: Path
    daemon: Daemon
    unit: Unit | None


def visit(
    config_file: Path | None,
    say: Callable[[str], None],
    *,
    as_one_object: bool = False,
    is_online: bool = False,
    width: int | None = None,
) -> bool:
    """Check everything and say it; whether there is no fault.

    say: shows a line. as_one_object: as JSON, at the end. width: of the terminal in front of which somebody
    sits, who is asked for a word; None: there is none.
    """
    # What the parts write into the journal is told here in other words.
    logging.getLogger("device").addHandler(logging.NullHandler())
    patient = admit(config_file and config_file.absolute(), os.environ)
    tell_person = say if width is not None and not as_one_object else None
    checks = checks_of(patient, is_online=is_online, tell_person=tell_person)
    key = patient.account.key.key
    findings = []
    for finding in examine(checks, secret=key.get_secret_value() if key else ""):
        findings.append(finding)
        if not as_one_object:
            say(told(finding, width))
    say(as_json(findings) if as_one_object else summary(findings))
    return is_well(findings)


def admit(config_file: Path | None, caller: Mapping[str, str]) -> Patient:
    """Become who is to look, and find out what there is to look at."""
    unit = read_unit()
    account = enter(config_file, unit, caller)
    configuration = read_configuration(config_file)
    state = state_directory(account.environment)
    return Patient(
        account=account,
        settings=configuration.settings,
        configuration=configuration.finding,
        state=state,
        daemon=ask_daemon(find_control(account.environment, state)),
        unit=unit,
    )


def checks_of(patient: Patient, *, is_online: bool, tell_person: TellPerson | None) -> list[Check]:
    """All checks, quick ones first; those that wait for the network are at work beside the others."""
    settings = patient.settings
    switches = SwitchFile(patient.state / SWITCHES_FILE)
    diary = settings.nutrition.diary or patient.state
    online = Check("online", lambda: _online(patient), ONLINE_LIMIT_S, is_aside=True)
    return [
        Check("configuration", lambda: [patient.configuration]),
        Check("key", lambda: _key(patient, is_tried=is_online or _is_connected(patient.daemon))),
        Check("data", lambda: check_data(settings)),
        Check("clock", lambda: check_clock(read_clock(), settings), is_aside=True),
        Check("state", lambda: check_state(patient.state)),
        Check("disk", lambda: [check_disk(patient.state)]),
        Check("diary", lambda: check_diary(diary, is_in_use=_is_in_use(diary, patient.daemon))),
        Check("panel", lambda: check_panel(settings.panel, patient.daemon)),
        Check("power", check_power),
        Check("memory", check_memory),
        Check("versions", lambda: check_versions(settings.audio)),
        Check("network", lambda: check_network(target_of(settings.live)), NETWORK_LIMIT_S, is_aside=True),
        *([online] if is_online else []),
        Check("daemon", lambda: check_daemon(patient.daemon, patient.unit)),
        Check(
            "sound",
            lambda: check_sound(settings, patient.daemon, switches.load(), tell_person),
            SOUND_LIMIT_S,
        ),
    ]


def _key(patient: Patient, *, is_tried: bool) -> list[Finding]:
    account = patient.account
    return list(
        check_key(
            account.key,
            patient.settings,
            is_service=account.is_service,
            is_hidden=account.is_key_hidden,
            is_tried=is_tried,
        )
    )


def _online(patient: Patient) -> list[Finding]:
    put = PUT_FOR_SERVICE if patient.account.is_service else PUT_FOR_USER
    return list(check_online(patient.settings.live, patient.account.key.key, put=put))


def _is_connected(daemon: Daemon) -> bool:
    return daemon.status is not None and daemon.status.connection.state is Link.CONNECTED


def _is_in_use(diary: Path, daemon: Daemon) -> bool:
    return daemon.presence is not Presence.ABSENT and (diary / f"{DIARY_NAME}-shm").exists()
