"""What tools ask back, and what people answer: the answer goes into the same call, in its place."""

from __future__ import annotations

import pytest

from device.rehearsal.brain import NOT_UNDERSTOOD, Brain
from device.rehearsal.handles import Session
from device.rehearsal.questions import NOTHING_CHANGED
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Say, Thought
from tests.rehearsal.test_brain_requests import MODEL, TOOLS

LOG = Call("log_food", {"items": [{"food": "eggs", "quantity": 2}, {"food": "pizza", "spoken": "pizza"}]})
RUN = Call("log_activity", {"activity": "run"})
MISSED = Call("missed_meal", {"meal": "lunch"})


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain.load()


def problem(ask: str, **more: object) -> JsonObject:
    return {"ok": False, "code": "X", "message": "It did not work.", "ask": ask, **more}


def answered(brain: Brain, call: Call, payload: JsonObject, words: str) -> Thought:
    """What the stand-in does about words that follow a tool's question."""
    session = Session(MODEL)
    assert brain.report(call, payload, session) == payload["ask"]
    return brain.consider(words, session, TOOLS)


def items(*foods: JsonObject) -> JsonObject:
    return {"items": list(foods)}


# --------------------------------------------------------------------------------------- consent

CONSENT = {"tool": "missed_meal", "set": {"confirm": "a1b2c3"}}
MOVE = problem("Lunch would move to dinner. Shall I do that?", code="NOT_CONFIRMED", retry=CONSENT)


@pytest.mark.parametrize(
    "yes", ["Yes, please.", "Yes.", "Yes, thank you.", "Go ahead.", "Yes, I missed lunch."]
)
def test_yes_makes_the_call_again_with_its_confirmation(brain: Brain, yes: str) -> None:
    assert answered(brain, MISSED, MOVE, yes) == Call("missed_meal", {"meal": "lunch", "confirm": "a1b2c3"})


@pytest.mark.parametrize("no", ["No.", "No, thank you.", "Don't do that.", "Never mind."])
def test_no_changes_nothing(brain: Brain, no: str) -> None:
    assert answered(brain, MISSED, MOVE, no) == Say(NOTHING_CHANGED)


def test_another_request_is_no_consent(brain: Brain) -> None:
    assert answered(brain, MISSED, MOVE, "I missed dinner.") == Call("missed_meal", {"meal": "dinner"})
    assert answered(brain, MISSED, MOVE, "No, I missed dinner.") == Call("missed_meal", {"meal": "dinner"})
    assert answered(brain, MISSED, MOVE, "Okay, undo that.") == Call("undo", {})


def test_thanks_are_no_consent(brain: Brain) -> None:
    assert answered(brain, MISSED, MOVE, "Thank you, that is all.") == Say("You are welcome.")


def test_a_question_stays_open_when_the_answer_was_not_understood(brain: Brain) -> None:
    session = Session(MODEL)
    brain.report(MISSED, MOVE, session)
    assert brain.consider("Purple monkeys.", session, TOOLS) == Say(NOT_UNDERSTOOD)
    assert isinstance(brain.consider("Yes.", session, TOOLS), Call)


def test_the_whole_example_of_a_missed_lunch(brain: Brain) -> None:
    session = Session(MODEL)
    call = brain.consider("I missed lunch today.", session, TOOLS)
    assert call == MISSED
    assert brain.report(MISSED, MOVE, session) == "Lunch would move to dinner. Shall I do that?"
    confirmed = brain.consider("Yes, please.", session, TOOLS)
    assert confirmed == Call("missed_meal", {"meal": "lunch", "confirm": "a1b2c3"})
    assert (
        brain.report(confirmed, {"ok": True, "said": "Done, lunch moved."}, session) == "Done, lunch moved."
    )
    assert session.open_question is None


