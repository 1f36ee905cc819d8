"""The daemon as it tells of itself, over a real socket, and as systemd tells of it."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from device.doctor.daemon import Daemon, Presence, Unit, ask_daemon, check_daemon, read_unit
from device.doctor.finding import Finding, Verdict
from device.service.health import Health
from device.service.status import Fault, Link, Status
from tests.doctor.running import FakeDesk, answering
from tests.service.test_status import FAULTY, STATUS

RUNNING = Unit("active")


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short one: the kernel allows a socket 107 bytes."""
    return tmp_path_factory.mktemp("d") / "control.sock"


def told(status: Status, *problems: str) -> Daemon:
    return Daemon(Presence.ANSWERS, status, problems)


def the_one(findings: list[Finding]) -> Finding:
    [finding] = findings
    return finding


# ------------------------------------------------------------------------------------- the socket


def test_a_daemon_that_answers_tells_its_status_and_its_problems(path: Path) -> None:
    with answering(path, FakeDesk(STATUS, Health(ok=False, problems=("It is late.",)))):
        daemon = ask_daemon(path)
    assert daemon == Daemon(Presence.ANSWERS, STATUS, ("It is late.",))


def test_no_socket_or_a_dead_one_is_no_daemon(path: Path) -> None:
    assert ask_daemon(path) == Daemon()
    assert ask_daemon(path / "below") == Daemon()
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    assert ask_daemon(path) == Daemon()


def test_a_daemon_of_another_version_is_silent_and_says_what_to_do(path: Path) -> None:
    desk = FakeDesk()
    desk.plain = {"face": "ready"}
    with answering(path, desk):
        daemon = ask_daemon(path)
    assert daemon.presence is Presence.SILENT
    assert "systemctl restart ladle" in daemon.why


def test_a_daemon_that_hangs_is_silent_before_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.doctor.daemon.ANSWER_LIMIT_S", 0.05)
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(path))
        hanging.listen()
        daemon = ask_daemon(path)
    assert daemon.presence is Presence.SILENT
    assert "journalctl -u ladle" in daemon.why


# ------------------------------------------------------------------------------------- the verdict


def test_a_daemon_that_works_passes_with_what_it_is_at() -> None:
    finding = the_one(list(check_daemon(told(STATUS), RUNNING)))
    assert finding.verdict is Verdict.PASS
    assert "2 days, 3:00:00" in finding.found
    assert "gemini-3.8-live" in finding.found
    assert "ready" in finding.found


def test_faults_of_devices_are_left_to_the_lines_on_them() -> None:
    assert the_one(list(check_daemon(told(FAULTY), RUNNING))).verdict is Verdict.PASS


def test_another_fault_is_told_in_the_daemons_words() -> None:
    status = replace(STATUS, faults=(Fault("service", "The key was refused. Make a new one."),))
    finding = the_one(list(check_daemon(told(status), RUNNING)))
    assert finding.verdict is Verdict.FAULT
    assert finding.found == "service: The key was refused. Make a new one."
    assert "journalctl -u ladle" in finding.remedy


def test_no_connection_is_a_warning_and_so_is_what_does_not_work() -> None:
    offline = replace(STATUS, connection=replace(STATUS.connection, state=Link.RECONNECTING))
    finding = the_one(list(check_daemon(told(offline), RUNNING)))
    assert finding.verdict is Verdict.WARNING
    assert "no connection to the Live API" in finding.found
    finding = the_one(list(check_daemon(told(STATUS, "The microphone gives nothing."), RUNNING)))
    assert finding.verdict is Verdict.WARNING
    assert "The microphone gives nothing." in finding.found


def test_a_silent_daemon_is_a_fault() -> None:
    daemon = Daemon(Presence.SILENT, why="Ladle has not answered within 2 s.")
    finding = the_one(list(check_daemon(daemon, RUNNING)))
    assert finding.verdict is Verdict.FAULT
    assert "not answered within 2 s" in finding.found


@pytest.mark.parametrize(
    ("unit", "verdict", "found", "remedy"),
    [
        (None, Verdict.PASS, "not installed as a service", ""),
        (Unit("inactive"), Verdict.WARNING, "does not run (inactive)", "sudo systemctl start ladle"),
        (Unit("activating"), Verdict.WARNING, "is starting", "in a moment"),
        (Unit("failed", "exit-code", 78), Verdict.FAULT, "exit-code, status 78", "Correct the configuration"),
        (Unit("failed", "exit-code", 77), Verdict.FAULT, "status 77", "The key was refused"),
        (Unit("failed", "watchdog"), Verdict.FAULT, "watchdog", "journalctl -u ladle"),
        (Unit("activating", "exit-code", 1), Verdict.FAULT, "exit-code, status 1", "journalctl -u ladle"),
    ],
)
def test_where_none_answers_systemd_says_why(
    unit: Unit | None, verdict: Verdict, found: str, remedy: str
) -> None:
    finding = the_one(list(check_daemon(Daemon(), unit)))
    assert finding.verdict is verdict
    assert found in finding.found
    assert remedy in finding.remedy


def test_a_service_that_does_not_start_with_the_machine_is_a_warning() -> None:
    _, finding = check_daemon(told(STATUS), replace(RUNNING, file_state="disabled"))
    assert finding.verdict is Verdict.WARNING
    assert "sudo systemctl enable ladle" in finding.remedy


def test_a_service_that_systemd_keeps_starting_again_is_a_warning() -> None:
    _, finding = check_daemon(told(STATUS), replace(RUNNING, restarts=7))
    assert finding.verdict is Verdict.WARNING
    assert "7 times" in finding.found


# ------------------------------------------------------------------------------------- systemd


def test_the_unit_is_read_with_the_variables_that_it_sets(tmp_path: Path) -> None:
    def ask(*command: str) -> str:
        assert command[:2] == ("systemctl", "show")
        return (
            "LoadState=loaded\nActiveState=active\nResult=success\nExecMainStatus=0\nNRestarts=2\n"
            "UnitFileState=enabled\n"
            'Environment=PULSE_SERVER=unix:/run/pulse/native "NOTE=two words"\nUser=pi\nGroup=ladle\n'
        )

    assert read_unit(ask, tmp_path) == Unit(
        "active",
        restarts=2,
        environment={"PULSE_SERVER": "unix:/run/pulse/native", "NOTE": "two words"},
        user="pi",
        group="ladle",
    )


def test_without_systemd_or_the_unit_there_is_no_service(tmp_path: Path) -> None:
    assert read_unit(lambda *_: "LoadState=not-found\nActiveState=inactive\n", tmp_path) is None
    assert read_unit(lambda *_: None, tmp_path) is None
    assert read_unit(lambda *_: "LoadState=loaded\n", tmp_path / "none") is None
