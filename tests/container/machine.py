"""A machine to install Ladle on: a root of its own over the base, booted with systemd or only changed into.

What it does ends with the test: its root is thrown away. Its network is the host's.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.container.base import CHECKOUT, WHEELS
from tests.container.cgroups import own_group

SOURCE = "/usr/src/ladle"
"""Where the checkout lies in the machine."""
MOST_WRITTEN = "2G"
BOOT_S = 60.0
STOP_S = 30.0
POLL_S = 0.05
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {
    "PATH": PATH,
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PIP_NO_INDEX": "1",
    "PIP_FIND_LINKS": WHEELS,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}

NSPAWN = (
    "systemd-nspawn",
    "--boot",
    "--quiet",
    "--register=no",
    "--console=pipe",
    "--resolv-conf=replace-host",
)
NAMESPACES = ("--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd")


class DidNotBootError(Exception):
    """This computer cannot boot a container."""


@dataclass(frozen=True)
class Machine:
    """A root, and the way into it."""

    root: Path
    entrance: tuple[str, ...]
    """What is put before a command so that it runs in there."""

    def run(
        self,
        *command: str,
        given: str = "",
        check: bool = True,
        timeout_s: float = 300,
        environment: Mapping[str, str] = ENVIRONMENT,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root. given: what it reads; check: fail where it fails."""
        variables = [f"{name}={value}" for name, value in environment.items()]
        done = subprocess.run(
            [*self.entrance, "env", "-i", *variables, *command],
            input=given,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check and done.returncode:
            said = f"{done.stdout}{done.stderr}"
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
        return done

    def path(self, inside: str) -> Path:
        """A path of the machine as the host sees it; not through symbolic links."""
        return self.root / inside.removeprefix("/")

    def write(self, inside: str, text: str) -> None:
        """Put a file there, in the directories that it takes."""
        self.path(inside).parent.mkdir(parents=True, exist_ok=True)
        self.path(inside).write_text(text, encoding="utf-8")

    def copy_checkout(self) -> None:
        """Put there what git has of this checkout, or would have: all but what is ignored."""
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=CHECKOUT,
            capture_output=True,
            check=True,
        ).stdout
        names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
        there = "\0".join(name for name in names if (CHECKOUT / name).exists())
        self.path(SOURCE).mkdir(parents=True, exist_ok=True)
        copy = ["cp", "--parents", "--no-dereference", "--preserve=mode", "-t", str(self.path(SOURCE))]
        subprocess.run(["xargs", "-0", *copy], input=there.encode(), cwd=CHECKOUT, check=True)

    def install(self, *options: str, given: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run install.sh of the checkout in there, as a person would."""
        return self.run("bash", f"{SOURCE}/install.sh", *options, given=given, check=check)

    def property(self, name: str) -> str:
        """What systemd says of the service, such as `MainPID` or `NRestarts`."""
        return self.run("systemctl", "show", "--value", f"--property={name}", "ladle").stdout.strip()

    def status(self) -> dict[str, Any]:
        """What the daemon says of itself."""
        answer: dict[str, Any] = json.loads(self.run("ladle", "status", "--json").stdout)
        return answer

    def now(self) -> str:
        """The time in the journal: what is said from now on comes after it."""
        self.run("journalctl", "--sync")
        newest = json.loads(self.run("journalctl", "--lines=1", "--output=json").stdout)
        # No cursor: with one, journalctl leaves out the first message that also passes the other filters.
        return f"@{(int(newest['__REALTIME_TIMESTAMP']) + 1) / 1e6:.6f}"

    def said(self, since: str, *options: str) -> str:
        """The service's messages since then, up to now, one a line."""
        self.run("journalctl", "--sync")
        command = ["journalctl", "--unit=ladle", f"--since={since}", "--output=cat", "--quiet"]
        return self.run(*command, *options).stdout

    def wait_for(self, event: str, since: str, *, within_s: float = 60) -> str:
        """The first message with this word since then; fails where none comes in time."""
        follow = ["journalctl", "--unit=ladle", f"--since={since}", "--follow", "--lines=all"]
        command = [*self.entrance, "env", "-i", f"PATH={PATH}", "timeout", str(within_s), *follow]
        command.append("--output=cat")
        said = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as journal:
            assert journal.stdout
            for line in journal.stdout:
                said.append(line)
                if event in line.split():
                    journal.stdout.close()
                    journal.terminate()
                    return line
        raise AssertionError(f"no {event} in the journal within {within_s} s:\n{''.join(said)}")


@contextmanager
def fresh_root(layers: Sequence[Path]) -> Iterator[Path]:
    """A root over these directories, uppermost first. They stay as they are: what is written is in memory."""
    with ExitStack() as undone:
        directory = Path(undone.enter_context(tempfile.TemporaryDirectory(prefix="ladle-machine-")))
        _mount(undone, directory, "tmpfs", f"size={MOST_WRITTEN},mode=755")
        for part in ("upper", "work", "root"):
            (directory / part).mkdir()
        lower = ":".join(str(layer) for layer in layers)
        options = f"lowerdir={lower},upperdir={directory}/upper,workdir={directory}/work"
        _mount(undone, directory / "root", "overlay", options)
        yield directory / "root"


def _mount(undone: ExitStack, place: Path, kind: str, options: str) -> None:
    mount = ["mount", "-t", kind, "ladle-machine", "-o", options, str(place)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        raise DidNotBootError(f"there can be no {kind} here: {done.stderr}")
    undone.callback(subprocess.run, ["umount", str(place)], check=True)


def unbooted(root: Path) -> Machine:
    """A machine that does not run: an image for an SD card that is being built in a chroot."""
    return Machine(root, ("unshare", "--mount", f"--root={root}", "--mount-proc"))


@contextmanager
def booted(root: Path, *, sound: Path | None = None) -> Iterator[Machine]:
    """A machine that runs, until somebody pulls the plug in the end.

    sound: a directory of the host, which is `/run/ladle-sound` in there.

    Raises:
        DidNotBootError: systemd did not come up.
    """
    bind = [f"--bind={sound}:/run/ladle-sound"] if sound else []
    with ExitStack() as running:
        log = running.enter_context(tempfile.TemporaryFile())
        name = f"ladle-{secrets.token_hex(4)}"
        join = running.enter_context(own_group(name))
        keep = ["--keep-unit"] if join else []
        nspawn = subprocess.Popen(
            [*join, *NSPAWN, *keep, f"--machine={name}", f"--directory={root}", *bind],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        init = _init_of(nspawn)
        running.callback(_pull_the_plug, nspawn, init)
        if init is None:
            log.seek(0)
            said = log.read()[-500:].decode(errors="replace")
            raise DidNotBootError(f"systemd-nspawn does not boot here: {said}")
        machine = Machine(root, ("nsenter", f"--target={init}", *NAMESPACES))
        _wait_until_up(machine)
        yield machine


def _init_of(nspawn: subprocess.Popen[bytes]) -> int | None:
    """The host's number of the machine's first process, once it is systemd."""
    deadline = time.monotonic() + BOOT_S
    while nspawn.poll() is None and time.monotonic() < deadline:
        found = subprocess.run(
            ["pgrep", "-P", str(nspawn.pid), "-x", "systemd"], capture_output=True, text=True, check=False
        )
        if found.stdout.strip():
            return int(found.stdout.split()[0])
        time.sleep(POLL_S)
    return None


def _wait_until_up(machine: Machine) -> None:
    deadline = time.monotonic() + BOOT_S
    while time.monotonic() < deadline:
        state = machine.run("systemctl", "is-system-running", check=False).stdout.strip()
        if state in ("running", "degraded"):
            return
        time.sleep(POLL_S)
    raise DidNotBootError(f"systemd did not come up within {BOOT_S:.0f} s")


def _pull_the_plug(nspawn: subprocess.Popen[bytes], init: int | None) -> None:
    """With its first process the kernel ends all the others; nspawn clears up behind them."""
    if init is None:
        nspawn.kill()
    else:
        os.kill(init, signal.SIGKILL)
    nspawn.wait(STOP_S)
