"""The day as it goes: whatever happens and is undone, it adds up, and every meal stays a meal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.nutrition.dayplan import (
    DayState,
    MealStatus,
    Proposal,
    Rules,
    day_state,
    propose_even,
    propose_food,
    propose_missed,
)
from device.nutrition.events import ActivityDone, FoodEaten, FoodItem, Happening, MealMissed, Nutrients
from device.nutrition.macros import NOTHING, Macros, total
from device.nutrition.plan import Plan, PlannedMeal
from device.nutrition.profile import NO_CAPS, CarbohydrateCaps
from device.nutrition.rebalance import energy_bounds_kcal, is_within_bounds
from device.nutrition.variation import Variation


def planned(name: str, clock: time, protein: int, carbohydrate: int, fat: int) -> PlannedMeal:
    kcal = 4 * protein + 4 * carbohydrate + 9 * fat
    return PlannedMeal(name, clock, Macros(kcal, protein, carbohydrate, fat))


PLAN = Plan(
    (
        planned("breakfast", time(7, 30), 25, 55, 15),
        planned("lunch", time(12, 30), 35, 70, 20),
        planned("snack", time(16), 10, 20, 7),
        planned("dinner", time(19), 40, 75, 25),
        planned("supper", time(0, 30), 10, 25, 5),
    )
)
BREAKFAST, LUNCH, SNACK, DINNER, SUPPER = PLAN.meals


def at(hour: int, minute: int = 0, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


DAY = date(2026, 11, 21)
FRESH = day_state(PLAN, DAY)


def food(
    protein: float, carbohydrate: float, fat: float, meal: str | None = None, *, unplanned: bool = False
) -> FoodEaten:
    kcal = 4 * protein + 4 * carbohydrate + 9 * fat
    item = FoodItem("something", Nutrients(kcal, protein, carbohydrate, fat))
    return FoodEaten((item,), meal, is_unplanned=unplanned)


def test_a_day_begins_as_planned() -> None:
    assert [meal.target for meal in FRESH.meals] == [meal.target for meal in PLAN.meals]
    assert {meal.status for meal in FRESH.meals} == {MealStatus.OPEN}
    assert FRESH.open_target == PLAN.target


def test_a_missed_meal_moves_to_the_meals_after_now() -> None:
    proposal = propose_missed(FRESH, LUNCH, at(16, 30))
    assert moved_meals(proposal) == ["dinner", "supper"]
    assert proposal.amount == LUNCH.target


def test_a_meal_that_will_be_missed_moves_to_the_meals_after_it() -> None:
    assert moved_meals(propose_missed(FRESH, LUNCH, at(9))) == ["snack", "dinner", "supper"]


def test_a_meal_at_this_very_minute_has_begun() -> None:
    assert moved_meals(propose_missed(FRESH, LUNCH, at(19))) == ["supper"]


def test_after_midnight_it_is_still_the_same_day() -> None:
    assert moved_meals(propose_missed(FRESH, DINNER, at(0, 10, day=22))) == ["supper"]


def test_missing_a_meal_twice_changes_nothing() -> None:
    once = propose_missed(FRESH, LUNCH, at(14)).after
    again = propose_missed(once, LUNCH, at(14, 5))
    assert again.happenings == ()
    assert again.after == once
    assert again.residual == again.amount == NOTHING
    assert moved_meals(again) == []


def test_what_a_missed_meal_had_taken_over_moves_on_with_it() -> None:
    without_breakfast = propose_missed(FRESH, BREAKFAST, at(10)).after
    proposal = propose_missed(without_breakfast, LUNCH, at(14))
    assert proposal.amount.energy_kcal > LUNCH.target.energy_kcal
    assert moved_meals(proposal) == ["snack", "dinner", "supper"]


def test_a_missed_meal_gets_nothing_of_another() -> None:
    without_snack = propose_missed(FRESH, SNACK, at(10)).after
    assert moved_meals(propose_missed(without_snack, LUNCH, at(10))) == ["dinner", "supper"]


def test_with_no_meal_left_all_is_left_over() -> None:
    proposal = propose_missed(FRESH, SUPPER, at(23))
    assert proposal.moved == ()
    assert proposal.residual == proposal.after.left_over == SUPPER.target


def test_a_meal_of_another_plan_is_refused() -> None:
    with pytest.raises(ValueError, match="not"):
        propose_missed(FRESH, planned("brunch", time(11), 1, 1, 1), at(14))


def test_a_fresh_day_has_everything_left_and_nothing_left_over() -> None:
    assert FRESH.left == PLAN.target
    assert FRESH.left_over == FRESH.eaten == FRESH.credit == NOTHING
    assert not FRESH.ran_over


def test_a_meal_eaten_as_planned_leaves_nothing_over() -> None:
    state = FRESH.with_facts((food(25, 55, 15, "breakfast"),))
    assert state.meal(BREAKFAST).status is MealStatus.EATEN
    assert state.meal(BREAKFAST).eaten == BREAKFAST.target
    assert state.left == PLAN.target - BREAKFAST.target
    assert state.left_over == NOTHING


def test_unplanned_food_at_a_meal_does_not_make_it_eaten() -> None:
    state = FRESH.with_facts((food(2, 40, 9, "lunch", unplanned=True),))
    assert state.meal(LUNCH).status is MealStatus.OPEN
    assert state.left_over.energy_kcal == -249


def test_a_meal_that_was_eaten_after_all_is_eaten() -> None:
    facts = (MealMissed("lunch"), food(35, 70, 20, "lunch"))
    assert FRESH.with_facts(facts).meal(LUNCH).status is MealStatus.EATEN


def test_a_proposal_changes_nothing_until_it_is_logged() -> None:
    proposal = propose_missed(FRESH, LUNCH, at(14))
    assert proposal.state == FRESH
    assert [type(fact).__name__ for fact in proposal.happenings] == ["MealMissed", "PlanAdjusted"]
    after = proposal.after
    assert after.meal(LUNCH).status is MealStatus.MISSED
    assert [after.meal(moved.meal).target for moved in proposal.moved] == [
        moved.after for moved in proposal.moved
    ]
    assert after.left_over == proposal.residual


def test_unplanned_food_is_made_up_for_by_the_meals_to_come() -> None:
    proposal = propose_food(FRESH, food(4, 60, 20, unplanned=True), at(17))
    assert moved_meals(proposal) == ["dinner"]  # supper is small already
    assert proposal.amount.energy_kcal == -436
    assert 0 > proposal.residual.energy_kcal > -436
    for meal in proposal.after.coming(at(17)):
        assert meal.target.energy_kcal >= 0.6 * meal.planned.target.energy_kcal


def moved_meals(proposal: Proposal) -> list[str]:
    return [moved.meal.name for moved in proposal.moved if moved.before != moved.after]


def test_what_was_left_over_is_used_up_first() -> None:
    evening = propose_missed(FRESH, LUNCH, at(20)).after
    left_over = evening.left_over.energy_kcal
    assert left_over > 400
    proposal = propose_food(evening, food(10, 50, 10, unplanned=True), at(20))
    assert proposal.adjustment is None
    assert proposal.after.left_over.energy_kcal == left_over - 330


def test_exercise_makes_room_that_food_uses_up_first() -> None:
    active = FRESH.with_facts((ActivityDone("run", 30, 290, 150),))
    assert active.credit.energy_kcal == active.left_over.energy_kcal == 150
    assert active.left_over.protein_g == 0
    proposal = propose_food(active, food(0, 60, 0, unplanned=True), at(9))
    taken = sum(moved.before.energy_kcal - moved.after.energy_kcal for moved in proposal.moved)
    assert taken == pytest.approx(90, abs=3)
    assert proposal.after.left_over.energy_kcal == taken - 90


def test_credit_can_be_spread_over_the_meals_to_come() -> None:
    active = FRESH.with_facts((ActivityDone("run", 30, 290, 150),))
    proposal = propose_even(active, at(17))
    assert moved_meals(proposal) == ["dinner", "supper"]
    assert proposal.after.left_over == proposal.residual
    assert proposal.residual.energy_kcal == 0


def test_a_day_that_ran_over_takes_only_what_it_needs_of_a_missed_meal() -> None:
    feast = propose_food(FRESH, food(40, 150, 60, unplanned=True), at(13))
    over = feast.after.left_over.energy_kcal
    assert over < 0
    proposal = propose_missed(feast.after, SNACK, at(17))
    snack = feast.after.meal(SNACK).target.energy_kcal
    assert proposal.after.left_over.energy_kcal == min(0, over + snack)


def test_a_meal_that_was_larger_or_smaller_is_evened_out() -> None:
    larger = propose_food(FRESH, food(45, 100, 30, "lunch"), at(13))
    assert larger.amount.energy_kcal == LUNCH.target.energy_kcal - 850
    assert larger.after.left_over == NOTHING
    smaller = propose_food(FRESH, food(10, 30, 5, "lunch"), at(13))
    assert smaller.amount.energy_kcal == LUNCH.target.energy_kcal - 205
    assert smaller.after.left_over.energy_kcal < 50


def test_alcohol_is_made_up_for_by_carbohydrate_and_fat() -> None:
    wine = FoodItem("wine", Nutrients(400, 0, 10, 0, alcohol_g=51))
    (*_, dinner, supper) = propose_food(FRESH, FoodEaten((wine,), is_unplanned=True), at(17)).moved
    for moved in (dinner, supper):
        assert moved.after.energy_kcal == pytest.approx(moved.after.energy_of_grams_kcal, abs=5)
    assert dinner.after.protein_g == dinner.before.protein_g
    assert dinner.after.energy_kcal < dinner.before.energy_kcal - 200


def test_a_lunch_of_fat_alone_leads_to_no_dinner_without_fat() -> None:
    proposal = propose_food(FRESH, food(0, 0, 70, "lunch"), at(13))
    for moved in proposal.moved:
        assert moved.after.fat_g >= 0.3 * moved.before.fat_g
        assert moved.after.protein_g >= moved.before.protein_g


def test_a_small_difference_moves_nothing() -> None:
    proposal = propose_food(FRESH, food(35, 75, 20, "lunch"), at(13))
    assert proposal.adjustment is None
    assert proposal.after.left_over.energy_kcal == -20


def test_a_meal_skipped_on_purpose_is_not_spread() -> None:
    proposal = propose_missed(FRESH, LUNCH, at(14), is_on_purpose=True)
    assert proposal.happenings == (MealMissed("lunch", is_on_purpose=True),)
    assert proposal.residual == proposal.after.left_over == LUNCH.target


def test_a_meal_that_was_eaten_cannot_be_missed() -> None:
    state = FRESH.with_facts((food(35, 70, 20, "lunch"),))
    assert propose_missed(state, LUNCH, at(14)).happenings == ()


def test_a_limit_on_carbohydrate_is_not_exceeded_by_spreading() -> None:
    state = day_state(PLAN, DAY, caps=CarbohydrateCaps(meal_g=80))
    proposal = propose_missed(state, LUNCH, at(14))
    assert all(moved.after.carbohydrate_g <= 80 for moved in proposal.moved)
    assert proposal.residual.carbohydrate_g > 0
    assert proposal.after.left_over == proposal.residual


def test_an_undo_raises_no_meal_above_the_limit_on_carbohydrate() -> None:
    state = day_state(PLAN, DAY, caps=CarbohydrateCaps(meal_g=80))
    bread = propose_food(state, food(8, 50, 2, unplanned=True), at(10))
    missed = propose_missed(bread.after, LUNCH, at(14))
    assert 75 < missed.after.meal(DINNER).target.carbohydrate_g <= 80
    undone = state.with_facts(missed.happenings)
    assert undone.meal(DINNER).target.carbohydrate_g == 80
    assert balanced(undone)


def test_a_limit_on_carbohydrate_holds_for_what_moved_before_it_was_told() -> None:
    missed = propose_missed(FRESH, LUNCH, at(14))
    before = missed.after.meal(DINNER).target
    limited = day_state(PLAN, DAY, missed.happenings, CarbohydrateCaps(meal_g=85))
    assert before.carbohydrate_g > limited.meal(DINNER).target.carbohydrate_g == 85
    assert limited.meal(DINNER).target.protein_g == before.protein_g
    assert limited.left_over.carbohydrate_g > missed.after.left_over.carbohydrate_g
    assert balanced(limited)


def test_a_meal_planned_above_the_limit_is_raised_no_further() -> None:
    missed = propose_missed(FRESH, LUNCH, at(14))
    limited = day_state(PLAN, DAY, missed.happenings, CarbohydrateCaps(meal_g=60))
    assert limited.meal(DINNER).target.carbohydrate_g == DINNER.target.carbohydrate_g


def test_exercise_raises_no_day_above_its_limit_on_carbohydrate() -> None:
    run = ActivityDone("run", 60, 800, 400)
    free = FRESH.with_facts((run,)).credit
    for cap in (PLAN.target.carbohydrate_g + 7, PLAN.target.carbohydrate_g, 20):
        limited = day_state(PLAN, DAY, (run,), CarbohydrateCaps(day_g=int(cap)))
        assert limited.credit.energy_kcal == free.energy_kcal == 400
        assert limited.credit.carbohydrate_g <= max(0, cap - PLAN.target.carbohydrate_g)
        assert limited.credit.fat_g > free.fat_g
        assert limited.credit.energy_of_grams_kcal == pytest.approx(400, abs=15)
        assert balanced(limited)


def test_exercise_adds_no_more_than_its_most_whatever_was_undone_and_done_again() -> None:
    runs = [ActivityDone(name, 120, 1300, 600) for name in ("run", "bike")]
    assert FRESH.with_facts(runs[:1]).credit == FRESH.with_facts(runs).credit
    assert FRESH.with_facts(runs).credit.energy_kcal == 600


def test_a_missed_meal_that_was_eaten_after_all_is_spread_no_longer() -> None:
    missed = propose_missed(FRESH, LUNCH, at(14)).after
    lunch = food(35, 70, 20, "lunch")
    eaten = missed.with_facts((lunch,))
    assert eaten.meal(LUNCH).status is MealStatus.EATEN
    assert [meal.target for meal in eaten.meals] == [meal.target for meal in PLAN.meals]
    assert eaten.left_over == NOTHING
    assert propose_food(missed, lunch, at(15)).happenings == (lunch,)


def test_a_meal_is_spread_once_though_two_entries_say_that_it_was_missed() -> None:
    at_noon = propose_missed(FRESH, SNACK, at(12))
    later = propose_missed(FRESH, SNACK, at(17))
    both = FRESH.with_facts((*at_noon.happenings, *later.happenings))
    assert both.meals == later.after.meals
    assert both.left_over == later.after.left_over


def test_each_of_two_missed_meals_is_spread() -> None:
    first = propose_missed(FRESH, SNACK, at(9)).after
    second = propose_missed(first, BREAKFAST, at(9))
    both, alone = second.after, FRESH.with_facts(second.happenings)
    planned = DINNER.target.energy_kcal
    assert planned < alone.meal(DINNER).target.energy_kcal < both.meal(DINNER).target.energy_kcal
    assert both.open_target + both.left_over == PLAN.target


def test_a_past_day_has_no_meals_to_come_and_a_future_day_has_all() -> None:
    assert FRESH.coming(at(9, day=22)) == ()
    assert FRESH.coming(at(9, day=20)) == FRESH.meals


def test_a_large_excess_is_told_as_carrying_on() -> None:
    state = propose_food(FRESH, food(60, 250, 120, unplanned=True), at(20)).after
    assert state.ran_over
    assert not propose_food(FRESH, food(5, 30, 5, unplanned=True), at(20)).after.ran_over


def test_undoing_an_earlier_change_keeps_every_later_meal_within_its_bounds() -> None:
    missed = propose_missed(FRESH, LUNCH, at(14))
    feast = propose_food(missed.after, food(40, 150, 60, unplanned=True), at(17))
    without_missed = FRESH.with_facts(feast.happenings)
    assert all(is_within_bounds(meal.planned.target, meal.target) for meal in without_missed.meals)
    assert balanced(without_missed)
    evened = propose_even(without_missed, at(17)).after
    assert evened.left_over.energy_kcal >= without_missed.left_over.energy_kcal
    assert balanced(evened)


def test_an_adjustment_of_a_meal_that_the_plan_no_longer_has_is_passed_over() -> None:
    missed = propose_missed(FRESH, LUNCH, at(14))
    smaller = day_state(Plan((BREAKFAST, LUNCH, DINNER)), DAY, missed.happenings)
    assert balanced(smaller)
    assert smaller.meals[2].target == missed.after.meal(DINNER).target


def test_variation_is_small_and_changes_no_sum() -> None:
    plain = propose_missed(FRESH, BREAKFAST, at(8))
    varied = propose_missed(FRESH, BREAKFAST, at(8), rules=Rules(variation=Variation(0.03, seed=7)))
    assert varied.moved != plain.moved
    assert varied.residual == plain.residual
    assert total(moved.after for moved in varied.moved) == total(moved.after for moved in plain.moved)
    for ours, theirs in zip(varied.moved, plain.moved, strict=True):
        assert abs(ours.after.energy_kcal - theirs.after.energy_kcal) <= 0.03 * theirs.after.energy_kcal + 5
        assert ours.after.energy_kcal >= ours.before.energy_kcal


def balanced(state: DayState) -> bool:
    """The books of a day, kept again from its facts."""
    foods = [item.nutrients for fact in state.facts if isinstance(fact, FoodEaten) for item in fact.items]
    credited = min(600, sum(fact.credited_kcal for fact in state.facts if isinstance(fact, ActivityDone)))
    in_meals = total(meal.target for meal in state.meals if meal.status is MealStatus.OPEN)
    sums = (
        round(sum(each.energy_kcal or 0 for each in foods)),
        round(sum(each.protein_g or 0 for each in foods)),
        round(sum(each.carbohydrate_g or 0 for each in foods)),
        round(sum(each.fat_g or 0 for each in foods)),
    )
    return (
        state.credit.energy_kcal == round(credited)
        and state.plan.target + state.credit == Macros(*sums) + in_meals + state.left_over
        and all(float(part).is_integer() for part in parts_of(state.left_over))
    )


def parts_of(macros: Macros) -> tuple[float, ...]:
    return macros.energy_kcal, macros.protein_g, macros.carbohydrate_g, macros.fat_g


@dataclass
class Book:
    """A diary's entries and which of them stand."""

    caps: CarbohydrateCaps = NO_CAPS
    entries: list[tuple[Happening, ...]] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)

    def standing(self) -> Iterator[Happening]:
        for number, entry in enumerate(self.entries):
            if number not in self.undone:
                yield from entry

    def state(self) -> DayState:
        return day_state(PLAN, DAY, self.standing(), self.caps)


