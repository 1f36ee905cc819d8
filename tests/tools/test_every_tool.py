"""What holds for every tool: null is refused nowhere, and no payload is too long or misleading."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from device.nutrition.diaryfile import DiaryFile
from device.nutrition.events import FoodEaten, FoodItem, Nutrients
from device.service.timeline import Timeline
from device.tools import ALL_TOOLS, Kitchen, Tool
from tests.tools.calls import answer_of
from tests.tools.conftest import KitchenMaker

NAMES = [tool.declaration.name for tool in ALL_TOOLS]


@pytest.mark.parametrize("tool", ALL_TOOLS, ids=NAMES)
def test_null_is_as_good_as_leaving_an_argument_out(tool: Tool) -> None:
    required = {name: field for name, field in tool.arguments.model_fields.items() if field.is_required()}
    optional = tool.arguments.model_fields.keys() - required.keys()
    given: dict[str, object] = {
        "food": "egg", "items": [{"food": "egg", "quantity": None, "is_estimated": None, "spoken": None}],
        "meal": "lunch", "ingredient": "rice", "activity": "run", "weight": 70, "action": "list",
    }  # fmt: skip
    arguments = {name: given[name] for name in required}
    assert tool.arguments.model_validate(
        arguments | dict.fromkeys(optional)
    ) == tool.arguments.model_validate(arguments)


def test_whoever_has_no_weight_is_asked_for_their_own(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen("anna", "ben", default="anna")
    asked = answer_of(kitchen, "log_activity", activity="running", minutes=30, person="ben")
    assert asked["retry"]["set"]["person"] == "ben"
    answer_of(kitchen, asked["retry"]["tool"], **asked["retry"]["set"] | {"weight": 90, "unit": "kg"})
    assert [weighing.kg for weighing in kitchen.diary.weighings("ben")] == [90]
    assert kitchen.diary.weighings("anna") == ()


@pytest.mark.parametrize(
    ("name", "words"), [("day_status", "cannot look into the diary"), ("log_water", "nothing was noted")]
)
def test_without_a_diary_the_question_says_what_did_not_happen(
    make_kitchen: KitchenMaker, diary_file: DiaryFile, name: str, words: str
) -> None:
    diary_file.directory.write_text("a file where the directory should be")
    payload = answer_of(make_kitchen(), name)
    assert payload["code"] == "STORAGE"
    assert words in payload["ask"]
    assert ("committed" in payload) is (name == "log_water")


def test_what_is_wrong_is_named_like_everywhere_else(kitchen: Kitchen) -> None:
    payload = answer_of(kitchen, "log_food", items=[{"food": "egg", "quantity": -1}])
    assert (payload["code"], payload["field"]) == ("WRONG_ARGUMENTS", "items[0].quantity")


def test_long_words_are_cut_and_not_refused(kitchen: Kitchen) -> None:
    assert answer_of(kitchen, "log_food", items=[{"food": "egg", "spoken": "an egg " * 100}])["ok"]


def test_names_in_other_alphabets_do_not_make_a_status_too_long(kitchen: Kitchen) -> None:
    name = "मसाला डोसा और नारियल की चटनी के साथ सांभर"
    items = tuple(FoodItem(f"{name} {number}", Nutrients(100, 3, 10, 4)) for number in range(12))
    kitchen.diary.log("one", "home", [FoodEaten(items, "lunch")])
    assert answer_of(kitchen, "day_status")["ok"]


def test_a_unit_of_a_food_with_an_endless_name_is_still_asked_about(kitchen: Kitchen) -> None:
    item = {
        "food": "🍲" * 80,
        "unit": "flagon",
        "quantity": 1,
        "per_100g": {"kcal": 100, "protein_g": 5, "carbohydrate_g": 15, "fat_g": 2},
    }
    assert answer_of(kitchen, "log_food", items=[item])["code"] == "UNKNOWN_UNIT"


def test_the_declarations_stay_small_enough_to_be_billed_every_turn() -> None:
    declared = [
        {
            "name": tool.declaration.name,
            "description": tool.declaration.description,
            **tool.declaration.parameters,
        }
        for tool in ALL_TOOLS
    ]
    assert len(json.dumps(declared, separators=(",", ":"))) < 20_000


def test_what_the_kiwi_retry_offers_succeeds(kitchen: Kitchen) -> None:
    foods = ["liver", "okra", "kale", "tofu", "beer", "cola"]
    asked = answer_of(kitchen, "set_profile", allergens=["kiwi"], excluded_foods=foods)
    assert asked["retry"]["tool"] == "set_profile"
    again = answer_of(kitchen, "set_profile", **asked["retry"]["set"])
    assert again["code"] == "NOT_CONFIRMED", again


def test_a_timeline_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "timeline.jsonl"
    path.write_text("")
    path.chmod(0o644)
    Timeline(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
