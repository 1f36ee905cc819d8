"""Places in the arguments of a call, as tools name them: "minutes", "items[0].food"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from itertools import pairwise

from device.rehearsal.wire import JsonObject

LONGEST_LIST = 100

_STEP = re.compile(r"(?P<name>\w+)|\[(?P<number>\d{1,4})\]")
_PLACE = re.compile(r"\w+(?:\[\d{1,4}\]|\.\w+)*")

Step = str | int


def leaf_of(place: str) -> str:
    """The name of the argument itself: "food" of "items[0].food"."""
    return place.rpartition(".")[2].partition("[")[0]


def beside(place: str, name: str) -> str:
    """The place of another argument of the same object."""
    return f"{place.rpartition('.')[0]}.{name}" if "." in place else name


def with_values(arguments: JsonObject, values: Mapping[str, object]) -> JsonObject:
    """A copy of the arguments with values set at places; None takes out what is there.

    What leads nowhere is left alone: a client may name any place.
    """
    changed = deepcopy(arguments)
    for place, value in values.items():
        _set(changed, _steps(place), value)
    return changed


def _steps(place: str) -> list[Step]:
    if not _PLACE.fullmatch(place):
        return []
    return [step["name"] or int(step["number"]) for step in _STEP.finditer(place)]


def _set(arguments: JsonObject, steps: list[Step], value: object) -> None:
    here: object = arguments
    for step, following in pairwise(steps):
        here = _entered(here, step, following)
    last = steps[-1] if steps else 0
    if isinstance(here, dict) and isinstance(last, str):
        here.pop(last, None)
        if value is not None:
            here[last] = value
    elif isinstance(here, list) and isinstance(last, int) and last < len(here) and value is not None:
        here[last] = value


def _entered(here: object, step: Step, following: Step) -> object:
    """What lies at a step; made where it is missing, as far as that can be."""
    empty: object = {} if isinstance(following, str) else []
    if isinstance(here, dict) and isinstance(step, str):
        return here.setdefault(step, empty)
    if isinstance(here, list) and isinstance(step, int) and step <= min(len(here), LONGEST_LIST):
        if step == len(here):
            here.append(empty)
        return here[step]
    return None
