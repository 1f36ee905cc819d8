"""look_up_food: what an amount of a food holds."""

from __future__ import annotations

from device.nutrition.food import Food
from device.nutrition.records import DiaryUnavailableError
from device.tools.asked import FoodArguments, PersonalArguments, serving_of
from device.tools.kitchen import Kitchen, Request
from device.tools.payloads import Payload, ToolError, calories_said, grams_said, macros_payload, result
from device.tools.today import day_of
from device.tools.tool import tool

SAY_NO_NUMBERS = "Say no calories or grams of nutrients."


class LookUpFood(FoodArguments, PersonalArguments):
    """A food, how much of it, and who asks."""


@tool
def look_up_food(arguments: LookUpFood, request: Request) -> Payload:
    """Energy (kcal) and grams of protein, carbohydrate and fat of an amount of one food, from the kitchen's
    own food database. Call it for every question about what a food or drink contains, once for each food.
    Without an amount it answers for a usual portion. For somebody who is told no numbers it answers without
    them; then name none yourself. It logs nothing.
    """
    is_quiet = _is_quiet(request.kitchen, arguments.person)
    serving = serving_of(arguments, request.kitchen.foods, "look_up_food", is_quiet=is_quiet)
    food = serving.food
    data: Payload = {
        "food": {"food_id": food.id, "name": food.name, "source": food.source},
        "grams": round(serving.grams, 1),
        "amount_assumed": serving.is_usual,
    }
    if serving.note:
        data["note"] = serving.note
    if is_quiet:
        return result(f"I know {food.name}, and leave the numbers out.", **data, speak=SAY_NO_NUMBERS)
    data["macros"] = macros_payload(food.macros_of(serving.grams), digits=1)
    data["per_100g"] = macros_payload(food.per_100g, digits=1)
    return result(_said_of_food(food, serving.grams), **data)


def _is_quiet(kitchen: Kitchen, named: str | None) -> bool:
    """Whether numbers are left out for whoever asks.

    Where the diary cannot be read only the household's own setting is known: what is in an egg can be told
    all the same.

    Raises:
        ToolError: WHO; nobody has that name, or it depends on who asks.
    """
    if kitchen.ways.quiet_numbers:
        return True
    try:
        return _is_told_none(kitchen, named)
    except DiaryUnavailableError:
        return False


def _is_told_none(kitchen: Kitchen, named: str | None) -> bool:
    try:
        return day_of(kitchen, named).is_quiet
    except ToolError:
        of_everybody = {day_of(kitchen, person.name).is_quiet for person in kitchen.people.all}
        if named or len(of_everybody) > 1:
            raise
        return of_everybody.pop()


def _said_of_food(food: Food, grams: float) -> str:
    macros = food.macros_of(grams)
    alcohol = f", {food.alcohol_g * grams / 100:.0f} of alcohol" if food.alcohol_g else ""
    return (
        f"{grams_said(grams)} of {food.name}: about {calories_said(macros.energy_kcal)}, "
        f"{grams_said(macros.protein_g)} of protein, {macros.carbohydrate_g:.0f} of carbohydrate, "
        f"{macros.fat_g:.0f} of fat{alcohol}."
    )
