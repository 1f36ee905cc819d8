"""From words to tool calls and answers, over the foods that are shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from device.errors import ConfigError
from device.rehearsal.brain import NOT_UNDERSTOOD, TOOL_FAILED, Brain
from device.rehearsal.handles import Remark, Session
from device.rehearsal.protocol import FunctionDeclaration
from device.rehearsal.questions import NEVER_MIND
from device.rehearsal.toolbox import LOOK_UP_FOOD, MISSED_MEAL, cannot
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Say, Thought


def declared(name: str, **properties: JsonObject) -> FunctionDeclaration:
    return FunctionDeclaration.model_validate(
        {"name": name, "parameters": {"type": "OBJECT", "properties": properties}}
    )


TEXT: JsonObject = {"type": "STRING"}
FOOD_TOOL = declared("look_up_food", food=TEXT, quantity={"type": "NUMBER"}, unit=TEXT, size=TEXT)
MEAL_TOOL = declared("missed_meal", meal=TEXT)
TOOLS = {tool.name: tool for tool in (FOOD_TOOL, MEAL_TOOL)}


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain.load()


def think(brain: Brain, words: str, session: Session | None = None, **tools: Any) -> Thought:
    return brain.consider(words, session or Session("m"), tools.get("tools", TOOLS))


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("How much protein is in a chicken breast?", {"food": "chicken breast", "quantity": 1}),
        ("How many calories are in two slices of pizza?", {"food": "pizza", "quantity": 2, "unit": "slice"}),
        ("How many calories are into slices of pizza?", {"food": "pizza", "quantity": 2, "unit": "slice"}),
        ("What is in a hundred grams of rice?", {"food": "rice", "quantity": 100, "unit": "g"}),
        ("What is in 100 grams of rice?", {"food": "rice", "quantity": 100, "unit": "g"}),
        ("Tell me about salmon.", {"food": "salmon"}),
        ("How much fat is in a large avocado?", {"food": "avocado", "quantity": 1, "size": "large"}),
        ("How many calories are in half a cup of milk?", {"food": "milk", "quantity": 0.5, "unit": "cup"}),
        ("Two boiled eggs.", {"food": "boiled eggs", "quantity": 2}),
        ("How many calories are in brocoli?", {"food": "brocoli"}),
        ("What is in dragon fruit?", {"food": "dragon fruit"}),
    ],
)
def test_questions_about_food_become_calls(brain: Brain, words: str, arguments: JsonObject) -> None:
    assert think(brain, words) == Call("look_up_food", arguments)


def test_arguments_follow_the_declared_schema(brain: Brain) -> None:
    words = "How many calories are in two slices of pizza?"
    cases: dict[str, tuple[FunctionDeclaration, JsonObject]] = {
        "as text": (declared("look_up_food", food=TEXT, quantity=TEXT), {"food": "pizza", "quantity": "2"}),
        "food alone": (declared("look_up_food", food=TEXT), {"food": "pizza"}),
        "the words": (
            declared("look_up_food", food=TEXT, spoken={"anyOf": [{"type": "null"}, TEXT]}),
            {"food": "pizza", "spoken": "two slices of pizza"},
        ),
        "another name": (declared("food_look_up", food=TEXT), {"food": "pizza"}),
    }
    for tool, arguments in cases.values():
        assert think(brain, words, tools={tool.name: tool}) == Call(tool.name, arguments)


def test_json_schema_declarations_are_read_too(brain: Brain) -> None:
    schema = {"type": "object", "properties": {"food": {"type": "string"}, "unit": {"type": "string"}}}
    tool = FunctionDeclaration.model_validate({"name": "look_up_food", "parametersJsonSchema": schema})
    call = think(brain, "What is in a slice of pizza?", tools={tool.name: tool})
    assert call == Call("look_up_food", {"food": "pizza", "unit": "slice"})


def test_a_missed_meal_becomes_a_call(brain: Brain) -> None:
    assert think(brain, "I missed lunch today.") == Call("missed_meal", {"meal": "lunch"})


def test_meals_that_the_tool_declares_are_known(brain: Brain) -> None:
    tool = declared("missed_meal", meal={"type": "STRING", "enum": ["lunch", "second breakfast"]})
    call = think(brain, "I missed my second breakfast", tools={tool.name: tool})
    assert call == Call("missed_meal", {"meal": "second breakfast"})


def test_tools_that_are_not_declared_are_not_called(brain: Brain) -> None:
    assert think(brain, "What is in a pizza?", tools={}) == Say(cannot(LOOK_UP_FOOD))
    assert think(brain, "I missed lunch.", tools={}) == Say(cannot(MISSED_MEAL))


@pytest.mark.parametrize("words", ["The weather is fine.", "Purple monkeys dance.", "I like to cook."])
def test_what_is_not_understood_is_said(brain: Brain, words: str) -> None:
    assert think(brain, words) == Say(NOT_UNDERSTOOD)


@pytest.mark.parametrize("words", ["", "  ", "..."])
def test_nothing_said_nothing_answered(brain: Brain, words: str) -> None:
    assert think(brain, words) is None


@pytest.mark.parametrize(
    ("words", "start"),
    [
        ("Thank you, that is all.", "You are welcome"),
        ("Goodbye.", "Goodbye"),
        ("Good morning.", "Hello"),
        ("What can you do?", "Tell me"),
        ("What time is it?", "It is "),
    ],
)
def test_small_talk_is_answered(brain: Brain, words: str, start: str) -> None:
    thought = think(brain, words)
    assert isinstance(thought, Say)
    assert thought.text.startswith(start)


def test_what_was_said_is_remembered(brain: Brain) -> None:
    session = Session("m")
    assert think(brain, "What did I say?", session) == Say("You have not said anything yet.")
    session.remarks.append(Remark(by_user=True, text="I like pizza."))
    session.remarks.append(Remark(by_user=False, text="Fine."))
    assert think(brain, "What did I say?", session) == Say("You said: I like pizza.")


# --------------------------------------------------------------------------------------- asking back


def test_a_doubtful_food_is_asked_about_and_yes_looks_it_up(brain: Brain) -> None:
    session = Session("m")
    assert think(brain, "How much fat is in an alveocato?", session) == Say("Did you mean avocado?")
    assert think(brain, "Yes.", session) == Call("look_up_food", {"food": "avocado", "quantity": 1})
    assert think(brain, "Yes.", session) == Say(NOT_UNDERSTOOD)


def test_no_means_no(brain: Brain) -> None:
    session = Session("m")
    think(brain, "How much fat is in an alveocato?", session)
    assert think(brain, "No.", session) == Say(NEVER_MIND)


def test_another_question_is_answered_instead(brain: Brain) -> None:
    session = Session("m")
    think(brain, "How much fat is in an alveocato?", session)
    assert think(brain, "I missed lunch.", session) == Call("missed_meal", {"meal": "lunch"})
    assert session.open_question is None


def test_a_doubtful_meal_is_asked_about(brain: Brain) -> None:
    session = Session("m")
    assert think(brain, "I spit breakfast this morning.", session) == Say("Did you miss breakfast?")
    assert think(brain, "Yes I did.", session) == Call("missed_meal", {"meal": "breakfast"})


def test_a_meal_left_out_is_asked_for(brain: Brain) -> None:
    session = Session("m")
    assert think(brain, "I missed a meal.", session) == Say("Which meal did you miss?")
    assert think(brain, "Dinner.", session) == Call("missed_meal", {"meal": "dinner"})


def test_a_food_that_cannot_be_one_is_asked_for(brain: Brain) -> None:
    session = Session("m")
    thought = think(brain, "How many calories are in the long way home from the sea?", session)
    assert thought == Say("I did not catch which food. What is it?")
    assert think(brain, "Rice.", session) == Call("look_up_food", {"food": "rice"})


# --------------------------------------------------------------------------------------- reporting

CALL = Call("look_up_food", {"food": "pizza", "quantity": 1, "spoken": "a pizza"})


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"ok": True, "said": "Fine."}, "Fine."),
        ({"output": "Fine."}, "Fine."),
        ({"result": {"a": 1}}, "Done."),
        ({"ok": False, "message": "Broken.", "code": "X"}, "Broken."),
        ({"ok": False, "message": "Broken.", "ask": "Which one?"}, "Which one?"),
        ({"error": "it broke"}, TOOL_FAILED),
    ],
)
def test_what_a_tool_returned_is_said(brain: Brain, payload: JsonObject, said: str) -> None:
    assert brain.report(CALL, payload, Session("m")) == said


def ambiguous(*names: str) -> JsonObject:
    candidates = [{"food_id": f"id_of_{name}", "say": f"{name} pizza"} for name in names]
    return {"ok": False, "field": "food", "ask": "Which pizza?", "candidates": candidates}


def test_the_answer_to_a_tools_question_goes_into_the_same_call(brain: Brain) -> None:
    session = Session("m")
    brain.report(CALL, ambiguous("cheese", "pepperoni"), session)
    call = think(brain, "The peperony pizza.", session)
    assert call == Call("look_up_food", {"food": "id_of_pepperoni", "quantity": 1})


@pytest.mark.parametrize("offers", [3, {"a": 1}, [1, None], "text"])
def test_offers_of_any_shape_do_no_harm(brain: Brain, offers: object) -> None:
    session = Session("m")
    payload = {"ok": False, "field": "food", "ask": "Which?", "candidates": offers, "meals": 3}
    assert brain.report(CALL, payload, session) == "Which?"
    assert think(brain, "Purple monkeys.", session) == Say(NOT_UNDERSTOOD)


def test_yes_takes_the_only_candidate_and_asks_again_among_several(brain: Brain) -> None:
    session = Session("m")
    brain.report(CALL, ambiguous("cheese"), session)
    assert think(brain, "Yes.", session) == Call("look_up_food", {"food": "id_of_cheese", "quantity": 1})
    brain.report(CALL, ambiguous("cheese", "pepperoni"), session)
    assert think(brain, "Yes.", session) == Say("Which pizza?")


def test_an_amount_is_filled_in(brain: Brain) -> None:
    session = Session("m")
    brain.report(CALL, {"ok": False, "field": "unit", "ask": "How many grams is it?"}, session)
    call = think(brain, "About two hundred grams.", session)
    assert call == Call("look_up_food", {"food": "pizza", "quantity": 200, "unit": "g"})


def test_a_meal_is_chosen(brain: Brain) -> None:
    session = Session("m")
    payload = {"ok": False, "field": "meal", "ask": "Which meal?", "meals": ["lunch", "dinner"]}
    brain.report(Call("missed_meal", {"meal": "tee"}), payload, session)
    assert think(brain, "Dinner.", session) == Call("missed_meal", {"meal": "dinner"})


# --------------------------------------------------------------------------------------- clarity


@pytest.mark.parametrize(
    ("words", "clarity"),
    [
        ("I missed lunch today.", 2),
        ("How much protein is in a chicken breast?", 2),
        ("Thank you.", 2),
        ("Yes.", 2),
        ("Two slices of pizza.", 2),
        ("How much fat is in an alveocato?", 1),
        ("I spit breakfast this morning.", 1),
        ("How many calories are in the commandment?", 0),
        ("Purple monkeys.", 0),
    ],
)
def test_clear_words_are_told_from_unclear_ones(brain: Brain, words: str, clarity: int) -> None:
    assert brain.clarity(words) == clarity


def test_a_broken_food_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "foods.yaml").write_text("foods: 3")
    with pytest.raises(ConfigError, match=r"foods\.yaml"):
        Brain.load(tmp_path / "foods.yaml")
