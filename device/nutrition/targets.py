"""The energy and macronutrients that a day should hold, computed from a profile, within safe limits.

Resting energy: Mifflin and St Jeor, Am J Clin Nutr 1990;51:241-7; Katch and McArdle where the body fat is
known. Activity factors are convention. Deficit: 600 kcal a day (NICE), at most 1 % of the body weight in a
week. Macronutrients: the acceptable ranges of the National Academies, protein by body weight. The floor, the
pace of gaining and the protein for a goal are Ladle's own choices on the careful side. These are estimates
and no medical advice; where a doctor should decide, Ladle holds the weight and says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, StrEnum

from device.nutrition.macros import CARBOHYDRATE_KCAL_PER_G, FAT_KCAL_PER_G, PROTEIN_KCAL_PER_G, Macros
from device.nutrition.profile import (
    ActivityLevel,
    Condition,
    Goal,
    Profile,
    ProfileIncompleteError,
    Sex,
    missing_for_targets,
)

ACTIVITY_FACTORS = {
    ActivityLevel.SITTING: 1.2,
    ActivityLevel.LIGHT: 1.375,
    ActivityLevel.MODERATE: 1.55,
    ActivityLevel.ACTIVE: 1.725,
    ActivityLevel.VERY_ACTIVE: 1.9,
}
_MIFFLIN_BY_SEX = {Sex.FEMALE: -161, Sex.MALE: 5, Sex.UNSPECIFIED: -78}
_OF_THE_EQUATION = frozenset({"age_years", "sex", "height_cm", "weight_kg"})
_FLOOR_KCAL = {Sex.FEMALE: 1200, Sex.MALE: 1500, Sex.UNSPECIFIED: 1500}

DEFICIT_KCAL = 600
LOSS_SHARE_A_WEEK = 0.01
GAIN_SHARE_A_WEEK = 0.0025
KCAL_PER_KG_OF_BODY = 7700
LOW_BMI = 18.5
REFERENCE_BMI = 27.5
"""Above it protein and fat go by the weight at this BMI: fat tissue needs little of either."""

PROTEIN_G_PER_KG = {Goal.LOSE: 1.6, Goal.MAINTAIN: 1.2, Goal.GAIN: 1.6}
LEAST_PROTEIN_G_PER_KG = 0.8
LEAST_FAT_G_PER_KG = 0.7
FAT_SHARE = 0.30
LEAST_FAT_SHARE, MOST_FAT_SHARE = 0.20, 0.35
LEAST_PROTEIN_SHARE, MOST_PROTEIN_SHARE = 0.10, 0.35
LEAST_CARBOHYDRATE_SHARE = 0.45
FIBRE_G_PER_1000_KCAL = 14
KCAL_STEP = 10


class Method(StrEnum):
    """The equation of the resting energy."""

    MIFFLIN_ST_JEOR = "Mifflin-St Jeor"
    KATCH_MCARDLE = "Katch-McArdle"


_ASK_SOMEBODY = "A doctor or dietitian can say more."


class Limit(Enum):
    """Why the targets are not simply what was wished, with a sentence to say."""

    MINOR = f"Under 18 I keep to what holds the weight. {_ASK_SOMEBODY}"
    PREGNANCY = f"In pregnancy and while breast-feeding I leave targets to your midwife. {_ASK_SOMEBODY}"
    EATING_DISORDER = f"I hold your weight and leave goals to those who care for you. {_ASK_SOMEBODY}"
    GLUCOSE_MEDICINE = f"With insulin or diabetes tablets, energy is for your doctor to set. {_ASK_SOMEBODY}"
    KIDNEY_DISEASE = f"With kidney disease the protein and energy are for your doctor to set. {_ASK_SOMEBODY}"
    LOW_WEIGHT = f"Your weight is on the low side for your height, so I set no deficit. {_ASK_SOMEBODY}"
    LOW_WEIGHT_GAIN = f"Gaining slowly suits your height. {_ASK_SOMEBODY}"
    SMALL_BODY = f"What holds your weight is little already, so I set no deficit. {_ASK_SOMEBODY}"
    FLOOR = "I stopped where a day would become too small to hold what a body needs."
    PACE = "I chose a pace that the body can follow comfortably."
    CARBOHYDRATE_CAP = "Carbohydrate stays at the limit you gave; fat makes up for it."

    @property
    def is_referral(self) -> bool:
        """Whether it is for a doctor or dietitian to say more."""
        return _ASK_SOMEBODY in self.value


_OF_CONDITION = {
    Condition.PREGNANT: Limit.PREGNANCY,
    Condition.BREAST_FEEDING: Limit.PREGNANCY,
    Condition.EATING_DISORDER: Limit.EATING_DISORDER,
    Condition.GLUCOSE_MEDICINE: Limit.GLUCOSE_MEDICINE,
    Condition.KIDNEY_DISEASE: Limit.KIDNEY_DISEASE,
}


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of a day in whole kcal and g; 4/4/9 kcal per g make exactly the energy.

    goal: what the energy is for, after the limits; *_kcal: what it was computed from, whole kcal.
    """

    macros: Macros
    fibre_g: int
    goal: Goal
    method: Method
    resting_kcal: int
    maintenance_kcal: int
    floor_kcal: int
    limits: tuple[Limit, ...]

    @property
    def needs_referral(self) -> bool:
        """Whether a doctor or dietitian should be named."""
        return any(limit.is_referral for limit in self.limits)

    def said(self, *, quiet: bool = False) -> str:
        """A sentence or two to say; `quiet` leaves the numbers out."""
        day = self.macros
        first = (
            f"An estimate for your day: {day.energy_kcal:,.0f} calories, with {day.protein_g:.0f} grams of "
            f"protein, {day.carbohydrate_g:.0f} of carbohydrate and {day.fat_g:.0f} of fat."
        )
        if quiet:
            first = "Your day is set, and I will leave the numbers out."
        return " ".join((first, *(limit.value for limit in self.limits[:1])))


