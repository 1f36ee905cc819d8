"""From a name in the configuration to a device that can be opened, and to how it is opened.

A name is `default`, a card's id or USB path, or a part of a name; never an index, for indices change when
cards come and go. Every look is a fresh one, so that a device that was plugged in meanwhile is found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from device.audio.alsa import NamedPcm, PcmError, Shape, named_pcms, shapes, try_out
from device.audio.cards import Card, sound_cards
from device.audio.direction import Direction
from device.errors import UnavailableError

DEFAULT = "default"
FURTHER_RATES_HZ = (48_000, 44_100, 32_000, 96_000, 24_000, 16_000)
"""What is tried, in this order, where a device cannot do the rate that we want."""


@dataclass(frozen=True)
class Found:
    """A device that answers: ALSA's name for it, and how to open it."""

    pcm: str
    shape: Shape


@dataclass(frozen=True)
class Finder:
    """Looks for devices; what it looks at can be replaced."""

    cards: Callable[[], Sequence[Card]] = sound_cards
    named: Callable[[], Sequence[NamedPcm]] = named_pcms
    shapes: Callable[[str, Direction], Sequence[Shape]] = shapes
    try_out: Callable[[str, Direction, Shape], None] = try_out

    def find(self, name: str, direction: Direction, *, rate_hz: int, channel: int = 0) -> Found:
        """The first device of that name that can be opened with `channel` (from 0) among its channels.

        Raises:
            UnavailableError: there is none; the message says what to do.
        """
        failures: list[PcmError] = []
        without_channel = False
        for pcm in self.candidates(name, direction):
            try:
                shape = best_shape(self.shapes(pcm, direction), rate_hz=rate_hz, channel=channel)
                if shape:
                    self.try_out(pcm, direction, shape)
                    return Found(pcm, shape)
            except PcmError as failure:
                failures.append(failure)
            else:
                without_channel = True
        if without_channel:
            raise UnavailableError(
                f"The {direction.part} {name!r} has no channel {channel}, or no rate that Ladle can use. "
                "`ladle devices` shows what it has."
            )
        raise UnavailableError(self._why(name, direction, failures))

    def name_of(self, pcm: str) -> str:
        """What the card behind ALSA's name calls itself; ALSA's name where there is none behind it."""
        card = next((card for card in self.cards() if f"CARD={card.id}," in f"{pcm},"), None)
        return f"{card.id} {card.name} {card.description}" if card else pcm

    def candidates(self, name: str, direction: Direction) -> list[str]:
        """ALSA's names for the devices that `name` may mean, best first.

        The bare card comes before ALSA's converting one: it gives every channel as it is, and our own
        resampler is cleaner than ALSA's.
        """
        cards = [card for card in self.cards() if card.devices(direction)]
        if name == DEFAULT:
            by_usb = sorted(cards, key=lambda card: card.usb_path is None)
            return [DEFAULT, *_pcms(by_usb, direction)]
        meant = [card for card in cards if card.is_named(name)]
        meant = meant or [card for card in cards if card.has_in_its_name(name)]
        if meant:
            return _pcms(meant, direction)
        known = [pcm.name for pcm in self.named() if direction in pcm.directions]
        return [pcm for pcm in known if pcm == name] or [
            *(pcm for pcm in known if name.casefold() in pcm.casefold()),
            name,
        ]

    def _why(self, name: str, direction: Direction, failures: Sequence[PcmError]) -> str:
        if any(failure.is_busy for failure in failures):
            return f"The {direction.part} {name!r} is held by another program. Stop that program."
        if any(failure.is_forbidden for failure in failures):
            return (
                f"Ladle may not open the {direction.part} {name!r}. Its user has to be in the group audio: "
                "sudo usermod --append --groups audio USER"
            )
        broken = [str(failure) for failure in failures if not failure.is_missing]
        if broken and name != DEFAULT:
            return f"The {direction.part} {name!r} cannot be opened: {broken[0]}. Plug it out and in again."
        known = ", ".join(self.names(direction)) or "none"
        if name == DEFAULT:
            return (
                f"There is no {direction.part} that works. Plug one in, or set audio.{direction} to one of "
                f"the {direction} devices here: {known}."
            )
        return (
            f"There is no {direction} device with {name!r} in its name. The {direction} devices here: "
            f"{known}. Plug it in, or set audio.{direction} to a part of one of these names."
        )

    def names(self, direction: Direction) -> list[str]:
        """What one may write into the configuration."""
        cards = [card.id for card in self.cards() if card.devices(direction)]
        return [*cards, *(pcm.name for pcm in self.named() if direction in pcm.directions)]


def best_shape(possible: Sequence[Shape], *, rate_hz: int, channel: int) -> Shape | None:
    """With as few channels as there can be to have `channel`, at our rate or the best of the others."""
    wide_enough = [shape for shape in possible if shape.channels > channel]
    for rate in (rate_hz, *FURTHER_RATES_HZ):
        at_rate = [shape for shape in wide_enough if shape.rate_hz == rate]
        if at_rate:
            return min(at_rate, key=lambda shape: shape.channels)
    return None


def _pcms(cards: Sequence[Card], direction: Direction) -> list[str]:
    places = [f"CARD={card.id},DEV={device}" for card in cards for device in card.devices(direction)]
    return [f"{kind}:{place}" for place in places for kind in ("hw", "plughw")]
