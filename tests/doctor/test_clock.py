"""The clock: set, not set, impossible, and in whose zone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.config import Settings
from device.doctor.clock import ClockFacts, check_clock, read_clock
from device.doctor.finding import Finding, Verdict

NOW = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
WELL = ClockFacts(NOW, is_synchronized=True, zone="Europe/London")
LONDON = Settings.model_validate({"household": {"time_zone": "Europe/London"}})


def found(facts: ClockFacts, settings: Settings | None = None) -> tuple[Finding, Finding]:
    clock, zone = check_clock(facts, settings or Settings())
    return clock, zone


def test_a_clock_that_the_network_sets_passes() -> None:
    clock, zone = found(WELL)
    assert (clock.verdict, zone.verdict) == (Verdict.PASS, Verdict.PASS)
    assert "2026-11-21 18:30 UTC" in clock.found
    assert "Europe/London" in zone.found


@pytest.mark.parametrize("year", [1970, 2019, 2199])
def test_an_impossible_year_is_a_fault(year: int) -> None:
    clock, _ = found(ClockFacts(NOW.replace(year=year), is_synchronized=False, zone="Europe/London"))
    assert clock.verdict is Verdict.FAULT
    assert "timedatectl set-ntp true" in clock.remedy


def test_a_clock_that_nothing_has_set_is_a_warning() -> None:
    clock, _ = found(ClockFacts(NOW, is_synchronized=False, zone="Europe/London"))
    assert clock.verdict is Verdict.WARNING
    assert "timedatectl set-ntp true" in clock.remedy


def test_where_nobody_tells_the_clock_is_believed() -> None:
    clock, _ = found(ClockFacts(NOW, is_synchronized=None, zone="Europe/London"))
    assert clock.verdict is Verdict.PASS


@pytest.mark.parametrize("zone", ["", "Etc/UTC", "UTC"])
def test_a_zone_that_nobody_has_chosen_is_a_warning_unless_the_household_has_one(zone: str) -> None:
    facts = ClockFacts(NOW, is_synchronized=True, zone=zone)
    _, of_machine = found(facts)
    assert of_machine.verdict is Verdict.WARNING
    assert "set-timezone" in of_machine.remedy
    assert "household.time_zone" in of_machine.remedy
    _, of_household = found(facts, LONDON)
    assert of_household.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("answer", "expected"), [("NTPSynchronized=yes\n", True), ("NTPSynchronized=no\n", False), (None, None)]
)
def test_whoever_sets_the_clock_is_asked_through_timedatectl(
    answer: str | None, expected: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TZ", raising=False)
    local_time = tmp_path / "localtime"
    local_time.symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
    asked: list[tuple[str, ...]] = []

    def ask(*command: str) -> str | None:
        asked.append(command)
        return answer

    facts = read_clock(ask, lambda: NOW, systemd=tmp_path, local_time=local_time, believed=lambda: True)
    assert facts == ClockFacts(NOW, expected, "Asia/Tokyo")
    assert asked == [("timedatectl", "show", "-p", "NTPSynchronized")]


def test_without_systemd_nobody_is_asked(tmp_path: Path) -> None:
    def ask(*_: str) -> str | None:
        raise AssertionError("nobody is there to answer")

    facts = read_clock(
        ask, lambda: NOW, systemd=tmp_path / "none", local_time=tmp_path / "none", believed=lambda: True
    )
    assert facts.is_synchronized is None


def test_timesyncd_that_has_not_set_the_clock_yet_is_believed(tmp_path: Path) -> None:
    facts = read_clock(
        lambda *_: "NTPSynchronized=yes\n", lambda: NOW, systemd=tmp_path, believed=lambda: False
    )
    assert facts.is_synchronized is False
