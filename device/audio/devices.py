"""Choosing microphone and speaker by their configured names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from device.audio.files import FileMicrophone, FileSpeaker
from device.audio.protocols import Microphone, Speaker
from device.config import AudioSettings

FILE_PREFIX = "file:"
FULL_VOLUME = 100


def open_microphone(settings: AudioSettings) -> Microphone:
    """The microphone that `audio.input` names. Called on the event loop.

    Raises:
        UnavailableError: the device or file is not there.
        ConfigError: the file has another format.
    """
    if settings.input.startswith(FILE_PREFIX):
        return FileMicrophone.from_wav(_path(settings.input))
    # PortAudio looks for every sound card when it is imported: 0.1 s and 20 MB that a WAV file does not need.
    from device.audio.microphone import PortAudioMicrophone  # noqa: PLC0415

    return PortAudioMicrophone(settings.input, latency_ms=settings.latency_ms)


def open_speaker(
    settings: AudioSettings, *, on_played: Callable[[int], None], on_drained: Callable[[], None]
) -> Speaker:
    """The speaker that `audio.output` names. Called on the event loop.

    on_played: told the bytes of reply audio in each block handed to the device, possibly on another thread.
    on_drained: told, on the event loop, when all that was queued has been heard.

    Raises:
        UnavailableError: the device is not there, or the file cannot be written.
    """
    if settings.output.startswith(FILE_PREFIX):
        path = _path(settings.output)
        return FileSpeaker(path, on_played=on_played, on_drained=on_drained, scale=_scale(settings.volume))
    from device.audio.speaker import PortAudioSpeaker  # noqa: PLC0415

    return PortAudioSpeaker(
        settings.output,
        latency_ms=settings.latency_ms,
        on_played=on_played,
        on_drained=on_drained,
        scale=_scale(settings.volume),
    )


def _path(name: str) -> Path:
    return Path(name.removeprefix(FILE_PREFIX)).expanduser()


def _scale(volume: int) -> Callable[[bytes], bytes] | None:
    if volume == FULL_VOLUME:
        return None
    # numpy is 11 MiB that full volume does not need.
    from device.audio.volume import scaled  # noqa: PLC0415

    return partial(scaled, percent=volume)
