"""What the stand-in makes of words: an intent, a tool call or an answer, and an answer from a tool's result.

It understands a few things well and says so when it does not understand. It never invents a number about
food: those come from the client's tools, like those of the model that it stands in for.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from device.errors import UnavailableError
from device.nutrition.foods import FoodDatabase
from device.rehearsal import toolbox
from device.rehearsal.foodears import FoodEars, HeardFood
from device.rehearsal.handles import Session
from device.rehearsal.intents import (
    FoodQuestion,
    Intent,
    MissedMeal,
    SmallTalk,
    food_question,
    missed_meal,
    small_talk,
    yes_or_no,
)
from device.rehearsal.questions import (
    ABILITIES,
    AskBack,
    ConfirmCall,
    WhichFood,
    WhichMeal,
    answer,
    question_of_tool,
)
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Say, Thought, Tools
from device.rehearsal.words import tidy

NOT_UNDERSTOOD = f"Sorry, I did not understand that. {ABILITIES}"
NO_FOOD_TOOL = "I cannot look up foods here."
NO_MEAL_TOOL = "I cannot keep track of meals here."
TOOL_FAILED = "Sorry, that did not work."

_SMALL_ANSWERS = {
    SmallTalk.THANKS: "You are welcome.",
    SmallTalk.GOODBYE: "Goodbye.",
    SmallTalk.GREETING: f"Hello. {ABILITIES}",
    SmallTalk.ABILITIES: ABILITIES,
}


class Brain:
    """Knows foods by name, English, and what was asked back last (which it keeps in the session)."""

    def __init__(self, foods: FoodDatabase) -> None:
        self._ears = FoodEars(foods)

    @classmethod
    def load(cls, path: Path | None = None) -> Brain:
        """With the foods of a foods.yaml, the shipped one by default.

        Raises ConfigError where the file is wrong, UnavailableError where no foods are shipped.
        """
        return cls(FoodDatabase.load(path or shipped_foods()))

    # ------------------------------------------------------------------------------------- listening

    def consider(self, words: str, session: Session, tools: Tools) -> Thought:
        """What to do about what a person said; None where nothing was said."""
        text = tidy(words)
        if not text:
            return None
        question, session.open_question = session.open_question, None
        meals = toolbox.meal_names(tools)
        clear = self._clear_intent(text, meals)
        answered = None if clear else answer(question, text, meals, self._ears)
        if answered is not None:
            return answered
        thought = self._act_on(clear or missed_meal(text, meals), text, session, tools)
        if isinstance(thought, AskBack):
            session.open_question = thought
            return Say(thought.text)
        return thought

    def clarity(self, words: str) -> int:
        """How well words can be understood: 2 well, 1 with a question back, 0 not at all."""
        text = tidy(words)
        intent = self._clear_intent(text, ())
        if isinstance(intent, FoodQuestion):
            heard = self._ears.hear(intent.phrase)
            return _clarity_of(heard)
        if intent is not None or yes_or_no(text) is not None or self._ears.names_food(text):
            return 2
        return int(missed_meal(text) is not None)

    def _clear_intent(self, text: str, meals: tuple[str, ...]) -> Intent | None:
        meal = missed_meal(text, meals)
        return meal if meal and meal.sure else food_question(text) or small_talk(text)

    def _act_on(self, intent: Intent | None, text: str, session: Session, tools: Tools) -> Thought | AskBack:
        if isinstance(intent, MissedMeal):
            return _missed(intent, tools)
        if isinstance(intent, FoodQuestion):
            return self._look_up(intent.phrase, tools)
        if intent is SmallTalk.TIME:
            return Say(f"It is {datetime.now().astimezone():%H:%M}.")
        if intent is SmallTalk.RECALL:
            return Say(_last_said(session))
        if intent is not None:
            return Say(_SMALL_ANSWERS[intent])
        return self._look_up(text, tools) if self._ears.names_food(text) else Say(NOT_UNDERSTOOD)

    def _look_up(self, phrase: str, tools: Tools) -> Thought | AskBack:
        tool = toolbox.food_tool(tools)
        if tool is None:
            return Say(NO_FOOD_TOOL)
        heard = self._ears.hear(phrase)
        if heard is None:
            return WhichFood()
        call = toolbox.look_up(tool, heard.name, heard.amount, phrase if heard.as_said else "")
        return ConfirmCall(call, f"Did you mean {heard.name}?") if heard.doubtful else call

    # ------------------------------------------------------------------------------------- reporting

    def report(self, call: Call, payload: JsonObject, session: Session) -> str:
        """What to say about the answer of a tool; what the tool asks back is remembered in the session."""
        if payload.get("ok") is False or "error" in payload:
            session.open_question = question_of_tool(call, payload)
            return str(payload.get("ask") or payload.get("message") or TOOL_FAILED)
        said = payload.get("said") or payload.get("output") or payload.get("result")
        return said if isinstance(said, str) else "Done."


def shipped_foods() -> Path:
    """The foods that come with Ladle, installed or in the checkout. Raises UnavailableError."""
    package = Path(__file__).parents[1]
    for folder in (package / "shipped", package.parent / "config"):
        if (folder / "foods.yaml").is_file():
            return folder / "foods.yaml"
    raise UnavailableError("The rehearsal has no foods: foods.yaml is missing. Install Ladle again.")


def _missed(intent: MissedMeal, tools: Tools) -> Thought | AskBack:
    tool = toolbox.meal_tool(tools)
    if tool is None:
        return Say(NO_MEAL_TOOL)
    if not intent.meal:
        return WhichMeal(tool.name)
    call = toolbox.miss(tool, intent.meal)
    return call if intent.sure else ConfirmCall(call, f"Did you miss {intent.meal}?")


def _last_said(session: Session) -> str:
    said = [remark.text for remark in session.remarks if remark.by_user]
    return f"You said: {said[-1]}" if said else "You have not said anything yet."


def _clarity_of(heard: HeardFood | None) -> int:
    if heard is None or not heard.known:
        return 0
    return 1 if heard.doubtful else 2
