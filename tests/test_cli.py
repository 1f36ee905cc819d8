"""The command line as a person meets it: what it prints, where, and the exit status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
import yaml

from device.nutrition.days import DiaryClock
from device.nutrition.diary import Diary
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.events import FoodEaten, FoodItem, Nutrients
from tests.sounds import silence, write_wav

LADLE = [sys.executable, "-m", "device.cli"]
OUTSIDE = {
    name: value
    for name, value in os.environ.items()
    if name not in ("GEMINI_API_KEY", "GEMINI_API_KEY_FILE", "CREDENTIALS_DIRECTORY", "JOURNAL_STREAM")
}


def ladle(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [*LADLE, *map(str, words)]
    return subprocess.run(
        command, env=OUTSIDE | environment, capture_output=True, text=True, timeout=30, check=False
    )


def refused(status: int, *words: str | Path, **environment: str) -> str:
    """The one message of a command that has to fail, which is not a traceback."""
    result = ladle(*words, **environment)
    assert result.returncode == status, result.stderr
    assert "Traceback" not in result.stderr
    [message] = [line for line in result.stderr.splitlines() if line.startswith("ladle: ")]
    return message


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration for a device that needs no hardware, whose API is not there."""
    audio = {"input": f"file:{tmp_path / 'in.wav'}", "output": f"file:{tmp_path / 'out.wav'}"}
    write_wav(tmp_path / "in.wav", silence(0.1))
    return written(tmp_path, {"live": {"endpoint": "https://127.0.0.1:9"}, "audio": audio})


def written(directory: Path, content: object) -> Path:
    path = directory / "ladle.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_check_accepts_the_shipped_configuration() -> None:
    shipped = Path(__file__).parents[1] / "config" / "ladle.yaml"
    result = ladle("config", "check", shipped)
    assert (result.returncode, result.stdout) == (0, "The configuration is in order.\n")


def test_show_prints_the_effective_configuration_and_never_the_key(config: Path) -> None:
    result = ladle("config", "show", "--config", config, GEMINI_API_KEY="secret-key")
    shown = yaml.safe_load(result.stdout)
    assert shown["live"]["endpoint"] == "https://127.0.0.1:9"
    assert shown["gate"]["hangover_ms"] == 800
    assert "secret-key" not in result.stdout + result.stderr


def test_a_wrong_key_in_the_configuration_stops_the_start_with_78(tmp_path: Path) -> None:
    path = written(tmp_path, {"audio": {"volum": 3}})
    expected = (
        f"ladle: {path}, line 2: audio.volum is not a setting that Ladle knows; did you mean audio.volume?"
    )
    assert refused(78, "run", "--config", path) == expected
    assert refused(78, "config", "check", path) == expected


def test_without_a_key_the_start_stops_and_says_where_to_get_one(tmp_path: Path) -> None:
    assert "https://aistudio.google.com/apikey" in refused(78, "run", "--config", written(tmp_path, {}))


@pytest.mark.parametrize("name", ["foods", "plan"])
def test_a_missing_data_file_stops_the_start_with_78(config: Path, name: str) -> None:
    content = yaml.safe_load(config.read_text(encoding="utf-8")) | {"nutrition": {name: "missing.yaml"}}
    path = written(config.parent, content)
    assert str(config.parent / "missing.yaml") in refused(78, "run", "--config", path)


def test_a_food_without_energy_stops_the_start_with_78_and_is_named_with_its_line(config: Path) -> None:
    foods = config.parent / "foods.yaml"
    per_100g = "{protein: 8, carbohydrate: 50, fat: 3}"
    foods.write_text(f"foods:\n  toast:\n    category: bread\n    per_100g: {per_100g}\n", encoding="utf-8")
    message = refused(78, "run", "--config", config)
    assert str(foods) in message
    assert "line " in message
    assert "toast" in message


def test_a_recording_of_the_wrong_format_stops_the_start_with_78(config: Path) -> None:
    write_wav(config.parent / "in.wav", silence(0.1), rate=44_100)
    assert "the microphone needs 16000 Hz, mono, 16 bits" in refused(78, "run", "--config", config)


def test_a_missing_recording_stops_the_start_with_69(config: Path) -> None:
    (config.parent / "in.wav").unlink()
    assert "in.wav cannot be opened as the microphone" in refused(69, "run", "--config", config)


def test_a_timeline_that_cannot_be_written_stops_the_start_with_69(config: Path) -> None:
    message = refused(69, "run", "--config", config, "--timeline", "/nowhere/t.jsonl")
    assert "/nowhere/t.jsonl cannot be written as the timeline" in message


