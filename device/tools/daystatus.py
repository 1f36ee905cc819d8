"""Today in a sentence or two, for a model that starts afresh in the middle of the day."""

from __future__ import annotations

from device.nutrition.dayplan import MealStatus, MealToday
from device.tools.kitchen import Kitchen


def day_status(kitchen: Kitchen) -> str:
    """The meals of today with their targets (kcal) as they are now, and what is left over."""
    day = kitchen.plans.today(kitchen.now())
    meals = "; ".join(_said_of_meal(meal) for meal in day.meals)
    left_over = round(day.left_over.energy_kcal)
    return f"The plan of today: {meals}." + (f" {left_over} kcal are left over." if left_over else "")


def _said_of_meal(meal: MealToday) -> str:
    if meal.status is MealStatus.MISSED:
        return f"{meal.planned.name} was missed"
    return f"{meal.planned.name} at {meal.planned.time:%H:%M}, {meal.target.energy_kcal:.0f} kcal"
