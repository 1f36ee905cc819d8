"""What a plan.yaml may hold, key by key."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from device.nutrition.datafile import Entry
from device.nutrition.macros import Macros

_Name = Annotated[str, Field(min_length=1)]
_Whole = Annotated[int, Field(ge=0)]
LEAST_DAY_KCAL = 1200


class Target(Entry):
    """What a meal should hold: whole kcal and g."""

    kcal: Annotated[int, Field(ge=1, le=5000)]
    protein: Annotated[_Whole, Field(le=500)]
    carbohydrate: Annotated[_Whole, Field(le=1000)]
    fat: Annotated[_Whole, Field(le=500)]

    def macros(self) -> Macros:
        """The same as one value."""
        return Macros(self.kcal, self.protein, self.carbohydrate, self.fat)


class DayTarget(Target):
    """What a day should hold."""

    kcal: Annotated[int, Field(ge=LEAST_DAY_KCAL, le=8000)]


class MealEntry(Entry):
    """A meal: when it is, and what it holds in one of three ways."""

    time: str
    aliases: list[_Name] = Field([])
    target: Target | None = None
    share: Annotated[int, Field(ge=1, le=100)] | None = None
    foods: dict[_Name, Annotated[float, Field(gt=0, le=5000, allow_inf_nan=False)]] = Field({})


_Meals = Annotated[dict[_Name, MealEntry], Field(min_length=1)]


class PersonEntry(Entry):
    """What somebody has for themselves; None: what everybody has."""

    target: DayTarget | None = None
    meals: _Meals | None = None


class PlanFile(Entry):
    """A whole file."""

    target: DayTarget | None = None
    meals: _Meals
    people: dict[_Name, PersonEntry] = Field({})
