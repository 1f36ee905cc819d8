"""Reading a YAML file that a person edits by hand, with faults that name file, line, entry and key.

Every scalar is read as text and the schema makes numbers of it, so YAML's surprises (12:30 as a number of
seconds, `no` as false) never happen.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from device.errors import ConfigError
from device.nutrition.plainyaml import Key, Plain, line_in, read_plain, tree_of

FAULTS_SHOWN = 10


class Entry(BaseModel):
    """Base of what may stand in a data file: no unknown keys, no changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


EntryT = TypeVar("EntryT", bound=Entry)


class DataFile:
    """One YAML file, read and not yet checked.

    Faults are collected with `add_fault` and raised together by `raise_faults`.
    """

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            ConfigError: the file cannot be read, or is not YAML.
        """
        self.path = path
        self._faults: list[tuple[int, str]] = []
        self._text = self._read_text()
        self._plain = self._read_plain()

    @property
    def content(self) -> Any:
        """Dictionaries, lists and text."""
        return self._plain.content

    def checked(self, schema: type[EntryT]) -> EntryT:
        """The content as `schema`.

        Raises:
            ConfigError: something in the file is wrong; one line for each fault, the first ten of them.
        """
        try:
            entry = schema.model_validate(self.content)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                self.add_fault(fault["loc"], _complaint(fault, schema))
            raise self._faults_told() from None
        self.raise_faults()
        return entry

    def add_fault(self, key: Key, complaint: str) -> None:
        """Note a fault at `key`, such as ("foods", "apple", "per_100g")."""
        self._note(self.line_of(key), key, complaint)

    def line_of(self, key: Key) -> int:
        """The line, from 1, of `key`, or of the nearest thing above it."""
        return self._plain.lines.get(key) or line_in(self._tree, key)

    @cached_property
    def _tree(self) -> yaml.Node | None:
        return tree_of(self._text)

    def raise_faults(self) -> None:
        """Raise what was noted.

        Raises:
            ConfigError: there was at least one fault.
        """
        if self._faults:
            raise self._faults_told()

    def _faults_told(self) -> ConfigError:
        faults = sorted(self._faults)
        lines = [f"{self.path}, line {line}: {complaint}" for line, complaint in faults[:FAULTS_SHOWN]]
        if len(faults) > FAULTS_SHOWN:
            lines.append(f"{self.path}: and {len(faults) - FAULTS_SHOWN} more faults after these.")
        return ConfigError("\n".join(lines))

    def _note(self, line: int, key: Key, complaint: str) -> None:
        self._faults.append((line, f"{_subject(key)} {complaint}"))

    def _read_text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ConfigError(f"{self.path} cannot be read: {reason}. Put a readable file there.") from None

    def _read_plain(self) -> Plain:
        def doubled(line: int, key: Key) -> None:
            self._note(line, key, "is there twice; keep one of them.")

        try:
            return read_plain(self._text, doubled)
        except yaml.YAMLError as error:
            raise ConfigError(self._yaml_fault(error)) from None

    def _yaml_fault(self, error: yaml.YAMLError) -> str:
        mark = getattr(error, "problem_mark", None)
        where = f"{self.path}, line {mark.line + 1}" if mark else str(self.path)
        problem = getattr(error, "problem", None) or "a character that is not allowed"
        return f"{where}: this is not valid YAML ({problem}). Check the indentation and the colons around it."


def _subject(key: Key) -> str:
    """The entry that is at fault, and the key within it: "apple: per_100g.fat"."""
    entry = str(key[:2][-1]) if key else "the file"
    within = ".".join(str(part) for part in key[2:] if part != "[key]")
    return f"{entry}: {within}" if within else entry


def _complaint(fault: Mapping[str, Any], schema: type[Entry]) -> str:
    kind, value, details = fault["type"], fault["input"], fault.get("ctx", {})
    if kind == "missing":
        return "is missing."
    if kind == "extra_forbidden":
        return f"is not a key that Ladle knows{_nearest(str(fault['loc'][-1]), schema)}"
    if kind in _LIMIT_WORDS:
        return f"is {value}, but must be {_LIMIT_WORDS[kind]} {next(iter(details.values())):g}."
    expected = _EXPECTED.get(kind) or details.get("error") or f"which is wrong: {fault['msg']}."
    return f"is {_shown(value)}, {expected}"


_NUMBER = "which is not a number."
_WHOLE_NUMBER = "which is not a whole number."
_KEYS = "but must hold keys and values, such as {kcal: 52}."
_WORDS = "but must be a word or two."
_EXPECTED = {
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "int_type": _WHOLE_NUMBER,
    "model_type": _KEYS,
    "dict_type": _KEYS,
    "list_type": "but must be a list, such as [one, two].",
    "string_type": _WORDS,
    "string_too_short": _WORDS,
    "too_short": "but must hold at least one entry.",
}
_LIMIT_WORDS = {"greater_than_equal": "at least", "greater_than": "more than", "less_than_equal": "at most"}


def _shown(value: object) -> str:
    if value == "":
        return "empty"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "a group of keys"
    return repr(value)


def _nearest(key: str, schema: type[Entry]) -> str:
    near = difflib.get_close_matches(key, sorted(_keys_of(schema)), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else "."


def _keys_of(schema: type[Entry]) -> set[str]:
    """Every key that may stand somewhere in a file of this schema."""
    keys = set(schema.model_fields)
    for inner in _inner_entries(schema):
        keys |= _keys_of(inner)
    return keys


def _inner_entries(schema: type[Entry]) -> list[type[Entry]]:
    kinds: list[Any] = [field.annotation for field in schema.model_fields.values()]
    kinds += [inner for kind in kinds for inner in getattr(kind, "__args__", ())]
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Entry)]
