"""suggest_meal: what a person could eat for a meal of today."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from device.nutrition.dayplan import DayState, MealStatus, MealToday
from device.nutrition.macros import Macros
from device.nutrition.plates import meal_kind
from device.nutrition.rebalance import energy_bounds_kcal, whole
from device.nutrition.suggest import Suggestion, suggest
from device.nutrition.variation import seed_of
from device.tools.asked import PersonalArguments
from device.tools.foodwords import CHECK_LABEL, fitting
from device.tools.kitchen import Kitchen, Request
from device.tools.payloads import (
    Payload,
    ToolError,
    calories_said,
    grams_said,
    macros_payload,
    result,
    retry_with,
)
from device.tools.today import PersonsDay, day_of, meal_meant
from device.tools.tool import tool

NAME = "suggest_meal"
BEGUN_MINUTES = 90
"""A meal may still be eaten so long after its time."""
HABIT_DAYS = 60
MOST_HABITS = 30


class SuggestMealArguments(PersonalArguments):
    """For which meal, and for whom."""

    meal: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="The meal of today as the person named it; leave it out for the next one."
    )


@tool
def suggest_meal(arguments: SuggestMealArguments, request: Request) -> Payload:
    """What to eat for a meal of today so that it fits the plan and what the person likes and may eat. Call it
    when somebody asks what they could eat or cook; never make up amounts yourself. It answers with up to
    three suggestions, the best first, each with its portions in g and what they hold in kcal and g, and with
    the meal's target. `fits` false: the nearest there is. On the same day the answer stays the same. It logs
    nothing.
    """
    kitchen = request.kitchen
    day = day_of(kitchen, arguments.person)
    meal = _meal(arguments.meal, day, kitchen)
    target = _target(day, meal)
    suggestions = _suggestions(kitchen, day, meal, target)
    if not suggestions:
        raise _nothing_known(meal.planned.name)
    has_limits = bool(day.profile.allergens or day.profile.excluded_foods)
    return result(
        _said(suggestions[0], meal.planned.name, is_quiet=day.is_quiet, has_limits=has_limits),
        meal=meal.planned.name,
        suggestions=[_payload(each, day.is_quiet) for each in suggestions],
        **({} if day.is_quiet else {"target": macros_payload(target)}),
        **({"note": CHECK_LABEL} if has_limits else {}),
    )


# ------------------------------------------------------------------------------------- what to fit it to


def _meal(named: str | None, day: PersonsDay, kitchen: Kitchen) -> MealToday:
    """The meal that is meant; without a name the next one, which may just have begun.

    Raises:
        ToolError: UNKNOWN_MEAL or NO_REMAINING_MEALS.
    """
    if named is not None:
        return day.state.meal(meal_meant(day.plan, named, NAME))
    earliest = kitchen.now() - timedelta(minutes=BEGUN_MINUTES)
    after_the_last = _after_what_is_told(day.state)
    late = [meal for meal in after_the_last if meal in day.state.coming(earliest)]
    if meal := next(iter(late or after_the_last[-1:]), None):
        return meal
    smallest = min(day.plan.meals, key=lambda each: each.target.energy_kcal)
    raise ToolError(
        "NO_REMAINING_MEALS",
        "No meal of today is left.",
        field="meal",
        ask="Today's meals are all down. If you are hungry, that is fine: shall I suggest something small?",
        retry=retry_with(NAME, meal=smallest.name),
    )


def _after_what_is_told(state: DayState) -> list[MealToday]:
    """The open meals after the last one that was eaten or missed: who had dinner has no lunch before them."""
    told = [place for place, meal in enumerate(state.meals) if meal.status is not MealStatus.OPEN]
    return [meal for place, meal in enumerate(state.meals) if place > max(told, default=-1)]


def _target(day: PersonsDay, meal: MealToday) -> Macros:
    """What the meal should hold now, or what is left of the day if that is less; never below its bounds."""
    if day.keeps_meals:
        return meal.target
    least, _ = energy_bounds_kcal(meal.planned.target.energy_kcal)
    kcal = max(least, min(meal.target.energy_kcal, day.state.left.energy_kcal))
    return whole(meal.target.scaled(kcal / max(1, meal.target.energy_kcal)))


def _suggestions(
    kitchen: Kitchen, day: PersonsDay, meal: MealToday, target: Macros
) -> tuple[Suggestion, ...]:
    planned = meal.planned
    since = day.state.date - timedelta(days=HABIT_DAYS)
    habits = kitchen.diary.frequent_foods(day.person, since, MOST_HABITS)
    return suggest(
        target,
        meal_kind(planned.name, planned.time, planned.target.energy_kcal),
        kitchen.foods,
        day.profile,
        habits=[habit.food_id for habit in habits if habit.food_id],
        planned=planned.foods,
        seed=seed_of(day.person, day.state.date, NAME, {"meal": planned.name}),
    )


def _nothing_known(name: str) -> ToolError:
    return ToolError(
        "NO_MATCH",
        "Nothing that is known fits that meal and what the person may eat.",
        field="meal",
        ask=fitting(
            f"I know nothing that fits {name} and what you eat. Which other meal shall I look at?",
            "I know nothing that fits that meal and what you eat. Which other meal shall I look at?",
        ),
        retry=retry_with(NAME, meal="<another meal of the plan>"),
    )


# ------------------------------------------------------------------------------------- telling


def _said(suggestion: Suggestion, name: str, *, is_quiet: bool, has_limits: bool) -> str:
    food = suggestion.said(quiet=is_quiet)
    first = f"For {name}" if suggestion.is_fit else f"Nearest for {name}"
    kcal = "" if is_quiet else f", about {calories_said(suggestion.macros.energy_kcal)}"
    protein = "" if is_quiet else f" with {grams_said(suggestion.macros.protein_g)} of protein"
    warning = f" {CHECK_LABEL}" if has_limits else ""
    return fitting(
        f"{first}: {food}{kcal}{protein}.{warning}",
        f"{first}: {food}{kcal}.{warning}",
        f"{first}: {food}.{warning}",
        f"Perhaps {food}.{warning}",
    )


def _payload(suggestion: Suggestion, is_quiet: bool) -> Payload:
    payload: Payload = {
        "portions": [f"{each.grams:.0f} g {each.food.name}" for each in suggestion.ingredients],
        "fits": suggestion.is_fit,
    }
    return payload if is_quiet else {**payload, "macros": macros_payload(suggestion.macros)}
