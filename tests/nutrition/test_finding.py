"""Finding a food by what a person says: exact where it can, asking where it must, never a wild guess."""

from __future__ import annotations

import pytest

from device.nutrition.food import Food
from device.nutrition.foods import Ambiguous, FoodDatabase, Found, Unknown
from device.nutrition.macros import Macros


def food(food_id: str, name: str = "", *, kcal: float = 100, protein: float = 1, **aliases: str) -> Food:
    words = {language: tuple(names.split(", ")) for language, names in aliases.items()}
    macros = Macros(kcal, protein, 10, 1)
    return Food(food_id, name or food_id, "test", macros, "a test", aliases=words)


def found_id(foods: FoodDatabase, text: str) -> str | None:
    outcome = foods.find(text)
    return outcome.food.id if isinstance(outcome, Found) else None


@pytest.mark.parametrize(
    ("text", "food_id"),
    [
        ("egg_boiled", "egg_boiled"),
        ("an egg white", "egg_white"),
        ("rocket", "arugula_rocket"),
        ("rice milk", "rice_milk"),
        ("canned chickpeas", "chickpeas_canned"),
        ("semi-skimmed milk", "milk_semi_skimmed_2"),
        ("SEMI SKIMMED MILK!", "milk_semi_skimmed_2"),
        ("porridge", "oatmeal_porridge_with_water"),
        ("oatmeal", "oatmeal_porridge_with_water"),
        ("fries", "french_fries"),
        ("plain yogurt", "yogurt_plain_whole_milk"),
        ("soya milk", "soy_milk_unsweetened"),
        ("corn flakes", "corn_flakes"),
        ("cornflakes", "corn_flakes"),
        ("chick peas", "chickpeas_cooked"),
        ("tomatoes", "tomato"),
        ("raspberry", "raspberries"),
        ("shepherd\u2019s pie", "shepherds_pie"),
        ("mac & cheese", "macaroni_cheese"),
        ("coke", "cola"),
        ("chocolate milk", "chocolate_milk"),
        ("milk chocolate", "milk_chocolate"),
        ("peanut butter", "peanut_butter"),
        ("avocado", "avocado"),
    ],
)
def test_everyday_words_name_a_food_without_a_note(foods: FoodDatabase, text: str, food_id: str) -> None:
    outcome = foods.find(text)
    assert isinstance(outcome, Found)
    assert (outcome.food.id, outcome.note) == (food_id, "")


@pytest.mark.parametrize(
    ("text", "food_id", "name"),
    [
        ("egg", "egg_boiled", "boiled egg"),
        ("Eggs", "egg_boiled", "boiled egg"),
        ("some milk", "milk_semi_skimmed_2", "semi-skimmed milk"),
        ("yogurt", "yogurt_plain_whole_milk", "plain yoghurt"),
        ("rice", "rice_white_cooked", "cooked white rice"),
        ("bread", "white_bread", "white bread"),
        ("chicken", "chicken_breast_grilled", "grilled chicken breast"),
        ("coffee", "coffee_black", "black coffee"),
    ],
)
def test_a_name_that_many_foods_share_is_taken_as_the_usual_one_and_that_is_said(
    foods: FoodDatabase, text: str, food_id: str, name: str
) -> None:
    found = foods.by_id(food_id)
    assert found is not None
    assert foods.find(text) == Found(found, f"taken as {name}")


@pytest.mark.parametrize(
    ("text", "food_id"),
    [
        ("manzana", "apple"),
        ("una manzana", "apple"),
        ("die Kartoffeln", "potato_boiled"),
        ("des œufs", "egg_boiled"),
        ("Weißbrot", "white_bread"),
        ("maçã", "apple"),
        ("maca", "apple"),
        ("Hähnchencurry", "chicken_curry"),
        ("pommes de terre", "potato_boiled"),
        ("thé", "tea_black"),
        ("leche", "milk_semi_skimmed_2"),
    ],
)
def test_names_in_other_languages_name_a_food(foods: FoodDatabase, text: str, food_id: str) -> None:
    assert found_id(foods, text) == food_id


