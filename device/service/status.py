"""How the device is: one value for programs (`as_json`), and a page for a person in front of a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from device.errors import UnavailableError
from device.events import Duplex, Face, PanelMode
from device.service.costs import Percentiles, UsageToday


class Link(StrEnum):
    """Whether there is a connection to the Live API."""

    STARTING = "starting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"


class DeviceState(StrEnum):
    """How a microphone or a speaker is; CLOSED: on purpose."""

    STARTING = "starting"
    WORKING = "working"
    CLOSED = "closed"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """The session with the Live API.

    age_s: of the connection, or of its absence. handoffs, reconnects: since the start; is_resumed: this
    connection went on with what was said before.
    """

    state: Link
    age_s: float
    model: str
    handoffs: int = 0
    reconnects: int = 0
    is_resumed: bool = False


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """A microphone or a speaker."""

    name: str
    state: DeviceState


@dataclass(frozen=True, slots=True)
class DevicesStatus:
    """What sound comes in by and goes out by, and who cancels the echo between the two."""

    microphone: DeviceStatus
    speaker: DeviceStatus
    echo_by: str
    duplex: Duplex


@dataclass(frozen=True, slots=True)
class MacrosLeft:
    """What is left of a day, energy in kcal, the rest in g; below zero where there was more than planned."""

    energy_kcal: int
    protein_g: int
    carbohydrate_g: int
    fat_g: int


@dataclass(frozen=True, slots=True)
class PersonToday:
    """Today of one person; left None: they want no numbers, or too little is known of them for any."""

    name: str
    left: MacrosLeft | None = None


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """A timer that runs; below zero: it rings."""

    name: str
    remaining_s: float


@dataclass(frozen=True, slots=True)
class Fault:
    """A part that does not work; the sentence says what a person can do."""

    part: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that `ladle status` tells; since_s: of the face; latencies: by the names of `Delay`."""

    face: Face
    since_s: float
    phase: str
    muted: bool
    volume: int
    mode: PanelMode
    connection: ConnectionStatus
    devices: DevicesStatus
    usage: UsageToday
    uptime_s: float
    latencies: Mapping[str, Percentiles]
    versions: Mapping[str, str]
    today: tuple[PersonToday, ...] = ()
    timers: tuple[TimerStatus, ...] = ()
    faults: tuple[Fault, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values, under the same names."""
        plain: dict[str, Any] = _adapter().dump_python(self, mode="json")
        return plain


def read_status(plain: Mapping[str, object]) -> Status:
    """What `as_json` made; what a newer daemon says beyond that is left out.

    Raises:
        UnavailableError: the daemon that said it is of another version.
    """
    try:
        return _adapter().validate_python(plain)
    except ValidationError:
        raise UnavailableError(
            "The Ladle that runs is of another version than this command. Restart it: systemctl restart ladle"
        ) from None


@cache
def _adapter() -> TypeAdapter[Status]:
    return TypeAdapter(Status)


# -------------------------------------------------------------------------------------- the page

NARROWEST = 50
"""Columns. On a narrower terminal the lines are broken by the terminal."""
INDENT = GAP = "  "
LONGEST_LABEL = 20

Rows = Sequence[tuple[str, str]]


def page(status: Status, width: int = 80) -> str:
    """The status for a person, in lines of at most `width` columns; what is wrong comes first."""
    room = max(width, NARROWEST)
    sections = (
        _section("Faults", [(fault.part, fault.sentence) for fault in status.faults], room),
        _section("Now", _now(status), room),
        _section("Connection", _connection(status.connection), room),
        _section("Devices", _devices(status.devices), room),
        _delays(status.latencies, room),
        _left_today(status.today, room),
        _section("Timers", [(timer.name, _remaining(timer)) for timer in status.timers], room),
        _section("Use today", _use(status.usage), room),
        _section("Versions", list(status.versions.items()), room),
    )
    headline = f"Ladle: {status.face} for {_span(status.since_s)}"
    return "\n\n".join(["\n".join(lines) for lines in ([headline], *sections) if lines])


def _now(status: Status) -> Rows:
    microphone = "muted" if status.muted else "listens"
    if status.mode is PanelMode.BUTTON and not status.muted:
        microphone = "listens after a press of the button"
    return [
        ("Microphone", microphone),
        ("Volume", f"{status.volume} %"),
        ("Phase", status.phase),
        ("Up for", _span(status.uptime_s)),
    ]


def _connection(connection: ConnectionStatus) -> Rows:
    so_far = f"{_counted(connection.handoffs, 'hand-off')}, {_counted(connection.reconnects, 'reconnect')}"
    session = "resumed" if connection.is_resumed else "begun with this connection"
    rows = [
        ("State", f"{connection.state} for {_span(connection.age_s)}"),
        ("Model", connection.model),
        ("So far", so_far),
    ]
    return [*rows, ("Session", session)] if connection.state is Link.CONNECTED else rows


def _devices(devices: DevicesStatus) -> Rows:
    return [
        ("Microphone", f"{devices.microphone.name} ({devices.microphone.state})"),
        ("Speaker", f"{devices.speaker.name} ({devices.speaker.state})"),
        ("Echo", f"{devices.echo_by}, {devices.duplex.value} duplex"),
    ]


def _delays(latencies: Mapping[str, Percentiles], room: int) -> list[str]:
    rows = [
        (name.replace("_", " ").capitalize(), _whole(taken.p50_ms), _whole(taken.p95_ms))
        for name, taken in latencies.items()
    ]
    return _table(("Delays", "p50 ms", "p95 ms"), rows, room)


def _left_today(people: Iterable[PersonToday], room: int) -> list[str]:
    rows = [(person.name, *_numbers(person.left)) for person in people]
    return _table(("Left today", "kcal", "protein g", "carbs g", "fat g"), rows, room)


def _numbers(left: MacrosLeft | None) -> Iterator[str]:
    if left is None:
        return iter("----")
    return map(_whole, (left.energy_kcal, left.protein_g, left.carbohydrate_g, left.fat_g))


def _remaining(timer: TimerStatus) -> str:
    return "rings" if timer.remaining_s <= 0 else _span(timer.remaining_s)


def _use(usage: UsageToday) -> Rows:
    since = "" if usage.is_whole_day else ", since the start"
    tokens = f"{usage.tokens_in:,} tokens in, {usage.tokens_out:,} out{since}"
    cost = "not known" if usage.cost is None else f"about {usage.cost:.2f} {usage.currency} (an estimate)"
    return [("Tokens", tokens), ("Cost", cost)]


# -------------------------------------------------------------------------------------- laying out


def _section(title: str, rows: Rows, room: int) -> list[str]:
    """A title and its labelled rows, the texts under each other; nothing where there are no rows."""
    if not rows:
        return []
    labels = [_shortened(label, LONGEST_LABEL) for label, _ in rows]
    column = max(map(_columns, labels))
    lines = [title]
    for label, (_, text) in zip(labels, rows, strict=True):
        beside = f"{INDENT}{_padded(label, column)}{GAP}"
        for line in _wrapped(_printable(text), room - _columns(beside)):
            lines.append(beside + line)
            beside = " " * _columns(beside)
    return lines


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[str]:
    """Names on the left, numbers under each other on the right; nothing where there are no rows."""
    if not rows:
        return []
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(1, len(head))]
    for_names = room - sum(widths) - len(GAP) * len(widths)
    names = [head[0], *(INDENT + _shortened(row[0], for_names - len(INDENT)) for row in rows)]
    column = max(map(_columns, names))
    lines = []
    for name, row in zip(names, (head, *rows), strict=True):
        numbers = (text.rjust(width) for text, width in zip(row[1:], widths, strict=True))
        lines.append(GAP.join([_padded(name, column), *numbers]))
    return lines


def _wrapped(text: str, room: int) -> Iterator[str]:
    line = ""
    for word in text.split():
        rest = word
        if line and _columns(f"{line} {rest}") > room:
            yield line
            line = ""
        while _columns(rest) > room:
            fits = _cut(rest, room)
            yield fits
            rest = rest[len(fits) :]
        line = f"{line} {rest}" if line else rest
    yield line


def _cut(text: str, room: int) -> str:
    """As many of its first characters as fit into `room` columns."""
    length = len(text)
    while _columns(text[:length]) > room:
        length -= 1
    return text[:length]


def _shortened(name: str, room: int) -> str:
    name = _printable(name)
    return name if _columns(name) <= room else _cut(name, room - 1) + "…"


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - _columns(text))


def _columns(text: str) -> int:
    """How wide a terminal shows it: some scripts take two columns a character, an accent of its own none."""
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def _printable(text: str) -> str:
    """A device or a timer may be called anything; nothing of it is to be an order to the terminal."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _whole(number: float) -> str:
    return f"{round(number):,}"


def _span(seconds: float) -> str:
    """A time in its two largest units."""
    whole = max(0, int(seconds))
    days, hours, minutes = whole // 86_400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"