def test_a_script_with_a_mistake_stops_the_stand_in_with_78(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("steps:\n- on: activty_end\n  do: []\n", encoding="utf-8")
    message = refused(78, "rehearsal-server", "--script", script)
    assert str(script) in message
    assert "line 2" in message


@pytest.mark.parametrize(
    "words",
    [
        ["sing"],
        ["rehearse", "--say", "hello", "--hear", "mic"],
        ["rehearse", "--say", " "],
        ["rehearse", "--clock", "25:99"],
        ["rehearse", "--press", "-3"],
        ["rehearse", "--press", "soon"],
        ["rehearsal-server", "--port", "70000"],
        ["foods", "search"],
        ["foods", "show"],
        ["diary", "export"],
        ["diary", "backup"],
    ],
)
def test_wrong_use_is_told_with_2(words: list[str]) -> None:
    result = ladle(*words)
    assert result.returncode == 2
    assert "Usage:" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--hear", "/nowhere.wav"], "/nowhere.wav cannot be opened as the microphone"),
        (["--hear", "IN", "--speak", "/dev/full"], "/dev/full cannot be written as the speaker: No space"),
        (["--hear", "IN", "--timeline", "/nowhere/t"], "/nowhere/t cannot be written as the timeline"),
    ],
)
def test_a_rehearsal_that_cannot_be_had_is_refused_with_69(config: Path, words: list[str], said: str) -> None:
    recording = str(config.parent / "in.wav")
    script = config.parent / "script.yaml"
    script.write_text("steps: []", encoding="utf-8")
    words = [recording if word == "IN" else word for word in words]
    assert said in refused(69, "rehearse", "--script", script, *words)


