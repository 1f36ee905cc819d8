"""log_activity: exercise and other moving about, and what of it the day gets back as food."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from device.nutrition.activities import Activities, Activity, ActivityUnsure
from device.nutrition.activity import ActivityQuestion, activity_done
from device.nutrition.events import ActivityDone
from device.tools.asked import PersonalArguments
from device.tools.foodwords import fitting, minutes_said, sentence
from device.tools.kitchen import Request
from device.tools.payloads import Payload, ToolError, calories_said, retry_with, shortened
from device.tools.today import PersonsDay, day_of, day_said, moment_at, told
from device.tools.tool import tool


class LogActivity(PersonalArguments):
    """What somebody did, and for how long."""

    activity: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="What was done, in English, such as 'easy cycling' or 'walked the dog'; or the "
        "activity_id of a candidate that an earlier answer offered."
    )
    minutes: float | None = Field(
        None, description="How long, in minutes, above 0 and at most 960; leave it out if it was not said."
    )
    days_ago: Annotated[int, Field(ge=0, le=14)] | None = Field(
        None, description="0 for today, 1 for yesterday, and so on; only if the person said so."
    )


@tool(changes=True)
def log_activity(arguments: LogActivity, request: Request) -> Payload:
    """Log exercise, or other moving about, that a person did. Call it when somebody says what they did, today
    or on a day before; never propose any yourself. It answers with the energy in kcal that it took beyond
    resting and the part of it that is added to the day.
    """
    kitchen, days_ago = request.kitchen, arguments.days_ago or 0
    activity = _activity_of(arguments.activity, kitchen.activities)
    with kitchen.diary.together():
        day = day_of(kitchen, arguments.person, days_ago)
        done = _done(activity, arguments, day)
        when = moment_at(kitchen, days_ago)
        kitchen.diary.log(request.call_id, day.person, (done,), when)
        on_day = day_said(when.day, kitchen.diary.clock.today())
    wordings = _wordings(done, on_day)
    return told(
        day.with_state(day.state.with_facts((done,))),
        fitting(*wordings),
        wordings[-1],
        numbers={"net_kcal": round(done.net_kcal), "credited_kcal": round(done.credited_kcal)},
        undo_id=request.call_id,
        activity=activity.name,
        minutes=done.minutes,
    )


def _activity_of(text: str, activities: Activities) -> Activity:
    found = activities.find(text)
    if isinstance(found, ActivityUnsure):
        raise ToolError(
            "UNKNOWN_ACTIVITY",
            "It is not clear which activity that is.",
            field="activity",
            heard=shortened(text),
            candidates=[{"activity_id": each.id, "say": each.name} for each in found.candidates],
            ask=fitting(found.ask, "Which comes nearest: a walk, a run, a bike ride, or something else?"),
            retry=retry_with("log_activity", activity="<activity_id of the one chosen, or other words>"),
        )
    return found.activity


def _done(activity: Activity, arguments: LogActivity, day: PersonsDay) -> ActivityDone:
    credited = sum(fact.credited_kcal for fact in day.state.facts if isinstance(fact, ActivityDone))
    done = activity_done(activity, arguments.minutes, day.profile, credited)
    if isinstance(done, ActivityQuestion):
        raise _question(done, arguments.person)
    return done


def _question(question: ActivityQuestion, named: str | None) -> ToolError:
    """What is missing; named: the one who is to be asked, None where no name was said."""
    whose = {"person": named} if named else {}
    missing: Payload = {
        "ask": "How many minutes was it?",
        "retry": retry_with("log_activity", minutes="<minutes, above 0 and at most 960>"),
    }
    if question.field == "weight_kg":
        missing = {
            "ask": question.ask,
            "retry": retry_with("log_weight", weight="<the number>", unit="<kg, lb or st>", **whose),
            "then": "Call log_activity again, with the same arguments.",
        }
    message = f"{question.field} is needed to work out the energy. Nothing was logged."
    return ToolError("NEED_PROFILE_FIELD", message, field=question.field, **missing)


def _wordings(done: ActivityDone, on_day: str) -> tuple[str, str, str]:
    """What was noted, in full first and without calories last; it asks nobody to move or to eat."""
    place = f" for {on_day}" if on_day else ""
    first = f"{sentence(done.name)} noted{place}, {minutes_said(done.minutes)}."
    if not done.net_kcal:
        return first, first, first
    taken = f"{first} That is about {calories_said(done.net_kcal)} beyond rest"
    day = "that day" if on_day else "today"
    added = f", and {done.credited_kcal:.0f} are added to {day}" if done.credited_kcal else ""
    return f"{taken}{added}.", f"{taken}.", first
