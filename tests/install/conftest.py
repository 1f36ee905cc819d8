"""The machine that install.sh is tried on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.install.machine import CHECKOUT, TOOLS, Machine, pretend_debian


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """64-bit Debian 12 that has every package, seen by root."""
    checkout, commands = tmp_path / "checkout", tmp_path / "bin"
    (checkout / "config").mkdir(parents=True)
    (checkout / "device").mkdir()
    commands.mkdir()
    for name in ("install.sh", "pyproject.toml", "README.md"):
        shutil.copy(CHECKOUT / name, checkout)
    shutil.copytree(CHECKOUT / "systemd", checkout / "systemd")
    service = checkout / "systemd" / "service.sh"
    text = service.read_text(encoding="utf-8")
    service.write_text(text.replace("ROOT= #", f"ROOT={tmp_path / 'root'} #"), encoding="utf-8")
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (commands / tool).symlink_to(found)
    machine = Machine(checkout, tmp_path / "root", commands, tmp_path / "log")
    machine.log.touch()
    pretend_debian(machine)
    for name in ("ladle.yaml", "foods.yaml", "activities.yaml", "plan.yaml"):
        machine.ship(name, f"# {name}\n")
    return machine
