"""An image for an SD card that is being built in a chroot: installed there, Ladle starts with the machine."""

from __future__ import annotations

import pytest
import yaml

from tests.container.base import Base
from tests.container.figures import timed
from tests.container.machine import booted, fresh_root, unbooted
from tests.container.scenes import CONFIGURATION, KEY, StandIn

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]


def test_what_is_installed_into_an_image_starts_when_the_machine_does(base: Base, stand_in: StandIn) -> None:
    with fresh_root(base.layers) as root:
        image = unbooted(root)
        image.copy_checkout()
        stand_in.introduce(image)
        image.write(CONFIGURATION, yaml.safe_dump(stand_in.settings()))
        with timed("install.sh in an image"):
            said = image.install("--api-key-file", "-", given=f"{KEY}\n")
        assert KEY not in said.stdout + said.stderr
        with booted(root) as machine:
            machine.wait_for("ready", "@0")
            assert machine.property("ActiveState") == "active"
            assert machine.status()["face"] == "ready"
