"""What a person wants, read from tidied words: tolerant patterns, nothing learnt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from device.rehearsal.sounds import nearest

MEALS = (
    "breakfast",
    "morning snack",
    "elevenses",
    "brunch",
    "lunch",
    "afternoon snack",
    "snack",
    "dinner",
    "supper",
    "evening meal",
    "midday meal",
)
SURE_MEAL = 0.78
LEAST_SURE_MEAL = 0.66
LONGEST_GREETING_WORDS = 4
SHORTEST_MISHEARD = 4  # letters; shorter words sound like everything


class SmallTalk(StrEnum):
    """What needs no tool."""

    THANKS = "thanks"
    GOODBYE = "goodbye"
    GREETING = "greeting"
    ABILITIES = "abilities"
    TIME = "time"
    RECALL = "recall"


@dataclass(frozen=True, slots=True)
class MissedMeal:
    """A meal was missed; `meal` is "" if it was not named; not `sure` if it may have been something else."""

    meal: str
    sure: bool


@dataclass(frozen=True, slots=True)
class FoodQuestion:
    """What is in a food: the words after the question, amount included."""

    phrase: str


_MISSED = re.compile(
    r"\b(miss|missed|missing|misses|mist|skip|skipped|skipping|skips|passed on|"
    r"(forgot|forgotten)(?! to (log|tell|write|note|say|mention))|(went|gone|go|going|did|do) without|"
    r"(did ?nt|did not|have ?nt|have not|had ?nt|had not|could ?nt|never) (yet )?"
    r"(have|had|eat|eaten|even|get|got|"
    r"manage|managed|make|made|find|took|take)|(had|got|was|found) no( time for)?|no time for)\b"
)
_NOT_MISSED = re.compile(r"(nt|not|never|without) (yet )?(miss|missed|missing|skip|skipped|skipping)\b")
_FIRST_PERSON = re.compile(r"^(so |well |oh |um |ok |okay )*(i|we|ive|weve)\b")

_EATING = re.compile(r"\b(meal|eat|eating|eaten|food|something|anything|any)\b")

_NUTRIENT = (
    r"(calories|calorie|kcal|energy|protein|proteins|carbs|carbohydrates?|fat|fats|sugars?|fibre|fiber|"
    r"salt|sodium)"
)
_FOOD_QUESTIONS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bhow (?:much|many)\b.*? in (?P<food>.+)$",
        r"\bhow (?:much|many)\b.*? (?:does|do|has|is it) (?P<food>.+?) (?:have|contain|got|had)$",
        r"\bhow (?:much|many) \w+ (?:and|of|for) (?P<food>.+)$",
        r"\bwhat(?:s| is| are|s there| is there) in (?P<food>.+)$",
        r"\bwhat (?:does|do) (?P<food>.+?) (?:have|contain)(?: in it)?$",
        r"\b(?:is|are) there (?:a lot of |lots of |much |many |any )?\w+(?: \w+)? (?:in|and) (?P<food>.+)$",
        r"\btell me (?:something |more )?about (?P<food>.+)$",
        r"\b(?:what|how) about (?P<food>.+)$",
        r"(?<!a )\blook(?:ing)? (?:up|at|how) (?P<food>.+)$",
        rf"\b{_NUTRIENT}(?: content| value| count)? (?:in|and|of|for) (?P<food>.+)$",
        r"^\S*cal\w+ (?:in|and|of) (?P<food>.+)$",
    )
)
_AFTERTHOUGHT = re.compile(r"( please| then| for me| today| have| got| exactly| right now)+$")

_SMALL_TALK = (
    (SmallTalk.RECALL, re.compile(r"\bwhat did i (just )?(say|ask|tell)\b")),
    (
        SmallTalk.ABILITIES,
        re.compile(r"\bwhat (can|could|do) you (do|know|help)\b|\bcan you help\b|^help( me)?$"),
    ),
    (SmallTalk.TIME, re.compile(r"\bwhat time is (it|this)\b|\bwhats the time\b|\bwhat is the time\b")),
    (
        SmallTalk.THANKS,
        re.compile(r"\b(thank you|thanks|thank|cheers)\b|\bthat(s| is) all\b|\b(than|them) so (lot|that)\b"),
    ),
    (SmallTalk.GOODBYE, re.compile(r"\b(goodbye|bye|good night|see you)\b")),
    (
        SmallTalk.GREETING,
        re.compile(r"\b(hello|hi|hey|hullo|good (morning|evening|afternoon|day))\b|^below there$"),
    ),
)


def missed_meal(text: str, also: Iterable[str] = ()) -> MissedMeal | None:
    """A meal that was missed. also: names of meals beside the usual ones."""
    meal, likeness = find_meal(text, also)
    if _NOT_MISSED.search(text):
        return None
    verb = _MISSED.search(text) is not None
    if verb and likeness < LEAST_SURE_MEAL and _FIRST_PERSON.match(text) and _EATING.search(text):
        return MissedMeal("", sure=False)
    if likeness < LEAST_SURE_MEAL or not (verb or _FIRST_PERSON.match(text)):
        return None
    return MissedMeal(meal, sure=verb and likeness >= SURE_MEAL)


def find_meal(text: str, also: Iterable[str] = ()) -> tuple[str, float]:
    """The meal that the text names or sounds like naming, and how sure that is, 0 to 1."""
    names = tuple(dict.fromkeys((*(name.casefold() for name in also), *MEALS)))
    named = [name for name in names if re.search(rf"\b{re.escape(name)}\b", text)]
    if named:
        return max(named, key=len), 1.0
    words = text.split()
    heard = [*words, *(" ".join(pair) for pair in pairwise(words))]
    found = (nearest(phrase, names) for phrase in heard if len(phrase) >= SHORTEST_MISHEARD)
    return max(found, key=lambda pair: pair[1], default=("", 0.0))


def food_question(text: str) -> FoodQuestion | None:
    """A question about a food."""
    for pattern in _FOOD_QUESTIONS:
        match = pattern.search(text)
        if match:
            return FoodQuestion(_AFTERTHOUGHT.sub("", match["food"]))
    return None


def small_talk(text: str) -> SmallTalk | None:
    """What needs no tool."""
    found = next((kind for kind, pattern in _SMALL_TALK if pattern.search(text)), None)
    is_long = len(text.split()) > LONGEST_GREETING_WORDS
    return None if found is SmallTalk.GREETING and is_long else found


_YES = re.compile(
    r"^(yes|yeah|yep|yup|yas|guess|correct|right|sure|ok|okay|i do|i did|exactly|that one|"
    r"of course|absolutely|definitely|go ahead|do (it|that|so)|please( do)?$)\b"
)
_NO = re.compile(
    r"^(no|nope|nah|know|not|i didnt|i did not|(dont|do not)( do (it|that))?$|leave it|never mind|cancel$)\b"
)


def yes_or_no(text: str) -> bool | None:
    """True for yes, False for no, None for something else."""
    if _YES.search(text):
        return True
    return False if _NO.search(text) else None
