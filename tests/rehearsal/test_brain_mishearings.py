"""Wordings with traps, what the recogniser makes of voices, and what asks for nothing."""

from __future__ import annotations

import pytest

from device.rehearsal.brain import NOT_UNDERSTOOD, Brain
from device.rehearsal.handles import Session
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Say
from tests.rehearsal.test_brain_requests import (
    ALMONDS,
    BANANA,
    BROCCOLI,
    CHICKEN,
    EGGS,
    MODEL,
    PIZZA,
    RICE,
    TOAST,
    TOOLS,
    food,
    log,
)

WRITTEN: dict[str, dict[str, JsonObject]] = {
    "log_food": {
        "Dinner was fish and chips.": log(food("fish"), food("chips"), meal="dinner"),
        "I had mac and cheese with a salad.": log(food("mac and cheese"), food("salad", 1)),
        "I had a ham and cheese sandwich for lunch": log(food("ham and cheese sandwich", 1), meal="lunch"),
        "I had eggs, toast and jam": log(food("eggs"), TOAST, food("jam")),
        "I ate two and a half slices of pizza": log(food("pizza", 2.5, "slice")),
        "I ate salmon 150 g and rice 200 g": log(food("salmon", 150, "g"), RICE),
        "I had tofu instead of chicken for dinner": log(food("tofu"), meal="dinner"),
        "Put two boiled eggs down for breakfast": log(food("boiled eggs", 2), meal="breakfast"),
        "I had a cup of coffee with milk": log(food("coffee with milk", 1, "cup")),
        "Last night I had a glass of wine.": log(food("wine", 1, "glass"), days_ago=1),
        "I just had two eggs for breakfast": log(EGGS, meal="breakfast"),
        "log that I had a banana": log(BANANA),
        "I had a salad without dressing for lunch": log(food("salad", 1), meal="lunch"),
    },
    "unplanned_food": {
        "Just had a banana": log(BANANA),
        "We ate an unplanned slice of pizza for dinner": log(PIZZA),
        "I had a slice of pizza that I did not plan": log(PIZZA),
    },
    "missed_meal": {
        "I am fasting, so I skipped breakfast": {"meal": "breakfast", "on_purpose": True},
        "I went without lunch": {"meal": "lunch"},
    },
    "substitute": {
        "Substitute tofu for the chicken": {"ingredient": "chicken", "instead": "tofu"},
        "We are out of milk": {"ingredient": "milk"},
        "I have no butter, what can I use": {"ingredient": "butter"},
        "what could I take instead of butter for baking": {"ingredient": "butter"},
    },
    "suggest_meal": {"What is for dinner?": {"meal": "dinner"}, "I am hungry": {}},
    "log_activity": {
        "I was at the kite surfing for an hour": {"activity": "at the kite surfing", "minutes": 60},
        "I jogged": {"activity": "jog"},
    },
    "day_status": {
        "How much can I still eat?": {},
        "What's left?": {},
        "What did I eat the day before yesterday?": {"days_ago": 2},
    },
    "undo": {"I didn't eat that": {}, "Undo the last meal": {}, "put it back": {"again": True}},
    "log_weight": {"I'm 11 stone": {"weight": 11, "unit": "st"}, "My weight is 72": {"weight": 72}},
    "log_water": {"I drank some mineral water": {}},
    "timer": {
        "Remind me in ten minutes to stir the rice": {
            "action": "set",
            "name": "stir the rice",
            "minutes": 10,
        },
        "Set a ninety minute timer": {"action": "set", "minutes": 90},
        "Timer for ten and a half minutes": {"action": "set", "minutes": 10, "seconds": 30},
        "Set a timer for the eggs for seven minutes": {"action": "set", "name": "eggs", "minutes": 7},
        "When does the egg timer ring?": {"action": "list", "name": "egg"},
    },
    "set_profile": {
        "I am 1.7 metres tall": {"height_cm": 170},
        "I'm allergic to nuts": {"allergens": ["tree_nut", "peanut"]},
        "I am pregnant": {"conditions": ["pregnant"]},
    },
}

