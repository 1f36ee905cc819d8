"""From one version to the next: nothing of the user's is lost, and what does not work is not left in use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.figures import timed
from tests.container.listing import differences, list_files
from tests.container.machine import SOURCE, Machine, booted, fresh_root
from tests.container.scenes import CONFIGURATION, Installation

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]

EDITED = "/etc/ladle/plan.yaml"
UNTOUCHED = "/etc/ladle/activities.yaml"


@pytest.fixture
def machine(installation: Installation) -> Iterator[Machine]:
    """A running machine of the old version for each test."""
    with fresh_root([installation.root]) as root, booted(root) as machine:
        yield machine


def change(machine: Machine, file: str, old: str, new: str) -> None:
    """Make another version of the checkout. old: a regular expression that is found in the file."""
    path = machine.path(f"{SOURCE}/{file}")
    text, found = re.subn(old, new, path.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert found, f"no {old} in {file}"
    path.write_text(text, encoding="utf-8")


def append(path: Path, line: str) -> str:
    """Add a line to a file; the text it then has."""
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8")


def in_use(machine: Machine) -> str:
    return str(machine.path("/opt/ladle/current").readlink())


def installed(machine: Machine) -> set[str]:
    return {path.name for path in machine.path("/opt/ladle/versions").iterdir()}


def test_an_upgrade_keeps_configuration_and_diary(machine: Machine) -> None:
    since, old, pid = machine.now(), in_use(machine), machine.property("MainPID")
    machine.run("ladle", "ask", "I had two slices of pizza.")
    machine.wait_for("reply_ended", since)
    diary = machine.run("ladle", "diary", "today").stdout
    assert "pizza" in diary.lower()
    edited = append(machine.path(EDITED), "# My own remark.")
    shipped = append(machine.path(f"{SOURCE}/config/plan.yaml"), "# The new version's remark.")
    others = append(machine.path(f"{SOURCE}/config/activities.yaml"), "# The new version's remark.")
    change(machine, "pyproject.toml", "^version = .*", 'version = "9.9.9"')
    with timed("install.sh, upgrade"):
        machine.install()
    assert "/9.9.9-" in in_use(machine)
    assert old.rpartition("/")[2] in installed(machine), "the one before is kept"
    assert machine.property("ActiveState") == "active"
    assert machine.property("MainPID") != pid
    assert machine.path(EDITED).read_text(encoding="utf-8") == edited
    assert machine.path(f"{EDITED}.new").read_text(encoding="utf-8") == shipped
    assert machine.path(UNTOUCHED).read_text(encoding="utf-8") == others, "what nobody changed follows"
    assert machine.run("ladle", "diary", "today").stdout == diary


def test_a_version_that_does_not_come_up_is_taken_back(machine: Machine) -> None:
    old, before = in_use(machine), list_files(machine.root)
    broken = 'import os\nif "NOTIFY_SOCKET" in os.environ:\n    raise RuntimeError("a bug of this version")\n'
    change(machine, "device/daemon.py", "^from __future__ import annotations$", rf"\g<0>\n{broken}")
    append(machine.path(f"{SOURCE}/systemd/ladle.service"), "# The new version's remark.")
    append(machine.path(f"{SOURCE}/config/plan.yaml"), "# The new version's remark.")
    with timed("install.sh, a version that does not start, to the old one READY again"):
        said = machine.install(check=False)
    assert said.returncode == 1
    assert "a bug of this version" in said.stderr
    assert "run the same command again" in said.stderr
    assert in_use(machine) == old
    assert machine.property("ActiveState") == "active"
    assert machine.status()["face"] == "ready"
    changed = [line[2:] for line in differences(before, list_files(machine.root))]
    in_etc = {path for path in changed if path.startswith("etc/")}
    assert in_etc <= {"etc/ladle/.defaults.sha256"}


def test_a_version_that_refuses_the_configuration_is_not_switched_to(machine: Machine) -> None:
    old, pid = in_use(machine), machine.property("MainPID")
    settings = "panel: {enabled: false}\nprivacy: {keep_transcripts: false}\n"
    machine.path(CONFIGURATION).write_text(settings, encoding="utf-8")
    change(machine, "device/config.py", r"^    keep_transcripts: ", "    keep_words: ")
    for path in machine.path(f"{SOURCE}/device").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("privacy.keep_transcripts", "privacy.keep_words"), encoding="utf-8")
    said = machine.install(check=False)
    assert said.returncode != 0
    assert f"{CONFIGURATION}, line 2: privacy.keep_transcripts" in said.stderr
    assert in_use(machine) == old
    assert machine.property("MainPID") == pid, "the old version has not even noticed"


def test_packages_that_cannot_be_had_leave_all_as_it_was(machine: Machine) -> None:
    old, pid = in_use(machine), machine.property("MainPID")
    change(machine, "pyproject.toml", "^dependencies = \\[$", '\\g<0>\n"no-such-package-of-ladle>=99",')
    said = machine.install(check=False)
    assert said.returncode == 1
    assert "no-such-package-of-ladle" in said.stderr
    assert "goes on running" in said.stderr
    assert in_use(machine) == old
    assert machine.property("MainPID") == pid
    change(machine, "pyproject.toml", '^"no-such-package-of-ladle>=99",\n', "")
    machine.install()
    assert in_use(machine) == old
    assert installed(machine) == {old.rpartition("/")[2]}, "and nothing unfinished is left"
