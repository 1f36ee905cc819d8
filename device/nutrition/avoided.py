"""What a person must not or will not eat, so that nobody ever offers it.

What is not known to be safe counts as unsafe. Of what a person wants to be left out, a substance, such as
"fish", means all that is not stated to be free of it: nobody can tell a dislike from an allergy that was told
as one. A word for a group, such as "cheese" or "red meat", means what belongs to it or may hold it, and any
other word what is called so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from device.nutrition.food import substances_meant
from device.nutrition.macros import Macros
from device.nutrition.names import without_fillers, words_of
from device.nutrition.profile import Condition, Profile


class FoodLike(Protocol):
    """What has to be known of a food to offer it; values per 100 g, sodium in mg, None: not known."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def per_100g(self) -> Macros: ...
    @property
    def sodium_mg(self) -> float | None: ...
    @property
    def alcohol_g(self) -> float | None: ...
    @property
    def contains(self) -> frozenset[str]: ...
    @property
    def usual_grams(self) -> float: ...
    @property
    def aliases(self) -> Mapping[str, tuple[str, ...]]: ...
    def suits(self, diet: str, /) -> bool: ...
    def is_free_of(self, substance: str, /) -> bool: ...


def may_eat(profile: Profile, food: FoodLike) -> bool:
    """Whether a food is known to fit what a person avoids; what is unknown does not."""
    if profile.diet is not None and not food.suits(profile.diet):
        return False
    if not all(food.is_free_of(allergen) for allergen in profile.allergens):
        return False
    if not _suits_age_and_pregnancy(profile, food):
        return False
    return not any(_is_meant(excluded, food) for excluded in profile.excluded_foods)


def names_a_group(word: str) -> bool:
    """Whether a word means a substance or a group of foods, so that it must stay the word that was said."""
    return bool(_substances(word)) or _plain(word) in _GROUPS


# ------------------------------------------------------------------------------------- names

_Names = tuple[frozenset[str], ...]


def _names(*phrases: str) -> _Names:
    """The words of each phrase, as `words_of` writes them."""
    return tuple(frozenset(words_of(phrase)) for phrase in phrases)


def _is_called(food: FoodLike, names: _Names) -> bool:
    """Whether all words of one of the names are in the food's name or id."""
    words = {*words_of(food.name), *words_of(food.id.replace("_", " "))}
    return any(name <= words for name in names)


# ------------------------------------------------------------------------------------- age and pregnancy

_NOT_IN_PREGNANCY = _names(
    *("smoked", "brie", "camembert", "blue cheese", "soft goat cheese", "liver", "pate", "sushi", "nigiri"),
    *("ceviche", "salami", "chorizo", "raw egg", "swordfish", "shark", "marlin"),
)
"""What midwives advise against: raw or cold-smoked fish, cheese with mould, liver, raw ham, mercury."""


_STIMULANTS = _names("energy drink")


def _suits_age_and_pregnancy(profile: Profile, food: FoodLike) -> bool:
    is_pregnant = Condition.PREGNANT in (profile.conditions or ())
    is_strong = bool(food.alcohol_g) or "alcohol" in food.contains or _is_called(food, _STIMULANTS)
    if (is_pregnant or profile.is_minor) and is_strong:
        return False
    return not (is_pregnant and _is_called(food, _NOT_IN_PREGNANCY))


# ------------------------------------------------------------------------------------- foods not wanted


def _is_meant(excluded: str, food: FoodLike) -> bool:
    """Whether a food is, or may hold, what a person wants to be left out."""
    said = frozenset(_plain(excluded).split())
    if excluded == food.id or (said and _is_called(food, (said,))):
        return True
    if not all(food.is_free_of(each) for each in _substances(excluded)):
        return True
    is_in_group = _GROUPS.get(_plain(excluded))
    return is_in_group is not None and is_in_group(food)


def _substances(word: str) -> tuple[str, ...]:
    return substances_meant(word) or substances_meant(_plain(word))


