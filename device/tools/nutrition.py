"""The nutrition tools: looking up a food, and missing a meal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from device.nutrition.dayplan import MissedMeal, MovedTarget
from device.nutrition.food import Food
from device.nutrition.foods import Ambiguous, Found, Unknown
from device.nutrition.macros import total
from device.nutrition.portions import NoWeight, Quantity, Weight, parse_quantity, weigh
from device.nutrition.units import size_of, unit_of
from device.tools.kitchen import Kitchen
from device.tools.payloads import Payload, ToolError, macros_payload, result, retry_with
from device.tools.tool import tool

MOST_GRAMS = 5000
MOST_WORDS = 25
HEARD_LETTERS = 60
WORTH_SAYING_KCAL = 10


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


# ------------------------------------------------------------------------------------- look_up_food


class LookUpFood(_Arguments):
    food: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="The food alone, in English, such as 'brown rice'; or the food_id of a candidate that an "
        "earlier answer offered."
    )
    spoken: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="The words about the food and its amount exactly as the person said them."
    )
    quantity: Annotated[float, Field(ge=0, le=100_000)] | None = Field(
        None, description="How many of the unit, or how many pieces. Leave it out if no amount was said."
    )
    unit: Annotated[str, Field(max_length=40)] | None = Field(
        None,
        description="The unit in English: g, kg, ml, l, oz, fl_oz, lb, tsp, tbsp, cup, piece, slice, "
        "handful, bowl, glass, mug, can, bottle, scoop or portion. Leave it out for pieces of the food.",
    )
    size: Literal["small", "medium", "large"] | None = Field(
        None, description="Only if the person said so, as in 'a large banana'."
    )


@tool
def look_up_food(arguments: LookUpFood, kitchen: Kitchen) -> Payload:
    """Energy (kcal) and grams of protein, carbohydrate and fat of an amount of one food, from the kitchen's
    own food database. Call it for every question about what a food or drink contains, once for each food.
    Without an amount it answers for a usual portion.
    """
    food, note = _find(arguments, kitchen)
    weight, is_assumed = _weigh(arguments, food)
    if not 0 < weight.grams <= MOST_GRAMS:
        raise ToolError(
            "IMPLAUSIBLE_AMOUNT",
            f"{weight.grams:.0f} g of {food.name} is not an amount that people eat or drink at once.",
            field="quantity",
            limit_g=MOST_GRAMS,
            ask=f"How much {food.name} do you mean?",
        )
    data: Payload = {
        "food": {"food_id": food.id, "name": food.name, "source": food.source},
        "grams": round(weight.grams, 1),
        "amount_assumed": is_assumed,
        "macros": macros_payload(food.macros_of(weight.grams), digits=1),
        "per_100g": macros_payload(food.per_100g, digits=1),
    }
    notes = "; ".join(part for part in (note, weight.note) if part)
    if notes:
        data["note"] = notes
    return result(_said_of_food(food, weight.grams), **data)


def _find(arguments: LookUpFood, kitchen: Kitchen) -> tuple[Food, str]:
    """The food by its English name, else without an amount that slipped into it, else by the words spoken."""
    texts = (arguments.food, parse_quantity(arguments.food).food, parse_quantity(arguments.spoken or "").food)
    outcomes = [kitchen.foods.find(text) for text in texts if text]
    found = next((outcome for outcome in outcomes if isinstance(outcome, Found)), None)
    if found:
        return found.food, found.note
    asking = next((outcome for outcome in outcomes if isinstance(outcome, Ambiguous)), None)
    if asking:
        raise _ambiguous(arguments.food, asking.candidates)
    raise _unknown(arguments.food, next(o.closest for o in outcomes if isinstance(o, Unknown)))


def _ambiguous(heard: str, candidates: Sequence[Food]) -> ToolError:
    return ToolError(
        "AMBIGUOUS_FOOD",
        "More than one food may be meant.",
        field="food",
        heard=heard[:HEARD_LETTERS],
        candidates=_candidates(candidates),
        ask=f"Do you mean {_either(candidates)}?",
        retry=retry_with("look_up_food", food="<food_id of the one chosen>"),
    )


def _unknown(heard: str, closest: Sequence[Food]) -> ToolError:
    hint = f"Do you mean {_either(closest)}, or something else?" if closest else "What else is it called?"
    return ToolError(
        "UNKNOWN_FOOD",
        "The kitchen's food database does not have this food.",
        field="food",
        heard=heard[:HEARD_LETTERS],
        candidates=_candidates(closest),
        ask=f"I have no numbers for that. {hint}",
        retry=retry_with("look_up_food", food="<food_id of the one chosen, or another name>"),
    )


def _candidates(foods: Sequence[Food]) -> list[Payload]:
    return [
        {"food_id": food.id, "say": food.name, "kcal_100g": round(food.per_100g.energy_kcal)}
        for food in foods
    ]


def _either(foods: Sequence[Food]) -> str:
    *first, last = [food.name for food in foods]
    return f"{', '.join(first)} or {last}" if first else last


def _weigh(arguments: LookUpFood, food: Food) -> tuple[Weight, bool]:
    """The weight asked about, and whether it was assumed because no amount was said."""
    quantity = _quantity(arguments, food)
    if quantity is None:
        return Weight(food.usual_grams), True
    weight = weigh(food, quantity)
    if isinstance(weight, NoWeight):
        raise _unknown_unit(food, weight.unit, weight.allowed)
    return weight, False


def _quantity(arguments: LookUpFood, food: Food) -> Quantity | None:
    unit = arguments.unit or None
    size: str | None = arguments.size
    if unit and unit_of(unit) is None:
        size = size_of(unit)
        if size is None:
            raise _unknown_unit(food, unit, {**food.portions, "g": 1.0})
        unit = None
    if arguments.quantity is not None or unit or size:
        amount = 1.0 if arguments.quantity is None else arguments.quantity
        return Quantity(amount, unit_of(unit) if unit else None, size)
    return parse_quantity(arguments.spoken or "").quantity or parse_quantity(arguments.food).quantity


def _unknown_unit(food: Food, unit: str, allowed: Mapping[str, float]) -> ToolError:
    return ToolError(
        "UNKNOWN_UNIT",
        f"What one {unit[:HEARD_LETTERS]} of {food.name} weighs is not known.",
        field="unit",
        heard=unit[:HEARD_LETTERS],
        allowed_g=dict(allowed),
        ask=f"How many grams of {food.name} is it, about?",
        retry=retry_with("look_up_food", food=food.id, unit="<one of allowed_g>"),
    )


def _said_of_food(food: Food, grams: float) -> str:
    macros = food.macros_of(grams)
    alcohol = f", {food.alcohol_g * grams / 100:.0f} of alcohol" if food.alcohol_g else ""
    return (
        f"{_grams(grams)} of {food.name}: about {macros.energy_kcal:.0f} calories, "
        f"{_grams(macros.protein_g)} of protein, {macros.carbohydrate_g:.0f} of carbohydrate, "
        f"{macros.fat_g:.0f} of fat{alcohol}."
    )


def _grams(grams: float) -> str:
    return "1 gram" if round(grams) == 1 else f"{grams:.0f} grams"


# ------------------------------------------------------------------------------------- missed_meal


class MissedMealArguments(_Arguments):
    meal: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="The meal of today as the person named it, such as 'lunch' or 'my midday meal'."
    )


@tool(changes=True)
def missed_meal(arguments: MissedMealArguments, kitchen: Kitchen) -> Payload:
    """Record that a meal of today was missed or will be, and move what it should have held to the meals still
    to come today. Call it when a person says that they missed or skipped a meal. Calling it twice for one
    meal changes nothing.
    """
    now = kitchen.now()
    plan = kitchen.plans.plan
    meal = plan.meal(arguments.meal)
    if meal is None:
        names = [planned.name for planned in plan.meals]
        raise ToolError(
            "UNKNOWN_MEAL",
            "Today's plan has no such meal.",
            field="meal",
            heard=arguments.meal[:HEARD_LETTERS],
            meals=names,
            ask=f"Which meal do you mean: {', '.join(names)}?",
            retry=retry_with("missed_meal", meal="<one of meals>"),
        )
    missed = kitchen.plans.miss(meal, now)
    return result(
        _said_of_missed(missed),
        changed=missed.changed,
        missed={"meal": meal.name, "target": macros_payload(missed.missed)},
        meals=[_moved_payload(moved) for moved in missed.moved],
        left_over=macros_payload(missed.residual),
        day={
            "target": macros_payload(plan.target),
            "open_meals": macros_payload(missed.day.open_target),
            "left_over": macros_payload(missed.day.left_over),
        },
    )


def _moved_payload(moved: MovedTarget) -> Payload:
    return {
        "meal": moved.meal.name,
        "time": f"{moved.meal.time:%H:%M}",
        "before": macros_payload(moved.before),
        "after": macros_payload(moved.after),
    }


def _said_of_missed(missed: MissedMeal) -> str:
    name = missed.meal.name
    kcal = missed.missed.energy_kcal
    if not missed.changed:
        return f"{name.capitalize()} is down as missed today already; nothing has changed."
    if not missed.moved:
        return f"No meal is left for it today, so the {kcal:.0f} calories of {name} stay open. That is fine."
    if all(moved.before == moved.after for moved in missed.moved):
        return f"The meals left today are full, so the {kcal:.0f} calories of {name} stay open. That is fine."
    over = _said_of_left_over(missed.residual.energy_kcal)
    each = ", ".join(f"{moved.meal.name} {moved.after.energy_kcal:.0f}" for moved in missed.moved)
    in_full = f"{name.capitalize()} moves to the rest of today: {each} calories.{over}"
    if len(in_full.split()) <= MOST_WORDS:
        return in_full
    together = total(moved.after for moved in missed.moved).energy_kcal
    return (
        f"{name.capitalize()} moves to {len(missed.moved)} meals, now {together:.0f} calories together.{over}"
    )


def _said_of_left_over(kcal: float) -> str:
    if kcal < WORTH_SAYING_KCAL:
        return ""
    return f" About {round(kcal, -1):.0f} are left over, fine to leave."
