"""Words put right, sounds compared, intents read."""

from __future__ import annotations

import pytest

from device.rehearsal.intents import (
    FoodQuestion,
    MissedMeal,
    SmallTalk,
    food_question,
    missed_meal,
    small_talk,
    yes_or_no,
)
from device.rehearsal.sounds import likeness, nearest, sound_key
from device.rehearsal.words import tidy


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("I missed lunch, to-day.", "i missed lunch today"),
        ("I missed lunch a day.", "i missed lunch today"),
        ("I didn\N{RIGHT SINGLE QUOTATION MARK}t eat.", "i didnt eat"),
        ("How many calories are into slices of pizza?", "how many calories are in two slices of pizza"),
        ("are into a slice of a pizza", "are in two slice of a pizza"),
        ("free tablespoons of oil", "three tablespoons of oil"),
        ("to cups", "two cups"),
        ("go to bed", "go to bed"),
        ("the hundred grams", "a hundred grams"),
        ("Half a litre: 0.5 l, 1,5 kg", "half a litre 0.5 l 1,5 kg"),
        ("Could buy.", "goodbye"),
        ("...", ""),
    ],
)
def test_words_are_put_right(heard: str, meant: str) -> None:
    assert tidy(heard) == meant


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("semin", "salmon"),
        ("alveocato", "avocado"),
        ("proguin", "protein"),
        ("yogert", "yoghurt"),
        ("brokoli", "broccoli"),
    ],
)
def test_what_sounds_alike_is_found(heard: str, meant: str) -> None:
    others = ("carrot", "salmon", "avocado", "protein", "yoghurt", "broccoli", "pizza", "milk")
    assert nearest(heard, others)[0] == meant
    assert likeness(heard, meant) > 0.6


def test_the_same_sounds_exactly_like_itself_and_unlike_others() -> None:
    assert likeness("pizza", "pizza") == 1
    assert likeness("pizza", "milk") < 0.3
    assert sound_key("knead") == sound_key("need")
    assert nearest("pizza", ()) == ("", 0.0)


@pytest.mark.parametrize(
    ("said", "meal"),
    [
        ("i missed lunch today", "lunch"),
        ("i didnt have dinner", "dinner"),
        ("i did not have any dinner", "dinner"),
        ("skipped my breakfast", "breakfast"),
        ("i never got round to lunch", "lunch"),
        ("i havent eaten breakfast", "breakfast"),
        ("well i forgot about my afternoon snack", "afternoon snack"),
        ("we had no time for supper", "supper"),
        ("i miss lunch today", "lunch"),
        ("i missed my evening meal", "evening meal"),
    ],
)
def test_a_missed_meal_is_understood(said: str, meal: str) -> None:
    assert missed_meal(said) == MissedMeal(meal, sure=True)


@pytest.mark.parametrize("said", ["i skipt brekfast", "i did have dinner", "i want lunch"])
def test_a_doubtful_meal_is_not_sure(said: str) -> None:
    found = missed_meal(said)
    assert found is not None
    assert not found.sure


def test_a_meal_may_be_left_out() -> None:
    assert missed_meal("i missed a meal") == MissedMeal("", sure=False)


@pytest.mark.parametrize(
    "said", ["how many calories are in my lunch box", "tell me about dinner", "i did not miss lunch"]
)
def test_other_sentences_miss_no_meal(said: str) -> None:
    assert missed_meal(said) is None


def test_the_clients_own_meals_are_known() -> None:
    assert missed_meal("i missed my merenda", also=("merenda",)) == MissedMeal("merenda", sure=True)


@pytest.mark.parametrize(
    ("said", "phrase"),
    [
        ("how much protein is in a chicken breast", "a chicken breast"),
        ("how many calories are in two slices of pizza please", "two slices of pizza"),
        ("how many calories are there in an apple", "an apple"),
        ("how many calories does a bowl of porridge have", "a bowl of porridge"),
        ("what is in a hundred grams of rice", "a hundred grams of rice"),
        ("whats in a pizza", "a pizza"),
        ("tell me about salmon", "salmon"),
        ("what about a glass of milk", "a glass of milk"),
        ("look up peanut butter", "peanut butter"),
        ("calories in three tablespoons of olive oil", "three tablespoons of olive oil"),
        ("protein of an egg", "an egg"),
        ("is there a lot of protein in lentils", "lentils"),
        ("what does an egg contain", "an egg"),
    ],
)
def test_a_question_about_food_is_understood(said: str, phrase: str) -> None:
    assert food_question(said) == FoodQuestion(phrase)


@pytest.mark.parametrize(
    "said", ["how are you", "i missed lunch", "what time is it", "thank you that is all"]
)
def test_other_sentences_ask_about_no_food(said: str) -> None:
    assert food_question(said) is None


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("thank you that is all", SmallTalk.THANKS),
        ("thanks a lot", SmallTalk.THANKS),
        ("goodbye", SmallTalk.GOODBYE),
        ("good night", SmallTalk.GOODBYE),
        ("good morning", SmallTalk.GREETING),
        ("hello there", SmallTalk.GREETING),
        ("what can you do", SmallTalk.ABILITIES),
        ("can you help me", SmallTalk.ABILITIES),
        ("what time is it", SmallTalk.TIME),
        ("what did i just say", SmallTalk.RECALL),
        ("the weather is fine", None),
        ("hi the long words of somebody else", None),
    ],
)
def test_small_talk(said: str, kind: SmallTalk | None) -> None:
    assert small_talk(said) is kind


@pytest.mark.parametrize(
    ("said", "meant"),
    [("yes please", True), ("yeah", True), ("no thanks", False), ("nope", False), ("lunch", None)],
)
def test_yes_and_no(said: str, meant: bool | None) -> None:
    assert yes_or_no(said) is meant
