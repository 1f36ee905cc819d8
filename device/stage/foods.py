"""What `ladle foods` shows of the food database in the terminal."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from device.config import Settings, shipped_directory
from device.errors import LadleError
from device.nutrition.food import SUBSTANCES, Food
from device.nutrition.foodfile import read_foods
from device.nutrition.foods import Ambiguous, Finding, FoodDatabase, Found, Unknown
from device.nutrition.names import words_of
from device.nutrition.serving import Asked, find_food

MOST_OTHERS = 15
NEAREST = 3
NOT_STATED = "not stated"


class NoSuchFoodError(LadleError, LookupError):
    """There is no food of that id."""


# ------------------------------------------------------------------------------------- search


@dataclass(frozen=True, slots=True)
class Search:
    """What is shown of a search, and whether any food was meant by it."""

    lines: tuple[str, ...]
    is_known: bool


def search(foods: FoodDatabase, text: str) -> Search:
    """What Ladle takes `text` for, said by somebody in the kitchen, and other foods with these words."""
    finding = find_food(Asked(text), foods)
    match finding:
        case Found(food, note):
            others = [other for other in foods.foods if other is not food and _has_words(other, text)]
            taken = (f"{text}: {note}.",) if note else ()
            return Search((*_table([food]), *taken, *_others(others)), is_known=True)
        case Ambiguous(candidates):
            asked = f"{text} may be any of these. Ladle asks: {finding.ask}"
            return Search((*_table(candidates), asked), is_known=True)
        case Unknown(()):
            return Search((f"There is no food like {text}.",), is_known=False)
        case Unknown(closest):
            first = f"There is no food called {text}. The closest:"
            return Search((first, *_table(closest)), is_known=False)


def _has_words(food: Food, text: str) -> bool:
    words = set(words_of(text))
    names = (food.name, *(alias for aliases in food.aliases.values() for alias in aliases))
    return bool(words) and any(words <= set(words_of(name)) for name in names)


def _others(foods: Sequence[Food]) -> Iterator[str]:
    if foods:
        yield "Others with these words:"
        yield from _table(foods[:MOST_OTHERS])
    if len(foods) > MOST_OTHERS:
        yield f"and {len(foods) - MOST_OTHERS} more."


def _table(foods: Sequence[Food]) -> Iterator[str]:
    """A line for each food: id, name, what 100 g hold, portions."""
    id_width = max(len(food.id) for food in foods)
    name_width = max(len(food.name) for food in foods)
    for food in foods:
        held = food.per_100g
        yield (
            f"{food.id:<{id_width}}  {food.name:<{name_width}}  in 100 g: {held.energy_kcal:3.0f} kcal, "
            f"protein {held.protein_g:4.1f} g, carbohydrate {held.carbohydrate_g:4.1f} g, "
            f"fat {held.fat_g:4.1f} g  {_portions(food)}"
        ).rstrip()


def _portions(food: Food) -> str:
    return ", ".join(f"{name} {grams:g} g" for name, grams in food.portions.items())


# ------------------------------------------------------------------------------------- show


def describe(foods: FoodDatabase, food_id: str, own: Path | None = None) -> Iterator[str]:
    """Everything that is known of a food; own: the file of the household's own foods, if it has any.

    Raises:
        NoSuchFoodError: no food has that id, or that name alone.
        ConfigError: the household's file is wrong.
    """
    food = _food(foods, food_id)
    yield f"{food.name} ({food.id}), {food.category}"
    yield ""
    yield from _values(food)
    yield ""
    yield from _names_and_portions(food)
    yield ""
    yield from _substances(food)
    yield ""
    yield _row("source", food.source)
    is_own = own is not None and any(each.id == food.id for each in read_foods(own).foods)
    yield _row("own", f"yes, of {own}" if is_own else "no")


def _food(foods: FoodDatabase, food_id: str) -> Food:
    finding = foods.find(food_id.replace("_", " ") if foods.by_id(food_id) is None else food_id)
    if isinstance(finding, Found) and not finding.note:
        return finding.food
    near = [food.id for food in _meant(finding)]
    near = near or difflib.get_close_matches(food_id, [food.id for food in foods.foods], n=NEAREST)
    hint = f" Near it: {', '.join(near)}." if near else ""
    raise NoSuchFoodError(
        f'No food has the id {food_id}.{hint} Look for it with: ladle foods search "{food_id}"'
    )


def _meant(finding: Finding) -> tuple[Food, ...]:
    match finding:
        case Found(food):
            return (food,)
        case Ambiguous(candidates):
            return candidates
        case Unknown(closest):
            return closest


def _values(food: Food) -> Iterator[str]:
    held = food.per_100g
    yield "in 100 g of what is eaten"
    yield _row("  energy", f"{held.energy_kcal:g} kcal")
    grams = (
        ("protein", held.protein_g),
        ("carbohydrate", held.carbohydrate_g),
        ("  of it fibre", food.fibre_g),
        ("  of it sugars", food.sugars_g),
        ("fat", held.fat_g),
        ("  saturated", food.saturated_fat_g),
        ("alcohol", food.alcohol_g),
    )
    for name, amount in grams:
        yield _row(f"  {name}", _known(amount, "g"))
    yield _row("  sodium", _known(food.sodium_mg, "mg"))


def _names_and_portions(food: Food) -> Iterator[str]:
    yield _row("portions", _portions(food) or "none")
    yield _row("taken", f"{food.usual_grams:g} g where nobody says how much")
    for language, names in food.aliases.items():
        yield _row(f"also, {language}", ", ".join(names))
    if food.usual_for:
        yield _row("usual for", ", ".join(food.usual_for))
    if food.tags:
        yield _row("tags", ", ".join(food.tags))


def _substances(food: Food) -> Iterator[str]:
    stated = food.contains | food.may_contain
    free_of = {name for name in SUBSTANCES if food.is_free_of(name)}
    yield _row("diet", food.diet or f"{NOT_STATED}, so it counts as none")
    yield _row("contains", _listed(food.contains))
    yield _row("may contain", _listed(food.may_contain))
    yield _row("free of", _listed(free_of))
    unknown = [name for name in SUBSTANCES if name not in stated | free_of]
    if unknown:
        yield _row("unknown", f"{_listed(unknown)}; what is unknown counts as unsafe")


def _listed(names: Iterable[str]) -> str:
    """In the order of the database, in words."""
    known = set(names)
    return ", ".join(name.replace("_", " ") for name in SUBSTANCES if name in known) or "nothing stated"


def _known(amount: float | None, unit: str) -> str:
    return "not known" if amount is None else f"{amount:g} {unit}"


def _row(name: str, text: str) -> str:
    return f"{name:<17} {text}"


# ------------------------------------------------------------------------------------- check


def check(settings: Settings, file: Path | None = None) -> Iterator[str]:
    """Read a file as the start does, the household's own foods alone too; None: those that are in use.

    Yields what deserves a second look, and last how many foods there are.

    Raises:
        ConfigError: the file cannot be read or something in it is wrong; one line for each fault.
    """
    foods = FoodDatabase.load(*([file] if file else settings.nutrition.food_files))
    warnings = foods.warnings if file else warnings_of(foods)
    yield from (f"Warning: {warning}" for warning in warnings)
    count = "1 food" if len(foods.foods) == 1 else f"{len(foods.foods)} foods"
    yield (
        f"{count} in order; look at the energy of {len(warnings)} again."
        if warnings
        else f"{count} in order."
    )


def warnings_of(foods: FoodDatabase) -> tuple[str, ...]:
    """What deserves a second look, but for the shipped foods, wherever they lie: of those it is known why."""
    shipped = shipped_directory() / "foods.yaml"
    others = [warning for warning in foods.warnings if not warning.startswith(f"{shipped}, ")]
    if not others:
        return ()
    known = {_complaint(warning) for warning in FoodDatabase.load(shipped).warnings}
    return tuple(warning for warning in others if _complaint(warning) not in known)


def _complaint(warning: str) -> str:
    """The warning without its file and line."""
    return warning.partition(": ")[2]
