"""A rehearsal: the whole device against the stand-in, which runs in a process of its own.

Beside the command line this is the only module that knows both the daemon and the stand-in. The daemon itself
reaches the stand-in over the wire only, as it would reach Google.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from pydantic import SecretStr

from device.apikey import REHEARSAL_KEY
from device.audio.files import FileMicrophone, read_microphone_wav
from device.audio.formats import MICROPHONE_RATE_HZ, SAMPLE_BYTES
from device.config import AudioSettings, LiveSettings, Settings
from device.daemon import Daemon, make_daemon
from device.errors import LadleError
from device.panel.mock import press, use_mock_pins
from device.rehearsal.process import StandIn, running_stand_in
from device.service.timeline import Recorder
from device.stage.screen import Screen

EXAMPLE = (
    "I missed lunch today.",
    "Yes, please.",
    "How much protein is in a chicken breast?",
    "I had two slices of pizza.",
    "What should I eat for dinner?",
    "Thank you, that is all.",
)
AFTERNOON = time(14, 0)
ANSWER_S = 30.0
PAUSE_S = 0.5
REAL_MICROPHONE = "mic"
REAL_SPEAKER = "speaker"


@dataclass(frozen=True)
class Play:
    """What is rehearsed: sentences to say, or a recording or the real microphone to hear.

    hear: the path of a 16 kHz WAV file, or "mic"; None says the sentences of `say`.
    speak: the path of a WAV file to write, or "speaker"; None writes one in a new temporary directory.
    press_at_s: when the button is pressed, in seconds from ready.
    clock: the kitchen's time of day.
    """

    say: Sequence[str] = EXAMPLE
    hear: str | None = None
    speak: str | None = None
    press_at_s: Sequence[float] = ()
    script: Path | None = None
    clock: time = AFTERNOON


async def rehearse(settings: Settings, play: Play, recorders: Sequence[Recorder] = ()) -> None:
    """Rehearse, and show it in the terminal.

    Raises:
        LadleError: a part is missing or fails, or a sentence got no answer.
    """
    microphone = None if play.hear == REAL_MICROPHONE else FileMicrophone(_recording(play))
    sentences = [] if play.hear else [(text, await _voiced(text)) for text in play.say]
    spoken = None if play.speak == REAL_SPEAKER else Path(play.speak) if play.speak else _new_wav()
    use_mock_pins()
    screen = Screen()
    recorders = [screen, *recorders]
    async with AsyncExitStack() as parts:
        state = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="ladle-rehearsal-state-")))
        stand_in = await parts.enter_async_context(running_stand_in(play.script))
        daemon = make_daemon(
            _for_rehearsal(settings, stand_in, spoken),
            SecretStr(REHEARSAL_KEY),
            state=state,
            now=_kitchen_clock(play.clock),
            recorders=recorders,
            microphone=microphone,
        )
        screen.opening(stand_in.endpoint, f"{play.clock:%H:%M}")
        performance = _Performance(daemon, screen, microphone, sentences)
        await performance.run(play.press_at_s, lambda: _press(settings.panel.button_pin, recorders))
    if spoken:
        screen.closing(spoken)


class _Performance:
    """The daemon at work, and what is done to it meanwhile."""

    def __init__(
        self,
        daemon: Daemon,
        screen: Screen,
        microphone: FileMicrophone | None,
        sentences: Sequence[tuple[str, bytes]],
    ) -> None:
        self._daemon = daemon
        self._screen = screen
        self._microphone = microphone
        self._sentences = sentences

    async def run(self, press_at_s: Sequence[float], press_button: Callable[[], None]) -> None:
        """Until all is said and answered; raises LadleError where the daemon fails or does not answer."""
        stop = asyncio.Event()
        life = asyncio.create_task(self._daemon.run(stop), name="daemon")
        acting = asyncio.create_task(self._act(press_at_s, press_button), name="acting")
        await asyncio.wait({life, acting}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        failure = acting.exception() if acting.done() else None
        played = acting.done()
        acting.cancel()
        await life
        if failure:
            raise failure
        if not played and self._microphone is not None:
            raise LadleError("The rehearsal was stopped before its end.")

    async def _act(self, press_at_s: Sequence[float], press_button: Callable[[], None]) -> None:
        await self._screen.is_ready.wait()
        for at_s in press_at_s:
            asyncio.get_running_loop().call_later(at_s, press_button)
        if self._microphone is None:
            await asyncio.Event().wait()  # a person is talking: until Ctrl-C
        elif self._sentences:
            for text, pcm in self._sentences:
                await self._say(text, pcm, self._microphone)
        else:
            await self._hear_out(self._microphone)

    async def _say(self, text: str, pcm: bytes, microphone: FileMicrophone) -> None:
        await asyncio.sleep(PAUSE_S)
        self._screen.saying(text, len(pcm) / SAMPLE_BYTES / MICROPHONE_RATE_HZ)
        microphone.hear(pcm)
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._screen.turn_over.wait()
        except TimeoutError:
            raise LadleError(f"There was no answer to {text!r} within {ANSWER_S:.0f} s.") from None

    async def _hear_out(self, microphone: FileMicrophone) -> None:
        """Until the recording is over and nothing is going on any more."""
        await microphone.heard_all.wait()
        quiet_since = None
        loop = asyncio.get_running_loop()
        while quiet_since is None or loop.time() - quiet_since < 2 * PAUSE_S:
            await asyncio.sleep(PAUSE_S / 5)
            quiet_since = (quiet_since or loop.time()) if self._screen.quiet else None


def _press(pin: int, recorders: Sequence[Recorder]) -> None:
    for recorder in recorders:
        recorder.record("button_edge")
    press(pin)


def _recording(play: Play) -> bytes:
    return read_microphone_wav(Path(play.hear)) if play.hear else b""


async def _voiced(text: str) -> bytes:
    # The voice brings numpy and a resampler, which a rehearsal of a recording does without.
    from device.rehearsal.mouth import MICROPHONE_VOICE, Mouth  # noqa: PLC0415

    return await Mouth(MICROPHONE_VOICE).for_microphone(text)


def _new_wav() -> Path:
    return Path(tempfile.mkdtemp(prefix="ladle-rehearsal-")) / "answers.wav"


def _for_rehearsal(settings: Settings, stand_in: StandIn, spoken: Path | None) -> Settings:
    there = {"endpoint": stand_in.endpoint, "ca_file": stand_in.ca_file}
    output = {"output": f"file:{spoken}" if spoken else settings.audio.output}
    return settings.model_copy(
        update={
            "live": LiveSettings(**settings.live.model_dump() | there),
            "audio": AudioSettings(**settings.audio.model_dump() | output),
            # What is only rehearsed does not belong in the household's diary.
            "nutrition": settings.nutrition.model_copy(update={"diary": None}),
        }
    )


def _kitchen_clock(clock: time) -> Callable[[], datetime]:
    """A clock that shows `clock` now and goes on from there: a missed lunch needs an afternoon."""
    began = datetime.now().astimezone()
    ahead = began.replace(hour=clock.hour, minute=clock.minute, second=0) - began
    return lambda: datetime.now().astimezone() + ahead
