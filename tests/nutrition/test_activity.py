"""Activities: found by what people say, and reckoned beyond rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from device.config import shipped_directory
from device.errors import ConfigError
from device.nutrition.activities import Activities, Activity, ActivityFound, ActivityUnsure
from device.nutrition.activity import (
    ActivityEnergy,
    ActivityQuestion,
    activity_done,
    credit_kcal,
    energy_of,
)
from device.nutrition.events import ActivityDone
from device.nutrition.profile import Profile, Sex

RUN = Activity("run", "run", 9.3, "12050", "running")
WALK_SLOW = Activity("walk_slow", "slow walk", 2.8, "17152", "walking")
SITTING = Activity("sitting", "sitting quietly", 1.0, "07021", "rest")
ADULT = Profile(age_years=40, sex=Sex.MALE, height_cm=180, weight_kg=70)

TWO = """\
activities:
  walk: {name: walk, met: 3.8, code: "17190", category: walking, aliases: [walking]}
  run:
    name: run
    met: 9.3
    code: "12050"
    category: running
"""


@pytest.fixture(scope="module")
def activities() -> Activities:
    return Activities.load(shipped_directory() / "activities.yaml")


# ------------------------------------------------------------------------------------- energy


def test_net_energy_is_beyond_rest() -> None:
    assert energy_of(RUN, 30, ADULT) == ActivityEnergy(net_kcal=290, gross_kcal=330)
    assert energy_of(WALK_SLOW, 30, ADULT) == ActivityEnergy(net_kcal=60, gross_kcal=100)


def test_sitting_takes_nothing_beyond_rest() -> None:
    assert energy_of(SITTING, 60, ADULT) == ActivityEnergy(net_kcal=0, gross_kcal=70)


@pytest.mark.parametrize("changes", [{"age_years": 65}, {"weight_kg": 110.0}])
def test_old_and_heavy_bodies_rest_by_their_own_equation(changes: dict[str, float]) -> None:
    profile = replace(ADULT, **changes)  # type: ignore[arg-type]
    weight, age = profile.weight_kg or 0, profile.age_years or 0
    rest = (10 * weight + 6.25 * 180 - 5 * age + 5) / 24
    energy = energy_of(WALK_SLOW, 60, profile)
    assert isinstance(energy, ActivityEnergy)
    assert energy.net_kcal == pytest.approx(2.8 * weight - rest, abs=5)


def test_where_the_equation_lacks_something_the_plain_one_is_taken() -> None:
    assert energy_of(WALK_SLOW, 60, Profile(age_years=70, weight_kg=70)) == ActivityEnergy(130, 200)


def test_what_is_lacking_is_asked_and_never_assumed() -> None:
    assert activity_done(RUN, None, ADULT) == ActivityQuestion("minutes", "How many minutes of run was it?")
    question = activity_done(RUN, 30, Profile())
    assert isinstance(question, ActivityQuestion)
    assert question.field == "weight_kg"
    assert isinstance(activity_done(RUN, 2000, ADULT), ActivityQuestion)


@pytest.mark.parametrize(
    ("profile", "credited", "kcal"),
    [
        (ADULT, 0, 140),
        (replace(ADULT, exercise_credit=1), 0, 290),
        (replace(ADULT, exercise_credit=0), 0, 0),
        (replace(ADULT, exercise_credit=1), 450, 150),
        (replace(ADULT, exercise_credit=1), 700, 0),
        (replace(ADULT, counts_exercise=True), 0, 0),
    ],
)
def test_a_day_gets_a_share_back_up_to_a_limit(profile: Profile, credited: int, kcal: int) -> None:
    assert credit_kcal(290, profile, credited) == kcal


def test_what_is_logged_is_a_snapshot() -> None:
    done = activity_done(RUN, 30, ADULT)
    assert done == ActivityDone("run", 30, 290, 140, "run", 9.3, 70)


# ------------------------------------------------------------------------------------- finding


@pytest.mark.parametrize(
    ("text", "activity_id"),
    [
        ("walk", "walk"),
        ("walk_dog", "walk_dog"),
        ("I went for a walk", "walk"),
        ("walked", "walk"),
        ("brisk walking", "walk_brisk"),
        ("walked the dog this morning", "walk_dog"),
        ("ran", "run"),
        ("went running in the park", "run"),
        ("a long run", "run"),
        ("jogging", "jog"),
        ("swam", "swim_laps_easy"),
        ("cycled to work", "cycle_commute"),
        ("cycling", "cycle"),
        ("yoga class", "yoga"),
        ("playing tennis", "tennis"),
        ("played the piano", "piano"),
        ("badmington", "badminton"),
        ("hoovering", "vacuuming"),
        ("mowed the lawn", "mow_lawn"),
        ("skiing", "ski_downhill"),
        ("cross country skiing", "ski_cross_country"),
        ("HIIT", "hiit"),
        ("tai chi", "tai_chi"),
        ("gardened", "gardening"),
        ("ping pong", "table_tennis"),
    ],
)
def test_an_activity_is_known_by_what_people_say(activities: Activities, text: str, activity_id: str) -> None:
    found = activities.find(text)
    assert isinstance(found, ActivityFound), found
    assert found.activity.id == activity_id


@pytest.mark.parametrize(
    "text", ["", "quidditch", "dog yoga", "underwater hockey", "ran and swam", "went", "x" * 500]
)
def test_it_asks_rather_than_guesses(activities: Activities, text: str) -> None:
    found = activities.find(text)
    assert isinstance(found, ActivityUnsure), found
    assert found.ask.endswith("something else?")
    assert len(found.candidates) <= 4


def test_what_may_be_meant_is_offered(activities: Activities) -> None:
    found = activities.find("underwater hockey")
    assert isinstance(found, ActivityUnsure)
    assert {each.id for each in found.candidates} == {"hockey_field", "hockey_ice"}
    assert found.ask == "Which comes nearest: field hockey or ice hockey, or something else?"


def test_every_name_and_alias_means_its_own_activity(activities: Activities) -> None:
    for activity in activities.all:
        for name in (activity.id, activity.name, *activity.aliases):
            assert activities.find(name) == ActivityFound(activity)
        assert activities.by_id(activity.id) is activity


# ------------------------------------------------------------------------------------- the file


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("met: 9.3", "met: fast", "FILE, line 5: run: met is 'fast', which is not a number."),
        ("met: 9.3", "met: 93", "FILE, line 5: run: met is 93, but must be at most 25."),
        ("    met: 9.3\n", "", "FILE, line 3: run: met is missing."),
        (
            "[walking]",
            "[run]",
            "FILE, line 3: run has the name 'run', which walk has too; a name must mean one activity.",
        ),
        (
            "category: running",
            "catgory: running",
            "FILE, line 7: run: catgory is not a key that Ladle knows; did you mean category?",
        ),
    ],
)
def test_a_fault_is_told_with_file_line_and_activity(
    written: Callable[[str], Path], right: str, wrong: str, message: str
) -> None:
    path = written(TWO.replace(right, wrong))
    with pytest.raises(ConfigError) as caught:
        Activities.load(path)
    assert message in str(caught.value).replace(str(path), "FILE").splitlines()
