"""What a person tells of themselves: set_profile and log_weight."""

from __future__ import annotations

import re

from device.nutrition.numberwords import read_number
from device.rehearsal.measures import BodyWeight, bare_number, find_age, find_height_cm, find_weight
from device.rehearsal.sentences import Request, Sentence, Vocabulary
from device.rehearsal.toolbox import LOG_WEIGHT, SET_PROFILE
from device.rehearsal.wire import JsonObject

Told = tuple[tuple[str, re.Pattern[str]], ...]

SEXES: Told = (
    ("female", re.compile(r"\b(?:woman|women|female|lady|girl|her)\b")),
    ("male", re.compile(r"\b(?:man|men|male|guy|boy)\b")),
    ("unspecified", re.compile(r"\b(?:middle|neither|between|unspecified|other|mean|average)\b")),
)
LEVELS: Told = (
    ("very_active", re.compile(r"\bvery (?:active|physical)\b|\b(?:hard|heavy) (?:physical )?work\b")),
    ("sitting", re.compile(r"\b(?:sit|sits|sitting|seated|desk|office|sedentary|computer)\b")),
    ("light", re.compile(r"\b(?:now and then|light|lightly|little|sometimes|standing)\b")),
    ("moderate", re.compile(r"\b(?:moderate|moderately|medium|fairly|walking)\b")),
    ("active", re.compile(r"\b(?:active|on my feet|moving|physical)\b")),
)
GOALS: Told = (
    ("lose", re.compile(r"\b(?:lose|losing|less|slim|reduce|drop|lighter)\b")),
    ("gain", re.compile(r"\b(?:gain|gaining|put on|more|build|bulk|heavier)\b")),
    ("maintain", re.compile(r"\b(?:keep|keeping|maintain|stay|hold|same|as it is)\b")),
)
CONDITIONS: Told = (
    ("pregnant", re.compile(r"\bpregnan(?:t|cy)\b")),
    ("breast_feeding", re.compile(r"\b(?:breast ?feed\w*|nursing)\b")),
    ("glucose_medicine", re.compile(r"\b(?:insulin|diabet\w+|sulfonylurea)\b")),
    ("kidney_disease", re.compile(r"\bkidneys?\b")),
    ("eating_disorder", re.compile(r"\b(?:eating disorder|anorexia|bulimia)\b")),
)
_DIETS: Told = (
    ("vegan", re.compile(r"\bvegan\b")),
    ("vegetarian", re.compile(r"\bvegetarian\b")),
    ("pescatarian", re.compile(r"\bpesc[ae]tarian\b")),
)
_ALLERGENS: Told = (
    ("gluten", re.compile(r"\b(?:gluten|wheat|coeliac|celiac)\b")),
    ("dairy", re.compile(r"\b(?:dairy|milk|lactose)\b")),
    ("egg", re.compile(r"\beggs?\b")),
    ("shellfish", re.compile(r"\b(?:shellfish|prawns?|shrimps?)\b")),
    ("fish", re.compile(r"\bfish\b")),
    ("tree_nut", re.compile(r"\b(?:nuts?|hazelnuts?|walnuts?|almonds?)\b")),
    ("peanut", re.compile(r"\b(?:nuts?|peanuts?)\b")),
    ("soy", re.compile(r"\b(?:soy|soya)\b")),
    ("sesame", re.compile(r"\bsesame\b")),
    ("celery", re.compile(r"\bcelery\b")),
    ("mustard", re.compile(r"\bmustard\b")),
)

LEAST_KG = 10.0

_NUMBERS = {"age_years", "height_cm", "weight_kg"}
_NO_UNIT = re.compile(r"\b(?:i weigh(?:ed)?|my weight(?: is| was)?) (?:about |around )?[\w.]+(?: \w+)?$")
_PROFILE = re.compile(r"\bprofile\b|\bset (?:me|us) up\b|\b(?:set|work out|compute) my targets?\b")
_OF_SELF = re.compile(
    r"\b(?:i am|im|i weigh\w*|my (?:age|height|weight|goal|sex)|years old|tall)\b|^i (?:want|have|take) "
)
_WEIGHING = re.compile(
    r"\b(?:weigh|weighed|weight|weighing|scales?)\b|^(?:i am|im) (?:about |around |now |at )*(?=[\w.]+ )"
)
_GOAL = re.compile(
    r"\b(?:want|like|trying|goal|aim|going) (?:is )?(?:to )?\b.*\b(?:weight|kilos|pounds|muscles?|slim)\b"
)
_ALLERGIC = re.compile(r"\b(?:allerg\w+ to|allergy|intoleran\w+|cannot eat|cant eat)\b")
_MY_CONDITION = re.compile(
    r"\b(?:i am|im|i have|i take|i use) (?:\w+ )?(?:pregnant|breast|nursing|insulin|diabet|kidney|an eating)"
)
_A_SEX = re.compile(
    r"\b(?:fe)?male\b|\b(?:i am|im|a|the|sex|gender|and|years old)(?: is)?(?: a| the)? "
    r"(?:woman|man|female|male|lady|guy|girl|boy)\b"
)


def portrait(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """A profile to be set up, or facts for it; a weight alone goes into the diary."""
    text = sentence.text
    if not (_OF_SELF.search(text) or _PROFILE.search(text)):
        return _weight(text) if _WEIGHING.search(text) else None
    facts = facts_in(text)
    if _PROFILE.search(text) or set(facts) - {"weight_kg"}:
        return Request(SET_PROFILE, facts, is_vague=_has_number(text) and not _NUMBERS & set(facts))
    return _weight(text) if facts else None


def facts_in(text: str) -> JsonObject:
    """What somebody says of themselves in tidied words, as set_profile names it."""
    weight = _body_weight(text) if _WEIGHING.search(text) or find_height_cm(text) else None
    conditions = all_said(text, CONDITIONS) if _MY_CONDITION.search(text) else []
    told: JsonObject = {
        "age_years": find_age(text),
        "sex": said_of(text, SEXES[:2]) if _A_SEX.search(text) else None,
        "height_cm": find_height_cm(text),
        "weight_kg": weight.kilograms if weight else None,
        "goal": said_of(text, GOALS) if _GOAL.search(text) else None,
        "conditions": conditions or None,
        "diet": said_of(text, _DIETS)
        if re.search(r"\b(?:i am|im) (?:an? )?\w+$|\bprofile\b", text)
        else None,
        "allergens": (all_said(text, _ALLERGENS) if _ALLERGIC.search(text) else None) or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def said_of(text: str, choices: Told) -> str | None:
    """The first of the choices that the words speak of."""
    return next((name for name, pattern in choices if pattern.search(text)), None)


def all_said(text: str, choices: Told) -> list[str]:
    return [name for name, pattern in choices if pattern.search(text)]


def _has_number(text: str) -> bool:
    """Whether a number was said, which has to be of something."""
    words = text.split()
    return any(read_number(words, at) for at in range(len(words)) if words[at] not in {"a", "an"})


def _weight(text: str) -> Request | None:
    weight = _body_weight(text)
    if weight is None:
        return None
    unit = {"unit": weight.unit} if weight.unit else {}
    return Request(LOG_WEIGHT, {"weight": weight.amount, **unit})


def _body_weight(text: str) -> BodyWeight | None:
    """The weight that is told in a sentence about weighing; without a unit only if nothing follows it."""
    weight = find_weight(text)
    if weight is None and _NO_UNIT.search(text):
        number = bare_number(text)
        weight = None if number is None else BodyWeight(number, None)
    return weight if weight and weight.kilograms >= LEAST_KG else None
