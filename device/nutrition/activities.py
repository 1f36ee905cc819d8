"""The activities of activities.yaml, and finding the one that a person did.

It finds by words, in whatever order and form: "I went swimming", "swam". A word that is not understood may
be what matters ("dog yoga"), so then it asks instead of guessing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field
from rapidfuzz import process
from rapidfuzz.distance import OSA

from device.nutrition.datafile import DataFile, Entry
from device.nutrition.names import words_of

LEAST_SIMILARITY = 0.75
ASKED_ABOUT = 4

_PAST = {
    **{"ran": "run", "swam": "swim", "rode": "ride", "went": "go", "did": "do", "dug": "dig", "rowed": "row"},
    **{"swept": "sweep", "slept": "sleep", "sat": "sit", "stood": "stand", "drove": "drive", "dove": "dive"},
    **{"played": "play", "mown": "mow", "carried": "carry", "skied": "ski", "skiing": "ski"},
}


@dataclass(frozen=True, slots=True)
class Activity:
    """met: energy as a multiple of rest; code: of the 2024 Adult Compendium of Physical Activities."""

    id: str
    name: str
    met: float
    code: str
    category: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivityFound:
    """The activity that was meant."""

    activity: Activity


@dataclass(frozen=True, slots=True)
class ActivityUnsure:
    """One of these may be meant, or none; `candidates` may be empty."""

    candidates: tuple[Activity, ...]

    @property
    def ask(self) -> str:
        """The question for the person."""
        *first, last = [activity.name for activity in self.candidates] or ["a walk, a run, a bike ride"]
        offered = f"{', '.join(first)} or {last}" if first else last
        return f"Which comes nearest: {offered}, or something else?"


class Activities:
    """All activities, by id and by what people call them. It does not change, so threads may share it."""

    def __init__(self, activities: Iterable[Activity]) -> None:
        self.all = tuple(activities)
        self._by_id = {activity.id: activity for activity in self.all}
        self._by_words: dict[frozenset[str], Activity] = {}
        for activity in self.all:
            for name in (activity.name, *activity.aliases):
                self._by_words.setdefault(_stems(name), activity)
        self._stems = sorted({stem for words in self._by_words for stem in words})

    @classmethod
    def load(cls, path: Path) -> Activities:
        """The activities of an activities.yaml.

        Raises:
            ConfigError: the file cannot be read or something in it is wrong; one line for each fault, naming
                file, line and activity.
        """
        return cls(_read(path))

    def by_id(self, activity_id: str) -> Activity | None:
        """The activity of that id."""
        return self._by_id.get(activity_id)

    def find(self, text: str) -> ActivityFound | ActivityUnsure:
        """The activity that `text` names, by id or in a person's words."""
        exact = self._by_id.get(text.strip()) or self._by_words.get(_stems(text))
        if exact:
            return ActivityFound(exact)
        said = frozenset(self._as_spelt(stem) for stem in _stems(text))
        meant = said - _NOTHING_SAID
        for words in (said, meant):
            if words in self._by_words:
                return ActivityFound(self._by_words[words])
        within = [words for words in self._by_words if words <= said]
        fullest = [words for words in within if not any(words < other for other in within)]
        named = tuple(dict.fromkeys(self._by_words[words] for words in fullest))
        if len(named) == 1 and not (said - fullest[0] - _NOTHING_SAID):
            return ActivityFound(named[0])
        return ActivityUnsure((named or self._sharing(meant))[:ASKED_ABOUT])

    def _sharing(self, meant: frozenset[str]) -> tuple[Activity, ...]:
        """The activities with most of those words in a name, few other words first."""
        shared = [(words & meant, words) for words in self._by_words]
        ranked = sorted(
            ((-len(common), len(words), self._by_words[words].name) for common, words in shared if common)
        )
        names = dict.fromkeys(name for _, _, name in ranked)
        by_name = {activity.name: activity for activity in self.all}
        return tuple(by_name[name] for name in names)

    def _as_spelt(self, stem: str) -> str:
        """The word of a name that is spelt nearly so; short words must be exact."""
        if len(stem) < 5 or stem in self._stems or stem in _NOTHING_SAID:
            return stem
        same_letter = [known for known in self._stems if known[0] == stem[0]]
        near = process.extractOne(
            stem, same_letter, scorer=OSA.normalized_similarity, score_cutoff=LEAST_SIMILARITY
        )
        return near[0] if near else stem


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(_stem, words_of(text)))


@lru_cache(maxsize=2048)
def _stem(word: str) -> str:
    """A form that "swimming", "swim" and "swam" share; for comparing, and no word of English."""
    word = _PAST.get(word, word)
    for ending in ("ing", "ed", "er"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


_UNTOLD = (
    "i we have had been was go did do just some a an the my our for of in on at to with and from about up",
    "off around out play playing game session practice workout exercise training bit today yesterday this",
    "morning afternoon evening tonight night lunchtime minute min hour half friend park class after before",
    "last one work long short nice quick little",
)
_NOTHING_SAID = frozenset(_stem(words_of(word)[0]) for line in _UNTOLD for word in line.split())
"""Words that do not say what somebody did, unless a name has them."""


# ------------------------------------------------------------------------------------- the file

_Word = Annotated[str, Field(min_length=1)]


class _ActivityEntry(Entry):
    name: _Word
    met: Annotated[float, Field(ge=0.9, le=25, allow_inf_nan=False)]
    code: _Word
    category: _Word
    aliases: list[_Word] = Field([])


class _ActivityFile(Entry):
    activities: Annotated[dict[_Word, _ActivityEntry], Field(min_length=1)]


def _read(path: Path) -> tuple[Activity, ...]:
    file = DataFile(path)
    activities = tuple(
        Activity(key, entry.name, entry.met, entry.code, entry.category, tuple(entry.aliases))
        for key, entry in file.checked(_ActivityFile).activities.items()
    )
    owners: dict[frozenset[str], Activity] = {}
    for activity in activities:
        for name in (activity.name, *activity.aliases):
            owner = owners.setdefault(_stems(name), activity)
            if owner != activity:
                complaint = f"has the name {name!r}, which {owner.id} has too; a name must mean one activity."
                file.add_fault(("activities", activity.id), complaint)
    file.raise_faults()
    return activities
