"""The way of a block from the queue to the device: volume, then those who want to know what is heard."""

from __future__ import annotations

from collections.abc import Callable

from device.audio.formats import BLOCK_BYTES
from device.audio.playback import Playback
from device.audio.volume import Gain

OutputTap = Callable[[bytes], None]
"""Told every block of 24 kHz mono samples that the device gets, silence and all, after volume and ducking, on
the thread that feeds the device. While the speaker is away there are none."""


class OutputPath:
    """Gives block after block; runs on the thread that feeds the device."""

    def __init__(
        self,
        playback: Playback,
        gain: Gain,
        *,
        on_played: Callable[[int], None],
        on_output: OutputTap | None = None,
    ) -> None:
        """on_played: told the bytes of reply audio in each block."""
        self._playback = playback
        self._gain = gain
        self._on_played = on_played
        self._on_output = on_output

    def next_block(self) -> bytes:
        """The next 20 ms."""
        samples, played = self._playback.take(BLOCK_BYTES)
        block = self._gain.apply(samples)
        if self._on_output:
            self._on_output(block)
        if played:
            self._on_played(played)
        return block
