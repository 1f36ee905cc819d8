"""What a person's profile and plan were on each day: from the diary, and from what the configuration says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from pydantic import JsonValue

from device.nutrition.food import DIETS, substances_meant
from device.nutrition.plan import HouseholdPlan, Plan
from device.nutrition.profile import Profile, missing_for_targets, profile_of
from device.nutrition.targets import Targets, targets_for
from device.tools.kitchen import Kitchen
from device.tools.people import Person

Changes = Mapping[str, JsonValue]


class Profiles:
    """The profiles of one person, read from the diary as they are needed; a past day has those of then.

    Any method may raise DiaryUnavailableError.
    """

    def __init__(self, kitchen: Kitchen, person: Person) -> None:
        self._kitchen = kitchen
        self._person = person
        self._today = kitchen.diary.clock.today()
        self._changes = kitchen.diary.profile_changes(person.name)
        self._ages_told_on: dict[int, date | None] = {0: None}
        self._plans: dict[Profile, Plan] = {}

    def told(self, day: date, changes: Changes | None = None) -> Profile:
        """What the person told by the end of that day, with the weight that they had then.

        changes: what the diary would keep beside it, None for nothing.
        """
        until, new = self._until(day), changes or {}
        kept: dict[str, JsonValue] = {}
        for changed in (*self._changed(until), new):
            kept.update(changed)
        known = {name: value for name, value in kept.items() if value is not None}
        return profile_of(
            {"exercise_credit": self._kitchen.ways.exercise_credit, **known},
            day,
            None if "weight_kg" in new else self._weight_kg(until),
            None if "age_years" in new else self._age_told_on(until),
        )

    def on(self, day: date, changes: Changes | None = None) -> Profile:
        """The same with what the configuration rules out, which nobody can talk away."""
        profile, person = self.told(day, changes), self._person
        allergens = {meant for word in person.allergens for meant in substances_meant(word)}
        return replace(
            profile,
            allergens=profile.allergens | allergens,
            excluded_foods=profile.excluded_foods | frozenset(person.excluded_foods),
            diet=_stricter(profile.diet, person.diet),
        )

    def plan(self, day: date) -> Plan:
        """The plan that the person had on that day."""
        profile = self.on(day)
        if profile not in self._plans:
            self._plans[profile] = _plan_of(self._kitchen.plan, self._person, profile)
        return self._plans[profile]

    def _until(self, day: date) -> date | None:
        """None for today: of what was told nothing is left out because the clock was set back meanwhile."""
        return day if day < self._today else None

    def _changed(self, until: date | None) -> list[Changes]:
        return [changes for day, changes in self._changes if until is None or day <= until]

    def _weight_kg(self, until: date | None) -> float | None:
        weighings = self._kitchen.diary.weighings(self._person.name, day=until)
        return weighings[0].kg if weighings else None

    def _age_told_on(self, until: date | None) -> date | None:
        times_told = sum("age_years" in changes for changes in self._changed(until))
        if times_told not in self._ages_told_on:
            told_on = self._kitchen.diary.told_on(self._person.name, "age_years", until)
            self._ages_told_on[times_told] = told_on
        return self._ages_told_on[times_told]


def targets_where_known(profile: Profile) -> Targets | None:
    """The targets that are computed from the profile; None: not enough is known for that."""
    return None if missing_for_targets(profile) else targets_for(profile)


def _plan_of(plans: HouseholdPlan, person: Person, profile: Profile) -> Plan:
    targets, cap_g = targets_where_known(profile), profile.carbohydrate_cap_meal_g
    plan = plans.plan_of(person.name, targets.macros if targets else None, cap_g)
    if targets and targets.needs_referral and plan.target.energy_kcal < targets.maintenance_kcal:
        # Those whose energy is for a doctor to set get no deficit from a file either.
        return HouseholdPlan(plan).plan_of(person.name, targets.macros, cap_g)
    return plan


def _stricter(one: str | None, another: str | None) -> str | None:
    return min(filter(None, (one, another)), key=DIETS.index, default=None)
