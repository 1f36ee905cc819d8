"""timer: the kitchen's timers, by what they are for or how long they run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from pydantic import Field
from rapidfuzz.distance import OSA

from device.nutrition.names import key_of, without_fillers, words_of
from device.nutrition.numberwords import read_number
from device.nutrition.timers import Timer, TooManyTimersError
from device.tools.asked import Arguments
from device.tools.foodwords import fitting, sentence
from device.tools.kitchen import Request
from device.tools.payloads import Payload, ToolError, all_of, either, result, retry_with
from device.tools.tool import tool

LONGEST_S = 24 * 3600
MOST_LISTED = 8
TO_THE_SECOND_S = 600
"""Of a timer that has longer to run nobody wants to hear the seconds."""
LEAST_SIMILARITY = 0.75
ALL = ("all",)
_UNITS_S = {"hour": 3600, "minute": 60, "second": 1}
_CHOSEN = "<timer_id of the one chosen>"


class TimerArguments(Arguments):
    """What to do, and with which timer."""

    action: Literal["set", "list", "cancel", "stop"] = Field(
        description="set: start one; list: what is left of each; cancel: end one before its time; stop: "
        "silence those that ring."
    )
    name: Annotated[str, Field(max_length=40)] | None = Field(
        None,
        description="What it is for, such as 'pasta', only if that was said; or the timer_id of one that an "
        "earlier answer named. 'all' cancels every timer.",
    )
    hours: float | None = Field(
        None,
        description="How long it runs: hours, minutes and seconds are added up. With cancel they may say "
        "which is meant, the one that was set for so long.",
    )
    minutes: float | None = Field(None, description="Minutes that are added to the hours; see there.")
    seconds: float | None = Field(None, description="Seconds that are added to the others; see hours.")


@tool(changes=True)
def timer(arguments: TimerArguments, request: Request) -> Payload:
    """Set, list, cancel or silence kitchen timers. Call it whenever a timer, an alarm or a reminder after
    some time is asked for or is to end; several may run at once. The answer holds each timer with its
    timer_id and the seconds it has left, 0 while it rings.
    """
    return _ACTIONS[arguments.action](arguments, request)


# ------------------------------------------------------------------------------------- set and list


def _set(arguments: TimerArguments, request: Request) -> Payload:
    duration_s = _duration_s(arguments)
    if not 0 < duration_s <= LONGEST_S:
        raise _no_duration(is_too_long=duration_s > LONGEST_S)
    name = _name_said(arguments.name)
    timers = request.kitchen.timers
    others = [each for each in timers.running() if each.call_id != request.call_id]
    try:
        started = timers.set(request.call_id, name or _name_by_length(duration_s), duration_s)
    except TooManyTimersError as error:
        raise ToolError(
            "TOO_MANY_TIMERS",
            str(error),
            **_listed(others),
            ask="That is as many timers as I can keep. Which one shall I cancel first?",
            retry=retry_with("timer", action="cancel", name=_CHOSEN),
        ) from None
    if started.has_ended:
        return result("That timer was set before and has ended.", timer=_payload_of(started))
    has_twin = any(_words(each.name) == _words(started.name) for each in others)
    return result(_said_of_set(started, name, has_twin), timer=_payload_of(started))


def _said_of_set(started: Timer, name: str, has_twin: bool) -> str:
    which = " ".join(part for part in ("another" if has_twin else "", name, "timer") if part)
    length = said_duration(started.duration_s)
    warning = "" if started.is_kept else " It will not survive a restart."
    return fitting(f"{sentence(which)} set for {length}.{warning}", f"Timer set for {length}.{warning}")


def _no_duration(*, is_too_long: bool) -> ToolError:
    limit = "A timer can run for up to a day. How long should it be?"
    return ToolError(
        "WRONG_ARGUMENTS",
        "A timer runs for a second at least and for 24 hours at most. None was set.",
        field="minutes",
        ask=limit if is_too_long else "How long should the timer run?",
        retry=retry_with("timer", hours=0, minutes="<minutes>", seconds=0),
    )


def _list(_arguments: TimerArguments, request: Request) -> Payload:
    running = request.kitchen.timers.running()
    return result(_said_of(running), **_listed(running))


# ------------------------------------------------------------------------------------- cancel and stop


def _cancel(arguments: TimerArguments, request: Request) -> Payload:
    timers = request.kitchen.timers
    running = timers.running()
    chosen = _chosen(arguments, running)
    if not chosen:
        raise _unknown("There is no such timer.", running)
    if len(chosen) > 1 and _words(arguments.name) != ALL:
        raise _unknown("More than one timer may be meant.", chosen)
    for each in chosen:
        timers.cancel(each.call_id)
    said = f"The {chosen[0].name} timer is cancelled."
    if len(chosen) > 1:
        said = f"All {len(chosen)} timers are cancelled."
    return result(said, **_listed(timers.running()))


def _chosen(arguments: TimerArguments, running: Sequence[Timer]) -> Sequence[Timer]:
    """The timers that fit what was said of one; where nothing was, those that ring, or else all."""
    words = _words(arguments.name)
    if words == ALL:
        return running
    by_id = [each for each in running if each.call_id == arguments.name]
    if by_id:
        return by_id
    duration_s = _duration_s(arguments)
    of_length = [each for each in running if not duration_s or each.duration_s == duration_s]
    if words:
        return _named(words, of_length)
    ringing = [each for each in of_length if each.is_due]
    return of_length if duration_s else ringing or of_length


def _named(words: tuple[str, ...], timers: Sequence[Timer]) -> Sequence[Timer]:
    """By the same name; else by one with more or fewer words; else by one spelt a little differently."""
    name = key_of(words)
    same = [each for each in timers if key_of(_words(each.name)) == name]
    around = [each for each in timers if _is_within(words, _words(each.name))]
    near = [each for each in timers if _is_like(name, key_of(_words(each.name)))]
    return same or around or near


def _is_within(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return set(words) <= set(others) or set(others) <= set(words)


def _is_like(name: str, other: str) -> bool:
    return name[:1] == other[:1] and OSA.normalized_similarity(name, other) >= LEAST_SIMILARITY


def _unknown(message: str, timers: Sequence[Timer]) -> ToolError:
    if not timers:
        ask, retry = "No timer is running. Shall I set one?", {"action": "set", "minutes": "<minutes>"}
    elif len(timers) == 1:
        does = "ringing" if timers[0].is_due else "running"
        ask = fitting(
            f"The {timers[0].name} timer is {does}. Shall I cancel that one?",
            "Another timer is running. Shall I cancel that one?",
        )
        retry = {"name": timers[0].call_id}
    else:
        with_left = either([_with_left(each) for each in timers])
        names = either([each.name for each in timers])
        ask = fitting(f"Which timer: {with_left}?", f"Which timer: {names}?", "Which of the timers?")
        retry = {"name": _CHOSEN}
    return ToolError(
        "UNKNOWN_TIMER",
        f"{message} None was cancelled.",
        field="name",
        **_listed(timers),
        ask=ask,
        retry=retry_with("timer", **retry),
    )


def _stop(_arguments: TimerArguments, request: Request) -> Payload:
    timers = request.kitchen.timers
    ringing = timers.due()
    for each in ringing:
        timers.ended(each.call_id)
    running = timers.running()
    if ringing:
        many = "timers are" if len(ringing) > 1 else "timer is"
        said = f"The {all_of([each.name for each in ringing])} {many} off."
        return result(fitting(said, f"{len(ringing)} timers are off."), **_listed(running))
    nothing = "No timer is ringing."
    if len(running) != 1:
        count = f"{nothing} {len(running)} timers are running."
        return result(fitting(f"{nothing} {_said_of(running)}", count), **_listed(running))
    said = fitting(
        f"{nothing} {_said_of(running)} Shall I cancel it?", f"{nothing} Shall I cancel the other?"
    )
    retry = retry_with("timer", action="cancel", name=running[0].call_id)
    return result(said, retry=retry, **_listed(running))


_ACTIONS: dict[str, Callable[[TimerArguments, Request], Payload]] = {
    "set": _set,
    "list": _list,
    "cancel": _cancel,
    "stop": _stop,
}


# ------------------------------------------------------------------------------------- names and times


def _name_said(name: str | None) -> str:
    """The name as it was said, without the word "timer"; empty where nothing else was."""
    return " ".join(word for word in (name or "").split() if words_of(word) not in ((), ("timer",)))


def _words(name: str | None) -> tuple[str, ...]:
    """The words of a name that tell it from others; "ten" is 10."""
    words = tuple(word for word in without_fillers(words_of(name or "")) if word != "timer")
    number = read_number(words)
    return (f"{number[0]:g}", *words[number[1] :]) if number else words


def _duration_s(arguments: TimerArguments) -> float:
    """The seconds named, whole ones; 0 where none are."""
    named = (arguments.hours, arguments.minutes, arguments.seconds)
    total_s = sum((count or 0) * unit_s for count, unit_s in zip(named, _UNITS_S.values(), strict=True))
    return float(round(total_s)) if math.isfinite(total_s) else total_s


def _parts(seconds: float) -> list[tuple[int, str]]:
    left, parts = round(seconds), []
    for unit, unit_s in _UNITS_S.items():
        count, left = divmod(left, unit_s)
        parts += [(count, unit)] if count else []
    return parts


def said_duration(seconds: float) -> str:
    """A time as it is said, such as "1 hour, 2 minutes and 3 seconds"."""
    return all_of([f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in _parts(seconds)])


def _name_by_length(seconds: float) -> str:
    return " ".join(f"{count} {unit}" for count, unit in _parts(seconds))


def _left(timer: Timer) -> str:
    left_s = _left_s(timer)
    return said_duration(left_s if left_s <= TO_THE_SECOND_S else 60 * round(left_s / 60))


def _with_left(timer: Timer) -> str:
    return f"{timer.name} ringing now" if timer.is_due else f"{timer.name} with {_left(timer)} left"


def _left_s(timer: Timer) -> int:
    return max(0, math.ceil(timer.remaining_s))


def _said_of(timers: Sequence[Timer]) -> str:
    """Each timer and what is left of it, the next first; as many as can be said."""
    if not timers:
        return "No timer is running."
    clauses = [_clause(f"the {each.name} timer", each) for each in timers]
    brief = [_clause(each.name, each) for each in timers]
    some = [
        f"{', '.join(brief[:kept])} and {len(brief) - kept} more" for kept in range(len(brief) - 1, 0, -1)
    ]
    ways = (all_of(clauses), all_of(brief), *some, f"{len(timers)} timers are running")
    return sentence(f"{fitting(*ways)}.")


def _clause(name: str, timer: Timer) -> str:
    return f"{name} is ringing" if timer.is_due else f"{name} has {_left(timer)} left"


def _payload_of(timer: Timer) -> Payload:
    told: Payload = {"timer_id": timer.call_id, "name": timer.name, "left_s": _left_s(timer)}
    return told if timer.is_kept else {**told, "survives_restart": False}


def _listed(timers: Sequence[Timer]) -> Payload:
    listed: Payload = {"timers": [_payload_of(each) for each in timers[:MOST_LISTED]]}
    return {**listed, "more": len(timers) - MOST_LISTED} if len(timers) > MOST_LISTED else listed
