"""What people say that happened, as the diary keeps it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from pydantic import JsonValue, TypeAdapter

from device.nutrition.macros import NOTHING, Macros


@dataclass(frozen=True, slots=True)
class Nutrients:
    """What something contained, as it was known when it was logged; None: not known."""

    energy_kcal: float | None = None
    protein_g: float | None = None
    carbohydrate_g: float | None = None
    fat_g: float | None = None
    fibre_g: float | None = None
    sugars_g: float | None = None
    saturated_fat_g: float | None = None
    sodium_mg: float | None = None
    alcohol_g: float | None = None

    def __post_init__(self) -> None:
        for name in NUTRIENTS:
            _check_amount(name, getattr(self, name))

    @property
    def macros(self) -> Macros:
        """Energy in kcal, protein, carbohydrate and fat in g; what is not known counts as nothing."""
        return Macros(self.energy_kcal or 0, self.protein_g or 0, self.carbohydrate_g or 0, self.fat_g or 0)


NUTRIENTS = tuple(one.name for one in fields(Nutrients))


@dataclass(frozen=True, slots=True)
class FoodItem:
    """One food that was eaten: `name`, `grams` and `nutrients` as they were when it was logged.

    food_id: None where it is not in the database; quantity, unit: as the person said them; is_estimated: the
    amount or the contents are a guess.
    """

    name: str
    nutrients: Nutrients
    food_id: str | None = None
    grams: float | None = None
    quantity: float | None = None
    unit: str | None = None
    is_estimated: bool = False

    def __post_init__(self) -> None:
        _check_amount("grams", self.grams)
        _check_amount("quantity", self.quantity)


@dataclass(frozen=True, slots=True)
class FoodEaten:
    """Food and drink; meal: its name in the plan, None where it belongs to none."""

    items: tuple[FoodItem, ...] = ()
    meal: str | None = None
    is_unplanned: bool = False


@dataclass(frozen=True, slots=True)
class ActivityDone:
    """Exercise or work. net_kcal: what it took beyond resting; credited_kcal: the part that the day got."""

    name: str
    minutes: float
    net_kcal: float
    credited_kcal: float
    activity_id: str | None = None
    met: float | None = None
    weight_kg: float | None = None

    def __post_init__(self) -> None:
        for name in ("minutes", "net_kcal", "credited_kcal", "met", "weight_kg"):
            _check_amount(name, getattr(self, name))


@dataclass(frozen=True, slots=True)
class MealMissed:
    """A meal of the plan was not eaten; is_on_purpose: the person chose to skip it."""

    meal: str
    is_on_purpose: bool = False


@dataclass(frozen=True, slots=True)
class MealChange:
    """What a meal's target was and became, in whole kcal and g."""

    meal: str
    before: Macros
    after: Macros

    @property
    def change(self) -> Macros:
        """What was added; this is what is left to take back when other changes came after it."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class PlanAdjusted:
    """Targets of the plan were moved; residual: what found no place.

    day: whose plan it is, None for the day of the entry; once logged, it is the day of the event's moment.
    missed_meal: the meal that was spread; None where the targets were moved for another reason.
    """

    changes: tuple[MealChange, ...]
    residual: Macros = NOTHING
    day: date | None = None
    missed_meal: str | None = None


@dataclass(frozen=True, slots=True)
class WaterDrunk:
    """A drink of water, in ml."""

    ml: float

    def __post_init__(self) -> None:
        _check_amount("ml", self.ml)


@dataclass(frozen=True, slots=True)
class WeightTaken:
    """What a person weighs, in kg."""

    kg: float

    def __post_init__(self) -> None:
        _check_amount("kg", self.kg)


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """New values of parts of a person's profile; None: that part is taken out of it."""

    changes: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Void:
    """What an earlier call logged does not count any more."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Redo:
    """What was made void counts again."""

    call_id: str


Happening = FoodEaten | ActivityDone | MealMissed | PlanAdjusted | WaterDrunk | WeightTaken | ProfileChanged
Fact = Happening | Void | Redo


class Kind(StrEnum):
    """What sort of event it is; the values are stored."""

    FOOD = "food"
    ACTIVITY = "activity"
    MISSED = "missed"
    ADJUSTMENT = "adjustment"
    WATER = "water"
    WEIGHT = "weight"
    PROFILE = "profile"
    VOID = "void"
    REDO = "redo"


_FACTS: dict[Kind, type[Fact]] = {
    Kind.FOOD: FoodEaten,
    Kind.ACTIVITY: ActivityDone,
    Kind.MISSED: MealMissed,
    Kind.ADJUSTMENT: PlanAdjusted,
    Kind.WATER: WaterDrunk,
    Kind.WEIGHT: WeightTaken,
    Kind.PROFILE: ProfileChanged,
    Kind.VOID: Void,
    Kind.REDO: Redo,
}
_KINDS = {fact: kind for kind, fact in _FACTS.items()}
_ADAPTERS: dict[Kind, TypeAdapter[Fact]] = {kind: TypeAdapter(fact) for kind, fact in _FACTS.items()}


def kind_of(fact: Fact) -> Kind:
    """What sort of event a fact makes."""
    return _KINDS[type(fact)]


def written(fact: Fact) -> str:
    """A fact as JSON, without what has a place of its own: the items of a meal, the day of a plan."""
    return _ADAPTERS[kind_of(fact)].dump_json(fact, exclude={"items", "day"}).decode()


def read(kind: Kind, text: str) -> Fact:
    """The fact that was written as `text`."""
    return _ADAPTERS[kind].validate_json(text)


def _check_amount(name: str, amount: float | None) -> None:
    if amount is not None and not 0 <= amount < math.inf:
        raise ValueError(f"{name} is {amount}, which is no amount")
