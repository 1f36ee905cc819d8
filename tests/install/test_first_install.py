"""install.sh on a machine that has no Ladle yet, or just this one."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import termios
from collections.abc import Iterator

import pytest

from tests.install.machine import KEY, Machine


@pytest.mark.parametrize("words", [(), ("--uninstall",), ("--purge",)])
def test_a_dry_run_needs_no_root_prints_every_command_and_changes_nothing(
    machine: Machine, words: tuple[str, ...]
) -> None:
    machine.installed("--api-key-file", "-", given=KEY)
    machine.ship("foods.yaml", "# other foods\n")
    machine.pretend("id", "echo 1000")
    machine.take_calls()
    before = machine.files()
    result = machine.install("--dry-run", *words)
    assert result.returncode == 0
    expected = "'restart' 'ladle.service'" if not words else "'stop' 'ladle.service'"
    assert expected in result.stdout
    assert machine.files() == before
    calls = machine.take_calls()
    assert not any(word in calls for word in ("restart", "stop", "chown", "-m venv"))


def test_the_first_install_builds_a_version_switches_to_it_and_starts_it(machine: Machine) -> None:
    said = machine.installed("--api-key-file", "-", given=f"  {KEY} \r\n")
    assert machine.versions == {machine.current}
    ladle = machine.root / "usr" / "local" / "bin" / "ladle"
    assert ladle.resolve() == machine.root / "opt/ladle/versions" / machine.current / "bin/ladle"
    assert (machine.root / "etc/systemd/system/ladle.service").exists()
    calls = machine.take_calls()
    for call in ("--ignore-installed", "enable ladle.service", "restart ladle.service", "version doctor"):
        assert call in calls
    assert "journalctl -u ladle -f" in said
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in machine.configuration.iterdir()}
    assert modes["ladle.yaml"] == 0o640
    assert modes["gemini-api-key"] == 0o600


def test_the_key_is_in_its_file_and_nowhere_else(machine: Machine) -> None:
    (machine.root / "key").write_text(f"{KEY}\n", encoding="utf-8")
    result = machine.install("--api-key-file", "key")  # a path from where one stands
    assert (machine.configuration / "gemini-api-key").read_text(encoding="utf-8") == f"{KEY}\n"
    assert KEY not in result.stdout + result.stderr + machine.take_calls()


@pytest.mark.parametrize(("given", "reason"), [("\n", "there is no key in"), ("two words\n", "not one word")])
def test_what_cannot_be_a_key_is_refused(machine: Machine, given: str, reason: str) -> None:
    result = machine.install("--api-key-file", "-", given=given)
    assert result.returncode == 1
    assert reason in result.stderr
    assert not (machine.root / "opt").exists()


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The side of a person, and that of the programs."""
    person, programs = pty.openpty()
    yield person, programs
    os.close(person)
    os.close(programs)


@pytest.mark.parametrize("typed", [KEY, ""])
def test_on_a_terminal_the_key_is_asked_for_and_not_shown(
    machine: Machine, terminal: tuple[int, int], typed: str
) -> None:
    person, programs = terminal
    process = subprocess.Popen(
        [machine.commands / "bash", machine.checkout / "install.sh"],
        env=machine.environment,
        stdin=programs,
        stdout=programs,
        stderr=subprocess.PIPE,
        text=True,
    )
    while termios.tcgetattr(person)[3] & termios.ECHO and process.poll() is None:
        os.sched_yield()
    os.write(person, f"{typed}\n".encode())
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "aistudio.google.com/apikey" in said
    os.write(programs, b"the end")
    assert not typed or KEY.encode() not in os.read(person, 10_000)
    assert (machine.configuration / "gemini-api-key").exists() is bool(typed)


def test_without_a_key_it_is_enabled_but_not_started(machine: Machine) -> None:
    said = machine.installed()
    calls = machine.take_calls()
    assert "enable ladle.service" in calls
    assert "restart" not in calls
    assert "--api-key-file FILE" in said


def test_a_stand_in_needs_no_key(machine: Machine) -> None:
    machine.ship("ladle.yaml", "endpoint: https://127.0.0.1:1\n")
    machine.installed()
    assert "restart ladle.service" in machine.take_calls()


def test_a_second_run_has_nothing_to_do(machine: Machine) -> None:
    machine.installed("--api-key-file", "-", given=KEY)
    machine.take_calls()
    files = machine.files()
    assert "nothing to do" in machine.installed("--api-key-file", "-", given=KEY)
    assert machine.files() == files
    calls = machine.take_calls()
    assert not any(word in calls for word in ("restart", "chown", "-m venv", "apt-get"))


def test_no_start_leaves_what_runs_until_the_next_run(machine: Machine) -> None:
    machine.installed("--api-key-file", "-", given=KEY)
    machine.ship("foods.yaml", "# other foods\n")
    machine.take_calls()
    first = machine.current
    machine.installed("--no-start")
    assert "restart" not in machine.take_calls()
    assert machine.versions == {first, machine.current}
    machine.installed()
    assert "restart ladle.service" in machine.take_calls()
    assert machine.versions == {first, machine.current}


def test_an_image_is_prepared_without_a_running_systemd(machine: Machine) -> None:
    (machine.root / "run/systemd/system").rmdir()
    said = machine.installed("--api-key-file", "-", given=KEY)
    assert "starts when the machine does" in said
    calls = machine.take_calls()
    assert "enable ladle.service" in calls
    assert not any(word in calls for word in ("restart", "daemon-reload", "doctor"))


def test_a_version_that_was_half_built_is_built_anew(machine: Machine) -> None:
    machine.pretend("python-of-a-version", '[ "$2" != pip ]')
    result = machine.install("--api-key-file", "-", given=KEY)
    assert result.returncode == 1
    assert "pip could not install" in result.stderr
    assert "it is safe" in result.stderr
    machine.pretend("python-of-a-version", "")
    machine.installed("--api-key-file", "-", given=KEY)
    assert machine.take_calls().count("-m venv") == 2


def test_the_user_joins_the_groups_that_there_are(machine: Machine) -> None:
    machine.pretend("id", '[ "$1" = -u ] && echo 0 || echo ladle')
    machine.installed()
    calls = machine.take_calls()
    assert "usermod --append --groups audio ladle" in calls
    assert "groups gpio" not in calls
