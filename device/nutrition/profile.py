"""A person's profile: what their targets come from, and what nobody may offer them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, cast

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from device.errors import LadleError

logger = logging.getLogger(__name__)

ADULT_YEARS = 18


class Sex(StrEnum):
    """For the equation of resting energy; UNSPECIFIED takes the mean of both."""

    FEMALE = "female"
    MALE = "male"
    UNSPECIFIED = "unspecified"


class ActivityLevel(StrEnum):
    """How a usual day goes."""

    SITTING = "sitting"
    LIGHT = "light"
    MODERATE = "moderate"
    ACTIVE = "active"
    VERY_ACTIVE = "very_active"


class Goal(StrEnum):
    """What the energy is for: to lose, to maintain or to gain weight."""

    LOSE = "lose"
    MAINTAIN = "maintain"
    GAIN = "gain"


class Condition(StrEnum):
    """What makes targets a matter for a doctor. GLUCOSE_MEDICINE: insulin or a sulfonylurea."""

    PREGNANT = "pregnant"
    BREAST_FEEDING = "breast_feeding"
    EATING_DISORDER = "eating_disorder"
    GLUCOSE_MEDICINE = "glucose_medicine"
    KIDNEY_DISEASE = "kidney_disease"


@dataclass(frozen=True, slots=True)
class CarbohydrateCaps:
    """What no meal and no day may be raised above, in g of carbohydrate; None: no limit."""

    meal_g: int | None = None
    day_g: int | None = None


NO_CAPS = CarbohydrateCaps()


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a person; None: not told.

    age_years, height_cm, weight_kg, body_fat_percent: as the names say.
    conditions: empty where it was asked and there are none.
    allergens: substances that nothing offered may contain; excluded_foods: ids or names of foods not wanted.
    wanted_kcal: an energy of the day that the person named, in kcal.
    diet: "vegan", "vegetarian" or "pescatarian".
    carbohydrate_cap_meal_g, carbohydrate_cap_day_g: what no meal and no day may be raised above.
    exercise_credit: the share, 0 to 1, of exercise that the day gets back as food.
    counts_exercise: the activity level covers workouts already, so the day gets nothing back for them.
    quiet_numbers: no calories or grams are said.
    """

    age_years: Annotated[int, Field(ge=1, le=120)] | None = None
    sex: Sex | None = None
    height_cm: Annotated[float, Field(ge=50, le=260)] | None = None
    weight_kg: Annotated[float, Field(ge=10, le=400)] | None = None
    body_fat_percent: Annotated[float, Field(ge=3, le=70)] | None = None
    activity: ActivityLevel | None = None
    goal: Goal | None = None
    wanted_kcal: Annotated[int, Field(ge=500, le=6000)] | None = None
    conditions: frozenset[Condition] | None = None
    allergens: frozenset[str] = frozenset()
    excluded_foods: frozenset[str] = frozenset()
    diet: Annotated[str, Field(pattern="^(vegan|vegetarian|pescatarian)$")] | None = None
    carbohydrate_cap_meal_g: Annotated[int, Field(ge=5, le=500)] | None = None
    carbohydrate_cap_day_g: Annotated[int, Field(ge=20, le=1000)] | None = None
    exercise_credit: Annotated[float, Field(ge=0, le=1)] = 0.5
    counts_exercise: bool = False
    quiet_numbers: bool = False

    @property
    def bmi(self) -> float | None:
        """Body mass index in kg/m², where height and weight are known."""
        if self.height_cm is None or self.weight_kg is None:
            return None
        return self.weight_kg / (self.height_cm / 100) ** 2

    @property
    def carbohydrate_caps(self) -> CarbohydrateCaps:
        """What no meal and no day may be raised above."""
        return CarbohydrateCaps(self.carbohydrate_cap_meal_g, self.carbohydrate_cap_day_g)

    @property
    def is_minor(self) -> bool:
        """Whether the person is known to be under 18."""
        return self.age_years is not None and self.age_years < ADULT_YEARS


# ------------------------------------------------------------------------------------- what is missing


@dataclass(frozen=True, slots=True)
class Missing:
    """A field of the profile that is needed, and the question that asks for it."""

    field: str
    question: str


QUESTIONS: Mapping[str, str] = {
    "age_years": "How old are you?",
    "sex": "The equation differs by sex: should I take the one for women, the one for men, or the middle?",
    "height_cm": "How tall are you?",
    "weight_kg": "What do you weigh, about?",
    "activity": "Exercise apart, is your usual day mostly sitting, on your feet now and then, or active?",
    "goal": "Would you like to keep your weight, lose some, or gain some?",
    "conditions": "Would a doctor want me to know anything: pregnancy, breast-feeding, insulin or diabetes "
    "tablets, kidney disease, or an eating disorder, now or before?",
}
"""In the order in which they are asked."""


