"""What people tell of themselves and of each other."""

from __future__ import annotations

import pytest

from device.rehearsal.brain import ONE_PERSON, Brain
from device.rehearsal.handles import Session
from device.rehearsal.questions import NEVER_MIND
from device.rehearsal.wits import Call, Say
from tests.rehearsal.test_brain_answers import MISSED, answered, items, problem
from tests.rehearsal.test_brain_requests import ARGUMENTS, MODEL, TEXT, TOOLS, declared


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain.load()


# --------------------------------------------------------------------------------------- the profile


@pytest.mark.parametrize(
    ("field", "words", "value"),
    [
        ("age_years", "Forty.", 40),
        ("age_years", "I am forty-one.", 41),
        ("sex", "Female.", "female"),
        ("sex", "The one for men.", "male"),
        ("sex", "The middle.", "unspecified"),
        ("height_cm", "One hundred and seventy centimetres.", 170),
        ("height_cm", "Five foot six.", 168),
        ("height_cm", "One metre seventy.", 170),
        ("height_cm", "170", 170),
        ("weight_kg", "Sixty five kilos.", 65),
        ("weight_kg", "I weigh sixty five kilos.", 65),
        ("weight_kg", "Ten stone.", 63.5),
        ("activity", "Mostly sitting.", "sitting"),
        ("activity", "On my feet now and then.", "light"),
        ("activity", "Active.", "active"),
        ("goal", "Keep my weight.", "maintain"),
        ("goal", "I want to lose some.", "lose"),
        ("goal", "Gain.", "gain"),
        ("conditions", "No.", []),
        ("conditions", "No, nothing.", []),
        ("conditions", "I take insulin.", ["glucose_medicine"]),
    ],
)
def test_answers_about_oneself_go_into_the_profile(
    brain: Brain, field: str, words: str, value: object
) -> None:
    known = Call("set_profile", {"diet": "vegan"})
    payload = problem("One more thing?", code="NEED_PROFILE_FIELD", field=field)
    assert answered(brain, known, payload, words) == Call("set_profile", {"diet": "vegan", field: value})


def test_a_profile_grows_with_each_answer(brain: Brain) -> None:
    session = Session(MODEL)
    call = brain.consider("Set up my profile.", session, TOOLS)
    answers = {
        "age_years": "I am 40.",
        "sex": "Female.",
        "height_cm": "170 centimetres",
        "weight_kg": "65 kilos",
    }
    for field, words in answers.items():
        assert isinstance(call, Call)
        brain.report(call, problem("?", code="NEED_PROFILE_FIELD", field=field), session)
        call = brain.consider(words, session, TOOLS)
    told = {"age_years": 40, "sex": "female", "height_cm": 170, "weight_kg": 65}
    assert call == Call("set_profile", told)


def test_what_is_told_besides_is_taken_too(brain: Brain) -> None:
    payload = problem("How old are you?", field="age_years")
    call = answered(brain, Call("set_profile", {}), payload, "I am 40 years old and weigh 65 kilos.")
    assert call == Call("set_profile", {"age_years": 40, "weight_kg": 65})


def test_no_to_any_other_question_ends_it(brain: Brain) -> None:
    payload = problem("How old are you?", field="age_years")
    assert answered(brain, Call("set_profile", {}), payload, "No.") == Say(NEVER_MIND)


def test_something_else_is_answered_first(brain: Brain) -> None:
    payload = problem("How old are you?", field="age_years")
    call = answered(brain, Call("set_profile", {}), payload, "What is in 40 grams of rice?")
    assert call == Call("look_up_food", {"food": "rice", "quantity": 40, "unit": "g"})


def test_a_question_may_lead_to_another_tool(brain: Brain) -> None:
    call = Call("log_activity", {"activity": "run", "minutes": 30, "person": "Anna"})
    retry = {"tool": "set_profile", "set": {"weight_kg": "<what they weigh>"}}
    payload = problem("What do you weigh?", field="weight_kg", retry=retry)
    assert answered(brain, call, payload, "65 kilos") == Call(
        "set_profile", {"person": "Anna", "weight_kg": 65}
    )


# --------------------------------------------------------------------------------------- people


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (
            "Anna had a slice of pizza.",
            Call("log_food", {**items({"food": "pizza", "quantity": 1, "unit": "slice"}), "person": "Anna"}),
        ),
        ("Ben missed lunch.", Call("missed_meal", {"meal": "lunch", "person": "Ben"})),
        (
            "Anna ran for half an hour.",
            Call("log_activity", {"activity": "run", "minutes": 30, "person": "Anna"}),
        ),
        (
            "Peter, eight, two, eggs for breakfast.",
            Call(
                "log_food", {**items({"food": "eggs", "quantity": 2}), "meal": "breakfast", "person": "Peter"}
            ),
        ),
        ("Maria weighs 60 kilos.", Call("log_weight", {"weight": 60, "unit": "kg", "person": "Maria"})),
        ("Ben is 12 years old.", Call("set_profile", {"age_years": 12, "person": "Ben"})),
        ("Anna didn't have dinner.", Call("missed_meal", {"meal": "dinner", "person": "Anna"})),
        (
            "Ben has eaten a banana.",
            Call("log_food", {**items({"food": "banana", "quantity": 1}), "person": "Ben"}),
        ),
        (
            "Log a banana for Ben.",
            Call("log_food", {**items({"food": "banana", "quantity": 1}), "person": "Ben"}),
        ),
    ],
)
def test_what_others_did_is_theirs(brain: Brain, words: str, call: Call) -> None:
    assert brain.consider(words, Session(MODEL), TOOLS) == call


def test_declared_names_need_no_capital(brain: Brain) -> None:
    tool = declared("missed_meal", ARGUMENTS["missed_meal"] | {"person": TEXT | {"enum": ["Anna", "Ben"]}})
    call = brain.consider("anna missed lunch", Session(MODEL), {tool.name: tool})
    assert call == Call("missed_meal", {"meal": "lunch", "person": "Anna"})


def test_where_nobody_can_be_named_nothing_is_written_down_for_another(brain: Brain) -> None:
    tool = declared("missed_meal", {"meal": TEXT})
    assert brain.consider("Anna missed lunch.", Session(MODEL), {tool.name: tool}) == Say(ONE_PERSON)


@pytest.mark.parametrize("words", ["Today I missed lunch.", "Yesterday we missed lunch.", "We missed lunch."])
def test_words_with_a_capital_are_not_always_names(brain: Brain, words: str) -> None:
    assert brain.consider(words, Session(MODEL), TOOLS) == MISSED
