"""Machines for the tests of this directory, and what they need of the host: a stand-in for the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from tests.container.base import Base, make_base, why_not
from tests.container.figures import taken_s, timed
from tests.container.listing import list_files
from tests.container.machine import DidNotBootError, Machine, booted, fresh_root
from tests.container.scenes import CONFIGURATION, KEY, Installation, StandIn, running_stand_in


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how long things took."""
    if taken_s:
        terminalreporter.section("seconds in the container")
    for what, seconds in taken_s.items():
        terminalreporter.write_line(f"{seconds:7.2f}  {what}")


@pytest.fixture(scope="session")
def base() -> Base:
    """The system and the wheels under every machine."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    base = make_base()
    try:
        with fresh_root(base.layers) as root, timed("boot and pull the plug"), booted(root):
            return base
    except DidNotBootError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def stand_in() -> Iterator[StandIn]:
    """A stand-in with its own wits, in a process of its own."""
    with running_stand_in() as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def installation(base: Base, stand_in: StandIn) -> Iterator[Installation]:
    """A first installation with a key, over a configuration that talks with the stand-in."""
    settings = yaml.safe_dump(stand_in.settings())
    with fresh_root(base.layers) as root:
        with booted(root) as machine:
            machine.copy_checkout()
            stand_in.introduce(machine)
            before = list_files(root)
            machine.write(CONFIGURATION, settings)
            with timed("install.sh, first run"):
                said = machine.install("--api-key-file", "-", given=f"{KEY}\n")
            machine.run("systemctl", "stop", "ladle")
        yield Installation(root, before, said, settings)


@pytest.fixture(scope="module")
def machine(installation: Installation) -> Iterator[Machine]:
    """A running machine with Ladle, as the first installation left it, for the tests of one module."""
    with fresh_root([installation.root]) as root, booted(root) as machine:
        yield machine


@pytest.fixture
def bare_machine(base: Base, stand_in: StandIn) -> Iterator[Machine]:
    """A running machine that knows nothing of Ladle but the checkout."""
    with fresh_root(base.layers) as root, booted(root) as machine:
        machine.copy_checkout()
        stand_in.introduce(machine)
        yield machine
