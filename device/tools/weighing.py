"""log_weight: what a person weighs, noted without a word about it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from device.nutrition.events import WeightTaken
from device.nutrition.records import Weighing
from device.tools.asked import ConsentArguments
from device.tools.kitchen import Request
from device.tools.payloads import Payload, ToolError, require_consent, retry_with
from device.tools.today import PersonsDay, day_of, told
from device.tools.tool import tool

KG_OF = {"kg": 1.0, "lb": 0.45359237, "st": 6.35029318}
LEAST_KG, MOST_KG = 20, 400
LARGE_SHARE = 0.1
COMPARED_WITHIN = timedelta(days=60)
_UNITS_SAID = {"kg": "kilograms", "lb": "pounds", "st": "stone"}


class LogWeight(ConsentArguments):
    """A weighing."""

    weight: float = Field(description="The number that was said; 11 stone 7 is 11.5 stone.")
    unit: Literal["kg", "lb", "st"] | None = Field(None, description="Its unit; kg if none was said.")


@tool(changes=True)
def log_weight(arguments: LogWeight, request: Request) -> Payload:
    """Note what a person weighs. Call it when somebody tells their weight, or when another tool asks for it.
    Say no more than the answer does: nothing about the weight, or how it has changed. It answers with the
    energy of the day in kcal before and after, where that follows the weight.
    """
    unit = arguments.unit or "kg"
    kg = arguments.weight * KG_OF[unit]
    if not LEAST_KG <= kg <= MOST_KG:
        raise ToolError(
            "IMPLAUSIBLE_AMOUNT",
            f"A weight is from {LEAST_KG} to {MOST_KG} kg. Look at the number and at its unit.",
            field="weight",
            ask="What was the weight, and was it in kilograms, pounds or stone?",
            retry=retry_with("log_weight", weight="<the number>", unit="<kg, lb or st>"),
        )
    kg, shown = round(kg, 2), f"{round(arguments.weight, 2):g} {_UNITS_SAID[unit]}"
    kitchen = request.kitchen
    with kitchen.diary.together():
        before = day_of(kitchen, arguments.person)
        last = next(iter(kitchen.diary.weighings(before.person)), None)
        if last and _differs(kg, last, before.state.date):
            ask = "Did I hear the weight right?" if before.is_quiet else f"I understood {shown}. Is it right?"
            proposal = (before.person, f"{before.state.date}", kg)
            require_consent(arguments.confirm, ask, "log_weight", proposal)
        kitchen.diary.log(request.call_id, before.person, (WeightTaken(kg),))
        after = day_of(kitchen, arguments.person)
    return told(
        after,
        f"Noted: {shown}.",
        "Noted.",
        numbers={"kg": kg, **_target_change(before, after)},
        undo_id=request.call_id,
    )


def _differs(kg: float, last: Weighing, today: date) -> bool:
    return last.moment.day >= today - COMPARED_WITHIN and abs(kg - last.kg) > LARGE_SHARE * last.kg


def _target_change(before: PersonsDay, after: PersonsDay) -> Payload:
    """The energy of the day, where it has changed with the weight."""
    old, new = (round(day.plan.target.energy_kcal) for day in (before, after))
    return {"target_kcal": {"before": old, "after": new}} if old != new else {}
