"""The whole doctor through the command line: what is printed, the exit status, and never the key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.doctor.running import FakeDesk, answering
from tests.sounds import silence, write_wav

LADLE = [sys.executable, "-m", "device.cli", "doctor"]
KEY = "AQ.Ab8RN6K-TOPSECRET_0123456789abcdef"
HIDDEN = (
    "GEMINI_API_KEY",
    "GEMINI_API_KEY_FILE",
    "CREDENTIALS_DIRECTORY",
    "STATE_DIRECTORY",
    "RUNTIME_DIRECTORY",
)
WITHIN_S = 60


class Kitchen:
    """A configuration with WAV twins, and an environment that keeps to its own directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.control = directory / "r" / "ladle" / "control.sock"
        self.environment = {name: value for name, value in os.environ.items() if name not in HIDDEN} | {
            "XDG_STATE_HOME": str(directory / "s"),
            "XDG_RUNTIME_DIR": str(directory / "r"),
            "GPIOZERO_PIN_FACTORY": "mock",
            "GEMINI_API_KEY": KEY,
        }
        write_wav(directory / "in.wav", silence(0.1))
        self.write({"live": {"endpoint": "https://127.0.0.1:9"}})

    def write(self, content: dict[str, Any]) -> None:
        audio = {"input": f"file:{self.directory / 'in.wav'}", "output": f"file:{self.directory / 'out.wav'}"}
        household = {"time_zone": "Europe/London"}
        self.file = self.directory / "ladle.yaml"
        self.file.write_text(yaml.safe_dump({"audio": audio, "household": household} | content))

    def doctor(self, *words: str) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [*LADLE, "--config", str(self.file), *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert "Traceback" not in result.stderr
        assert KEY not in result.stdout + result.stderr
        assert "TOPSECRET" not in result.stdout + result.stderr
        return result

    def report(self, *words: str) -> tuple[int, dict[str, Any], dict[str, Any]]:
        result = self.doctor("--json", *words)
        [line] = result.stdout.splitlines()
        report = json.loads(line)
        return result.returncode, report, {check["name"]: check for check in report["checks"]}


@pytest.fixture
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Kitchen:
    return Kitchen(tmp_path_factory.mktemp("k"))


def test_every_check_has_a_line_and_a_fault_ends_with_1(kitchen: Kitchen) -> None:
    result = kitchen.doctor()
    *lines, summary = result.stdout.splitlines()
    names = [line[9:24].strip() for line in lines]
    assert names[:2] == ["configuration", "key"]
    expected = {
        "configuration", "key", "foods", "plan", "activities", "people", "clock", "time zone", "state",
        "disk", "diary", "panel", "memory", "versions", "network", "daemon", "microphone", "speaker", "echo",
    }  # fmt: skip
    assert expected <= set(names)
    assert {line.split()[0] for line in lines} <= {"pass", "warning", "fault"}
    [network] = [line for line in lines if line[9:].startswith("network")]
    assert network.startswith("fault")
    assert "ladle rehearsal-server" in network
    assert result.returncode == 1
    assert summary.startswith(f"{len(lines)} checks: 1 fault, ")


def test_json_is_one_object_with_the_same(kitchen: Kitchen) -> None:
    status, report, checks = kitchen.report()
    assert status == 1
    assert (report["v"], report["ok"]) == (1, False)
    assert set(checks["network"]) == {"name", "verdict", "found", "remedy"}
    assert checks["network"]["verdict"] == "fault"
    assert checks["key"]["verdict"] == "pass"


def test_nothing_is_made_and_nothing_is_changed(kitchen: Kitchen) -> None:
    before = sorted(kitchen.directory.rglob("*"))
    kitchen.doctor()
    assert sorted(kitchen.directory.rglob("*")) == before


def test_a_wrong_configuration_is_a_fault_and_the_rest_is_looked_at(kitchen: Kitchen) -> None:
    kitchen.write({"live": {"modell": "x"}})
    status, _, checks = kitchen.report()
    assert status == 1
    assert checks["configuration"]["verdict"] == "fault"
    assert "line" in checks["configuration"]["found"]
    assert "live.model" in checks["configuration"]["found"]
    assert checks["foods"]["verdict"] == "pass"


def test_a_stand_in_is_not_tried_online(kitchen: Kitchen) -> None:
    _, _, checks = kitchen.report("--online")
    assert checks["online"]["verdict"] == "warning"
    assert "not tried" in checks["online"]["found"]


def test_a_key_that_is_no_word_is_never_shown(kitchen: Kitchen) -> None:
    kitchen.environment["GEMINI_API_KEY"] = f"{KEY} and more"
    _, _, checks = kitchen.report()
    assert checks["key"]["verdict"] == "fault"


def test_a_daemon_that_runs_is_asked(kitchen: Kitchen) -> None:
    with answering(kitchen.control, FakeDesk()):
        _, _, checks = kitchen.report()
    assert checks["daemon"]["verdict"] == "pass"
    assert "reSpeaker 4 Mic Array works" in checks["microphone"]["found"]


def test_then_nothing_is_loaded_that_takes_its_time(kitchen: Kitchen) -> None:
    code = (
        "import sys; from pathlib import Path; from device.doctor.visit import visit;"
        f"visit(Path({str(kitchen.file)!r}), lambda line: None);"
        "print([name for name in ('google.genai', 'sounddevice', 'gpiozero') if name in sys.modules])"
    )
    with answering(kitchen.control, FakeDesk()):
        result = subprocess.run(
            [sys.executable, "-c", code],
            env=kitchen.environment,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=True,
        )
    assert result.stdout == "[]\n"
