"""Reading a configuration file: YAML in, Settings out, and every fault told with its file, line and key.

All that is wrong with a file is collected and told in one message, a line for each fault, with the nearest
right word where one looks misspelt.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import ValidationError

from device.config import Settings, shipped_directory
from device.errors import ConfigError

SYSTEM_FILE = Path("/etc/ladle/ladle.yaml")


def load_settings(path: Path | None = None) -> Settings:
    """Read a configuration file; without a path the system's own, else the defaults.

    Paths of foods and plan in the result are absolute and point at the files to use.

    Raises:
        ConfigError: the file cannot be read or something in it is wrong; one line for each fault.
    """
    if path is None and _is_there(SYSTEM_FILE):
        path = SYSTEM_FILE
    settings = Settings() if path is None else _parse(path)
    return _with_data_files(settings, path)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return True  # and reading it will say what is wrong


def _parse(path: Path) -> Settings:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(
            f"{path} cannot be read: {reason}. Give --config the path of a readable file."
        ) from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
        lines, doubled = _line_numbers(root)
    except yaml.YAMLError as error:
        raise ConfigError(_yaml_fault(path, error)) from None
    except (ValueError, RecursionError) as error:
        reason = "it refers to itself" if isinstance(error, RecursionError) else str(error)
        raise ConfigError(f"{path} cannot be understood: {reason}.") from None
    faults = [f"{path}, line {line}: {key} is set twice; keep one of them." for key, line in doubled]
    if content is not None and not isinstance(content, dict):
        raise ConfigError(
            f"{path}, line 1: expected sections such as `live:` or `audio:`, not {_kind(content)}."
        )
    # A section whose keys are all commented out reads as nothing: it takes its defaults.
    sections = {name: value for name, value in (content or {}).items() if value is not None}
    try:
        settings = Settings.model_validate(sections)
    except ValidationError as error:
        faults += [_describe(path, fault, lines) for fault in error.errors()]
        settings = Settings()
    if faults:
        raise ConfigError("\n".join(faults))
    return settings


def _yaml_fault(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{path}, line {mark.line + 1}" if mark else str(path)
    problem = getattr(error, "problem", None) or "unreadable"
    return (
        f"{where}: this is not valid YAML ({problem}). Check the indentation and the colons around this line."
    )


Key = tuple[str, ...]


def _line_numbers(root: yaml.Node | None) -> tuple[dict[Key, int], list[tuple[str, int]]]:
    """Line of every key, and the keys that stand twice in one mapping."""
    lines: dict[Key, int] = {}
    doubled: list[tuple[str, int]] = []
    for key, line in _walk(root, ()):
        if key in lines:
            doubled.append((".".join(key), line))
        lines[key] = line
    return lines, doubled


def _walk(node: yaml.Node | None, above: Key) -> Iterator[tuple[Key, int]]:
    if not isinstance(node, yaml.MappingNode):
        return
    for key_node, value_node in node.value:
        key = (*above, str(key_node.value))
        yield key, key_node.start_mark.line + 1
        yield from _walk(value_node, key)


def _describe(path: Path, fault: Mapping[str, Any], lines: Mapping[Key, int]) -> str:
    key: Key = tuple(str(part) for part in fault["loc"])
    known = next((key[:depth] for depth in range(len(key), 0, -1) if key[:depth] in lines), ())
    where = f"{path}, line {lines[known]}" if known else str(path)
    return f"{where}: {'.'.join(known or key)} {_complaint(fault, known or key)}"


def _complaint(fault: Mapping[str, Any], key: Key) -> str:
    value = fault["input"]
    match fault["type"]:
        case "extra_forbidden":
            return "is not a setting that Ladle knows" + _nearest_key(key)
        case "enum" | "literal_error":
            choices = _choices(key)
            near = difflib.get_close_matches(str(value), choices, n=1)
            return f"is {value!r}, but must be one of {', '.join(choices)}" + (
                f"; did you mean {near[0]}?" if near else "."
            )
        case "string_pattern_mismatch" | "string_type" if key[-1] in _PATTERN_HELP:
            return f"is {value!r}, which {_PATTERN_HELP[key[-1]]}."
        case "tuple_type":
            return f"is {value!r}, but must be a list: [{value}]."
        case "value_error":
            message = str(fault["ctx"]["error"])
            return f"is {value!r}, which {message}" if isinstance(value, str) else f"is wrong: {message}."
        case _:
            message = str(fault["msg"])
            return f"is {value!r}: {message[0].lower()}{message[1:]}."


_PATTERN_HELP = {
    "api_version": "must look like v1beta",
    "day_start": 'must be a time such as "04:00", in quotes',
}


def _nearest_key(key: Key) -> str:
    near = difflib.get_close_matches(key[-1], list(_fields(key[:-1])), n=1, cutoff=0.5)
    if near:
        return f"; did you mean {'.'.join((*key[:-1], near[0]))}?"
    return f"; {'.'.join(key[:-1]) or 'the file'} has {', '.join(_fields(key[:-1]))}."


def _fields(section: Key) -> Mapping[str, Any]:
    model: Any = Settings
    for name in section:
        # Below a mapping such as household.people any name leads to what it maps to.
        model = get_args(model)[1] if get_origin(model) is dict else model.model_fields[name].annotation
        if get_origin(model) in (Union, UnionType):  # a section that may be left out
            model = next(each for each in get_args(model))
    fields: Mapping[str, Any] = getattr(model, "model_fields", {})
    return {field.alias or name: field for name, field in fields.items()}


def _choices(key: Key) -> list[str]:
    annotation = _fields(key[:-1])[key[-1]].annotation
    # One of several words, or None.
    annotation = next((each for each in get_args(annotation) if get_origin(each) is Literal), annotation)
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    return [str(member.value) for member in annotation]


def _kind(content: object) -> str:
    if isinstance(content, list):
        return "a list"
    return "text" if isinstance(content, str) else "a single value"


def _with_data_files(settings: Settings, path: Path | None) -> Settings:
    beside = path.resolve().parent if path else None
    own = settings.nutrition
    files = {
        "foods": _data_file(own.foods, "foods.yaml", beside) or shipped_directory() / "foods.yaml",
        "own_foods": _data_file(own.own_foods, "own_foods.yaml", beside),
        "activities": _data_file(own.activities, "activities.yaml", beside)
        or shipped_directory() / "activities.yaml",
        "plan": _data_file(own.plan, "plan.yaml", beside) or shipped_directory() / "plan.yaml",
        "diary": _data_file(own.diary, None, beside),
    }
    return settings.model_copy(update={"nutrition": own.model_copy(update=files)})


def _data_file(configured: Path | None, name: str | None, beside: Path | None) -> Path | None:
    """The path that was configured, else the file of that name beside the configuration if it is there."""
    if configured is not None:
        return (beside or Path.cwd()) / configured
    return beside / name if name and beside and (beside / name).exists() else None