def test_an_amount_that_is_not_likely_is_confirmed_or_corrected(brain: Brain) -> None:
    call = Call("log_food", items({"food": "eggs", "quantity": 40, "spoken": "forty eggs"}))
    retry = {"tool": "log_food", "set": {"confirm": "t0"}}
    payload = problem("Forty eggs, is that right?", field="items[0].quantity", retry=retry)
    confirmed = {**items({"food": "eggs", "quantity": 40, "spoken": "forty eggs"}), "confirm": "t0"}
    assert answered(brain, call, payload, "Yes.") == Call("log_food", confirmed)
    assert answered(brain, call, payload, "Four.") == Call("log_food", items({"food": "eggs", "quantity": 4}))
    assert answered(brain, call, payload, "No.") == Say(NOTHING_CHANGED)


def test_a_value_that_is_to_be_chosen_is_nothing_to_agree_to(brain: Brain) -> None:
    retry = {"tool": "log_food", "set": {"items[1].food": "<food_id of the one chosen>"}}
    payload = problem("Which pizza?", field="items[1].food", retry=retry)
    session = Session(MODEL)
    brain.report(LOG, payload, session)
    assert brain.consider("Yes.", session, TOOLS) == Say("Which pizza?")
    assert brain.consider("Yes.", session, TOOLS) == Say("Which pizza?")


# --------------------------------------------------------------------------------------- one item of several

PIZZAS = [
    {"food_id": "pizza_cheese", "say": "cheese pizza", "kcal_100g": 266},
    {"food_id": "pizza_meat", "say": "meat and vegetable pizza", "kcal_100g": 250},
]


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ("The cheese pizza.", "pizza_cheese"),
        ("The cheese one, please.", "pizza_cheese"),
        ("Cheese.", "pizza_cheese"),
        ("The second one.", "pizza_meat"),
        ("The last one.", "pizza_meat"),
        ("I mean the meat and vegetable pizza.", "pizza_meat"),
    ],
)
def test_a_food_is_chosen_for_its_item(brain: Brain, words: str, chosen: str) -> None:
    payload = problem("Which pizza?", field="items[1].food", candidates=PIZZAS)
    call = answered(brain, LOG, payload, words)
    assert call == Call("log_food", items({"food": "eggs", "quantity": 2}, {"food": chosen}))


def test_the_call_before_is_left_as_it_was(brain: Brain) -> None:
    payload = problem("Which pizza?", field="items[1].food", candidates=PIZZAS)
    answered(brain, LOG, payload, "Cheese.")
    assert LOG.arguments["items"][1] == {"food": "pizza", "spoken": "pizza"}


def test_another_food_with_its_amount_replaces_the_one_asked_about(brain: Brain) -> None:
    payload = problem("What else is it called?", field="items[1].food")
    call = answered(brain, LOG, payload, "Two slices of bread.")
    assert isinstance(call, Call)
    assert call.arguments["items"][1] == {"food": "bread", "quantity": 2, "unit": "slice"}


@pytest.mark.parametrize("field", ["items[1].unit", "items[1].quantity"])
def test_an_amount_goes_to_its_item(brain: Brain, field: str) -> None:
    call = answered(brain, LOG, problem("How many grams is it?", field=field), "About two hundred grams.")
    assert call == Call(
        "log_food", items({"food": "eggs", "quantity": 2}, {"food": "pizza", "quantity": 200, "unit": "g"})
    )


@pytest.mark.parametrize(
    "field", ["items[7].food", "items.food", "[]", "items[0]", "items[0].food.x", "", "a b"]
)
def test_places_that_lead_nowhere_do_no_harm(brain: Brain, field: str) -> None:
    session = Session(MODEL)
    payload = problem("Which?", field=field, candidates=PIZZAS)
    brain.report(LOG, payload, session)
    assert brain.consider("Cheese.", session, TOOLS) is not None
    assert LOG.arguments["items"][0] == {"food": "eggs", "quantity": 2}


