"""What can be used instead of something: substitute."""

from __future__ import annotations

import re

from device.rehearsal.foodears import FoodEars, HeardFood
from device.rehearsal.helpings import WHICH_FOOD, doubt_about, helpings_in
from device.rehearsal.intents import SURE_MEAL, find_meal
from device.rehearsal.sentences import Request, Sentence, Vocabulary
from device.rehearsal.toolbox import SUBSTITUTE
from device.rehearsal.wire import JsonObject

FEWEST_INGREDIENTS = 2

_INSTEAD_OF = r"(?:instead of|in place of|rather than)"
_REPLACE = r"(?:replace|substitute|swap|exchange|change|switch|trade)"
_USE = r"(?:use|have|take|put|eat)"
_THIS, _THAT = r"(?P<instead>.+?)", r"(?P<ingredient>.+?)"
_WHERE = r"(?: (?:in|from|of) (?P<where>.+))?$"
_THEN_WHAT = r"(?: (?:and )?what\b.*)"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # this one instead of that one
        rf"^(?:can|could|may|shall|should) (?:i|we) {_USE} {_THIS} {_INSTEAD_OF} {_THAT}{_WHERE}",
        rf"^{_USE} {_THIS} {_INSTEAD_OF} {_THAT}{_WHERE}",
        rf"^substitute {_THIS} for {_THAT}{_WHERE}",
        rf"^{_REPLACE} {_THAT} (?:with|by) {_THIS}{_WHERE}",
        rf"^(?:swap|exchange|change|switch|trade) (?:out )?{_THAT} (?:for|to|into) {_THIS}{_WHERE}",
        # that one
        rf"^(?:what|which|is there|anything)\b.*? {_INSTEAD_OF} {_THAT}(?: for .*)?{_WHERE}",
        rf"\b(?:substitutes?|replacements?|alternatives?|swaps?|stand in) (?:for|to|of) {_THAT}{_WHERE}",
        rf"^(?:what|how)\b.*? {_REPLACE} {_THAT}(?: (?:with|by|for))?{_WHERE}",
        rf"^(?:i|we) (?:have |are |am )?(?:just )?(?:run|ran|grown|got)? ?out of {_THAT}{_THEN_WHAT}?$",
        rf"^(?:i|we) (?:have no|do not have|dont have|have not got|havent got)(?: any)? {_THAT}{_THEN_WHAT}$",
        rf"^(?:replace|substitute|swap|exchange)(?: out)? {_THAT}{_WHERE}",
    )
)
_NOT_FOOD = frozenset({"it", "that", "this", "them", "time", "something"})


def swap(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """An ingredient to be replaced, and by what and where, as far as that was said."""
    match = next((found for pattern in _PATTERNS if (found := pattern.search(sentence.listed))), None)
    if match is None:
        return None
    told = match.groupdict()
    foods = {name: _food(told.get(name) or "", vocabulary.foods) for name in ("ingredient", "instead")}
    heard = {name: food for name, food in foods.items() if food is not None}
    doubts = [food.name for food in heard.values() if food.doubtful]
    arguments: JsonObject = {name: food.name for name, food in heard.items()}
    arguments |= _place(told.get("where") or "", sentence, vocabulary)
    if "ingredient" not in arguments:
        return Request(SUBSTITUTE, arguments, WHICH_FOOD, "ingredient") if arguments else None
    ask = f"Did you mean {' and '.join(doubts)}?" if doubts else ""
    return Request(SUBSTITUTE, arguments, ask, is_vague=not all(food.known for food in heard.values()))


def _food(words: str, ears: FoodEars) -> HeardFood | None:
    """The food in the words; None where there is none."""
    return ears.hear(words) if words and words not in _NOT_FOOD else None


def _place(where: str, sentence: Sentence, vocabulary: Vocabulary) -> JsonObject:
    """The meal or the ingredients that the swap is for."""
    meal, likeness = find_meal(where, sentence.meals)
    if where and likeness >= SURE_MEAL:
        return {"meal": meal}
    helpings = helpings_in(where, vocabulary)
    heard = [helping.item for helping in helpings if helping.heard is not None]
    is_list = len(heard) >= FEWEST_INGREDIENTS and not doubt_about(helpings)
    return {"ingredients": heard} if is_list else {}