def missing_for_targets(profile: Profile) -> tuple[Missing, ...]:
    """What must still be asked before targets can be computed, in the order of asking.

    Conditions are asked only of those who want to lose or gain, or who named an energy; for the others they
    change nothing.
    """
    asks_conditions = profile.goal is not Goal.MAINTAIN or profile.wanted_kcal is not None
    needed = [name for name in QUESTIONS if name != "conditions" or asks_conditions]
    return tuple(Missing(name, QUESTIONS[name]) for name in needed if getattr(profile, name) is None)


class ProfileIncompleteError(LadleError, LookupError):
    """Something has to be asked first; `missing` holds what, in the order of asking."""

    def __init__(self, missing: tuple[Missing, ...]) -> None:
        super().__init__(missing[0].question)
        self.missing = missing


# ------------------------------------------------------------------------------------- the diary's form


class ProfileError(LadleError, ValueError):
    """A value that a profile cannot have; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


_ADAPTER: TypeAdapter[Profile] = TypeAdapter(Profile)
_UNIT = re.compile("_(years|cm|kg|g|percent)$")
_FIELDS = frozenset(field.name for field in fields(Profile))


def checked_changes(changes: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Changes of a profile as the diary keeps them; None takes a field back.

    Raises:
        ProfileError: there is no such field, or its value cannot be right.
    """
    for name in changes:
        if name not in _FIELDS:
            raise ProfileError(name, f"A profile has no {_spoken(name)}; it has {_listed_fields()}.")
    told = {name: value for name, value in changes.items() if value is not None}
    try:
        profile = _ADAPTER.validate_python(told)
    except ValidationError as error:
        raise _profile_error(error) from None
    values = cast(dict[str, JsonValue], _ADAPTER.dump_python(profile, mode="json"))
    return {name: _in_order(values[name]) if name in told else None for name in changes}


def profile_of(
    stored: Mapping[str, JsonValue],
    today: date,
    weight_kg: float | None = None,
    age_told_on: date | None = None,
) -> Profile:
    """The profile that the diary keeps; `weight_kg`: the latest weighing, which wins over the one stored.

    age_told_on: the day on which the age was right, None where that is today or nobody knows. The age grows
    by the full years since then, so that nobody is taken for older than they are. A stored value that cannot
    be right is left out, as if it had never been told, and told in the journal.
    """
    profile = _profile_of_valid({name: value for name, value in stored.items() if name in _FIELDS})
    if profile.age_years is not None and age_told_on is not None:
        profile = replace(profile, age_years=profile.age_years + _full_years(age_told_on, today))
    return profile if weight_kg is None else replace(profile, weight_kg=weight_kg)


def _full_years(first: date, today: date) -> int:
    return max(0, today.year - first.year - ((today.month, today.day) < (first.month, first.day)))


def _profile_of_valid(told: Mapping[str, JsonValue]) -> Profile:
    """Of a list, what is right in it is kept: somebody's other allergens matter all the same."""
    try:
        return _ADAPTER.validate_python(told)
    except ValidationError as error:
        places = {fault["loc"][:2] for fault in error.errors(include_url=False)}
    valid = dict(told)
    for name in sorted({str(place[0]) for place in places}):
        logger.warning("profile_unreadable field=%s", name)
        value = valid.pop(name)
        if isinstance(value, list) and (name,) not in places:
            kept = [each for number, each in enumerate(value) if (name, number) not in places]
            valid |= {name: kept} if kept else {}
    return _profile_of_valid(valid)


def _in_order(value: JsonValue) -> JsonValue:
    """Lists sorted: a set has no order of its own, and the same profile should be stored the same way."""
    return sorted(value, key=str) if isinstance(value, list) else value


def _spoken(name: str) -> str:
    return _UNIT.sub(r" in \1", name).replace("_", " ")


def _listed_fields() -> str:
    return ", ".join(field.name for field in fields(Profile))


def _profile_error(error: ValidationError) -> ProfileError:
    fault = error.errors(include_url=False)[0]
    name = str(fault["loc"][0])
    expected = "; ".join(_expected(fault)) or str(fault["msg"])
    return ProfileError(name, f"{_spoken(name).capitalize()} is {fault['input']!r}, but must be {expected}.")


def _expected(fault: Any) -> Iterator[str]:
    context: Mapping[str, Any] = fault.get("ctx", {})
    for limit, words in (("ge", "at least"), ("le", "at most")):
        if limit in context:
            yield f"{words} {context[limit]:g}"
    if "expected" in context:
        yield str(context["expected"])
    if "pattern" in context:
        yield "vegan, vegetarian or pescatarian"
