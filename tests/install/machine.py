"""A machine that is made of commands which only pretend, and install.sh on it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
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


def pretend_debian(machine: Machine) -> None:
    machine.pretend("mountpoint", "exit 1")
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
