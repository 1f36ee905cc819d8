"""PortAudio's raw streams, opened by ALSA's name of the device instead of by PortAudio's index.

An index is good only until PortAudio lists the devices anew, and it does so only when no stream is open. A
name is looked up when the stream is opened. So one device comes and goes without any effect on the other.
PortAudio offers this through its ALSA extension (pa_linux_alsa.h); sounddevice passes such an extension on
only together with an index, so the stream is opened here, and is one of sounddevice's from then on.
"""

from __future__ import annotations

import atexit
import ctypes
import threading
from collections.abc import Callable
from typing import Any

from device.audio.alsa import Shape
from device.audio.direction import Direction
from device.audio.formats import BLOCKS_PER_S, SAMPLE_BYTES
from device.errors import UnavailableError

try:
    import sounddevice
except OSError as missing:
    raise UnavailableError(
        f"Sound needs the PortAudio library ({missing}). Install it: sudo apt-get install libportaudio2"
    ) from None

DEVICE_BY_NAME = -2
"""paUseHostApiSpecificDeviceSpecification."""
TURN_S = 2.0

_turn = threading.Lock()
_abandoned: list[object] = []
"""Streams that hang may still call back; what they call has to stay."""


class _AlsaStreamInfo(ctypes.Structure):
    """PaAlsaStreamInfo."""

    _fields_ = (
        ("size", ctypes.c_ulong),
        ("host_api", ctypes.c_int),
        ("version", ctypes.c_ulong),
        ("device", ctypes.c_char_p),
    )


class _Turn:
    """PortAudio keeps its list of open streams without a lock: one opens or closes at a time.

    A close that hangs has left that list in order long before, so nobody waits for it for ever.
    """

    def __enter__(self) -> None:
        self._taken = _turn.acquire(timeout=TURN_S)

    def __exit__(self, *_: object) -> None:
        if self._taken:
            _turn.release()


class PortAudioStream(sounddevice._StreamBase):  # type: ignore[misc]
    """A stream of 16-bit samples in blocks of 20 ms.

    handle: called on PortAudio's thread with each block, to read it or to fill it.
    on_finished: called on PortAudio's thread when the device ends the stream by itself.
    """

    def __init__(
        self,
        pcm: str,
        direction: Direction,
        shape: Shape,
        *,
        latency_ms: int,
        handle: Callable[[Any], None],
        on_finished: Callable[[], None],
    ) -> None:
        """Raises UnavailableError where the device cannot be opened."""
        self.pcm = pcm
        self.shape = shape
        self.blocks = 0
        self._direction = direction
        self._handle = handle
        self._on_finished = on_finished
        self._ends_on_purpose = False
        self._stopping = threading.Lock()
        self._open(latency_ms)

    @property
    def latency_ms(self) -> float:
        """What PortAudio and the device hold between us and the air."""
        return float(self._latency) * 1000

    def start(self) -> None:
        """Begin to ask for blocks.

        Raises:
            UnavailableError: the device does not begin.
        """
        try:
            super().start()
        except sounddevice.PortAudioError as error:
            raise UnavailableError(
                f"The {self._direction.part} {self.pcm!r} does not start: {error}."
            ) from None

    def restart(self) -> None:
        """Throw away what the device holds, and go on. May take some ms."""
        with self._stopping:
            if self._ptr == sounddevice._ffi.NULL:
                return
            self._ends_on_purpose = True
            self.abort()
            self._ends_on_purpose = False
            self.start()

    def put_away(self) -> None:
        """Free the device. May hang where a driver does."""
        self._ends_on_purpose = True
        with self._stopping:
            self.abort()
            with _Turn():
                self.close()

    def abandon(self) -> None:
        """Have no more to do with it: it hangs. At exit PortAudio would wait for it, and is not asked to."""
        self._ends_on_purpose = True
        self._handle = _ignore
        _abandoned.append(self)
        atexit.unregister(sounddevice._exit_handler)

    def _open(self, latency_ms: int) -> None:
        lib, ffi = sounddevice._lib, sounddevice._ffi
        self._info = _AlsaStreamInfo(ctypes.sizeof(_AlsaStreamInfo), lib.paALSA, 1, self.pcm.encode())
        info = ffi.cast("void*", ctypes.addressof(self._info))
        channels, rate_hz = self.shape.channels, self.shape.rate_hz
        wanted = ffi.new(
            "PaStreamParameters*", (DEVICE_BY_NAME, channels, lib.paInt16, latency_ms / 1000, info)
        )
        is_input = self._direction is Direction.INPUT
        ways = (wanted, ffi.NULL) if is_input else (ffi.NULL, wanted)
        self._callback = ffi.callback("PaStreamCallback", self._called, error=lib.paAbort)
        place = ffi.new("PaStream**")
        with _Turn():
            failed = lib.Pa_OpenStream(
                place, *ways, rate_hz, rate_hz // BLOCKS_PER_S, lib.paNoFlag, self._callback, ffi.NULL
            )
        if failed:
            said = sounddevice._ffi.string(lib.Pa_GetErrorText(failed)).decode()
            raise UnavailableError(
                f"The {self._direction.part} {self.pcm!r} cannot be opened at {rate_hz} Hz with {channels} "
                f"channel(s): {said}. Check that it is plugged in and that no other program holds it."
            )
        self._ptr = place[0]
        found = lib.Pa_GetStreamInfo(self._ptr)
        self._latency = found.inputLatency if is_input else found.outputLatency
        self._finished_callback = ffi.callback("PaStreamFinishedCallback", self._finished)
        lib.Pa_SetStreamFinishedCallback(self._ptr, self._finished_callback)

    def _called(self, captured: Any, wanted: Any, count: int, *_: object) -> int:
        samples = captured if self._direction is Direction.INPUT else wanted
        self._handle(sounddevice._ffi.buffer(samples, count * self.shape.channels * SAMPLE_BYTES))
        self.blocks += 1
        return int(sounddevice._lib.paContinue)

    def _finished(self, _: object) -> None:
        if not self._ends_on_purpose:
            self._on_finished()


def _ignore(_: Any) -> None:
    """What an abandoned stream still gives or wants."""
