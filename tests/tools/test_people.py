"""Who is meant: one person is never asked who they are, and of several nobody gets another's diary."""

from __future__ import annotations

import pytest

from device.tools.payloads import HEARD_LETTERS, ToolError
from device.tools.people import NOBODY_NAMED, People, Person

ANNA = Person("anna", aliases=("mum", "Annie"))
BEN = Person("ben")


def refused(people: People, named: str | None) -> dict[str, object]:
    with pytest.raises(ToolError) as caught:
        people.who(named)
    assert caught.value.code == "WHO"
    return caught.value.payload


@pytest.mark.parametrize("named", [None, "", "anna", "somebody else"])
def test_who_lives_alone_is_never_asked(named: str | None) -> None:
    assert People().who(named).name == NOBODY_NAMED


@pytest.mark.parametrize("named", [None, "", "Mum", "anna"])
def test_the_only_one_who_was_named_is_meant_without_a_name(named: str | None) -> None:
    assert People([ANNA]).who(named) is ANNA


def test_a_name_that_nobody_has_is_asked_about_even_where_one_person_lives() -> None:
    payload = refused(People([ANNA]), "Peter")
    assert payload["people"] == ["Anna"]
    assert payload["ask"] == "Is this for Anna?"


@pytest.mark.parametrize("named", ["anna", "ANNA", " Anna ", "mum", "annie", "Ännie"])
def test_a_name_is_known_however_it_is_written(named: str) -> None:
    assert People([ANNA, BEN]).who(named) is ANNA


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("carlo", "carlos"),
        ("Jen", "Jens"),
        ("ellie", "elly"),
        ("josé", "jose"),
        ("o'neil", "oneil"),
        ("anne marie", "annemarie"),
        ("मीना", "मोना"),
        ("\U0001f600", "\U0001f389"),
        ("李雷", "李蕾"),
    ],
)
def test_names_that_are_nearly_alike_are_of_two_people(one: str, another: str) -> None:
    first, second = Person(one), Person(another)
    people = People([first, second], default=another)
    assert (people.who(one), people.who(another.upper())) == (first, second)
    assert people.who(None) is second


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("josé", "Jose"),
        ("jose", "José"),
        ("o'neil", "O\u2019Neil"),
        ("o'neil", "ONeil"),
        ("anne-marie", "Anne Marie"),
        ("annemarie", "anne  marie"),
        ("Bjørn", "bjorn"),
        ("jose\u0301", "josé"),
    ],
)
def test_an_accent_or_a_space_is_overheard_where_one_alone_can_be_meant(name: str, heard: str) -> None:
    person = Person(name)
    assert People([person, BEN]).who(heard) is person


@pytest.mark.parametrize("heard", ["Jósé", "JOSË"])
def test_where_two_can_be_meant_it_is_asked(heard: str) -> None:
    assert refused(People([Person("josé"), Person("jose"), BEN]), heard)["heard"] == heard


@pytest.mark.parametrize("heard", ["Carlos", "Ann", "मोना", "\U0001f600"])
def test_another_name_is_another_person(heard: str) -> None:
    refused(People([Person("carlo"), ANNA, Person("मीना"), Person("\U0001f389")]), heard)


def test_of_several_the_default_is_meant_without_a_name() -> None:
    assert People([ANNA, BEN], default="Ben").who(None) is BEN
    assert People([ANNA, BEN], default="mum").who("") is ANNA
    assert People([ANNA, BEN], default="Ben").who("anna") is ANNA


def test_of_several_without_a_default_it_is_asked() -> None:
    assert refused(People([ANNA, BEN]), None) == {
        "ok": False,
        "code": "WHO",
        "message": "Several people live here. Nothing was changed.",
        "field": "person",
        "people": ["Anna", "Ben"],
        "ask": "Who is this for: Anna or Ben?",
        "retry": {"set": {"person": "<one of people>"}},
    }


@pytest.mark.parametrize("default", [None, "ben"])
def test_an_unknown_name_is_asked_about_and_never_taken_for_the_default(default: str | None) -> None:
    payload = refused(People([ANNA, BEN], default), "Peter")
    assert payload["message"] == "There is no diary for Peter here. Nothing was changed."
    assert payload["heard"] == "Peter"


def test_what_is_offered_is_understood_again() -> None:
    people = People([ANNA, BEN])
    names = refused(people, None)["people"]
    assert isinstance(names, list)
    assert [people.who(name) for name in names] == [ANNA, BEN]


def test_of_a_long_name_the_beginning_is_said_back() -> None:
    payload = refused(People([ANNA, BEN]), "x" * 500)
    assert payload["heard"] == "x" * HEARD_LETTERS
    assert len(str(payload["message"])) < 200


def test_of_a_large_household_the_names_are_not_all_said() -> None:
    people = People([Person(f"Person McNumber {number}") for number in range(12)])
    payload = refused(people, None)
    assert payload["ask"] == "Who is this for?"
    assert isinstance(payload["people"], list)
    assert payload["people"][3] == "Person McNumber 3"
