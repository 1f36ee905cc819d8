"""A food and its grams, from what a model passes on: name, words spoken, quantity, unit, size, preparation.

The arithmetic of amounts is done here and never left to the model: it turns "half a dozen" into twelve.
"""

from __future__ import annotations

from dataclasses import dataclass

from device.nutrition.food import Food
from device.nutrition.foods import Ambiguous, Finding, FoodDatabase, Found, Unknown
from device.nutrition.portions import NoWeight, Quantity, SpokenAmount, Weight, parse_quantity, weigh
from device.nutrition.units import size_of, unit_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for.

    food: the name in English, or the id of a food. spoken: the words about it, in any language.
    unit: as a word, such as "slices"; empty: pieces. quantity None: no amount was said.
    """

    food: str
    spoken: str = ""
    quantity: float | None = None
    unit: str = ""
    size: str = ""
    preparation: str = ""


@dataclass(frozen=True, slots=True)
class Serving:
    """An amount of a food in g. `note` says what was taken for granted; `is_usual`: no amount was said."""

    food: Food
    grams: float
    note: str = ""
    is_usual: bool = False


@dataclass(frozen=True, slots=True)
class NoAmount:
    """The food is known and its weight is not; `allowed`: grams of each unit that it has."""

    food: Food
    unit: str
    allowed: dict[str, float]

    @property
    def ask(self) -> str:
        """The question for the person."""
        return f"How many grams of {self.food.name} is it, about?"


def find_food(asked: Asked, foods: FoodDatabase) -> Finding:
    """The food that was meant.

    The household's own name for a food wins where it was spoken; else the English name, without an amount
    that slipped into it if need be, else the words spoken. What nothing was taken for granted in comes first:
    "white wine" that was spoken is better than the "wine" that was passed on.
    """
    in_food, in_spoken = parse_quantity(asked.food).food, parse_quantity(asked.spoken).food
    texts = [text for text in dict.fromkeys((asked.food, in_food, in_spoken)) if text.strip()]
    if foods.is_own_name(in_spoken):
        texts.insert(0, in_spoken)
    findings = [foods.find(text, asked.preparation) for text in texts]
    first: Finding = findings[0] if findings else Unknown(())
    found = min((each for each in findings if isinstance(each, Found)), key=_was_guessed, default=None)
    asking = next((each for each in findings if isinstance(each, Ambiguous)), None)
    return found or asking or first


def _was_guessed(found: Found) -> bool:
    return bool(found.note)


def serve_food(found: Found, asked: Asked) -> Serving | NoAmount:
    """How many grams of the food were meant."""
    food = found.food
    if asked.unit and not (unit_of(asked.unit) or size_of(asked.unit)):
        return NoAmount(food, asked.unit, {**food.portions, "g": 1.0})
    quantity = quantity_of(asked)
    if quantity is None:
        return Serving(food, food.usual_grams, found.note, is_usual=True)
    weight = weigh(food, quantity)
    if isinstance(weight, NoWeight):
        return NoAmount(food, weight.unit, dict(weight.allowed))
    return Serving(food, weight.grams, _together(found.note, weight))


def quantity_of(asked: Asked) -> Quantity | None:
    """The amount by the arguments, unless the words count the same unit otherwise; None: none was said."""
    said = _said_amount(asked)
    if asked.quantity is None and not asked.unit and not asked.size:
        return said
    unit, size = unit_of(asked.unit), size_of(asked.size) or size_of(asked.unit)
    passed = Quantity(1.0 if asked.quantity is None else asked.quantity, unit, size)
    if said and asked.spoken and _unit(said) == _unit(passed):
        return Quantity(said.amount, passed.unit, passed.size or said.size)
    return passed


def _said_amount(asked: Asked) -> Quantity | None:
    spoken: SpokenAmount = parse_quantity(asked.spoken)
    return spoken.quantity or parse_quantity(asked.food).quantity


def _unit(quantity: Quantity) -> str:
    return "one" if quantity.unit in (None, "piece") else str(quantity.unit)


def _together(note: str, weight: Weight) -> str:
    return "; ".join(part for part in (note, weight.note) if part)
