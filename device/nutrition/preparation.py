"""How a food was prepared, and which rows of the database may stand for it."""

from __future__ import annotations

from device.nutrition.food import Food
from device.nutrition.names import words_of

_DRY_HEAT = ("roast", "roasted", "baked", "grilled", "cooked")
_WET_HEAT = ("boiled", "steamed", "poached", "braised", "cooked")
_WAYS = {
    "raw": ("raw", "uncooked", "dry", "fresh"),
    "uncooked": ("raw", "uncooked", "dry", "fresh"),
    "fresh": ("fresh", "raw"),
    "dry": ("dry", "raw"),
    "cooked": ("cooked", "boiled", *_DRY_HEAT, *_WET_HEAT),
    "fried": ("fried", "pan fried", "deep fried"),
    "grilled": ("grilled", *_DRY_HEAT),
    "barbecued": ("grilled", *_DRY_HEAT),
    "roast": _DRY_HEAT,
    "roasted": _DRY_HEAT,
    "baked": ("baked", *_DRY_HEAT),
    "boiled": _WET_HEAT,
    "steamed": ("steamed", *_WET_HEAT),
    "poached": ("poached", *_WET_HEAT),
    "braised": ("braised", *_WET_HEAT),
    "stewed": ("braised", *_WET_HEAT),
    "scrambled": ("scrambled",),
    "mashed": ("mashed",),
    "smoked": ("smoked",),
    "dried": ("dried",),
    "tinned": ("tinned", "canned"),
    "canned": ("tinned", "canned"),
    "toasted": ("toast",),
    "pickled": ("pickled",),
}


def ways_of(preparation: str) -> tuple[str, ...]:
    """The words in names that may stand for a preparation, the nearest first; none if it is not known."""
    return _WAYS.get(preparation.strip().casefold(), ())


def is_prepared(food: Food, way: str) -> bool:
    """Whether the name or the id of the food tells of this way."""
    return set(words_of(way)) <= set(words_of(food.name)) | set(words_of(food.id.replace("_", " ")))
