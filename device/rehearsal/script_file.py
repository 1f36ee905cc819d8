"""Reads a script from a YAML file, and says exactly what is wrong with it: file, line, step."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from device.errors import ConfigError
from device.rehearsal import actions, faults
from device.rehearsal.actions import Action
from device.rehearsal.script import (
    FOREVER,
    Condition,
    Connects,
    Delay,
    Entry,
    Group,
    Happening,
    Occurs,
    Part,
    Script,
    Step,
    Track,
)
from device.rehearsal.settings import RehearsalSettings
from device.rehearsal.yaml_nodes import Place, composed, nearest

ACTIONS: dict[str, type[Action]] = {
    kind.name: kind
    for module in (actions, faults)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Action) and kind is not Action
}
CONDITIONS = ("now", "after_ms", "connect", *Happening)
CONDITION = re.compile(r"(?P<word>\w+)(?:\s+(?P<first>\d+)(?P<dash>-(?P<last>\d*))?)?")


def load_script(path: Path) -> Script:
    """The script in a file. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the script cannot be read: {error}") from None
    return parse_script(text, str(path))


def parse_script(text: str, name: str = "script") -> Script:
    """The script in a text; `name` is what messages call the file. Raises ConfigError."""
    root = composed(text, name)
    fields = root.fields("a script", ("settings", "wits", "seed", "steps", "tracks"))
    tracks = [_track(fields["steps"], "step")] if "steps" in fields else []
    if "tracks" in fields:
        for number, place in enumerate(fields["tracks"].items(), start=1):
            tracks.append(_track(place, f"track {number}, step"))
    if not tracks:
        raise root.error("a script needs `steps` or `tracks`")
    return Script(
        tracks=tuple(tracks),
        settings=_settings(fields.get("settings")),
        wits=_flag(fields.get("wits")),
        seed=_whole_number(fields.get("seed"), default=0, least=0),
    )


def _settings(place: Place | None) -> RehearsalSettings:
    if place is None:
        return RehearsalSettings()
    return place.validated(RehearsalSettings, place.value, "settings")


def _flag(place: Place | None) -> bool:
    value = place.value if place else False
    if place and not isinstance(value, bool):
        raise place.error("true or false is expected here")
    return bool(value)


def _whole_number(place: Place | None, *, default: int, least: int) -> int:
    if place is None:
        return default
    value = place.value
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise place.error(f"a whole number from {least} on is expected here")
    return value


# --------------------------------------------------------------------------------------- steps


def _track(place: Place, label: str) -> Track:
    parts: list[tuple[Connects, list[Entry]]] = [(Connects(), [])]
    for number, item in enumerate(place.items(), start=1):
        entry = _entry(item.labelled(f"{label} {number}"), f"{label} {number}")
        if isinstance(entry, Step) and isinstance(entry.on, Connects):
            parts.append((entry.on, []))
        parts[-1][1].append(entry)
    return Track(tuple(Part(connections, tuple(entries)) for connections, entries in parts))


def _entry(place: Place, label: str) -> Entry:
    fields = place.fields("a step", ("on", "do", "repeat", "steps"))
    repeat = _repeat(fields.get("repeat"))
    if "steps" in fields:
        return _group(place, fields, repeat, label)
    if "do" not in fields:
        raise place.error("`do` is missing: what the step does")
    condition = _condition(fields.get("on"))
    if isinstance(condition, Connects) and repeat != 1:
        raise place.error("a step that waits for `connect` cannot repeat")
    do = fields["do"]
    listed = [do] if do.text is not None or isinstance(do.value, dict) else do.items()
    return Step(condition, tuple(_action(item, condition) for item in listed), repeat, place.line)


def _group(place: Place, fields: dict[str, Place], repeat: int | None, label: str) -> Group:
    if "on" in fields or "do" in fields:
        raise place.error("a group has `steps` and `repeat`, no `on` or `do`")
    names = [f"{label}.{number}" for number in range(1, len(fields["steps"].items()) + 1)]
    places = [item.labelled(name) for item, name in zip(fields["steps"].items(), names, strict=True)]
    entries = tuple(_entry(item, name) for item, name in zip(places, names, strict=True))
    if not entries:
        raise place.error("the group is empty")
    for item, entry in zip(places, entries, strict=True):
        if isinstance(entry, Step) and isinstance(entry.on, Connects):
            raise item.error("`connect` cannot be waited for inside a group")
    return Group(entries, repeat, place.line)


def _repeat(place: Place | None) -> int | None:
    if place is not None and place.text == "forever":
        return FOREVER
    return _whole_number(place, default=1, least=1)


# --------------------------------------------------------------------------------------- conditions


def _condition(place: Place | None) -> Condition:
    if place is None:
        return Delay(0, 0)
    written = _condition_text(place)
    match = CONDITION.fullmatch(written)
    if match is None:
        raise place.error(f"`on: {written}` has to be a word, with a number or a range such as 2-5 after it")
    word, first, last = match["word"], match["first"], match["last"]
    if word not in CONDITIONS:
        raise place.error(f"`on: {word}` is unknown{nearest(word, CONDITIONS)}")
    if word == "connect":
        return _connects(first, match["dash"], last)
    if word in {"now", "after_ms"}:
        return _delay(place, word, first, last)
    if match["dash"] or int(first or 1) < 1:
        raise place.error(f"`{word}` takes one number, from 1 on")
    return Occurs(Happening(word), int(first or 1))


def _condition_text(place: Place) -> str:
    """The condition as one line; `{audio_frames: 10}` is taken as well."""
    value = place.value
    if isinstance(value, dict) and len(value) == 1:
        (word, number), *_ = value.items()
        return f"{word} {number}"
    return " ".join(str(value).split())


def _connects(first: str | None, dash: str | None, last: str | None) -> Connects:
    if first is None:
        return Connects()
    if dash is None:
        return Connects(int(first), int(first))
    return Connects(int(first), int(last) if last else None)


def _delay(place: Place, word: str, first: str | None, last: str | None) -> Delay:
    if word == "now" and first is None:
        return Delay(0, 0)
    if word == "after_ms" and first is not None and last != "":
        return Delay(float(first), float(last or first))
    raise place.error("write `now` alone, and `after_ms` with a time in ms or a range of times (50-400)")


# --------------------------------------------------------------------------------------- actions


def _action(place: Place, condition: Condition) -> Action:
    name, settings = _name_and_settings(place)
    kind = ACTIONS.get(name)
    if kind is None:
        raise place.error(f"there is no action `{name}`{nearest(name, ACTIONS)}")
    if kind is faults.Refuse and not isinstance(condition, Connects):
        raise place.error("`refuse` belongs into a step with `on: connect`; later there is only `close`")
    return place.validated(kind, _keyed(kind, settings), f"`{name}`")


def _name_and_settings(place: Place) -> tuple[str, Any]:
    if place.text is not None:
        return place.text, {}
    fields = place.fields("an action")
    if len(fields) != 1:
        raise place.error("an action is a name, or one name with its settings")
    (name, settings), *_ = fields.items()
    return name, settings.value


def _keyed(kind: type[Action], settings: Any) -> Any:
    """`close: 1011` means `close: {code: 1011}`; so do lists for actions whose main setting is one."""
    main = kind.main_setting
    if settings is None:
        return {}
    if main is None or (isinstance(settings, dict) and set(settings) & set(kind.model_fields)):
        return settings
    if isinstance(settings, dict) and kind is not actions.Json:
        return settings
    return {main: settings}
