"""What is wrong with the pins of a machine, and the remedy for each reason."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from gpiozero import PinUnknownPi
from gpiozero.pins.mock import MockFactory

from device.panel import machine as reading
from device.panel.machine import SPI_DEVICE, Library, Machine, read_machine
from device.panel.pins import check_pins, problems_of
from device.panelsettings import PanelSettings

CHIP_0, CHIP_4 = Path("/dev/gpiochip0"), Path("/dev/gpiochip4")
PI_4 = Machine(revision=0xC03112, chips={0: CHIP_0})
PI_5 = Machine(revision=0xC04170, chips={0: CHIP_0, 4: CHIP_0})
PI_5_OLD_KERNEL = replace(PI_5, chips={0: CHIP_0, 4: CHIP_4})
COMPUTE_MODULE_5 = replace(PI_5, revision=0xC04180)
PANEL = PanelSettings()
PIXELS = PanelSettings(lights="apa102")


@pytest.mark.parametrize("machine", [PI_4, PI_5, PI_5_OLD_KERNEL, COMPUTE_MODULE_5])
@pytest.mark.parametrize("settings", [PANEL, PIXELS])
def test_a_machine_that_is_well_has_no_problem(machine: Machine, settings: PanelSettings) -> None:
    assert problems_of(machine, settings) == ()


@pytest.mark.parametrize(
    ("machine", "reason", "remedy"),
    [
        (Machine(), "not a Raspberry Pi", "panel.enabled: false"),
        (replace(PI_4, library=Library.MISSING), "is not installed", "apt-get install python3-lgpio"),
        (replace(PI_4, library=Library.HIDDEN), "does not see it", "include-system-site-packages = true"),
        (replace(PI_4, library=Library.EMPTY), "an empty package", "pip uninstall lgpio"),
        (
            replace(PI_4, library=Library.BROKEN, library_fault="no liblgpio.so.1"),
            "does not load: no liblgpio.so.1",
            "--reinstall python3-lgpio",
        ),
        (
            replace(PI_4, directory=Path("/opt"), directory_writable=False),
            "/opt cannot be written",
            "WorkingDirectory=/run/ladle",
        ),
        (replace(PI_4, chips={}), "/dev/gpiochip0 is not there", "full-upgrade"),
        (replace(PI_4, denied=frozenset({CHIP_0})), "may not use /dev/gpiochip0", "usermod -aG gpio ladle"),
        (
            replace(PI_5_OLD_KERNEL, denied=frozenset({CHIP_4})),
            "may not use /dev/gpiochip4",
            "usermod -aG gpio",
        ),
        (
            replace(COMPUTE_MODULE_5, chips={0: CHIP_0, 4: CHIP_4}),
            "pins on gpiochip4, and gpiozero looks for them on gpiochip0",
            "6.6.45",
        ),
        (replace(PI_5, factory="rpigpio"), "GPIOZERO_PIN_FACTORY is rpigpio", "set it to lgpio"),
    ],
)
def test_each_reason_has_its_remedy(machine: Machine, reason: str, remedy: str) -> None:
    [problem] = problems_of(machine, PANEL)
    assert reason in problem.reason
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("machine", "reason", "remedy"),
    [
        (replace(PI_4, spi=False), "SPI is switched off", "raspi-config nonint do_spi 0"),
        (
            replace(PI_4, denied=frozenset({SPI_DEVICE})),
            "may not use /dev/spidev0.0",
            "usermod -aG spi ladle",
        ),
    ],
)
def test_spi_matters_where_pixels_need_it(machine: Machine, reason: str, remedy: str) -> None:
    [problem] = problems_of(machine, PIXELS)
    assert reason in problem.reason
    assert remedy in problem.remedy
    assert problems_of(machine, PANEL) == ()


def test_several_problems_come_in_the_order_in_which_to_mend_them() -> None:
    machine = replace(PI_4, library=Library.MISSING, denied=frozenset({CHIP_0}), spi=False)
    reasons = [problem.reason for problem in problems_of(machine, PIXELS)]
    assert [reason.split()[0] for reason in reasons] == ["lgpio,", "the", "SPI"]


def test_another_pin_library_needs_no_lgpio_on_an_older_pi() -> None:
    assert problems_of(replace(PI_4, factory="rpigpio", library=Library.MISSING), PANEL) == ()


@pytest.mark.parametrize("settings", [PANEL, PIXELS])
def test_what_needs_no_pins_has_no_problem(settings: PanelSettings) -> None:
    assert problems_of(Machine(), settings.model_copy(update={"enabled": False})) == ()
    assert problems_of(Machine(factory="mock"), settings) == ()


def test_pins_in_memory_have_no_problem(pins: MockFactory) -> None:
    assert check_pins() == ()


# ------------------------------------------------------------------------------- reading the machine


@pytest.fixture
def pi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A Raspberry Pi in a directory of its own, without any lgpio."""
    monkeypatch.setattr(reading, "get_pi_revision", lambda: 0xC03112)
    monkeypatch.setattr(reading, "SYSTEM_PACKAGES", tmp_path / "dist-packages")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.delenv("LG_WD", raising=False)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "dist-packages" not in entry])
    monkeypatch.delitem(sys.modules, "lgpio", raising=False)
    return tmp_path


def library(directory: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    (directory / "lgpio.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(directory)
    importlib.invalidate_caches()


def test_this_machine_is_read_without_harm() -> None:
    """Wherever the tests run."""
    assert isinstance(check_pins(), tuple)


def test_without_lgpio_it_is_missing_or_hidden(pi: Path) -> None:
    assert read_machine().library is Library.MISSING
    (pi / "dist-packages").mkdir()
    (pi / "dist-packages" / "lgpio.py").touch()
    assert read_machine().library is Library.HIDDEN


@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("", Library.EMPTY),
        ("import _no_such_extension", Library.BROKEN),
        ("raise FileNotFoundError('.lgd-nfy-3')", Library.BROKEN),
        ("def gpiochip_open(chip): ...", Library.READY),
    ],
)
def test_lgpio_is_loaded_to_see_whether_it_works(
    pi: Path, monkeypatch: pytest.MonkeyPatch, source: str, state: Library
) -> None:
    library(pi, monkeypatch, source)
    assert read_machine().library is state


def test_on_another_machine_lgpio_is_not_loaded(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_pi() -> int:
        raise PinUnknownPi("no revision")

    monkeypatch.setattr(reading, "get_pi_revision", no_pi)
    library(pi, monkeypatch, "raise RuntimeError")
    assert read_machine().revision is None


def test_the_directory_of_the_fifo_is_the_one_that_lgpio_will_use(
    pi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (read_machine().directory, read_machine().directory_writable) == (pi, True)
    monkeypatch.setenv("LG_WD", str(pi / "nowhere"))
    assert (read_machine().directory, read_machine().directory_writable) == (pi / "nowhere", False)
