"""Questions that were asked back, and what the next words mean as an answer to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from device.rehearsal.fields import Values, values_for
from device.rehearsal.intents import yes_or_no
from device.rehearsal.places import beside, leaf_of, with_values
from device.rehearsal.sentences import Request, Sentence, Vocabulary
from device.rehearsal.toolbox import LOG_WEIGHT, PERSON, SET_PROFILE
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Say

ABILITIES = "Tell me what you ate, did or missed, or ask me what is in a food or how your day is."
NEVER_MIND = f"All right. {ABILITIES}"
NOTHING_CHANGED = "All right, nothing changed."

_CHOSEN_BY = ("candidates", "meals", "people", "timers", "options")
_IDS = ("food_id", "id", "activity_id", "timer_id", "name", "say")
_ABOUT_ONESELF = {SET_PROFILE, LOG_WEIGHT}


@dataclass(frozen=True, slots=True)
class ConfirmCall:
    """Asked "did you mean": yes makes this call."""

    call: Call
    text: str


@dataclass(frozen=True, slots=True)
class AskedBack:
    """Asked for one argument of a call, or for consent; the answer goes into the same call.

    place: of the argument, "" where only consent was asked for. offers: what was offered, by what it is
    called; the value is what the tool wants to get. agreed: what a yes adds to the arguments.
    """

    call: Call
    place: str
    offers: tuple[tuple[str, str], ...]
    text: str
    agreed: JsonObject = field(default_factory=dict)


Question = ConfirmCall | AskedBack


def question_of_tool(call: Call, payload: JsonObject) -> AskedBack | None:
    """The question in a tool's error payload, or None where it asks nothing that can be answered.

    Read are `ask`, the `field` it is about, what is offered (`candidates`, `meals`, `people`), and `retry`.
    """
    place, ask = str(payload.get("field") or ""), str(payload.get("ask") or "")
    retry = payload.get("retry")
    given = retry.get("set") if isinstance(retry, dict) else None
    wanted: JsonObject = given if isinstance(given, dict) else {}
    # Consent is to all of it as it stands: a value that is still to be chosen leaves nothing to say yes to.
    agreed = {} if any(str(value).startswith("<") for value in wanted.values()) else wanted
    if not ask or not (place or agreed):
        return None
    again = str(retry.get("tool") or call.name) if isinstance(retry, dict) else call.name
    if again != call.name:
        kept = {name: value for name, value in call.arguments.items() if name == PERSON}
        call = Call(again, kept)
    offers = tuple(offer for name in _CHOSEN_BY for offer in _offers(payload.get(name)))
    return AskedBack(call, place, offers, ask, agreed)


def _offers(offered: object) -> list[tuple[str, str]]:
    """What may be chosen, each with the value for the tool; a client may send anything."""
    if not isinstance(offered, list):
        return []
    return [_offer(each) for each in offered]


def _offer(each: object) -> tuple[str, str]:
    if not isinstance(each, dict):
        return str(each), str(each)
    said = str(each.get("say") or each.get("name") or "")
    return said, str(next((each[name] for name in _IDS if each.get(name)), said))


# ------------------------------------------------------------------------------------- answers


def answer(
    question: object, sentence: Sentence, request: Request | None, vocabulary: Vocabulary
) -> Say | Call | Question | None:
    """What the sentence means as an answer to the question; None where it is none.

    request: what the sentence asks for on its own; then it only answers what it is about as well. The
    question itself comes back where it has to be asked again.
    """
    if not isinstance(question, ConfirmCall | AskedBack):
        return None
    consent = yes_or_no(sentence.text)
    if request is not None and not _belongs(request, question, consent=bool(consent)):
        return None
    if isinstance(question, ConfirmCall):
        return _confirmed(question, consent)
    values = None if consent and request is None else _values(question, sentence, vocabulary)
    if values is not None:
        return _filled(question, values)
    if consent is None:
        return None
    return _agreed(question) if consent else _refused(question)


def _belongs(request: Request, question: Question, *, consent: bool) -> bool:
    """Whether a sentence that asks for something still answers: "yes, I missed lunch", "I am forty"."""
    is_fact = request.tool in _ABOUT_ONESELF and isinstance(question, AskedBack)
    return (consent and request.tool == question.call.name) or (is_fact and question.call.name == SET_PROFILE)


def _confirmed(question: ConfirmCall, consent: bool | None) -> Say | Call | None:
    if consent is None:
        return None
    return question.call if consent else Say(NEVER_MIND)


def _values(question: AskedBack, sentence: Sentence, vocabulary: Vocabulary) -> Values | None:
    return values_for(question.call.name, question.place, question.offers, sentence, vocabulary)


def _agreed(question: AskedBack) -> Call | AskedBack:
    if question.agreed:
        return _filled(question, question.agreed)
    if len(question.offers) == 1:
        return _filled(question, {question.place: question.offers[0][1]})
    return question


def _refused(question: AskedBack) -> Say:
    return Say(NOTHING_CHANGED if question.agreed else NEVER_MIND)


def _filled(question: AskedBack, values: Values) -> Call:
    """The call with the values in their places; the words that it was heard from no longer hold."""
    changed = dict(values)
    for place in values:
        if leaf_of(place) in {"food", "quantity", "unit", "size"}:
            changed[beside(place, "spoken")] = None
    return replace(question.call, arguments=with_values(question.call.arguments, changed))
