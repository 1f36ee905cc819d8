"""The first installation, and that nothing happens where there is nothing to do."""

from __future__ import annotations

import stat

import pytest

from tests.container.figures import timed
from tests.container.listing import differences, list_files
from tests.container.machine import Machine
from tests.container.scenes import CONFIGURATION, KEY, Installation

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]

OWNERS = {
    "/opt/ladle": ("root", "root", 0o755),
    "/opt/ladle/README.md": ("root", "root", 0o644),
    "/opt/ladle/current/bin/ladle": ("root", "root", 0o755),
    "/etc/ladle": ("root", "ladle", 0o750),
    CONFIGURATION: ("root", "ladle", 0o640),
    "/etc/ladle/foods.yaml": ("root", "ladle", 0o640),
    "/etc/ladle/activities.yaml": ("root", "ladle", 0o640),
    "/etc/ladle/plan.yaml": ("root", "ladle", 0o640),
    "/etc/ladle/gemini-api-key": ("root", "root", 0o600),
    "/var/lib/ladle": ("ladle", "ladle", 0o700),
    "/var/lib/ladle/diary.sqlite3": ("ladle", "ladle", 0o600),
    "/run/ladle": ("ladle", "ladle", 0o750),
    "/etc/systemd/system/ladle.service": ("root", "root", 0o644),
    "/usr/lib/sysusers.d/ladle.conf": ("root", "root", 0o644),
    "/usr/lib/tmpfiles.d/ladle.conf": ("root", "root", 0o644),
}


def test_the_first_run_ends_with_a_service_that_works(installation: Installation, machine: Machine) -> None:
    """The service comes up with the machine, too: this one was switched off since then."""
    assert machine.property("ActiveState") == "active"
    assert machine.property("UnitFileState") == "enabled"
    assert machine.status()["face"] == "ready"
    said = installation.said.stdout + installation.said.stderr
    assert "pass     configuration" in said, "what the doctor found"
    assert "journalctl -u ladle -f" in said, "what to do next"
    assert KEY not in said


@pytest.mark.parametrize("path", OWNERS)
def test_owner_and_mode(machine: Machine, path: str) -> None:
    said = machine.run("stat", "--dereference", "--format=%U %G %a", path).stdout.split()
    owner, group, mode = OWNERS[path]
    assert said == [owner, group, f"{mode:o}"]


def test_no_program_of_it_can_be_changed_but_by_root(machine: Machine) -> None:
    """Of links only what they lead to counts."""
    said = machine.run("find", "/opt/ladle", "/usr/local/bin/ladle", "-not", "-type", "l", "-perm", "/022")
    assert said.stdout == ""
    assert machine.run("find", "/opt/ladle", "-not", "-user", "root").stdout == ""


def test_the_daemon_runs_as_a_user_who_can_do_nothing_else(machine: Machine) -> None:
    name, _, uid, _, _, home, shell = machine.run("getent", "passwd", "ladle").stdout.strip().split(":")
    assert name == "ladle"
    assert 0 < int(uid) < 1000
    assert not machine.path(home).is_dir() or home in ("/", "/var/lib/ladle")
    assert shell in ("/usr/sbin/nologin", "/bin/false")
    assert "audio" in machine.run("id", "--name", "--groups", "ladle").stdout.split()
    pid = machine.property("MainPID")
    assert machine.run("stat", "--format=%U", f"/proc/{pid}").stdout.strip() == "ladle"


def test_the_key_is_nowhere_but_in_its_file(installation: Installation, machine: Machine) -> None:
    key = machine.path("/etc/ladle/gemini-api-key")
    assert key.read_text(encoding="utf-8").strip() == KEY
    pid = machine.property("MainPID")
    seen = machine.run("cat", f"/proc/{pid}/environ", f"/proc/{pid}/cmdline").stdout
    journal = machine.run("journalctl", "--quiet").stdout
    assert KEY not in seen + journal


def test_a_configuration_that_was_there_is_kept(installation: Installation, machine: Machine) -> None:
    assert machine.path(CONFIGURATION).read_text(encoding="utf-8") == installation.settings
    assert machine.path(f"{CONFIGURATION}.new").exists(), "and the shipped one lies beside it"


def test_a_second_run_finds_nothing_to_do(machine: Machine) -> None:
    pid = machine.property("MainPID")
    before = list_files(machine.root)
    with timed("install.sh, second run"):
        machine.install()
    assert differences(before, list_files(machine.root)) == []
    assert machine.property("MainPID") == pid, "and the service was left alone"


def test_a_new_key_takes_effect(machine: Machine) -> None:
    pid = machine.property("MainPID")
    machine.write("/root/key", f"{KEY}Two\n")
    machine.install("--api-key-file", "/root/key")
    key = machine.path("/etc/ladle/gemini-api-key")
    assert key.read_text(encoding="utf-8").strip() == f"{KEY}Two"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert machine.property("MainPID") != pid, "the daemon reads it at its start"
    assert machine.property("ActiveState") == "active"


@pytest.mark.parametrize("options", [(), ("--uninstall",), ("--purge",)])
def test_a_dry_run_tells_and_changes_nothing(machine: Machine, options: tuple[str, ...]) -> None:
    pid, before = machine.property("MainPID"), list_files(machine.root)
    said = machine.install("--dry-run", *options)
    assert said.stdout + said.stderr
    assert differences(before, list_files(machine.root)) == []
    assert machine.property("MainPID") == pid