# ------------------------------------------------------------------------------------- energy


def resting_kcal(profile: Profile) -> float:
    """Energy of a day at rest, in kcal, unrounded.

    Raises:
        ProfileIncompleteError: something that the equation needs is not known.
    """
    if missing := tuple(each for each in missing_for_targets(profile) if each.field in _OF_THE_EQUATION):
        raise ProfileIncompleteError(missing)
    age, height, weight, sex = profile.age_years, profile.height_cm, profile.weight_kg, profile.sex
    assert age is not None and height is not None and weight is not None and sex is not None
    if profile.body_fat_percent is not None:
        return 370 + 21.6 * weight * (1 - profile.body_fat_percent / 100)
    return 10 * weight + 6.25 * height - 5 * age + _MIFFLIN_BY_SEX[sex]


def floor_kcal(profile: Profile) -> int:
    """The least energy that a target of a day may have: the resting energy, 1200 kcal, for men 1500.

    Raises:
        ProfileIncompleteError: something that the equation needs is not known.
    """
    return _step_up(max(resting_kcal(profile), _FLOOR_KCAL[profile.sex or Sex.UNSPECIFIED]))


def targets_for(profile: Profile) -> Targets:
    """The targets of a day, with the energy that the person named or that suits the goal, within limits.

    Raises:
        ProfileIncompleteError: something has to be asked first.
    """
    if missing := missing_for_targets(profile):
        raise ProfileIncompleteError(missing)
    assert profile.activity is not None and profile.goal is not None
    resting = resting_kcal(profile)
    maintenance = _step(resting * ACTIVITY_FACTORS[profile.activity])
    floor = floor_kcal(profile)
    energy, limits = _energy(profile, maintenance, floor)
    goal = _goal_of(energy, maintenance)
    macros, capped = _macros(profile, energy, goal)
    return Targets(
        macros,
        round(FIBRE_G_PER_1000_KCAL * energy / 1000),
        goal,
        Method.MIFFLIN_ST_JEOR if profile.body_fat_percent is None else Method.KATCH_MCARDLE,
        round(resting),
        maintenance,
        floor,
        limits + capped,
    )


def _energy(profile: Profile, maintenance: int, floor: int) -> tuple[int, tuple[Limit, ...]]:
    if profile.wanted_kcal is not None:
        return _energy_within(profile, profile.wanted_kcal, maintenance, floor)
    if profile.goal is Goal.LOSE:
        return _energy_within(profile, maintenance - DEFICIT_KCAL, maintenance, floor)
    if profile.goal is Goal.GAIN:
        assert profile.weight_kg is not None
        surplus = _step_up(_a_day(GAIN_SHARE_A_WEEK, profile.weight_kg))
        return _energy_within(profile, maintenance + surplus, maintenance, floor)
    return maintenance, _reasons_to_hold(profile, Goal.MAINTAIN)


def _energy_within(
    profile: Profile, wanted: int, maintenance: int, floor: int
) -> tuple[int, tuple[Limit, ...]]:
    """The wanted energy, or what of it is safe, and why."""
    goal = _goal_of(wanted, maintenance)
    held = _reasons_to_hold(profile, goal)
    if held:
        return maintenance, held
    assert profile.weight_kg is not None
    if goal is Goal.GAIN:
        most = maintenance + _step_up(_a_day(GAIN_SHARE_A_WEEK, profile.weight_kg))
        reasons = [Limit.PACE] * (wanted > most) + [Limit.LOW_WEIGHT_GAIN] * _is_light(profile)
        return min(_step(wanted), most), tuple(reasons)
    if goal is Goal.MAINTAIN:
        return maintenance, ()
    if maintenance <= floor:
        return maintenance, (Limit.SMALL_BODY,)
    paced = maintenance - _a_day(LOSS_SHARE_A_WEEK, profile.weight_kg)
    least = max(floor, _step_up(paced))
    reason = Limit.FLOOR if least == floor else Limit.PACE
    return (least, (reason,)) if wanted < least else (_step(wanted), ())


