"""Kitchen timers: timer(action, name, hours, minutes, seconds)."""

from __future__ import annotations

import re

from device.rehearsal.durations import find_duration
from device.rehearsal.sentences import Request, Sentence, Vocabulary
from device.rehearsal.toolbox import TIMER
from device.rehearsal.wire import JsonObject

LONGEST_NAME_WORDS = 3

_CLOCK = re.compile(r"\b(?:timers?|alarms?)\b")
_STOP = re.compile(
    r"^(?:stop|silence|quieten|turn off|switch off|dismiss|shut off|mute)\b"
    r".*\b(?:timers?|alarms?|ringing|beeping)\b"
)
_CANCEL = re.compile(
    r"\b(?:cancel|delete|remove|clear|end|abort|kill|forget|get rid of)\b.*\b(?:timers?|alarms?)\b"
    r"|^i (?:do not|dont) need the .*\btimer\b"
)
_LIST = re.compile(
    r"\b(?:which|what|how|list|show|any|when|is|are|status|check|tell me)\b.*\btimers?\b"
    r"|\btimers?\b.*\b(?:left|running)\b"
    r"|\bhow (?:long|much time|many minutes)\b.*\b(?:left|to go|remain\w*|still)"
    r"(?: (?:on|for) (?:the |my )?\w+)?$"
    r"|\bhow much longer\b"
)
_SET = re.compile(r"\b(?:set|start|make|create|begin|run|give me|i need|add|put|new|want)\b")
_REMIND = re.compile(r"^(?:remind me|wake me|ring|beep|count down|tell me|call me)\b")
_BEFORE_CLOCK = re.compile(r"(?P<words>(?:\w+ )*)(?:timers?|alarms?)\b")
_AFTER_CLOCK = re.compile(
    r"\b(?:timers?|alarms?) (?:(?:called|named|four|for|on|to) )+(?:the |my |our |some )?(?P<name>.+)$"
)
_TO_DO = re.compile(
    r"^(?:remind me|wake me|tell me|call me)(?: in)?(?: to| about)?(?: the| my)? (?P<name>.+)$"
)
_NOT_NAMES = (
    "a an the my our your another new set start make create begin run put give me add cancel stop delete",
    "remove clear end abort kill forget turn switch off on of for in is are which what how long much time",
    "left list show any that this it all other kitchen i need want do not dont have with to silence dismiss",
    "please two three four five six seven eight nine ten minute minutes hour hours second seconds rid get",
    "one tell and up there still running when does will check",
)
_NO_NAME = frozenset(word for line in _NOT_NAMES for word in line.split())


def timer(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """A timer to be set, listed, cancelled or, while it rings, stopped."""
    text = sentence.plain
    duration = find_duration(text)
    without = duration.without if duration else text
    action = _action(text, is_timed=duration is not None)
    if not action:
        return None
    is_reminder = action == "set" and _REMIND.search(text) is not None
    name = _name_to_do(without) if is_reminder else _name_before(without)
    if action == "set" and not name:
        name = _name_after(without)
    arguments: JsonObject = {"action": action}
    if name:
        arguments["name"] = _as_food(name, vocabulary)
    return Request(TIMER, arguments | (duration.fields() if duration else {}))


def _action(text: str, *, is_timed: bool) -> str:
    """What is to be done with a timer; "" where the sentence is about none."""
    if _STOP.search(text):
        return "stop"
    if _CANCEL.search(text):
        return "cancel"
    if _LIST.search(text) and not is_timed:
        return "list"
    is_reminder = is_timed and _REMIND.search(text)
    is_set = _CLOCK.search(text) and (is_timed or _SET.search(text))
    return "set" if is_reminder or is_set else ""


def _as_food(name: str, vocabulary: Vocabulary) -> str:
    """Timers are for food mostly: what sounds surely like one, such as "rise", is that."""
    heard = vocabulary.foods.hear(name)
    return heard.name if heard and heard.known and not heard.doubtful else name


def _name_before(text: str) -> str:
    """The "pasta" of "cancel the pasta timer"."""
    match = _BEFORE_CLOCK.search(text)
    words = match["words"].split() if match else []
    name: list[str] = []
    while words and words[-1] not in _NO_NAME and not words[-1].isdigit() and len(name) < LONGEST_NAME_WORDS:
        name.insert(0, words.pop())
    return " ".join(name)


def _name_after(text: str) -> str:
    """The "potatoes" of "a timer for the potatoes"."""
    return _short(_AFTER_CLOCK.search(text))


def _name_to_do(text: str) -> str:
    return _short(_TO_DO.search(text))


def _short(match: re.Match[str] | None) -> str:
    name = match["name"].split() if match else []
    return " ".join(name) if 0 < len(name) <= LONGEST_NAME_WORDS and set(name) - _NO_NAME else ""
