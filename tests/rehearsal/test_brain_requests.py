"""What people ask for in many wordings, and the calls that the stand-in makes of them."""

from __future__ import annotations

import pytest

from device.rehearsal.brain import Brain
from device.rehearsal.handles import Session
from device.rehearsal.protocol import FunctionDeclaration
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Say

MODEL = "m"
TEXT: JsonObject = {"type": "string"}
NUMBER: JsonObject = {"type": "number"}
YES_NO: JsonObject = {"type": "boolean"}
ITEM: JsonObject = {
    "type": "object",
    "properties": {"food": TEXT, "quantity": NUMBER, "unit": TEXT, "size": TEXT, "preparation": TEXT},
}
ITEMS: JsonObject = {"type": "array", "items": ITEM}
PERSON: JsonObject = {"person": TEXT}
CONSENT: JsonObject = {"confirm": TEXT}
FACTS: JsonObject = dict.fromkeys(("age_years", "height_cm", "weight_kg"), NUMBER)
TRAITS: JsonObject = dict.fromkeys(("sex", "activity", "goal", "diet"), TEXT)
LISTS: JsonObject = {name: {"type": "array", "items": TEXT} for name in ("conditions", "allergens")}

ARGUMENTS: dict[str, JsonObject] = {
    "look_up_food": {"food": TEXT, "quantity": NUMBER, "unit": TEXT, "size": TEXT},
    "log_food": {"items": ITEMS, "meal": TEXT, "days_ago": NUMBER, "time": TEXT} | PERSON | CONSENT,
    "unplanned_food": {"items": ITEMS} | PERSON | CONSENT,
    "missed_meal": {"meal": TEXT, "on_purpose": YES_NO, "move": YES_NO} | PERSON | CONSENT,
    "substitute": {"ingredient": TEXT, "instead": TEXT, "meal": TEXT, "ingredients": ITEMS} | PERSON,
    "suggest_meal": {"meal": TEXT} | PERSON,
    "log_activity": {"activity": TEXT, "minutes": NUMBER, "days_ago": NUMBER} | PERSON,
    "day_status": {"days_ago": NUMBER} | PERSON,
    "undo": {"undo_id": TEXT, "again": YES_NO} | PERSON,
    "set_profile": FACTS | TRAITS | LISTS | PERSON | CONSENT,
    "log_weight": {"weight": NUMBER, "unit": TEXT} | PERSON | CONSENT,
    "log_water": {"quantity": NUMBER, "unit": TEXT} | PERSON,
    "timer": {"action": TEXT, "name": TEXT, "hours": NUMBER, "minutes": NUMBER, "seconds": NUMBER},
}


def declared(name: str, arguments: JsonObject) -> FunctionDeclaration:
    schema = {"type": "object", "properties": arguments}
    return FunctionDeclaration.model_validate({"name": name, "parametersJsonSchema": schema})


TOOLS = {name: declared(name, arguments) for name, arguments in ARGUMENTS.items()}


def food(name: str, quantity: float | None = None, unit: str = "", size: str = "") -> JsonObject:
    item: JsonObject = {"food": name, "quantity": quantity, "unit": unit or None, "size": size or None}
    return {key: value for key, value in item.items() if value is not None}


def log(*items: JsonObject, **more: object) -> JsonObject:
    return {"items": list(items), **more}


EGGS, TOAST, BANANA = food("eggs", 2), food("toast"), food("banana", 1)
PIZZA, MILK = food("pizza", 1, "slice"), food("milk", 1, "glass")
CHICKEN, RICE, BROCCOLI = food("chicken", 150, "g"), food("rice", 200, "g"), food("broccoli")
ALMONDS = food("almonds", 1, "handful")

