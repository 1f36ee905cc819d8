"""What every test machine is made of, kept from one run to the next: a Debian root, and wheels for pip.

Both stand in `$XDG_CACHE_HOME/ladle-tests`; remove that directory to have them made anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
WHEELS = "/srv/wheels"
"""Where they lie in the machine."""

RELEASES = {(3, 11): "bookworm", (3, 13): "trixie"}
"""The Debian release with this Python, for which the wheels of this one fit too."""
PUBLIC_MIRROR = "http://deb.debian.org/debian"
PACKAGES = (
    "python3",
    "python3-venv",
    "ca-certificates",
    "sudo",
    "systemd-sysv",
    "dbus",
    "libportaudio2",
    "libasound2-plugins",
    "alsa-utils",
)
"""A small Debian, and all that install.sh would fetch: the tests need no network."""


@dataclass(frozen=True)
class Base:
    """The lower layers of a machine's root, which nobody writes into."""

    system: Path
    wheels: Path

    @property
    def layers(self) -> tuple[Path, ...]:
        """As overlayfs wants them, the uppermost first."""
        return (self.wheels, self.system)


def why_not() -> str | None:
    """What keeps this computer from booting a machine; None: nothing that is known beforehand."""
    if os.getuid() != 0:
        return "only root can boot a container"
    missing = [name for name in ("debootstrap", "systemd-nspawn", "nsenter", "git") if not shutil.which(name)]
    if missing:
        return f"{' and '.join(missing)} missing: apt-get install debootstrap systemd-container git"
    if sys.version_info[:2] not in RELEASES:
        return f"no Debian release has Python {sys.version_info[0]}.{sys.version_info[1]}"
    return None


def make_base() -> Base:
    """Both parts, made where they are not there yet: minutes the first time, nothing after that."""
    with _cache() as cache:
        return Base(_system(cache), _wheels(cache))


def make_arm64_system() -> Path:
    """The system alone, for another processor: some ten minutes the first time."""
    with _cache() as cache:
        return _system(cache, "--arch=arm64")


@contextmanager
def _cache() -> Iterator[Path]:
    """Where both are kept, for one process at a time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ladle-tests"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield cache


def _system(cache: Path, *options: str) -> Path:
    """A Debian root with `PACKAGES`. options: more of debootstrap's."""
    release = RELEASES[sys.version_info[:2]]
    packages = ",".join(PACKAGES)
    command = ["debootstrap", "--variant=minbase", f"--include={packages}", *options, release]

    def bootstrap(root: Path) -> None:
        _run([*command, str(root), _mirror(release)])
        for package in (root / "var/cache/apt/archives").glob("*.deb"):
            package.unlink()

    return _made_once(cache / f"{release}-{_digest(command)}", bootstrap)


def _mirror(release: str) -> str:
    """Where this computer has its own Debian from, if it is one."""
    if not shutil.which("apt-get"):
        return PUBLIC_MIRROR
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in listed.splitlines()]
    places = [place for place, *what in lines if what == [release, "main", "Debian"]]
    return places[0] if places else PUBLIC_MIRROR


def _wheels(cache: Path) -> Path:
    """All that pip needs to build and install Ladle, as a layer."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    tag = f"wheels-{sys.version_info[0]}.{sys.version_info[1]}-{_digest(wanted)}"
    return _made_once(cache / tag, lambda root: _build_wheels(root, wanted))


def _build_wheels(root: Path, wanted: Sequence[str]) -> None:
    directory = root / WHEELS.removeprefix("/")
    directory.mkdir(parents=True)
    _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(directory), *wanted])
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _made_once(path: Path, make: Callable[[Path], None]) -> Path:
    """A directory that is there whole or not at all."""
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=path.parent, prefix="making-") as directory:
            unfinished = Path(directory) / path.name
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(path)
    return path


def _digest(words: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:8]


def _run(command: Sequence[str]) -> None:
    """Do it; what it said is told only where it failed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-3000:]}")
