"""The unit by itself, as systemd reads it; no machine is booted for that."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.container.base import CHECKOUT

UNIT = CHECKOUT / "systemd/ladle.service"
MOST_EXPOSURE = 1.5

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze missing")


def test_the_service_is_exposed_to_little() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    exposure = re.search(r"Overall exposure level for ladle.service: ([0-9.]+)", said)
    assert exposure, said
    assert float(exposure[1]) <= MOST_EXPOSURE, said
