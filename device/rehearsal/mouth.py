"""Text to speech with Debian's voices: flite, or espeak-ng where there is no flite.

Programs of their own, started without a shell; nothing is written to disk.
"""

from __future__ import annotations

import asyncio
import shutil
import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

from device.errors import UnavailableError
from device.rehearsal.resample import resampled

MICROPHONE_RATE_HZ = 16_000
REPLY_RATE_HZ = 24_000
SPOKEN_KEPT = 32
LONGEST_S = 20.0

MICROPHONE_VOICE = "rms"  # of flite's voices the one that recognisers hear best
ANSWER_VOICE = "slt"

INSTALL_HINT = "The rehearsal has no voice. Install one: sudo apt-get install flite"

Program = Literal["flite", "espeak-ng"]


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono signed 16-bit PCM and its rate in Hz."""

    pcm: bytes
    rate_hz: int


class Mouth:
    """Speaks English with one voice; remembers the last few things it said.

    voice: a voice of flite's (rms, slt, awb, kal16); espeak-ng uses its own. Raises UnavailableError where
    neither program is installed.
    """

    def __init__(self, voice: str = ANSWER_VOICE) -> None:
        self._voice = voice
        self._program = find_program()
        self._spoken: OrderedDict[str, Sound] = OrderedDict()

    async def for_microphone(self, text: str) -> bytes:
        """The text as 16 kHz mono signed 16-bit PCM. Raises UnavailableError."""
        sound = await self._speak(text)
        return await asyncio.to_thread(resampled, sound.pcm, sound.rate_hz, MICROPHONE_RATE_HZ)

    async def for_reply(self, text: str) -> bytes:
        """The text as 24 kHz mono signed 16-bit PCM. Raises UnavailableError."""
        sound = await self._speak(text)
        return await asyncio.to_thread(resampled, sound.pcm, sound.rate_hz, REPLY_RATE_HZ)

    async def _speak(self, text: str) -> Sound:
        sound = self._spoken.get(text)
        if sound is None:
            sound = parse_wav(await _run(_command(self._program, self._voice, text)))
            self._spoken[text] = sound
        self._spoken.move_to_end(text)
        while len(self._spoken) > SPOKEN_KEPT:
            self._spoken.popitem(last=False)
        return sound


def find_program() -> Program:
    """The program that speaks on this machine. Raises UnavailableError."""
    programs: tuple[Program, ...] = ("flite", "espeak-ng")
    for program in programs:
        if shutil.which(program):
            return program
    raise UnavailableError(INSTALL_HINT)


def _command(program: Program, voice: str, text: str) -> tuple[str, ...]:
    if program == "flite":
        return ("flite", "-voice", voice, "-t", text, "-o", "/dev/stdout")
    return ("espeak-ng", "-v", "en-us", "--stdout", "--", text)


async def _run(command: tuple[str, ...]) -> bytes:
    """The standard output of a program; it is ended if we are no longer interested."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            output, _ = await process.communicate()
    except TimeoutError:
        raise UnavailableError(f"{command[0]} did not finish speaking in {LONGEST_S:.0f} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not output:
        raise UnavailableError(f"{command[0]} could not speak (status {process.returncode}). {INSTALL_HINT}")
    return output


def parse_wav(data: bytes) -> Sound:
    """The sound in a WAV stream. Its sizes are not trusted: a program that writes to a pipe cannot know them.

    Raises UnavailableError for what is no mono 16-bit WAV.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise UnavailableError("The voice gave something that is no WAV.")
    offset, rate_hz = 12, 0
    while offset + 8 <= len(data):
        name, size = data[offset : offset + 4], struct.unpack_from("<I", data, offset + 4)[0]
        offset += 8
        if name == b"data":
            pcm = data[offset : offset + size]
            return Sound(pcm[: len(pcm) // 2 * 2], rate_hz)
        if name == b"fmt ":
            kind, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", data, offset)
            if (kind, channels, bits) != (1, 1, 16):
                raise UnavailableError(f"The voice has {channels} channels of {bits} bits, not one of 16.")
        offset += size + size % 2
    raise UnavailableError("The voice gave a WAV without sound.")
