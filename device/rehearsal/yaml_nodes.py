"""YAML as a tree of nodes that know their place, so that a message can name file, line and step."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from device.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


class Place:
    """One node of a file. `label` says for a person where we are, such as "step 3"; it may be empty."""

    def __init__(self, node: yaml.Node, file: str, label: str = "") -> None:
        self.node = node
        self._file = file
        self._label = label

    @property
    def line(self) -> int:
        """The line in the file, counted from 1."""
        return self.node.start_mark.line + 1

    def error(self, problem: str) -> ConfigError:
        """An error that names this place."""
        label = f"{self._label}: " if self._label else ""
        return ConfigError(f"{self._file}, line {self.line}: {label}{problem}")

    def labelled(self, label: str) -> Place:
        """The same node under another label."""
        return Place(self.node, self._file, label)

    @property
    def value(self) -> Any:
        """The node as plain Python values. Raises ConfigError."""
        try:
            return yaml.constructor.SafeConstructor().construct_document(self.node)
        except yaml.MarkedYAMLError as error:
            raise self.error(f"{error.problem}") from None

    @property
    def text(self) -> str | None:
        """What was written, where the node is a single word or line."""
        return str(self.node.value) if isinstance(self.node, yaml.ScalarNode) else None

    def items(self) -> list[Place]:
        """The items of a list. Raises ConfigError."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("a list is expected here")
        return [self._inner(item) for item in self.node.value]

    def fields(self, what: str, known: Iterable[str] | None = None) -> dict[str, Place]:
        """The entries of a mapping, of these keys only. Raises ConfigError.

        Keys are taken as written: YAML 1.1 would read a bare `on` as true.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"{what} has to be written as `key: value`")
        found: dict[str, Place] = {}
        for key, value in self.node.value:
            name = str(key.value)
            if known is not None and name not in known:
                raise self._inner(key).error(f"{what} has no `{name}`{nearest(name, known)}")
            found[name] = self._inner(value)
        return found

    def validated(self, model: type[Model], values: Any, what: str) -> Model:
        """The model made of the values, which stand at this place. Raises ConfigError."""
        try:
            return model.model_validate(values)
        except ValidationError as error:
            raise self.error(f"{what}: {_in_words(error, model)}") from None

    def _inner(self, node: yaml.Node) -> Place:
        return Place(node, self._file, self._label)


def composed(text: str, file: str) -> Place:
    """The root of a YAML text. Raises ConfigError where it is not YAML, or empty."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{file}, line {line}: this is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: this is not YAML: {error}") from None
    if node is None:
        raise ConfigError(f"{file}, line 1: the file is empty")
    return Place(node, file)


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence that suggests the nearest right word, or names them all."""
    options = sorted(known)
    match = difflib.get_close_matches(word, options, n=1)
    return f"; did you mean `{match[0]}`?" if match else f"; there are {', '.join(options)}"


def _in_words(error: ValidationError, model: type[BaseModel]) -> str:
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"there is no `{where}`{nearest(where, model.model_fields)}"
    problem = first["msg"].removeprefix("Value error, ")
    return f"`{where}`: {problem}" if where else problem
