"""What somebody ate or drank: log_food, unplanned_food and log_water."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from device.rehearsal.helpings import WHICH_FOOD, Helping, doubt_about, helpings_in, unheard_in
from device.rehearsal.occasions import occasion_in, told_of_meal
from device.rehearsal.sentences import Request, Sentence, Vocabulary
from device.rehearsal.toolbox import LOG_FOOD, LOG_WATER, UNPLANNED_FOOD
from device.rehearsal.wire import JsonObject


class Telling(Enum):
    """How surely a verb speaks of food: "ate" does, "had" may, "have" hardly ever."""

    FOOD = "food"
    PERHAPS = "perhaps"
    HARDLY = "hardly"


@dataclass(frozen=True, slots=True)
class _Eaten:
    """Words about food, taken apart."""

    telling: Telling
    foods: str
    meal: str
    is_unplanned: bool


_ATE = (
    r"ate|eaten|eating|drank|drunk|drinking|finished|nibbled(?: on)?|munched(?: on)?|devoured|consumed|"
    r"swallowed|polished off"
)
_HAD = r"had|having|grabbed|tasted|tried|took|enjoyed|got through"
_HAVE = r"have|eat|drink"
_THAT_I_HAD = r"(?: that (?:i|we) (?:just |have )*(?:had|ate|drank|eaten))?"


def _by_somebody(verbs: str) -> re.Pattern[str]:
    """For what I or we did; the recogniser may have lost who it was."""
    adverbs = r"(?:(?:have|had|just|also|already|only|then|now|did|was|were|actually) )*"
    return re.compile(
        rf"^(?:(?:i|we|ive|weve|id) {adverbs}(?:{verbs})|(?:just )?(?:{verbs}))(?: myself)? (?P<foods>.+)$"
    )


_TOLD = (
    (
        Telling.FOOD,
        re.compile(rf"^(?:log|record|track|register|(?:note|write|put) down){_THAT_I_HAD} (?P<foods>.+)$"),
    ),
    (Telling.PERHAPS, re.compile(rf"^(?:add|enter|note|write|put|save){_THAT_I_HAD} (?P<foods>.+)$")),
    (Telling.FOOD, _by_somebody(_ATE)),
    (Telling.PERHAPS, _by_somebody(_HAD)),
    (Telling.HARDLY, re.compile(rf"^(?:i|we) (?:{_HAVE}) (?P<foods>.+)$")),
)
_TOLD_INTO_MEAL = (
    (Telling.FOOD, re.compile(r"^(?:that|have|at|add|ad|and|had|edit|i had|head) (?P<foods>.+)$")),
    *_TOLD,
)
"""Where food goes to a meal: the recogniser makes much of a short "add"."""
_WATER = re.compile(
    r"(?:(?:tap|mineral|sparkling|still|bottled|plain|cold|iced?|warm|hot|more|fresh) )*water"
)
_HAD_TO = re.compile(r"^to (?=\w)")


def eaten(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """Food or drink that was had, or is to be written down."""
    told = _taken_apart(sentence)
    if told is None:
        return None
    helpings = helpings_in(_HAD_TO.sub("two ", told.foods), vocabulary)
    if not helpings or not _is_food(told, helpings):
        return None
    if _is_water(helpings) and not sentence.days_ago:
        return _water(helpings[0])
    lacks = unheard_in(helpings)
    ask = WHICH_FOOD if lacks else doubt_about(helpings)
    is_certain = all(helping.is_sure and helping.has_weight for helping in helpings)
    is_vague = not is_certain or _HAD_TO.match(told.foods) is not None
    items: JsonObject = {"items": [helping.item for helping in helpings]}
    if told.is_unplanned and not sentence.days_ago:
        return Request(UNPLANNED_FOOD, items, ask, lacks, is_vague=is_vague)
    when = {"meal": told.meal or None, "days_ago": sentence.days_ago or None}
    more = {name: value for name, value in when.items() if value is not None}
    return Request(LOG_FOOD, items | more, ask, lacks, is_vague=is_vague)


def _is_food(told: _Eaten, helpings: tuple[Helping, ...]) -> bool:
    """Whether it is about food at all: "I had a great day" is not."""
    first = helpings[0]
    if first.is_sure or 2 * sum(helping.is_sure for helping in helpings) > len(helpings):
        return told.telling is not Telling.HARDLY or bool(told.meal) or first.is_measured
    if first.is_measured or first.is_dish:
        return True
    return told.telling is Telling.FOOD and first.heard is not None and first.heard.known


def _is_water(helpings: tuple[Helping, ...]) -> bool:
    heard = helpings[0].heard
    return len(helpings) == 1 and heard is not None and _WATER.fullmatch(heard.name) is not None


def _water(helping: Helping) -> Request:
    kept = {name: value for name, value in helping.item.items() if name in {"quantity", "unit"}}
    return Request(LOG_WATER, kept)


def _taken_apart(sentence: Sentence) -> _Eaten | None:
    of_meal = told_of_meal(sentence.meals).match(sentence.listed)
    if of_meal:
        return _Eaten(Telling.PERHAPS, of_meal["foods"], of_meal["meal"], is_unplanned=False)
    occasion = occasion_in(sentence.listed, sentence.meals)
    for telling, pattern in _TOLD_INTO_MEAL if occasion.is_into else _TOLD:
        match = pattern.match(occasion.rest)
        if match:
            return _Eaten(telling, match["foods"], occasion.meal, occasion.is_unplanned)
    return None
