"""Questions that were asked back, and what the next words mean as an answer to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from device.nutrition.portions import parse_quantity
from device.rehearsal.foodears import FoodEars
from device.rehearsal.intents import LEAST_SURE_MEAL, find_meal, yes_or_no
from device.rehearsal.sounds import nearest
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Say, Thought

ABILITIES = "Tell me that you missed a meal, or ask me what is in a food."
NEVER_MIND = f"All right. {ABILITIES}"
ALIKE = 0.72  # how much an answer has to sound like one of the offers


@dataclass(frozen=True, slots=True)
class ConfirmCall:
    """Asked "did you mean": yes makes this call."""

    call: Call
    text: str


@dataclass(frozen=True, slots=True)
class WhichMeal:
    """Asked which meal was missed."""

    tool: str
    text: str = "Which meal did you miss?"


@dataclass(frozen=True, slots=True)
class WhichFood:
    """Asked which food was meant; the name of a food is enough of an answer at any time."""

    text: str = "I did not catch which food. What is it?"


AskBack = ConfirmCall | WhichMeal | WhichFood


@dataclass(frozen=True, slots=True)
class FromTool:
    """A tool asked back about one argument of a call; the answer goes into the same call.

    offers: what it offered, by what it is called; the value is what the tool wants to get.
    """

    call: Call
    field: str
    offers: tuple[tuple[str, str], ...]
    text: str


def question_of_tool(call: Call, payload: JsonObject) -> FromTool | None:
    """The question in a tool's error payload: `ask`, the `field` it is about, and `candidates` or `meals`."""
    if not payload.get("ask") or not payload.get("field"):
        return None
    foods = [item for item in _listed(payload.get("candidates")) if isinstance(item, dict)]
    offers = [(str(food.get("say", "")), str(food.get("food_id", food.get("say", "")))) for food in foods]
    offers += [(str(meal), str(meal)) for meal in _listed(payload.get("meals"))]
    return FromTool(call, str(payload["field"]), tuple(offers), str(payload["ask"]))


def _listed(value: object) -> list[object]:
    """Lists are what we look for; a client may send anything."""
    return value if isinstance(value, list) else []


def answer(question: object, text: str, meals: tuple[str, ...], ears: FoodEars) -> Thought:
    """What the text means as an answer to the question; None where it is none."""
    consent = yes_or_no(text)
    if question is not None and consent is False:
        return Say(NEVER_MIND)
    if isinstance(question, ConfirmCall):
        return question.call if consent else None
    if isinstance(question, WhichMeal):
        meal, likeness = find_meal(text, meals)
        return Call(question.tool, {"meal": meal}) if likeness >= LEAST_SURE_MEAL else None
    if isinstance(question, FromTool):
        return _answer_to_tool(question, text, ears, consent=bool(consent))
    return None


def _answer_to_tool(question: FromTool, text: str, ears: FoodEars, *, consent: bool) -> Thought:
    if consent:
        return _with(question, question.offers[0][1]) if len(question.offers) == 1 else Say(question.text)
    if question.field in {"unit", "quantity"}:
        return _with_amount(question.call, text)
    name, likeness = nearest(text, tuple(say for say, _ in question.offers))
    if likeness >= ALIKE:
        return _with(question, dict(question.offers)[name])
    return _with(question, text) if question.field == "food" and ears.names_food(text) else None


def _with(question: FromTool, value: str) -> Call:
    arguments = {name: given for name, given in question.call.arguments.items() if name != "spoken"}
    return replace(question.call, arguments=arguments | {question.field: value})


def _with_amount(call: Call, text: str) -> Thought:
    quantity = parse_quantity(text).quantity
    if quantity is None:
        return None
    kept = {name: given for name, given in call.arguments.items() if name not in {"spoken", "unit", "size"}}
    unit = {"unit": quantity.unit} if quantity.unit else {}
    return replace(call, arguments=kept | {"quantity": quantity.amount} | unit)
