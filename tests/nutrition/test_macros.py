"""Energy and macronutrients as one value."""

from __future__ import annotations

from device.nutrition.macros import NOTHING, Macros, total

OATS = Macros(389, 16.9, 66.3, 6.9)
MILK = Macros(50, 3.3, 4.8, 2)


def test_macros_add_and_subtract_each_number() -> None:
    assert Macros(1, 2, 3, 4) + Macros(10, 20, 30, 40) == Macros(11, 22, 33, 44)
    assert Macros(11, 22, 33, 44) - Macros(10, 20, 30, 40) == Macros(1, 2, 3, 4)


def test_macros_scale_each_number() -> None:
    assert MILK.scaled(2) == Macros(100, 6.6, 9.6, 4)


def test_the_total_of_nothing_is_nothing_and_whole_numbers_stay_whole() -> None:
    assert total([]) == NOTHING
    assert isinstance(total([Macros(1, 2, 3, 4), Macros(1, 2, 3, 4)]).energy_kcal, int)


def test_carbohydrate_above_a_limit_becomes_fat_and_the_energy_stays() -> None:
    lunch = Macros(600, 35, 70, 20)
    assert lunch.with_carbohydrate_at_most(70) == lunch
    assert lunch.with_carbohydrate_at_most(69) == Macros(600, 35, 61, 24)
    for most in range(0, 71):
        limited = lunch.with_carbohydrate_at_most(most)
        assert limited.carbohydrate_g <= most
        assert (limited.energy_kcal, limited.protein_g) == (600, 35)
        assert abs(limited.energy_of_grams_kcal - 600) <= 4


def test_the_energy_of_grams_is_4_4_9() -> None:
    assert Macros(0, 10, 20, 5).energy_of_grams_kcal == 40 + 80 + 45
