"""Listening for a moment: how loud it is, and whether the gate would take it for a word."""

from __future__ import annotations

import asyncio
from array import array
from dataclasses import dataclass, field

from device.audio.gate import Gate
from device.audio.noisefloor import QUIETEST_DBFS, NoiseFloor
from device.audio.protocols import Microphone
from device.config import GateSettings
from device.events import ActivityStarted, Frame

AT_THE_LIMIT = 32_700
"""Samples from here on are taken for cut off; resampling has moved them a little."""


@dataclass(slots=True)
class Heard:
    """What came in so far. loudest_dbfs: of the loudest frame; is_word: the gate has opened."""

    frames: int = 0
    loudest_dbfs: float = QUIETEST_DBFS
    clipped: int = 0
    is_dead: bool = True
    is_word: bool = False
    _samples: int = field(default=0, repr=False)
    _room: NoiseFloor = field(default_factory=NoiseFloor, repr=False)

    @property
    def clipped_share(self) -> float:
        """Of all samples."""
        return self.clipped / self._samples if self._samples else 0.0

    def take(self, frame: Frame) -> None:
        """Count a frame."""
        samples = array("h", frame.pcm)
        self.frames += 1
        self._samples += len(samples)
        self.is_dead = self.is_dead and not any(samples)
        self.clipped += sum(abs(sample) >= AT_THE_LIMIT for sample in samples)
        self._room.hear(frame.pcm)
        self.loudest_dbfs = max(self.loudest_dbfs, self._room.level_dbfs)


async def listen(
    microphone: Microphone, settings: GateSettings, *, lasts_s: float, for_a_word: bool
) -> Heard:
    """Hear the microphone for so long; with `for_a_word` no longer than until there was one.

    Raises:
        UnavailableError: the gate's detector does not load.
    """
    heard = Heard()
    gate = Gate(settings) if for_a_word else None
    microphone.start()
    try:
        async with asyncio.timeout(lasts_s):
            async for frame in microphone.frames():
                heard.take(frame)
                if gate and any(isinstance(event, ActivityStarted) for event in gate.process(frame)):
                    heard.is_word = True
                    return heard
    except TimeoutError:
        pass
    return heard
