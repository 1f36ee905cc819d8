"""Spreading a change over meals: nothing is lost, no bound is broken, and the shares are fair."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.nutrition.macros import NOTHING, Macros, total
from device.nutrition.rebalance import (
    MealTarget,
    as_food,
    changed_within_bounds,
    energy_bounds_kcal,
    is_within_bounds,
    movable,
    part_that_evens,
    rebalance,
    share_out,
)


def coherent(protein: int, carbohydrate: int, fat: int) -> Macros:
    return Macros(4 * protein + 4 * carbohydrate + 9 * fat, protein, carbohydrate, fat)


def as_planned(*targets: Macros) -> list[MealTarget]:
    return [MealTarget(target, target) for target in targets]


COHERENT = st.builds(
    coherent,
    st.integers(min_value=0, max_value=80),
    st.integers(min_value=0, max_value=150),
    st.integers(0, 60),
)
ANY_CHANGE = st.builds(
    Macros, st.integers(-2000, 2000), st.integers(-150, 150), st.integers(-300, 300), st.integers(-100, 100)
)
MEALS = st.lists(COHERENT, max_size=6).map(lambda targets: as_planned(*targets))


def within_bounds(meal: MealTarget, after: Macros) -> bool:
    least, most = energy_bounds_kcal(meal.planned.energy_kcal)
    return least <= after.energy_kcal <= most


@settings(max_examples=400, deadline=None, derandomize=True)
@given(MEALS, ANY_CHANGE)
def test_nothing_is_ever_lost(meals: list[MealTarget], change: Macros) -> None:
    outcome = rebalance(meals, change)
    before = total(meal.current for meal in meals)
    assert total(outcome.targets) + outcome.residual == before + change


@settings(max_examples=400, deadline=None, derandomize=True)
@given(MEALS, ANY_CHANGE)
def test_every_meal_stays_within_its_bounds_in_whole_numbers(meals: list[MealTarget], change: Macros) -> None:
    for meal, after in zip(meals, rebalance(meals, change).targets, strict=True):
        assert within_bounds(meal, after)
        parts = (after.energy_kcal, after.protein_g, after.carbohydrate_g, after.fat_g)
        assert all(isinstance(part, int) for part in parts)
        assert min(after.protein_g, after.carbohydrate_g, after.fat_g) >= 0
        assert after.protein_g >= 0.7 * meal.planned.protein_g
        assert after.carbohydrate_g >= 0.3 * meal.planned.carbohydrate_g
        assert after.fat_g >= 0.3 * meal.planned.fat_g
        assert is_within_bounds(meal.planned, after)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(MEALS, COHERENT)
def test_coherent_meals_stay_coherent_to_the_kcal(meals: list[MealTarget], missed: Macros) -> None:
    outcome = rebalance(meals, missed)
    for after in (*outcome.targets, outcome.residual):
        assert after.energy_kcal == after.energy_of_grams_kcal


@settings(max_examples=300, deadline=None, derandomize=True)
@given(MEALS, COHERENT, COHERENT)
def test_a_second_missed_meal_keeps_every_bound(
    meals: list[MealTarget], first: Macros, second: Macros
) -> None:
    once = rebalance(meals, first)
    again = [MealTarget(meal.planned, after) for meal, after in zip(meals, once.targets, strict=True)]
    twice = rebalance(again, second)
    assert total(twice.targets) + twice.residual == total(once.targets) + second
    for meal, after in zip(again, twice.targets, strict=True):
        assert within_bounds(meal, after)
        assert after.energy_kcal >= meal.current.energy_kcal


@settings(max_examples=300, deadline=None, derandomize=True)
@given(MEALS, COHERENT)
def test_what_is_added_leaves_no_meal_smaller_and_what_is_taken_no_meal_larger(
    meals: list[MealTarget], change: Macros
) -> None:
    more = rebalance(meals, change).targets
    less = rebalance(meals, NOTHING - change).targets
    for meal, larger, smaller in zip(meals, more, less, strict=True):
        assert smaller.energy_kcal <= meal.current.energy_kcal <= larger.energy_kcal


@pytest.mark.parametrize(
    ("planned", "change", "energies", "residual_kcal"),
    [
        ((600, 700), 450, (808, 942), 0),
        ((700,), 450, (945,), 205),
        ((600, 700), -900, (360, 420), -380),
    ],
)
def test_worked_examples(
    planned: tuple[int, ...], change: int, energies: tuple[int, ...], residual_kcal: int
) -> None:
    outcome = rebalance(as_planned(*(_ordinary(kcal) for kcal in planned)), _ordinary(change))
    assert tuple(after.energy_kcal for after in outcome.targets) == energies
    assert outcome.residual.energy_kcal == residual_kcal


def _ordinary(kcal: int) -> Macros:
    """20 % of the energy from protein, 50 % from carbohydrate, 30 % from fat."""
    return Macros(kcal, round(kcal * 0.2 / 4), round(kcal * 0.5 / 4), round(kcal * 0.3 / 9))


def test_protein_finds_its_place_before_fat_and_carbohydrate() -> None:
    outcome = rebalance(as_planned(coherent(40, 75, 25)), coherent(35, 70, 20))
    assert outcome.residual.protein_g == 0
    assert outcome.residual.carbohydrate_g > 0
    assert outcome.residual.fat_g > 0


def test_too_much_fat_and_carbohydrate_are_placed_in_their_proportion() -> None:
    (after,) = rebalance(as_planned(coherent(40, 75, 25)), coherent(0, 90, 40)).targets
    of_fat = 9 * (after.fat_g - 25)
    of_carbohydrate = 4 * (after.carbohydrate_g - 75)
    assert of_fat / (of_fat + of_carbohydrate) == pytest.approx(0.5, abs=0.05)


def test_a_larger_meal_takes_a_larger_share() -> None:
    small, large = rebalance(
        as_planned(coherent(20, 50, 10), coherent(40, 100, 20)), coherent(9, 15, 6)
    ).targets
    assert small == coherent(23, 55, 12)
    assert large == coherent(46, 110, 24)


def test_without_meals_all_is_residual() -> None:
    outcome = rebalance([], coherent(35, 70, 20))
    assert outcome.targets == ()
    assert outcome.residual == coherent(35, 70, 20)


def test_a_small_meal_is_not_made_smaller() -> None:
    snack = coherent(10, 20, 7)
    outcome = rebalance(as_planned(snack), NOTHING - coherent(30, 50, 20))
    assert outcome.targets == (snack,)


def test_carbohydrate_is_not_raised_above_its_limit() -> None:
    meals = [MealTarget(coherent(20, 50, 10), coherent(20, 50, 10), carbohydrate_cap_g=60) for _ in range(2)]
    outcome = rebalance(meals, coherent(10, 40, 5))
    assert [after.carbohydrate_g for after in outcome.targets] == [60, 60]
    assert outcome.residual == coherent(0, 20, 0)


def test_a_meal_planned_above_the_limit_is_left_there() -> None:
    meal = MealTarget(coherent(20, 90, 10), coherent(20, 90, 10), carbohydrate_cap_g=60)
    (after,) = rebalance([meal], coherent(0, 20, 0)).targets
    assert after.carbohydrate_g == 90


@settings(max_examples=300, deadline=None, derandomize=True)
@given(COHERENT, ANY_CHANGE)
def test_a_change_of_one_meal_is_taken_whole_or_as_far_as_the_bounds_go(
    planned: Macros, change: Macros
) -> None:
    after = changed_within_bounds(MealTarget(planned, planned), change)
    assert is_within_bounds(planned, after)
    if is_within_bounds(planned, planned + change):
        assert after == planned + change


@pytest.mark.parametrize(
    ("left_over", "part"),
    [(100, NOTHING), (0, NOTHING), (-450, -450), (-1000, -450), (-225, -225)],
)
def test_only_what_is_over_is_evened(left_over: int, part: Macros | int) -> None:
    amount = NOTHING - coherent(10, 50, 20) - coherent(0, 7, 0) - Macros(2, 0, 0, 0)
    evening = part_that_evens(amount, Macros(left_over, 0, 0, 0))
    if isinstance(part, int):
        assert evening.energy_kcal == pytest.approx(part, abs=5)
        assert evening.protein_g == round(10 * evening.energy_kcal / 450)
    else:
        assert evening == part


def test_energy_as_food_is_carbohydrate_and_fat_of_the_day() -> None:
    day = coherent(100, 250, 70)
    assert as_food(150, day) == Macros(150, 0, 24, 6)
    assert as_food(-150, day) == Macros(-150, 0, -24, -6)
    assert as_food(150, NOTHING) == Macros(150, 0, 37, 0)


def test_energy_that_grams_explain_moves_with_them_and_other_energy_as_food() -> None:
    day = coherent(100, 250, 70)
    assert movable(coherent(5, 20, 9), day) == coherent(5, 20, 9)
    drink = movable(Macros(-400, 0, -10, 0), day)
    assert drink.energy_kcal == -400
    assert drink.energy_of_grams_kcal == pytest.approx(-400, abs=10)
    opposed = movable(Macros(-50, 20, 60, -41), day)
    assert opposed.energy_kcal == -50
    assert opposed.protein_g == 20
    assert opposed.carbohydrate_g < 0
    assert opposed.fat_g < 0


@pytest.mark.parametrize(
    ("planned", "bounds"),
    [
        (600, (360, 810)),
        (700, (420, 945)),
        (183, (183, 247)),
        (900, (540, 1000)),
        (1200, (720, 1200)),
        (0, (0, 0)),
    ],
)
def test_the_bounds_of_a_meal(planned: int, bounds: tuple[int, int]) -> None:
    assert energy_bounds_kcal(planned) == bounds


def test_shares_follow_the_weights_and_the_largest_remainders() -> None:
    assert share_out(10, [1, 1, 1], [99, 99, 99]) == [4, 3, 3]
    assert share_out(10, [1, 3], [99, 99]) == [3, 7]
    assert share_out(100, [1, 1, 2], [10, 99, 99]) == [10, 30, 60]
    assert share_out(100, [1, 1], [10, 20]) == [10, 20]
    assert share_out(0, [1, 1], [10, 20]) == [0, 0]
    assert share_out(5, [], []) == []


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.integers(0, 5000), st.lists(st.tuples(st.integers(1, 1500), st.integers(0, 400)), max_size=8))
def test_shares_make_the_amount_or_fill_the_room(amount: int, places: list[tuple[int, int]]) -> None:
    weights, rooms = [weight for weight, _ in places], [room for _, room in places]
    parts = share_out(amount, weights, rooms)
    assert sum(parts) == min(amount, sum(rooms))
    assert all(0 <= part <= room for part, room in zip(parts, rooms, strict=True))
