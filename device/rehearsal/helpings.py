"""What was eaten, from words such as "two eggs and a slice of toast with butter": one item for each food."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from device.nutrition.foods import FoodDatabase, Found
from device.nutrition.numberwords import read_number
from device.nutrition.portions import Weight, parse_quantity, weigh
from device.nutrition.units import size_of, unit_of
from device.rehearsal.foodears import HeardFood
from device.rehearsal.sentences import Vocabulary
from device.rehearsal.wire import JsonObject

MOST_ITEMS = 12
LONGEST_DISH_WORDS = 5
WHICH_FOOD = "I did not catch which food. What is it?"

_JOINS = frozenset({"and", "with", "plus", "then"})
_LIKE_AND = frozenset({"and", "in", "an", "end", "on"})
_EMPTY = _JOINS | {"a", "an", "the", "of", "some", "my", "our", "also", "had", "i"}
_NO_UNIT = frozenset({"one"})
_PIECES = frozenset({"one", "piece"})
_PERCENT = frozenset({"percent", "%", "per", "calories", "calorie", "times", "minutes", "hours"})
_DISHES = "sandwich|sandwiches|pizza|omelette|omelet|burger|toastie|wrap|pie|quiche|roll|bagel|salad"
_DISH = re.compile(rf"\b(a|an|my|small|large|big) (\w+) and (\w+) ({_DISHES})\b")
_IS_DISH = re.compile(rf"\b(?:{_DISHES})$")
_BEFORE = re.compile(r"^(?:(?:and|also|then|maybe|about|only|just) )+")
_AFTER = re.compile(
    r"(?: (?:too|as well|also|each|altogether|in total|again|instead|on its own|i think|please|down))+$"
)
_ASIDE = re.compile(
    r" (?:at (?:the|my|a|work|home|school)\b|instead of|rather than|without|because|before|after|while|when|"
    r"but) .*$"
)
"""What follows tells no more of the food that was eaten."""
_NO_FOOD = frozenset({"it", "that", "this", "them", "one", "some", "nothing", "something", "enough", "date"})


@dataclass(frozen=True, slots=True)
class Helping:
    """One food that was heard in some words; `heard` None: the words cannot be a food.

    has_weight: the food comes in the unit that was heard; a glass of mole may have been one of milk.
    """

    words: str
    heard: HeardFood | None
    has_weight: bool = True

    @property
    def is_sure(self) -> bool:
        """A food that is known, heard without doubt."""
        return self.heard is not None and self.heard.known and not self.heard.doubtful

    @property
    def is_measured(self) -> bool:
        """It was said in a unit in which food comes, such as "two slices of"."""
        quantity = self.heard.amount.quantity if self.heard else None
        return quantity is not None and quantity.unit is not None and quantity.unit not in _PIECES

    @property
    def is_dish(self) -> bool:
        """It is a dish by its last word, such as a sandwich, whatever is in it."""
        return _IS_DISH.search(self.words) is not None

    @property
    def item(self) -> JsonObject:
        """The item as tools take it; without `food` where that was not heard."""
        if self.heard is None:
            return {"spoken": self.words}
        quantity = self.heard.amount.quantity
        told: JsonObject = {
            "food": self.heard.name,
            "quantity": quantity.amount if quantity else None,
            "unit": quantity.unit if quantity else None,
            "size": quantity.size if quantity else None,
            "spoken": self.words if self.heard.as_said else None,
        }
        return {name: value for name, value in told.items() if value is not None}


def helpings_in(phrase: str, vocabulary: Vocabulary) -> tuple[Helping, ...]:
    """The foods in a phrase with their amounts, in its order; empty where it names nothing."""
    parts = [_trimmed(part) for part in _parts(_ASIDE.sub("", phrase), vocabulary.joint_names)]
    helpings = [_helping(part, vocabulary) for part in parts if part]
    return tuple(each for helping in helpings for each in _separated(helping, vocabulary))[:MOST_ITEMS]


def doubt_about(helpings: Sequence[Helping]) -> str:
    """The question about foods that were heard with doubt; "" for none."""
    names = [helping.heard.name for helping in helpings if helping.heard and helping.heard.doubtful]
    return f"Did you mean {' and '.join(names)}?" if names else ""


def unheard_in(helpings: Sequence[Helping]) -> str:
    """The place of the first item of which no food was heard, such as "items[1].food"; "" for none."""
    places = (place for place, helping in enumerate(helpings) if helping.heard is None)
    place = next(places, None)
    return "" if place is None else f"items[{place}].food"


def _helping(words: str, vocabulary: Vocabulary) -> Helping:
    amount = parse_quantity(words)
    heard = None if amount.food in _NO_FOOD else vocabulary.foods.hear(words)
    is_unclear = heard is None or heard.doubtful
    if is_unclear and _IS_DISH.search(words) and len(amount.food.split()) <= LONGEST_DISH_WORDS:
        heard = HeardFood(amount.food, amount, as_said=True, known=False)
    return Helping(words, heard, heard is None or _has_weight(heard, vocabulary.database))


def _separated(helping: Helping, vocabulary: Vocabulary) -> tuple[Helping, ...]:
    """The foods of words between which an "and" was not heard, such as "eggs toast in jam"."""
    words = helping.words.split()
    if helping.is_sure or helping.is_dish:
        return (helping,)
    for cut in range(1, len(words)):
        first, rest = " ".join(words[:cut]), " ".join(words[cut + (words[cut] in _LIKE_AND) :])
        if vocabulary.foods.names_food(first) and rest:
            others = _separated(_helping(rest, vocabulary), vocabulary)
            if all(other.is_sure for other in others):
                return (_helping(first, vocabulary), *others)
    return (helping,)


def _has_weight(heard: HeardFood, foods: FoodDatabase) -> bool:
    found, quantity = foods.find(heard.name), heard.amount.quantity
    if not isinstance(found, Found) or quantity is None:
        return True
    return isinstance(weigh(found.food, quantity), Weight)


def _trimmed(part: str) -> str:
    return _AFTER.sub("", _BEFORE.sub("", part)).strip()


# ------------------------------------------------------------------------------------- taking apart


def _parts(phrase: str, joint_names: tuple[str, ...]) -> list[str]:
    """The phrase cut where one food ends and the next begins; what has one name stays together."""
    bound = _DISH.sub(r"\1 \2_and_\3 \4", phrase)
    if joint_names:
        bound = _joint(joint_names).sub(lambda name: name[0].replace(" ", "_"), bound)
    words = bound.split()
    parts: list[list[str]] = [[]]
    for at, word in enumerate(words):
        if not _names_something(parts[-1]):
            # A comma may have been heard between an amount and its food: "two, eggs".
            is_stray = word in _JOINS and read_number(words, at + 1) is None
            parts[-1] += [] if is_stray else [word]
        elif word in _JOINS:
            parts.append([])
        elif _begins_amount(words, at):
            parts.append([word])
        else:
            parts[-1].append(word)
    return [" ".join(part).replace("_", " ") for part in parts if _names_something(part)]


@lru_cache(maxsize=4)
def _joint(names: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")


def _names_something(words: Sequence[str]) -> bool:
    """Whether a food is named already, not only an amount."""
    return bool(set(parse_quantity(" ".join(words)).food.split()) - _EMPTY)


def _begins_amount(words: Sequence[str], at: int) -> bool:
    """Whether the amount of another food begins at a word: "chicken | 200 grams of rice"."""
    number = read_number(words, at)
    if number is None or number[1] >= len(words) or words[number[1]] in _PERCENT:
        return False
    after = number[1] + (size_of(words[number[1]]) is not None)
    unit = unit_of(words[after]) if after < len(words) else None
    if words[at] in {"a", "an"}:
        return unit is not None and unit not in _NO_UNIT
    is_amount_of_food_before = unit is not None and (after + 1 == len(words) or words[after + 1] in _JOINS)
    return not is_amount_of_food_before
