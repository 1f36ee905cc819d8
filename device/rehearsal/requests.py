"""What a person asks of the client's tools: every reader of sentences in one table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from device.rehearsal.days import status, suggestion, taking_back
from device.rehearsal.eaten import eaten
from device.rehearsal.exercise import activity_done
from device.rehearsal.helpings import WHICH_FOOD, Helping
from device.rehearsal.intents import food_question, missed_meal
from device.rehearsal.portrait import portrait
from device.rehearsal.sentences import Reader, Request, Sentence, Vocabulary
from device.rehearsal.swaps import swap
from device.rehearsal.timing import timer
from device.rehearsal.toolbox import LOOK_UP_FOOD, MISSED_MEAL
from device.rehearsal.wire import JsonObject

WHICH_MEAL = "Which meal did you miss?"

_ON_PURPOSE = re.compile(
    r"\b(?:on purpose|purposely|deliberately|intentionally|by choice|i meant to|wanted to|fasting)\b"
)


def missed(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """A meal that was missed, or may have been."""
    found = missed_meal(sentence.text, sentence.meals)
    if found is None:
        return None
    if not found.meal:
        return Request(MISSED_MEAL, {}, WHICH_MEAL, lacks="meal", is_tentative=True)
    arguments: JsonObject = {"meal": found.meal}
    if _ON_PURPOSE.search(sentence.text):
        arguments["on_purpose"] = True
    if found.sure:
        return Request(MISSED_MEAL, arguments)
    return Request(MISSED_MEAL, arguments, f"Did you miss {found.meal}?", is_tentative=True)


def asked_about_food(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """A question about what is in a food."""
    question = food_question(sentence.text)
    return look_up(question.phrase, vocabulary) if question else None


def named_food(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """A food and its amount and nothing else, which may also answer a question."""
    if not vocabulary.foods.names_food(sentence.text):
        return None
    return replace(look_up(sentence.text, vocabulary), is_tentative=True)


READERS: tuple[Reader, ...] = (
    timer,
    taking_back,
    missed,
    swap,
    suggestion,
    status,
    portrait,
    activity_done,
    eaten,
    asked_about_food,
    named_food,
)
"""In the order in which they are asked; the first that knows what a sentence wants is believed."""


def requests_in(sentence: Sentence, vocabulary: Vocabulary) -> Iterator[Request]:
    """What the sentence may ask for, the likeliest first, whatever tools there are."""
    return (request for reader in READERS if (request := reader(sentence, vocabulary)) is not None)


def clear_request(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """What the sentence asks for beyond doubt of its kind."""
    return next((request for request in requests_in(sentence, vocabulary) if not request.is_tentative), None)


def tentative_request(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """What the sentence may be asking for, if nothing else explains it."""
    return next((request for request in requests_in(sentence, vocabulary) if request.is_tentative), None)


def look_up(phrase: str, vocabulary: Vocabulary) -> Request:
    """Looking up the food in a phrase such as "two slices of pizza"."""
    heard = vocabulary.foods.hear(phrase)
    if heard is None:
        return Request(LOOK_UP_FOOD, {}, WHICH_FOOD, lacks="food")
    ask = f"Did you mean {heard.name}?" if heard.doubtful else ""
    return Request(LOOK_UP_FOOD, Helping(phrase, heard).item, ask, is_vague=not heard.known)
