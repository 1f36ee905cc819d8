"""install.sh on machines that it has to refuse, made of commands that only pretend."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

INSTALL = Path(__file__).parents[1] / "install.sh"
TOOLS = ("bash", "cat", "dirname", "id", "cut", "sha256sum", "grep", "env")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of install.sh beside nothing."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    shutil.copy(INSTALL, checkout)
    return checkout


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A directory that is the whole PATH: the real small tools, and what a test adds."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (directory / tool).symlink_to(found)
    pretend(directory, "uname", '[ "$1" = -s ] && echo Linux || echo x86_64')
    return directory


def pretend(directory: Path, name: str, body: str) -> None:
    path = directory / name
    path.unlink(missing_ok=True)
    path.write_text(f"#!{shutil.which('bash')}\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def install(checkout: Path, commands: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(commands), "HOME": str(checkout)}
    return subprocess.run(
        ["bash", str(checkout / "install.sh"), *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        executable=str(commands / "bash"),
    )


@pytest.mark.parametrize(("words", "status"), [((), 2), (("sing",), 2), (("--help",), 0)])
def test_without_a_known_word_it_tells_its_use_and_does_nothing(
    checkout: Path, commands: Path, words: tuple[str, ...], status: int
) -> None:
    result = install(checkout, commands, *words)
    assert result.returncode == status
    assert "./install.sh try" in result.stdout + result.stderr
    assert [path.name for path in checkout.iterdir()] == ["install.sh"]


def test_a_32_bit_system_is_refused_with_the_reason(checkout: Path, commands: Path) -> None:
    pretend(commands, "uname", '[ "$1" = -s ] && echo Linux || echo armv7l')
    result = install(checkout, commands, "try")
    assert result.returncode == 1
    assert "this system is armv7l, but Ladle's packages need a 64-bit one" in result.stderr


def test_without_root_and_without_sudo_it_says_what_needs_root(checkout: Path, commands: Path) -> None:
    pretend(commands, "id", "echo 1000")
    pretend(commands, "apt-get", "exit 0")
    pretend(commands, "dpkg-query", "exit 1")
    result = install(checkout, commands, "try")
    assert result.returncode == 1
    assert "needs root for: " in result.stderr
    assert "apt-get update" in result.stderr


def test_without_a_network_it_says_what_to_check(checkout: Path, commands: Path) -> None:
    pretend(commands, "id", "echo 0")
    pretend(commands, "apt-get", "echo 'E: Temporary failure resolving' >&2; exit 100")
    pretend(commands, "dpkg-query", "exit 1")
    result = install(checkout, commands, "test")
    assert result.returncode == 1
    assert "apt-get update failed. Check the network connection" in result.stderr


def test_an_old_python_is_refused_with_the_version_that_is_needed(checkout: Path, commands: Path) -> None:
    pretend(commands, "dpkg-query", "echo installed")
    pretend(commands, "apt-get", "exit 0")
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        pretend(commands, name, "exit 1")
    script = checkout / "install.sh"
    script.write_text(
        script.read_text(encoding="utf-8").replace("/usr/bin/python3", "python3"), encoding="utf-8"
    )
    result = install(checkout, commands, "try")
    assert result.returncode == 1
    assert "Python 3.11 or newer with venv is needed" in result.stderr


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_an_environment_that_belongs_to_somebody_else_is_not_touched(checkout: Path, commands: Path) -> None:
    pretend(commands, "dpkg-query", "echo installed")
    (checkout / ".venv").mkdir(mode=0o555)
    result = install(checkout, commands, "try")
    assert result.returncode == 1
    assert "belongs to somebody else" in result.stderr
