"""Power, memory and versions."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from device import __version__
from device.config import AudioSettings
from device.doctor.finding import Finding, Verdict
from device.doctor.machine import check_memory, check_power, check_versions

FILES = AudioSettings(input="file:in.wav", output="file:out.wav")


def power(tmp_path: Path, text: str) -> Finding:
    file = tmp_path / "get_throttled"
    file.write_text(text, encoding="ascii")
    [finding] = check_power(file, lambda *_: None)
    return finding


def test_a_supply_that_is_strong_enough_passes(tmp_path: Path) -> None:
    assert power(tmp_path, "0\n").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("bits", "found", "remedy"),
    [
        ("50005\n", "too low now", "power supply"),
        ("0x50000\n", "too low at times", "power supply"),
        ("80008\n", "because it is hot", "heat sink"),
        ("40000\n", "because it is hot", "heat sink"),
    ],
)
def test_a_weak_supply_or_a_hot_board_is_a_warning(
    bits: str, found: str, remedy: str, tmp_path: Path
) -> None:
    finding = power(tmp_path, bits)
    assert finding.verdict is Verdict.WARNING
    assert found in finding.found
    assert remedy in finding.remedy


def test_the_firmware_is_asked_where_the_kernel_has_no_file(tmp_path: Path) -> None:
    def ask(*command: str) -> str:
        assert command == ("vcgencmd", "get_throttled")
        return "throttled=0x50000\n"

    [finding] = check_power(tmp_path / "none", ask)
    assert finding.verdict is Verdict.WARNING


@pytest.mark.parametrize("answer", [None, "", 'error=1 error_msg="Command not registered"', "throttled="])
def test_a_machine_that_does_not_tell_gets_no_line(answer: str | None, tmp_path: Path) -> None:
    assert list(check_power(tmp_path / "none", lambda *_: answer)) == []


@pytest.mark.parametrize(("free_kib", "verdict"), [(2_000_000, Verdict.PASS), (60_000, Verdict.WARNING)])
def test_memory_that_can_be_had(free_kib: int, verdict: Verdict, tmp_path: Path) -> None:
    file = tmp_path / "meminfo"
    file.write_text(f"MemTotal: 4000000 kB\nMemAvailable:    {free_kib} kB\n", encoding="ascii")
    [finding] = check_memory(file)
    assert finding.verdict is verdict
    assert f"{free_kib // 1024:,} MiB" in finding.found


def test_versions_name_all_that_a_report_needs(tmp_path: Path) -> None:
    board = tmp_path / "model"
    board.write_bytes(b"Raspberry Pi 5 Model B Rev 1.0\0")
    [finding] = check_versions(AudioSettings(), lambda: "PortAudio V19.6.0", board)
    assert finding.verdict is Verdict.PASS
    for words in (
        f"Ladle {__version__}",
        f"Python {platform.python_version()}",
        "google-genai ",
        "PortAudio V19.6.0",
        platform.release(),
        "Raspberry Pi 5 Model B Rev 1.0",
    ):
        assert words in finding.found
    assert "\0" not in finding.found


def test_without_portaudio_there_is_no_sound_but_that_of_files(tmp_path: Path) -> None:
    fault, versions = check_versions(AudioSettings(), lambda: None, tmp_path / "none")
    assert fault.verdict is Verdict.FAULT
    assert "sudo apt-get install libportaudio2" in fault.remedy
    assert "no PortAudio" in versions.found
    [versions] = check_versions(FILES, lambda: None, tmp_path / "none")
    assert versions.verdict is Verdict.PASS
    assert platform.machine() in versions.found
