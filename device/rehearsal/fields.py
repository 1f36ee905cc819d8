"""Answers to a tool's question about one of its arguments: from words to values, each with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from device.nutrition.portions import parse_quantity
from device.rehearsal.durations import find_duration
from device.rehearsal.intents import LEAST_SURE_MEAL, find_meal
from device.rehearsal.measures import bare_number, find_age, find_height_cm, find_weight
from device.rehearsal.places import beside, leaf_of
from device.rehearsal.portrait import CONDITIONS, GOALS, LEVELS, SEXES, all_said, facts_in, said_of
from device.rehearsal.sentences import Sentence, Vocabulary
from device.rehearsal.sounds import nearest
from device.rehearsal.toolbox import PERSON, SET_PROFILE, TIMER

ALIKE = 0.72  # how much an answer has to sound like one of the offers
LONGEST_NAME_WORDS = 3
LEAST_HEIGHT_CM = 100

Values = Mapping[str, object]
Offers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: the tool, the place of the argument, what was offered; and the words of the answer."""

    tool: str
    place: str
    offers: Offers
    sentence: Sentence
    vocabulary: Vocabulary

    @property
    def text(self) -> str:
        """The words of the answer, tidied; to "who" only the name that was found in them, if one was."""
        is_named = leaf_of(self.place) == PERSON and self.sentence.person
        return self.sentence.person.casefold() if is_named else self.sentence.text


Filler = Callable[[_Asked], Values | None]

_LEAD = re.compile(
    r"^(?:(?:the|a|an|it was|it is|its|that was|i mean|i meant|for|this is|i am|im|about|take|say) )+"
)
_TAIL = re.compile(r"(?: (?:one|please|thanks|of course|i think))+$")
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_NONE = re.compile(r"^(?:no|none|nope|nothing|not)\b|\b(?:nothing|none)\b")


def values_for(
    tool: str, place: str, offers: Offers, sentence: Sentence, vocabulary: Vocabulary
) -> Values | None:
    """What goes into the arguments, by place; None where the words are no answer."""
    asked = _Asked(tool, place, offers, sentence, vocabulary)
    leaf = leaf_of(place)
    if tool == SET_PROFILE and leaf in _OF_PROFILE:
        return _profile(asked, _OF_PROFILE[leaf])
    if tool == TIMER and leaf in {"hours", "minutes", "seconds"}:
        return _timer(asked)
    chosen = _chosen(asked)
    if chosen is not None:
        return {place: chosen}
    return _FILLERS[leaf](asked) if leaf in _FILLERS else None


# ------------------------------------------------------------------------------------- offers


def _chosen(asked: _Asked) -> str | None:
    """The value of the offer that the words name, by its sound, by a word of it, or by its place."""
    if not asked.offers:
        return None
    said = _TAIL.sub("", _LEAD.sub("", asked.text))
    number = _ORDINALS.get(said)
    if number is not None and number < len(asked.offers):
        return asked.offers[number][1]
    name, likeness = nearest(said, tuple(name.casefold() for name, _ in asked.offers))
    if likeness >= ALIKE:
        return next(value for offered, value in asked.offers if offered.casefold() == name)
    words = set(said.split())
    sharing = [value for offered, value in asked.offers if words & set(offered.casefold().split())]
    return sharing[0] if len(sharing) == 1 and len(words) <= LONGEST_NAME_WORDS else None


# ------------------------------------------------------------------------------------- food and time


def _food(asked: _Asked) -> Values | None:
    """A food, with its amount where one was said too."""
    said = _TAIL.sub("", asked.text)
    if not asked.vocabulary.foods.names_food(said):
        return None
    heard = asked.vocabulary.foods.hear(said)
    if heard is None:
        return None
    values: dict[str, object] = {asked.place: heard.name}
    quantity = heard.amount.quantity
    if quantity and leaf_of(asked.place) == "food":
        told = {"quantity": _whole(quantity.amount), "unit": quantity.unit, "size": quantity.size}
        values |= {beside(asked.place, name): value for name, value in told.items() if value is not None}
    return values


def _amount(asked: _Asked) -> Values | None:
    quantity = parse_quantity(_LEAD.sub("", asked.text)).quantity
    if quantity is None:
        return None
    told = {"quantity": _whole(quantity.amount), "unit": quantity.unit, "size": quantity.size}
    return {beside(asked.place, name): value for name, value in told.items()}


def _minutes(asked: _Asked) -> Values | None:
    duration = find_duration(asked.text)
    minutes = duration.minutes if duration else bare_number(asked.text)
    return None if minutes is None else {asked.place: _whole(round(minutes, 1))}


def _timer(asked: _Asked) -> Values | None:
    duration = find_duration(asked.text)
    if duration:
        return {name: _whole(amount) for name, amount in duration.fields().items()}
    number = bare_number(asked.text)
    return None if number is None else {asked.place: _whole(number)}


def _meal(asked: _Asked) -> Values | None:
    meal, likeness = find_meal(asked.text, asked.sentence.meals)
    return {asked.place: meal} if likeness >= LEAST_SURE_MEAL else None


def _name(asked: _Asked) -> Values | None:
    """A name as it was said, where it is short enough for one."""
    said = _TAIL.sub("", _LEAD.sub("", asked.text))
    return {asked.place: said} if 0 < len(said.split()) <= LONGEST_NAME_WORDS else None


def _person(asked: _Asked) -> Values | None:
    values = _name(asked)
    return {asked.place: str(values[asked.place]).title()} if values and not asked.offers else None


def _weight(asked: _Asked) -> Values | None:
    weight = find_weight(asked.text)
    if weight:
        return {asked.place: _whole(weight.amount), "unit": weight.unit}
    number = bare_number(asked.text)
    return None if number is None else {asked.place: _whole(number)}


_FILLERS: Mapping[str, Filler] = {
    "food": _food,
    "ingredient": _food,
    "instead": _food,
    "quantity": _amount,
    "unit": _amount,
    "size": _amount,
    "minutes": _minutes,
    "meal": _meal,
    PERSON: _person,
    "activity": _name,
    "name": _name,
    "weight": _weight,
}


# ------------------------------------------------------------------------------------- the profile


def _profile(asked: _Asked, read: Callable[[str], object]) -> Values | None:
    """The field that was asked for, and whatever else was told with it."""
    value = read(asked.text)
    values = dict(facts_in(asked.text))
    if value is not None:
        values[leaf_of(asked.place)] = value
    return values or None


def _age(text: str) -> object:
    age = find_age(text) or bare_number(text)
    return None if age is None else int(age)


def _height(text: str) -> object:
    height = find_height_cm(text) or bare_number(text)
    return _whole(height) if height is not None and height >= LEAST_HEIGHT_CM else None


def _kilograms(text: str) -> object:
    weight = find_weight(text)
    number = weight.kilograms if weight else bare_number(text)
    return None if number is None else _whole(number)


def _conditions(text: str) -> object:
    return all_said(text, CONDITIONS) or ([] if _NONE.search(text) else None)


_OF_PROFILE: Mapping[str, Callable[[str], object]] = {
    "age_years": _age,
    "sex": lambda text: said_of(text, SEXES),
    "height_cm": _height,
    "weight_kg": _kilograms,
    "activity": lambda text: said_of(text, LEVELS),
    "goal": lambda text: said_of(text, GOALS),
    "conditions": _conditions,
}


def _whole(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number