def _reasons_to_hold(profile: Profile, goal: Goal) -> tuple[Limit, ...]:
    """Why the weight is held, whatever was wished."""
    reasons = [Limit.MINOR] if profile.is_minor else []
    reasons += [_OF_CONDITION[each] for each in Condition if each in (profile.conditions or ())]
    if goal is Goal.LOSE and _is_light(profile):
        reasons.append(Limit.LOW_WEIGHT)
    return tuple(dict.fromkeys(reasons))


def _is_light(profile: Profile) -> bool:
    return profile.bmi is not None and profile.bmi < LOW_BMI


def _goal_of(energy: float, maintenance: float) -> Goal:
    if abs(energy - maintenance) < KCAL_STEP:
        return Goal.MAINTAIN
    return Goal.LOSE if energy < maintenance else Goal.GAIN


def _a_day(share_a_week: float, weight_kg: float) -> float:
    """kcal a day by which the weight changes by that share of it in a week."""
    return share_a_week * weight_kg * KCAL_PER_KG_OF_BODY / 7


def _step(kcal: float) -> int:
    return KCAL_STEP * round(kcal / KCAL_STEP)


def _step_up(kcal: float) -> int:
    return KCAL_STEP * math.ceil(kcal / KCAL_STEP)


# ------------------------------------------------------------------------------------- macronutrients


def _macros(profile: Profile, energy: int, goal: Goal) -> tuple[Macros, tuple[Limit, ...]]:
    """Protein by weight, fat by share with a floor, the rest carbohydrate; where a cap stands, fat."""
    weight = _reference_weight(profile)
    protein = _protein_g(profile, weight, energy, goal)
    fat = max(FAT_SHARE * energy / FAT_KCAL_PER_G, _least_fat_g(weight, energy))
    carbohydrate = (energy - PROTEIN_KCAL_PER_G * protein - FAT_KCAL_PER_G * fat) / CARBOHYDRATE_KCAL_PER_G
    least = LEAST_CARBOHYDRATE_SHARE * energy / CARBOHYDRATE_KCAL_PER_G
    if carbohydrate < least:
        fat -= CARBOHYDRATE_KCAL_PER_G * (least - carbohydrate) / FAT_KCAL_PER_G
        fat = max(fat, _least_fat_g(weight, energy))
    cap = profile.carbohydrate_cap_day_g
    rest_kcal = energy - PROTEIN_KCAL_PER_G * protein
    if cap is not None and rest_kcal - FAT_KCAL_PER_G * fat > CARBOHYDRATE_KCAL_PER_G * cap:
        fat = (rest_kcal - CARBOHYDRATE_KCAL_PER_G * cap) / FAT_KCAL_PER_G
        return _exact(energy, protein, math.ceil(fat), upward=True), (Limit.CARBOHYDRATE_CAP,)
    return _exact(energy, protein, round(fat)), ()


def _exact(energy: int, protein: int, fat: int, *, upward: bool = False) -> Macros:
    """Fat is moved by at most 2 g (3 upward) so that whole grams of carbohydrate make the rest."""
    steps = (0, 1, 2, 3) if upward else (0, 1, -1, 2)
    rest = energy - PROTEIN_KCAL_PER_G * protein
    fat += next(step for step in steps if (rest - FAT_KCAL_PER_G * (fat + step)) % 4 == 0)
    return Macros(energy, protein, (rest - FAT_KCAL_PER_G * fat) // CARBOHYDRATE_KCAL_PER_G, fat)


def _protein_g(profile: Profile, weight: float, energy: int, goal: Goal) -> int:
    conditions = profile.conditions or ()
    per_kg = LEAST_PROTEIN_G_PER_KG if Condition.KIDNEY_DISEASE in conditions else PROTEIN_G_PER_KG[goal]
    least = max(LEAST_PROTEIN_G_PER_KG * weight, LEAST_PROTEIN_SHARE * energy / PROTEIN_KCAL_PER_G)
    most = MOST_PROTEIN_SHARE * energy / PROTEIN_KCAL_PER_G
    return min(math.ceil(max(per_kg * weight, least)), math.floor(most))


def _least_fat_g(weight: float, energy: int) -> float:
    share = LEAST_FAT_SHARE * energy / FAT_KCAL_PER_G
    return max(share, min(LEAST_FAT_G_PER_KG * weight, MOST_FAT_SHARE * energy / FAT_KCAL_PER_G))


def _reference_weight(profile: Profile) -> float:
    assert profile.height_cm is not None and profile.weight_kg is not None
    return min(profile.weight_kg, REFERENCE_BMI * (profile.height_cm / 100) ** 2)
