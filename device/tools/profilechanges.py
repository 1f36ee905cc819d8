"""From what a person told to what their profile becomes: lists grow, and shrink only where that was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from device.nutrition.avoided import names_a_group
from device.nutrition.food import ALLERGENS, Food, substances_meant
from device.nutrition.foods import FoodDatabase, Found
from device.nutrition.names import key_of, words_of
from device.nutrition.profile import Condition, Profile
from device.tools.foodwords import fitting
from device.tools.payloads import ToolError, as_many_as_fit, retry_with, shortened
from device.tools.people import Person
from device.tools.profilewords import CONDITIONS, UNNUMBERED, spoken_name

MOST_LISTED = 6
"""Of allergens, of foods, and of what is to be taken out, in one call."""
LETTERS = 500
_TAKEN_BACK = {**UNNUMBERED, "body_fat_percent": "going by body fat"}
"""Fields that can be taken out of a profile, and what they are then called."""


@dataclass(frozen=True, slots=True)
class Wished:
    """answers: what was told, in order, for reading back; changes: what the fields become, None: empty."""

    answers: Mapping[str, Any]
    changes: Mapping[str, Any]


def wished_changes(answers: Mapping[str, Any], foods: FoodDatabase, own: Profile, person: Person) -> Wished:
    """What the answers make of `own`, the profile that a person told.

    Raises:
        ToolError: WRONG_ARGUMENTS; an allergen is not known, or something to be taken out is not there.
    """
    ordered = dict(answers)
    if "allergens" in ordered:
        ordered["allergens"] = _substances(ordered)
    if "excluded_foods" in ordered:
        ordered["excluded_foods"] = _foods(ordered["excluded_foods"], foods)
    if Condition.EATING_DISORDER in ordered.get("conditions", ()):
        ordered.setdefault("quiet_numbers", True)
    changes = {name: value for name, value in ordered.items() if name != "no_longer"}
    for name in ("allergens", "excluded_foods", "conditions"):
        if name in changes:
            changes[name] = frozenset(changes[name]) | (getattr(own, name) or frozenset())
    taken = [_taken_out(word, own, changes, person) for word in ordered.get("no_longer", ())]
    if _is_energy_outdated(ordered, own):
        changes["wanted_kcal"] = None
        taken.append(UNNUMBERED["wanted_kcal"])
    if taken:
        ordered["no_longer"] = taken
    return Wished(
        {name: value for name, value in ordered.items() if value != [] or name == "conditions"}, changes
    )


def is_ruled_out_still(before: Profile, after: Profile, effective: Profile) -> bool:
    """Whether something that a person would have again stays ruled out by the configuration.

    before, after: what they told; effective: what is kept to.
    """
    freed = (before.allergens - after.allergens) & effective.allergens
    freed |= (before.excluded_foods - after.excluded_foods) & effective.excluded_foods
    return bool(freed) or after.diet not in (before.diet, effective.diet)


def _is_energy_outdated(answers: Mapping[str, Any], own: Profile) -> bool:
    """An energy that was named for one goal says nothing of another."""
    has_new_goal = "goal" in answers and own.goal is not None and answers["goal"] != own.goal
    return has_new_goal and own.wanted_kcal is not None and "wanted_kcal" not in answers


def _substances(answers: Mapping[str, Any]) -> list[str]:
    words: list[str] = answers["allergens"]
    unknown = [word for word in words if not substances_meant(word)]
    if not unknown:
        return list(dict.fromkeys(meant for word in words for meant in substances_meant(word)))
    heard = unknown[0]
    known = [word for word in words if word not in unknown]
    excluded = [*unknown, *answers.get("excluded_foods", ())]
    now = as_many_as_fit(excluded[:MOST_LISTED], LETTERS)
    rest = {"then": "Call it once more with the other foods."} if len(now) < len(excluded) else {}
    raise ToolError(
        "WRONG_ARGUMENTS",
        f"Which foods contain {shortened(heard)} is not known. Nothing was saved.",
        field="allergens",
        heard=shortened(heard),
        allowed=ALLERGENS,
        ask=fitting(
            f"I cannot look for {heard} inside dishes. Shall I leave out foods that are called so?",
            "I cannot look for that inside dishes. Shall I leave out foods that are called so?",
        ),
        retry=retry_with("set_profile", allergens=known, excluded_foods=now),
        **rest,
    )


def _foods(words: Iterable[str], foods: FoodDatabase) -> list[str]:
    """Words that names of foods have stay as they are; another word for a food becomes its id."""
    return [_food(word, foods) for word in words if words_of(word)]


def _food(word: str, foods: FoodDatabase) -> str:
    if names_a_group(word):
        return word
    finding = foods.find(word)
    if not isinstance(finding, Found) or any(_is_in_name(word, food) for food in foods.foods):
        return word
    return finding.food.id


def _is_in_name(word: str, food: Food) -> bool:
    return set(words_of(word)) <= {*words_of(food.name), *words_of(spoken_name(food.id))}


# ------------------------------------------------------------------------------------- taking out


def _taken_out(word: str, own: Profile, changes: dict[str, Any], person: Person) -> str:
    """Take one thing out of the changes or of what is kept, and say what it was."""
    if word in _TAKEN_BACK:
        changes[word] = None
        return _TAKEN_BACK[word]
    if own.diet and word.casefold() in ("diet", own.diet):
        changes["diet"] = None
        return own.diet
    meant = set(substances_meant(word))
    if meant & own.allergens:
        return _without("allergens", meant, own, changes, f"avoiding {spoken_name(word)}")
    conditions = {each for each in own.conditions or () if _key(word) in (_key(each), _key(CONDITIONS[each]))}
    if conditions:
        return _without("conditions", conditions, own, changes, CONDITIONS[next(iter(conditions))])
    foods = {food for food in own.excluded_foods if _key(food) == _key(word)}
    if foods:
        return _without("excluded_foods", foods, own, changes, f"leaving out {spoken_name(word)}")
    raise _not_there(word, own, person)


def _without(name: str, gone: Iterable[str], own: Profile, changes: dict[str, Any], said: str) -> str:
    kept = changes.get(name, getattr(own, name))
    changes[name] = frozenset(kept) - set(gone)
    return said


def _not_there(word: str, own: Profile, person: Person) -> ToolError:
    configured = {meant for each in person.allergens for meant in substances_meant(each)}
    is_configured = bool(
        set(substances_meant(word)) & configured
        or word.casefold() in (person.diet, "diet")
        or _key(word) in map(_key, person.excluded_foods)
    )
    where = " It stands in the configuration file and is taken out there." if is_configured else ""
    return ToolError(
        "WRONG_ARGUMENTS",
        f"The profile that people told has no such thing.{where} Nothing was saved.",
        field="no_longer",
        heard=word,
        allowed=_what_can_go(own),
        ask="That stands in the configuration file. Shall I leave it as it is?"
        if is_configured
        else "I have nothing like that noted. What shall I take out?",
        retry=retry_with("set_profile", no_longer=["<one of allowed>"]),
    )


def _what_can_go(own: Profile) -> list[str]:
    lists = [*own.allergens, *own.excluded_foods, *(own.conditions or ())]
    fields = [name for name in _TAKEN_BACK if getattr(own, name) is not None]
    return [*sorted(lists), *fields, *([own.diet] if own.diet else [])][:12]


def _key(word: str) -> str:
    return key_of(words_of(spoken_name(word)))