SPOKEN: dict[str, dict[str, JsonObject]] = {
    "log_food": {
        "I had two eggs and toast for breakfast.": log(EGGS, TOAST, meal="breakfast"),
        "Log 200 grams of rice for lunch.": log(RICE, meal="lunch"),
        "I ate a banana.": log(BANANA),
        "We had a bowl of porridge for breakfast.": log(food("porridge", 1, "bowl"), meal="breakfast"),
        "I had a slice of pizza and a glass of milk.": log(PIZZA, MILK),
        "For dinner I had salmon with rice and broccoli.": log(
            food("salmon"), food("rice"), BROCCOLI, meal="dinner"
        ),
        "Add a large apple to my lunch.": log(food("apple", 1, size="large"), meal="lunch"),
        "I had a chicken breast and 100 grams of rice for dinner yesterday.": log(
            food("chicken breast", 1), food("rice", 100, "g"), meal="dinner", days_ago=1
        ),
        "Write down three tablespoons of peanut butter.": log(food("peanut butter", 3, "tbsp")),
        "My breakfast was two slices of toast with butter.": log(
            food("toast", 2, "slice"), food("butter"), meal="breakfast"
        ),
        "I have eaten an orange and a handful of almonds.": log(food("orange", 1), ALMONDS),
        "I drank a glass of orange juice.": log(food("orange juice", 1, "glass")),
        "I had a bowl of soup for lunch.": log(food("soup", 1, "bowl"), meal="lunch"),
    },
    "unplanned_food": {
        "I just had a slice of pizza and a glass of milk.": log(PIZZA, MILK),
        "I had an unplanned slice of pizza.": log(food("pizza", 1, "slice")),
        "I just ate a bar of chocolate.": log(food("chocolate", 1, "bar")),
        "I had a banana as a snack.": log(BANANA),
        "I had two biscuits between meals.": log(food("biscuits", 2)),
        "We had an extra slice of pizza.": log(food("pizza", 1, "slice")),
        "I snacked on a handful of almonds.": log(ALMONDS),
        "I had a bag of crisps, that was not planned.": log(food("crisps", 1, "bag")),
        "I have just eaten a bowl of ice cream.": log(food("ice cream", 1, "bowl")),
        "I just had a cookie.": log(food("cookie", 1)),
    },
    "missed_meal": {
        "I missed lunch today.": {"meal": "lunch"},
        "I missed lunch.": {"meal": "lunch"},
        "I skipped lunch on purpose.": {"meal": "lunch", "on_purpose": True},
        "I did not have dinner.": {"meal": "dinner"},
        "I skipped breakfast this morning.": {"meal": "breakfast"},
        "I forgot to eat lunch.": {"meal": "lunch"},
        "We missed dinner.": {"meal": "dinner"},
        "I had no time for breakfast.": {"meal": "breakfast"},
        "I deliberately skipped dinner.": {"meal": "dinner", "on_purpose": True},
        "I never got round to lunch.": {"meal": "lunch"},
    },
    "substitute": {
        "What can I use instead of butter?": {"ingredient": "butter"},
        "Swap the chicken for tofu in my dinner.": {
            "ingredient": "chicken",
            "instead": "tofu",
            "meal": "dinner",
        },
        "Replace the rice in 150 grams of chicken, 200 grams of rice and broccoli.": {
            "ingredient": "rice",
            "ingredients": [CHICKEN, RICE, BROCCOLI],
        },
        "I have run out of eggs, what can I use?": {"ingredient": "eggs"},
        "What is a good substitute for milk?": {"ingredient": "milk"},
        "Can I use olive oil instead of butter?": {"ingredient": "butter", "instead": "olive oil"},
        "Replace the butter with olive oil.": {"ingredient": "butter", "instead": "olive oil"},
        "What could I replace the rice with?": {"ingredient": "rice"},
        "Is there an alternative to cream?": {"ingredient": "cream"},
        "Substitute the pasta in my dinner.": {"ingredient": "pasta", "meal": "dinner"},
    },
    "suggest_meal": {
        "What should I eat for dinner?": {"meal": "dinner"},
        "What could I eat for dinner?": {"meal": "dinner"},
        "Suggest a lunch.": {"meal": "lunch"},
        "What fits what is left?": {},
        "What shall we have for dinner tonight?": {"meal": "dinner"},
        "Give me an idea for lunch.": {"meal": "lunch"},
        "Recommend something for dinner.": {"meal": "dinner"},
        "What can I eat now?": {},
        "What should I cook tonight?": {},
        "Do you have any ideas for breakfast?": {"meal": "breakfast"},
    },
    "log_activity": {
        "I ran for half an hour.": {"activity": "run", "minutes": 30},
        "I went swimming for 40 minutes.": {"activity": "swim", "minutes": 40},
        "Thirty minutes of cycling.": {"activity": "bike ride", "minutes": 30},
        "I went for a walk.": {"activity": "walk"},
        "I did yoga for an hour.": {"activity": "yoga", "minutes": 60},
        "I played tennis for an hour and a half.": {"activity": "tennis", "minutes": 90},
        "I walked the dog for twenty minutes.": {"activity": "dog walk", "minutes": 20},
        "I went to the gym yesterday for 45 minutes.": {
            "activity": "weight training",
            "minutes": 45,
            "days_ago": 1,
        },
        "I rode my bike for an hour.": {"activity": "bike ride", "minutes": 60},
        "I went running.": {"activity": "run"},
        "Log 30 minutes of swimming.": {"activity": "swim", "minutes": 30},
    },
    "day_status": {
        "How am I doing today?": {},
        "What is left for today?": {},
        "How many calories do I have left?": {},
        "What did I eat yesterday?": {"days_ago": 1},
        "What have I eaten today?": {},
        "How much protein do I have left?": {},
        "How was my day yesterday?": {"days_ago": 1},
        "How many calories have I had today?": {},
        "How many calories are left for today?": {},
        "Am I on track?": {},
    },
    "undo": {
        "Undo that.": {},
        "Take that back.": {},
        "Scratch that.": {},
        "Undo the last one.": {},
        "Please undo that.": {},
        "Delete that.": {},
        "That was wrong, undo it.": {},
        "Do it again after all.": {"again": True},
        "Redo.": {"again": True},
        "Redo that please.": {"again": True},
    },
    "log_weight": {
        "I weigh 72 kilos.": {"weight": 72, "unit": "kg"},
        "My weight is 160 pounds.": {"weight": 160, "unit": "lb"},
        "I weighed 71.5 kilos this morning.": {"weight": 71.5, "unit": "kg"},
        "I weigh eleven stone four.": {"weight": 11.29, "unit": "st"},
        "My weight today is 68 kilograms.": {"weight": 68, "unit": "kg"},
        "Log my weight, 72 kilos.": {"weight": 72, "unit": "kg"},
        "The scale says 80 kilos.": {"weight": 80, "unit": "kg"},
        "I am 75 kilos.": {"weight": 75, "unit": "kg"},
    },
    "log_water": {
        "I drank two glasses of water.": {"quantity": 2, "unit": "glass"},
        "I had half a litre of water.": {"quantity": 0.5, "unit": "l"},
        "I had a glass of water.": {"quantity": 1, "unit": "glass"},
        "I just drank a bottle of water.": {"quantity": 1, "unit": "bottle"},
        "Log 300 millilitres of water.": {"quantity": 300, "unit": "ml"},
        "I drank some water.": {},
        "We had a cup of water.": {"quantity": 1, "unit": "cup"},
        "I have had three glasses of water.": {"quantity": 3, "unit": "glass"},
    },
    "timer": {
        "Set a timer for ten minutes.": {"action": "set", "minutes": 10},
        "Set a pasta timer for eight minutes and thirty seconds.": {
            "action": "set",
            "name": "pasta",
            "minutes": 8,
            "seconds": 30,
        },
        "Egg timer five minutes.": {"action": "set", "name": "egg", "minutes": 5},
        "Which timers are running?": {"action": "list"},
        "How long is left on the pasta timer?": {"action": "list", "name": "pasta"},
        "Cancel the pasta timer.": {"action": "cancel", "name": "pasta"},
        "Stop the timer.": {"action": "stop"},
        "Stop the alarm.": {"action": "stop"},
        "Set a timer.": {"action": "set"},
        "Set a rice timer for half an hour.": {"action": "set", "name": "rice", "minutes": 30},
        "Start a 20 minute timer for the potatoes.": {"action": "set", "name": "potatoes", "minutes": 20},
        "Cancel the timer.": {"action": "cancel"},
        "How much time is left?": {"action": "list"},
        "Timer for an hour and a half.": {"action": "set", "hours": 1, "minutes": 30},
    },
    "set_profile": {
        "Set up my profile.": {},
        "I am 40 years old, a woman, 170 centimetres, 65 kilos.": {
            "age_years": 40,
            "sex": "female",
            "height_cm": 170,
            "weight_kg": 65,
        },
        "I am 35 years old.": {"age_years": 35},
        "I am a man, 180 centimetres tall.": {"sex": "male", "height_cm": 180},
        "I want to lose weight.": {"goal": "lose"},
        "I am five foot six.": {"height_cm": 168},
        "I am vegetarian.": {"diet": "vegetarian"},
        "I am 50 years old and I weigh 80 kilos.": {"age_years": 50, "weight_kg": 80},
        "I would like to keep my weight.": {"goal": "maintain"},
        "Change my profile, I am 41 years old.": {"age_years": 41},
    },
}
"""By tool: what was spoken through the voices and the ear as well, and its arguments."""

