"""Who a sentence is about: "Anna had two eggs" is told by somebody else, of Anna."""

from __future__ import annotations

import re

_VERBS = {
    "had": "had",
    "has": "have",
    "hasnt": "havent",
    "didnt": "didnt",
    "did": "did",
    "ate": "ate",
    "eight": "ate",
    "8": "ate",
    "missed": "missed",
    "skipped": "skipped",
    "forgot": "forgot",
    "drank": "drank",
    "ran": "ran",
    "walked": "walked",
    "jogged": "jogged",
    "swam": "swam",
    "cycled": "cycled",
    "rode": "rode",
    "went": "went",
    "played": "played",
    "weighs": "weigh",
    "weighed": "weighed",
    "is": "am",
}
"""What a name may be followed by, and how somebody says it of themselves."""

_NO_NAMES = (
    "i we you he she it they who what which that this there here how when where why and but so or if then",
    "now today yesterday tonight breakfast lunch dinner supper brunch snack time everybody everyone nobody",
    "someone somebody my our the a an just also only never maybe ive weve in on at for to eye aye hi hey oh",
    "yes no not had ahead add high height hide thigh",
)
_NOBODY = frozenset(word for line in _NO_NAMES for word in line.split())
_STORY = re.compile(
    r"^(?P<before>(?:(?i:so|well|oh|today|yesterday|this morning|and|ok|okay),? )*)"
    r"(?P<name>[^\W\d_][^\W\d_-]+),? (?P<verb>[\w']+)\b,? *(?P<rest>.*)$",
    re.DOTALL,
)
_FOR = re.compile(r"^(?P<rest>.*\b)for (?P<name>[A-Z][^\W\d_]+)[.?!]*$", re.DOTALL)


def person_in(words: str, people: tuple[str, ...] = ()) -> tuple[str, str]:
    """The name of the person in a sentence and the sentence as that person would say it; "" for nobody.

    A name has a capital, or is one of the `people` that the client declares.
    """
    told = _STORY.match(words.strip())
    if told and _is_name(told["name"], people):
        verb = _VERBS.get(told["verb"].replace("'", "").casefold())
        if verb:
            return _declared(told["name"], people), f"{told['before']}I {verb} {told['rest']}"
    meant = _FOR.match(words.strip())
    if meant and meant["rest"].strip() and _is_name(meant["name"], people):
        return _declared(meant["name"], people), meant["rest"]
    return "", words


def _is_name(word: str, people: tuple[str, ...]) -> bool:
    if word.casefold() in {name.casefold() for name in people}:
        return True
    return word[0].isupper() and word.casefold() not in _NOBODY


def _declared(name: str, people: tuple[str, ...]) -> str:
    return next((known for known in people if known.casefold() == name.casefold()), name)
