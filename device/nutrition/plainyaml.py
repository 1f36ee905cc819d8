"""YAML as dictionaries, lists and text, and the lines in which things stand.

Reading goes from event to event and keeps the lines of the entries only, which takes a third of the memory of
YAML's own tree; the tree is made only when the line of something within an entry has to be named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

DEEPEST = 12
ENTRY_DEPTH = 2
"""Lines are kept of ("foods", "apple") and of what is above it."""

Key = tuple[str | int, ...]
Doubled = Callable[[int, Key], None]
"""Told of a key that stands twice in its mapping: the line from 1, and the key."""

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Plain:
    """The content of a text, and the lines, from 1, of its keys down to the entries."""

    content: Any
    lines: dict[Key, int] = field(default_factory=dict)


def read_plain(text: str, doubled: Doubled) -> Plain:
    """The content of the one document; an empty one is an empty dictionary. Every scalar is text.

    Raises:
        yaml.YAMLError: it is not YAML, or uses what a hand-edited file does not need.
    """
    events = yaml.parse(text, Loader=_Loader)
    next(events)
    if isinstance(next(events), yaml.StreamEndEvent):
        return Plain({})
    reader = _Reader(events, doubled)
    content = reader.value(next(events), ())
    next(events)
    after = next(events)
    if not isinstance(after, yaml.StreamEndEvent):
        raise _refusal("a second document begins here", after)
    return Plain(content, reader.lines)


def tree_of(text: str) -> yaml.Node | None:
    """YAML's own tree of a text that could be read, for `line_in`."""
    tree: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    return tree


def line_in(tree: yaml.Node | None, key: Key) -> int:
    """The line, from 1, of `key`, or of the nearest thing above it that is in the text."""
    node, line = tree, 1
    for part in key:
        child = _child(node, part)
        if child is None:
            break
        node, line = child
    return line


class _Reader:
    """Makes values of parser events."""

    def __init__(self, events: Iterator[yaml.Event], doubled: Doubled) -> None:
        self._events = events
        self._doubled = doubled
        self.lines: dict[Key, int] = {}

    def value(self, event: yaml.Event, above: Key) -> Any:
        """The value that begins with `event`; `above` is the key that leads to it."""
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if len(above) > DEEPEST:
            raise _refusal("it is nested too deeply", event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(above)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(above)
        raise _refusal("it refers to another place", event)

    def _mapping(self, above: Key) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                raise _refusal("a key must be a word", event)
            key = str(event.value)
            if key in content:
                self._doubled(_line_of(event), (*above, key))
            elif len(above) < ENTRY_DEPTH:
                self.lines[(*above, key)] = _line_of(event)
            content[key] = self.value(next(self._events), (*above, key))
        return content

    def _sequence(self, above: Key) -> list[Any]:
        content: list[Any] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            content.append(self.value(event, (*above, len(content))))
        return content


def _line_of(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refusal(problem: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    mark = yaml.Mark("", 0, _line_of(event) - 1, 0, None, 0)
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key_node, child in node.value:
            if key_node.value == part:
                return child, key_node.start_mark.line + 1
    return None
