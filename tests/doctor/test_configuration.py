"""The configuration and the files that it names: what is told of good ones, and of each that is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from device.config import Settings
from device.configfile import load_settings
from device.doctor.configuration import check_data, read_configuration
from device.doctor.finding import Finding, Verdict

FOOD = """\
foods:
  our_oats:
    category: grain
    per_100g: {{kcal: {kcal}, protein: 10, carbohydrate: 60, fat: 7}}
    source: the packet
"""


def data_of(settings: Settings) -> dict[str, Finding]:
    return {finding.name: finding for finding in check_data(settings)}


def written(directory: Path, text: str, name: str = "ladle.yaml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "audio: {volume: 40}\n")
    read = read_configuration(path)
    assert read.finding.verdict is Verdict.PASS
    assert str(path) in read.finding.found
    assert read.settings.audio.volume == 40


def test_every_fault_is_told_with_file_line_and_key_and_the_defaults_go_on(tmp_path: Path) -> None:
    path = written(tmp_path, "audio:\n  volum: 3\n  latency_ms: 1\n")
    read = read_configuration(path)
    assert read.finding.verdict is Verdict.FAULT
    assert f"{path}, line 2: audio.volum" in read.finding.found
    assert f"{path}, line 3: audio.latency_ms" in read.finding.found
    assert f"ladle config check {path}" in read.finding.remedy
    assert read.settings == Settings()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_one_may_not_read_asks_for_sudo(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    path.chmod(0)
    assert "sudo ladle doctor" in read_configuration(path).finding.remedy


def test_the_shipped_data_are_in_order() -> None:
    found = data_of(load_settings(Path(__file__).parents[2] / "config" / "ladle.yaml"))
    assert {finding.verdict for finding in found.values()} == {Verdict.PASS}
    assert list(found) == ["foods", "plan", "activities", "people"]
    assert found["foods"].found.split()[1] == "foods"
    assert int(found["foods"].found.split()[0]) > 600


def test_damaged_foods_are_a_fault_and_the_plan_is_left_alone(tmp_path: Path) -> None:
    foods = written(tmp_path, "- id: 3\n", "foods.yaml")
    found = data_of(Settings.model_validate({"nutrition": {"foods": foods}}))
    assert found["foods"].verdict is Verdict.FAULT
    assert str(foods) in found["foods"].found
    assert "ladle foods check" in found["foods"].remedy
    assert "plan" not in found
    assert found["activities"].verdict is Verdict.PASS


@pytest.mark.parametrize("part", ["plan", "activities"])
def test_another_damaged_file_is_a_fault_of_its_own(part: str, tmp_path: Path) -> None:
    file = written(tmp_path, "nonsense: [", f"{part}.yaml")
    found = data_of(Settings.model_validate({"nutrition": {part: file}}))
    assert found[part].verdict is Verdict.FAULT
    assert str(file) in found[part].remedy
    assert found["foods"].verdict is Verdict.PASS


def test_own_foods_that_deserve_a_second_look_are_a_warning(tmp_path: Path) -> None:
    own = written(tmp_path, FOOD.format(kcal=900), "own_foods.yaml")
    found = data_of(Settings.model_validate({"nutrition": {"own_foods": own}}))
    assert found["foods"].verdict is Verdict.WARNING
    assert str(own) in found["foods"].found
    assert "ladle foods check" in found["foods"].remedy


def test_a_copy_of_the_shipped_foods_warns_of_what_was_changed_in_it_alone(tmp_path: Path) -> None:
    shipped = (Path(__file__).parents[2] / "config" / "foods.yaml").read_text(encoding="utf-8")
    copy = written(tmp_path, shipped, "foods.yaml")
    settings = Settings.model_validate({"nutrition": {"foods": copy}})
    assert data_of(settings)["foods"].verdict is Verdict.PASS
    copy.write_text(shipped + FOOD.format(kcal=900).partition("\n")[2], encoding="utf-8")
    finding = data_of(settings)["foods"]
    assert finding.verdict is Verdict.WARNING
    assert "our_oats" in finding.found
    assert "more" not in finding.found.partition("our_oats")[2]


def test_people_are_named_and_one_name_for_two_is_a_fault() -> None:
    two = Settings.model_validate({"household": {"people": {"anna": {}, "ben": {}}}})
    assert data_of(two)["people"].found == "anna, ben."
    same = Settings.model_validate({"household": {"people": {"anna": {}, "ben": {"aliases": ["anna"]}}}})
    finding = data_of(same)["people"]
    assert finding.verdict is Verdict.FAULT
    assert "household.people" in finding.remedy
