"""Ladle on the processor of a Raspberry Pi, emulated: all wheels load, and the fast tests pass.

By hand only, for it takes an hour and the network. On Debian, as root:

    apt-get install debootstrap qemu-user-static binfmt-support
    LADLE_ARM64=1 nice -n 19 .venv/bin/python -m pytest -m arm64

systemd does not run in there: qemu-user lacks some of what the service's isolation needs.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.base import make_arm64_system, why_not
from tests.container.figures import timed
from tests.container.machine import PATH, SOURCE, Machine, fresh_root, unbooted

pytestmark = [pytest.mark.arm64, pytest.mark.timeout(3 * 3600)]

HOUR_S = 3600
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
EMULATOR = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64")
NETWORK = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", "PIP_CERT": CERTIFICATES}
"""pip fetches from its index."""
FAST = "not sound and not rehearsal and not container and not arm64"
NOT_EMULATED = ("black_hole", "half_open")
"""qemu-user knows neither packet filters nor TCP_INFO."""
WITH_TERMINALS = (
    "mkdir -p /dev/pts && mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts && "
    'ln -sf pts/ptmx /dev/ptmx && exec "$@"'
)
TOO_SLOW = ("fraction_of_the_start", "never_answered", "test_every_failure", "test_rehearse")
"""They hold against the clock, for which a processor that is ten times slower is too slow."""


@pytest.fixture(scope="module")
def image() -> Iterator[Machine]:
    """An arm64 root into which one can only change, with the network and the certificates of the host."""
    if os.environ.get("LADLE_ARM64") != "1":
        pytest.skip("takes an hour; LADLE_ARM64=1 asks for it")
    reason = why_not()
    if platform.machine() != "aarch64" and not EMULATOR.exists():
        reason = f"no {EMULATOR}: install qemu-user-static and binfmt-support, mount binfmt_misc"
    if reason:
        pytest.skip(reason)
    with fresh_root([make_arm64_system()]) as root:
        for file in ("/etc/resolv.conf", CERTIFICATES):
            shutil.copy(file, root / file.removeprefix("/"))
        machine = unbooted(root)
        machine.copy_checkout()
        yield machine


def test_it_is_installed_up_to_the_start_of_the_service(image: Machine) -> None:
    assert image.run("uname", "-m").stdout.strip() == "aarch64"
    with timed("install.sh, arm64 emulated"):
        image.run("bash", f"{SOURCE}/install.sh", environment=NETWORK, timeout_s=HOUR_S)
    assert image.run("ladle", "--version").stdout.startswith("ladle, version ")
    image.run("ladle", "config", "check")
    said = image.run("env", "SYSTEMD_OFFLINE=1", "systemctl", "is-enabled", "ladle")
    assert said.stdout.strip() == "enabled"
    with timed("install.sh, second run, arm64 emulated"):
        image.run("bash", f"{SOURCE}/install.sh")


def test_the_fast_tests_pass(image: Machine) -> None:
    python = f"{SOURCE}/.venv/bin/python"
    image.run("python3", "-m", "venv", f"{SOURCE}/.venv", timeout_s=HOUR_S)
    pip = [python, "-m", "pip", "install", "--quiet", "--use-pep517", "--editable", f"{SOURCE}[test]"]
    with timed("pip install of .[test], arm64 emulated"):
        image.run(*pip, environment=NETWORK, timeout_s=HOUR_S)
    left_out = " and ".join(f"not {name}" for name in (*NOT_EMULATED, *TOO_SLOW))
    tests = [python, "-m", "pytest", "--quiet", "--timeout=600", "-m", FAST, "-k", left_out]
    with timed("the fast tests, arm64 emulated"):
        in_place = ["env", f"--chdir={SOURCE}", *tests]
        done = image.run("sh", "-c", WITH_TERMINALS, "sh", *in_place, timeout_s=3 * HOUR_S)
    print(done.stdout)
