"""Swaps as they are told: the portions to take, how the meal differs, and how far off what was refused is."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from device.nutrition.substitute import Ingredient, Swap, macros_of
from device.tools.foodwords import fitting
from device.tools.payloads import Payload, all_of, either, grams_said, macros_payload

NAME_LETTERS = 40
MOST_WORDS_OF_NAME = 3
MOST_LETTERS = 1000
"""Of the offers; the best is always told, the others as there is room for them."""
WORTH_SAYING_KCAL = 10


def swap_said(
    meal: Sequence[Ingredient], names: Sequence[str], offers: Sequence[Swap], *, is_quiet: bool, warning: str
) -> str:
    """The best offer in words, and how the meal differs; what has no room is in the data alone.

    names: what the person calls the ingredients; warning: a sentence that is never left out, or nothing.
    """
    best = offers[0]
    place = next(place for place, each in enumerate(best.ingredients) if each is best.new)
    old, take = f"{grams_said(meal[place].grams)} of {names[place]}", amount_said(best.new)
    others = _others_said(meal, names, best)
    each = "".join(f", {other}" for other in others)
    some = ", and change the other portions a little" if others else ""
    in_full, shortly = ("the meal stays much the same",) * 2 if is_quiet else _difference_said(meal, best)
    ways = (
        f"Instead of {old} take {take}{each}; {in_full}.",
        f"Instead of {old} take {take}{each}; {shortly}.",
        f"Take {take}{each}; {shortly}.",
        f"Instead of {old} take {take}{some}; {shortly}.",
        f"Take {take}{some}; {shortly}.",
        f"Take {best.new.grams:.0f} grams of it{some}; {shortly}.",
    )
    said = fitting(*(f"{way} {warning}".strip() for way in ways))
    other_names = [swap.new.food.name for swap in offers[1:]]
    return fitting(f"{said} Or take {either(other_names)}.", said) if other_names else said


def _difference_said(meal: Sequence[Ingredient], swap: Swap) -> tuple[str, str]:
    """How the meal differs from before, in full and in few words."""
    share = abs(swap.difference.energy_kcal) / max(1.0, macros_of(meal).energy_kcal)
    percent = max(1, math.ceil(100 * share))
    protein = round(swap.difference.protein_g)
    if not protein:
        return (
            f"the meal keeps its energy within {percent} percent and its protein",
            f"energy within {percent} percent, the same protein",
        )
    grams = f"{grams_said(abs(protein))} {_more_or_less(protein)}"
    return (
        f"the meal keeps its energy within {percent} percent and has {grams} protein",
        f"energy within {percent} percent, {grams} protein",
    )


def _others_said(meal: Sequence[Ingredient], names: Sequence[str], swap: Swap) -> list[str]:
    """The other portions that change, such as "rice 165" or "no oil"; a few kcal are not worth a word."""
    return [
        f"{name} {after.grams:.0f}" if after.grams >= 1 else f"no {name}"
        for before, after, name in zip(meal, swap.ingredients, names, strict=True)
        if after is not swap.new and abs((after.macros - before.macros).energy_kcal) >= WORTH_SAYING_KCAL
    ]


def amount_said(ingredient: Ingredient) -> str:
    """Such as "150 grams of firm tofu"."""
    return f"{grams_said(ingredient.grams)} of {ingredient.food.name}"


def name_said(text: str, ingredient: Ingredient) -> str:
    """What the person calls it, where that is a short name and not an id."""
    is_name = "_" not in text and len(text.split()) <= MOST_WORDS_OF_NAME
    return text if is_name else ingredient.food.name


def offers_payload(offers: Sequence[Swap], is_quiet: bool) -> list[Payload]:
    """The offers, the best first, as many as an answer has room for."""
    payloads: list[Payload] = []
    for swap in offers:
        payload = swap_payload(swap, is_quiet)
        if payloads and len(json.dumps([*payloads, payload])) > MOST_LETTERS:
            break
        payloads.append(payload)
    return payloads


def swap_payload(swap: Swap, is_quiet: bool) -> Payload:
    """All portions of the meal after a swap, and how it differs from before, in kcal and g."""
    payload: Payload = {
        "food_id": swap.new.food.id,
        "portions": [f"{each.grams:.0f} g {each.food.name[:NAME_LETTERS]}" for each in swap.ingredients],
    }
    return payload if is_quiet else {**payload, "difference": macros_payload(swap.difference)}


def off_said(swap: Swap) -> str:
    """How far off the meal would be."""
    kcal, protein = round(swap.difference.energy_kcal), round(swap.difference.protein_g)
    parts = [f"{abs(kcal):,} calories {_more_or_less(kcal)}"] if abs(kcal) >= WORTH_SAYING_KCAL else []
    parts += [f"{grams_said(abs(protein))} {_more_or_less(protein)} protein"] if protein else []
    return f"with {all_of(parts)}" if parts and not swap.is_match else "with much more salt"


def _more_or_less(amount: float) -> str:
    return "more" if amount > 0 else "less"
