"""What Ladle itself tells the model, in words: after a break, about results that come late, about the day.

None of it was said by the person, and each text says so, because the API knows only users and models.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from device.events import ToolOutcome
from device.live.history import Turn

_FROM_LADLE = "(A message from the device, not from the person.)"


def go_on(asked: str, said: str) -> str:
    """Ask for the rest of a reply that a lost connection cut off."""
    broken = f"{_FROM_LADLE} The connection broke off while you were answering. {_quoted(asked)}"
    if said:
        return (
            f'{broken}You had already said aloud: "{said}" '
            "Go on exactly from there, without repeating any of it and without a word about the break."
        )
    return broken + ("Answer it." if asked else "Ask the person to say it again.")


def late_outcome(outcome: ToolOutcome, arguments: object, asked: str, *, silent: bool) -> str:
    """Tell the outcome of a tool that was called on a connection that is no more."""
    returned = json.dumps(dict(outcome.payload), ensure_ascii=False)
    called_with = json.dumps(arguments, ensure_ascii=False)
    wish = "Nothing needs to be said about it now." if silent else "Tell the person now what it returned."
    return (
        f"{_FROM_LADLE} The connection broke off while your tool {outcome.name} was at work. {_quoted(asked)}"
        f"The tool was called with {called_with} and returned {returned}. "
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


def _quoted(asked: str) -> str:
    return f'The person had said: "{asked}" ' if asked else ""
