"""Who may know whom: the imports of every module against the plan of the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "device"
MODULES = sorted(PACKAGE.rglob("*.py"))

GROUND_FLOOR = {"errors", "safefile"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "safefile": set(),
    "events": set(),
    "phases": {"events"},
    "toolcalls": {"events"},
    "uplink": {"events"},
    "answertimer": {"events"},
    "controls": {"events", "phases"},
    "conversation": {"events", "phases", "toolcalls", "uplink", "controls"},
    "settingtypes": set(),
    "panelsettings": {"events", "settingtypes"},
    "config": {"events", "settingtypes", "panelsettings"},
    "configfile": {"config"},
    "apikey": {"config"},
    "nutrition": set(),
    "tools": {"nutrition", "events"},
    "audio": {"events", "config"},
    "live": {"events", "config"},
    "panel": {"events", "panelsettings"},
    "service": {"events", "config"},
    "rehearsal": {"nutrition"},
    "household": {"config", "tools", "nutrition"},
    "reloading": {"config", "household", "service", "tools"},
}
THE_COMPOSITION_ROOTS = {"daemon", "parts", "performer", "desk", "stage", "doctor", "cli", "__init__"}
ONLY_ROOM_OF = {
    "sounddevice": "audio",
    "webrtcvad": "audio",
    "google": "live",
    "gpiozero": "panel",
    "moonshine_voice": "rehearsal",
    "sdnotify": "service",
    "sqlite3": "nutrition",
    "prometheus_client": "service",
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides which room it means"
            if node.module == "device":
                yield from (f"device.{name.name}" for name in node.names)
            elif node.module:
                yield node.module


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_the_rooms_that_it_may(path: Path) -> None:
    room = room_of(path)
    if room in THE_COMPOSITION_ROOTS:
        return
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("device.")}
    assert rooms <= MAY_IMPORT[room] | GROUND_FLOOR | {room}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_library_of_the_hardware_has_one_room(path: Path) -> None:
    libraries = {name.split(".")[0] for name in imported(path)}
    rooms = {ONLY_ROOM_OF[library] for library in libraries & ONLY_ROOM_OF.keys()}
    assert rooms <= {room_of(path)}


def test_every_room_is_in_the_plan() -> None:
    assert {room_of(path) for path in MODULES} <= MAY_IMPORT.keys() | THE_COMPOSITION_ROOTS
