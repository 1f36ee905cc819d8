"""Button and lights: left to the daemon that holds them, else judged from the machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from device.doctor.daemon import Daemon, Presence
from device.doctor.finding import Finding, Verdict
from device.doctor.panel import check_panel
from device.panel.machine import Library, Machine
from device.panelsettings import PanelSettings
from device.service.status import Fault
from tests.service.test_status import STATUS

PI = Machine(revision=0xC03112, chips={0: Path("/dev/gpiochip0")})
PANEL = PanelSettings()


def never() -> Machine:
    raise AssertionError("the daemon holds the pins")


def on(machine: Machine, settings: PanelSettings = PANEL) -> list[Finding]:
    return list(check_panel(settings, Daemon(), lambda: machine))


def test_pins_that_work_are_named() -> None:
    [finding] = on(PI)
    assert finding.verdict is Verdict.PASS
    assert "button_pin 17, red_pin 22, green_pin 23, blue_pin 24, lights rgb" in finding.found
    assert "lgpio on gpiochip0" in finding.found


def test_a_panel_that_is_switched_off_is_not_looked_at() -> None:
    [finding] = check_panel(PanelSettings(enabled=False), Daemon(), never)
    assert finding.verdict is Verdict.PASS


def test_pins_in_memory_pass_and_say_so() -> None:
    [finding] = on(Machine(factory="mock"))
    assert finding.verdict is Verdict.PASS
    assert "in memory only" in finding.found


def test_a_machine_without_pins_is_only_a_warning() -> None:
    [finding] = on(Machine())
    assert finding.verdict is Verdict.WARNING
    assert "panel.enabled: false" in finding.remedy


@pytest.mark.parametrize(
    ("machine", "remedy"),
    [
        (replace(PI, denied=frozenset({Path("/dev/gpiochip0")})), "usermod -aG gpio ladle"),
        (replace(PI, library=Library.MISSING), "apt-get install python3-lgpio"),
        (replace(PI, factory="rpigpio", revision=0xC04170), "GPIOZERO_PIN_FACTORY"),
    ],
)
def test_a_raspberry_pi_whose_pins_cannot_be_used_is_a_fault(machine: Machine, remedy: str) -> None:
    [finding] = on(machine)
    assert finding.verdict is Verdict.FAULT
    assert remedy in finding.remedy


def test_every_problem_has_a_line() -> None:
    machine = replace(PI, library=Library.MISSING, chips={}, spi=False)
    assert len(on(machine, PanelSettings(lights="apa102"))) == 3


def test_where_a_daemon_runs_its_word_counts() -> None:
    [finding] = check_panel(PANEL, Daemon(Presence.ANSWERS, STATUS), never)
    assert finding.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("board", "verdict"), [("Raspberry Pi 5 Model B Rev 1.0", Verdict.FAULT), ("", Verdict.WARNING)]
)
def test_what_the_daemon_does_without_is_told_in_its_words(board: str, verdict: Verdict) -> None:
    faults = tuple(Fault(f"panel ({part})", "Check the wires of the panel.") for part in ("button", "lights"))
    daemon = Daemon(Presence.ANSWERS, replace(STATUS, faults=faults))
    findings = list(check_panel(PANEL, daemon, never, lambda: board))
    assert [finding.verdict for finding in findings] == [verdict, verdict]
    assert findings[1].found == "panel (lights): Check the wires of the panel."
    assert findings[1].remedy
