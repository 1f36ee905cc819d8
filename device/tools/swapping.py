"""substitute: what to take instead of an ingredient, so that the meal keeps its energy and protein."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import Field

from device.nutrition.events import FoodEaten
from device.nutrition.foods import Ambiguous, FoodDatabase, Found
from device.nutrition.leastsquares import STEP_G
from device.nutrition.names import without_fillers, words_of
from device.nutrition.plan import PlannedMeal
from device.nutrition.substitute import Ingredient, Refusal, Substitution, swap_for
from device.nutrition.substitute import substitute as best_swaps
from device.tools.asked import FoodArguments, Ingredients, PersonalArguments, found_food, servings_of
from device.tools.foodwords import CHECK_LABEL, fitting
from device.tools.kitchen import Kitchen, Request
from device.tools.payloads import Payload, ToolError, either, result, retry_with, shortened
from device.tools.swapwords import amount_said, name_said, off_said, offers_payload, swap_payload, swap_said
from device.tools.today import PersonsDay, day_of
from device.tools.tool import tool

NAME = "substitute"
WHAT_ELSE = "What else would you take?"
LOOK_FURTHER = "Shall I look for something else?"
LABEL = "Check the label: what a packet holds differs from brand to brand."


class SubstituteArguments(PersonalArguments):
    """The ingredient, and the meal that it is in."""

    ingredient: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="The ingredient to replace, in English, such as 'chicken'."
    )
    instead: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="What to take instead, in English or as a food_id, only if the person named it."
    )
    meal: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="The meal of today that it is in, as the person named it, such as 'dinner'."
    )
    ingredients: Ingredients | None = Field(
        None, description="All that is in the meal with amounts, the ingredient to replace among them."
    )


@tool
def substitute(arguments: SubstituteArguments, request: Request) -> Payload:
    """What to take instead of an ingredient, and how much of it and of all others, so that the meal keeps its
    energy and protein; what the person must or will not eat is never offered. Call it when an ingredient is
    missing or not wanted; never work out a swap yourself. Give all ingredients with amounts, or the meal if
    they are planned or logged. It answers with up to three offers, the best first: grams of all portions, and
    how the meal differs from before in kcal and g. It logs nothing.
    """
    kitchen = request.kitchen
    day = day_of(kitchen, arguments.person)
    meal = _meal_of(arguments, day, kitchen)
    place = _place_of(arguments.ingredient, meal, kitchen.foods)
    if arguments.instead is None:
        outcome = best_swaps(meal, place, kitchen.foods.foods, day.profile)
    else:
        with _named_here("food", "instead"):
            found = found_food(
                FoodArguments(food=arguments.instead), kitchen.foods, NAME, is_quiet=day.is_quiet
            )
        outcome = swap_for(meal, place, found.food, day.profile)
    if outcome.refusal is not None:
        raise _refused(outcome, outcome.refusal, day.is_quiet, is_named=arguments.instead is not None)
    has_limits = bool(day.profile.allergens or day.profile.excluded_foods)
    warning = CHECK_LABEL if has_limits else ""
    names = _names(arguments, meal, place)
    return result(
        swap_said(meal, names, outcome.offers, is_quiet=day.is_quiet, warning=warning),
        offers=offers_payload(outcome.offers, day.is_quiet),
        **({"note": LABEL} if has_limits else {}),
    )


# ------------------------------------------------------------------------------------- the meal


def _meal_of(arguments: SubstituteArguments, day: PersonsDay, kitchen: Kitchen) -> list[Ingredient]:
    """What is in the meal: as it was told, else as it is planned, else as it was logged today.

    Raises:
        ToolError: UNKNOWN_MEAL; nobody knows what is in it. Or a food among those told is not clear.
    """
    if arguments.ingredients:
        with _named_here("items[", "ingredients["):
            told = servings_of(arguments.ingredients, kitchen.foods, NAME, is_quiet=day.is_quiet)
        return [Ingredient(serving.food, serving.grams) for serving in told]
    planned = day.plan.meal(arguments.meal) if arguments.meal else None
    known = (
        [] if planned is None else _planned(planned, kitchen.foods) or _logged(planned, day, kitchen.foods)
    )
    if known:
        return known
    raise ToolError(
        "UNKNOWN_MEAL",
        "Nobody has told what is in that meal.",
        field="ingredients",
        **({"heard": shortened(arguments.meal)} if arguments.meal else {}),
        ask="What is in the meal, and about how much of each?",
        retry=retry_with(NAME, ingredients=[{"food": "<each>", "quantity": "<how much>", "unit": "<unit>"}]),
    )


def _planned(meal: PlannedMeal, foods: FoodDatabase) -> list[Ingredient]:
    return [
        Ingredient(food, each.grams) for each in meal.foods if (food := foods.by_id(each.food_id)) is not None
    ]


def _logged(meal: PlannedMeal, day: PersonsDay, foods: FoodDatabase) -> list[Ingredient]:
    eaten = [fact for fact in day.state.facts if isinstance(fact, FoodEaten) and fact.meal == meal.name]
    return [
        Ingredient(food, item.grams)
        for fact in eaten
        for item in fact.items
        if item.grams and item.food_id and (food := foods.by_id(item.food_id)) is not None
    ]


def _names(arguments: SubstituteArguments, meal: Sequence[Ingredient], place: int) -> list[str]:
    """The ingredients as the person calls them."""
    told = [item.food for item in arguments.ingredients or ()] or [each.food.name for each in meal]
    told[place] = arguments.ingredient
    return [name_said(text, each) for text, each in zip(told, meal, strict=True)]


def _place_of(text: str, meal: Sequence[Ingredient], foods: FoodDatabase) -> int:
    """Which ingredient of the meal is meant: the food of that name, else the one that has those words.

    Raises:
        ToolError: UNKNOWN_FOOD or AMBIGUOUS_FOOD; none is, or more than one may be.
    """
    finding, said = foods.find(text), set(without_fillers(words_of(text)))
    meant = {finding.food.id} if isinstance(finding, Found) else set()
    worded = {each.food.id for each in meal if said and said <= _words_about(each)}
    perhaps = {food.id for food in finding.candidates} if isinstance(finding, Ambiguous) else set()
    for ids in (meant, worded, perhaps):
        places = [place for place, each in enumerate(meal) if each.food.id in ids]
        if len({meal[place].food.id for place in places}) == 1:
            return places[0]
        if places:
            raise _unclear("AMBIGUOUS_FOOD", text, [meal[place] for place in places])
    raise _unclear("UNKNOWN_FOOD", text, meal)


def _words_about(ingredient: Ingredient) -> set[str]:
    food = ingredient.food
    names = (food.name, food.id.replace("_", " "), *(name for each in food.aliases.values() for name in each))
    return {word for name in names for word in words_of(name)}


def _unclear(code: str, text: str, meal: Sequence[Ingredient]) -> ToolError:
    names = list(dict.fromkeys(each.food.name for each in meal))
    return ToolError(
        code,
        "The meal does not hold that."
        if code == "UNKNOWN_FOOD"
        else "More than one ingredient may be meant.",
        field="ingredient",
        heard=shortened(text),
        holds=names,
        ask=fitting(f"Which do you mean: {either(names)}?", "Which ingredient of the meal do you mean?"),
        retry=retry_with(NAME, ingredient="<one of holds>"),
    )


@contextmanager
def _named_here(theirs: str, ours: str) -> Iterator[None]:
    """Errors about an argument that others share name it as it is called in this tool."""
    try:
        yield
    except ToolError as error:
        told = dict(error.payload)
        if "field" in told:
            told["field"] = str(told["field"]).replace(theirs, ours)
        if isinstance(retry := told.get("retry"), dict):
            told["retry"] = {**retry, "set": {k.replace(theirs, ours): v for k, v in retry["set"].items()}}
        error.payload = told
        raise


# ------------------------------------------------------------------------------------- no match


def _refused(outcome: Substitution, refusal: Refusal, is_quiet: bool, is_named: bool) -> ToolError:
    """Why nothing is offered; where something was considered, what it is and how far off."""
    asks_cooked = refusal is Refusal.NOT_READY
    question = WHAT_ELSE if asks_cooked or not is_named else LOOK_FURTHER
    wanted = "<another food>" if asks_cooked or not is_named else None
    data: dict[str, Any] = {"reason": refusal.name}
    ways = [f"{refusal.value} {question}"]
    nearest = outcome.nearest
    if nearest is not None and nearest.new.grams >= STEP_G:
        data["nearest"] = swap_payload(nearest, is_quiet)
        off = "though the meal changes more" if is_quiet else off_said(nearest)
        is_nearest = f"earest is {amount_said(nearest.new)}, {off}. {question}"
        ways[:0] = [f"Nothing keeps the meal as it was; n{is_nearest}", f"N{is_nearest}"]
    return ToolError(
        "NO_MATCH",
        refusal.value,
        field="instead",
        **data,
        ask=fitting(*ways),
        retry=retry_with(NAME, instead=wanted),
    )