def _plain(word: str) -> str:
    """Without what says nothing, so that "dairy products" is dairy."""
    words = without_fillers(words_of(word.replace("_", " ")))
    return " ".join(word for word in words if word not in _SAYING_NOTHING) or " ".join(words)


_SAYING_NOTHING = frozenset({"product", "food", "dish"})


_POULTRY = _names("chicken", "turkey", "duck", "goose", "quail")
_WITH_MIXED_MEAT = _names("paella")
_CHEESES = _names(
    *("cheese", "cheddar", "mozzarella", "parmesan", "feta", "gouda", "brie", "camembert", "provolone"),
    *("monterey", "queso", "paneer", "ricotta", "halloumi", "mascarpone", "gruyere", "emmental", "edam"),
    *("cheeseburger", "cheesecake", "pesto", "caesar", "pizza", "quesadilla", "nachos"),
)
_MADE_OF_MORE = frozenset({"meal", "sauce", "snack"})
"""Categories of foods whose names do not say all that is in them."""


def _has_cheese(food: FoodLike) -> bool:
    may_hold_it = food.category in _MADE_OF_MORE and "dairy" in food.contains
    return may_hold_it or _is_called(food, _CHEESES)


def _has_poultry(food: FoodLike) -> bool:
    if food.category == "meat" or food.is_free_of("meat"):
        return _is_called(food, _POULTRY)
    is_other_meat = bool({"beef", "pork"} & food.contains) and not _is_called(food, _WITH_MIXED_MEAT)
    return not is_other_meat or _is_called(food, _POULTRY)


def _has_red_meat(food: FoodLike) -> bool:
    is_white = _is_called(food, _POULTRY) and not {"beef", "pork"} & food.contains
    return not (is_white or food.is_free_of("meat"))


def _called(*phrases: str, category: str | None = None) -> Callable[[FoodLike], bool]:
    """What is of that category or has such a name."""
    names = _names(*phrases)
    return lambda food: food.category == category or _is_called(food, names)


def _is_berry(food: FoodLike) -> bool:
    return any(word.endswith("berry") for word in words_of(food.name))


_is_legume = _called("bean", "lentil", "chickpea", "dal", category="legume")

_MEANT: Mapping[str, Callable[[FoodLike], bool]] = {
    "cheese": _has_cheese,
    "poultry": _has_poultry,
    "white meat": _has_poultry,
    "red meat": _has_red_meat,
    "raw fish": _called("sushi", "nigiri", "ceviche", "sashimi", "smoked salmon", "caviar"),
    "oily fish": _called("salmon", "mackerel", "sardines", "herring", "trout", "anchovies", "kippers"),
    "offal": _called("liver", "pate", "kidney pie", "tripe", "haggis"),
    "game": _called("venison", "rabbit", "pheasant", "wild boar"),
    "pasta": _called(
        *("spaghetti", "macaroni", "lasagne", "ravioli", "gnocchi", "tagliatelle", "penne"),
        *("stroganoff with noodles", "chicken noodle soup", "minestrone"),
    ),
    "noodles": _called("ramen", "mein", "soba", "udon", "pho", "pad thai"),
    "bread": _called(
        *("toast", "sandwich", "sub", "hamburger", "cheeseburger", "fish burger", "whopper", "big mac"),
        *("mcmuffin", "wrap", "kebab", "corn dog", "breadcrumbs"),
        category="bread",
    ),
    "rice": _called("biryani", "paella", "sushi", "nigiri", "congee", "risotto", "idli", "dosa"),
    "potatoes": _called("french fries", "oven chips", "hash browns", "gnocchi", "shepherds pie"),
    "vegetables": _called(category="vegetable"),
    "fruit": _called(category="fruit"),
    "berries": _is_berry,
    "citrus": _called("orange", "lemon", "lime", "grapefruit", "mandarin", "clementine", "marmalade"),
    "legumes": _is_legume,
    "pulses": _is_legume,
    "sweets": _called(category="sweet"),
}
_GROUPS = {" ".join(words_of(name)): is_of_it for name, is_of_it in _MEANT.items()}
"""What words for groups mean, beside foods that are called so."""
