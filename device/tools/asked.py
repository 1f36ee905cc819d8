"""Foods as the model names them: the arguments, and from them a food and its grams or an error that helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from device.nutrition.estimate import Estimate, EstimateError, estimated_food
from device.nutrition.events import NUTRIENTS, FoodItem, Nutrients
from device.nutrition.food import Food
from device.nutrition.foods import Ambiguous, FoodDatabase, Found, Unknown
from device.nutrition.serving import Asked, NoAmount, Serving, find_food, quantity_of, serve_food
from device.nutrition.units import unit_of
from device.tools.foodwords import fitting
from device.tools.payloads import Payload, ToolError, retry_with, shortened

MOST_GRAMS = 5000
SPOKEN_LETTERS = 200
MOST_ITEMS = 12


class Arguments(BaseModel):
    """Base of all arguments; what the model adds of its own is passed over, and null is as if left out."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, told: Any) -> Any:
        if not isinstance(told, Mapping):
            return told
        return {name: value for name, value in told.items() if value is not None}


class PersonalArguments(Arguments):
    """Something about one of the household."""

    person: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="Whose it is, only if a name was said."
    )


class ConsentArguments(PersonalArguments):
    """Something that a person may have to agree to."""

    confirm: Annotated[str, Field(max_length=40)] | None = Field(
        None, description="The token of an earlier answer to this call, once the person has said yes to it."
    )


def _beginning(told: Any) -> Any:
    return told[:SPOKEN_LETTERS] if isinstance(told, str) else told


