"""What exercise takes, and what of it a day gets back as food.

MET values are those of the 2024 Adult Compendium of Physical Activities: averages of groups, ages 19 to 59.
1 MET is about 1 kcal for each kg of body weight in an hour, so an activity takes MET x kg x h in all. Only
what goes beyond rest may be added to a day that counts rest already: (MET - 1) x kg x h. At rest heavy and
old bodies take less than 1 MET; for them the resting energy of the day is taken off instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from device.nutrition.activities import Activity
from device.nutrition.events import ActivityDone
from device.nutrition.profile import Profile, ProfileIncompleteError
from device.nutrition.targets import resting_kcal

MOST_CREDIT_A_DAY_KCAL = 600
MOST_MINUTES = 16 * 60
ROUNDED_TO_KCAL = 10
HEAVY_BMI = 30
OLD_YEARS = 60


@dataclass(frozen=True, slots=True)
class ActivityEnergy:
    """net_kcal: beyond rest; gross_kcal: in all, for comparing with watches and machines. To 10 kcal."""

    net_kcal: int
    gross_kcal: int


@dataclass(frozen=True, slots=True)
class ActivityQuestion:
    """What must be known first: `field` ("weight_kg" or "minutes"), and a question that asks for it."""

    field: str
    ask: str


def energy_of(activity: Activity, minutes: float, profile: Profile) -> ActivityEnergy | ActivityQuestion:
    """What an activity took, or what must be asked; no weight is ever assumed."""
    if not 0 < minutes <= MOST_MINUTES:
        return ActivityQuestion("minutes", f"How many minutes of {activity.name} was it?")
    if profile.weight_kg is None:
        return ActivityQuestion("weight_kg", "I need your weight for that; what do you weigh, about?")
    hours = minutes / 60
    gross = activity.met * profile.weight_kg * hours
    net = gross - _rest_kcal_an_hour(profile, profile.weight_kg) * hours
    return ActivityEnergy(_rounded(max(0.0, net)), _rounded(gross))


def credit_kcal(net_kcal: int, profile: Profile, credited_today_kcal: float = 0) -> int:
    """What a day gets back of an activity, to 10 kcal: the profile's share, at most 600 kcal a day in all.

    Nothing where the activity level covers workouts already, as they would be counted twice.
    """
    if profile.counts_exercise:
        return 0
    left = max(0, int(MOST_CREDIT_A_DAY_KCAL - credited_today_kcal))
    return min(_rounded(profile.exercise_credit * net_kcal), left)


def activity_done(
    activity: Activity, minutes: float | None, profile: Profile, credited_today_kcal: float = 0
) -> ActivityDone | ActivityQuestion:
    """What is to be logged of an activity, or what must be asked; minutes: None where none were said."""
    energy = energy_of(activity, minutes or 0, profile)
    if isinstance(energy, ActivityQuestion):
        return energy
    return ActivityDone(
        name=activity.name,
        minutes=minutes or 0,
        net_kcal=energy.net_kcal,
        credited_kcal=credit_kcal(energy.net_kcal, profile, credited_today_kcal),
        activity_id=activity.id,
        met=activity.met,
        weight_kg=profile.weight_kg,
    )


def _rest_kcal_an_hour(profile: Profile, weight_kg: float) -> float:
    is_old = profile.age_years is not None and profile.age_years >= OLD_YEARS
    is_heavy = profile.bmi is not None and profile.bmi >= HEAVY_BMI
    if not (is_old or is_heavy):
        return weight_kg
    try:
        return resting_kcal(profile) / 24
    except ProfileIncompleteError:
        return weight_kg


def _rounded(kcal: float) -> int:
    return ROUNDED_TO_KCAL * round(kcal / ROUNDED_TO_KCAL)
