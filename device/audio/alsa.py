"""What ALSA knows of sound devices, asked without PortAudio: which there are, and what each can do.

PortAudio lists the devices once, when it starts, and can list them anew only after every stream has been
closed. It also writes to stderr, the journal, whenever it cannot open one. So ALSA is asked first, through
its C library (https://www.alsa-project.org/alsa-doc/alsa-lib/pcm.html), and PortAudio opens what works.
"""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from device.audio.direction import Direction
from device.errors import UnavailableError

RATES_HZ = (16_000, 24_000, 32_000, 44_100, 48_000, 96_000)
MOST_CHANNELS = 8

STREAM = {Direction.OUTPUT: 0, Direction.INPUT: 1}
NONBLOCK = 1
INTERLEAVED = 3
NO_DEVICES = {"null", "jack", "oss", "lavrate", "samplerate", "speexrate", "speex", "upmix", "vdownmix"}
"""Plugins that ALSA lists beside the devices."""
USABLE_FORMATS = (2, 6, 10, 32)
"""Signed 16, 24 and 32 bits and 24 bits in three bytes, little-endian: those that PortAudio converts."""


class PcmError(Exception):
    """A device that ALSA cannot open; `number` is the errno."""

    def __init__(self, number: int) -> None:
        super().__init__(_library().snd_strerror(-number).decode(errors="replace"))
        self.is_missing = number in {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EINVAL}
        self.is_busy = number in {errno.EBUSY, errno.EAGAIN}
        self.is_forbidden = number in {errno.EACCES, errno.EPERM}


@dataclass(frozen=True)
class Shape:
    """How samples lie in a stream: so many channels, so many samples of each a second."""

    channels: int
    rate_hz: int


@dataclass(frozen=True)
class NamedPcm:
    """A device that ALSA's configuration names, such as `default` or `pulse`."""

    name: str
    description: str
    directions: tuple[Direction, ...]


def try_out(pcm: str, direction: Direction, shape: Shape) -> None:
    """Set the device up for this shape and let go of it: behind a sound server it may not be there after all.

    Raises:
        PcmError: it cannot be set up.
    """
    with _opened(pcm, direction) as (alsa, handle, wanted):
        kinds = [
            kind for kind in USABLE_FORMATS if _can(alsa.snd_pcm_hw_params_test_format, handle, wanted, kind)
        ]
        steps = (
            (alsa.snd_pcm_hw_params_set_access, INTERLEAVED),
            (alsa.snd_pcm_hw_params_set_format, kinds[0] if kinds else USABLE_FORMATS[0]),
            (alsa.snd_pcm_hw_params_set_channels, shape.channels),
            (alsa.snd_pcm_hw_params_set_rate, shape.rate_hz, 0),
            (alsa.snd_pcm_hw_params,),
        )
        for step, *values in steps:
            failed = step(handle, wanted, *values)
            if failed < 0:
                raise PcmError(-failed)


def shapes(pcm: str, direction: Direction) -> list[Shape]:
    """What the device can do, of up to eight channels and the usual rates.

    Raises:
        PcmError: it cannot be opened.
    """
    with _opened(pcm, direction) as (alsa, handle, wanted):
        return list(_shapes(alsa, handle, wanted))


def named_pcms() -> list[NamedPcm]:
    """The devices of ALSA's configuration, without those that it makes of each card."""
    alsa = _library()
    hints = ctypes.POINTER(ctypes.c_void_p)()
    if alsa.snd_device_name_hint(-1, b"pcm", ctypes.byref(hints)) < 0:
        return []
    try:
        found = list(_named_pcms(alsa, hints))
    finally:
        alsa.snd_device_name_free_hint(hints)
    return [pcm for pcm in found if "CARD=" not in pcm.name and pcm.name not in NO_DEVICES]


@contextmanager
def _opened(pcm: str, direction: Direction) -> Iterator[tuple[ctypes.CDLL, ctypes.c_void_p, ctypes.c_void_p]]:
    """ALSA, the device, and all that it can do."""
    alsa = _library()
    handle = ctypes.c_void_p()
    failed = alsa.snd_pcm_open(ctypes.byref(handle), pcm.encode(), STREAM[direction], NONBLOCK)
    if failed < 0:
        raise PcmError(-failed)
    wanted = ctypes.c_void_p()
    alsa.snd_pcm_hw_params_malloc(ctypes.byref(wanted))
    try:
        alsa.snd_pcm_hw_params_any(handle, wanted)
        yield alsa, handle, wanted
    finally:
        alsa.snd_pcm_hw_params_free(wanted)
        alsa.snd_pcm_close(handle)


def _can(test: Callable[..., int], *values: object) -> bool:
    return test(*values) == 0


def _shapes(alsa: ctypes.CDLL, handle: ctypes.c_void_p, wanted: ctypes.c_void_p) -> Iterator[Shape]:
    for channels in range(1, MOST_CHANNELS + 1):
        alsa.snd_pcm_hw_params_any(handle, wanted)
        if alsa.snd_pcm_hw_params_set_channels(handle, wanted, channels) < 0:
            continue
        if any(alsa.snd_pcm_hw_params_test_format(handle, wanted, kind) == 0 for kind in USABLE_FORMATS):
            for rate_hz in RATES_HZ:
                if alsa.snd_pcm_hw_params_test_rate(handle, wanted, rate_hz, 0) == 0:
                    yield Shape(channels, rate_hz)


def _named_pcms(alsa: ctypes.CDLL, hints: ctypes._Pointer[ctypes.c_void_p]) -> Iterator[NamedPcm]:
    at = 0
    while hints[at]:
        name, description, only = (_hint(alsa, hints[at], key) for key in (b"NAME", b"DESC", b"IOID"))
        directions = tuple(way for way in Direction if only in {"", f"{way.value.capitalize()}"})
        yield NamedPcm(name, description.replace("\n", ", "), directions)
        at += 1


def _hint(alsa: ctypes.CDLL, hint: object, key: bytes) -> str:
    text = alsa.snd_device_name_get_hint(hint, key)
    if not text:
        return ""
    try:
        return ctypes.string_at(text).decode(errors="replace")
    finally:
        _c_library().free(ctypes.c_void_p(text))


@cache
def _library() -> ctypes.CDLL:
    try:
        alsa = ctypes.CDLL("libasound.so.2")
    except OSError as missing:
        raise UnavailableError(
            f"Sound needs the ALSA library ({missing}). Install it: sudo apt-get install libasound2"
        ) from None
    alsa.snd_strerror.restype = ctypes.c_char_p
    alsa.snd_device_name_get_hint.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    alsa.snd_device_name_get_hint.restype = ctypes.c_void_p
    # Its messages would fill the journal every few seconds while a device is away. Their handler has to be C,
    # for Python must not run on ALSA's threads: a function that looks at no argument does.
    alsa.snd_lib_error_set_handler(ctypes.cast(_c_library().getpid, ctypes.c_void_p))
    return alsa


@cache
def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL(None)
