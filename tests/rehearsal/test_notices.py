"""What the device tells the model about breaks, read from its own texts; and the rest of a reply."""

from __future__ import annotations

import pytest

from device.events import ToolCall, ToolOutcome
from device.live.prompts import go_on, late_outcome, restored
from device.rehearsal.answers import rest_of
from device.rehearsal.notices import Aside, GoOn, LateOutcome, notice_in
from device.rehearsal.wits import Call

QUOTING = 'the "big" pizza, was it?'


def outcome(**payload: object) -> ToolOutcome:
    return ToolOutcome(call_id="call-1", name="missed_meal", payload=payload)


@pytest.mark.parametrize("asked", ["", "I missed lunch.", QUOTING])
@pytest.mark.parametrize("said", ["", "Lunch moves", f"You said {QUOTING}"])
def test_a_reply_to_go_on_with_is_understood(asked: str, said: str) -> None:
    assert notice_in(go_on(asked, said)) == GoOn(asked, said)


def test_a_reply_to_go_on_with_brings_what_a_tool_had_returned() -> None:
    call = ToolCall("c1", "missed_meal", {"meal": "lunch"})
    asked, said = "I missed lunch.", "Lunch moves"
    text = go_on(asked, said, [(call, outcome(said="Lunch moves to dinner."))])
    known = LateOutcome(Call("missed_meal", {"meal": "lunch"}), {"said": "Lunch moves to dinner."}, asked)
    assert notice_in(text) == GoOn(asked, said, known)


@pytest.mark.parametrize("asked", ["", "I missed lunch.", QUOTING])
def test_a_late_outcome_is_understood(asked: str) -> None:
    payload = {"ok": True, "said": 'Lunch "moves".', "plan": {"lunch": [1, 2.5, None]}}
    text = late_outcome(outcome(**payload), {"meal": "lunch}"}, asked, silent=False)
    assert notice_in(text) == LateOutcome(Call("missed_meal", {"meal": "lunch}"}), payload, asked)


def test_an_outcome_without_arguments_or_a_proper_payload_is_understood() -> None:
    text = late_outcome(outcome(), {}, "", silent=False)
    assert notice_in(text) == LateOutcome(Call("missed_meal", {}), {}, "")
    improper = '"done"'.join(text.rsplit("{}", 1))
    assert notice_in(improper) == LateOutcome(Call("missed_meal", {}), {"output": "done"}, "")


@pytest.mark.parametrize(
    "text",
    [
        late_outcome(outcome(said="Done."), {}, "I missed lunch.", silent=True),
        late_outcome(outcome(), {}, "", silent=False).replace("{}", "{"),
        restored(""),
        restored("Today is Monday."),
    ],
)
def test_what_wants_no_answer_is_an_aside(text: str) -> None:
    assert notice_in(text) == Aside()


@pytest.mark.parametrize(
    "text", ["", "I missed lunch.", "The connection broke off while you were answering.", "a message for you"]
)
def test_what_a_person_may_have_said_is_no_notice(text: str) -> None:
    assert notice_in(text) is None


def test_wording_may_differ_in_case_and_blanks() -> None:
    text = go_on("I missed lunch.", "Lunch moves").replace(" ", "\n  ").upper()
    assert notice_in(text) == GoOn("I\n  MISSED\n  LUNCH.", "LUNCH\n  MOVES")


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("", "Lunch, 1.5 portions, moves to dinner."),
        ("Lunch", "1.5 portions, moves to dinner."),
        ("  lunch 1.5  PORTIONS", "moves to dinner."),
        ("portions, moves", "to dinner."),
        ("Lunch, 1.5 portions, moves to dinner", ""),
        ("Lunch, 1.5 portions, moves to dinner. That was", ""),
        ("Breakfast", None),
        ("Lunch 1.5 portions move", None),
    ],
)
def test_the_rest_of_a_reply_is_what_follows_the_words_already_said(said: str, rest: str | None) -> None:
    assert rest_of("Lunch, 1.5 portions, moves to dinner.", said) == rest
