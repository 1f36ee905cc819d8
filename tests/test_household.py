"""The household as the settings describe it: its people, its own foods, its clock and its diary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest

from device import household
from device.config import Settings, shipped_directory
from device.configfile import load_settings
from device.errors import ConfigError
from device.household import open_clock, open_foods, open_household, open_people, open_plan
from device.nutrition.foods import Found
from device.tools.kitchen import Ways
from device.tools.people import NOBODY_NAMED, Person

SATURDAY = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
FOODS = """\
foods:
  apple:
    category: fruit
    per_100g: {kcal: 52, protein: 0.3, carbohydrate: 13.8, fat: 0.2}
    source: FDC 171688
"""
OWN = FOODS.replace("apple", "grandmas_bread").replace("52", "250").replace("fruit", "bread")


def settings_of(**household: object) -> Settings:
    return Settings.model_validate({"household": household})


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Settings]:
    """Writes a ladle.yaml and files beside it, and reads the settings from there."""

    def write(text: str = "", **files: str) -> Settings:
        for name, content in files.items():
            (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
        path = tmp_path / "ladle.yaml"
        path.write_text(text, encoding="utf-8")
        return load_settings(path)

    return write


# --------------------------------------------------------------------------------------- the people


def test_a_household_that_names_nobody_is_one_person() -> None:
    assert open_people(Settings()).who(None) == Person(NOBODY_NAMED)


def test_people_have_all_that_the_settings_say_of_them() -> None:
    anna: dict[str, Any] = {
        "aliases": ["mum"],
        "allergens": ["nuts", "milk"],
        "excluded_foods": ["liver"],
        "diet": "vegetarian",
    }
    people = open_people(settings_of(people={"anna": anna, "ben": {}}, default_person="ben"))
    assert people.who("mum") == Person("anna", ("mum",), ("nuts", "milk"), ("liver",), "vegetarian")
    assert people.who(None) == Person("ben")


@pytest.mark.parametrize("allergen", ["peanut", "Peanuts", "tree nuts", "seafood", "lactose", "pork"])
def test_an_allergen_may_be_called_as_people_call_it(allergen: str) -> None:
    assert open_people(settings_of(people={"anna": {"allergens": [allergen]}})).who("anna")


@pytest.mark.parametrize("allergen", ["kiwi", "penaut", ""])
def test_an_allergen_that_is_not_known_stops_the_start_and_says_what_is(allergen: str) -> None:
    """A typo must not become an allergy that is not looked after."""
    with pytest.raises(ConfigError) as caught:
        open_people(settings_of(people={"ben": {}, "anna": {"allergens": ["egg", allergen]}}))
    assert str(caught.value) == (
        f"household.people.anna.allergens has {allergen!r}, which Ladle does not know. It knows gluten, "
        "dairy, egg, fish, shellfish, tree_nut, peanut, soy, sesame, celery, mustard; a food goes into "
        "excluded_foods."
    )


@pytest.mark.parametrize(
    ("people", "doubled"),
    [
        ({"anna": {}, "Anna": {}}, "Anna"),
        ({"anna": {}, " anna  ": {}}, " anna  "),
        ({"jose\u0301": {}, "Jos\u00e9": {}}, "Jos\u00e9"),
        ({"o'neil": {}, "O\u2019Neil": {}}, "O\u2019Neil"),
        ({"anna": {"aliases": ["mum"]}, "ben": {"aliases": ["Mum"]}}, "Mum"),
        ({"anna": {"aliases": ["Ben"]}, "ben": {}}, "ben"),
    ],
)
def test_a_name_must_mean_one_person(people: dict[str, Any], doubled: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_people(settings_of(people=people))
    assert str(caught.value).startswith(f"household.people has the name {doubled!r} twice; a name must mean")


@pytest.mark.parametrize(
    "people",
    [{"carlo": {}, "carlos": {}}, {"josé": {}, "jose": {}}, {"anna": {"aliases": ["Anna", "mum", "mum"]}}],
)
def test_names_that_are_nearly_alike_may_stand_beside_each_other(people: dict[str, Any]) -> None:
    assert len(open_people(settings_of(people=people)).all) == len(people)


@pytest.mark.parametrize("people", [{"  ": {}}, {"anna": {"aliases": [""]}}])
def test_a_name_must_be_one(people: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="which nobody can say"):
        open_people(settings_of(people=people))


def test_the_default_person_must_live_here() -> None:
    settings = settings_of(people={"anna": {}, "ben": {"aliases": ["dad"]}}, default_person="dad")
    with pytest.raises(ConfigError) as caught:
        open_people(settings)
    assert str(caught.value) == "household.default_person is 'dad', but household.people has anna, ben."
    assert (
        open_people(settings_of(people={"anna": {}, "ben": {}}, default_person=" Ben ")).who(None).name
        == "ben"
    )
    with pytest.raises(ConfigError, match="people has nobody"):
        open_people(settings_of(default_person="anna"))


# --------------------------------------------------------------------------------------- foods and plan


def test_foods_of_ones_own_win_over_the_others(written: Callable[..., Settings]) -> None:
    cheaper = FOODS.replace("52", "60").replace("FDC 171688", "our scales")
    foods = open_foods(written(foods=FOODS, own_foods=cheaper + OWN.removeprefix("foods:\n")))
    assert [food.id for food in foods.foods] == ["apple", "grandmas_bread"]
    found = foods.find("apple")
    assert isinstance(found, Found)
    assert (found.food.source, found.food.per_100g.energy_kcal) == ("our scales", 60)


def test_foods_of_ones_own_stand_beside_the_shipped_ones(written: Callable[..., Settings]) -> None:
    foods = open_foods(written(own_foods=OWN))
    assert foods.by_id("grandmas_bread")
    assert foods.by_id("oats_rolled_dry")


def test_a_plan_may_be_made_of_foods_of_ones_own(written: Callable[..., Settings]) -> None:
    plan = "meals:\n  lunch: {time: 12:00, foods: {grandmas_bread: 200}}\n"
    settings = written('household: {day_start: "05:30"}', foods=FOODS, own_foods=OWN, plan=plan)
    shared = open_plan(settings, open_foods(settings)).shared
    assert shared.target.energy_kcal == 500
    assert shared.day_start == time(5, 30)


def test_a_fault_in_foods_of_ones_own_names_that_file(written: Callable[..., Settings]) -> None:
    settings = written(foods=FOODS, own_foods=OWN.replace("250", "lots"))
    with pytest.raises(ConfigError, match=r"own_foods\.yaml, line 4: grandmas_bread: per_100g\.kcal"):
        open_foods(settings)


# --------------------------------------------------------------------------------------- the clock


def test_where_timesyncd_sets_the_clock_it_is_believed_once_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timesync = tmp_path / "timesync"
    monkeypatch.setattr(household, "TIME_SYNC", timesync)
    assert household.clock_is_set(), "something else looks after the clock here"
    timesync.mkdir()
    assert not household.clock_is_set()
    (timesync / "synchronized").touch()
    assert household.clock_is_set()


def test_the_diary_doubts_a_clock_that_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(household, "TIME_SYNC", tmp_path)
    clock = open_clock(Settings())
    assert not clock.is_known()
    (tmp_path / "synchronized").touch()
    assert clock.is_known()


def test_the_clock_shows_the_time_where_the_household_is() -> None:
    kiritimati = open_clock(settings_of(time_zone="Pacific/Kiritimati"))
    assert kiritimati.now().tzname() == "+14"
    assert open_clock(Settings()).now().tzinfo is not None


def test_a_day_starts_when_the_household_says() -> None:
    at_five = SATURDAY.replace(hour=5)
    clock = open_clock(settings_of(day_start="06:00"), lambda: at_five)
    assert clock.today() == at_five.date().replace(day=20)


# --------------------------------------------------------------------------------------- the kitchen


def test_a_kitchen_is_what_the_settings_say_and_opens_no_diary(
    written: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = written(
        "nutrition: {variation: 0.01, exercise_credit: 0.7, quiet_numbers: true, helpline: Call 123.}\n"
        "household: {people: {anna: {}}}\n",
        foods=FOODS,
    )
    kitchen = open_household(settings, tmp_path / "state", lambda: SATURDAY)
    assert kitchen.ways == Ways(0.01, 0.7, True, "Call 123.")
    assert kitchen.people.who(None) == Person("anna")
    assert kitchen.now() == SATURDAY
    assert kitchen.diary.file.directory == tmp_path / "state"
    assert not (tmp_path / "state").exists()


def test_the_diary_lies_where_the_settings_say(written: Callable[..., Settings], tmp_path: Path) -> None:
    settings = written("nutrition: {diary: kept}", foods=FOODS)
    kitchen = open_household(settings, tmp_path / "state", lambda: SATURDAY)
    assert kitchen.diary.file.directory == tmp_path / "kept"


def test_the_diary_and_the_timers_keep_one_file(written: Callable[..., Settings], tmp_path: Path) -> None:
    kitchen = open_household(written(foods=FOODS), tmp_path / "state", lambda: SATURDAY)
    kitchen.timers.set("one", "pasta", 60)
    assert [path.name for path in (tmp_path / "state").glob("*.sqlite3")] == ["diary.sqlite3"]
    kitchen.diary.file.close()


def test_the_shipped_household_has_no_faults() -> None:
    settings = load_settings(shipped_directory() / "ladle.yaml")
    kitchen = open_household(settings, Path("/nowhere"))
    assert kitchen.foods.by_id("oats_rolled_dry")
    assert kitchen.plan.shared.meals
