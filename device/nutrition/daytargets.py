"""What the meals of a day should hold now, and what exercise adds to it, by what stands in the diary.

Every move of targets is made again, in the order in which it was logged, within the bounds of each meal and
its limit on carbohydrate; so they hold though an earlier move was undone, or the limit is newer than it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from device.nutrition.activity import MOST_CREDIT_A_DAY_KCAL
from device.nutrition.events import ActivityDone, Happening, PlanAdjusted
from device.nutrition.macros import Macros
from device.nutrition.plan import Plan
from device.nutrition.rebalance import MealTarget, as_food, changed_within_bounds


def targets_now(
    plan: Plan, facts: Sequence[Happening], missed: Collection[str], cap_g: int | None = None
) -> Mapping[str, Macros]:
    """The target of each meal by its name; missed: the names of those missed, cap_g: of carbohydrate."""
    planned = {meal.name: meal.target for meal in plan.meals}
    targets = dict(planned)
    for adjusted in _moves_that_count(facts, missed):
        for change in adjusted.changes:
            name = change.meal
            if name in targets:
                meal = MealTarget(planned[name], targets[name], cap_g)
                targets[name] = changed_within_bounds(meal, change.change)
    return targets


def _moves_that_count(facts: Sequence[Happening], missed: Collection[str]) -> Iterator[PlanAdjusted]:
    """All but those that spread a meal which was not missed after all; of a meal spread twice, the last."""
    moves = [fact for fact in facts if isinstance(fact, PlanAdjusted)]
    last = {move.missed_meal: place for place, move in enumerate(moves)}
    for place, move in enumerate(moves):
        is_last = last[move.missed_meal] == place
        if move.missed_meal is None or (move.missed_meal in missed and is_last):
            yield move


def credit_of(facts: Iterable[Happening], day: Macros, cap_g: int | None = None) -> Macros:
    """What exercise adds to a day of that target, at most 600 kcal; cap_g: of the day's carbohydrate."""
    credited = sum(fact.credited_kcal for fact in facts if isinstance(fact, ActivityDone))
    credit = as_food(round(min(MOST_CREDIT_A_DAY_KCAL, credited)), day)
    if cap_g is None:
        return credit
    return credit.with_carbohydrate_at_most(max(0, cap_g - day.carbohydrate_g))
