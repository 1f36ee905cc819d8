"""foods.yaml: what it may say, and what is said about what it may not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from device.errors import ConfigError
from device.nutrition.food import DIETS, SUBSTANCES
from device.nutrition.foods import FoodDatabase, Found
from device.nutrition.macros import Macros

Written = Callable[[str], Path]

APPLE = """\
foods:
  apple:
    category: fruit
    per_100g: {kcal: 52, protein: 0.3, carbohydrate: 13.8, fat: 0.2}
    source: FDC 171688
"""


def fault_of(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        FoodDatabase.load(path)
    return str(caught.value).replace(str(path), "FILE")


def test_a_food_is_five_lines(written: Written) -> None:
    (apple,) = FoodDatabase.load(written(APPLE)).foods
    assert (apple.id, apple.name, apple.category, apple.source) == ("apple", "apple", "fruit", "FDC 171688")
    assert apple.per_100g == Macros(52, 0.3, 13.8, 0.2)
    assert apple.fibre_g is None
    assert apple.usual_grams == 100
    assert not any(apple.is_free_of(substance) for substance in SUBSTANCES)
    assert not any(apple.suits(diet) for diet in DIETS)


def test_a_food_may_say_more(written: Written) -> None:
    text = """\
foods:
  red_wine:
    name: red wine
    category: drink
    per_100g: {kcal: 85, protein: 0.1, carbohydrate: 2.6, fat: 0, fibre: 0, sugars: 0.6, saturated_fat: 0,
      sodium_mg: 4, alcohol: 10.7}
    portions: {glass: 147, ml: 0.99, large glass: 250}
    aliases: {en: [claret], es: [vino tinto]}
    tags: [vegan]
    source: FDC 173190
