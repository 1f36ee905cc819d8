"""What Ladle itself tells the model, in words: after a break, about results that come late, about the day.

None of it was said by the person, and each text says so, because the API knows only users and models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from device.events import ToolCall, ToolOutcome
from device.live.history import Turn

_FROM_LADLE = "(A message from the device, not from the person.)"


Finished = tuple[ToolCall, ToolOutcome]


def go_on(asked: str, said: str, finished: Sequence[Finished] = ()) -> str:
    """Ask for the rest of a reply that a lost connection cut off. finished: the calls made for it."""
    broken = f"{_FROM_LADLE} The connection broke off while you were answering. {_quoted(asked)}"
    for call, outcome in finished:
        broken += (
            f"Your tool {call.name} had done its work for this. {_called(call.arguments, outcome)} "
            "Do not call it again for this. "
        )
    if said:
        return (
            f'{broken}You had already said aloud: "{said}" '
            "Go on exactly from there, without repeating any of it and without a word about the break."
        )
    return broken + ("Answer it." if asked else "Ask the person to say it again.")


def late_outcome(outcome: ToolOutcome, arguments: Mapping[str, object], asked: str, *, silent: bool) -> str:
    """Tell the outcome of a tool that was called on a connection that is no more."""
    wish = "Nothing needs to be said about it now." if silent else "Tell the person now what it returned."
    return (
        f"{_FROM_LADLE} The connection broke off while your tool {outcome.name} was at work. {_quoted(asked)}"
        f"{_called(arguments, outcome)} "
        f"It has done its work: do not call it again for this. {wish}"
    )


def restored(status: str) -> str:
    """Open the history of a conversation that goes on in a fresh session."""
    return (
        f"{_FROM_LADLE} The conversation was interrupted and goes on here. What follows is how it went."
        + (f" {status}" if status else "")
    )


def as_background(opening: str, turns: Sequence[Turn]) -> str:
    """The same history in plain words, for an API that takes none as turns; "" where there is none."""
    lines = [f"The person: {turn.asked}\nYou: {turn.said}" for turn in turns]
    return "\n".join([opening, *lines]) if turns else ""


def _called(arguments: Mapping[str, object], outcome: ToolOutcome) -> str:
    called_with = json.dumps(dict(arguments), ensure_ascii=False)
    returned = json.dumps(dict(outcome.payload), ensure_ascii=False)
    return f"The tool was called with {called_with} and returned {returned}."


def _quoted(asked: str) -> str:
    return f'The person had said: "{asked}" ' if asked else ""
