"""set_profile: what a person tells of themselves, asked one by one, read back and saved with their yes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from device.nutrition.events import Happening, ProfileChanged, WeightTaken
from device.nutrition.profile import QUESTIONS, Profile, ProfileError, checked_changes, missing_for_targets
from device.nutrition.targets import Limit, Targets, targets_for
from device.tools.asked import ConsentArguments
from device.tools.foodwords import fitting, sentence
from device.tools.kitchen import Kitchen, Request
from device.tools.payloads import Payload, ToolError, macros_payload, require_consent, retry_with
from device.tools.profilechanges import MOST_LISTED, is_ruled_out_still, wished_changes
from device.tools.profiles import Profiles
from device.tools.profilewords import ANSWERS, NUMBERS, PROFILE_QUESTIONS, phrases_of, read_back
from device.tools.today import PersonsDay, careful_question, day_of, told
from device.tools.tool import tool

MOST_WANTED_KCAL = 6000
"""A profile takes no more; a very large body may need it."""
SAVED = "That is saved."
FILE_STAYS = "What the configuration file says stays as it is."
Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=30)]], Field(max_length=MOST_LISTED)]

_FOR_TARGETS = frozenset(QUESTIONS) | {"wanted_kcal", "body_fat_percent"}


class ProfileArguments(ConsentArguments):
    """What was told so far; every part may be left out."""

    age_years: int | None = Field(None, description="Age in whole years.")
    sex: Literal["female", "male", "unspecified"] | None = Field(
        None, description="The equation of resting energy to use; unspecified takes the middle."
    )
    height_cm: float | None = Field(None, description="Height in cm; 5 foot 6 is 168.")
    weight_kg: float | None = Field(None, description="Weight in kg; 10 stone is 63.5, 150 pounds are 68.")
    body_fat_percent: float | None = Field(None, description="Only if the person names it.")
    activity: Literal["sitting", "light", "moderate", "active", "very_active"] | None = Field(
        None, description="How a usual day goes, exercise apart."
    )
    goal: Literal["lose", "maintain", "gain"] | None = Field(None, description="For the weight.")
    wanted_kcal: int | None = Field(
        None, description="The energy of a day in kcal, only if the person names one. Never propose one."
    )
    conditions: (
        list[Literal["pregnant", "breast_feeding", "eating_disorder", "glucose_medicine", "kidney_disease"]]
        | None
    ) = Field(
        None,
        description="What the person says applies, added to what is known; [] if asked and nothing does. "
        "glucose_medicine: insulin or other diabetes tablets.",
    )
    allergens: Words | None = Field(
        None,
        description="What must not be in their food, added to what is known: gluten, dairy, egg, fish, "
        "shellfish, tree_nut, peanut, soy, sesame, celery, mustard; also meat, pork, beef, alcohol.",
    )
    excluded_foods: Words | None = Field(
        None, description="English names of foods they do not want, added to what is known."
    )
    no_longer: Words | None = Field(
        None,
        description="What is to be taken out again: an allergen, a food, a condition, a diet, or one of the "
        "fields wanted_kcal, body_fat_percent, carbohydrate_cap_meal_g, carbohydrate_cap_day_g.",
    )
    diet: Literal["vegan", "vegetarian", "pescatarian"] | None = Field(
        None, description="How they eat; to end it, name it in no_longer."
    )
    carbohydrate_cap_meal_g: int | None = Field(None, description="Most carbohydrate of a meal in g.")
    carbohydrate_cap_day_g: int | None = Field(None, description="Most carbohydrate of a day in g.")
    exercise_credit: float | None = Field(
        None, description="Share of exercise, 0 to 1, that the day gets back as food."
    )
    counts_exercise: bool | None = Field(
        None, description="True: their workouts are part of the activity level already."
    )
    quiet_numbers: bool | None = Field(None, description="True: no calories and no grams are told to them.")
    partial: bool = Field(
        False, description="True only if they would rather not say the rest: what was told is saved."
    )


@tool(changes=True)
def set_profile(arguments: ProfileArguments, request: Request) -> Payload:
    """Keep what a person tells of themselves: body, goal, allergies, foods they avoid, whether numbers are
    said. Call it when they want to set up or change their profile, or mention an allergy or a diet. Pass all
    that was told so far and nothing that you guess; with nothing it answers what is known and what to ask
    first. It answers with the next question, then with a read-back, and saves once the person agrees; where
    the read-back comes with `unsaid`, say that too. The result holds the targets of a day, in kcal and g.
    """
    kitchen = request.kitchen
    with kitchen.diary.together():
        day = day_of(kitchen, arguments.person)
        person, today = kitchen.people.who(arguments.person), kitchen.diary.clock.today()
        profiles = Profiles(kitchen, person)
        own = profiles.told(today)
        wished = wished_changes(_answers(arguments), kitchen.foods, own, person)
        if not wished.answers:
            return _what_is_known(kitchen, day)
        checked = _checked(wished.changes, day.is_quiet)
        after = profiles.on(today, checked)
        is_quiet = day.is_quiet or after.quiet_numbers
        if not arguments.partial:
            _require_the_rest(wished.answers, after, is_quiet)
        _require_enough(wished.answers, after, is_quiet)
        own_after = profiles.told(today, checked)
        changes = _what_is_new(checked, own, own_after)
        if not changes:
            already = "I have that already; nothing has changed."
            return {**told(day, already, already), **careful_question(kitchen, day)}
        new = {name: value for name, value in wished.answers.items() if name in (*changes, "no_longer")}
        ask, unsaid = read_back(phrases_of(new, quiet=is_quiet), _name_said(kitchen, day))
        proposal = [day.person, f"{today}", changes]
        more: Payload = {"unsaid": unsaid} if unsaid else {}
        require_consent(arguments.confirm, ask, "set_profile", proposal, code="NOT_CONFIRMED", **more)
        kitchen.diary.log(request.call_id, day.person, _happenings(changes))
        is_ruled_out = is_ruled_out_still(own, own_after, after)
        return _saved(changes, request, day.person, is_ruled_out_still=is_ruled_out)


def _answers(arguments: ProfileArguments) -> dict[str, Any]:
    return arguments.model_dump(exclude={"person", "confirm", "partial"}, exclude_none=True)


def _checked(changes: Mapping[str, Any], is_quiet: bool) -> dict[str, JsonValue]:
    try:
        return checked_changes(changes)
    except ProfileError as error:
        is_unsaid = is_quiet and error.field in NUMBERS
        raise ToolError(
            "WRONG_ARGUMENTS",
            f"{'That cannot be right.' if is_unsaid else error} Nothing was saved.",
            field=error.field,
            ask=f"I may have misheard. {PROFILE_QUESTIONS[error.field]}",
            retry=retry_with("set_profile", **{error.field: _answer_to(error.field)}),
        ) from None


def _what_is_new(checked: Mapping[str, JsonValue], before: Profile, after: Profile) -> dict[str, JsonValue]:
    """The changes without what they told before; who repeats their profile is not asked to agree again."""
    return {name: value for name, value in checked.items() if getattr(before, name) != getattr(after, name)}


def _name_said(kitchen: Kitchen, day: PersonsDay) -> str | None:
    return sentence(day.person) if len(kitchen.people.all) > 1 else None


def _happenings(changes: Mapping[str, JsonValue]) -> list[Happening]:
    weight = changes.get("weight_kg")
    return [ProfileChanged(changes), *([WeightTaken(weight)] if isinstance(weight, float) else [])]


# ------------------------------------------------------------------------------------- what comes before


def _require_the_rest(answers: Mapping[str, Any], after: Profile, is_quiet: bool) -> None:
    """Who tells something that targets come from is asked for the rest; who names an allergy is not."""
    missing = missing_for_targets(after)
    if missing and _FOR_TARGETS & answers.keys():
        raise _need(missing[0].field, answers, is_quiet)


def _need(field: str, known: Mapping[str, Any], is_quiet: bool) -> ToolError:
    return ToolError(
        "NEED_PROFILE_FIELD",
        "Nothing is saved yet. Ask this one question, then call again with all that was told and the answer.",
        field=field,
        **({"known": _loud_if(not is_quiet, known)} if known else {}),
        ask=PROFILE_QUESTIONS[field],
        retry=retry_with("set_profile", **{field: _answer_to(field)}),
        **{"else": "If they would rather not say, set partial to true: what they told is saved."},
    )


def _answer_to(field: str) -> str:
    return ANSWERS.get(field, "<the answer>")


def _loud_if(is_loud: bool, known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in known.items() if is_loud or name not in NUMBERS}


def _require_enough(answers: Mapping[str, Any], after: Profile, is_quiet: bool) -> None:
    """Nobody gets less than what is safe for them, and they hear so before anything is saved."""
    wanted = answers.get("wanted_kcal")
    if wanted is None or missing_for_targets(after):
        return
    targets = targets_for(after)
    least, limit = round(targets.macros.energy_kcal), _limit_of_energy(targets)
    if limit is None or wanted >= least:
        return
    ask = "I plan somewhat more than that for you. Shall I leave it to the plan?"
    retry, numbers = retry_with("set_profile", wanted_kcal=None, no_longer=["wanted_kcal"]), {}
    if not is_quiet and least <= MOST_WANTED_KCAL:
        ask = f"The least I plan for you is {least:,} calories a day. Shall I take that?"
        retry, numbers = retry_with("set_profile", wanted_kcal=least), {"floor_kcal": least}
    raise ToolError(
        "BELOW_FLOOR",
        "That is less than is safe for them. Nothing was saved.",
        field="wanted_kcal",
        why=limit.value,
        ask=ask,
        retry=retry,
        **numbers,
    )


def _limit_of_energy(targets: Targets) -> Limit | None:
    limits = (limit for limit in targets.limits if limit is not Limit.CARBOHYDRATE_CAP)
    return next(limits, None)


# ------------------------------------------------------------------------------------- what is told


def _what_is_known(kitchen: Kitchen, day: PersonsDay) -> Payload:
    known = _known(day.profile, kitchen)
    if missing := missing_for_targets(day.profile):
        raise _need(missing[0].field, known, day.is_quiet)
    said = "I know all that I need. What would you like to change?"
    targets = {"targets": _targets_payload(targets_for(day.profile))}
    answer = told(day, said, said, numbers=dict(targets), known=_loud_if(not day.is_quiet, known))
    return {**answer, **careful_question(kitchen, day)}


def _known(profile: Profile, kitchen: Kitchen) -> dict[str, Any]:
    """What differs from the profile of somebody of whom nothing is known; of long lists their beginning."""
    unknown = Profile(exercise_credit=kitchen.ways.exercise_credit)
    values = {each.name: getattr(profile, each.name) for each in fields(Profile)}
    return {
        name: sorted(value)[:MOST_LISTED] if isinstance(value, frozenset) else value
        for name, value in values.items()
        if value != getattr(unknown, name)
    }


def _saved(
    changes: Mapping[str, JsonValue], request: Request, person: str, *, is_ruled_out_still: bool
) -> Payload:
    kitchen = request.kitchen
    day = day_of(kitchen, person)
    words: Payload = dict(careful_question(kitchen, day))
    numbers: Payload = {}
    said = quietly = f"{SAVED} {FILE_STAYS}" if is_ruled_out_still else SAVED
    missing = missing_for_targets(day.profile)
    if missing:
        words["next"] = {"field": missing[0].field, "question": PROFILE_QUESTIONS[missing[0].field]}
    elif _FOR_TARGETS & changes.keys():
        targets = targets_for(day.profile)
        said, quietly = _said_of(targets, day), fitting(targets.said(quiet=True), *_limits_said(targets))
        numbers["targets"] = _targets_payload(targets)
        words["limits"] = [limit.name.lower() for limit in targets.limits]
        words["needs_referral"] = targets.needs_referral
    if is_ruled_out_still:
        words["note"] = FILE_STAYS
    return told(day, said, quietly, numbers=numbers, undo_id=request.call_id, **words)


def _said_of(targets: Targets, day: PersonsDay) -> str:
    planned, energy = day.plan.target.energy_kcal, targets.macros.energy_kcal
    if planned != energy:
        return _said_of_file(targets, f"{planned:,.0f}")
    limits = _limits_said(targets)
    return fitting(
        targets.said(), *(f"About {energy:,.0f} calories a day. {limit}" for limit in limits), *limits
    )


def _said_of_file(targets: Targets, planned: str) -> str:
    """What the day keeps to, with what is for a doctor or dietitian to say."""
    limit = next((limit.value for limit in targets.limits if limit.is_referral), None)
    if limit is None:
        return f"{SAVED} Your day keeps to the {planned} calories that its plan gives it."
    return fitting(f"Your day keeps to its {planned} calories. {limit}", limit)


def _limits_said(targets: Targets) -> tuple[str, ...]:
    return tuple(limit.value for limit in targets.limits[:1])


def _targets_payload(targets: Targets) -> Payload:
    return {**macros_payload(targets.macros), "fibre_g": targets.fibre_g, "goal": targets.goal.value}
