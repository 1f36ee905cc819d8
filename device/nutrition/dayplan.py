"""One day of one person: what the plan held, what became of it, and proposals to let it add up again.

A day is worked out from its plan and from what the diary holds of it, so that undoing is leaving out. For
energy and each macronutrient, in whole kcal and g and at every moment:

    target + credit = eaten + targets of the open meals + left over

A proposal moves targets of meals to come so that less is left over. It never takes a meal away, never asks
for exercise, and changes nothing until what it holds is logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from device.nutrition.daytargets import credit_of, targets_now
from device.nutrition.events import FoodEaten, Happening, MealChange, MealMissed, PlanAdjusted
from device.nutrition.macros import NOTHING, Macros, total
from device.nutrition.plan import Plan, PlannedMeal
from device.nutrition.profile import NO_CAPS, CarbohydrateCaps
from device.nutrition.rebalance import MealTarget, movable, part_that_evens, rebalance, whole
from device.nutrition.variation import OFF, Variation, varied_targets

RAN_OVER_SHARE = 0.15
WORTH_MOVING_KCAL = 50
RAN_OVER = "Today ran over its plan, and that is fine. Carry on as usual."


class MealStatus(StrEnum):
    """OPEN: to be eaten, or eaten without a word. EATEN, MISSED: it was said."""

    OPEN = "open"
    EATEN = "eaten"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class MealToday:
    """A meal of one day; `target`: what it should hold now, or should have held; `eaten`: what was logged.

    Both in whole kcal and g. Food that is called unplanned never makes a meal eaten.
    """

    planned: PlannedMeal
    target: Macros
    status: MealStatus = MealStatus.OPEN
    eaten: Macros = NOTHING


@dataclass(frozen=True, slots=True)
class DayState:
    """A day as it stands; all amounts in whole kcal and g.

    facts: what it was worked out from; credit: what exercise adds to the day, as carbohydrate and fat; caps:
    what neither a meal nor the credit is raised above.
    """

    plan: Plan
    date: date
    meals: tuple[MealToday, ...]
    eaten: Macros = NOTHING
    credit: Macros = NOTHING
    facts: tuple[Happening, ...] = field(default=(), repr=False)
    caps: CarbohydrateCaps = NO_CAPS

    @property
    def open_meals(self) -> tuple[MealToday, ...]:
        """The meals of which nothing was said yet, with their targets now."""
        return tuple(meal for meal in self.meals if meal.status is MealStatus.OPEN)

    @property
    def open_target(self) -> Macros:
        """The targets of all open meals together."""
        return total(meal.target for meal in self.open_meals)

    @property
    def left(self) -> Macros:
        """What the day still has room for; below zero: more was eaten."""
        return self.plan.target + self.credit - self.eaten

    @property
    def left_over(self) -> Macros:
        """What of `left` is in no open meal; below zero: the day runs over by it."""
        return self.left - self.open_target

    @property
    def ran_over(self) -> bool:
        """Whether the day runs over by more than the meals to come can or should take up; say RAN_OVER."""
        return self.left_over.energy_kcal < -RAN_OVER_SHARE * self.plan.target.energy_kcal

    def meal(self, planned: PlannedMeal) -> MealToday:
        """That meal today.

        Raises:
            ValueError: it is not one of the plan.
        """
        return self.meals[self.plan.meals.index(planned)]

    def coming(self, now: datetime, after: PlannedMeal | None = None) -> tuple[MealToday, ...]:
        """The open meals that are later than `now`, and later than the meal `after`."""
        today = self.plan.logical_date(now)
        if today > self.date:
            return ()
        begun = self.plan.minute_of_day(now.time()) if today == self.date else -1
        if after is not None:
            begun = max(begun, self.plan.minute_of_day(after.time))
        return tuple(meal for meal in self.open_meals if self.plan.minute_of_day(meal.planned.time) > begun)

    def with_facts(self, facts: Iterable[Happening]) -> DayState:
        """The day when these happen too."""
        return day_state(self.plan, self.date, (*self.facts, *facts), self.caps)


def day_state(
    plan: Plan, day: date, facts: Iterable[Happening] = (), caps: CarbohydrateCaps = NO_CAPS
) -> DayState:
    """The day by what stands of it in the diary, in the order in which it happened.

    What is about a meal that the plan does not have any more still counts as eaten. A missed meal is spread
    for as long as it is missed, and once.
    """
    known = tuple(facts)
    foods = [fact for fact in known if isinstance(fact, FoodEaten)]
    meals = [_meal_today(meal, foods, known) for meal in plan.meals]
    missed = {meal.planned.name for meal in meals if meal.status is MealStatus.MISSED}
    targets = targets_now(plan, known, missed, caps.meal_g)
    meals = [replace(meal, target=targets[meal.planned.name]) for meal in meals]
    credit = credit_of(known, plan.target, caps.day_g)
    return DayState(plan, day, tuple(meals), _eaten(foods), credit, known, caps)


def _meal_today(meal: PlannedMeal, foods: Sequence[FoodEaten], facts: Sequence[Happening]) -> MealToday:
    """The meal with the target that it was planned with."""
    eaten = [food for food in foods if food.meal == meal.name and not food.is_unplanned]
    if eaten:
        return MealToday(meal, meal.target, MealStatus.EATEN, _eaten(eaten))
    is_missed = any(isinstance(fact, MealMissed) and fact.meal == meal.name for fact in facts)
    return MealToday(meal, meal.target, MealStatus.MISSED if is_missed else MealStatus.OPEN)


def _eaten(foods: Iterable[FoodEaten]) -> Macros:
    return whole(total(item.nutrients.macros for food in foods for item in food.items))


# ------------------------------------------------------------------------------------- proposals


@dataclass(frozen=True, slots=True)
class Rules:
    """What a proposal keeps to beside the bounds of each meal and the caps of the day."""

    variation: Variation = OFF


NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class MovedTarget:
    """What a meal's target was and would be, in whole kcal and g."""

    meal: PlannedMeal
    before: Macros
    after: Macros


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would happen to a day; nothing has until `happenings` are logged, as one entry.

    state: the day without it; facts: what happened; amount: what they add to what is left over, or take from
    it (negative); moved: the meals to come, moved or not.
    """

    state: DayState
    facts: tuple[Happening, ...]
    amount: Macros
    moved: tuple[MovedTarget, ...]

    @property
    def residual(self) -> Macros:
        """The part of `amount` that moved to no meal."""
        return self.amount - total(moved.after - moved.before for moved in self.moved)

    @property
    def adjustment(self) -> PlanAdjusted | None:
        """What is to be logged of the plan; None where no meal moves."""
        changes = tuple(
            MealChange(moved.meal.name, moved.before, moved.after)
            for moved in self.moved
            if moved.before != moved.after
        )
        missed = next((fact.meal for fact in self.facts if isinstance(fact, MealMissed)), None)
        return PlanAdjusted(changes, self.residual, self.state.date, missed) if changes else None

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """All that is to be logged; empty where nothing changes."""
        return self.facts if self.adjustment is None else (*self.facts, self.adjustment)

    @property
    def after(self) -> DayState:
        """The day once it is logged."""
        return self.state.with_facts(self.happenings)


def propose_missed(
    state: DayState,
    meal: PlannedMeal,
    now: datetime,
    *,
    is_on_purpose: bool = False,
    rules: Rules = NO_RULES,
) -> Proposal:
    """Spread what a missed meal should have held over the meals after it and after `now`.

    One that was skipped on purpose is not spread. Where the meal was missed or eaten before, nothing happens.

    Raises:
        ValueError: the meal is not one of the plan.
    """
    if state.meal(meal).status is not MealStatus.OPEN:
        return _proposal(state, (), state.coming(now, meal), rules)
    coming = () if is_on_purpose else state.with_facts((MealMissed(meal.name),)).coming(now, meal)
    return _proposal(state, (MealMissed(meal.name, is_on_purpose),), coming, rules)


def propose_food(state: DayState, food: FoodEaten, now: datetime, *, rules: Rules = NO_RULES) -> Proposal:
    """Let the meals to come make up for food: for all of it, or for what a planned meal had more or less.

    What was left over is used up first, and a difference below 50 kcal moves nothing.
    """
    after = state.with_facts((food,))
    change = part_that_evens(after.left_over - state.left_over, after.left_over)
    is_worth_it = abs(change.energy_kcal) >= WORTH_MOVING_KCAL
    return _proposal(state, (food,), after.coming(now) if is_worth_it else (), rules)


def propose_even(state: DayState, now: datetime, *, rules: Rules = NO_RULES) -> Proposal:
    """Spread what is left over, such as exercise's credit or what an undo left behind."""
    left_over = state.left_over
    return _moving(Proposal(state, (), left_over, ()), state.coming(now), left_over, rules)


def _proposal(
    state: DayState, facts: tuple[Happening, ...], meals: Sequence[MealToday], rules: Rules
) -> Proposal:
    after = state.with_facts(facts)
    amount = after.left_over - state.left_over
    return _moving(Proposal(state, facts, amount, ()), meals, part_that_evens(amount, after.left_over), rules)


def _moving(proposal: Proposal, meals: Sequence[MealToday], change: Macros, rules: Rules) -> Proposal:
    cap = proposal.state.caps.meal_g
    places = [MealTarget(meal.planned.target, meal.target, cap) for meal in meals]
    targets = rebalance(places, movable(change, proposal.state.plan.target)).targets
    if cap is None:  # a limit on carbohydrate is never varied
        targets = varied_targets(places, targets, rules.variation)
    moved = (
        MovedTarget(meal.planned, meal.target, target) for meal, target in zip(meals, targets, strict=True)
    )
    return replace(proposal, moved=tuple(moved))
