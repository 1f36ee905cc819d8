"""log_food and unplanned_food: what was eaten and drunk, and what the plan makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Annotated

from pydantic import Field

from device.nutrition.dayplan import RAN_OVER, DayState, MovedTarget, Proposal, propose_food
from device.nutrition.days import Moment
from device.nutrition.events import FoodEaten
from device.nutrition.macros import Macros
from device.nutrition.plan import PlannedMeal
from device.tools.eaten import Eaten, EatenArguments, eaten_of, with_how_many_more
from device.tools.foodwords import fitting, sentence
from device.tools.kitchen import Kitchen, Request
from device.tools.payloads import Payload, ToolError, all_of, retry_with
from device.tools.today import day_of, day_said, meal_meant, moment_at, rules_for, told
from device.tools.tool import tool

NEAR_MINUTES = 90
CLEARLY_SHARE = 0.15
"""Of a meal's energy: a coffee at noon is not taken for the lunch that is still to come."""
FULL_MEAL_KCAL = 400
WORTH_SAYING_KCAL = 10
BETWEEN_MEALS = "Leave meal out for food between meals."
LETTERS, LETTERS_BESIDE = 750, 400
"""Room for the foods in an answer, which has to stay small, and for foods and meals beside each other."""


class LogFood(EatenArguments):
    """What was eaten, and when."""

    meal: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="The meal as the person named it, such as 'lunch'; leave it out if none was named."
    )
    days_ago: Annotated[int, Field(ge=0, le=14)] | None = Field(
        None, description="0 for today, 1 for yesterday, and so on; only if the person said so."
    )
    time: Annotated[str, Field(max_length=20)] | None = Field(
        None, description="When it was eaten, by the clock on the wall, as HH:MM; only if it was said."
    )


@tool(changes=True)
def log_food(arguments: LogFood, request: Request) -> Payload:
    """Log what a person ate or drank: all items, or none if one is not clear. Call it when somebody says what
    they had, or tells you to note it, today or on a day before, at a meal or between meals. It answers with
    grams and kcal of each item, the meal it was noted as, and what is left of the day.
    """
    kitchen, days_ago = request.kitchen, arguments.days_ago or 0
    with kitchen.diary.together():
        day = day_of(kitchen, arguments.person, days_ago)
        meal = meal_meant(day.plan, arguments.meal, "log_food", BETWEEN_MEALS) if arguments.meal else None
        when = _when(arguments.time, meal, days_ago, kitchen)
        eaten = eaten_of(arguments, day, kitchen, "log_food")
        if meal is None and (arguments.time or not days_ago):
            meal = _meal_near(day.state, when, eaten.macros)
        food = FoodEaten(eaten.items, meal.name if meal else None)
        kitchen.diary.log(request.call_id, day.person, (food,), when)
        after = day.state.with_facts((food,))
        place = _place_said(meal, day_said(when.day, kitchen.diary.clock.today()))
    return told(
        day.with_state(after),
        _said_of_logged(eaten, place, "" if days_ago else _left_said(after)),
        fitting(*(f"{sentence(foods)} noted{where}." for where in (place, "") for foods in eaten.wordings)),
        undo_id=request.call_id,
        meal=food.meal or "between meals",
        items=eaten.payload(LETTERS, is_quiet=day.is_quiet),
    )


@tool(changes=True)
def unplanned_food(arguments: EatenArguments, request: Request) -> Payload:
    """Log food that somebody has just had beside the plan, and let the meals still to come today make up for
    it as far as they can. Call it only if they call it extra, unplanned or a treat they did not plan; for all
    else call log_food. It answers with what was logged and with the meals that became smaller, in kcal; none
    is ever taken away, and for children, in pregnancy and where eating is hard, none changes.
    """
    kitchen = request.kitchen
    with kitchen.diary.together():
        day, now = day_of(kitchen, arguments.person), kitchen.now()
        eaten = eaten_of(arguments, day, kitchen, "unplanned_food")
        rules = rules_for(kitchen, day, "unplanned_food", *eaten.key)
        proposal = propose_food(day.state, FoodEaten(eaten.items, is_unplanned=True), now, rules=rules)
        if day.keeps_meals:
            proposal = replace(proposal, moved=())
        kitchen.diary.log(request.call_id, day.person, proposal.happenings)
    moved = [moved for moved in proposal.moved if moved.before != moved.after]
    outcome, quietly = _outcome_said(proposal, moved, now), _quiet_outcome(proposal, moved, now)
    if day.keeps_meals:
        outcome = quietly = (_kept_said(proposal.after, now),)
    return told(
        day.with_state(proposal.after),
        _said_of_unplanned(eaten, outcome, f", {eaten.energy_said}"),
        _said_of_unplanned(eaten, quietly),
        numbers={
            "meals": with_how_many_more([_moved_payload(each) for each in moved], LETTERS_BESIDE),
            "left_over_kcal": round(proposal.after.left_over.energy_kcal),
        },
        undo_id=request.call_id,
        items=eaten.payload(LETTERS_BESIDE, is_quiet=day.is_quiet),
    )


# ------------------------------------------------------------------------------------- which meal, and when


