"""What a person told of themselves, as it is said back: "40 years, 170 centimetres, light activity"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from device.nutrition.profile import QUESTIONS
from device.tools.foodwords import MOST_WORDS
from device.tools.payloads import all_of, either

CLOSING = "Shall I save that?"
LONGEST_NAME = 3
LISTED_WORDS = 9
"""Of one list, so that there is always room for one and for the question after it."""

PROFILE_QUESTIONS: Mapping[str, str] = {
    **QUESTIONS,
    "body_fat_percent": "What is your body fat, in percent?",
    "wanted_kcal": "How many calories would you like a day to have?",
    "carbohydrate_cap_meal_g": "How many grams of carbohydrate may a meal have at most?",
    "carbohydrate_cap_day_g": "How many grams of carbohydrate may a day have at most?",
    "exercise_credit": "How much of your exercise should the day give back: none, half or all?",
}
"""Short enough to be asked in a breath."""

ANSWERS = {
    "age_years": "<whole years>",
    "height_cm": "<cm>",
    "weight_kg": "<kg>",
    "conditions": "<a list of what applies; [] for nothing>",
}
"""What a field is set to by the answer, where that needs a word."""

NUMBERS = frozenset({"wanted_kcal", "carbohydrate_cap_meal_g", "carbohydrate_cap_day_g"})
"""Fields in kcal or g of nutrients, which are not said where numbers are quiet."""

CONDITIONS = {
    "pregnant": "pregnant",
    "breast_feeding": "breast-feeding",
    "eating_disorder": "an eating disorder",
    "glucose_medicine": "insulin or diabetes tablets",
    "kidney_disease": "kidney disease",
}
_MEASURES: Mapping[str, str | Mapping[Any, str]] = {
    "quiet_numbers": {True: "numbers left out", False: "numbers said"},
    "age_years": "{:g} years",
    "sex": {"female": "female", "male": "male", "unspecified": "sex unspecified"},
    "height_cm": "{:g} centimetres",
    "weight_kg": "{:g} kilos",
    "body_fat_percent": "{:g} percent body fat",
    "activity": {
        "sitting": "mostly sitting",
        "light": "light activity",
        "moderate": "moderate activity",
        "active": "active days",
        "very_active": "very active days",
    },
    "goal": {"lose": "losing weight", "maintain": "keeping weight", "gain": "gaining weight"},
    "wanted_kcal": "{:,} calories a day",
    "carbohydrate_cap_meal_g": "at most {:g} grams of carbohydrate a meal",
    "carbohydrate_cap_day_g": "at most {:g} grams of carbohydrate a day",
    "exercise_credit": "{:.0%} of exercise given back",
    "counts_exercise": {True: "workouts counted in your activity", False: "workouts counted apart"},
}
"""In the order in which they are said; each choice or measure in a few words."""

UNNUMBERED = {
    "wanted_kcal": "the energy you named",
    "carbohydrate_cap_meal_g": "your carbohydrate limit for a meal",
    "carbohydrate_cap_day_g": "your carbohydrate limit for a day",
}
_QUIETLY = {**UNNUMBERED, "weight_kg": "the weight you told", "body_fat_percent": "your body fat"}
"""How these are said where numbers are quiet."""


def phrases_of(answers: Mapping[str, Any], *, quiet: bool) -> list[str]:
    """Each of the answers in a few words, the most careful first; `quiet`: no kcal, no g, no kg."""
    return list(_phrases(answers, quiet))


def read_back(phrases: Sequence[str], person: str | None) -> tuple[str, Sequence[str]]:
    """What was understood and the question whether to save it, in at most 25 words, and what found no room.

    person: their name, None where one person lives alone.
    """
    opening = f"For {person}:" if person and len(person.split()) <= LONGEST_NAME else "You said:"
    said: list[str] = []
    for phrase in phrases:
        if _fits(_asked(opening, [*said, phrase], len(phrases) - len(said) - 1)):
            said.append(phrase)
    unsaid = [phrase for phrase in phrases if phrase not in said]
    return _asked(opening, said, len(unsaid)), unsaid


def _asked(opening: str, phrases: Sequence[str], more: int) -> str:
    return f"{opening} {', '.join(phrases)}{f' and {more} more' if more else ''}. {CLOSING}"


def _fits(text: str) -> bool:
    return len(text.split()) <= MOST_WORDS


def spoken_name(word: str) -> str:
    """A substance or a food id as it is said."""
    return word.replace("_", " ")


def _phrases(answers: Mapping[str, Any], quiet: bool) -> Iterator[str]:
    if allergens := answers.get("allergens"):
        yield f"nothing with {_listed(allergens, either)}"
    if "conditions" in answers:
        told = [CONDITIONS[each] for each in CONDITIONS if each in answers["conditions"]]
        yield ", ".join(told) or "no conditions"
    if no_longer := answers.get("no_longer"):
        yield f"no longer {_listed(no_longer, all_of)}"
    if diet := answers.get("diet"):
        yield diet
    if excluded := answers.get("excluded_foods"):
        yield f"leaving out {_listed(excluded, all_of)}"
    for field, way in _MEASURES.items():
        if field in answers:
            yield _measured(field, way, answers[field], quiet)


def _measured(field: str, way: str | Mapping[Any, str], value: Any, quiet: bool) -> str:
    if quiet and field in _QUIETLY:
        return _QUIETLY[field]
    return way.format(value) if isinstance(way, str) else way[value]


def _listed(words: Sequence[str], joined: Callable[[Sequence[str]], str]) -> str:
    """As many as can be said; how many more there are."""
    names = [spoken_name(word) for word in words]
    kept = len(names)
    while kept and sum(len(name.split()) for name in names[:kept]) > LISTED_WORDS:
        kept -= 1
    if kept == len(names):
        return joined(names)
    return f"{', '.join(names[:kept])} and {len(names) - kept} more" if kept else f"{len(names)} things"
