"""undo: taking back what was logged, and logging it again after all."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from device.nutrition.events import (
    ActivityDone,
    Fact,
    FoodEaten,
    MealMissed,
    ProfileChanged,
    WaterDrunk,
    WeightTaken,
)
from device.nutrition.records import Entry, NothingToUndoError, Undone
from device.tools.asked import PersonalArguments
from device.tools.foodwords import counted, fitting, minutes_said, wordings_of
from device.tools.kitchen import Request
from device.tools.payloads import Payload, ToolError
from device.tools.today import day_of, day_said, told
from device.tools.tool import tool

_KINDS = (ProfileChanged, FoodEaten, ActivityDone, MealMissed, WaterDrunk, WeightTaken)
"""What an entry is called by: the first of these that is in it."""


class UndoArguments(PersonalArguments):
    """What is to be undone."""

    undo_id: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="The undo_id of an earlier answer; leave it out for the last that was logged."
    )
    again: bool | None = Field(
        None, description="True to log again what was undone before, where the person wants it after all."
    )


@tool(changes=True)
def undo(arguments: UndoArguments, request: Request) -> Payload:
    """Take back what was logged: the last entry of the person, or that of an undo_id, with all the changes of
    the plan that came with it. Call it when somebody says that something was wrong or asks to undo it; to
    correct an entry, undo it and log it anew. It answers with what it was and the day as it is now.
    """
    kitchen, is_again = request.kitchen, bool(arguments.again)
    with kitchen.diary.together():
        person = kitchen.people.who(arguments.person).name
        undone = _turned(arguments.undo_id, request, person, is_again)
        today = kitchen.diary.clock.today()
        entry_day = undone.entry.events[0].moment.day if undone.entry.events else today
        day = day_of(kitchen, arguments.person, (today - entry_day).days)
    said = _said(undone, is_again, day_said(entry_day, today))
    return told(day, said, said, undo_id=undone.entry.call_id, changed=undone.has_changed)


def _turned(target: str | None, request: Request, person: str, is_again: bool) -> Undone:
    diary = request.kitchen.diary
    turn = diary.redo if is_again else diary.undo
    try:
        return turn(request.call_id, person, target or None)
    except NothingToUndoError as error:
        verb = "log again" if is_again else "undo"
        raise ToolError(
            "NOTHING_TO_UNDO",
            f"{error} Nothing was changed.",
            ask=f"I find nothing to {verb}. What did you have in mind?",
        ) from None


def _said(undone: Undone, is_again: bool, on_day: str) -> str:
    first = "Noted again" if is_again else "Undone"
    if not undone.has_changed:
        first = "That counts already" if is_again else "That was undone already"
    place = f" for {on_day}" if on_day else ""
    return fitting(*(f"{first}{place}: {what}." for what in _wordings_of(undone.entry)), f"{first}{place}.")


def _wordings_of(entry: Entry) -> tuple[str, ...]:
    """What an entry logged, as it is said, in full first."""
    fact = _fact_of(entry)
    if isinstance(fact, FoodEaten):
        return wordings_of(fact.items)
    if isinstance(fact, ActivityDone):
        return (f"{fact.name}, {minutes_said(fact.minutes)}",)
    if isinstance(fact, MealMissed):
        return (f"{fact.meal} missed",)
    if isinstance(fact, WaterDrunk):
        return (f"{counted(round(fact.ml), 'ml')} of water",)
    if isinstance(fact, WeightTaken):
        return ("the weight",)
    return ("a change of the profile" if isinstance(fact, ProfileChanged) else "a change of the plan",)


def _fact_of(entry: Entry) -> Fact | None:
    facts = [event.fact for event in entry.events]
    return next((fact for kind in _KINDS for fact in facts if isinstance(fact, kind)), None)