def test_hindi_keeps_its_vowel_signs_apart() -> None:
    foods = FoodDatabase([food("milk", hi="दूध"), food("dahi", hi="दही")])
    assert found_id(foods, "दूध") == "milk"
    assert found_id(foods, "दही") == "dahi"


@pytest.mark.parametrize(("text", "food_id"), [("avacado", "avocado"), ("lasanga", "lasagne_with_meat")])
def test_a_small_slip_of_spelling_is_taken_and_mentioned(
    foods: FoodDatabase, text: str, food_id: str
) -> None:
    outcome = foods.find(text)
    assert isinstance(outcome, Found)
    assert outcome.food.id == food_id
    assert outcome.note == f"taken as {outcome.food.name}"


@pytest.mark.parametrize(
    "text",
    [
        "coke zero sugar rocket",
        "lemon water",
        "oat milk",
        "milk cow whole fresh raw",
        "ostrich",
        "bacon and egg muffin",
        "vegan sausage",
        "spaghetti carbonara",
        "sweet potato fries",
        "apple crumble",
        "bacon sandwich",
        "quokka",
        "the weather tomorrow",
    ],
)
def test_what_is_not_in_the_database_is_unknown_and_never_guessed(foods: FoodDatabase, text: str) -> None:
    assert isinstance(foods.find(text), Unknown)


@pytest.mark.parametrize("text", ["", "   ", "?!", "a", "of", "\u200b", "x" * 5000, "blah " * 5000])
def test_odd_text_finds_nothing_and_does_no_harm(foods: FoodDatabase, text: str) -> None:
    assert isinstance(foods.find(text), Unknown | Ambiguous)


def test_unknown_food_comes_with_the_closest_three(foods: FoodDatabase) -> None:
    outcome = foods.find("lemon water")
    assert isinstance(outcome, Unknown)
    assert [close.id for close in outcome.closest] == ["lemon", "water", "lemon_juice"]


def test_a_word_like_no_other_has_no_closest(foods: FoodDatabase) -> None:
    outcome = foods.find("zxqv")
    assert outcome == Unknown(())


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("chips", {"french_fries", "potato_chips_crisps"}),
        ("jelly", {"jam", "gelatin_dessert_jelly"}),
        ("curry", {"chicken_curry", "beef_curry", "fish_curry", "vegetable_curry"}),
        ("bitter", {"bitter_gourd_cooked"}),
    ],
)
def test_what_may_mean_several_foods_is_asked(foods: FoodDatabase, text: str, candidates: set[str]) -> None:
    outcome = foods.find(text)
    assert isinstance(outcome, Ambiguous)
    assert {candidate.id for candidate in outcome.candidates} == candidates


def test_at_most_four_candidates_are_asked_about(foods: FoodDatabase) -> None:
    outcome = foods.find("soup")
    assert isinstance(outcome, Ambiguous)
    assert len(outcome.candidates) == 4


def test_a_head_noun_alone_does_not_take_the_only_food_with_it() -> None:
    foods = FoodDatabase([food("potato salad"), food("water")])
    assert foods.find("salad") == Ambiguous((foods.foods[0],))


def test_foods_that_hardly_differ_are_not_asked_about(foods: FoodDatabase) -> None:
    outcome = foods.find("wine")
    assert isinstance(outcome, Found)
    assert outcome.food.id == "wine_red"
    assert outcome.note == "taken as red wine; white wine is much the same"


def test_foods_of_like_energy_and_unlike_protein_are_asked_about() -> None:
    foods = FoodDatabase(
        [food("a", "red bar", protein=1, en="bar"), food("b", "blue bar", protein=20, en="bar")]
    )
    assert isinstance(foods.find("bar"), Ambiguous)


def test_an_english_name_wins_over_the_same_word_of_another_language() -> None:
    foods = FoodDatabase([food("milk", it="latte"), food("latte")])
    assert found_id(foods, "latte") == "latte"


