"""What README promises, against what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from device.events import Face
from device.phases import diagram
from device.stage.rehearse import EXAMPLE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LOGGED = re.compile(r"""(?:logger\.\w+\(|logger\.log\([^"]*|_note\()\s*f?"([a-z_]+)""")


def test_the_diagram_is_the_cores_own_table() -> None:
    assert f"```mermaid\n{diagram()}\n```" in README


def test_the_example_conversation_is_the_one_that_is_rehearsed() -> None:
    assert re.findall(r"^    you     (.*)$", README, re.MULTILINE) == list(EXAMPLE)


@pytest.mark.parametrize("face", list(Face))
def test_every_face_is_explained(face: Face) -> None:
    assert re.search(rf"^\| {face.value} \|", README, re.MULTILINE)


def test_every_event_of_the_journal_is_listed() -> None:
    listed = re.search(r"The events are `([a-z_\s]+)`", README)
    assert listed
    rooms = [path for path in (ROOT / "device").rglob("*.py") if "rehearsal" not in path.parts]
    logged = {name for path in rooms for name in LOGGED.findall(path.read_text(encoding="utf-8"))}
    assert logged - set(listed[1].split()) == {"refused"}, "and `refused`, which is for developers"


def test_every_file_of_the_house_is_in_the_picture() -> None:
    picture = README.split("## How it is built")[1]
    for path in (ROOT / "device").iterdir():
        if path.name not in ("__init__.py", "__pycache__", "shipped"):
            name = f"device/{path.name}" + ("/" if path.is_dir() else "")
            assert f"    {name} " in picture, name
