"""Finding sound devices through PortAudio, with errors that a person can act on."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from device.errors import UnavailableError

try:
    import sounddevice
except OSError as missing:
    raise UnavailableError(
        f"Sound needs the PortAudio library ({missing}). Install it: sudo apt-get install libportaudio2"
    ) from None


class Direction(StrEnum):
    """Which way the sound goes."""

    INPUT = "input"
    OUTPUT = "output"


def find_device(name: str, direction: Direction) -> int | None:
    """PortAudio's index of the device whose name contains `name`; None for the default device.

    Indices change when cards come and go, so one is used at once and never kept.

    Raises:
        UnavailableError: no device of that name, or none at all.
    """
    if name == "default":
        return None
    names = device_names(direction)
    for index, known in names.items():
        if name.casefold() in known.casefold():
            return index
    listed = ", ".join(sorted(set(names.values()))) or "none"
    raise UnavailableError(
        f"There is no {direction} device with {name!r} in its name. The {direction} devices here: {listed}. "
        f"Set audio.{direction} to a part of one of these names, or plug the device in."
    )


def device_names(direction: Direction) -> dict[int, str]:
    """The devices that can do this direction, by PortAudio's index."""
    found: list[dict[str, Any]] = list(sounddevice.query_devices())
    channels = f"max_{direction}_channels"
    return {index: str(device["name"]) for index, device in enumerate(found) if device[channels] > 0}


def open_stream(stream_class: Any, name: str, direction: Direction, **options: Any) -> Any:
    """A raw stream of mono 16-bit samples on the named device.

    Raises:
        UnavailableError: the device is not there or cannot do what is asked.
    """
    device = find_device(name, direction)
    try:
        return stream_class(device=device, channels=1, dtype="int16", **options)
    except (sounddevice.PortAudioError, ValueError) as error:
        raise UnavailableError(
            f"The {direction} device {name!r} cannot be opened at {options['samplerate']} Hz mono: {error}. "
            "Check that it is plugged in and that no other program holds it."
        ) from None