def _when(clock: str | None, meal: PlannedMeal | None, days_ago: int, kitchen: Kitchen) -> Moment:
    """When it was eaten; on a day before, at the time of the meal where no time was said."""
    if not clock:
        return moment_at(kitchen, days_ago, meal.time if meal and days_ago else None)
    shown = _time_of(clock)
    when = moment_at(kitchen, days_ago, shown)
    if when.utc > kitchen.now():
        is_night = shown < kitchen.diary.clock.day_start
        said = "Was that last night" if is_night else "That time is still to come today. Was it yesterday"
        raise ToolError(
            "WRONG_ARGUMENTS",
            f"{shown:%H:%M} of today is still to come.",
            field="time",
            ask=f"{said}, at {shown:%H:%M}?",
            retry=retry_with("log_food", days_ago=1),
        )
    return when


def _time_of(clock: str) -> time:
    try:
        return datetime.strptime(clock, "%H:%M").time()
    except ValueError:
        raise ToolError(
            "WRONG_ARGUMENTS",
            "time must be a time of day as HH:MM, such as 19:30.",
            field="time",
            ask="At what time was that?",
            retry=retry_with("log_food", time="<HH:MM>"),
        ) from None


def _meal_near(state: DayState, when: Moment, eaten: Macros) -> PlannedMeal | None:
    """The open meal that the food is clearly for, by the time and by how much it is."""
    at = state.plan.minute_of_day(when.local.time())
    away = {meal.planned: abs(state.plan.minute_of_day(meal.planned.time) - at) for meal in state.open_meals}
    near = [
        meal.planned
        for meal in state.open_meals
        if away[meal.planned] <= NEAR_MINUTES and eaten.energy_kcal >= CLEARLY_SHARE * meal.target.energy_kcal
    ]
    return min(near, key=away.__getitem__, default=None)


# ------------------------------------------------------------------------------------- how it is said


def _place_said(meal: PlannedMeal | None, day: str) -> str:
    on_day = f" for {day}" if day else ""
    if meal:
        return f"{on_day} as {meal.name}"
    return on_day or " between meals"


def _left_said(state: DayState) -> str:
    left = round(state.left.energy_kcal)
    if left > 0:
        return f" {left:,} {'is' if left == 1 else 'are'} left today."
    return f" {RAN_OVER}" if state.ran_over else " Today's plan is full, and that is fine."


def _said_of_logged(eaten: Eaten, place: str, left: str) -> str:
    full, names, count = map(sentence, eaten.wordings)
    energy = eaten.energy_said
    return fitting(
        f"{full} noted{place}, {energy}.{left}",
        f"{full} noted{place}, {energy}.",
        f"{names} noted{place}, {energy}.{left}",
        f"{names} noted{place}, {energy}.",
        f"{count} noted{place}, {energy}.{left}",
        f"{count} noted, {energy}.{left}",
    )


def _said_of_unplanned(eaten: Eaten, outcomes: Sequence[str], energy: str = "") -> str:
    foods = map(sentence, eaten.wordings)
    return fitting(*(f"{food} noted{energy}. {outcome}" for food in foods for outcome in outcomes))


def _outcome_said(proposal: Proposal, moved: Sequence[MovedTarget], now: datetime) -> Sequence[str]:
    """What became of the meals to come, in full first."""
    changed = [each for each in moved if _is_worth_saying(each)]
    if not changed:
        return _quiet_outcome(proposal, moved, now)
    first, *others = changed
    each = [f"{first.meal.name} becomes {first.after.energy_kcal:,.0f}"]
    each += [f"{other.meal.name} {other.after.energy_kcal:,.0f}" for other in others]
    is_full = not others and first.after.energy_kcal >= FULL_MEAL_KCAL
    return _with_rest(f"{all_of(each)}{', still a full meal' if is_full else ''}", proposal)


def _quiet_outcome(proposal: Proposal, moved: Sequence[MovedTarget], now: datetime) -> Sequence[str]:
    """The same without numbers."""
    names = [each.meal.name for each in moved if _is_worth_saying(each)]
    if names:
        verb = "becomes" if len(names) == 1 else "become"
        return _with_rest(f"{all_of(names)} {verb} a little smaller", proposal)
    if proposal.after.ran_over:
        return (RAN_OVER,)
    return (_kept_said(proposal.after, now),)


def _kept_said(after: DayState, now: datetime) -> str:
    """What is said where no meal changes."""
    if after.coming(now):
        return "The meals to come stay as they are."
    return "No meal is left to change today, and that is fine."


def _is_worth_saying(moved: MovedTarget) -> bool:
    return abs((moved.after - moved.before).energy_kcal) >= WORTH_SAYING_KCAL


def _with_rest(said: str, proposal: Proposal) -> Sequence[str]:
    """What was said of the meals, and in short, with what no meal makes up for."""
    is_open = proposal.after.left_over.energy_kcal <= -WORTH_SAYING_KCAL
    rest = "; the rest stays open, and that is fine." if is_open else "."
    return f"{sentence(said)}{rest}", f"The meals to come become a little smaller{rest}"


def _moved_payload(moved: MovedTarget) -> Payload:
    return {
        "meal": moved.meal.name,
        "before_kcal": round(moved.before.energy_kcal),
        "after_kcal": round(moved.after.energy_kcal),
    }
