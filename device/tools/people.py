"""Who is meant: the people of the household, and the one whose day it is when no name is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from device.nutrition.names import key_of, words_of
from device.tools.foodwords import fitting, sentence
from device.tools.payloads import ToolError, either

NOBODY_NAMED = "home"
"""Under this name stands everything in the diary of a household that has named nobody."""
HEARD_LETTERS = 40


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
        self._by_name = {_key(name): person for person in self.all for name in (person.name, *person.aliases)}
        self._default = self.all[0] if len(self.all) == 1 else self._by_name.get(_key(default or ""))

    def who(self, named: str | None) -> Person:
        """The person of that name; None: the one whose day it is when no name is said.

        Raises:
            ToolError: WHO; nobody has that name, or a name is needed.
        """
        if named and self._are_named:
            known = self._by_name.get(_key(named))
            if known is None:
                raise self._who(f"There is no diary for {named[:HEARD_LETTERS]} here.", named)
            return known
        if self._default is None:
            raise self._who("Several people live here.", None)
        return self._default

    def _who(self, message: str, heard: str | None) -> ToolError:
        names = [sentence(person.name) for person in self.all]
        who = f"Who is this for: {either(names)}?" if len(names) > 1 else f"Is this for {names[0]}?"
        recovery: dict[str, object] = {"heard": heard[:HEARD_LETTERS]} if heard else {}
        return ToolError(
            "WHO",
            f"{message} Nothing was changed.",
            field="person",
            people=names,
            ask=fitting(who, "Who is this for?"),
            retry={"set": {"person": "<one of people>"}},
            **recovery,
        )


def _key(name: str) -> str:
    return key_of(words_of(name))
