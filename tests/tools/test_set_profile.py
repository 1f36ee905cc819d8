"""set_profile: question by question, read back, saved with a yes, within what is safe, and undone whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.events import ToolCall
from device.nutrition.days import DiaryClock
from device.nutrition.diary import Diary
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.plan import HouseholdPlan
from device.nutrition.profile import QUESTIONS, Condition, Goal, Profile
from device.nutrition.targets import Limit, targets_for
from device.tools import ALL_TOOLS, Kitchen, Registry
from device.tools.kitchen import Ways
from device.tools.people import NOBODY_NAMED, Person
from device.tools.profiles import Profiles
from device.tools.profilewords import PROFILE_QUESTIONS
from device.tools.today import day_of
from tests.tools.calls import agreed, answer_of, checked
from tests.tools.conftest import Clock, KitchenMaker

ADULT: dict[str, Any] = {
    "age_years": 40,
    "sex": "female",
    "height_cm": 170,
    "weight_kg": 65,
    "activity": "light",
    "goal": "maintain",
}
LOSING = {**ADULT, "goal": "lose", "conditions": []}
DIGITS = set("0123456789")
UNKIND = {"only", "good", "bad", "cheat", "guilty", "must", "burn", "fail", "earned", "great"}


def told(kitchen: Kitchen, **arguments: object) -> dict[str, Any]:
    return answer_of(kitchen, "set_profile", **arguments)


def saved(kitchen: Kitchen, **arguments: object) -> dict[str, Any]:
    answer = agreed(kitchen, "set_profile", **arguments)
    assert answer["ok"], answer
    return answer


def profile_of(kitchen: Kitchen, person: str | None = None) -> Profile:
    return Profiles(kitchen, kitchen.people.who(person)).on(kitchen.diary.clock.today())


def called(kitchen: Kitchen, call_id: str, **arguments: object) -> dict[str, Any]:
    """A call of a daemon that has just been started."""
    registry = Registry(ALL_TOOLS, kitchen, timeout_s=20)
    return checked(asyncio.run(registry.run(ToolCall(call_id, "set_profile", arguments))).payload)


def is_empty(kitchen: Kitchen, person: str = NOBODY_NAMED) -> bool:
    return not kitchen.diary.events(person, date(2020, 1, 1), date(2030, 1, 1), with_void=True)


# ------------------------------------------------------------------------------- question by question


def test_with_nothing_told_the_first_question_comes(kitchen: Kitchen) -> None:
    assert told(kitchen) == {
        "ok": False,
        "code": "NEED_PROFILE_FIELD",
        "message": "Nothing is saved yet. Ask this one question, then call again with all that was told and "
        "the answer.",
        "field": "age_years",
        "ask": "How old are you?",
        "retry": {"tool": "set_profile", "set": {"age_years": "<whole years>"}},
        "else": "If they would rather not say, set partial to true: what they told is saved.",
        "committed": [],
    }


def test_it_asks_one_thing_after_another_until_it_can_read_back(kitchen: Kitchen) -> None:
    arguments: dict[str, object] = {}
    asked = []
    while (answer := told(kitchen, **arguments))["code"] == "NEED_PROFILE_FIELD":
        (field,) = answer["retry"]["set"]
        assert answer["field"] == field
        assert answer.get("known", {}) == arguments
        asked.append(field)
        arguments[field] = LOSING[field]
    assert asked == list(QUESTIONS)
    assert answer["code"] == "NOT_CONFIRMED"
    assert is_empty(kitchen)
    final = told(kitchen, **arguments, **answer["retry"]["set"])
    assert final["ok"]
    targets = targets_for(profile_of(kitchen))
    assert final["targets"]["kcal"] == final["day"]["target"]["kcal"] == targets.macros.energy_kcal


def test_what_was_told_is_read_back_before_it_is_saved(kitchen: Kitchen) -> None:
    answer = told(kitchen, **ADULT)
    assert answer["ask"] == (
        "You said: 40 years, female, 170 centimetres, 65 kilos, light activity, keeping weight. "
        "Shall I save that?"
    )
    assert is_empty(kitchen)


def test_what_was_saved_is_told_with_its_targets(kitchen: Kitchen) -> None:
    answer = saved(kitchen, **ADULT)
    targets = targets_for(profile_of(kitchen))
    macros = targets.macros
    assert answer["said"] == targets.said()
    assert answer["targets"] == {
        "kcal": macros.energy_kcal,
        "protein_g": macros.protein_g,
        "carbohydrate_g": macros.carbohydrate_g,
        "fat_g": macros.fat_g,
        "fibre_g": targets.fibre_g,
        "goal": "maintain",
    }
    assert answer["day"]["target"] == answer["day"]["left"]
    assert answer["limits"] == []
    assert not answer["needs_referral"]


def test_conditions_are_asked_of_those_alone_who_want_to_change(kitchen: Kitchen) -> None:
    assert told(kitchen, **ADULT)["code"] == "NOT_CONFIRMED"
    for goal in ("lose", "gain"):
        assert told(kitchen, **{**ADULT, "goal": goal})["field"] == "conditions"
    assert told(kitchen, **ADULT, wanted_kcal=1900)["field"] == "conditions"


def test_later_nothing_is_asked_again(kitchen: Kitchen) -> None:
    saved(kitchen, **ADULT)
    answer = told(kitchen, age_years=41)
    assert answer["ask"] == "You said: 41 years. Shall I save that?"


def test_with_everything_known_and_nothing_told_it_says_what_is_known(kitchen: Kitchen) -> None:
    saved(kitchen, **LOSING, allergens=["peanut"])
    answer = told(kitchen)
    assert answer["ok"]
    assert answer["known"] == {**LOSING, "allergens": ["peanut"]}
    assert answer["targets"]["goal"] == "lose"
    assert "undo_id" not in answer


def test_with_something_known_and_nothing_told_the_next_question_comes(kitchen: Kitchen) -> None:
    saved(kitchen, age_years=40, partial=True)
    answer = told(kitchen)
    assert (answer["field"], answer["known"]) == ("sex", {"age_years": 40})


def test_who_would_rather_not_say_the_rest_is_saved_with_what_they_told(kitchen: Kitchen) -> None:
    answer = saved(kitchen, age_years=40, goal="maintain", partial=True)
    assert answer["said"] == "That is saved."
    assert answer["next"] == {"field": "sex", "question": QUESTIONS["sex"]}
    assert "targets" not in answer
    assert profile_of(kitchen) == Profile(age_years=40, goal=Goal.MAINTAIN)


def test_what_is_known_already_is_not_read_back_again(kitchen: Kitchen) -> None:
    saved(kitchen, **ADULT)
    assert told(kitchen, **ADULT)["said"] == "I have that already; nothing has changed."
    assert told(kitchen, **{**ADULT, "weight_kg": 66})["ask"] == "You said: 66 kilos. Shall I save that?"


def test_what_is_too_long_to_be_read_back_at_once_comes_beside_it(kitchen: Kitchen) -> None:
    foods = ["liver", "kidneys", "tripe", "brussels sprouts", "blue cheese", "cottage cheese"]
    answer = told(kitchen, **LOSING, excluded_foods=foods, allergens=["soy"], wanted_kcal=1600)
    assert answer["ask"] == (
        "You said: nothing with soy, no conditions, 40 years, female, 170 centimetres, 65 kilos, "
        "light activity, losing weight and 2 more. Shall I save that?"
    )
    assert answer["unsaid"] == [
        "leaving out liver, kidneys, tripe, brussels sprouts, blue cheese and cottage cheese",
        "1,600 calories a day",
    ]


def test_every_question_can_be_asked_in_a_breath() -> None:
    assert PROFILE_QUESTIONS.keys() >= QUESTIONS.keys()
    assert all(len(each.split()) <= 25 for each in PROFILE_QUESTIONS.values())


# ------------------------------------------------------------------------------- what cannot be right


@pytest.mark.parametrize(
    ("field", "wrong", "right"),
    [
        ("age_years", 200, 40),
        ("height_cm", 1.7, 170),
        ("weight_kg", 6.5, 65),
        ("body_fat_percent", 90, 25),
        ("wanted_kcal", 90, 1900),
        ("carbohydrate_cap_meal_g", 1, 60),
        ("carbohydrate_cap_day_g", 5000, 200),
        ("exercise_credit", 50, 0.7),
    ],
)
def test_a_value_that_cannot_be_right_is_asked_for_again(
    kitchen: Kitchen, field: str, wrong: float, right: float
) -> None:
    arguments = {**LOSING, field: wrong}
    answer = told(kitchen, **arguments)
    assert (answer["code"], answer["field"], answer["committed"]) == ("WRONG_ARGUMENTS", field, [])
    assert answer["ask"].startswith("I may have misheard.")
    assert answer["ask"].endswith("?")
    assert list(answer["retry"]["set"]) == [field]
    assert is_empty(kitchen)
    saved(kitchen, **{**arguments, field: right})
    assert getattr(profile_of(kitchen), field) == right


# ------------------------------------------------------------------------------- what nobody is offered


def test_an_allergy_is_saved_without_asking_for_an_age(kitchen: Kitchen) -> None:
    answer = told(kitchen, allergens=["peanuts", "milk"], diet="vegetarian", excluded_foods=["liver"])
    assert answer["ask"] == (
        "You said: nothing with peanut or dairy, vegetarian, leaving out liver. Shall I save that?"
    )
    final = saved(kitchen, allergens=["peanuts", "milk"], diet="vegetarian", excluded_foods=["liver"])
    assert final["said"] == "That is saved."
    assert final["next"]["field"] == "age_years"
    assert profile_of(kitchen) == Profile(
        allergens=frozenset({"peanut", "dairy"}), excluded_foods=frozenset({"liver"}), diet="vegetarian"
    )


def test_one_allergy_more_is_one_more(kitchen: Kitchen) -> None:
    saved(
        kitchen, allergens=["peanut"], excluded_foods=["liver"], conditions=["kidney_disease"], partial=True
    )
    saved(kitchen, allergens=["sesame"], excluded_foods=["okra"], conditions=["pregnant"], partial=True)
    profile = profile_of(kitchen)
    assert profile.allergens == {"peanut", "sesame"}
    assert profile.excluded_foods == {"liver", "okra"}
    assert profile.conditions == frozenset({Condition.KIDNEY_DISEASE, Condition.PREGNANT})


def test_a_group_of_foods_stays_the_word_that_was_said(kitchen: Kitchen) -> None:
    saved(kitchen, excluded_foods=["legumes"])
    assert profile_of(kitchen).excluded_foods == {"legumes"}


def test_nuts_mean_both_kinds(kitchen: Kitchen) -> None:
    saved(kitchen, allergens=["nuts"])
    assert profile_of(kitchen).allergens == {"tree_nut", "peanut"}


def test_an_allergen_that_no_food_states_can_become_a_food_to_leave_out(kitchen: Kitchen) -> None:
    answer = told(kitchen, allergens=["peanut", "kiwi"], excluded_foods=["liver"])
    assert (answer["code"], answer["field"], answer["heard"]) == ("WRONG_ARGUMENTS", "allergens", "kiwi")
    assert "peanut" in answer["allowed"]
    assert (
        answer["ask"] == "I cannot look for kiwi inside dishes. Shall I leave out foods that are called so?"
    )
    saved(kitchen, **answer["retry"]["set"])
    profile = profile_of(kitchen)
    assert profile.allergens == {"peanut"}
    assert profile.excluded_foods == {"liver", "kiwi"}


def test_another_word_for_a_food_leaves_that_food_out(kitchen: Kitchen) -> None:
    saved(kitchen, excluded_foods=["capsicum", "mushrooms", "stinging nettles"])
    assert profile_of(kitchen).excluded_foods == {"bell_pepper_red", "mushrooms", "stinging nettles"}


def test_something_is_taken_out_again_only_where_that_was_said(kitchen: Kitchen) -> None:
    saved(
        kitchen,
        allergens=["peanut", "soy"],
        excluded_foods=["liver"],
        diet="vegan",
        conditions=["pregnant"],
        partial=True,
    )
    gone = ["soya", "Liver", "vegan", "pregnant"]
    answer = told(kitchen, no_longer=gone)
    assert answer["ask"] == (
        "You said: no longer avoiding soya, leaving out Liver, vegan and pregnant. Shall I save that?"
    )
    saved(kitchen, no_longer=gone)
    assert profile_of(kitchen) == Profile(allergens=frozenset({"peanut"}), conditions=frozenset())


def test_what_is_not_there_cannot_be_taken_out(kitchen: Kitchen) -> None:
    saved(kitchen, allergens=["peanut"], wanted_kcal=1900, partial=True)
    answer = told(kitchen, no_longer=["soy"])
    assert (answer["code"], answer["field"], answer["heard"]) == ("WRONG_ARGUMENTS", "no_longer", "soy")
    assert answer["allowed"] == ["peanut", "wanted_kcal"]
    saved(kitchen, no_longer=answer["allowed"])
    assert profile_of(kitchen) == Profile()


def test_what_the_household_rules_out_nobody_can_talk_away(make_kitchen: KitchenMaker) -> None:
    anna = Person("anna", allergens=("peanuts",), excluded_foods=("liver",), diet="vegetarian")
    kitchen = make_kitchen(anna)
    saved(kitchen, allergens=["soy"])
    for word in ("peanut", "liver", "vegetarian"):
        answer = told(kitchen, no_longer=[word])
        assert answer["code"] == "WRONG_ARGUMENTS"
        assert "configuration file" in answer["message"]
    assert profile_of(kitchen).allergens == {"peanut", "soy"}
    assert kitchen.diary.profile("anna") == {"allergens": ["soy"]}


@pytest.mark.parametrize(
    ("configured", "said", "kept"),
    [("vegan", "pescatarian", "vegan"), ("pescatarian", "vegan", "vegan"), ("vegetarian", "vegan", "vegan")],
)
def test_of_two_diets_the_stricter_is_kept(
    make_kitchen: KitchenMaker, configured: str, said: str, kept: str
) -> None:
    kitchen = make_kitchen(Person("anna", diet=configured))
    answer = saved(kitchen, diet=said)
    assert profile_of(kitchen).diet == kept
    is_overruled = kept != said
    assert ("configuration file" in answer["said"], "note" in answer) == (is_overruled, is_overruled)
    assert kitchen.diary.profile("anna") == {"diet": said}


def test_who_ends_their_diet_hears_that_the_configuration_has_one(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen(Person("anna", diet="vegetarian", allergens=("egg",)))
    saved(kitchen, diet="vegan", allergens=["egg"])
    for word in ("diet", "egg"):
        answer = saved(kitchen, no_longer=[word])
        assert answer["said"] == "That is saved. What the configuration file says stays as it is."
    assert profile_of(kitchen).diet == "vegetarian"
    assert profile_of(kitchen).allergens == {"egg"}


def test_what_the_configuration_says_too_is_kept_as_their_own(make_kitchen: KitchenMaker) -> None:
    """Else it would be gone with a line of the file, though they said it."""
    anna = Person("anna", allergens=("egg",), excluded_foods=("liver",), diet="vegan")
    kitchen = make_kitchen(anna)
    told_too: dict[str, Any] = {"allergens": ["eggs"], "excluded_foods": ["liver"], "diet": "vegan"}
    assert saved(kitchen, **told_too)["said"] == "That is saved."
    without = make_kitchen(Person("anna"))
    assert profile_of(without) == profile_of(kitchen)
    assert told(kitchen, **told_too)["said"] == "I have that already; nothing has changed."


# ------------------------------------------------------------------------------- what is safe


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"age_years": 15}, Limit.MINOR),
        ({"conditions": ["pregnant"]}, Limit.PREGNANCY),
        ({"conditions": ["glucose_medicine"]}, Limit.GLUCOSE_MEDICINE),
        ({"conditions": ["kidney_disease"]}, Limit.KIDNEY_DISEASE),
        ({"weight_kg": 50}, Limit.LOW_WEIGHT),
    ],
)
def test_who_is_in_a_doctors_hands_keeps_their_weight(
    kitchen: Kitchen, changes: dict[str, object], limit: Limit
) -> None:
    answer = saved(kitchen, **{**LOSING, **changes})
    targets = targets_for(profile_of(kitchen))
    assert answer["targets"]["kcal"] == targets.maintenance_kcal
    assert answer["targets"]["goal"] == "maintain"
    assert answer["limits"] == [limit.name.lower()]
    assert answer["needs_referral"]
    assert limit.value in answer["said"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"age_years": 15},
        {"conditions": ["pregnant"]},
        {"weight_kg": 50},
        {"age_years": 75, "height_cm": 145, "weight_kg": 43, "activity": "sitting"},
        {"weight_kg": 52, "height_cm": 165, "activity": "very_active"},
    ],
    ids=["floor", "minor", "pregnant", "light", "small", "pace"],
)
def test_nobody_gets_less_than_is_safe_and_is_told_so_before(
    kitchen: Kitchen, changes: dict[str, object]
) -> None:
    arguments = {**LOSING, **changes, "wanted_kcal": 700}
    answer = told(kitchen, **arguments)
    assert (answer["code"], answer["field"], answer["committed"]) == ("BELOW_FLOOR", "wanted_kcal", [])
    least = answer["floor_kcal"]
    assert answer["ask"] == f"The least I plan for you is {least:,} calories a day. Shall I take that?"
    assert answer["why"] in {limit.value for limit in Limit}
    assert answer["retry"] == {"tool": "set_profile", "set": {"wanted_kcal": least}}
    assert is_empty(kitchen)
    final = saved(kitchen, **{**arguments, **answer["retry"]["set"]})
    assert final["targets"]["kcal"] == least


def test_an_energy_that_is_safe_is_taken(kitchen: Kitchen) -> None:
    answer = saved(kitchen, **LOSING, wanted_kcal=1604)
    assert answer["targets"]["kcal"] == 1600
    assert profile_of(kitchen).wanted_kcal == 1604


def test_an_energy_that_was_named_for_one_goal_does_not_outlive_it(kitchen: Kitchen) -> None:
    saved(kitchen, **LOSING, wanted_kcal=1600)
    answer = told(kitchen, goal="gain")
    assert answer["ask"] == "You said: no longer the energy you named, gaining weight. Shall I save that?"
    assert saved(kitchen, goal="gain")["targets"]["goal"] == "gain"
    assert profile_of(kitchen).wanted_kcal is None


def test_with_an_eating_disorder_numbers_are_left_out_unless_they_are_wanted(kitchen: Kitchen) -> None:
    answer = told(kitchen, **{**LOSING, "conditions": ["eating_disorder"]})
    assert "an eating disorder, numbers left out" in answer["ask"]
    final = saved(kitchen, **{**LOSING, "conditions": ["eating_disorder"]})
    assert not DIGITS & set(final["said"])
    assert "targets" not in final
    loud = saved(kitchen, quiet_numbers=False)
    assert "day" in loud


def test_a_limit_on_carbohydrate_is_told(kitchen: Kitchen) -> None:
    saved(kitchen, **ADULT)
    answer = saved(kitchen, carbohydrate_cap_day_g=100, carbohydrate_cap_meal_g=40)
    assert answer["day"]["target"]["carbohydrate_g"] <= 100
    assert profile_of(kitchen).carbohydrate_cap_meal_g == 40


def test_who_lowers_their_energy_again_and_again_is_asked_kindly_and_once(
    make_kitchen: KitchenMaker, clock: Clock
) -> None:
    kitchen = make_kitchen(ways=Ways(helpline="Call 123."))
    saved(kitchen, **LOSING, wanted_kcal=1800)
    for wanted in (1700, 1600):
        assert "care" not in saved(kitchen, wanted_kcal=wanted)
    answer = saved(kitchen, wanted_kcal=1500)
    assert answer["care"].endswith("Call 123.")
    assert not DIGITS & set(answer["said"])
    clock.go(days=1)
    assert "care" not in saved(kitchen, allergens=["soy"])


# ------------------------------------------------------------------------------- quiet numbers


def no_numbers(answer: dict[str, Any]) -> bool:
    """Whether nothing in it is an energy or an amount of a nutrient."""
    text = json.dumps(answer)
    return not any(word in text for word in ('kcal": ', "protein", "carbohydrate_g", "calorie", "floor_kcal"))


def test_quiet_numbers_alone_are_saved_without_asking_for_an_age(kitchen: Kitchen) -> None:
    assert told(kitchen, quiet_numbers=True)["ask"] == "You said: numbers left out. Shall I save that?"
    assert "day" not in saved(kitchen, quiet_numbers=True)


def test_who_wants_no_numbers_is_told_none(kitchen: Kitchen) -> None:
    saved(kitchen, **LOSING)
    wished: dict[str, Any] = {"wanted_kcal": 1600, "carbohydrate_cap_meal_g": 50, "quiet_numbers": True}
    asked = told(kitchen, **wished)
    assert asked["ask"] == (
        "You said: numbers left out, the energy you named, your carbohydrate limit for a meal. "
        "Shall I save that?"
    )
    assert no_numbers(asked)
    final = saved(kitchen, **wished)
    assert final["said"] == "Your day is set, and I will leave the numbers out."
    assert no_numbers(final)
    assert no_numbers(told(kitchen))


def test_a_weight_is_not_read_aloud_where_numbers_are_quiet(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    assert told(kitchen, **ADULT)["ask"] == (
        "You said: 40 years, female, 170 centimetres, the weight you told, light activity, keeping weight. "
        "Shall I save that?"
    )


def test_less_than_is_safe_is_refused_without_a_number(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    answer = told(kitchen, **LOSING, wanted_kcal=700)
    assert answer["code"] == "BELOW_FLOOR"
    assert not DIGITS & set(answer["ask"] + answer["why"] + answer["message"])
    assert "floor_kcal" not in answer
    final = saved(kitchen, **{**LOSING, **answer["retry"]["set"]})
    assert profile_of(kitchen).wanted_kcal is None
    assert no_numbers(final)


def test_a_misheard_energy_is_not_said_back_where_numbers_are_quiet(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen(ways=Ways(quiet_numbers=True))
    answer = told(kitchen, wanted_kcal=90)
    assert answer["message"] == "That cannot be right. Nothing was saved."
    needed = told(kitchen, wanted_kcal=1600)
    assert needed["known"] == {}


# ------------------------------------------------------------------------------- consent, people, undo


def test_a_yes_counts_for_what_was_read_back_and_nothing_else(kitchen: Kitchen, clock: Clock) -> None:
    token = told(kitchen, **ADULT)["retry"]["set"]
    for changed in ({"weight_kg": 56}, {"allergens": ["soy"]}):
        assert told(kitchen, **{**ADULT, **changed}, **token)["code"] == "NOT_CONFIRMED"
    assert told(kitchen, **ADULT, confirm="maybe")["code"] == "NOT_CONFIRMED"
    token = told(kitchen, allergens=["soy"])["retry"]["set"]
    clock.go(days=1)
    assert told(kitchen, allergens=["soy"], **token)["code"] == "NOT_CONFIRMED", "that was yesterday"
    assert is_empty(kitchen)


def test_of_several_the_name_is_read_back_and_their_profile_alone_changes(
    make_kitchen: KitchenMaker,
) -> None:
    kitchen = make_kitchen("anna", "ben")
    asked = told(kitchen, allergens=["soy"])
    assert (asked["code"], asked["people"]) == ("WHO", ["Anna", "Ben"])
    chosen = {"person": asked["people"][1]}
    read_back = told(kitchen, allergens=["soy"], **chosen)
    assert read_back["ask"] == "For Ben: nothing with soy. Shall I save that?"
    token = read_back["retry"]["set"]
    assert told(kitchen, allergens=["soy"], person="anna", **token)["code"] == "NOT_CONFIRMED"
    assert told(kitchen, allergens=["soy"], **chosen, **token)["ok"]
    assert profile_of(kitchen, "ben").allergens == {"soy"}
    assert is_empty(kitchen, "anna")


def test_the_same_call_again_is_one_entry_even_after_a_restart(kitchen: Kitchen) -> None:
    token = told(kitchen, **ADULT)["retry"]["set"]
    first = called(kitchen, "7", **ADULT, **token)
    again = called(kitchen, "7", **ADULT, **token)
    assert again["already_done"]
    assert again["undo_id"] == first["undo_id"]
    assert len(kitchen.diary.weighings(NOBODY_NAMED, 5)) == 1


def test_a_weight_told_is_a_weighing_and_the_latest_wins(kitchen: Kitchen, clock: Clock) -> None:
    saved(kitchen, **ADULT)
    clock.go(days=30)
    saved(kitchen, weight_kg=63.5)
    assert [weighing.kg for weighing in kitchen.diary.weighings(NOBODY_NAMED, 5)] == [63.5, 65]
    assert profile_of(kitchen).weight_kg == 63.5


def test_undo_brings_the_profile_and_the_day_back_exactly(kitchen: Kitchen) -> None:
    saved(kitchen, **ADULT, allergens=["soy"])
    before = (profile_of(kitchen), told(kitchen))
    undo_id = saved(kitchen, weight_kg=80, goal="lose", conditions=[], allergens=["egg"])["undo_id"]
    assert profile_of(kitchen) != before[0]
    kitchen.diary.undo("undone", NOBODY_NAMED, undo_id)
    assert (profile_of(kitchen), told(kitchen)) == before
    kitchen.diary.redo("done again", NOBODY_NAMED, undo_id)
    assert profile_of(kitchen).weight_kg == 80


def test_an_age_grows_by_itself(kitchen: Kitchen, clock: Clock) -> None:
    saved(kitchen, **ADULT)
    clock.go(days=366)
    assert profile_of(kitchen).age_years == 41


def test_an_age_that_was_told_to_a_clock_not_set_grows_from_the_true_day(
    kitchen: Kitchen, clock: Clock
) -> None:
    started_s, true_time = clock.since_boot_s(), clock.at
    clock.at = datetime(2022, 4, 1, 12, tzinfo=UTC)
    with_boot = DiaryClock(clock, time(4), since_boot_s=lambda: started_s, boot="this boot")
    unset = replace(kitchen, diary=Diary(kitchen.diary.file, with_boot))
    saved(unset, **{**LOSING, "age_years": 15})
    clock.at = true_time
    assert unset.diary.mend_times() == 1
    assert profile_of(unset).age_years == 15
    assert day_of(unset).plan.target.energy_kcal == targets_for(profile_of(unset)).maintenance_kcal
    clock.go(days=370)
    assert profile_of(unset).age_years == 16


def test_a_clock_that_is_set_back_makes_nobody_forget_an_allergy(kitchen: Kitchen, clock: Clock) -> None:
    saved(kitchen, **ADULT, allergens=["peanut"])
    clock.go(days=-400)
    assert profile_of(kitchen).allergens == {"peanut"}
    assert (profile_of(kitchen).age_years, profile_of(kitchen).weight_kg) == (40, 65)


def test_after_midnight_it_is_still_the_day_before(kitchen: Kitchen, clock: Clock) -> None:
    clock.at = clock.at.replace(day=22, hour=1)
    saved(kitchen, **ADULT)
    assert kitchen.diary.profile_changes(NOBODY_NAMED)[0][0] == date(2026, 11, 21)


def test_what_is_stored_is_what_was_said_and_never_varied(make_kitchen: KitchenMaker) -> None:
    kitchen = make_kitchen(ways=Ways(variation=0.03))
    answer = saved(kitchen, **LOSING)
    assert answer["targets"]["kcal"] == targets_for(profile_of(kitchen)).macros.energy_kcal
    assert kitchen.diary.profile(NOBODY_NAMED) == LOSING


@pytest.fixture
def kitchen_with_target(make_kitchen: KitchenMaker, tmp_path: Path) -> Callable[..., Kitchen]:
    """Makes kitchens whose plan.yaml gives anna a target for the day."""

    def make(target: str, ways: Ways | None = None) -> Kitchen:
        file = tmp_path / "plan.yaml"
        file.write_text(
            "meals:\n"
            "  lunch: {time: 12:00, target: {kcal: 700, protein: 40, carbohydrate: 90, fat: 20}}\n"
            "people:\n"
            "  anna:\n"
            f"    target: {target}\n"
            "    meals: {lunch: {time: 12:00, share: 40}, dinner: {time: 19:00, share: 60}}\n",
            encoding="utf-8",
        )
        return replace(make_kitchen("anna", ways=ways), plan=HouseholdPlan.load(file))

    return make


LITTLE = "{kcal: 1400, protein: 80, carbohydrate: 180, fat: 40}"
PLENTY = "{kcal: 2500, protein: 125, carbohydrate: 315, fat: 82}"


def test_a_target_of_the_plan_file_stays_and_is_said(kitchen_with_target: Callable[..., Kitchen]) -> None:
    kitchen = kitchen_with_target("{kcal: 1985, protein: 100, carbohydrate: 250, fat: 65}")
    answer = saved(kitchen, **ADULT)
    assert answer["said"] == "That is saved. Your day keeps to the 1,985 calories that its plan gives it."
    assert answer["day"]["target"]["kcal"] == 1985


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"age_years": 15}, Limit.MINOR),
        ({"conditions": ["pregnant"]}, Limit.PREGNANCY),
        ({"conditions": ["eating_disorder"], "quiet_numbers": False}, Limit.EATING_DISORDER),
        ({"conditions": ["glucose_medicine"]}, Limit.GLUCOSE_MEDICINE),
        ({"weight_kg": 50, "goal": "lose", "conditions": []}, Limit.LOW_WEIGHT),
    ],
)
def test_a_file_gives_nobody_a_deficit_who_is_in_a_doctors_hands(
    kitchen_with_target: Callable[..., Kitchen], changes: dict[str, object], limit: Limit
) -> None:
    kitchen = kitchen_with_target(LITTLE)
    answer = saved(kitchen, **{**ADULT, **changes})
    targets = targets_for(profile_of(kitchen))
    assert answer["day"]["target"]["kcal"] == targets.maintenance_kcal > 1400
    assert limit.value in answer["said"]
    assert answer["needs_referral"]
    meals = [round(meal.target.energy_kcal) for meal in day_of(kitchen).state.meals]
    assert meals[0] == pytest.approx(0.4 * sum(meals), abs=3)
    assert sum(meals) == targets.maintenance_kcal


@pytest.mark.parametrize("is_quiet", [False, True])
def test_beside_the_target_of_a_file_the_doctor_is_named(
    kitchen_with_target: Callable[..., Kitchen], is_quiet: bool
) -> None:
    kitchen = kitchen_with_target(PLENTY, Ways(quiet_numbers=is_quiet))
    answer = saved(kitchen, **ADULT, conditions=["pregnant"])
    assert answer["said"].endswith(Limit.PREGNANCY.value)
    assert ("2,500 calories" in answer["said"]) is not is_quiet
    assert day_of(kitchen).plan.target.energy_kcal == 2500


# ------------------------------------------------------------------------------- whatever is told

NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1, max_size=30)
TOLD = st.fixed_dictionaries(
    {},
    optional={
        "age_years": st.integers(1, 120),
        "sex": st.sampled_from(["female", "male", "unspecified"]),
        "height_cm": st.floats(50, 260).map(lambda value: round(value, 1)),
        "weight_kg": st.floats(10, 400).map(lambda value: round(value, 1)),
        "body_fat_percent": st.integers(3, 70),
        "activity": st.sampled_from(["sitting", "light", "moderate", "active", "very_active"]),
        "goal": st.sampled_from(["lose", "maintain", "gain"]),
        "wanted_kcal": st.integers(500, 6000),
        "conditions": st.lists(
            st.sampled_from(
                ["pregnant", "breast_feeding", "eating_disorder", "glucose_medicine", "kidney_disease"]
            ),
            max_size=5,
        ),
        "allergens": st.lists(
            st.sampled_from(["nuts", "seafood", "milk", "tree_nut", "gluten", "egg", "celery"]), max_size=6
        ),
        "excluded_foods": st.lists(NAMES, max_size=6),
        "diet": st.sampled_from(["vegan", "vegetarian", "pescatarian"]),
        "carbohydrate_cap_meal_g": st.integers(5, 500),
        "carbohydrate_cap_day_g": st.integers(20, 1000),
        "exercise_credit": st.sampled_from([0, 0.25, 1]),
        "counts_exercise": st.booleans(),
        "quiet_numbers": st.booleans(),
        "partial": st.booleans(),
    },
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arguments=TOLD)
def test_whatever_is_told_the_answers_are_short_and_kind_and_lead_to_the_end(
    make_kitchen: KitchenMaker,
    tmp_path_factory: pytest.TempPathFactory,
    clock: Clock,
    arguments: dict[str, Any],
) -> None:
    shared = make_kitchen("maria magdalena smith", "ben")
    file = DiaryFile(tmp_path_factory.mktemp("diary"), clock)
    diary = Diary(file, DiaryClock(clock, time(4)))
    kitchen = Kitchen(
        shared.foods, shared.activities, shared.plan, diary, shared.timers, shared.people, shared.ways
    )
    arguments = {**arguments, "person": "maria magdalena smith"}
    for _ in range(12):
        answer = told(kitchen, **arguments)
        spoken = answer["said"] if answer["ok"] else answer["ask"]
        assert not UNKIND & set(spoken.lower().replace(".", "").replace(",", "").split())
        if answer["ok"]:
            break
        answers = answer["retry"]["set"]
        asked = answer["code"] == "NEED_PROFILE_FIELD"
        arguments |= {answer["field"]: LOSING[answer["field"]]} if asked else answers
    assert answer["ok"]
    file.close()
