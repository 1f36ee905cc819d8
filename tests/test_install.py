"""install.sh on machines that are made of commands which only pretend."""

from __future__ import annotations

import os
import pty
import shutil
import stat
import subprocess
import termios
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
FILE_TOOLS = (
    "cat",
    "cmp",
    "cp",
    "find",
    "install",
    "ln",
    "mkdir",
    "mv",
    "readlink",
    "rm",
    "sha256sum",
    "touch",
)
TEXT_TOOLS = ("basename", "cut", "date", "dirname", "env", "flock", "grep", "sed", "sort", "tail", "xargs")
TOOLS = ("bash", *FILE_TOOLS, *TEXT_TOOLS)
KEY = "AIza-not-a-real-key"

SYSTEMCTL = """
case "$*" in
*is-active*) [ -e "$ROOT/runs" ] ;;
restart*)
    rm -f "$ROOT/runs"
    [ ! -e "$ROOT/opt/ladle/current/share/ladle/config/broken" ] && touch "$ROOT/runs" ;;
stop*) rm -f "$ROOT/runs" ;;
esac
"""
PYTHON = """
case "$*" in
*" venv "*)
    for place; do :; done
    mkdir -p "$place/bin"
    cp "$COMMANDS/ladle-of-a-version" "$place/bin/ladle"
    cp "$COMMANDS/python-of-a-version" "$place/bin/python" ;;
esac
"""
LADLE = """
case "$*" in
"config check "*) ! grep -H sing "$3" ;;
"config show "*)
    printf 'live:\\n  voice: Kore\\n  endpoint: '
    sed -n 's/^endpoint: //p' "$4" | grep . || echo null ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    """A checkout, a root that it is installed to, and the commands that are all there are.

    checkout: a copy of install.sh, and of what stands beside it; root: `/` of the service's files; commands:
    the directory that is the whole PATH; log: each call of a command that pretends, with its arguments
    """

    checkout: Path
    root: Path
    commands: Path
    log: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What install.sh and the commands are told."""
        paths = {"PATH": self.commands, "HOME": self.root, "ROOT": self.root, "COMMANDS": self.commands}
        return {name: str(path) for name, path in paths.items()}

    def take_calls(self) -> str:
        """What the commands that pretend were called with since this was last asked."""
        calls = self.log.read_text(encoding="utf-8")
        self.log.write_text("", encoding="utf-8")
        return calls

    def pretend(self, name: str, body: str, directory: Path | None = None) -> None:
        path = (directory or self.commands) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        call = f"printf '%s\\n' {name}\" $*\" >>'{self.log}'"
        path.write_text(f"#!{shutil.which('bash')}\n{call}\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def install(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run install.sh. given: what it reads from standard input, which is no terminal."""
        return subprocess.run(
            ["bash", str(self.checkout / "install.sh"), *words],
            env=self.environment,
            cwd=self.root,
            input=given,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            executable=str(self.commands / "bash"),
        )

    def installed(self, *words: str, given: str = "") -> str:
        """Run install.sh, which has to succeed; what it said."""
        result = self.install(*words, given=given)
        assert result.returncode == 0, result.stderr
        return result.stderr

    def ship(self, name: str, text: str) -> None:
        """Change a default of the checkout: that makes another version of it."""
        (self.checkout / "config" / name).write_text(text, encoding="utf-8")

    @property
    def configuration(self) -> Path:
        return self.root / "etc" / "ladle"

    @property
    def current(self) -> str:
        return (self.root / "opt" / "ladle" / "current").readlink().name

    @property
    def versions(self) -> set[str]:
        return {path.name for path in (self.root / "opt" / "ladle" / "versions").iterdir()}

    def files(self) -> dict[Path, bytes]:
        """All that stands in the root."""
        return {path: path.read_bytes() for path in self.root.rglob("*") if path.is_file()}


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


def pretend_debian(machine: Machine) -> None:
    for name in ("apt-get", "chown", "sleep", "sync", "systemd-sysusers", "systemd-tmpfiles", "usermod"):
        machine.pretend(name, "")
    machine.pretend("uname", '[ "$1" = -s ] && echo Linux || echo x86_64')
    machine.pretend("id", '[ "$1" = -u ] && echo 0 || echo ladle audio')
    machine.pretend("dpkg", "echo amd64")
    machine.pretend("dpkg-query", "echo installed")
    machine.pretend("apt-cache", "exit 100")
    machine.pretend("df", "echo Avail; echo 9000")
    machine.pretend("getent", '[ "$1 $2" = "group audio" ]')
    machine.pretend("journalctl", "echo what the journal says")
    machine.pretend("systemctl", SYSTEMCTL)
    machine.pretend("ladle-of-a-version", LADLE)
    machine.pretend("python-of-a-version", "")
    machine.pretend("python3", PYTHON, machine.root / "usr" / "bin")
    for directory in ("etc", "run/systemd/system", "usr/local/bin"):
        (machine.root / directory).mkdir(parents=True)
    (machine.root / "etc" / "os-release").write_text('ID=debian\nVERSION_ID="12"\n', encoding="utf-8")


# ----------------------------------------------------------------------------------------- try and test


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


# ----------------------------------------------------------------------------------------- refusals


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


# ----------------------------------------------------------------------------------------- installing


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


# ----------------------------------------------------------------------------------------- upgrading


def test_an_upgrade_keeps_the_version_before_and_no_older_one(machine: Machine) -> None:
    seen = []
    for text in ("# one\n", "# two\n", "# three\n"):
        machine.ship("foods.yaml", text)
        machine.installed("--api-key-file", "-", given=KEY)
        seen.append(machine.current)
    assert machine.versions == set(seen[1:])


def test_a_file_that_was_never_changed_follows_the_upgrades(machine: Machine) -> None:
    for text in ("# one\n", "# two\n", "# one\n"):
        machine.ship("foods.yaml", text)
        machine.installed()
        assert (machine.configuration / "foods.yaml").read_text(encoding="utf-8") == text
    assert not (machine.configuration / "foods.yaml.new").exists()


def test_a_file_that_was_changed_stays_and_a_new_default_comes_beside_it_once(machine: Machine) -> None:
    machine.installed()
    mine, new = machine.configuration / "ladle.yaml", machine.configuration / "ladle.yaml.new"
    mine.write_text("# mine\n", encoding="utf-8")
    machine.installed()
    assert not new.exists()
    machine.ship("ladle.yaml", "# a new default\n")
    assert "ladle.yaml is yours" in machine.installed()
    assert new.read_text(encoding="utf-8") == "# a new default\n"
    new.unlink()
    machine.installed()
    assert not new.exists()
    assert mine.read_text(encoding="utf-8") == "# mine\n"


def test_a_configuration_that_the_new_version_refuses_stops_the_upgrade(machine: Machine) -> None:
    machine.installed("--api-key-file", "-", given=KEY)
    machine.take_calls()
    first = machine.current
    mine = machine.configuration / "ladle.yaml"
    mine.write_text("sing: loud\n", encoding="utf-8")
    machine.ship("foods.yaml", "# other foods\n")
    result = machine.install()
    assert result.returncode == 1
    assert f"{mine}:sing: loud" in result.stderr
    assert "goes on running" in result.stderr
    assert machine.current == first
    assert "restart" not in machine.take_calls()


def test_a_version_that_does_not_come_up_is_taken_back_with_all_that_came_with_it(machine: Machine) -> None:
    machine.installed("--api-key-file", "-", given=KEY)
    first, before = machine.current, machine.files()
    unit = machine.checkout / "systemd" / "ladle.service"
    unit.write_text(unit.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
    machine.ship("foods.yaml", "# other foods\n")
    machine.ship("broken", "")
    result = machine.install()
    assert result.returncode == 1
    assert "what the journal says" in result.stderr
    assert f"going back to Ladle {first}" in result.stderr
    assert machine.current == first
    assert (machine.root / "runs").exists()
    for path in (machine.root / "etc/systemd/system/ladle.service", machine.configuration / "foods.yaml"):
        assert path.read_bytes() == before[path]


# ----------------------------------------------------------------------------------------- removing


def test_uninstall_keeps_what_is_the_users_and_purge_keeps_nothing(machine: Machine) -> None:
    machine.installed("--api-key-file", "-", given=KEY)
    (machine.root / "var/lib/ladle").mkdir(parents=True)
    machine.pretend("getent", "exit 0")
    machine.pretend("userdel", "")
    machine.pretend("groupdel", "")
    assert "are kept" in machine.installed("--uninstall")
    calls = machine.take_calls()
    assert "disable ladle.service" in calls
    assert "userdel" not in calls
    left = {path.relative_to(machine.root).parts[:2] for path in machine.files()}
    assert left == {("etc", "ladle"), ("etc", "os-release"), ("usr", "bin")}
    machine.installed("--purge")
    assert "userdel ladle" in machine.take_calls()
    assert not machine.configuration.exists()
    assert not (machine.root / "var/lib/ladle").exists()
