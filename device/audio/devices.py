"""Choosing microphone and speaker by their configured names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from device.audio.files import FileMicrophone, FileSpeaker
from device.audio.output import OutputTap
from device.audio.protocols import Microphone, Speaker
from device.audio.volume import Gain
from device.config import AudioSettings

FILE_PREFIX = "file:"


def open_microphone(
    settings: AudioSettings, *, on_lost: Callable[[str], None], on_back: Callable[[], None]
) -> Microphone:
    """The microphone that `audio.input` names. Called on the event loop.

    on_lost: told, on the event loop, that the device is not there, with a sentence that says what to do;
    told again when there is another reason. on_back: told when it works again.

    Raises:
        UnavailableError: the file is not there, or PortAudio is not installed.
        ConfigError: the file has another format.
    """
    if settings.input.startswith(FILE_PREFIX):
        return FileMicrophone.from_wav(_path(settings.input))
    # PortAudio looks for every sound card when it is imported: 0.1 s and 20 MB that a WAV file does not need.
    from device.audio.microphone import PortAudioMicrophone  # noqa: PLC0415

    return PortAudioMicrophone(settings, on_lost=on_lost, on_back=on_back)


def open_speaker(
    settings: AudioSettings,
    *,
    on_played: Callable[[int], None],
    on_drained: Callable[[], None],
    on_lost: Callable[[str], None],
    on_back: Callable[[], None],
    on_output: OutputTap | None = None,
) -> Speaker:
    """The speaker that `audio.output` names. Called on the event loop.

    on_played: told the bytes of reply audio in each block handed to the device, possibly on another thread.
    on_drained: told, on the event loop, when all that was queued has been heard.
    on_lost, on_back: as for the microphone. on_output: see `OutputTap`.

    Raises:
        UnavailableError: the file cannot be written, or PortAudio is not installed.
    """
    if settings.output.startswith(FILE_PREFIX):
        gain = Gain(settings.volume, highest_percent=settings.volume_max)
        path = _path(settings.output)
        return FileSpeaker(path, on_played=on_played, on_drained=on_drained, on_output=on_output, gain=gain)
    from device.audio.speaker import PortAudioSpeaker  # noqa: PLC0415

    return PortAudioSpeaker(
        settings,
        on_played=on_played,
        on_drained=on_drained,
        on_lost=on_lost,
        on_back=on_back,
        on_output=on_output,
    )


def _path(name: str) -> Path:
    return Path(name.removeprefix(FILE_PREFIX)).expanduser()
