"""Targets: the equations, the floors, who gets no deficit, and macronutrients that add up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.nutrition.profile import (
    ActivityLevel,
    Condition,
    Goal,
    Profile,
    ProfileIncompleteError,
    Sex,
)
from device.nutrition.targets import (
    LOW_BMI,
    Limit,
    Method,
    floor_kcal,
    resting_kcal,
    targets_for,
)

ADULT = Profile(
    age_years=40,
    sex=Sex.FEMALE,
    height_cm=168,
    weight_kg=70,
    activity=ActivityLevel.MODERATE,
    goal=Goal.MAINTAIN,
    conditions=frozenset(),
)
PROFILES = st.builds(
    Profile,
    age_years=st.integers(10, 95),
    sex=st.sampled_from(Sex),
    height_cm=st.integers(130, 210),
    weight_kg=st.integers(30, 220),
    body_fat_percent=st.none() | st.integers(5, 60),
    activity=st.sampled_from(ActivityLevel),
    goal=st.sampled_from(Goal),
    wanted_kcal=st.none() | st.integers(500, 6000),
    conditions=st.frozensets(st.sampled_from(Condition), max_size=1),
    carbohydrate_cap_day_g=st.none() | st.integers(20, 300),
)


@pytest.mark.parametrize(
    ("sex", "kcal"), [(Sex.FEMALE, 1389.0), (Sex.MALE, 1555.0), (Sex.UNSPECIFIED, 1472.0)]
)
def test_resting_energy_by_mifflin_and_st_jeor(sex: Sex, kcal: float) -> None:
    assert resting_kcal(replace(ADULT, sex=sex)) == kcal


def test_resting_energy_by_katch_and_mcardle_where_body_fat_is_known() -> None:
    lean = replace(ADULT, body_fat_percent=20)
    assert resting_kcal(lean) == pytest.approx(370 + 21.6 * 56)
    assert targets_for(lean).method is Method.KATCH_MCARDLE


def test_maintenance_is_resting_energy_times_the_activity_factor() -> None:
    targets = targets_for(ADULT)
    assert targets.maintenance_kcal == 2150
    assert targets.macros.energy_kcal == 2150
    assert (targets.goal, targets.limits, targets.fibre_g) == (Goal.MAINTAIN, (), 30)
    assert targets.said() == (
        "An estimate for your day: 2,150 calories, with 84 grams of protein, 287 of carbohydrate and "
        "74 of fat."
    )


def test_losing_takes_the_deficit_and_more_protein() -> None:
    targets = targets_for(replace(ADULT, goal=Goal.LOSE))
    assert targets.macros.energy_kcal == 1550
    assert targets.macros.protein_g == 112
    assert targets.limits == ()


def test_gaining_is_slow() -> None:
    assert targets_for(replace(ADULT, goal=Goal.GAIN)).macros.energy_kcal == 2350


def test_the_deficit_stops_at_the_floor() -> None:
    targets = targets_for(replace(ADULT, goal=Goal.LOSE, activity=ActivityLevel.SITTING))
    assert targets.macros.energy_kcal == floor_kcal(ADULT) == 1390
    assert targets.limits == (Limit.FLOOR,)


def test_a_fast_pace_is_slowed_to_one_percent_a_week() -> None:
    light = replace(ADULT, weight_kg=53, goal=Goal.LOSE, activity=ActivityLevel.VERY_ACTIVE)
    targets = targets_for(light)
    assert targets.maintenance_kcal - targets.macros.energy_kcal <= 53 * 11
    assert targets.limits == (Limit.PACE,)


def test_a_small_body_gets_its_maintenance_and_no_surplus() -> None:
    small = replace(ADULT, age_years=75, height_cm=145, weight_kg=43, activity=ActivityLevel.SITTING)
    targets = targets_for(replace(small, goal=Goal.LOSE))
    assert targets.macros.energy_kcal == targets.maintenance_kcal < targets.floor_kcal
    assert targets.limits == (Limit.SMALL_BODY,)
    assert targets.needs_referral


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"age_years": 17}, Limit.MINOR),
        ({"conditions": frozenset({Condition.PREGNANT})}, Limit.PREGNANCY),
        ({"conditions": frozenset({Condition.BREAST_FEEDING})}, Limit.PREGNANCY),
        ({"conditions": frozenset({Condition.EATING_DISORDER})}, Limit.EATING_DISORDER),
        ({"conditions": frozenset({Condition.GLUCOSE_MEDICINE})}, Limit.GLUCOSE_MEDICINE),
        ({"conditions": frozenset({Condition.KIDNEY_DISEASE})}, Limit.KIDNEY_DISEASE),
        ({"weight_kg": 51}, Limit.LOW_WEIGHT),
    ],
)
def test_no_deficit_but_a_referral(changes: dict[str, object], limit: Limit) -> None:
    for wanted in (None, 1400):
        profile = replace(ADULT, goal=Goal.LOSE, wanted_kcal=wanted, **changes)  # type: ignore[arg-type]
        targets = targets_for(profile)
        assert targets.macros.energy_kcal == targets.maintenance_kcal
        assert targets.goal is Goal.MAINTAIN
        assert targets.limits == (limit,)
        assert "doctor" in targets.said()


def test_who_weighs_little_may_gain_and_is_referred() -> None:
    targets = targets_for(replace(ADULT, weight_kg=51, goal=Goal.GAIN))
    assert targets.goal is Goal.GAIN
    assert targets.needs_referral


@pytest.mark.parametrize(
    ("wanted", "kcal", "limits"),
    [
        (1800, 1800, ()),
        (1000, 1390, (Limit.FLOOR,)),
        (2150, 2150, ()),
        (4000, 2350, (Limit.PACE,)),
    ],
)
def test_an_energy_that_was_named_is_kept_within_the_limits(
    wanted: int, kcal: int, limits: tuple[Limit, ...]
) -> None:
    targets = targets_for(replace(ADULT, wanted_kcal=wanted))
    assert (targets.macros.energy_kcal, targets.limits) == (kcal, limits)


def test_a_limit_on_carbohydrate_is_kept_and_fat_makes_up_for_it() -> None:
    targets = targets_for(replace(ADULT, carbohydrate_cap_day_g=130))
    assert targets.macros.carbohydrate_g <= 130
    assert targets.limits == (Limit.CARBOHYDRATE_CAP,)


def test_kidney_disease_keeps_protein_at_the_allowance() -> None:
    ill = replace(ADULT, conditions=frozenset({Condition.KIDNEY_DISEASE}))
    assert targets_for(ill).macros.protein_g == 56


def test_what_is_missing_is_asked_in_order() -> None:
    with pytest.raises(ProfileIncompleteError) as caught:
        targets_for(Profile(age_years=40, height_cm=170))
    assert [each.field for each in caught.value.missing] == [
        *("sex", "weight_kg", "activity", "goal"),
        "conditions",
    ]


def test_quiet_targets_have_no_number() -> None:
    said = targets_for(replace(ADULT, goal=Goal.LOSE)).said(quiet=True)
    assert not any(letter.isdigit() for letter in said)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(PROFILES)
def test_whoever_asks_the_numbers_add_up_and_no_floor_is_broken(profile: Profile) -> None:
    targets = targets_for(profile)
    macros = targets.macros
    assert macros.energy_kcal == macros.energy_of_grams_kcal
    assert all(isinstance(each, int) for each in (macros.protein_g, macros.carbohydrate_g, macros.fat_g))
    assert min(macros.protein_g, macros.carbohydrate_g, macros.fat_g) >= 0
    assert macros.energy_kcal >= min(targets.floor_kcal, targets.maintenance_kcal)
    assert 0.09 <= 4 * macros.protein_g / macros.energy_kcal <= 0.351
    assert 9 * macros.fat_g / macros.energy_kcal >= 0.19
    assert profile.bmi is not None
    held = profile.is_minor or profile.conditions or profile.bmi < LOW_BMI
    if held:
        assert macros.energy_kcal >= targets.maintenance_kcal
    if profile.carbohydrate_cap_day_g is not None:
        assert macros.carbohydrate_g <= profile.carbohydrate_cap_day_g


def test_no_sentence_blames_or_praises() -> None:
    words = {word for limit in Limit for word in limit.value.lower().replace(".", "").split()}
    assert not words & {"good", "bad", "cheat", "guilty", "burn", "fail", "earned", "great", "must", "should"}
