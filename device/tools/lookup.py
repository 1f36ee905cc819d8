"""look_up_food: what an amount of a food holds."""

from __future__ import annotations

from device.nutrition.food import Food
from device.tools.asked import FoodArguments, serving_of
from device.tools.kitchen import Request
from device.tools.payloads import Payload, grams_said, macros_payload, result
from device.tools.tool import tool


@tool
def look_up_food(arguments: FoodArguments, request: Request) -> Payload:
    """Energy (kcal) and grams of protein, carbohydrate and fat of an amount of one food, from the kitchen's
    own food database. Call it for every question about what a food or drink contains, once for each food.
    Without an amount it answers for a usual portion. It logs nothing.
    """
    serving = serving_of(arguments, request.kitchen.foods, "look_up_food")
    food = serving.food
    data: Payload = {
        "food": {"food_id": food.id, "name": food.name, "source": food.source},
        "grams": round(serving.grams, 1),
        "amount_assumed": serving.is_usual,
        "macros": macros_payload(food.macros_of(serving.grams), digits=1),
        "per_100g": macros_payload(food.per_100g, digits=1),
    }
    if serving.note:
        data["note"] = serving.note
    return result(_said_of_food(food, serving.grams), **data)


def _said_of_food(food: Food, grams: float) -> str:
    macros = food.macros_of(grams)
    alcohol = f", {food.alcohol_g * grams / 100:.0f} of alcohol" if food.alcohol_g else ""
    return (
        f"{grams_said(grams)} of {food.name}: about {macros.energy_kcal:.0f} calories, "
        f"{grams_said(macros.protein_g)} of protein, {macros.carbohydrate_g:.0f} of carbohydrate, "
        f"{macros.fat_g:.0f} of fat{alcohol}."
    )
