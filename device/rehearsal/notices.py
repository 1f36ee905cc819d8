"""What a client tells the model on its own behalf, as client content: that a connection broke off, for one.

Nobody said these words, so they are never taken for words of the person.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call


@dataclass(frozen=True, slots=True)
class GoOn:
    """A reply was cut off. asked: what the person had said; said: what was spoken of it; "" if not known.

    outcome: what a tool had returned for it.
    """

    asked: str
    said: str
    outcome: LateOutcome | None = None


@dataclass(frozen=True, slots=True)
class LateOutcome:
    """What a tool returned after its connection was gone, to be told now. asked: "" if not known."""

    call: Call
    payload: JsonObject
    asked: str


@dataclass(frozen=True, slots=True)
class Aside:
    """Something to know that wants no answer."""


Notice = GoOn | LateOutcome | Aside


def _loosely(pattern: str) -> re.Pattern[str]:
    """The pattern in any case, with any white space where it has a blank."""
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


_FROM_DEVICE = _loosely(r"\W*a message from the device\b")
_GO_ON = _loosely(r"\bbroke off while you were (answering|speaking|talking)\b")
_AFTER_QUESTION = "you had already|your tool|the tool was|answer it|$"
_ASKED = _loosely(rf'\bperson had said:?\s*"(?P<words>.*?)"\W*(?={_AFTER_QUESTION})')
_SAID = _loosely(r'\byou had already said( aloud)?:?\s*"(?P<words>.*)"\W*go on\b')
_TOOL = _loosely(r"\byour tool\W+(?P<name>[\w.:-]+)")
_ARGUMENTS = _loosely(r"\bthe tool was called with:?\s*")
_PAYLOAD = _loosely(r"\W*(and )?(it )?returned:?\s*")
_SILENT = _loosely(r"\bnothing needs to be said\b")


def notice_in(text: str) -> Notice | None:
    """What a written text says on behalf of the client itself; None where a person may have written it."""
    if not _FROM_DEVICE.match(text):
        return None
    if _GO_ON.search(text):
        return GoOn(_words(_ASKED, text), _words(_SAID, text), _late_outcome(text))
    return _late_outcome(text) or Aside()


def _words(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found["words"].strip() if found else ""


def _late_outcome(text: str) -> LateOutcome | None:
    """The outcome in the text; None where there is none, and where nothing is to be said about it."""
    tool, called = _TOOL.search(text), _ARGUMENTS.search(text)
    if tool is None or called is None:
        return None
    try:
        arguments, end = json.JSONDecoder().raw_decode(text, called.end())
        returned = _PAYLOAD.match(text, end)
        payload, end = json.JSONDecoder().raw_decode(text, returned.end() if returned else end)
    except json.JSONDecodeError:
        return None
    if _SILENT.search(text, end):
        return None
    call = Call(tool["name"], arguments if isinstance(arguments, dict) else {})
    outcome = payload if isinstance(payload, dict) else {"output": payload}
    return LateOutcome(call, outcome, _words(_ASKED, text))
