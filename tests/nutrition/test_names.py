"""Names of people: what is one person and what is two."""

from __future__ import annotations

import itertools

import pytest

from device.nutrition.names import person_key


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("Anna", "anna"),
        (" Anna   Maria ", "anna maria"),
        ("JOS\u00c9", "jose\u0301"),
        ("D\u2019Arcy", "d'arcy"),
        ("STRASSE", "straße"),
        ("\uff21nna", "anna"),
    ],
)
def test_however_a_name_is_typed_it_is_the_same_person(one: str, same: str) -> None:
    assert person_key(one) == person_key(same)


def test_similar_names_are_different_people() -> None:
    names = ("carlo", "carlos", "jen", "jens", "ellie", "elly", "jose", "josé", "o'neil", "oneil", "😀", "🍏")
    assert all(person_key(one) != person_key(other) for one, other in itertools.combinations(names, 2))
    assert all(map(person_key, names))


def test_nothing_is_nobody() -> None:
    assert person_key("") == person_key(" \t\u00a0") == ""
