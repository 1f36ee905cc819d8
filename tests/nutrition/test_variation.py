"""Variation: small, within bounds, the same for the same question, and never in a sum."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.nutrition.macros import Macros, total
from device.nutrition.rebalance import MealTarget, is_within_bounds, rebalance
from device.nutrition.variation import OFF, STEP, Variation, seed_of, varied, varied_targets

DAY = date(2026, 11, 21)
PLACES = st.lists(
    st.integers(0, 1500).flatmap(
        lambda amount: st.tuples(st.just(amount), st.integers(0, amount), st.integers(amount, amount + 500))
    ),
    max_size=8,
)


def meal(protein: int, carbohydrate: int, fat: int) -> MealTarget:
    target = Macros(4 * protein + 4 * carbohydrate + 9 * fat, protein, carbohydrate, fat)
    return MealTarget(target, target)


MEALS = [meal(25, 55, 15), meal(35, 70, 20), meal(40, 75, 25)]


@settings(max_examples=500, deadline=None, derandomize=True)
@given(PLACES, st.integers(0, 2**64 - 1), st.sampled_from([0.01, 0.03]))
def test_the_sum_and_the_bounds_are_kept(places: list[tuple[int, int, int]], seed: int, share: float) -> None:
    amounts, bounds = [place[0] for place in places], [place[1:] for place in places]
    outcome = varied(amounts, bounds, Variation(share, seed))
    assert sum(outcome) == sum(amounts)
    for before, after, (least, most) in zip(amounts, outcome, bounds, strict=True):
        assert least <= after <= most
        assert abs(after - before) <= share * before + STEP


def test_amounts_become_round_numbers_but_for_the_odd_rest() -> None:
    amounts, bounds = [237, 761, 871], [(200, 300), (500, 900), (600, 1000)]
    outcome = varied(amounts, bounds, Variation(0.03, 5))
    assert sum(each % STEP == 0 for each in outcome) == 2
    assert sum(outcome) == 1869


def test_seeds_differ_and_so_do_the_outcomes() -> None:
    bounds = [(0, 1000)] * 3
    outcomes = {varied([400, 500, 600], bounds, Variation(0.03, seed)) for seed in range(20)}
    assert len(outcomes) > 3


@pytest.mark.parametrize("amounts", [[], [437]])
def test_where_there_is_nobody_to_exchange_with_nothing_varies(amounts: list[int]) -> None:
    assert varied(amounts, [(0, 1000)] * len(amounts), Variation(0.03, 1)) == tuple(amounts)


def test_off_is_off() -> None:
    assert varied([237, 761], [(0, 1000)] * 2, OFF) == (237, 761)
    targets = rebalance(MEALS, Macros(300, 20, 37, 8)).targets
    assert varied_targets(MEALS, targets, OFF) == targets


def test_it_is_never_more_than_three_per_cent() -> None:
    with pytest.raises(ValueError, match=r"from 0 to 0\.03"):
        Variation(0.1)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(-60, 60), st.integers(-90, 90), st.integers(-30, 30), st.integers(0, 2**32))
def test_targets_vary_and_every_sum_stays(protein: int, carbohydrate: int, fat: int, seed: int) -> None:
    change = Macros(4 * protein + 4 * carbohydrate + 9 * fat, protein, carbohydrate, fat)
    targets = rebalance(MEALS, change).targets
    outcome = varied_targets(MEALS, targets, Variation(0.03, seed))
    assert total(outcome) == total(targets)
    for place, before, after in zip(MEALS, targets, outcome, strict=True):
        assert is_within_bounds(place.planned, after)
        assert (after.protein_g, after.fat_g) == (before.protein_g, before.fat_g)
        assert abs(after.energy_kcal - after.energy_of_grams_kcal) <= 4
        current = place.current.energy_kcal
        assert (before.energy_kcal - current) * (after.energy_kcal - current) >= 0


def test_targets_that_did_not_move_are_not_varied() -> None:
    targets = tuple(place.current for place in MEALS)
    assert varied_targets(MEALS, targets, Variation(0.03, 3)) == targets


def test_a_question_has_one_seed_in_every_process() -> None:
    seed = seed_of("anna", DAY, "missed_meal", {"meal": "lunch", "day": DAY})
    assert seed == seed_of("anna", DAY, "missed_meal", {"day": DAY, "meal": "lunch"})
    assert seed != seed_of("ben", DAY, "missed_meal", {"meal": "lunch", "day": DAY})
    program = (
        "from datetime import date; from device.nutrition.variation import seed_of; d = date(2026, 11, 21);"
        "print(seed_of('anna', d, 'missed_meal', {'meal': 'lunch', 'day': d}))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(said.stdout) == seed
