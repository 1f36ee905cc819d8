"""What the stand-in makes of words: a tool call or an answer, and an answer from a tool's result.

It understands a few things well and says so when it does not understand. It never invents a number about
food: those come from the client's tools, like those of the model that it stands in for.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from device.errors import UnavailableError
from device.nutrition.activities import Activities
from device.nutrition.foods import FoodDatabase
from device.nutrition.portions import parse_quantity
from device.rehearsal import toolbox
from device.rehearsal.durations import find_duration
from device.rehearsal.foodears import HOME_LANGUAGE, FoodEars
from device.rehearsal.handles import Session
from device.rehearsal.intents import SmallTalk, small_talk, yes_or_no
from device.rehearsal.questions import (
    ABILITIES,
    AskedBack,
    ConfirmCall,
    Question,
    answer,
    question_of_tool,
)
from device.rehearsal.requests import clear_request, tentative_request
from device.rehearsal.sentences import Request, Sentence, Vocabulary, sentence_of
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Say, Thought, Tools

NOT_UNDERSTOOD = f"Sorry, I did not understand that. {ABILITIES}"
ONE_PERSON = "I keep this for one person here."
TOOL_FAILED = "Sorry, that did not work."

_SMALL_ANSWERS = {
    SmallTalk.THANKS: "You are welcome.",
    SmallTalk.GOODBYE: "Goodbye.",
    SmallTalk.GREETING: f"Hello. {ABILITIES}",
    SmallTalk.ABILITIES: ABILITIES,
}


class Brain:
    """Knows foods and activities by name, English, and what was asked back last (kept in the session)."""

    def __init__(self, foods: FoodDatabase, activities: Activities) -> None:
        self._vocabulary = Vocabulary(foods, FoodEars(foods), _joint_names(foods), activities)

    @classmethod
    def load(cls, foods: Path | None = None) -> Brain:
        """With the foods of a foods.yaml, the shipped one by default, and the shipped activities.

        Raises ConfigError where a file is wrong, UnavailableError where none is shipped.
        """
        return cls(
            FoodDatabase.load(foods or shipped("foods.yaml")), Activities.load(shipped("activities.yaml"))
        )

    # ------------------------------------------------------------------------------------- listening

    def consider(self, words: str, session: Session, tools: Tools) -> Thought:
        """What to do about what a person said; None where nothing was said."""
        sentence = sentence_of(words, toolbox.meal_names(tools), toolbox.people_names(tools))
        if not sentence.text:
            return None
        question, session.open_question = session.open_question, None
        thought = self._thought_about(sentence, question, session, tools)
        if thought is None:
            session.open_question = question
            return Say(NOT_UNDERSTOOD)
        if isinstance(thought, ConfirmCall | AskedBack):
            session.open_question = thought
            return Say(thought.text)
        return thought

    def clarity(self, words: str) -> int:
        """How well words can be understood: 2 well, 1 with a question back, 0 not at all."""
        sentence = sentence_of(words)
        request = clear_request(sentence, self._vocabulary)
        if request is not None:
            return _clarity_of(request, sentence)
        if small_talk(sentence.text) or _is_short_answer(sentence.text):
            return 2
        request = tentative_request(sentence, self._vocabulary)
        if request is None:
            return 0
        return 2 if request.tool == toolbox.LOOK_UP_FOOD and not request.ask else 1

    def _thought_about(
        self, sentence: Sentence, question: object, session: Session, tools: Tools
    ) -> Say | Call | Question | None:
        """What to do, or what to ask back; None where the sentence was not understood."""
        request = clear_request(sentence, self._vocabulary)
        answered = answer(question, sentence, request, self._vocabulary)
        if answered is not None:
            return answered
        talk = None if request else small_talk(sentence.text)
        if talk is not None:
            return Say(_small_answer(talk, session))
        request = request or tentative_request(sentence, self._vocabulary)
        return _act_on(request, sentence.person, tools) if request else None

    # ------------------------------------------------------------------------------------- reporting

    def report(self, call: Call, payload: JsonObject, session: Session) -> str:
        """What to say about the answer of a tool; what the tool asks back is remembered in the session."""
        if payload.get("ok") is False or "error" in payload:
            session.open_question = question_of_tool(call, payload)
            return str(payload.get("ask") or payload.get("message") or TOOL_FAILED)
        said = payload.get("said") or payload.get("output") or payload.get("result")
        care = payload.get("care")
        told = [text for text in (said, care) if isinstance(text, str) and text]
        return " ".join(told) or "Done."


def shipped(name: str) -> Path:
    """A data file that comes with Ladle, installed or in the checkout. Raises UnavailableError."""
    package = Path(__file__).parents[1]
    for folder in (package / "shipped", package.parent / "config"):
        if (folder / name).is_file():
            return folder / name
    raise UnavailableError(f"The rehearsal misses a file: {name}. Install Ladle again.")


def _joint_names(foods: FoodDatabase) -> tuple[str, ...]:
    """The names of foods that would fall apart at an "and" or a "with"."""
    names = (name for food in foods.foods for name in (food.name, *food.aliases.get(HOME_LANGUAGE, ())))
    return tuple(
        sorted({name.casefold() for name in names if " and " in name or " with " in name.casefold()})
    )


def _act_on(request: Request, person: str, tools: Tools) -> Say | Call | Question:
    tool = toolbox.find_tool(request.tool, tools)
    if tool is None:
        return Say(toolbox.cannot(request.tool))
    if person and toolbox.is_for_one_only(request.tool, tool):
        return Say(ONE_PERSON)
    whose = {toolbox.PERSON: person} if person else {}
    call = toolbox.call_of(tool, {**request.arguments, **whose})
    if request.lacks:
        return AskedBack(call, request.lacks, (), request.ask)
    return ConfirmCall(call, request.ask) if request.ask else call


def _small_answer(talk: SmallTalk, session: Session) -> str:
    if talk is SmallTalk.TIME:
        return f"It is {datetime.now().astimezone():%H:%M}."
    return _last_said(session) if talk is SmallTalk.RECALL else _SMALL_ANSWERS[talk]


def _last_said(session: Session) -> str:
    said = [remark.text for remark in session.remarks if remark.by_user]
    return f"You said: {said[-1]}" if said else "You have not said anything yet."


def _clarity_of(request: Request, sentence: Sentence) -> int:
    """What lacks a food was not heard; what was put right or is asked about may be heard better yet."""
    if request.ask and not request.lacks:
        return 1
    if request.lacks or request.is_vague:
        return 0
    return 1 if sentence.is_repaired else 2


def _is_short_answer(text: str) -> bool:
    """A yes, a no, a duration or an amount: what a question may have been answered with."""
    amount, duration = parse_quantity(text), find_duration(text)
    is_amount = amount.quantity is not None and not amount.food
    is_duration = duration is not None and not duration.without
    return yes_or_no(text) is not None or is_amount or is_duration
