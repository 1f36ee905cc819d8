"""Taking Ladle away: what is the household's stays, until that is to go too."""

from __future__ import annotations

import pytest

from tests.container.listing import beside_accounts, differences, list_files
from tests.container.machine import Machine
from tests.container.scenes import CONFIGURATION, KEY, Installation

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]

HOUSEHOLD = ("etc/ladle", "var/lib/ladle")
KEPT = (
    "etc/ladle/ladle.yaml",
    "etc/ladle/foods.yaml",
    "etc/ladle/activities.yaml",
    "etc/ladle/plan.yaml",
    "etc/ladle/gemini-api-key",
    "var/lib/ladle/diary.sqlite3",
)


def test_what_is_uninstalled_leaves_what_the_household_wrote(
    installation: Installation, machine: Machine
) -> None:
    machine.install("--uninstall")
    files = list_files(machine.root)
    left = filter(beside_accounts, differences(installation.before, files))
    assert [line for line in left if not line.startswith(tuple(f"+ {path}" for path in HOUSEHOLD))] == []
    assert set(KEPT) <= files.keys()
    assert machine.path(CONFIGURATION).read_text(encoding="utf-8") == installation.settings
    assert machine.run("systemctl", "cat", "ladle", check=False).returncode != 0
    assert machine.run("pgrep", "-u", "ladle", check=False).stdout == ""


def test_what_is_installed_again_goes_on_where_it_was(machine: Machine) -> None:
    machine.install()
    assert machine.path("/etc/ladle/gemini-api-key").read_text(encoding="utf-8").strip() == KEY
    assert machine.property("UnitFileState") == "enabled"
    assert machine.status()["face"] == "ready"


def test_what_is_purged_leaves_nothing(installation: Installation, machine: Machine) -> None:
    machine.install("--purge")
    left = differences(installation.before, list_files(machine.root))
    assert [line for line in left if beside_accounts(line)] == []
    accounts = machine.run("getent", "passwd", "ladle", check=False).stdout
    assert accounts + machine.run("getent", "group", "ladle", check=False).stdout == ""
    assert machine.run("systemctl", "--all", "list-units", "ladle*", "--no-legend").stdout == ""
    machine.install("--purge")


def test_nothing_happens_where_there_is_nothing_to_remove(bare_machine: Machine) -> None:
    before = list_files(bare_machine.root)
    bare_machine.install("--uninstall")
    bare_machine.install("--purge")
    assert differences(before, list_files(bare_machine.root)) == []
