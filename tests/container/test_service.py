"""The installed service under systemd: it comes up, stays up, stops, and tells the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml

from tests.container.figures import timed
from tests.container.machine import Machine
from tests.container.scenes import CONFIGURATION, StandIn

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]

DROP_IN = "/run/systemd/system/ladle.service.d/test.conf"


@pytest.fixture(autouse=True)
def running_again(machine: Machine) -> Iterator[None]:
    """Each test begins with a service that runs on the configuration of the installation."""
    settings = machine.path(CONFIGURATION).read_text(encoding="utf-8")
    yield
    machine.path(CONFIGURATION).write_text(settings, encoding="utf-8")
    machine.run("rm", "--force", DROP_IN)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "reset-failed")
    machine.run("systemctl", "restart", "ladle")


def configure(machine: Machine, settings: object) -> None:
    """Write into the configuration as an editor does that keeps owner and mode."""
    machine.path(CONFIGURATION).write_text(yaml.safe_dump(settings), encoding="utf-8")


def change_unit(machine: Machine, *lines: str) -> None:
    """Change the service until the next start of the machine, and start it anew."""
    text = "\n".join(["[Service]", *lines, ""])
    machine.run("install", "-D", "/dev/stdin", DROP_IN, given=text)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "ladle")


def test_a_start_returns_once_it_is_ready(machine: Machine) -> None:
    machine.run("systemctl", "stop", "ladle")
    since = machine.now()
    with timed("systemctl start ladle, to READY"):
        machine.run("systemctl", "start", "ladle")
    assert " start_ms=" in machine.said(since)
    assert machine.property("StatusText").startswith("ready")
    assert machine.status()["face"] == "ready"


def test_a_stop_is_polite_and_quick(machine: Machine) -> None:
    since = machine.now()
    with timed("systemctl stop ladle"):
        machine.run("systemctl", "stop", "ladle")
    assert machine.property("Result") == "success"
    assert machine.property("ExecMainStatus") == "0"
    said = machine.said(since)
    assert "stopping" in said.split()
    assert "Killing" not in said


def test_the_journal_knows_how_grave_each_line_is(machine: Machine) -> None:
    since = machine.now()
    machine.run("systemctl", "restart", "ladle")
    lines = machine.said(since, "--output=json", "_SYSTEMD_UNIT=ladle.service").splitlines()
    entries = [json.loads(line) for line in lines]
    ready = [entry for entry in entries if entry["MESSAGE"].startswith("ready ")]
    assert [entry["PRIORITY"] for entry in ready] == ["6"]
    assert not [entry for entry in entries if entry["MESSAGE"].startswith("<")]
    warned = machine.said(since, "--priority=warning")
    assert "panel_absent" in warned
    assert "ready " not in warned


def test_a_microphone_that_is_not_there_is_told_and_no_reason_to_restart(
    machine: Machine, stand_in: StandIn
) -> None:
    configure(machine, stand_in.settings(input="no such card"))
    machine.run("systemctl", "restart", "ladle")
    assert machine.property("ActiveState") == "active"
    assert not machine.property("StatusText").startswith("ready")
    faults = machine.status()["faults"]
    assert "no such card" in json.dumps(faults)
    assert machine.property("NRestarts") == "0"


def test_a_wrong_configuration_ends_it_with_one_message_and_no_restart(machine: Machine) -> None:
    configure(machine, {"audio": {"volumme": 50}})
    since = machine.now()
    machine.run("systemctl", "restart", "ladle", check=False)
    assert machine.property("ActiveState") == "failed"
    assert machine.property("ExecMainStatus") == "78"
    assert machine.property("NRestarts") == "0"
    complaint = machine.said(since, "--priority=err", "_SYSTEMD_UNIT=ladle.service")
    assert CONFIGURATION in complaint
    assert "volume" in complaint
    assert "Traceback" not in machine.said(since)


def test_a_daemon_that_hangs_is_killed_and_started_again(machine: Machine) -> None:
    change_unit(machine, "WatchdogSec=3", "RestartSec=100ms")
    since, pid = machine.now(), machine.property("MainPID")
    with timed("a hung daemon (WatchdogSec=3), to READY again"):
        machine.run("systemctl", "kill", "--signal=STOP", "ladle")
        machine.wait_for("ready", since)
    assert "Watchdog timeout" in machine.said(since)
    assert machine.property("MainPID") != pid
    assert machine.property("NRestarts") == "1"


def test_one_that_is_killed_is_started_again_and_goes_on_with_the_session(machine: Machine) -> None:
    change_unit(machine, "RestartSec=100ms")
    since = machine.now()
    machine.run("ladle", "ask", "How much protein is in a chicken breast?")
    machine.wait_for("reply_ended", since)
    since = machine.now()
    with timed("kill -9, to READY again"):
        machine.run("systemctl", "kill", "--signal=KILL", "ladle")
        machine.wait_for("ready", since)
    assert "resumed" in machine.said(since).split()
    assert machine.property("NRestarts") == "1"


def test_it_reloads_what_it_can_and_says_what_it_cannot(machine: Machine, stand_in: StandIn) -> None:
    pid, since = machine.property("MainPID"), machine.now()
    configure(machine, stand_in.settings(volume=40, latency_ms=120))
    machine.run("systemctl", "reload", "ladle")
    assert "audio.volume" in machine.wait_for("reloaded", since)
    assert "audio.latency_ms" in machine.wait_for("reload_incomplete", since)
    assert machine.property("MainPID") == pid
    assert machine.status()["volume"] == 40


def test_a_reload_of_a_wrong_configuration_leaves_all_as_it_was(machine: Machine) -> None:
    pid, since = machine.property("MainPID"), machine.now()
    configure(machine, {"audio": {"volumme": 50}})
    machine.run("systemctl", "reload", "ladle")
    assert "volumme" in machine.wait_for("reload_refused", since)
    assert machine.property("MainPID") == pid
    assert machine.status()["face"] == "ready"


def test_it_tells_the_journal_where_it_is_just_now(machine: Machine) -> None:
    pid, since = machine.property("MainPID"), machine.now()
    machine.run("systemctl", "kill", "--signal=USR1", "ladle")
    assert "face=ready" in machine.wait_for("state", since)
    machine.wait_for("task=listening", since)
    assert "stack thread=MainThread" in machine.said(since)
    assert machine.property("MainPID") == pid
