"""Who is meant: the people of the household, and the one whose day it is when no name is said."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from device.nutrition.names import person_key
from device.tools.foodwords import fitting, sentence
from device.tools.payloads import ToolError, either, shortened

NOBODY_NAMED = "home"
"""Under this name stands everything in the diary of a household that has named nobody."""
FIRST_ACCENT = 200
"""Unicode's combining classes from here on are of marks above and below a letter."""
_PLAIN = str.maketrans({"\u00f8": "o", "\u00e6": "ae", "\u0153": "oe", "\u0142": "l", "\u0111": "d"})
"""Letters that have no accent to take off, but another way of writing: ø æ œ ł đ."""


@dataclass(frozen=True, slots=True)
class Person:
    """One of the household.

    allergens, excluded_foods, diet: what the configuration says that nobody may offer them, whatever their
    profile says beside it.
    """

    name: str
    aliases: tuple[str, ...] = ()
    allergens: tuple[str, ...] = ()
    excluded_foods: tuple[str, ...] = ()
    diet: str | None = None


class People:
    """The household. Where one person lives alone, nobody is ever asked who they are."""

    def __init__(self, people: Sequence[Person] = (), default: str | None = None) -> None:
        """default: the name of the one who is meant when no name is said."""
        self.all = tuple(people) or (Person(NOBODY_NAMED),)
        self._are_named = bool(people)
        own_names = {name: person for person in self.all for name in (person.name, *person.aliases)}
        self._by_name = {person_key(name): person for name, person in own_names.items()}
        self._by_letters = _meaning_one(own_names)
        self._default = self.all[0] if len(self.all) == 1 else self._by_name.get(person_key(default or ""))

    def who(self, named: str | None) -> Person:
        """The person of that name; None: the one whose day it is when no name is said.

        Raises:
            ToolError: WHO; nobody has that name, or a name is needed.
        """
        if named and self._are_named:
            known = self._by_name.get(person_key(named)) or self._by_letters.get(_letters_of(named))
            if known is None:
                raise self._who(f"There is no diary for {shortened(named)} here.", named)
            return known
        if self._default is None:
            raise self._who("Several people live here.", None)
        return self._default

    def _who(self, message: str, heard: str | None) -> ToolError:
        names = [sentence(person.name) for person in self.all]
        who = f"Who is this for: {either(names)}?" if len(names) > 1 else f"Is this for {names[0]}?"
        recovery: dict[str, object] = {"heard": shortened(heard)} if heard else {}
        return ToolError(
            "WHO",
            f"{message} Nothing was changed.",
            field="person",
            people=names,
            ask=fitting(who, "Who is this for?"),
            retry={"set": {"person": "<one of people>"}},
            **recovery,
        )


def _meaning_one(names: Mapping[str, Person]) -> dict[str, Person]:
    """Names by their letters alone, without those that two people would share."""
    owners = {(_letters_of(name), person.name): person for name, person in names.items()}
    shared = Counter(letters for letters, _ in owners)
    return {letters: person for (letters, _), person in owners.items() if letters and shared[letters] == 1}


def _letters_of(name: str) -> str:
    """A name as it may be heard: without accents, apostrophes, hyphens and spaces."""
    decomposed = unicodedata.normalize("NFKD", person_key(name).translate(_PLAIN))
    return "".join(letter for letter in decomposed if letter.isalnum() or _is_part_of_letter(letter))


def _is_part_of_letter(mark: str) -> bool:
    """Whether it makes another letter, as the vowels of Hindi do, and is no accent."""
    return unicodedata.category(mark).startswith("M") and unicodedata.combining(mark) < FIRST_ACCENT
