"""What README promises, against what the code does."""

from __future__ import annotations

import asyncio
import re
import runpy
import textwrap
from pathlib import Path

import pytest

from device.config import Settings
from device.events import Face, ToolCall
from device.household import open_household
from device.nutrition.foods import FoodDatabase, Found
from device.phases import diagram
from device.stage.rehearse import EXAMPLE
from device.tools.registry import Registry

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


def test_the_food_of_the_readme_is_one_that_ladle_takes(tmp_path: Path) -> None:
    block = re.search(r"\n(    foods:\n      grandmas_soup:\n(?:        .*\n)+)", README)
    assert block
    own = tmp_path / "own_foods.yaml"
    own.write_text(textwrap.dedent(block[1]), encoding="utf-8")
    foods = FoodDatabase.load(ROOT / "config" / "foods.yaml", own)
    found = foods.find("grandma's soup")
    assert isinstance(found, Found)
    assert found.food.portions["bowl"] == 350


def test_the_tool_of_the_readme_is_one_that_the_model_can_call(tmp_path: Path) -> None:
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert block
    module = tmp_path / "oven.py"
    module.write_text(block[1], encoding="utf-8")
    namespace = runpy.run_path(str(module))
    registry = Registry([namespace["oven_temperature"]], open_household(Settings(), tmp_path), timeout_s=5)
    [declaration] = registry.declarations
    assert declaration.name == "oven_temperature"
    assert "gas_mark" in str(declaration)
    outcome = asyncio.run(registry.run(ToolCall("1", "oven_temperature", {"gas_mark": 4})))
    assert outcome.payload == {
        "ok": True,
        "said": "Gas mark 4 is about 177 degrees Celsius.",
        "celsius": 177,
    }
