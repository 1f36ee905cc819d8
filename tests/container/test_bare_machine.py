"""On a machine that knows nothing of Ladle yet: what a first installation does where not all goes well."""

from __future__ import annotations

import pytest

from tests.container.listing import differences, list_files
from tests.container.machine import SOURCE, Machine
from tests.container.scenes import KEY

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]


def test_a_dry_run_before_the_first_installation_changes_nothing(bare_machine: Machine) -> None:
    before = list_files(bare_machine.root)
    said = bare_machine.install("--dry-run")
    assert "/opt/ladle" in said.stdout + said.stderr
    assert differences(before, list_files(bare_machine.root)) == []


def test_what_a_power_cut_interrupted_the_same_command_completes_also_without_a_key(
    bare_machine: Machine,
) -> None:
    """Somebody who has no key yet: nothing waits for an answer that nobody can give."""
    bare_machine.run("timeout", "--signal=KILL", "5", "bash", f"{SOURCE}/install.sh", check=False)
    assert not bare_machine.path("/opt/ladle/current").is_symlink(), "it was at work on the first version"
    said = bare_machine.install()
    assert "no key" in said.stdout + said.stderr
    assert len(list(bare_machine.path("/opt/ladle/versions").iterdir())) == 1
    assert bare_machine.property("UnitFileState") == "enabled"

    since = bare_machine.now()
    bare_machine.run("systemctl", "start", "ladle", check=False)
    assert bare_machine.property("ExecMainStatus") == "78"
    assert bare_machine.property("NRestarts") == "0", "for that mends nothing"
    assert "There is no API key." in bare_machine.said(since, "--priority=err")
    assert "Traceback" not in bare_machine.said(since)

    bare_machine.write("/root/key", f"{KEY}\n")
    bare_machine.install("--no-start", "--api-key-file", "/root/key")
    assert bare_machine.path("/etc/ladle/gemini-api-key").read_text(encoding="utf-8").strip() == KEY
    assert bare_machine.property("ActiveState") == "failed", "as it was"