GRAMS = st.floats(0, 120, allow_nan=False)
STEPS = st.one_of(
    st.tuples(st.just("missed"), st.sampled_from(PLAN.meals), st.booleans()),
    st.tuples(st.just("unplanned"), GRAMS, GRAMS, GRAMS),
    st.tuples(st.just("eaten"), st.sampled_from(PLAN.meals), GRAMS, GRAMS, GRAMS),
    st.tuples(st.just("activity"), st.integers(0, 60).map(lambda tens: 10 * tens)),
    st.tuples(st.just("even")),
    st.tuples(st.just("undo"), st.integers(0, 20)),
    st.tuples(st.just("redo"), st.integers(0, 20)),
)


def proposal_of(state: DayState, step: tuple[object, ...], now: datetime, rules: Rules) -> Proposal | None:
    match step:
        case ("missed", PlannedMeal() as meal, bool(on_purpose)):
            return propose_missed(state, meal, now, is_on_purpose=on_purpose, rules=rules)
        case ("unplanned", float(protein), float(carbohydrate), float(fat)):
            return propose_food(state, food(protein, carbohydrate, fat, unplanned=True), now, rules=rules)
        case ("eaten", PlannedMeal() as meal, float(protein), float(carbohydrate), float(fat)):
            return propose_food(state, food(protein, carbohydrate, fat, meal.name), now, rules=rules)
        case ("even",):
            return propose_even(state, now, rules=rules)
    return None


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(STEPS, st.integers(0, 90)), max_size=14),
    st.sampled_from([0, 0.03]),
    st.builds(CarbohydrateCaps, st.none() | st.integers(20, 90), st.none() | st.integers(150, 400)),
)
def test_whatever_happens_and_is_undone_the_day_adds_up(
    steps: list[tuple[tuple[object, ...], int]], share: float, caps: CarbohydrateCaps
) -> None:
    book, minute = Book(caps), 0
    for number, (step, minutes) in enumerate(steps):
        minute = min(minute + minutes, 1439)
        hour, minutes_past = divmod(minute + 4 * 60, 60)
        now = at(hour % 24, minutes_past, day=21 + hour // 24)
        before = book.state()
        rules = Rules(Variation(share, number))
        proposal = proposal_of(before, step, now, rules)
        if proposal is not None:
            check_promise(proposal)
            if proposal.happenings:
                book.entries.append(proposal.happenings)
                assert book.state().meals == proposal.after.meals
                book.undone.append(len(book.entries) - 1)
                assert book.state() == before
                book.undone.pop()
        elif step[0] == "activity":
            assert isinstance(step[1], int)
            book.entries.append((ActivityDone("run", 30, step[1], step[1]),))
        elif step[0] == "undo" and book.entries:
            assert isinstance(step[1], int)
            book.undone.append(step[1] % len(book.entries))
        elif step[0] == "redo" and book.undone:
            book.undone.pop(0)
        state = book.state()
        assert balanced(state)
        assert all(is_within_bounds(meal.planned.target, meal.target) for meal in state.meals)
        check_caps(state)


def check_caps(state: DayState) -> None:
    if state.caps.meal_g is not None:
        for meal in state.meals:
            most = max(state.caps.meal_g, meal.planned.target.carbohydrate_g)
            assert meal.target.carbohydrate_g <= most
    if state.caps.day_g is not None:
        room = max(0, state.caps.day_g - state.plan.target.carbohydrate_g)
        assert state.credit.carbohydrate_g <= room


def check_promise(proposal: Proposal) -> None:
    after = proposal.after
    assert after.left_over - proposal.state.left_over == proposal.residual - left_over_used(proposal)
    for moved in proposal.moved:
        assert after.meal(moved.meal).target == moved.after
        least, most = energy_bounds_kcal(moved.meal.target.energy_kcal)
        assert least <= moved.after.energy_kcal <= most


def left_over_used(proposal: Proposal) -> Macros:
    """Evening out takes from what is left over; everything else adds to it or takes from it first."""
    return NOTHING if proposal.facts else proposal.state.left_over if proposal.amount != NOTHING else NOTHING
