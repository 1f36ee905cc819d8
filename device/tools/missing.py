"""missed_meal: a meal was not eaten, and what it should have held may move to the meals after it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from device.nutrition.dayplan import MealStatus, MovedTarget, Proposal, propose_missed
from device.nutrition.macros import total
from device.nutrition.plan import PlannedMeal
from device.tools.asked import ConsentArguments
from device.tools.foodwords import fitting, sentence
from device.tools.kitchen import Kitchen, Request
from device.tools.payloads import Payload, macros_payload, require_consent
from device.tools.today import (
    PersonsDay,
    careful_question,
    day_of,
    meal_meant,
    rules_for,
    told,
)
from device.tools.tool import tool

MOST_LETTERS_IN_FULL = 800
"""Of meals told with all their macronutrients; where it would be more, their energy alone is told."""
MOST_TOLD = 10
IF_NOT = "If they would rather not, call again with move false: the meal is noted, and no other changes."


class MissedMealArguments(ConsentArguments):
    """The meal, and whether others may change."""

    meal: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="The meal of today as the person named it, such as 'lunch' or 'my midday meal'."
    )
    on_purpose: bool = Field(
        False, description="True if the person chose to leave the meal out; then no other meal changes."
    )
    move: bool = Field(True, description="False if the person wants the other meals to stay as they are.")


@tool(changes=True)
def missed_meal(arguments: MissedMealArguments, request: Request) -> Payload:
    """Record that a meal of today was missed or will be, and move what it should have held to the meals still
    to come today. Call it when a person says that they missed, forgot or skipped a meal. Where other meals
    would change, the first call changes nothing and answers NOT_CONFIRMED with what each would become: put
    `ask` to the person, and call again with confirm for a yes, or with move false for a no. The answer holds
    the meals before and after, in kcal and g, and left_over, what moved to no meal.
    """
    kitchen = request.kitchen
    with kitchen.diary.together():
        day = day_of(kitchen, arguments.person)
        meal = meal_meant(day.plan, arguments.meal, "missed_meal")
        status = day.state.meal(meal).status
        if status is not MealStatus.OPEN:
            known = f"{sentence(meal.name)} is down as {status} today already; nothing has changed."
            said = fitting(known, f"That meal is down as {status} today already; nothing has changed.")
            return told(day, said, said, changed=False, meal=meal.name)
        missed = _Missed(kitchen, day, meal, arguments)
        missed.ask_first(arguments.confirm)
        kitchen.diary.log(request.call_id, day.person, missed.proposal.happenings)
        after = day_of(kitchen, arguments.person)
    care = careful_question(kitchen, after) if arguments.on_purpose else {}
    return told(
        after,
        missed.said(),
        missed.said_quietly(),
        numbers=missed.numbers(),
        undo_id=request.call_id,
        changed=True,
        meal=meal.name,
        **care,
    )


class _Missed:
    """What missing a meal comes to, and how it is told."""

    def __init__(
        self, kitchen: Kitchen, day: PersonsDay, meal: PlannedMeal, arguments: MissedMealArguments
    ) -> None:
        now = kitchen.now()
        rules = rules_for(kitchen, day, "missed_meal", meal.name)
        proposal = propose_missed(day.state, meal, now, is_on_purpose=arguments.on_purpose, rules=rules)
        self.proposal: Proposal = proposal if arguments.move else replace(proposal, moved=())
        self._day = day
        self._name = meal.name
        self._is_wanted_so = arguments.on_purpose or not arguments.move
        self._has_meals_to_come = bool(day.state.coming(now, meal))
        self._moved = [moved for moved in self.proposal.moved if moved.before != moved.after]

    @property
    def _kcal(self) -> int:
        return round(self.proposal.amount.energy_kcal)

    @property
    def _evens_kcal(self) -> int:
        """What of it a day takes in which more was eaten than planned."""
        return min(self._kcal, max(0, round(-self.proposal.state.left_over.energy_kcal)))

    @property
    def _open_kcal(self) -> int:
        """What of it is in no meal and fills no gap."""
        return max(0, round(self.proposal.residual.energy_kcal) - self._evens_kcal)

    def numbers(self) -> dict[str, Any]:
        """Before and after, in kcal and g; what was missed and what moved add up with what is left over."""
        return {
            "missed": macros_payload(self.proposal.amount),
            "meals": _meals_payload(self._moved),
            "left_over": macros_payload(self.proposal.residual),
        }

    # ------------------------------------------------------------------------------------- asking

    def ask_first(self, confirm: str | None) -> None:
        """Go on only with consent to what other meals would become; where none changes, none is needed.

        Raises:
            ToolError: NOT_CONFIRMED.
        """
        if not self._moved:
            return
        state = self._day.state
        changes = [(moved.meal.name, moved.before, moved.after) for moved in self._moved]
        proposal = (self._day.person, state.date, self._name, changes, self.proposal.residual)
        numbers = {} if self._day.is_quiet else self.numbers()
        require_consent(confirm, self._ask(), "missed_meal", proposal, **numbers, if_not=IF_NOT)

    def _ask(self) -> str:
        if self._day.is_quiet:
            return fitting(
                f"Shall I spread {self._name} over the rest of today?",
                "Shall I spread that meal over the rest of today?",
            )
        each = _each(self._moved, " becomes")
        meals, rest = _meals(len(self._moved)), f"{self._rest('; ')}. Shall I?"
        then = f"then {self._together} together{rest}"
        its_kcal = f"Its {self._kcal:,} calories"
        return fitting(
            f"The {self._kcal:,} calories of {self._name} could move: {each}{rest}",
            f"The {self._kcal:,} calories of {self._name} could move to the {meals} to come, {then}",
            f"{its_kcal} could move to the {meals} to come, {then}",
            f"{its_kcal} could move to {meals}, {then}",
        )

    # ------------------------------------------------------------------------------------- saying

    def said(self) -> str:
        """What became of the meal, and what is left over."""
        if not self._moved:
            return self._said_unmoved()
        rest = self._rest(". ")
        name = sentence(self._name)
        together = f"to the {_meals(len(self._moved))} to come, now {self._together} calories together"
        return fitting(
            f"{name} moves to the rest of today: {_each(self._moved)} calories{rest}.",
            f"{name} moves {together}{rest}.",
            f"That meal moves {together}{rest}.",
        )

    def said_quietly(self) -> str:
        """The same without numbers."""
        name = sentence(self._name)
        if not self._moved:
            return fitting(
                f"{name} is noted as not eaten, and nothing else changes.",
                "The meal is noted as not eaten, and nothing else changes.",
            )
        rest = "; what did not fit stays open" if self._open_kcal else ""
        return fitting(
            f"{name} is spread over the rest of today{rest}.",
            f"That meal is spread over the rest of today{rest}.",
        )

    def _said_unmoved(self) -> str:
        its_kcal = f"its {self._kcal:,} calories"
        if self._evens_kcal:
            its_kcal = f"{self._open_kcal:,} of {its_kcal}"
        if not self._open_kcal:
            what = f"its {self._kcal:,} calories even out what was eaten before."
        elif self._is_wanted_so:
            what = f"nothing moves, and {its_kcal} stay open for whenever you want them."
        elif self._has_meals_to_come:
            what = f"the meals to come are full, so {its_kcal} stay open. That is fine."
        else:
            what = f"no meal is to come today, so {its_kcal} stay open. That is fine."
        return fitting(f"{sentence(self._name)} is noted: {what}", f"The meal is noted: {what}")

    def _rest(self, joint: str) -> str:
        """What moved to no meal, which is never left out."""
        parts = []
        if self._evens_kcal:
            verb = "evens" if self._evens_kcal == 1 else "even"
            parts.append(f"{self._evens_kcal:,} {verb} out what was eaten before")
        if self._open_kcal:
            parts.append(f"{self._open_kcal:,} {'stays' if self._open_kcal == 1 else 'stay'} open")
        return joint + ", ".join(parts) if parts else ""

    @property
    def _together(self) -> str:
        return f"{total(moved.after for moved in self._moved).energy_kcal:,.0f}"


def _each(moved: Sequence[MovedTarget], verb: str = "") -> str:
    """Such as "snack becomes 244, dinner 923"; the verb comes once."""
    first, *others = moved
    return ", ".join(
        (
            f"{first.meal.name}{verb} {first.after.energy_kcal:,.0f}",
            *(f"{other.meal.name} {other.after.energy_kcal:,.0f}" for other in others),
        )
    )


def _meals(count: int) -> str:
    return "one meal" if count == 1 else f"{count} meals"


def _meals_payload(moved: Sequence[MovedTarget]) -> list[Payload]:
    in_full: list[Payload] = [
        {
            "meal": each.meal.name,
            "before": macros_payload(each.before),
            "after": macros_payload(each.after),
        }
        for each in moved
    ]
    if len(json.dumps(in_full)) <= MOST_LETTERS_IN_FULL:
        return in_full
    return [
        {
            "meal": each.meal.name,
            "before_kcal": round(each.before.energy_kcal),
            "after_kcal": round(each.after.energy_kcal),
        }
        for each in moved[:MOST_TOLD]
    ]