"""
    (wine,) = FoodDatabase.load(written(text)).foods
    assert wine.alcohol_g == 10.7
    assert wine.sodium_mg == 4
    assert wine.portions == {"glass": 147, "ml": 0.99, "large glass": 250}
    assert wine.aliases == {"en": ("claret",), "es": ("vino tinto",)}
    assert wine.tags == ("vegan",)


def test_a_name_left_out_is_the_id_with_spaces(written: Written) -> None:
    (food,) = FoodDatabase.load(written(APPLE.replace("apple:", "green_apple:"))).foods
    assert food.name == "green apple"


def test_words_that_yaml_takes_for_something_else_stay_words(written: Written) -> None:
    path = written(APPLE + "    aliases: {no: [eple, no, 12:30]}\n")
    assert FoodDatabase.load(path).foods[0].aliases == {"no": ("eple", "no", "12:30")}


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("kcal: 52, ", "", "FILE, line 4: apple: per_100g.kcal is missing."),
        ("52", "", "FILE, line 4: apple: per_100g.kcal is empty, which is not a number."),
        ("52", "-52", "FILE, line 4: apple: per_100g.kcal is -52, but must be at least 0."),
        ("52", "9999", "FILE, line 4: apple: per_100g.kcal is 9999, but must be at most 910."),
        ("52", "lots", "FILE, line 4: apple: per_100g.kcal is 'lots', which is not a number."),
        ("52", "nan", "FILE, line 4: apple: per_100g.kcal is 'nan', which is not a number."),
        ("fat: 0.2", "fat: -1", "FILE, line 4: apple: per_100g.fat is -1, but must be at least 0."),
        (
            "13.8",
            "99.9, fibre: 1, sugars: 1, saturated_fat: 1, alcohol: 101",
            "FILE, line 4: apple: per_100g.alcohol is 101, but must be at most 100.",
        ),
        (
            "source:",
            "sauce: x\n    source:",
            "FILE, line 5: apple: sauce is not a key that Ladle knows; did you mean source?",
        ),
        ("    source: FDC 171688\n", "", "FILE, line 2: apple: source is missing."),
        (
            "{kcal: 52, protein: 0.3, carbohydrate: 13.8, fat: 0.2}",
            "52",
            "FILE, line 4: apple: per_100g is '52', but must hold keys and values, such as {kcal: 52}.",
        ),
        (
            "    source",
            "    portions: {slcie: 30}\n    source",
            "FILE, line 5: apple: portions.slcie is not a spoken unit that Ladle knows; did you mean slice?",
        ),
        (
            "    source",
            "    portions: {qqqq: 30}\n    source",
            "FILE, line 5: apple: portions.qqqq is not a spoken unit that Ladle knows, such as one, slice, "
            "cup or large.",
        ),
        (
            "    source",
            "    portions: {one: 0}\n    source",
            "FILE, line 5: apple: portions.one is 0, but must be more than 0.",
        ),
        (
            "    source",
            "    aliases: {es: manzana}\n    source",
            "FILE, line 5: apple: aliases.es is 'manzana', but must be a list, such as [one, two].",
        ),
        (
            "category: fruit",
            'category: ""',
            "FILE, line 3: apple: category is empty, but must be a word or two.",
        ),
        (
            "protein: 0.3",
            "protein: 90",
            "FILE, line 4: apple: per_100g has more than 100 g of protein, carbohydrate, fat and alcohol in "
            "100 g.",
        ),
        (
            "fat: 0.2",
            "fat: 0.2, sugars: 15.1",
            "FILE, line 4: apple: per_100g.sugars is 15.1 g, but it is part of carbohydrate, 13.8 g.",
        ),
        (
            "fat: 0.2",
            "fat: 0.2, fibre: 20",
            "FILE, line 4: apple: per_100g.fibre is 20 g, but it is part of carbohydrate, 13.8 g.",
        ),
        (
            "fat: 0.2",
            "fat: 0.2, saturated_fat: 2",
            "FILE, line 4: apple: per_100g.saturated_fat is 2 g, but it is part of fat, 0.2 g.",
        ),
        (
            "    source",
            "    contains: [glutin]\n    source",
            "FILE, line 5: apple: contains names glutin, which Ladle does not know; did you mean gluten?",
        ),
        (
            "    source",
            "    free_of: [xxxxx]\n    source",
            "FILE, line 5: apple: free_of names xxxxx, which Ladle does not know; those that it knows stand "
            "at the top of the shipped foods.yaml.",
        ),
        (
            "    source",
            "    free_of: everything\n    source",
            "FILE, line 5: apple: free_of is 'everything', but must be a list, such as [one, two].",
        ),
        (
            "    source",
            "    diet: halal\n    source",
            "FILE, line 5: apple: diet is halal, but must be one of vegan, vegetarian, pescatarian, or be "
            "left out.",
        ),
        (
            "    source",
            "    diet: vegan\n    contains: [honey]\n    source",
            "FILE, line 5: apple: diet is vegan, but the food contains honey.",
        ),
        (
            "    source",
            "    may_contain: [egg]\n    free_of: [egg]\n    source",
            "FILE, line 6: apple: free_of names egg, which the food contains or may contain.",
        ),
        ("foods:\n", "foods:\n  apple: {}\n", "FILE, line 3: apple is there twice; keep one of them."),
        (
            "fruit",
            "fruit\n    category: snack",
            "FILE, line 4: apple: category is there twice; keep one of them.",
        ),
        ("foods:", "fods:", "FILE, line 1: foods is missing."),
        (
            "foods:\n",
            "fodds: 1\nfoods:\n",
            "FILE, line 1: fodds is not a key that Ladle knows; did you mean foods?",
        ),
    ],
)
def test_a_fault_is_told_with_file_line_and_food(
    written: Written, right: str, wrong: str, message: str
) -> None:
    assert right in APPLE
    assert message in fault_of(written(APPLE.replace(right, wrong, 1))).splitlines()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "FILE, line 1: foods is missing."),
        (
            "- apple\n",
            "FILE, line 1: the file is a list, but must hold keys and values, such as {kcal: 52}.",
        ),
        (
            APPLE + "  pear: [\n",
            "FILE, line 7: this is not valid YAML (did not find expected node content). "
            "Check the indentation and the colons around it.",
        ),
        (
            "foods: " + "[" * 50_000 + "]" * 50_000,
            "FILE, line 1: this is not valid YAML (it is nested too deeply). "
            "Check the indentation and the colons around it.",
        ),
        (
            APPLE + "  pear: &pear\n    twin: *pear\n",
            "FILE, line 7: this is not valid YAML (it refers to another place). "
            "Check the indentation and the colons around it.",
        ),
        (
            APPLE + "---\n" + APPLE,
            "FILE, line 6: this is not valid YAML (a second document begins here). "
            "Check the indentation and the colons around it.",
        ),
        (
            "[a]: b\n",
            "FILE, line 1: this is not valid YAML (a key must be a word). "
            "Check the indentation and the colons around it.",
        ),
        (
            "foods: \x00",
            "FILE: this is not valid YAML (a character that is not allowed). "
            "Check the indentation and the colons around it.",
        ),
    ],
)
def test_a_file_that_is_no_food_file_is_told_so(written: Written, text: str, message: str) -> None:
    assert fault_of(written(text)) == message


def test_a_missing_file_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "foods.yaml"
    assert fault_of(path) == "FILE cannot be read: No such file or directory. Put a readable file there."


def test_a_file_that_is_not_text_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "foods.yaml"
    path.write_bytes(b"foods: \xff\xfe")
    assert fault_of(path) == "FILE cannot be read: it is not UTF-8 text. Put a readable file there."


def test_all_faults_are_told_at_once_in_the_order_of_the_file(written: Written) -> None:
    text = APPLE.replace("52", "lots").replace("fruit", '""').replace("source", "sauce")
    lines = [line.split(":")[0] for line in fault_of(written(text)).splitlines()]
    assert lines == ["FILE, line 2", "FILE, line 3", "FILE, line 4", "FILE, line 5"]


def test_after_ten_faults_the_rest_is_counted(written: Written) -> None:
    text = "foods:\n" + "".join(f"  food_{number}: 1\n" for number in range(15))
    lines = fault_of(written(text)).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "FILE: and 5 more faults after these."


def test_energy_that_does_not_fit_is_a_warning_and_no_fault(written: Written) -> None:
    path = written(APPLE.replace("52", "152"))
    assert FoodDatabase.load(path).warnings == (
        f"{path}, line 2: apple: 152 kcal in 100 g, but its macronutrients make about 58 kcal.",
    )


@pytest.mark.parametrize(
    "values",
    [
        "{kcal: 58, protein: 0.3, carbohydrate: 13.8, fat: 0.2}",
        "{kcal: 85, protein: 0.1, carbohydrate: 2.6, fat: 0, alcohol: 10.7}",
        "{kcal: 180, protein: 0, carbohydrate: 60, fat: 0, fibre: 40}",
        "{kcal: 0, protein: 0, carbohydrate: 0, fat: 0}",
    ],
)
def test_energy_by_the_factors_of_alcohol_and_fibre_fits(written: Written, values: str) -> None:
    text = APPLE.replace("{kcal: 52, protein: 0.3, carbohydrate: 13.8, fat: 0.2}", values)
    assert FoodDatabase.load(written(text)).warnings == ()


def test_a_part_may_exceed_its_whole_by_the_error_of_measuring(written: Written) -> None:
    text = APPLE.replace("fat: 0.2", "fat: 0.2, sugars: 14.5, saturated_fat: 0.3")
    assert len(FoodDatabase.load(written(text)).foods) == 1


def test_the_usual_food_of_a_name_is_chosen_in_the_file(written: Written) -> None:
    other = APPLE.replace("foods:\n", "").replace("apple:", "green_apple:")
    text = APPLE + "    usual_for: [fruit]\n" + other + "    aliases: {en: [fruit]}\n"
    database = FoodDatabase.load(written(text))
    assert database.find("fruit") == Found(database.foods[0], "taken as apple")
    assert database.foods[0].aliases == {"en": ("fruit",)}


# ------------------------------------------------------------------------------------- own foods


@pytest.fixture
def own_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_an_own_file_wins(written: Written, own_file: Written) -> None:
    own = own_file(APPLE.replace("52", "60").replace("FDC 171688", "our scales"))
    database = FoodDatabase.load(written(APPLE), own)
    assert [food.source for food in database.foods] == ["our scales"]


def test_a_fault_in_an_own_file_names_that_file(written: Written, own_file: Written) -> None:
    own = own_file(APPLE.replace("52", "lots"))
    with pytest.raises(ConfigError) as caught:
        FoodDatabase.load(written(APPLE), own)
    assert str(caught.value) == f"{own}, line 4: apple: per_100g.kcal is 'lots', which is not a number."


def test_a_warning_about_an_own_food_names_that_file(written: Written, own_file: Written) -> None:
    own = own_file(APPLE.replace("52", "152").replace("apple", "plum"))
    (warning,) = FoodDatabase.load(written(APPLE), own).warnings
    assert warning.startswith(f"{own}, line 2: plum: 152 kcal")


def test_many_faults_are_told_in_a_moment(written: Written) -> None:
    foods = "".join(
        APPLE.replace("foods:\n", "").replace("apple:", f"apple_{number}:").replace("52", "lots")
        for number in range(1000)
    )
    assert "and 990 more faults" in fault_of(written("foods:\n" + foods))