class FoodArguments(Arguments):
    """A food and how much of it."""

    food: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="The food alone, in English, such as 'brown rice'; or the food_id of a candidate that an "
        "earlier answer offered."
    )
    spoken: Annotated[str, BeforeValidator(_beginning)] | None = Field(
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
    preparation: Annotated[str, Field(max_length=40)] | None = Field(
        None, description="How it was prepared, only if the person said so: raw, boiled, fried, grilled ..."
    )


class EstimateArguments(Arguments):
    """What the model takes 100 g of a food to hold."""

    kcal: float
    protein_g: float
    carbohydrate_g: float
    fat_g: float
    alcohol_g: float | None = None


class ItemArguments(FoodArguments):
    """One food of several."""

    is_estimated: bool = Field(False, description="True if the amount is a guess.")
    per_100g: EstimateArguments | None = Field(
        None,
        description="Your own estimate for 100 g of the food. Only after the answer UNKNOWN_FOOD, and "
        "only if the person agrees to an estimate.",
    )


Items = Annotated[list[ItemArguments], Field(min_length=1, max_length=MOST_ITEMS)]
Ingredients = Annotated[list[FoodArguments], Field(min_length=1, max_length=MOST_ITEMS)]


# ------------------------------------------------------------------------------------- food and grams


def serving_of(
    arguments: FoodArguments, foods: FoodDatabase, tool: str, place: str = "", *, is_quiet: bool = False
) -> Serving:
    """The food that is meant and its grams.

    tool: the one that is called; place: of the food among its arguments, such as "items[1]."; is_quiet: no
    calories are told of foods that may be meant.

    Raises:
        ToolError: AMBIGUOUS_FOOD, UNKNOWN_FOOD, UNKNOWN_UNIT or IMPLAUSIBLE_AMOUNT.
    """
    found = found_food(arguments, foods, tool, place, is_quiet=is_quiet)
    return _served(found, arguments, tool, place)


def servings_of(
    items: Sequence[FoodArguments], foods: FoodDatabase, tool: str, *, is_quiet: bool = False
) -> list[Serving]:
    """All foods and their grams, or the error of the first that is not clear; see `serving_of`."""
    return [
        _item(item, foods, tool, f"items[{place}].", is_quiet=is_quiet) for place, item in enumerate(items)
    ]


def _item(item: FoodArguments, foods: FoodDatabase, tool: str, place: str, *, is_quiet: bool) -> Serving:
    if not isinstance(item, ItemArguments) or item.per_100g is None:
        return serving_of(item, foods, tool, place, is_quiet=is_quiet)
    values = Estimate(**item.per_100g.model_dump())
    try:
        food = estimated_food(item.food, values)
    except EstimateError as error:
        fault = "No food holds that." if is_quiet else error
        raise ToolError(
            "IMPLAUSIBLE_ESTIMATE",
            f"{fault} Correct the estimate and call again.",
            field=f"{place}per_100g.{error.field}",
            ask="My estimate cannot be right. Shall I make another?",
        ) from None
    return _served(Found(food), item, tool, place)


def _served(found: Found, arguments: FoodArguments, tool: str, place: str) -> Serving:
    outcome = serve_food(found, _asked(arguments))
    if isinstance(outcome, NoAmount):
        raise _unknown_unit(outcome, tool, place)
    if not 0 < outcome.grams <= MOST_GRAMS:
        raise _implausible(outcome, tool, place)
    return outcome


def found_food(
    arguments: FoodArguments, foods: FoodDatabase, tool: str, place: str = "", *, is_quiet: bool = False
) -> Found:
    """The food that is meant, whatever its amount; see `serving_of`.

    Raises:
        ToolError: AMBIGUOUS_FOOD or UNKNOWN_FOOD.
    """
    finding = find_food(_asked(arguments), foods)
    if not isinstance(finding, Found):
        raise _unclear(finding, arguments, tool, place, is_quiet=is_quiet)
    return finding


def _asked(arguments: FoodArguments) -> Asked:
    return Asked(
        arguments.food,
        arguments.spoken or "",
        arguments.quantity,
        arguments.unit or "",
        arguments.size or "",
        arguments.preparation or "",
    )


# ------------------------------------------------------------------------------------- errors that help


def _implausible(serving: Serving, tool: str, place: str) -> ToolError:
    name = shortened(serving.food.name)
    return ToolError(
        "IMPLAUSIBLE_AMOUNT",
        f"{serving.grams:.0f} g of {name} is not an amount that people have at once.",
        field=f"{place}quantity",
        limit_g=MOST_GRAMS,
        ask=fitting(f"How much {name} do you mean?", "How much of it do you mean?"),
        # The words that were said would count against another amount.
        retry=retry_with(
            tool,
            **{f"{place}quantity": "<the amount>", f"{place}unit": "<its unit>", f"{place}spoken": None},
        ),
    )


def _unclear(
    finding: Ambiguous | Unknown, arguments: FoodArguments, tool: str, place: str, *, is_quiet: bool
) -> ToolError:
    if isinstance(finding, Ambiguous):
        code, message, foods = "AMBIGUOUS_FOOD", "More than one food may be meant.", finding.candidates
        wanted = "<food_id of the one chosen>"
    else:
        code, message = "UNKNOWN_FOOD", "The kitchen's food database does not have this food."
        foods, wanted = finding.closest, "<food_id of the one chosen, or another name>"
    return ToolError(
        code,
        message,
        field=f"{place}food",
        heard=shortened(arguments.food),
        candidates=[_candidate(food, is_quiet) for food in foods],
        ask=fitting(finding.ask, "Which food is it?"),
        retry=retry_with(tool, **{f"{place}food": wanted}),
        **_estimate_offered(code, arguments, place),
    )


def _candidate(food: Food, is_quiet: bool) -> Payload:
    candidate: Payload = {"food_id": food.id, "say": food.name}
    return candidate if is_quiet else {**candidate, "kcal_100g": round(food.per_100g.energy_kcal)}


def _estimate_offered(code: str, arguments: FoodArguments, place: str) -> Payload:
    """To what is logged an estimate can be given where nothing is known; to what is looked up it cannot."""
    if code != "UNKNOWN_FOOD" or not isinstance(arguments, ItemArguments):
        return {}
    return {"else": f"If it is none of them, offer to estimate it, and with consent set {place}per_100g."}


def _unknown_unit(outcome: NoAmount, tool: str, place: str) -> ToolError:
    food, unit = outcome.food, shortened(outcome.unit)
    named = {} if food.estimated else {f"{place}food": food.id}
    one = "a piece" if unit_of(unit) in ("one", "piece") else f"one {unit}"
    return ToolError(
        "UNKNOWN_UNIT",
        f"What {one} of {shortened(food.name)} weighs is not known.",
        field=f"{place}unit",
        heard=unit,
        allowed_g=_shortest(outcome.allowed),
        ask=fitting(outcome.ask, "About how much of it was it, in grams?"),
        retry=retry_with(tool, **named, **{f"{place}unit": "<one of allowed_g>"}),
    )


def _shortest(allowed: Mapping[str, float]) -> dict[str, float]:
    """The dozen units with the shortest names; the answer has to stay small."""
    return {unit: allowed[unit] for unit in sorted(allowed, key=len)[:12]}


# ------------------------------------------------------------------------------------- for the diary


def eaten_item(serving: Serving, arguments: ItemArguments) -> FoodItem:
    """What the diary keeps of a serving: its nutrients as they are known now, its amount as understood."""
    food, share = serving.food, serving.grams / 100
    amount = quantity_of(_asked(arguments))
    per_100g = {
        "energy_kcal": food.per_100g.energy_kcal,
        "protein_g": food.per_100g.protein_g,
        "carbohydrate_g": food.per_100g.carbohydrate_g,
        "fat_g": food.per_100g.fat_g,
    }
    known = {name: per_100g.get(name, getattr(food, name, None)) for name in NUTRIENTS}
    return FoodItem(
        name=food.name,
        nutrients=Nutrients(
            **{name: None if value is None else value * share for name, value in known.items()}
        ),
        food_id=None if food.estimated else food.id,
        grams=serving.grams,
        quantity=amount.amount if amount else None,
        unit=(amount.unit or amount.size) if amount else None,
        is_estimated=arguments.is_estimated or food.estimated or serving.is_usual,
    )
