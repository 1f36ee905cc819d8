"""day_status: how a day stands; and the same in a sentence or two, for a model that starts afresh in it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from device.nutrition.dayplan import RAN_OVER, DayState, MealStatus, MealToday
from device.nutrition.events import ActivityDone, FoodEaten, WaterDrunk
from device.nutrition.macros import total
from device.tools.asked import PersonalArguments
from device.tools.foodwords import fitting, sentence
from device.tools.kitchen import Kitchen, Request
from device.tools.payloads import Payload, ToolError, all_of, as_many_as_fit, calories_said
from device.tools.people import NOBODY_NAMED
from device.tools.today import PersonsDay, careful_question, day_of, day_said, told
from device.tools.tool import tool

logger = logging.getLogger(__name__)

MOST_MEALS = 10
MOST_FOODS = 8
NAME_LETTERS = 40
LETTERS = 350
"""Room for the foods in an answer, and for the meals, which may be told with their energy."""


class DayStatusArguments(PersonalArguments):
    """Which day, and whose."""

    days_ago: Annotated[int, Field(ge=0, le=14)] = Field(
        0, description="Which day: 0 for today, 1 for yesterday, up to 14."
    )


@tool
def day_status(arguments: DayStatusArguments, request: Request) -> Payload:
    """How a day stands: what was eaten and what is left, in kcal and g; each meal as eaten, missed, to_come
    or open (its time has passed and nothing was said of it), with the kcal that were eaten of it or that it
    should hold now; kcal in no meal; the latest foods; water in ml; exercise and the kcal it gave the day.
    Call it for every question about today or an earlier day, such as what or how much was eaten, what is left
    or what the next meal is, and never answer that from memory. If it holds `care`, ask that once, kindly.
    """
    kitchen = request.kitchen
    day = day_of(kitchen, arguments.person, arguments.days_ago)
    meals = _Meals.of(day.state, kitchen.now())
    said, quietly = _said(day.state, meals), _said_quietly(meals)
    if arguments.days_ago:
        name = day_said(day.state.date, kitchen.diary.clock.today())
        said, quietly = _said_of_past(day.state, meals, name), _said_quietly_of_past(day.state, meals, name)
    words = _words(day.state, meals) | careful_question(kitchen, day)
    return told(day, said, quietly, numbers=_numbers(day.state, meals), **words)


def day_summary(kitchen: Kitchen) -> str:
    """Today of the one who is meant when no name is said, to be told to a model that starts afresh.

    Empty where several people live here and nobody is meant so, or where the diary cannot be read.
    """
    try:
        day = day_of(kitchen)
        return _summary(day, _Meals.of(day.state, kitchen.now()))
    except ToolError:
        return ""
    except Exception:  # a conversation without it is better than none
        logger.warning("day_not_told", exc_info=True)
        return ""


# ------------------------------------------------------------------------------------- the meals


@dataclass(frozen=True, slots=True)
class _Meals:
    """The meals of a day; passed: their time has passed and nothing was said of them."""

    all: tuple[MealToday, ...]
    coming: tuple[MealToday, ...]
    passed: tuple[MealToday, ...]

    @classmethod
    def of(cls, state: DayState, now: datetime) -> _Meals:
        coming = state.coming(now)
        return cls(state.meals, coming, tuple(meal for meal in state.open_meals if meal not in coming))

    def of_status(self, status: MealStatus) -> tuple[MealToday, ...]:
        return tuple(meal for meal in self.all if meal.status is status)

    def rows(self) -> list[Payload]:
        rows: list[Payload] = [
            {"meal": meal.planned.name, "status": self._status(meal)} for meal in self.all[:MOST_MEALS]
        ]
        return as_many_as_fit(rows, LETTERS)

    def _status(self, meal: MealToday) -> str:
        return "to_come" if meal in self.coming else meal.status.value


# ------------------------------------------------------------------------------------- said


def _spoken(ways: Sequence[str], more: Sequence[str]) -> str:
    """The first way that is short enough, with as many of the other sentences as there is room for."""
    said = fitting(*ways)
    for another in filter(None, more):
        said = fitting(f"{said} {another}", said)
    return said


def _said(state: DayState, meals: _Meals) -> str:
    eaten, spare = state.eaten.energy_kcal, _spare_kcal(state, meals)
    had = f"You have had {calories_said(eaten)}" if _has_eaten(state) else "Nothing is down yet"
    if state.ran_over and spare < 0:
        return f"{had}. {RAN_OVER}"
    joint = ". To come:"
    if spare >= 0 and not meals.passed:  # else nobody knows what is left
        had += f"; {_left_said(round(state.left.energy_kcal), 'calories ' * (not _has_eaten(state)))}"
        joint = ":"
    unit = "" if "calorie" in had else " calories"
    ways = [f"{had}{joint} {coming}{unit}." for coming in _ways_to_come(meals.coming)] or [f"{had}."]
    unknown = _nothing_down_for(meals.passed) if _has_eaten(state) else ""
    return _spoken(ways, (_said_spare(spare, meals), _said_missed(meals), unknown))


def _left_said(kcal: int, unit: str) -> str:
    return f"{kcal:,} {unit}{'is' if kcal == 1 else 'are'} left" if kcal else "today's plan is full"


def _said_quietly(meals: _Meals) -> str:
    eaten = meals.of_status(MealStatus.EATEN)
    if not eaten and not meals.coming:
        return _spoken(("No meal is down for today.",), (_said_missed(meals),))
    down = f"{sentence(_names(eaten))} {_is(eaten)} down" if eaten else "No meal is down yet"
    coming = f"{_names(meals.coming)} {_is(meals.coming)}" if meals.coming else "no meal is"
    ways = (
        f"{down}; {coming} still to come.",
        f"{'Some meals are' if eaten else 'No meal is'} down yet; {coming} still to come.",
        "Some meals of today are still to come.",
    )
    unknown = _nothing_down_for(meals.passed) if eaten else ""
    return _spoken(ways, (_said_missed(meals), unknown))


def _said_of_past(state: DayState, meals: _Meals, name: str) -> str:
    planned = (state.plan.target + state.credit).energy_kcal
    had = f"{_on(name)} you had {calories_said(state.eaten.energy_kcal)}; the plan was {planned:,.0f}."
    if not _has_eaten(state):
        return _spoken((f"Nothing is down for {name}.",), (_said_missed(meals),))
    return _spoken((had,), (_said_missed(meals), _nothing_down_for(meals.passed)))


def _said_quietly_of_past(state: DayState, meals: _Meals, name: str) -> str:
    eaten = meals.of_status(MealStatus.EATEN)
    if not _has_eaten(state):
        return _spoken((f"Nothing is down for {name}.",), (_said_missed(meals),))
    some = f"{_on(name)} some food is down."
    ways = (f"{_on(name)} {_names(eaten)} {_is(eaten)} down.", some) if eaten else (some,)
    return _spoken(ways, (_said_missed(meals), _nothing_down_for(meals.passed)))


def _on(name: str) -> str:
    return "Yesterday" if name == "yesterday" else f"On {name}"


def _has_eaten(state: DayState) -> bool:
    return any(isinstance(fact, FoodEaten) for fact in state.facts)


def _ways_to_come(coming: Sequence[MealToday]) -> tuple[str, ...]:
    if not coming:
        return ()
    together = f"{total(meal.target for meal in coming).energy_kcal:,.0f}"
    each = all_of([f"{meal.planned.name} {meal.target.energy_kcal:,.0f}" for meal in coming])
    return each, f"{together} in {f'{len(coming)} meals' if len(coming) > 1 else 'one meal'}"


def _spare_kcal(state: DayState, meals: _Meals) -> int:
    """What the day has room for beside the meals to come; below zero: so much more than planned."""
    return round((state.left - total(meal.target for meal in meals.coming)).energy_kcal)


def _said_spare(kcal: int, meals: _Meals) -> str:
    if not kcal or meals.passed:
        return ""
    if kcal < 0:
        return f"The day comes to {-kcal:,} more than planned, which is fine."
    return f"{kcal:,} {'is' if kcal == 1 else 'are'} in no meal." if meals.coming else ""


def _said_missed(meals: _Meals) -> str:
    missed = meals.of_status(MealStatus.MISSED)
    return f"{sentence(_names(missed))} {'was' if len(missed) == 1 else 'were'} missed." if missed else ""


def _nothing_down_for(passed: Sequence[MealToday]) -> str:
    return f"Nothing is down for {_names(passed)}." if passed else ""


def _names(meals: Sequence[MealToday]) -> str:
    return all_of([meal.planned.name for meal in meals])


def _is(meals: Sequence[MealToday]) -> str:
    return "is" if len(meals) == 1 else "are"


# ------------------------------------------------------------------------------------- data


def _numbers(state: DayState, meals: _Meals) -> Payload:
    """What is left out where numbers are quiet."""
    numbers: Payload = {
        "meals": [
            {
                **row,
                "kcal": round((meal.eaten if meal.status is MealStatus.EATEN else meal.target).energy_kcal),
            }
            for row, meal in zip(meals.rows(), meals.all, strict=False)
        ]
    }
    if state.credit.energy_kcal:
        numbers["exercise_kcal"] = round(state.credit.energy_kcal)
    return numbers


def _words(state: DayState, meals: _Meals) -> dict[str, Any]:
    items = [item for fact in state.facts if isinstance(fact, FoodEaten) for item in fact.items]
    exercise = [fact for fact in state.facts if isinstance(fact, ActivityDone)]
    latest = [item.name[:NAME_LETTERS] for item in reversed(items[-MOST_FOODS:])]
    foods = as_many_as_fit(latest, LETTERS)[::-1]
    counts = {
        "foods_in_all": len(items) if len(items) > len(foods) else 0,
        "estimated_foods": sum(item.is_estimated for item in items),
        "water_ml": round(sum(fact.ml for fact in state.facts if isinstance(fact, WaterDrunk))),
        "exercise_minutes": round(sum(fact.minutes for fact in exercise)),
    }
    return {
        "date": f"{state.date}",
        "meals": meals.rows(),
        "foods": foods,
        **{name: count for name, count in counts.items() if count},
    }


# ------------------------------------------------------------------------------------- for a fresh start


def _summary(day: PersonsDay, meals: _Meals) -> str:
    state = day.state
    whose = "Today" if day.person == NOBODY_NAMED else f"{day.person.capitalize()}'s day today"
    eaten, missed = meals.of_status(MealStatus.EATEN), meals.of_status(MealStatus.MISSED)
    parts = [f"eaten: {_names(eaten)}"] if eaten else []
    parts += [f"missed: {_names(missed)}"] if missed else []
    parts += [f"nothing said of: {_names(meals.passed)}"] if meals.passed else []
    if day.is_quiet:
        parts += [f"to come: {_names(meals.coming)}"] if meals.coming else []
        return f"{whose}: {'; '.join(parts) or 'nothing is down'}. Say no calories or grams of nutrients."
    coming = [
        f"{meal.planned.name} at {meal.planned.time:%H:%M}, {meal.target.energy_kcal:.0f} kcal"
        for meal in meals.coming
    ]
    parts += [f"to come: {'; '.join(coming)}"] if coming else []
    left, left_over = round(state.left.energy_kcal), round(state.left_over.energy_kcal)
    parts += [f"in no meal: {left_over} kcal"] if left_over > 0 else []
    parts += [f"more than planned, with the meals to come: {-left_over} kcal"] if left_over < 0 else []
    kcal = f"{state.eaten.energy_kcal:.0f} kcal eaten" + (f", {left} left" if left >= 0 else "")
    return f"{whose}: {'. '.join((kcal, *map(sentence, parts)))}."