HEARD: dict[str, dict[str, JsonObject]] = {
    "log_food": {
        "I had to ex and toast for breakfast,": log(EGGS, TOAST, meal="breakfast"),
        "A lot to hundred grams of rice for lunch.": log(RICE, meal="lunch"),
        "Block two hundred grams of rice for lunch.": log(RICE, meal="lunch"),
        "I had eggs toast in jam.": log(food("eggs"), TOAST, food("jam")),
        "I ate to end the half slices of pizza.": log(food("pizza", 2.5, "slice")),
        "I hate a banana.": log(BANANA),
        "That a large apple to my lunch.": log(food("apple", 1, size="large"), meal="lunch"),
        "Bright down three tablespoons of peanut butter.": log(food("peanut butter", 3, "tbsp")),
        "I'd ran the glass of orange juice.": log(food("orange juice", 1, "glass")),
        "I drain the glass of orange juice.": log(food("orange juice", 1, "glass")),
    },
    "unplanned_food": {
        "I had an implant slice of pizza.": log(PIZZA),
        "I had a banana as a smack.": log(BANANA),
        "I snapped on a handful of almonds.": log(ALMONDS),
        "I had a band of crisps that was not planned.": log(food("crisps", 1, "bag")),
        "I had two biscuits between me, Oss.": log(food("biscuits", 2)),
        "I had two biscuits between nails.": log(food("biscuits", 2)),
        "I had a slice of pizza that I did not blend.": log(PIZZA),
    },
    "missed_meal": {
        "I missed lunch a day.": {"meal": "lunch"},
        "I missed lunch the day.": {"meal": "lunch"},
        "I miss lunch.": {"meal": "lunch"},
    },
    "day_status": {"Now am I doing today": {}, "In my entrec": {}},
    "substitute": {
        "Free place, the butter with olive oil.": {"ingredient": "butter", "instead": "olive oil"},
        "Brie placed the rice in 150 grams of chicken to 100 grams of rice and broccoli.": {
            "ingredient": "rice",
            "ingredients": [CHICKEN, RICE, BROCCOLI],
        },
        "Slop the chicken for tofu in my dinner": {
            "ingredient": "chicken",
            "instead": "tofu",
            "meal": "dinner",
        },
    },
    "suggest_meal": {
        "Subject a lunch,": {"meal": "lunch"},
        "What if it's what is left?": {},
        "Breck and then something for dinner.": {"meal": "dinner"},
        "Give me an idea for a launch.": {"meal": "lunch"},
    },
    "log_activity": {
        "I play tennis for an hour in the half.": {"activity": "tennis", "minutes": 90},
        "I wrote my bike for an hour.": {"activity": "bike ride", "minutes": 60},
        "Lot thirty minutes of swimming.": {"activity": "swim", "minutes": 30},
    },
    "undo": {
        "And do that.": {},
        "Please and do that.": {},
        "Tate that back.": {},
        "Then do the last one.": {},
    },
    "log_weight": {
        "I'm way eleven stone four.": {"weight": 11.29, "unit": "st"},
        "Lord my weight seventy two kilos": {"weight": 72, "unit": "kg"},
        "This kale says eighty kilos.": {"weight": 80, "unit": "kg"},
        "I wait seventy one kilos.": {"weight": 71, "unit": "kg"},
        "My way to day is sixty eight kilograms.": {"weight": 68, "unit": "kg"},
    },
    "log_water": {
        "I drag two glasses of water.": {"quantity": 2, "unit": "glass"},
        "I just ran the bottle of water.": {"quantity": 1, "unit": "bottle"},
        "Locked 300 ml of water": {"quantity": 300, "unit": "ml"},
        "I hid a glass of water.": {"quantity": 1, "unit": "glass"},
    },
    "timer": {
        "Said a time or four ten minutes.": {"action": "set", "minutes": 10},
        "Said a pasta time, worth four, eight minutes and thirty seconds.": {
            "action": "set",
            "name": "pasta",
            "minutes": 8,
            "seconds": 30,
        },
        "Set rise timer for half an hour.": {"action": "set", "name": "rice", "minutes": 30},
        "Egg time or five minutes.": {"action": "set", "name": "egg", "minutes": 5},
        "How long is left on the past a timer?": {"action": "list", "name": "pasta"},
        "Can't solve the past a timer.": {"action": "cancel", "name": "pasta"},
        "Said a timer.": {"action": "set"},
        "Start at twenty minute timer for the potatoes.": {
            "action": "set",
            "name": "potatoes",
            "minutes": 20,
        },
        "Time work for an hour and a half.": {"action": "set", "hours": 1, "minutes": 30},
    },
    "set_profile": {
        "Said, but my profile.": {},
        "High and thirty five years old.": {"age_years": 35},
        "Hi, I'm a man, one hundred eighty centimeters tall.": {"sex": "male", "height_cm": 180},
        "I would like to keep my way.": {"goal": "maintain"},
    },
}
"""What the recogniser made of synthetic voices."""

NOTHING_TO_LOG = (
    "I missed the bus.",
    "I had a great day.",
    "How are you?",
    "I had a shower.",
    "I had to go to work.",
    "We had a meeting.",
    "I had a bad dream.",
    "The weather is lovely today.",
    "I have a question.",
    "I like cooking.",
    "Say that again.",
    "I ran out of time.",
    "My sister is coming for dinner.",
    "I had a look at the menu.",
    "I had a cold last week.",
    "We had a baby.",
    "I had no idea.",
    "I had my hair cut.",
    "Put the kettle on.",
    "I went to work.",
    "I am tired.",
    "I'm making two pounds of bread.",
    "I hate bananas.",
    "Salmon is healthy.",
    "I have two eggs in the fridge.",
    "Dinner is ready.",
    "I had enough.",
)


CALLS = [
    (words, Call(tool, arguments))
    for tool, sentences in (*WRITTEN.items(), *HEARD.items())
    for words, arguments in sentences.items()
]


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain.load()


@pytest.mark.parametrize(("words", "call"), CALLS, ids=[words for words, _ in CALLS])
def test_what_people_say_becomes_a_call(brain: Brain, words: str, call: Call) -> None:
    assert brain.consider(words, Session(MODEL), TOOLS) == call


@pytest.mark.parametrize("words", NOTHING_TO_LOG)
def test_what_is_no_request_calls_nothing(brain: Brain, words: str) -> None:
    assert brain.consider(words, Session(MODEL), TOOLS) == Say(NOT_UNDERSTOOD)


@pytest.mark.parametrize("words", ["I forgot to log my lunch.", "I had breakfast.", "I spit breakfast."])
def test_what_may_be_a_missed_meal_is_asked_about_first(brain: Brain, words: str) -> None:
    thought = brain.consider(words, Session(MODEL), TOOLS)
    assert isinstance(thought, Say)
    assert thought.text.startswith("Did you miss ")
