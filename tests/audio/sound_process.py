"""A process with a microphone or a speaker of ours, for the tests on the virtual sound card.

    python -m tests.audio.sound_process microphone NAME CHANNEL FILE [SHAPE]    captures into FILE
    python -m tests.audio.sound_process speaker NAME [SHAPE]                    plays

SHAPE, as `6x16000`, lets the device do nothing but that many channels at that rate, as a bare card would.
Commands come on stdin, one a line: pause, resume; play FILE, flush, volume N, duck DB, unduck. Its end is the
end. What happens is told on stdout: settled, lost, back, drained, flushed N, and at last how many blocks were
tapped.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from device.audio.alsa import Shape
from device.audio.finding import Finder
from device.audio.microphone import PortAudioMicrophone
from device.audio.speaker import PortAudioSpeaker
from device.config import AudioSettings


def tell(what: str) -> None:
    print(what, flush=True)


def finder(shape: str | None) -> Finder:
    if shape is None:
        return Finder()
    channels, rate_hz = map(int, shape.split("x"))
    return Finder(shapes=lambda *_: [Shape(channels, rate_hz)])


async def commands() -> Any:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().split()


async def run_microphone(name: str, channel: str, file: str, shape: str | None = None) -> None:
    microphone = PortAudioMicrophone(
        AudioSettings(input=name, input_channel=int(channel), latency_ms=200),
        on_lost=lambda sentence: tell(f"lost {sentence}"),
        on_back=lambda: tell("back"),
        finder=finder(shape),
    )
    await microphone.settled()
    microphone.start()
    tell("settled")

    async def capture() -> None:
        with Path(file).open("wb", buffering=0) as out:  # noqa: ASYNC230
            async for frame in microphone.frames():
                out.write(frame.pcm)

    capturing = asyncio.create_task(capture())
    async for command, *_ in commands():
        if command == "pause":
            microphone.pause()
        elif command == "resume":
            microphone.resume()
        tell(f"{command}d")
    capturing.cancel()
    microphone.close()


async def run_speaker(name: str, shape: str | None = None) -> None:
    tapped: list[bytes] = []
    speaker = PortAudioSpeaker(
        AudioSettings(output=name, latency_ms=100),
        on_played=lambda _: None,
        on_drained=lambda: tell("drained"),
        on_lost=lambda sentence: tell(f"lost {sentence}"),
        on_back=lambda: tell("back"),
        on_output=tapped.append,
        finder=finder(shape),
    )
    await speaker.settled()
    speaker.start()
    tell("settled")
    async for command, *words in commands():
        match command:
            case "play":
                speaker.play(Path(words[0]).read_bytes())  # noqa: ASYNC240
                speaker.complete()
            case "flush":
                tell(f"flushed {speaker.flush()}")
            case "volume":
                speaker.set_volume(int(words[0]))
            case "duck":
                speaker.duck(float(words[0]))
            case "unduck":
                speaker.unduck()
    speaker.close()
    tell(f"tapped {len(tapped)}")


if __name__ == "__main__":
    part, *options = sys.argv[1:]
    asyncio.run(run_microphone(*options) if part == "microphone" else run_speaker(*options))
