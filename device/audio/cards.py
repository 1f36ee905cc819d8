"""The sound cards of this machine, as the kernel lists them in /proc/asound, without opening any."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from device.audio.direction import Direction

PROC_ASOUND = Path("/proc/asound")
CARD_LINES = re.compile(r"^\s*(\d+) \[(\S+)\s*\]: .*? - (.*)\n\s+(.*)$", re.MULTILINE)
USB_PATH = re.compile(r"\busb-[^\s,]+")
PCM_DIRECTORY = re.compile(r"pcm(\d+)([cp])")


@dataclass(frozen=True)
class Card:
    """One sound card.

    id: ALSA's short name, which stays the same whatever the order in which the cards come up.
    usb_path: the socket it is plugged into, such as `usb-0000:01:00.0-1.2`; None where it is not a USB card.
    usb_id: vendor and product as `2886:0018`; None likewise.
    inputs, outputs: ALSA's numbers of its capture and playback devices.
    """

    id: str
    name: str
    description: str
    usb_path: str | None = None
    usb_id: str | None = None
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()

    def devices(self, direction: Direction) -> tuple[int, ...]:
        """ALSA's numbers of its devices for this direction."""
        return self.inputs if direction is Direction.INPUT else self.outputs

    def is_named(self, name: str) -> bool:
        """Whether `name` is exactly one of its identities."""
        return name.casefold() in {self.id.casefold(), (self.usb_path or self.id).casefold()}

    def has_in_its_name(self, part: str) -> bool:
        """Whether `part` occurs in what a person may call it."""
        return part.casefold() in f"{self.id}\n{self.name}\n{self.description}".casefold()


def list_text(root: Path = PROC_ASOUND) -> str:
    """The kernel's list as it is; another text after a card came or went."""
    try:
        return (root / "cards").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def sound_cards(root: Path = PROC_ASOUND) -> list[Card]:
    """Every card that is there now, in the kernel's order."""
    return [_card(root, *found) for found in CARD_LINES.findall(list_text(root))]


def _card(root: Path, index: str, card_id: str, name: str, description: str) -> Card:
    directory = root / f"card{index}"
    usb = USB_PATH.search(description)
    return Card(
        card_id,
        name.strip(),
        description.strip(),
        usb_path=usb.group() if usb else None,
        usb_id=_first_line(directory / "usbid"),
        inputs=_devices(directory, "c"),
        outputs=_devices(directory, "p"),
    )


def _first_line(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def _devices(directory: Path, letter: str) -> tuple[int, ...]:
    try:
        names = [PCM_DIRECTORY.fullmatch(path.name) for path in directory.iterdir()]
    except OSError:
        return ()
    return tuple(sorted(int(found[1]) for found in names if found and found[2] == letter))
