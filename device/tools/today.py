"""A person's day at the moment of a call, as the diary has it, and how it is told to the model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from device.nutrition.care import CHECK_IN, signs_in_diary
from device.nutrition.dayplan import DayState, Rules, day_state
from device.nutrition.days import Moment, back_dated
from device.nutrition.events import Happening
from device.nutrition.plan import Plan, PlannedMeal
from device.nutrition.profile import Condition, Profile
from device.nutrition.variation import Variation, seed_of
from device.tools.foodwords import fitting
from device.tools.kitchen import Kitchen
from device.tools.payloads import Payload, ToolError, either, macros_payload, result, retry_with, shortened
from device.tools.profiles import Profiles

ASKED_AGAIN_AFTER = timedelta(days=14)
_KEEPING_MEALS = frozenset({Condition.PREGNANT, Condition.BREAST_FEEDING, Condition.EATING_DISORDER})


@dataclass(frozen=True, slots=True)
class PersonsDay:
    """One day of one person.

    profile: what it was then, with the weight of now where it was not known then.
    is_quiet: no calories and no grams of nutrients are said; needs_care: eating looks hard for them lately;
    keeps_meals: no meal becomes smaller to make up for food: for minors, in pregnancy, while breast-feeding,
    with an eating disorder and where eating looks hard.
    """

    person: str
    profile: Profile
    state: DayState
    is_quiet: bool = False
    needs_care: bool = False
    keeps_meals: bool = False

    @property
    def plan(self) -> Plan:
        """The plan of that day."""
        return self.state.plan

    def with_state(self, state: DayState) -> PersonsDay:
        """The same day as something left it."""
        return replace(self, state=state)


def day_of(kitchen: Kitchen, named: str | None = None, days_ago: int = 0) -> PersonsDay:
    """The day of the person named, or of the one who is meant without a name.

    Raises:
        ToolError: WHO; it is not clear whose day is meant.
        DiaryUnavailableError: the diary cannot be read.
    """
    person, today = kitchen.people.who(named), kitchen.diary.clock.today()
    profiles, day = Profiles(kitchen, person), today - timedelta(days=days_ago)
    now, then, plan = profiles.on(today), profiles.on(day), profiles.plan(day)
    facts = [event.fact for event in kitchen.diary.events(person.name, day)]
    happenings = [fact for fact in facts if isinstance(fact, Happening)]
    state = day_state(plan, day, happenings, then.carbohydrate_caps)
    needs_care = bool(signs_in_diary(kitchen.diary, person.name, profiles.plan, today))
    return PersonsDay(
        person.name,
        _with_weight(then, now.weight_kg),
        state,
        is_quiet=now.quiet_numbers or kitchen.ways.quiet_numbers or needs_care,
        needs_care=needs_care,
        keeps_meals=needs_care or _is_in_care_of_others(now),
    )


def _with_weight(profile: Profile, weight_kg: float | None) -> Profile:
    return profile if profile.weight_kg else replace(profile, weight_kg=weight_kg)


def _is_in_care_of_others(profile: Profile) -> bool:
    return profile.is_minor or bool(_KEEPING_MEALS & (profile.conditions or frozenset()))


def moment_at(kitchen: Kitchen, days_ago: int = 0, clock: time | None = None) -> Moment:
    """The moment of that day when the wall clock showed `clock`; None: what it shows now."""
    now = kitchen.now()
    if not days_ago and clock is None:
        return kitchen.diary.clock.moment()
    assert now.tzinfo is not None, "the kitchen's clock has a zone"
    day = kitchen.diary.clock.today() - timedelta(days=days_ago)
    shown = now.time() if clock is None else clock
    return back_dated(day, shown, now.tzinfo, kitchen.diary.clock.day_start)


def rules_for(kitchen: Kitchen, day: PersonsDay, tool: str, *arguments: object) -> Rules:
    """What a proposal of that tool keeps to; the same question on the same day gets the same variation."""
    seed = seed_of(day.person, day.state.date, tool, {"asked": arguments})
    return Rules(variation=Variation(kitchen.ways.variation, seed))


def meal_meant(plan: Plan, text: str, tool: str, hint: str = "") -> PlannedMeal:
    """The meal of the plan that a person means.

    tool: the one that is called; hint: another sentence of the message, for the model.

    Raises:
        ToolError: UNKNOWN_MEAL; the plan has none of that name, or more than one may be meant.
    """
    meal = plan.meal(text)
    if meal is not None:
        return meal
    names = [planned.name for planned in plan.meals]
    raise ToolError(
        "UNKNOWN_MEAL",
        f"The plan has no such meal, or more than one. {hint}".strip(),
        field="meal",
        heard=shortened(text),
        meals=names,
        ask=fitting(f"Which meal do you mean: {either(names)}?", "Which of the day's meals do you mean?"),
        retry=retry_with(tool, meal="<one of meals>"),
    )


def careful_question(kitchen: Kitchen, day: PersonsDay) -> dict[str, str]:
    """The question to ask somebody for whom eating looks hard, as `care`; not again for two weeks."""
    today = kitchen.diary.clock.today()
    last = kitchen.asked_after.get(day.person)
    if not day.needs_care or (last is not None and today - last < ASKED_AGAIN_AFTER):
        return {}
    kitchen.asked_after[day.person] = today
    return {"care": " ".join(filter(None, (CHECK_IN, kitchen.ways.helpline)))}


# ------------------------------------------------------------------------------------- telling


def told(
    day: PersonsDay,
    said: str,
    quietly: str,
    *,
    numbers: Payload | None = None,
    undo_id: str | None = None,
    **words: object,
) -> Payload:
    """A good result about a day; `said` and `quietly`: with numbers and without, at most 25 words each.

    numbers: data that is left out where numbers are quiet; words: data that never is.
    """
    data: Payload = dict(words)
    if not day.is_quiet:
        data |= {**(numbers or {}), "day": day_payload(day.state)}
    if undo_id:
        data["undo_id"] = undo_id
    return result(quietly if day.is_quiet else said, **data)


def day_said(day: date, today: date) -> str:
    """A day as it is said, such as "yesterday", "Wednesday" or "7 November"; today: nothing."""
    days_ago = (today - day).days
    if days_ago in (0, 1):
        return "yesterday" if days_ago else ""
    return f"{day:%A}" if 0 < days_ago < 7 else f"{day.day} {day:%B}"


def day_payload(state: DayState) -> Payload:
    """What was eaten, what is left and what the day should hold, in kcal and g."""
    payload: Payload = {
        "eaten": macros_payload(state.eaten),
        "left": macros_payload(state.left),
        "target": macros_payload(state.plan.target + state.credit),
    }
    if state.left_over.energy_kcal:
        payload["in_no_meal_kcal"] = round(state.left_over.energy_kcal)
    return payload