def test_an_item_that_was_not_heard_is_asked_for(brain: Brain) -> None:
    session = Session(MODEL)
    thought = brain.consider("I ate a banana and the long way home from the sea", session, TOOLS)
    assert thought == Say("I did not catch which food. What is it?")
    call = brain.consider("Rice.", session, TOOLS)
    assert call == Call("log_food", items({"food": "banana", "quantity": 1}, {"food": "rice"}))


# --------------------------------------------------------------------------------------- other arguments


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("Half an hour.", 30),
        ("For half an hour.", 30),
        ("An hour and a half.", 90),
        ("Forty minutes.", 40),
        ("About forty.", 40),
        ("It was two hours.", 120),
        ("20", 20),
        ("A quarter of an hour", 15),
    ],
)
def test_minutes_are_filled_in(brain: Brain, words: str, minutes: float) -> None:
    call = answered(brain, RUN, problem("For how long?", field="minutes"), words)
    assert call == Call("log_activity", {"activity": "run", "minutes": minutes})


def test_a_duration_of_a_timer_goes_into_its_parts(brain: Brain) -> None:
    call = Call("timer", {"action": "set", "name": "pasta"})
    payload = problem("For how long?", field="minutes")
    eight_thirty = {"action": "set", "name": "pasta", "minutes": 8, "seconds": 30}
    assert answered(brain, call, payload, "Eight and a half minutes.") == Call("timer", eight_thirty)
    assert answered(brain, call, payload, "Ten.") == Call(
        "timer", {"action": "set", "name": "pasta", "minutes": 10}
    )


@pytest.mark.parametrize(
    ("words", "name"),
    [("Anna.", "Anna"), ("It was Ben.", "Ben"), ("for Anna please", "Anna"), ("Benn", "Ben")],
)
def test_a_person_is_chosen(brain: Brain, words: str, name: str) -> None:
    payload = problem("Who is this for: Anna or Ben?", code="WHO", field="person", people=["Anna", "Ben"])
    assert answered(brain, RUN, payload, words) == Call("log_activity", {"activity": "run", "person": name})


def test_a_person_may_be_named_freely(brain: Brain) -> None:
    call = answered(brain, RUN, problem("Who is this for?", field="person"), "For Maria.")
    assert call == Call("log_activity", {"activity": "run", "person": "Maria"})


@pytest.mark.parametrize(
    ("call", "field", "words", "value"),
    [
        (Call("missed_meal", {"meal": "tee"}), "meal", "I mean dinner", "dinner"),
        (Call("suggest_meal", {}), "meal", "Lunch", "lunch"),
        (Call("substitute", {}), "ingredient", "Butter.", "butter"),
        (Call("log_activity", {"minutes": 30}), "activity", "Swimming.", "swimming"),
        (Call("timer", {"action": "cancel"}), "name", "The pasta one.", "pasta"),
        (Call("log_weight", {"weight": 7}), "weight", "Seventy two.", 72),
    ],
)
def test_other_arguments_are_filled_in(
    brain: Brain, call: Call, field: str, words: str, value: object
) -> None:
    answer = answered(brain, call, problem("Which?", field=field), words)
    assert answer == Call(call.name, {**call.arguments, field: value})


def test_a_weight_comes_with_its_unit(brain: Brain) -> None:
    call = answered(brain, Call("log_weight", {"weight": 7}), problem("?", field="weight"), "160 pounds")
    assert call == Call("log_weight", {"weight": 160, "unit": "lb"})


# --------------------------------------------------------------------------------------- results


def test_care_is_said_after_the_rest(brain: Brain) -> None:
    payload = {"ok": True, "said": "Logged.", "care": "A doctor can help with that."}
    assert brain.report(RUN, payload, Session(MODEL)) == "Logged. A doctor can help with that."


def test_what_no_answer_can_change_is_only_said(brain: Brain) -> None:
    session = Session(MODEL)
    payload = problem("Shall we leave it?", code="NO_MATCH")
    assert brain.report(RUN, payload, session) == "Shall we leave it?"
    assert session.open_question is None
