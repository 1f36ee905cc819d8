"""log_water: how much water a person drank, and the day's total."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from device.nutrition.events import WaterDrunk
from device.nutrition.units import MILLILITRES, unit_of
from device.tools.asked import PersonalArguments
from device.tools.foodwords import counted, sentence
from device.tools.kitchen import Request
from device.tools.payloads import Payload, ToolError, retry_with, shortened
from device.tools.today import day_of, told
from device.tools.tool import tool

GLASS_ML = 250
MOST_ML = 3000
LITTLE_OF_UNIT = 0.1
HELD_ML = {"glass": GLASS_ML, "mug": 300, "bottle": 500, "can": 330, "pint": 568, "shot": 40, "splash": 30}
"""What vessels hold when they are filled with water, in ml; Ladle's own choice."""
_ALIKE = {"oz": "fl_oz", "g": "ml", "kg": "l", "one": "glass", "piece": "glass", "portion": "glass"}


class LogWater(PersonalArguments):
    """A drink of water."""

    quantity: Annotated[float, Field(ge=0, le=100_000)] | None = Field(
        None, description="How many of the unit; leave it out for one."
    )
    unit: Annotated[str, Field(max_length=40)] | None = Field(
        None, description="glass, mug, bottle, can, pint, cup, ml, cl, l or fl_oz; leave it out for glasses."
    )


@tool(changes=True)
def log_water(arguments: LogWater, request: Request) -> Payload:
    """Log water that a person drank. Call it when somebody says that they had water; other drinks are food
    and go to log_food. It answers with the ml and with the water of the whole day.
    """
    amount = 1.0 if arguments.quantity is None else arguments.quantity
    unit = _unit_of(arguments.unit or "glass")
    ml = amount * _ml_of(unit)
    if not 1 <= ml <= MOST_ML:
        raise ToolError(
            "IMPLAUSIBLE_AMOUNT",
            f"{ml:.0f} ml of water is not an amount that people drink at once.",
            field="quantity",
            limit_ml=MOST_ML,
            ask="How much water was it?",
            retry=retry_with("log_water", quantity="<the amount>", unit="<its unit>"),
        )
    kitchen = request.kitchen
    with kitchen.diary.together():
        day = day_of(kitchen, arguments.person)
        kitchen.diary.log(request.call_id, day.person, (WaterDrunk(ml),))
        total_ml = kitchen.diary.totals(day.person, day.state.date).water_ml
    said = (
        f"{sentence(_drink_said(amount, unit, ml))} of water noted. That makes {_total_said(total_ml)} today."
    )
    return told(day, said, said, undo_id=request.call_id, ml=round(ml), today_ml=round(total_ml))


def _unit_of(word: str) -> str:
    unit = unit_of(word) or ""
    unit = _ALIKE.get(unit, unit)
    if unit in HELD_ML or unit in MILLILITRES:
        return unit
    heard = shortened(word)
    raise ToolError(
        "UNKNOWN_UNIT",
        f"How much water one {heard} holds is not known.",
        field="unit",
        heard=heard,
        allowed_ml={**HELD_ML, "cup": MILLILITRES["cup"], "ml": 1, "l": 1000},
        ask="How much water was it, in glasses or millilitres?",
        retry=retry_with("log_water", unit="<one of allowed_ml>"),
    )


def _ml_of(unit: str) -> float:
    return HELD_ML.get(unit) or MILLILITRES[unit]


def _drink_said(amount: float, unit: str, ml: float) -> str:
    """A drink as it was told; of a tenth of a litre or less nobody thinks in litres."""
    return counted(round(ml), "ml") if amount <= LITTLE_OF_UNIT else counted(amount, unit)


def _total_said(ml: float) -> str:
    """The water of a day as it is said: in glasses, from a litre on in litres, a sip in millilitres."""
    if ml < GLASS_ML / 4:
        return counted(round(ml), "ml")
    amount, unit, each_ml = max(1, round(2 * ml / GLASS_ML)) / 2, "glass", float(GLASS_ML)
    if ml >= 1000:
        amount, unit, each_ml = round(ml / 1000, 1), "l", 1000.0
    about = "" if abs(amount * each_ml - ml) < 1 else "about "
    return f"{about}{counted(amount, unit)}"
