"""Microphone, speaker, and what is done about the echo between them.

A sound card serves one program at a time. So where a daemon runs it is asked; else the devices are opened by
the same code as the daemon's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from device.audio.chimes import chime
from device.audio.devices import FILE_PREFIX, open_microphone, open_speaker
from device.audio.echo import EchoChoice, choose_echo, software_loads
from device.audio.files import read_microphone_wav
from device.audio.formats import MICROPHONE_RATE_HZ, SAMPLE_BYTES
from device.audio.protocols import Speaker
from device.config import AudioSettings, EchoMode, Settings
from device.doctor.daemon import Daemon, Presence
from device.doctor.finding import Finding, failed, passed, warned
from device.doctor.listening import Heard, listen
from device.errors import LadleError
from device.events import Chime, Duplex
from device.service.status import DeviceState, DeviceStatus, Status
from device.service.switches import Switches

MICROPHONE, SPEAKER, ECHO = "microphone", "speaker", "echo"
SECOND_BYTES = MICROPHONE_RATE_HZ * SAMPLE_BYTES
QUIET_S = 1.0
FOR_A_WORD_S = 6.0
PLAYED_WITHIN_S = 5.0
SEE_DEVICES = "See what there is: ladle devices"
SEE_LEVELS = "Watch it: ladle meter"
CLIPPED_SHARE = 0.01
FAINT_DBFS = -75.0
"""Below the noise of any microphone that is on and not turned down."""

TellPerson = Callable[[str], None]


# --------------------------------------------------------------------------------- asked of the daemon


def check_sound(
    settings: Settings, daemon: Daemon, switches: Switches, tell_person: TellPerson | None = None
) -> Iterator[Finding]:
    """All there is to say of sound.

    switches: as they were left; tell_person: shows a line to somebody who is to say a word, None: nobody is.
    """
    match daemon:
        case Daemon(presence=Presence.ANSWERS, status=Status() as status):
            yield _as_told(MICROPHONE, status.devices.microphone, daemon)
            yield _as_told(SPEAKER, status.devices.speaker, daemon)
            yield _echo_as_told(status)
        case Daemon(presence=Presence.SILENT):
            yield warned(
                MICROPHONE,
                "Not opened, nor is the speaker: a Ladle runs that may hold them.",
                "See the line on the daemon. If it is the service's: sudo ladle doctor",
            )
        case _:
            yield from asyncio.run(_tried(settings, switches, tell_person))


def _as_told(part: str, device: DeviceStatus, daemon: Daemon) -> Finding:
    match device.state:
        case DeviceState.WORKING:
            return passed(part, f"{device.name} works, as the Ladle that runs says.")
        case DeviceState.CLOSED:
            return passed(
                part, f"{device.name} is muted, as the Ladle that runs says. To listen: ladle unmute"
            )
        case DeviceState.STARTING:
            return warned(part, f"{device.name} is not open yet.", "Look again in a moment: ladle doctor")
        case DeviceState.AWAY:
            sentences = [fault.sentence for fault in daemon.faults_of(part)]
            return failed(part, " ".join(sentences) or f"{device.name} is away.", SEE_DEVICES)


def _echo_as_told(status: Status) -> Finding:
    by, duplex = status.devices.echo_by, status.devices.duplex
    return passed(ECHO, f"Cancelled by {_canceller(by)}. {_meaning(duplex)}")


def _canceller(by: str) -> str:
    return "nobody" if by == EchoMode.OFF else by


def _meaning(duplex: Duplex) -> str:
    if duplex is Duplex.FULL:
        return "Full duplex: one can talk over a reply."
    return "Half duplex: nobody can talk over a reply; the button stops it."


# -------------------------------------------------------------------------------------- tried out


async def _tried(settings: Settings, switches: Switches, tell_person: TellPerson | None) -> list[Finding]:
    audio = settings.audio
    spoken, speaker = await _try_speaker(audio, switches.volume_over(audio.volume))
    if switches.muted and settings.panel.keep_muted and not audio.input.startswith(FILE_PREFIX):
        heard, microphone = passed(MICROPHONE, "Not opened, for it is muted. To listen: ladle unmute"), ""
    else:
        heard, microphone = await _try_microphone(settings, tell_person)
    if microphone and speaker:
        echo = check_echo(audio, microphone=microphone, speaker=speaker)
    else:
        echo = passed(
            ECHO, f"{audio.echo_cancellation}; what that comes to shows once both devices are open."
        )
    return [heard, spoken, echo]


async def _try_speaker(audio: AudioSettings, volume: int | None) -> tuple[Finding, str]:
    """Play the chime; what came of it, and what the speaker calls itself, "" where it was not opened.

    volume: percent, None: that of the configuration.
    """
    if audio.output.startswith(FILE_PREFIX):
        return _file_speaker(audio.output), audio.output
    lost: list[str] = []
    drained = asyncio.Event()
    try:
        speaker = open_speaker(
            audio, on_played=_ignore, on_drained=drained.set, on_lost=lost.append, on_back=lost.clear
        )
    except LadleError as error:
        return failed(SPEAKER, str(error), SEE_DEVICES), ""
    try:
        await speaker.settled()
        if lost:
            return failed(SPEAKER, lost[0], SEE_DEVICES), ""
        if volume is not None:
            speaker.set_volume(volume)
        return await _played(speaker, drained, lost), speaker.name
    finally:
        speaker.close()


async def _played(speaker: Speaker, drained: asyncio.Event, lost: list[str]) -> Finding:
    speaker.start()
    speaker.play(chime(Chime.READY))
    speaker.complete()
    try:
        async with asyncio.timeout(PLAYED_WITHIN_S):
            await drained.wait()
    except TimeoutError:
        hangs = f"{speaker.name} opened, but has not played a chime in {PLAYED_WITHIN_S:g} s."
        return failed(SPEAKER, lost[0] if lost else hangs, SEE_DEVICES)
    if speaker.volume == 0:
        return warned(SPEAKER, f"{speaker.name} works, but the volume is 0.", "Set it: ladle volume 60")
    return passed(
        SPEAKER,
        f"{speaker.name} has played three rising tones at {speaker.volume} %. Unheard? alsamixer",
    )


def _file_speaker(name: str) -> Finding:
    """The file is not opened: that would empty it."""
    path = _path(name)
    if path.is_dir() or not path.parent.is_dir():
        return failed(SPEAKER, f"{path} cannot be written: it is no file.", "Correct audio.output.")
    return passed(SPEAKER, f"A recording is written to {path}; nothing is heard.")


async def _try_microphone(settings: Settings, tell_person: TellPerson | None) -> tuple[Finding, str]:
    """Listen for a moment; what came of it, and what the microphone calls itself, as for the speaker."""
    audio = settings.audio
    if audio.input.startswith(FILE_PREFIX):
        return _file_microphone(audio.input), audio.input
    lost: list[str] = []
    try:
        microphone = open_microphone(audio, on_lost=lost.append, on_back=lost.clear)
    except LadleError as error:
        return failed(MICROPHONE, str(error), SEE_DEVICES), ""
    try:
        await microphone.settled()
        if lost:
            return failed(MICROPHONE, lost[0], SEE_DEVICES), ""
        if tell_person:
            tell_person(f"Please say a word to {microphone.name} within {FOR_A_WORD_S:g} s ...")
        is_asked = tell_person is not None
        lasts_s = FOR_A_WORD_S if is_asked else QUIET_S
        heard = await listen(microphone, settings.gate, lasts_s=lasts_s, for_a_word=is_asked)
        return of_heard(heard, microphone.name, lost, was_asked=is_asked), microphone.name
    finally:
        microphone.close()


def _file_microphone(name: str) -> Finding:
    path = _path(name)
    try:
        pcm = read_microphone_wav(path)
    except LadleError as error:
        return failed(MICROPHONE, str(error), "Correct audio.input, or put a file there.")
    return passed(
        MICROPHONE, f"A recording of {len(pcm) / SECOND_BYTES:.1f} s is heard from {path}, then silence."
    )


def of_heard(heard: Heard, name: str, lost: list[str], *, was_asked: bool) -> Finding:
    """What the sound of a microphone says about it."""
    level = f"{name} gives sound at {heard.loudest_dbfs:.0f} dBFS"
    if not heard.frames:
        return failed(MICROPHONE, lost[0] if lost else f"{name} opened, but gives no sound.", SEE_DEVICES)
    if heard.is_dead:
        return failed(
            MICROPHONE,
            f"{name} gives nothing but zeros: it is switched off, or dead.",
            "Look for a switch on it, unmute it in alsamixer (F4), or try another audio.input_channel.",
        )
    if heard.clipped_share > CLIPPED_SHARE:
        return warned(MICROPHONE, f"{level}, and is cut off at its peaks.", "Turn it down in alsamixer (F4).")
    if was_asked and not heard.is_word:
        return warned(
            MICROPHONE,
            f"{level}, but the gate has heard no word.",
            f"Come nearer, turn it up in alsamixer (F4), and try again. {SEE_LEVELS}",
        )
    if heard.loudest_dbfs < FAINT_DBFS:
        return warned(MICROPHONE, f"{level}, hardly any.", f"Turn it up in alsamixer (F4). {SEE_LEVELS}")
    word = ", and the gate has heard the word" if heard.is_word else ""
    return passed(MICROPHONE, f"{level}{word}.")


def _path(name: str) -> Path:
    return Path(name.removeprefix(FILE_PREFIX)).expanduser()


# -------------------------------------------------------------------------------------------- echo


def check_echo(
    audio: AudioSettings,
    *,
    microphone: str,
    speaker: str,
    is_available: Callable[[], bool] = software_loads,
) -> Finding:
    """Who would cancel the echo between devices of these names."""
    try:
        choice = choose_echo(
            audio.echo_cancellation,
            microphone=microphone,
            speaker=speaker,
            channel=audio.input_channel,
            is_available=is_available,
        )
    except LadleError as error:
        return failed(ECHO, str(error), "Or set audio.echo_cancellation: auto.")
    return _of_choice(choice, audio)


def _of_choice(choice: EchoChoice, audio: AudioSettings) -> Finding:
    can_talk_over = audio.duplex is Duplex.FULL and audio.barge_in.enabled
    duplex = choice.duplex if can_talk_over else Duplex.HALF
    if choice.by is EchoMode.OFF and audio.echo_cancellation is EchoMode.AUTO:
        return warned(ECHO, _meaning(duplex), choice.why)
    return passed(ECHO, f"Cancelled by {_canceller(choice.by)}. {choice.why} {_meaning(duplex)}")


def _ignore(_: int) -> None:
    """How far the chime has been played nobody needs to know."""
