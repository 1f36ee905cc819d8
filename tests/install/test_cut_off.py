"""install.sh that did not get to the end of an upgrade, and is run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.install.machine import KEY, Machine

SWITCH = [
    ("mv", "*/ladle.service.part*"),
    ("systemctl", "daemon-reload"),
    ("mv", "*/foods.yaml.part*"),
    ("mv", "*/current.part*"),
    ("systemctl", "restart*"),
]
"""Commands of an upgrade, from the first to the last that changes what runs."""


@pytest.fixture
def upgraded(machine: Machine) -> Machine:
    """A machine whose service runs, with a checkout that brings another unit and other foods."""
    machine.installed("--api-key-file", "-", given=KEY)
    unit = machine.checkout / "systemd" / "ladle.service"
    unit.write_text(unit.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
    machine.ship("foods.yaml", "# other foods\n")
    return machine


def cut_off(machine: Machine, name: str, words: str) -> None:
    """Run install.sh, and kill it where it is about to do this.

    words: a pattern of bash's
    """
    command = machine.commands / name
    uncut = command.rename(machine.commands / f"{name}-uncut")
    machine.pretend(name, f'case "$*" in {words}) kill -KILL $PPID; exit 1 ;; esac; exec {uncut} "$@"')
    assert machine.install().returncode < 0
    uncut.replace(command)
    machine.take_calls()


def placed(machine: Machine) -> dict[str, str]:
    """What stands for the system and for the service."""
    unit = machine.root / "etc/systemd/system/ladle.service"
    return {
        path.name: path.read_text(encoding="utf-8") for path in (unit, machine.configuration / "foods.yaml")
    }


def leftovers(machine: Machine) -> list[Path]:
    program = machine.root / "opt/ladle"
    return [path for name in ("pending", "before", "staged") for path in program.glob(name)]


@pytest.mark.parametrize(("name", "words"), SWITCH)
def test_an_upgrade_that_was_cut_off_is_finished_by_the_next_run(
    upgraded: Machine, name: str, words: str
) -> None:
    first = upgraded.current
    cut_off(upgraded, name, words)
    upgraded.installed()
    calls = upgraded.take_calls()
    assert "systemctl daemon-reload" in calls
    assert "systemctl restart ladle.service" in calls
    assert placed(upgraded)["foods.yaml"] == "# other foods\n"
    assert placed(upgraded)["ladle.service"].endswith("# new\n")
    assert upgraded.versions == {first, upgraded.current}
    assert len(upgraded.versions) == 2
    assert leftovers(upgraded) == []


@pytest.mark.parametrize(("name", "words"), SWITCH)
def test_what_was_cut_off_and_does_not_come_up_is_taken_back(
    upgraded: Machine, name: str, words: str
) -> None:
    first, before = upgraded.current, placed(upgraded)
    upgraded.ship("broken", "")
    cut_off(upgraded, name, words)
    assert f"going back to Ladle {first}" in upgraded.install().stderr
    assert upgraded.current == first
    assert placed(upgraded) == before
    assert (upgraded.root / "runs").exists()
    assert leftovers(upgraded) == []


def test_what_was_not_to_start_and_does_not_come_up_later_is_taken_back(upgraded: Machine) -> None:
    first, before = upgraded.current, placed(upgraded)
    upgraded.ship("broken", "")
    upgraded.installed("--no-start")
    assert upgraded.current != first
    assert f"going back to Ladle {first}" in upgraded.install().stderr
    assert placed(upgraded) == before
    assert leftovers(upgraded) == []


def test_what_the_user_wrote_after_the_cut_is_not_taken_back(upgraded: Machine) -> None:
    upgraded.ship("broken", "")
    cut_off(upgraded, "systemctl", "restart*")
    (upgraded.configuration / "foods.yaml").write_text("# mine\n", encoding="utf-8")
    assert "going back" in upgraded.install().stderr
    assert placed(upgraded)["foods.yaml"] == "# mine\n"
