"""What `ladle devices` prints: every device by the name that one writes into the configuration."""

from __future__ import annotations

from collections.abc import Iterator

from device.audio.alsa import PcmError, Shape
from device.audio.cards import Card
from device.audio.direction import Direction
from device.audio.finding import DEFAULT, Finder
from device.audio.formats import MICROPHONE_RATE_HZ, REPLY_RATE_HZ
from device.config import AudioSettings
from device.errors import UnavailableError

OUR_RATE_HZ = {Direction.INPUT: MICROPHONE_RATE_HZ, Direction.OUTPUT: REPLY_RATE_HZ}
HEADING = {Direction.INPUT: "Microphones (audio.input):", Direction.OUTPUT: "Speakers (audio.output):"}


def device_lines(settings: AudioSettings, finder: Finder | None = None) -> list[str]:
    """Lines for a person; the device in use by this configuration is marked with a star.

    Raises:
        UnavailableError: ALSA is not installed.
    """
    finder = finder or Finder()
    chosen = {Direction.INPUT: settings.input, Direction.OUTPUT: settings.output}
    lines: list[str] = []
    for direction, name in chosen.items():
        lines += ["", HEADING[direction], *_lines(finder, direction, name)]
    return [*lines[1:], "", "* what this configuration names"]


def _lines(finder: Finder, direction: Direction, chosen: str) -> Iterator[str]:
    meant = finder.candidates(chosen, direction)
    rows = [*_cards(finder, direction), *_named(finder, direction)]
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, pcm, description in rows:
        is_meant = pcm == DEFAULT if chosen == DEFAULT else pcm in meant
        yield f"{'*' if is_meant else ' '} {name:<{width}}  {description}; {_ability(finder, pcm, direction)}"
    if not rows:
        yield "  none"
    try:
        found = finder.find(chosen, direction, rate_hz=OUR_RATE_HZ[direction])
    except UnavailableError as error:
        yield f"  {chosen!r} cannot be opened now. {error}"
    else:
        yield f"  {chosen!r} is opened as {found.pcm}: {_told(found.shape)}"


def _cards(finder: Finder, direction: Direction) -> Iterator[tuple[str, str, str]]:
    for card in finder.cards():
        for device in card.devices(direction):
            yield card.id, f"hw:CARD={card.id},DEV={device}", _identity(card)


def _identity(card: Card) -> str:
    return ", ".join(word for word in (card.name, card.usb_path, card.usb_id) if word)


def _named(finder: Finder, direction: Direction) -> Iterator[tuple[str, str, str]]:
    for pcm in finder.named():
        if direction in pcm.directions:
            yield pcm.name, pcm.name, pcm.description


def _ability(finder: Finder, pcm: str, direction: Direction) -> str:
    try:
        possible = finder.shapes(pcm, direction)
    except PcmError as error:
        return "in use by a program" if error.is_busy else f"does not open ({error})"
    channels = sorted({shape.channels for shape in possible})
    rates = sorted({shape.rate_hz for shape in possible})
    if not channels:
        return "nothing that Ladle can use"
    count = str(channels[0]) if len(channels) == 1 else f"{channels[0]} to {channels[-1]}"
    return f"{count} channel(s), {' '.join(map(str, rates))} Hz"


def _told(shape: Shape) -> str:
    return f"{shape.channels} channel(s) at {shape.rate_hz} Hz"
