"""Asking for a food and its grams in one go, as the tools do in two."""

from __future__ import annotations

from device.nutrition.foods import Ambiguous, FoodDatabase, Found, Unknown
from device.nutrition.serving import Asked, NoAmount, Serving, find_food, serve_food

Outcome = Serving | NoAmount | Ambiguous | Unknown


def serve(asked: Asked, foods: FoodDatabase) -> Outcome:
    """The food that was meant and how many grams of it, or what to ask."""
    finding = find_food(asked, foods)
    return serve_food(finding, asked) if isinstance(finding, Found) else finding
