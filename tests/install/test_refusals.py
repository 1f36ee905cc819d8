"""install.sh where it has to refuse, and what `try` and `test` need."""

from __future__ import annotations

import os

import pytest

from tests.install.machine import KEY, Machine


def test_help_tells_every_use(machine: Machine) -> None:
    result = machine.install("--help")
    assert result.returncode == 0
    for word in ("install.sh try", "install.sh test", "--api-key-file", "--purge", "--dry-run", "--no-start"):
        assert word in result.stdout


def test_a_32_bit_system_is_refused_with_the_reason(machine: Machine) -> None:
    machine.pretend("uname", '[ "$1" = -s ] && echo Linux || echo armv7l')
    for words in (("try",), ()):
        result = machine.install(*words)
        assert result.returncode == 1
        assert "this system is armv7l, but Ladle's packages need a 64-bit one" in result.stderr


def test_without_root_and_without_sudo_it_says_what_needs_root(machine: Machine) -> None:
    machine.pretend("id", "echo 1000")
    machine.pretend("dpkg-query", "exit 1")
    result = machine.install("try")
    assert result.returncode == 1
    assert "needs root for: " in result.stderr
    assert "apt-get update" in result.stderr


def test_without_a_network_it_says_what_to_check(machine: Machine) -> None:
    machine.pretend("apt-get", "echo 'E: Temporary failure resolving' >&2; exit 100")
    machine.pretend("dpkg-query", "exit 1")
    result = machine.install("test")
    assert result.returncode == 1
    assert "apt-get update failed. Check the network connection" in result.stderr


@pytest.mark.parametrize(("user", "fetched"), [(0, True), (1000, False)])
def test_only_root_gets_what_boots_containers(machine: Machine, user: int, fetched: bool) -> None:
    machine.pretend("id", f"echo {user}")
    machine.pretend("dpkg-query", "exit 1")
    machine.pretend("sudo", '"$@"')
    machine.pretend("apt-get", '[ "$1" = update ]')
    assert machine.install("test").returncode == 1
    assert ("debootstrap systemd-container" in machine.take_calls()) is fetched


def test_an_old_python_is_refused_with_the_version_that_is_needed(machine: Machine) -> None:
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        machine.pretend(name, "exit 1")
    script = machine.checkout / "install.sh"
    script.write_text(
        script.read_text(encoding="utf-8").replace("/usr/bin/python3", "python3"), encoding="utf-8"
    )
    result = machine.install("try")
    assert result.returncode == 1
    assert "Python 3.11 or newer with venv is needed" in result.stderr


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_an_environment_that_belongs_to_somebody_else_is_not_touched(machine: Machine) -> None:
    (machine.checkout / ".venv").mkdir(mode=0o555)
    result = machine.install("try")
    assert result.returncode == 1
    assert "belongs to somebody else" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("sing",),
        ("--api-key-file",),
        ("--uninstall", "--purge"),
        ("--purge", "--api-key-file", "-"),
        (f"--api-key={KEY}",),
        (KEY,),
    ],
)
def test_wrong_words_change_nothing_and_are_not_repeated(machine: Machine, words: tuple[str, ...]) -> None:
    before = machine.files()
    result = machine.install(*words)
    assert result.returncode == 2
    assert "Usage:" in result.stderr
    assert KEY not in result.stdout + result.stderr
    assert machine.files() == before


@pytest.mark.parametrize(
    ("command", "body", "reason"),
    [
        ("uname", "echo Darwin", "Ladle runs on Linux"),
        ("dpkg", "echo armhf", "the programs are armhf. Use the 64-bit Raspberry Pi OS"),
        ("id", "echo 1000", "sudo ./install.sh"),
        ("df", "echo Avail; echo 40", "there are only 40"),
        ("flock", "exit 1", "another install.sh is at work"),
    ],
)
def test_a_machine_that_will_not_do_is_refused_with_the_reason(
    machine: Machine, command: str, body: str, reason: str
) -> None:
    machine.pretend(command, body)
    result = machine.install()
    assert result.returncode == 1
    assert reason in result.stderr
    assert not (machine.root / "opt").exists()


@pytest.mark.parametrize(
    ("release", "reason"),
    [
        ("ID=debian\nVERSION_ID=11\n", "Debian 11, which is too old"),
        ("ID=ubuntu\nVERSION_ID=24.04\n", "this is ubuntu 24.04"),
    ],
)
def test_another_system_is_refused_by_its_name(machine: Machine, release: str, reason: str) -> None:
    (machine.root / "etc" / "os-release").write_text(release, encoding="utf-8")
    result = machine.install()
    assert result.returncode == 1
    assert reason in result.stderr


@pytest.mark.parametrize("missing", ["apt-get", "systemctl"])
def test_a_system_without_apt_or_systemd_is_refused(machine: Machine, missing: str) -> None:
    (machine.commands / missing).unlink()
    result = machine.install()
    assert result.returncode == 1
    assert f"there is no {missing.removesuffix('ctl')}" in result.stderr


def test_a_person_of_the_name_ladle_is_left_alone(machine: Machine) -> None:
    machine.installed()
    machine.pretend("getent", "echo ladle:x:1000:1000::/home/ladle:/bin/bash")
    machine.pretend("userdel", "")
    result = machine.install()
    assert result.returncode == 1
    assert "there is a user ladle already" in result.stderr
    assert "the user ladle is not of this install" in machine.installed("--purge")
    assert "userdel" not in machine.take_calls()


@pytest.mark.parametrize("place", ["etc/ladle", "var/lib/ladle"])
def test_a_link_is_refused_and_nothing_is_removed_behind_it(machine: Machine, place: str) -> None:
    elsewhere = machine.root / "mnt"
    elsewhere.mkdir()
    (elsewhere / "mine").touch()
    link = machine.root / place
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere)
    result = machine.install()
    assert result.returncode == 1
    assert f"{link} is a symbolic link" in result.stderr
    assert f"a link to {elsewhere}, which stays" in machine.installed("--purge")
    assert (elsewhere / "mine").exists()
    assert not link.is_symlink()


def test_a_configuration_that_is_broken_does_not_stop_what_runs_when_the_key_changes(
    machine: Machine,
) -> None:
    machine.installed("--api-key-file", "-", given=KEY)
    machine.take_calls()
    (machine.configuration / "ladle.yaml").write_text("sing: loud\n", encoding="utf-8")
    result = machine.install("--api-key-file", "-", given="another")
    assert result.returncode == 1
    assert "sing: loud" in result.stderr
    assert "restart" not in machine.take_calls()
    assert (machine.configuration / "gemini-api-key").read_text(encoding="utf-8") == f"{KEY}\n"


def test_the_command_of_somebody_else_stays(machine: Machine) -> None:
    command = machine.root / "usr/local/bin/ladle"
    command.symlink_to(machine.commands / "cat")
    assert "is not of this install" in machine.installed()
    assert command.readlink() == machine.commands / "cat"
