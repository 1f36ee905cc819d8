"""What tools return to the model: results with a sentence to say, and problems that it can recover from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TypeVar

from device.nutrition.macros import Macros

Payload = dict[str, object]
T = TypeVar("T")
TOKEN_LETTERS = 6
HEARD_LETTERS = 120
"""Of what was heard, in an answer, which has to stay small."""


def result(said: str, **data: object) -> Payload:
    """A good result; `said` is at most 25 words, to be spoken."""
    return {"ok": True, "said": said, **data}


class ToolError(Exception):
    """A tool cannot do what was asked, and says what would help.

    code: a stable name in capitals; recovery: what the model needs to go on, such as field, candidates, ask
    (a question to put to the person) or retry (the arguments to change).
    """

    def __init__(self, code: str, message: str, **recovery: object) -> None:
        super().__init__(message)
        self.code = code
        self.payload: Payload = {"ok": False, "code": code, "message": message, **recovery}


def retry_with(tool: str, **arguments: object) -> dict[str, object]:
    """The next call that may succeed: the same tool with these arguments set."""
    return {"tool": tool, "set": arguments}


def shortened(text: str, most_letters: int = HEARD_LETTERS) -> str:
    """The text, or its beginning where JSON would need more letters for it: many scripts take six for one."""
    while len(json.dumps(text)) > most_letters + len('""'):
        text = text[:-1]
    return text


def as_many_as_fit(told: Sequence[T], most_letters: int) -> list[T]:
    """The first of them that JSON needs no more letters for."""
    shown = len(told)
    while shown and len(json.dumps(told[:shown])) > most_letters:
        shown -= 1
    return list(told[:shown])


# ------------------------------------------------------------------------------------- consent


def require_consent(
    given: str | None,
    ask: str,
    tool: str,
    proposal: Sequence[object],
    *,
    code: str = "NOT_CONFIRMED",
    **data: object,
) -> None:
    """Go on only with the person's consent to exactly this proposal.

    given: the token that came with the call. It is made from the proposal, so a consent to one whose numbers
    have changed meanwhile does not count, and none has to be remembered.

    Raises:
        ToolError: the person has not agreed; `ask` is to be put to them, and the token comes with it.
    """
    token = _token_of(tool, proposal)
    if given == token:
        return
    message = "Nothing has been changed yet. Ask the person, and call again with confirm only if they agree."
    retry = retry_with(tool, confirm=token)
    raise ToolError(code, message, ask=ask, retry=retry, **data)


def _token_of(tool: str, proposal: Sequence[object]) -> str:
    text = json.dumps([tool, *proposal], default=repr, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:TOKEN_LETTERS]


# ------------------------------------------------------------------------------------- numbers and words


def macros_payload(macros: Macros, digits: int = 0) -> dict[str, float]:
    """Energy in kcal and macronutrients in g for the model; `digits` after the point for the grams."""
    return {
        "kcal": round(macros.energy_kcal),
        "protein_g": _rounded(macros.protein_g, digits),
        "carbohydrate_g": _rounded(macros.carbohydrate_g, digits),
        "fat_g": _rounded(macros.fat_g, digits),
    }


def _rounded(grams: float, digits: int) -> float:
    return round(grams, digits) if digits else round(grams)


def grams_said(grams: float) -> str:
    """A weight as it is said, such as "1 gram" or "30 grams"."""
    return "1 gram" if round(grams) == 1 else f"{grams:.0f} grams"


def calories_said(kcal: float) -> str:
    """An energy as it is said, such as "1 calorie" or "1,250 calories"."""
    return "1 calorie" if round(kcal) == 1 else f"{kcal:,.0f} calories"


def either(names: Sequence[str]) -> str:
    """Names to choose from, such as "apple, pear or plum"."""
    return _joined(names, "or")


def all_of(names: Sequence[str]) -> str:
    """Names that belong together, such as "apple, pear and plum"."""
    return _joined(names, "and")


def _joined(names: Sequence[str], last_by: str) -> str:
    *first, last = names
    return f"{', '.join(first)} {last_by} {last}" if first else last
