"""What a fresh session is told of today."""

from __future__ import annotations

import re

from device.tools import Kitchen
from device.tools.daystatus import day_status
from tests.tools.calls import answer_of


def test_it_names_every_meal_with_its_target_and_what_was_missed(kitchen: Kitchen) -> None:
    planned = day_status(kitchen)
    assert re.search(r"lunch at 12:30, \d+ kcal", planned)
    assert "left over" not in planned
    answer = answer_of(kitchen, "missed_meal", meal="lunch")
    told = day_status(kitchen)
    assert "lunch was missed" in told
    for meal in answer["meals"]:
        assert f"{meal['meal']} at {meal['time']}, {meal['after']['kcal']} kcal" in told
    assert f"{answer['left_over']['kcal']} kcal are left over" in told
