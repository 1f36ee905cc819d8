"""What `ladle foods` shows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from device.config import Settings, shipped_directory
from device.configfile import load_settings
from device.errors import ConfigError
from device.nutrition.foods import FoodDatabase
from device.stage.foods import NoSuchFoodError, check, describe, search, warnings_of

SHIPPED = shipped_directory() / "foods.yaml"
OWN = """\
foods:
  grandmothers_stew:
    name: grandmother's stew
    category: meal
    per_100g: {kcal: 110, protein: 8, carbohydrate: 6, fat: 6}
    portions: {bowl: 350}
    may_contain: [celery]
    source: our kitchen
"""


@pytest.fixture(scope="module")
def foods() -> FoodDatabase:
    return FoodDatabase.load(SHIPPED)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own_foods.yaml"
    path.write_text(OWN, encoding="utf-8")
    return path


# ------------------------------------------------------------------------------------- search


def test_a_hit_is_one_line_with_id_name_macros_and_portions(foods: FoodDatabase) -> None:
    found = search(foods, "apple")
    assert found.is_known
    assert found.lines[0] == (
        "apple  apple  in 100 g:  52 kcal, protein  0.3 g, carbohydrate 13.8 g, fat  0.2 g  "
        "one 182 g, small 149 g, large 223 g, cup 125 g"
    )


def test_what_was_taken_for_granted_is_said_and_the_others_follow(foods: FoodDatabase) -> None:
    hit, taken, heading, *others = search(foods, "milk").lines
    assert "semi-skimmed milk" in hit
    assert taken == "milk: taken as semi-skimmed milk."
    assert heading == "Others with these words:"
    ids = [line.split()[0] for line in others]
    assert "milk_whole" in ids
    assert hit.split()[0] not in ids
    assert ids[-1] == "and"
    assert len(others) == 16


def test_an_amount_does_not_hinder_the_search(foods: FoodDatabase) -> None:
    assert search(foods, "two large eggs").lines[0].startswith("egg_boiled ")


def test_an_ambiguity_shows_the_candidates_and_the_question(foods: FoodDatabase) -> None:
    found = search(foods, "chips")
    assert found.is_known
    assert [line.split()[0] for line in found.lines[:-1]] == ["potato_chips_crisps", "french_fries"]
    assert found.lines[-1].endswith("Ladle asks: Do you mean crisps or fries?")


def test_of_an_unknown_food_the_closest_are_shown(foods: FoodDatabase) -> None:
    found = search(foods, "xylophone sandwich")
    assert not found.is_known
    assert found.lines[0] == "There is no food called xylophone sandwich. The closest:"
    assert all("sandwich" in line for line in found.lines[1:])
    assert len(found.lines) > 1


def test_of_nonsense_nothing_is_shown(foods: FoodDatabase) -> None:
    found = search(foods, "zxqv")
    assert (found.lines, found.is_known) == (("There is no food like zxqv.",), False)


# ------------------------------------------------------------------------------------- show


def test_a_food_is_shown_whole(foods: FoodDatabase) -> None:
    shown = dict(rows_of(describe(foods, "beer")))
    assert shown["energy"] == "43 kcal"
    assert shown["carbohydrate"] == "3.55 g"
    assert shown["of it sugars"] == "0 g"
    assert shown["alcohol"] == "3.9 g"
    assert shown["sodium"] == "4 mg"
    assert "pint 585 g" in shown["portions"]
    assert shown["taken"] == "356 g where nobody says how much"
    assert shown["also, es"] == "cerveza"
    assert shown["contains"] == "gluten, alcohol"
    assert shown["may contain"] == "nothing stated"
    assert shown["diet"] == "not stated, so it counts as none"
    assert shown["unknown"].startswith("dairy, egg, fish")
    assert shown["unknown"].endswith("what is unknown counts as unsafe")
    assert shown["source"] == "FDC 168746"
    assert shown["own"] == "no"


def test_nothing_is_unknown_of_a_plain_food(foods: FoodDatabase) -> None:
    shown = dict(rows_of(describe(foods, "apple")))
    assert "unknown" not in shown
    assert "tree nut" in shown["free of"]
    assert shown["alcohol"] == "not known"


def test_a_food_of_the_household_is_told_from_the_shipped_ones(own: Path) -> None:
    foods = FoodDatabase.load(SHIPPED, own)
    shown = dict(rows_of(describe(foods, "grandmothers_stew", own)))
    assert shown["own"] == f"yes, of {own}"
    assert shown["may contain"] == "celery"
    assert "celery" not in shown["unknown"]
    assert dict(rows_of(describe(foods, "apple", own)))["own"] == "no"


def test_a_name_that_means_one_food_does_for_its_id(foods: FoodDatabase) -> None:
    assert next(describe(foods, "Greek yogurt")).startswith("Greek yoghurt (yogurt_greek_whole_milk)")


@pytest.mark.parametrize(
    ("asked", "near"),
    [("appel", "apple"), ("milk", "milk_semi_skimmed_2"), ("chips", "potato_chips_crisps, french_fries")],
)
def test_an_id_that_is_not_there_is_refused_with_what_is_near(
    foods: FoodDatabase, asked: str, near: str
) -> None:
    with pytest.raises(NoSuchFoodError, match=rf"No food has the id {asked}\. Near it: {near}"):
        list(describe(foods, asked))


def rows_of(lines: Iterable[str]) -> list[tuple[str, str]]:
    """The rows of names and texts, whose texts begin in one column."""
    return [(line[:18].strip(), line[18:]) for line in lines if line[:18].strip() and line[17:18] == " "]


# ------------------------------------------------------------------------------------- check


def test_the_foods_in_use_are_in_order() -> None:
    settings = load_settings(None)
    count = len(FoodDatabase.load(SHIPPED).foods)
    assert list(check(settings)) == [f"{count} foods in order."]


def test_a_file_of_own_foods_is_checked_alone(own: Path) -> None:
    assert list(check(Settings(), own)) == ["1 food in order."]


def test_energy_that_does_not_fit_is_a_warning_with_its_line(own: Path) -> None:
    own.write_text(OWN.replace("kcal: 110", "kcal: 310"), encoding="utf-8")
    warning, last = check(Settings(), own)
    assert warning.startswith(f"Warning: {own}, line 2: grandmothers_stew: 310 kcal")
    assert last == "1 food in order; look at the energy of 1 again."


def test_a_fault_names_file_line_and_food(own: Path) -> None:
    own.write_text(OWN.replace("protein: 8", "protein: lots"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line 5: grandmothers_stew: per_100g\.protein is 'lots'"):
        list(check(Settings(), own))


def test_of_the_shipped_foods_nothing_is_warned_unless_their_file_is_named(own: Path) -> None:
    own.write_text(OWN.replace("kcal: 110", "kcal: 310"), encoding="utf-8")
    foods = FoodDatabase.load(SHIPPED, own)
    assert len(foods.warnings) > 1
    (warning,) = warnings_of(foods)
    assert warning.startswith(str(own))
    assert len(list(check(Settings(), SHIPPED))) > 1


def test_a_copy_of_the_shipped_foods_is_warned_of_where_it_differs(tmp_path: Path) -> None:
    copy = tmp_path / "foods.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    copy.write_text(f"# mine\n{text}", encoding="utf-8")
    assert warnings_of(FoodDatabase.load(copy)) == ()
    copy.write_text(text.replace("kcal: 52, protein: 0.26", "kcal: 520, protein: 0.26", 1), encoding="utf-8")
    (warning,) = warnings_of(FoodDatabase.load(copy))
    assert "520 kcal" in warning