CALLS = [
    (words, Call(tool, arguments))
    for tool, sentences in SPOKEN.items()
    for words, arguments in sentences.items()
]


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain.load()


@pytest.mark.parametrize(("words", "call"), CALLS, ids=[words for words, _ in CALLS])
def test_what_people_say_becomes_a_call(brain: Brain, words: str, call: Call) -> None:
    assert brain.consider(words, Session(MODEL), TOOLS) == call


@pytest.mark.parametrize("tool", SPOKEN)
def test_a_tool_that_is_not_declared_is_not_called(brain: Brain, tool: str) -> None:
    others = {name: declaration for name, declaration in TOOLS.items() if name != tool}
    thought = brain.consider(next(iter(SPOKEN[tool])), Session(MODEL), others)
    assert isinstance(thought, Say)
    assert thought.text.startswith("I cannot ")
    assert len(thought.text.split()) <= 25


def test_the_words_go_along_where_the_tool_takes_them(brain: Brain) -> None:
    item: JsonObject = {"type": "object", "properties": {"food": TEXT, "spoken": TEXT}}
    tool = declared("log_food", {"items": {"type": "array", "items": item}})
    call = brain.consider("I had two eggs and a few crisps", Session(MODEL), {"log_food": tool})
    items = [{"food": "eggs", "spoken": "two eggs"}, {"food": "crisps", "spoken": "a few crisps"}]
    assert call == Call("log_food", {"items": items})
