"""An amount of a food as it is offered, and how a cook would say it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from device.nutrition.food import Food
from device.nutrition.leastsquares import to_step
from device.nutrition.macros import Macros
from device.nutrition.plates import COUNTED
from device.nutrition.substitute import role_of

MOST_WORDS = 18


@dataclass(frozen=True, slots=True)
class Helping:
    """A food, and grams of it."""

    food: Food
    grams: float

    @property
    def macros(self) -> Macros:
        """Energy in kcal and macronutrients in g."""
        return self.food.macros_of(self.grams)


def piece_g(food: Food) -> float:
    """Grams of one piece, such as an egg; a usual portion of what has no pieces."""
    return food.portions.get("one", food.usual_grams)


def said(helpings: Sequence[Helping]) -> str:
    """In at most 18 words if that can be: "180 g of cooked salmon, 2 boiled eggs and 150 g of broccoli"."""
    ways = (
        _joined(_counted(each) or f"{each.grams:g} g of {_name(each)}" for each in helpings),
        _joined(_counted(each) or f"{each.grams:g} g {_name(each)}" for each in helpings),
        _joined(_counted(each) or f"{each.grams:g} g {_short_name(each)}" for each in helpings),
    )
    return next((way for way in ways if is_short(way)), ways[-1])


def said_quietly(helpings: Sequence[Helping]) -> str:
    """Without numbers: "salmon, boiled eggs, broccoli and a little butter"."""
    return _joined(map(_without_number, helpings))


def is_short(text: str) -> bool:
    """Whether it is short enough to be heard at once."""
    return len(text.split()) <= MOST_WORDS


def _counted(helping: Helping) -> str:
    """Whole pieces as a person counts them, such as "2 boiled eggs"; empty: it is not counted."""
    food, count = helping.food, round(helping.grams / piece_g(helping.food))
    if food.id not in COUNTED or to_step(count * piece_g(food)) != helping.grams:
        return ""
    if count == 1:
        return f"{'an' if food.name[0] in 'aeiou' else 'a'} {food.name}"
    return f"{count} {food.name}s"


def _name(helping: Helping) -> str:
    """Vegetables without "cooked", which matters little for their weight."""
    return _short_name(helping) if helping.food.category == "vegetable" else helping.food.name


def _short_name(helping: Helping) -> str:
    return helping.food.name.removeprefix("cooked ")


def _without_number(helping: Helping) -> str:
    if role_of(helping.food) == "fat":
        return f"a little {helping.food.name}"
    return _counted(helping).lstrip("0123456789 ") or _short_name(helping)


def _joined(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
