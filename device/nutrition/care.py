"""The household's care over days: signs that call for a kind question, and no more talk of a deficit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from pydantic import JsonValue

from device.nutrition.dayplan import DayState, MealStatus, day_state
from device.nutrition.diary import Diary
from device.nutrition.events import Fact, FoodEaten, Happening, Kind, MealMissed
from device.nutrition.plan import Plan
from device.nutrition.records import DayTotals

LITTLE_SHARE = 0.6
LITTLE_DAYS = 3
OFTEN = 3
WATCHED_DAYS = 14
CHECK_IN = (
    "May I ask how eating has been for you lately? If it has been hard, a doctor or somebody you trust can "
    "help, and I can leave the numbers out."
)
"""Said once, not again and again; the household's own helpline may follow it."""


@dataclass(frozen=True, slots=True)
class DayIntake:
    """A finished day on which food was logged: what was eaten and what the target was, in kcal."""

    eaten_kcal: float
    target_kcal: float


class Sign(StrEnum):
    """What deserves a kind question, together and over days; one number never does."""

    LITTLE_EATEN = "little_eaten"
    TARGETS_LOWERED = "targets_lowered"
    MEALS_SKIPPED = "meals_skipped"


def signs_of(
    days: Sequence[DayIntake], *, targets_lowered: int = 0, skipped_on_purpose: int = 0
) -> tuple[Sign, ...]:
    """What in the last week or two calls for `CHECK_IN` and for no more talk of a deficit; mostly nothing.

    days: the days on which something was logged; one on which nothing was says nothing. The counts: targets
    set lower than before, and meals skipped on purpose.
    """
    little = sum(day.eaten_kcal < LITTLE_SHARE * day.target_kcal for day in days)
    counts = (
        (Sign.LITTLE_EATEN, little >= LITTLE_DAYS),
        (Sign.TARGETS_LOWERED, targets_lowered >= OFTEN),
        (Sign.MEALS_SKIPPED, skipped_on_purpose >= 2 * OFTEN),
    )
    return tuple(sign for sign, is_there in counts if is_there)


# ------------------------------------------------------------------------------------- from the diary


def signs_in_diary(
    diary: Diary, person: str, plan_of: Callable[[date], Plan], today: date, days: int = WATCHED_DAYS
) -> tuple[Sign, ...]:
    """The signs in what a person logged in the `days` before `today`; what was eaten, in finished days alone.

    plan_of: the plan that the person had on a day; each day is judged by its own.

    Raises:
        DiaryUnavailableError: the diary cannot be read.
    """
    first = today - timedelta(days=days)
    telling = _telling_days(diary, person, plan_of, first, today)
    states = [_state(diary, person, plan_of(day), day) for day in sorted(telling)]
    named = list(_energies_named(diary.profile_changes(person), first))
    return signs_of(
        [_intake(state) for state in states if state.date < today and state.facts and _is_known(state)],
        targets_lowered=sum(before is not None and after < before for before, after in named),
        skipped_on_purpose=sum(_skipped_on_purpose(state) for state in states),
    )


def _telling_days(
    diary: Diary, person: str, plan_of: Callable[[date], Plan], first: date, today: date
) -> set[date]:
    """The days that can hold a sign: little was logged, or a meal was skipped. The others need no look."""
    totals = diary.totals_by_day(person, first, today - timedelta(days=1))
    little = {total.day for total in totals if _is_little(total, plan_of(total.day))}
    missed = diary.events(person, first, today, kind=Kind.MISSED)
    return little | {event.moment.day for event in missed if _is_chosen(event.fact)}


def _is_little(total: DayTotals, plan: Plan) -> bool:
    return total.eaten.macros.energy_kcal <= LITTLE_SHARE * plan.target.energy_kcal


def _state(diary: Diary, person: str, plan: Plan, day: date) -> DayState:
    facts = [event.fact for event in diary.events(person, day)]
    return day_state(plan, day, [fact for fact in facts if isinstance(fact, Happening)])


def _is_chosen(fact: Fact) -> bool:
    return isinstance(fact, MealMissed) and fact.is_on_purpose


def _intake(state: DayState) -> DayIntake:
    """An open meal was eaten without a word: who logs little is not taken for eating little."""
    return DayIntake((state.eaten + state.open_target).energy_kcal, state.plan.target.energy_kcal)


def _is_known(state: DayState) -> bool:
    """Whether the energy of all that was logged is known; else the sum is too small."""
    foods = (fact for fact in state.facts if isinstance(fact, FoodEaten))
    return all(item.nutrients.energy_kcal is not None for food in foods for item in food.items)


def _skipped_on_purpose(state: DayState) -> int:
    chosen = {fact.meal for fact in state.facts if isinstance(fact, MealMissed) and _is_chosen(fact)}
    return sum(meal.status is MealStatus.MISSED and meal.planned.name in chosen for meal in state.meals)


def _energies_named(
    changes: Iterable[tuple[date, Mapping[str, JsonValue]]], first: date
) -> Iterator[tuple[int | None, int]]:
    """Each energy of a day that was named since that day, and the one that stood before it, in kcal."""
    before = None
    for day, changed in changes:
        if "wanted_kcal" not in changed:
            continue
        wanted = changed["wanted_kcal"]
        after = wanted if isinstance(wanted, int) else None
        if after is not None and day >= first:
            yield before, after
        before = after
