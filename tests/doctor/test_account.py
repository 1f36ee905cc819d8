"""As whom the doctor looks: the service where root calls it for the system, else the caller."""

from __future__ import annotations

import pwd
from collections.abc import Mapping
from pathlib import Path

import pytest

from device.doctor import account
from device.doctor.account import Account, enter
from device.doctor.daemon import Unit
from device.doctor.key import find_key_of_service

KEY = "AQ.the-key-of-the-service-0123456789"
CALLER = {
    "PATH": "/usr/bin",
    "HOME": "/root",
    "USER": "root",
    "GEMINI_API_KEY": "the-callers-own-key",
    "XDG_RUNTIME_DIR": "/run/user/0",
    "PULSE_SERVER": "unix:/run/user/0/pulse/native",
}
LADLE = pwd.struct_passwd(("ladle", "x", 990, 980, "", "/nonexistent", "/usr/sbin/nologin"))
PI = pwd.struct_passwd(("pi", "x", 1000, 1000, "", "/home/pi", "/bin/bash"))
UNIT = Unit("active", environment={"PULSE_SERVER": "unix:/run/pulse/native"}, user="ladle", group="ladle")


class Scene:
    """A machine with the configuration of the system, on which somebody calls the doctor."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.system_file = directory / "ladle.yaml"
        self.system_file.touch()
        self.key_file = directory / "gemini-api-key"
        self.key_file.write_text(KEY, encoding="utf-8")
        self.became: list[tuple[str, str, Mapping[str, str]]] = []
        self.uid = 0
        self.users = {"ladle": LADLE, "pi": PI}
        monkeypatch.setattr(account, "SYSTEM_FILE", self.system_file)

    def enter(self, config_file: Path | None = None, unit: Unit | None = UNIT) -> Account:
        return enter(
            config_file,
            unit,
            CALLER,
            effective_user=lambda: self.uid,
            user_named=self._user_named,
            become=self._become,
            find=lambda environment: find_key_of_service(environment, self.key_file),
        )

    def _user_named(self, name: str) -> pwd.struct_passwd | None:
        return self.users.get(name)

    def _become(self, user: pwd.struct_passwd, group: str, environment: Mapping[str, str]) -> None:
        self.became.append((user.pw_name, group, environment))
        # The service cannot read it: whatever is read of it has to be read before.
        self.key_file.unlink()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, monkeypatch)


def test_root_reads_the_key_and_then_is_the_service(scene: Scene) -> None:
    entered = scene.enter()
    assert entered.is_service
    assert entered.key.key is not None
    assert entered.key.key.get_secret_value() == KEY
    assert [who[:2] for who in scene.became] == [("ladle", "ladle")]


def test_the_services_directories_and_variables_are_used_and_the_callers_are_not(scene: Scene) -> None:
    scene.enter()
    [(_, _, environment)] = scene.became
    assert environment == {
        "PATH": "/usr/bin",
        "HOME": "/nonexistent",
        "USER": "ladle",
        "LOGNAME": "ladle",
        "STATE_DIRECTORY": "/var/lib/ladle",
        "RUNTIME_DIRECTORY": "/run/ladle",
        "PULSE_SERVER": "unix:/run/pulse/native",
    }
    assert KEY not in environment.values()


def test_the_systems_configuration_may_be_named_too(scene: Scene) -> None:
    assert scene.enter(scene.system_file).is_service
    assert not scene.enter(scene.system_file.with_name("mine.yaml")).is_service


def test_the_service_may_run_as_another_user(scene: Scene) -> None:
    scene.enter(unit=Unit("active", user="pi", group="ladle"))
    [(name, group, environment)] = scene.became
    assert (name, group) == ("pi", "ladle")
    assert environment["HOME"] == "/home/pi"


def test_before_there_is_a_unit_the_user_ladle_is_meant(scene: Scene) -> None:
    scene.enter(unit=None)
    assert [who[:2] for who in scene.became] == [("ladle", "")]


def test_anybody_else_stays_who_they_are(scene: Scene) -> None:
    scene.uid = 1000
    entered = scene.enter()
    assert scene.became == []
    assert not entered.is_service
    assert entered.environment == CALLER
    assert entered.key.key is not None
    assert entered.key.key.get_secret_value() == "the-callers-own-key"
    assert not entered.is_key_hidden


def test_without_the_user_or_the_file_of_the_system_root_stays_root(scene: Scene) -> None:
    assert not scene.enter(unit=Unit("active", user="gone")).is_service
    scene.system_file.unlink()
    assert not scene.enter().is_service
    assert scene.became == []


def test_the_services_key_is_hidden_from_anybody_else(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.uid = 1000
    monkeypatch.delitem(CALLER, "GEMINI_API_KEY")
    assert scene.enter().is_key_hidden
    assert not scene.enter(scene.system_file.with_name("mine.yaml")).is_key_hidden
