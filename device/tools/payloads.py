"""What tools return to the model: results with a sentence to say, and problems that it can recover from."""

from __future__ import annotations

from device.nutrition.macros import Macros

Payload = dict[str, object]


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
