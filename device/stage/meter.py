"""The meter: what the ears hear, in the terminal, without a conversation and without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from device.audio.devices import open_microphone, open_speaker
from device.audio.hearing import Hearing
from device.audio.protocols import Microphone
from device.config import Settings
from device.events import Event

LINES_A_SECOND = 5
FRAMES_A_LINE = 50 // LINES_A_SECOND
BAR_DB = 60
BAR_WIDTH = 30


async def meter(settings: Settings, show: Callable[[str], None], *, lines: int | None = None) -> None:
    """Show a line five times a second: for ever, or so many.

    Raises:
        UnavailableError: a part of the sound path does not load, or a file is not there.
    """
    hearing = Hearing(settings.audio, settings.gate, _ignore)
    speaker = open_speaker(
        settings.audio,
        on_played=_ignore,
        on_drained=lambda: None,
        on_lost=show,
        on_back=lambda: None,
        on_output=hearing.played,
    )
    microphone = open_microphone(settings.audio, on_lost=show, on_back=lambda: None)
    try:
        await speaker.settled()
        await microphone.settled()
        hearing.use(microphone=microphone.name, speaker=speaker.name)
        speaker.start()
        microphone.start()
        await _show_lines(microphone, hearing, show, lines)
    finally:
        microphone.close()
        speaker.close()


async def _show_lines(
    microphone: Microphone, hearing: Hearing, show: Callable[[str], None], lines: int | None
) -> None:
    shown = 0
    async for frame in microphone.frames():
        hearing.take(frame, listening=True, sounding=False)
        if (frame.number + 1) % FRAMES_A_LINE == 0:
            show(_line(hearing, microphone.dropped))
            shown += 1
        if shown == lines:
            return


def _line(hearing: Hearing, dropped: int) -> str:
    gate = hearing.gate
    filled = round(max(0.0, BAR_DB + gate.level_dbfs) / BAR_DB * BAR_WIDTH)
    echo_db = hearing.echo.erle_db
    echo = "echo   --   " if echo_db is None else f"echo {-echo_db:5.1f} dB"
    return (
        f"[{'#' * min(filled, BAR_WIDTH):<{BAR_WIDTH}}] {gate.level_dbfs:6.1f} dB  "
        f"room {gate.noise_floor_dbfs:6.1f} dB  {gate.state:<9}  {echo}  dropped {dropped}"
    )


def _ignore(_: Event | int) -> None:
    """The meter only looks."""


def run_meter(settings: Settings, show: Callable[[str], None]) -> None:
    """The meter until Ctrl-C."""
    asyncio.run(meter(settings, show))
