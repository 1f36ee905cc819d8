"""Foods that somebody had, from the arguments of a call to what the diary keeps and what is told of them."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from pydantic import Field

from device.nutrition.events import FoodItem, Nutrients
from device.nutrition.macros import Macros, total
from device.tools.asked import MOST_ITEMS, ConsentArguments, Items, eaten_item, servings_of
from device.tools.foodwords import fitting, wordings_of
from device.tools.kitchen import Kitchen
from device.tools.payloads import Payload, as_many_as_fit, calories_said, require_consent
from device.tools.today import PersonsDay

UNLIKELY_KCAL = 2000
UNLIKELY_GRAMS = 1500


class EatenArguments(ConsentArguments):
    """What was eaten, and by whom."""

    items: Items = Field(
        description=f"What was eaten or drunk, each food by itself; more than {MOST_ITEMS} in several calls."
    )


@dataclass(frozen=True, slots=True)
class Eaten:
    """Foods as the diary keeps them; notes: what was taken for granted of each."""

    items: tuple[FoodItem, ...]
    notes: tuple[str, ...]

    @property
    def macros(self) -> Macros:
        """What they hold together, in kcal and g."""
        return total(item.nutrients.macros for item in self.items)

    @property
    def key(self) -> tuple[tuple[object, ...], ...]:
        """What makes it the same foods in the same amounts, and holding the same."""
        return tuple(
            (item.food_id or item.name, round(item.grams or 0, 1), *_rounded(item.nutrients))
            for item in self.items
        )

    @property
    def wordings(self) -> tuple[str, str, str]:
        """The foods as they are said, in full first; see `wordings_of`."""
        return wordings_of(self.items)

    @property
    def energy_said(self) -> str:
        """Their energy as it is said, such as "about 560 calories"."""
        about = "an estimated" if any(item.is_estimated for item in self.items) else "about"
        return f"{about} {calories_said(self.macros.energy_kcal)}"

    def payload(self, most_letters: int, *, is_quiet: bool) -> list[Payload]:
        """The foods as data, as many as there is room for; see `with_how_many_more`."""
        both = zip(self.items, self.notes, strict=True)
        return with_how_many_more([_item_payload(item, note, is_quiet) for item, note in both], most_letters)


def _rounded(nutrients: Nutrients) -> list[float | None]:
    return [None if value is None else round(value, 1) for value in astuple(nutrients)]


def with_how_many_more(told: list[Payload], most_letters: int) -> list[Payload]:
    """The first of them that make no more letters than that, and last how many more there are."""
    shown = as_many_as_fit(told, most_letters)
    more: list[Payload] = [{"more": len(told) - len(shown)}] if len(shown) < len(told) else []
    return shown + more


def _item_payload(item: FoodItem, note: str, is_quiet: bool) -> Payload:
    payload: Payload = {"name": item.name, "grams": round(item.grams or 0)}
    if not is_quiet:
        payload["kcal"] = round(item.nutrients.macros.energy_kcal)
    if item.is_estimated:
        payload["is_estimated"] = True
    return {**payload, "note": note} if note else payload


def eaten_of(arguments: EatenArguments, day: PersonsDay, kitchen: Kitchen, tool: str) -> Eaten:
    """The foods that are meant in that call of a tool, all of them clear.

    Raises:
        ToolError: one of them is not clear, or the person has to agree to an amount that is not likely; see
            `servings_of`.
    """
    servings = servings_of(arguments.items, kitchen.foods, tool, is_quiet=day.is_quiet)
    items = tuple(map(eaten_item, servings, arguments.items))
    eaten = Eaten(items, tuple(serving.note for serving in servings))
    unlikely = [place for place, item in enumerate(items) if _is_unlikely(item)]
    if unlikely:
        require_consent(
            arguments.confirm,
            _asked_whether(Eaten(tuple(items[place] for place in unlikely), ()), day.is_quiet),
            tool,
            (day.person, f"{day.state.date}", eaten.key),
            code="IMPLAUSIBLE_AMOUNT",
            field=f"items[{unlikely[0]}].quantity",
        )
    return eaten


def _is_unlikely(item: FoodItem) -> bool:
    return item.nutrients.macros.energy_kcal > UNLIKELY_KCAL or (item.grams or 0) > UNLIKELY_GRAMS


def _asked_whether(eaten: Eaten, is_quiet: bool) -> str:
    energy = "" if is_quiet else f", {eaten.energy_said}"
    return fitting(*(f"I understood {foods}{energy}. Is that right?" for foods in eaten.wordings))
