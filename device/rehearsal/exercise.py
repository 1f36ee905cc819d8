"""What somebody did with their body: log_activity."""

from __future__ import annotations

import re

from device.nutrition.activities import ActivityFound
from device.rehearsal.durations import find_duration
from device.rehearsal.sentences import Request, Sentence, Vocabulary
from device.rehearsal.toolbox import LOG_ACTIVITY
from device.rehearsal.wire import JsonObject

LONGEST_NAME_WORDS = 5

_LOG = re.compile(
    r"^(?:log|add|record|track|note|enter|write down|put down)(?: an?)?(?: activity| workout)? "
)
_SUBJECT = re.compile(r"^(?:i|we|ive|weve) (?:(?:have|just|also|already|been|had|was|did) )*")
_DONE = re.compile(
    r"^(?:i|we|ive|weve) (?:(?:have|just|also|already|then) )*"
    r"(?:went|did|do|done|been|ran|swam|swum|ride|rode|took|play|walk|[a-z]{3,}ed"
    r"|had an? (?:\w+ )?(?:walk|run|swim|ride|jog|hike|workout|dance|game|match|session|class))\b"
)
_GOING = re.compile(
    r"^(?:(?:i|we|ive|weve) )?(?:(?:have|just|also|already|been|had|was|did|went|go|gone|out|for|to|done|do|"
    r"doing|playing|played?|some|a|an|the|my|bit|of|session|and|four|bout) )+"
)
_WHERE = re.compile(r"\b(?:i|we) (?:went|did|played?|have been|was|were)\b")
_NO_ACTIVITY = re.compile(r"\b(?:ran|run|running) (?:out|into|late|over|away)\b|\bcalories\b|^(?:it|that)?$")
_RODE = re.compile(r"\b(?:rode|wrote) (?=(?:my|the|a) )")


def activity_done(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """An activity with its minutes, as far as they were said."""
    text = _RODE.sub("ride ", sentence.plain)
    duration = find_duration(text)
    rest = duration.without if duration else text
    is_logged = _LOG.match(rest) is not None
    rest = _LOG.sub("", rest)
    is_told = _DONE.match(rest) is not None
    if _NO_ACTIVITY.search(rest) or not (is_told or duration):
        return None
    name = known = _known(rest, vocabulary)
    if not name and duration and (_WHERE.search(rest) or is_logged):
        name = _as_said(rest)
    if not name:
        return None
    arguments: JsonObject = {"activity": name}
    if duration:
        arguments["minutes"] = round(duration.minutes, 1)
    if sentence.days_ago:
        arguments["days_ago"] = sentence.days_ago
    return Request(LOG_ACTIVITY, arguments, is_vague=not known)


def _known(words: str, vocabulary: Vocabulary) -> str:
    """The name of a known activity, in the words as they are or without "I went for a"."""
    for said in (words, _SUBJECT.sub("", words), _GOING.sub("", words)):
        found = vocabulary.activities.find(said)
        if said and isinstance(found, ActivityFound):
            return found.activity.name
    return ""


def _as_said(words: str) -> str:
    """What nothing known is called, in the words of the person; "" where it is too long for a name."""
    said = _GOING.sub("", words)
    return said if 0 < len(said.split()) <= LONGEST_NAME_WORDS and said not in {"it", "that", "work"} else ""
