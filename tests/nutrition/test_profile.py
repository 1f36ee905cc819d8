"""Profiles: what is asked, what is refused, and how the diary keeps them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from device.nutrition.profile import (
    QUESTIONS,
    ActivityLevel,
    Condition,
    Goal,
    Profile,
    ProfileError,
    Sex,
    checked_changes,
    missing_for_targets,
    profile_of,
)

TODAY = date(2026, 11, 21)


def test_an_empty_profile_is_asked_everything_in_order() -> None:
    missing = missing_for_targets(Profile())
    assert [each.field for each in missing] == list(QUESTIONS)
    assert all(each.question.endswith("?") for each in missing)


def test_conditions_are_not_asked_of_those_who_keep_their_weight() -> None:
    fields = [each.field for each in missing_for_targets(Profile(goal=Goal.MAINTAIN))]
    assert "conditions" not in fields
    assert missing_for_targets(Profile(goal=Goal.LOSE))[-1].field == "conditions"


def test_conditions_are_asked_of_those_who_name_an_energy() -> None:
    missing = missing_for_targets(Profile(goal=Goal.MAINTAIN, wanted_kcal=1600))
    assert missing[-1].field == "conditions"


def test_changes_go_to_the_diary_and_come_back() -> None:
    changes = checked_changes(
        {
            "age_years": 34,
            "sex": "female",
            "height_cm": 168,
            "weight_kg": 64.5,
            "activity": "light",
            "goal": "maintain",
            "wanted_kcal": 1900,
            "conditions": ["kidney_disease"],
            "allergens": ["soy", "peanut"],
            "diet": "vegan",
            "exercise_credit": 1,
            "quiet_numbers": True,
        }
    )
    stored = json.loads(json.dumps(changes))
    assert stored["allergens"] == ["peanut", "soy"]
    assert stored.keys() == changes.keys()
    assert profile_of(stored, TODAY) == Profile(
        age_years=34,
        sex=Sex.FEMALE,
        height_cm=168,
        weight_kg=64.5,
        activity=ActivityLevel.LIGHT,
        goal=Goal.MAINTAIN,
        wanted_kcal=1900,
        conditions=frozenset({Condition.KIDNEY_DISEASE}),
        allergens=frozenset({"soy", "peanut"}),
        diet="vegan",
        exercise_credit=1,
        quiet_numbers=True,
    )


@pytest.mark.parametrize(
    ("day", "age"), [(TODAY, 17), (date(2027, 11, 20), 17), (date(2027, 11, 21), 18), (date(2030, 1, 1), 20)]
)
def test_an_age_grows_with_the_years_and_never_too_early(day: date, age: int) -> None:
    stored = checked_changes({"age_years": 17})
    assert profile_of(stored, day, age_told_on=TODAY).age_years == age


def test_an_age_told_nobody_knows_when_does_not_grow() -> None:
    assert profile_of({"age_years": 15}, date(2036, 1, 1)).age_years == 15
    assert profile_of({}, TODAY, age_told_on=date(2020, 1, 1)).age_years is None


def test_the_latest_weighing_wins() -> None:
    assert profile_of({"weight_kg": 70}, TODAY, weight_kg=68.2).weight_kg == 68.2


def test_a_field_is_taken_back_by_none() -> None:
    assert checked_changes({"diet": None}) == {"diet": None}


def test_what_a_newer_profile_has_is_left_alone() -> None:
    assert profile_of({"height_cm": 170, "favourite_colour": "blue"}, TODAY) == Profile(height_cm=170)


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"age_years": 200}, "age_years", "Age in years is 200, but must be at most 120."),
        ({"height_cm": 1.68}, "height_cm", "Height in cm is 1.68, but must be at least 50."),
        ({"goal": "shrink"}, "goal", "Goal is 'shrink', but must be 'lose', 'maintain' or 'gain'."),
        (
            {"diet": "fruit"},
            "diet",
            "Diet is 'fruit', but must be vegan, vegetarian or pescatarian.",
        ),
        ({"wanted_kcal": 300}, "wanted_kcal", "Wanted kcal is 300, but must be at least 500."),
        ({"exercise_credit": 2}, "exercise_credit", "Exercise credit is 2, but must be at most 1."),
    ],
)
def test_a_value_that_cannot_be_right_is_told(changes: dict[str, object], field: str, message: str) -> None:
    with pytest.raises(ProfileError) as caught:
        checked_changes(changes)
    assert (caught.value.field, str(caught.value)) == (field, message)


def test_an_unknown_field_is_told() -> None:
    with pytest.raises(ProfileError, match="A profile has no shoe size; it has age_years, sex"):
        checked_changes({"shoe_size": 42})


def test_a_minor_is_known_by_age() -> None:
    assert Profile(age_years=17).is_minor
    assert not Profile(age_years=18).is_minor
    assert not Profile().is_minor


@pytest.mark.parametrize(
    ("stored", "kept", "told"),
    [
        ({"height_cm": 1700, "weight_kg": 70}, Profile(weight_kg=70), ["height_cm"]),
        ({"sex": "?", "age_years": "old", "goal": "lose"}, Profile(goal=Goal.LOSE), ["age_years", "sex"]),
        ({"allergens": ["milk", 3, "soy"]}, Profile(allergens=frozenset({"milk", "soy"})), ["allergens"]),
        ({"allergens": 3, "diet": "vegan"}, Profile(diet="vegan"), ["allergens"]),
        ({"conditions": ["gout"]}, Profile(conditions=None), ["conditions"]),
        (
            {"conditions": ["gout", "pregnant"]},
            Profile(conditions=frozenset({Condition.PREGNANT})),
            ["conditions"],
        ),
    ],
)
def test_a_stored_value_that_cannot_be_right_is_left_out_and_told(
    stored: dict[str, Any], kept: Profile, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert profile_of(stored, TODAY) == kept
    assert caplog.messages == [f"profile_unreadable field={field}" for field in told]