@pytest.mark.parametrize(
    "text",
    [
        "live: &a {model: *a}",
        "audio: {volume: " + "9" * 5000 + "}",
        "household: {day_start: 2026-13-45}",
        "[" * 5000,
        "audio: !!python/object:os.system {}",
        "live: {ca_file: ~nosuchuser/ca.pem}",
        'nutrition: {foods: "a\\0b"}',
        "live: {endpoint: 'https://'}",
        "live: {endpoint: 'https://127.0.0.1:99999'}",
        "live: {endpoint: 'https://[::1'}",
        "live: {endpoint: 'https://..'}",
        "audio: {volume: true}",
        "panel: {enabled: 1}",
        "audio: {? [a, b] : 1}",
        "1: 2",
        "\tlive: 1",
        "~: 1",
    ],
)
def test_a_nasty_configuration_is_refused_with_78(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ladle.yaml"
    path.write_text(text, encoding="utf-8")
    result = ladle("run", "--config", path)
    assert result.returncode == 78, result.stderr
    assert "Traceback" not in result.stderr
    assert str(path) in result.stderr


def test_a_configuration_that_is_not_text_is_refused_with_78(tmp_path: Path) -> None:
    path = tmp_path / "ladle.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read: it is not UTF-8 text" in refused(78, "config", "check", path)


@pytest.mark.parametrize("key", ["two\nlines", "schlüssel", "two words"])
def test_a_key_that_is_no_key_is_refused_and_not_shown(config: Path, key: str) -> None:
    message = refused(78, "run", "--config", config, GEMINI_API_KEY=key)
    assert "The API key in GEMINI_API_KEY is not one word" in message
    assert key not in message


def test_certificates_that_are_not_there_are_named(config: Path) -> None:
    message = refused(78, "run", "--config", config, SSL_CERT_FILE="/nowhere.pem")
    assert "Check SSL_CERT_FILE and HTTPS_PROXY" in message


@pytest.fixture
def running(config: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*LADLE, "run", "--config", str(config)], env=OUTSIDE, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_without_a_network_it_starts_says_so_once_and_stops_when_told(
    running: subprocess.Popen[str], number: signal.Signals
) -> None:
    assert running.stderr
    said = []
    for line in running.stderr:
        said.append(line)
        if " ready " in line:
            break
    running.send_signal(number)
    said += running.stderr.readlines()
    assert running.wait(5) == 0
    assert sum("connection_lost" in line for line in said) == 1
    assert sum("panel_absent" in line for line in said) == 1
    assert any("stopping" in line for line in said)
    assert not any("Traceback" in line for line in said)


# ------------------------------------------------------------------------------------- foods and diary


def test_foods_are_searched_and_shown(config: Path) -> None:
    result = ladle("foods", "search", "two", "apples", "--config", config)
    assert (result.returncode, result.stderr) == (0, "")
    assert "apple" in result.stdout
    shown = ladle("foods", "show", "apple", "--config", config)
    assert (shown.returncode, shown.stdout.splitlines()[0]) == (0, "apple (apple), fruit")


def test_an_unknown_food_is_told_with_1(config: Path) -> None:
    result = ladle("foods", "search", "zxqv", "--config", config)
    assert (result.returncode, result.stdout) == (1, "There is no food like zxqv.\n")
    assert "No food has the id zxqv." in refused(1, "foods", "show", "zxqv", "--config", config)


def test_a_wrong_file_of_foods_is_told_with_78(tmp_path: Path) -> None:
    path = tmp_path / "own_foods.yaml"
    path.write_text("foods:\n  stew: {category: meal, source: us}\n", encoding="utf-8")
    expected = f"ladle: {path}, line 2: stew: per_100g is missing."
    assert refused(78, "foods", "check", path) == expected


def test_the_foods_in_use_are_in_order(config: Path) -> None:
    result = ladle("foods", "check", "--config", config)
    assert result.returncode == 0
    assert result.stdout.endswith(" foods in order.\n")


@pytest.fixture
def household(config: Path) -> Path:
    """A household of two with a diary that is open for writing in this process, as the daemon's is."""
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    return written(
        config.parent,
        content | {"nutrition": {"diary": "kept"}, "household": {"people": {"anna": {}, "ben": {}}}},
    )


@pytest.fixture
def diary(household: Path) -> Iterator[Diary]:
    file = DiaryFile(household.parent / "kept")
    clock = DiaryClock(lambda: datetime.now(UTC), time(4))
    diary = Diary(file, clock)
    eggs = FoodItem("=eggs", Nutrients(155, 12.6, 1.1, 10.6), "egg_boiled", 100)
    diary.log("first", "anna", [FoodEaten((eggs,), "breakfast")])
    yield diary
    file.close()


@pytest.mark.parametrize("name", ["today", "week"])
def test_the_diary_is_shown_beside_whoever_writes_it(household: Path, diary: Diary, name: str) -> None:
    result = ladle("diary", name, "anna", "--config", household)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Anna, ")
    assert "155 kcal" in result.stdout
    assert "Whose diary?" in refused(2, "diary", name, "--config", household)


@pytest.mark.parametrize(
    "words", [["today", "ben"], ["week", "ben"], ["export", "--csv", "-"], ["backup", "OUT"]]
)
def test_without_a_diary_it_is_told_with_69(household: Path, words: list[str]) -> None:
    words = [str(household.parent / "out") if word == "OUT" else word for word in words]
    assert "There is no diary in" in refused(69, "diary", *words, "--config", household)
    assert not (household.parent / "kept").exists()
    assert not (household.parent / "out").exists()


def test_the_diary_is_exported_and_never_over_a_file(household: Path, diary: Diary) -> None:
    path = household.parent / "diary.csv"
    export: list[str | Path] = ["diary", "export", "--config", household, "--csv"]
    assert ladle(*export, path).stdout == f"1 row in {path}, which only you can read.\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Add --force to replace it" in refused(1, *export, path)
    assert ladle(*export, path, "--force").returncode == 0
    streamed = ladle(*export, "-")
    assert streamed.stdout == path.read_text(encoding="utf-8")
    assert ",'=eggs,egg_boiled," in streamed.stdout


def test_a_full_disk_behind_standard_output_is_told_with_69(household: Path, diary: Diary) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [*LADLE, "diary", "export", "--csv", "-", "--config", str(household)]
        result = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30, check=False
        )
    assert result.returncode == 69
    assert result.stderr == "ladle: - cannot be written: No space left on device. Name another place.\n"


def test_the_diary_is_copied(household: Path, diary: Diary) -> None:
    (household.parent / "stick").mkdir()
    path = household.parent / "stick" / "diary.sqlite3"
    assert ladle("diary", "backup", path, "--config", household).returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Add --force to replace it" in refused(1, "diary", "backup", path, "--config", household)
    copy = Diary(DiaryFile(path.parent, owner=False), diary.clock)
    assert copy.people() == ("anna",)
    copy.file.close()


# ------------------------------------------------------------------------------ the running daemon

CONTROLS = [["status"], ["status", "--check"], ["mute"], ["volume", "40"], ["ask", "What time is it?"]]


@pytest.mark.parametrize("words", CONTROLS)
def test_without_a_daemon_its_commands_say_how_to_start_it(words: list[str], tmp_path: Path) -> None:
    result = ladle(*words, XDG_RUNTIME_DIR=str(tmp_path), XDG_STATE_HOME=str(tmp_path))
    assert result.returncode == 69
    assert "Start it: systemctl start ladle" in result.stderr


@pytest.mark.parametrize("words", [["volume", "101"], ["volume", "loud"], ["ask"], ["status", "now"]])
def test_wrong_use_of_them_is_told_without_asking_a_daemon(words: list[str]) -> None:
    assert ladle(*words).returncode == 2