def test_an_id_wins_over_a_name() -> None:
    foods = FoodDatabase([food("cola", "cola drink"), food("other", "cola")])
    assert found_id(foods, "cola") == "cola"


def test_words_must_begin_with_the_same_letter() -> None:
    foods = FoodDatabase([food("lemon"), food("pear")])
    assert isinstance(foods.find("melon"), Unknown)


def test_every_food_is_found_by_its_id_and_by_its_name(foods: FoodDatabase) -> None:
    for each in foods.foods:
        assert found_id(foods, each.id) == each.id
        assert found_id(foods, each.name) == each.id
        assert foods.by_id(each.id) is each


def test_an_unknown_id_is_none(foods: FoodDatabase) -> None:
    assert foods.by_id("unicorn") is None


def test_an_empty_database_knows_nothing() -> None:
    assert FoodDatabase([]).find("egg") == Unknown(())


# ------------------------------------------------------------------------------------- preparation


@pytest.mark.parametrize(
    ("text", "preparation", "food_id"),
    [
        ("egg", "fried", "egg_fried"),
        ("egg", "raw", "egg_raw"),
        ("egg", "", "egg_boiled"),
        ("egg", "boiled", "egg_boiled"),
        ("chicken breast", "raw", "chicken_breast_raw"),
        ("chicken breast", "baked", "chicken_breast_roasted_no_skin"),
        ("rice", "raw", "rice_white_dry"),
        ("potatoes", "mashed", "mashed_potato_with_milk_and_butter"),
        ("mushrooms", "fried", "mushrooms_cooked"),
        ("salmon", "Steamed ", "salmon_cooked"),
        ("egg", "flambéed", "egg_boiled"),
    ],
)
def test_the_preparation_picks_the_row(
    foods: FoodDatabase, text: str, preparation: str, food_id: str
) -> None:
    outcome = foods.find(text, preparation)
    assert isinstance(outcome, Found)
    assert outcome.food.id == food_id


def test_a_preparation_that_the_database_has_not_is_mentioned(foods: FoodDatabase) -> None:
    outcome = foods.find("steak", "raw")
    assert isinstance(outcome, Found)
    assert outcome.note == "taken as grilled sirloin steak, not raw"


# ------------------------------------------------------------------------------------- own foods


def test_an_own_food_replaces_the_one_of_the_same_id() -> None:
    shipped, own = food("bread", kcal=266, en="loaf"), food("bread", kcal=240)
    foods = FoodDatabase([food("water"), shipped], [own])
    assert foods.foods == (food("water"), own)
    assert foods.find("bread") == Found(own)
    assert foods.find("loaf") == Unknown(())


@pytest.mark.parametrize(
    "own", [food("mine", "granola"), food("mine", en="granola"), food("mine", fr="granola")]
)
def test_an_own_food_is_found_first_by_its_names(own: Food) -> None:
    foods = FoodDatabase([food("granola_homemade", "granola")], [own])
    assert foods.find("granola") == Found(own)
    assert foods.is_own_name("my granola")
    assert found_id(foods, "granola_homemade") == "granola_homemade"
    assert not foods.is_own_name("granola homemade")


def test_the_last_of_several_own_files_wins() -> None:
    foods = FoodDatabase([food("a", en="bar")], [food("b", en="bar")], [food("c", en="bar")])
    assert found_id(foods, "bar") == "c"


# ------------------------------------------------------------------------------------- questions


def test_what_was_not_found_comes_with_a_question(foods: FoodDatabase) -> None:
    chips, lemon_water, nonsense = (foods.find(text) for text in ("chips", "lemon water", "zxqv"))
    assert isinstance(chips, Ambiguous)
    assert chips.ask == "Do you mean crisps or fries?"
    assert isinstance(lemon_water, Unknown)
    assert lemon_water.ask == (
        "I have no numbers for that. Do you mean lemon, water or lemon juice, or something else?"
    )
    assert isinstance(nonsense, Unknown)
    assert nonsense.ask == "I have no numbers for that. What else is it called?"
