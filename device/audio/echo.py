"""The echo canceller: takes our own voice out of what the microphone hears.

In software that is WebRTC's AEC3, which finds the delay of the echo by itself (up to 400 ms) and follows two
clocks and reopened streams, and its mild noise suppression. Its gain control stays off: it would lift what is
left of the echo. Some arrays and speakerphones cancel by themselves, but only what they play themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from device.audio.formats import MICROPHONE_RATE_HZ
from device.audio.reference import Reference
from device.config import EchoMode
from device.errors import UnavailableError
from device.events import Duplex, Frame

INSTALL_HINT = (
    "Echo cancellation in software needs the package pywebrtc-audio (it has no wheel for 32-bit systems). "
    "Install it: pip install pywebrtc-audio. Or set audio.echo_cancellation: hardware where the microphone "
    "cancels by itself, or off: then nobody can talk over a reply."
)

NOISE_SUPPRESSION_LEVEL = 1

LOUD_RMS = 100
"""A reference below this (-50 dB of full scale) leaves no echo to judge the canceller by."""

MEMORY = 0.99
"""Of one loud frame to the next: the figure follows within two seconds."""


class EchoCanceller(Protocol):
    """Cleans frames, one after the other, on the event loop."""

    @property
    def erle_db(self) -> float | None:
        """By how many dB the echo was reduced of late; None while nothing was heard that says so."""

    @property
    def shifts(self) -> int:
        """How often it had to begin to find the echo again."""

    def begin_anew(self) -> None:
        """The speaker was cut off and has started again."""

    def played(self, pcm: bytes) -> None:
        """Take what was just handed to the speaker: 24 kHz, after volume and ducking. On any one thread."""

    def process(self, frame: Frame) -> Frame:
        """The frame without our own voice."""


class NoEcho:
    """For a microphone that has no echo in it, or that nobody listens to while a reply plays."""

    erle_db: float | None = None
    shifts = 0

    def begin_anew(self) -> None:
        """There is nothing to find."""

    def played(self, pcm: bytes) -> None:
        """Nobody asks what was played."""

    def process(self, frame: Frame) -> Frame:
        """The frame as it is."""
        return frame


class SoftwareEcho:
    """AEC3 over the reference of what was played."""

    def __init__(self, reference: Reference | None = None) -> None:
        """reference: of what is played. Raises UnavailableError where the package is not there."""
        processor = _load()
        self._reference = reference or Reference()
        self.played = self._reference.played
        self.begin_anew = self._reference.begin_anew
        self._processor = processor(
            sample_rate=MICROPHONE_RATE_HZ,
            num_channels=1,
            echo_cancellation=True,
            noise_suppression=True,
            ns_level=NOISE_SUPPRESSION_LEVEL,
            auto_gain_control=False,
            stream_delay_ms=0,
        )
        self._heard_energy = 0.0
        self._left_energy = 0.0

    @property
    def erle_db(self) -> float | None:
        """By how many dB the microphone's level falls while a reply plays; a person who talks lowers it."""
        if not self._heard_energy or not self._left_energy:
            return None
        return 10 * math.log10(self._heard_energy / self._left_energy)

    @property
    def shifts(self) -> int:
        """How often the reference was moved."""
        return self._reference.shifts

    def process(self, frame: Frame) -> Frame:
        """The frame without our own voice, delayed by some ms."""
        import numpy as np  # noqa: PLC0415

        near = np.frombuffer(frame.pcm, dtype="<i2")
        far = np.frombuffer(self._reference.frame_for(frame), dtype="<i2")
        left = self._processor.process(near, far)
        if _energy(far) > LOUD_RMS**2:
            self._heard_energy = MEMORY * self._heard_energy + _energy(near)
            self._left_energy = MEMORY * self._left_energy + _energy(left)
        return Frame(frame.number, left.tobytes())


def _energy(samples: Any) -> float:
    """Mean square, without the overflow of 16 bits."""
    wide = samples.astype("f4")
    return float(wide @ wide) / len(wide)


def _load() -> Any:
    """The processor, and what it needs, brought in only where software cancels."""
    try:
        import numpy as np  # noqa: F401, PLC0415
        import soxr  # noqa: F401, PLC0415
        from pywebrtc_audio import AudioProcessor  # noqa: PLC0415
    except ImportError as missing:
        raise UnavailableError(f"{INSTALL_HINT} ({missing})") from None
    return AudioProcessor


def software_loads() -> bool:
    """Whether the echo can be cancelled in software here."""
    try:
        _load()
    except UnavailableError:
        return False
    return True


# ------------------------------------------------------------------------------- choosing


@dataclass(frozen=True, slots=True)
class EchoChoice:
    """What is done about echo, never AUTO, and the sentence that says why."""

    by: EchoMode
    why: str

    @property
    def duplex(self) -> Duplex:
        """People can talk over a reply where the echo is taken out."""
        return Duplex.HALF if self.by is EchoMode.OFF else Duplex.FULL


@dataclass(frozen=True, slots=True)
class Canceller:
    """A device that cancels what it plays itself, known by a part of its name, in lower case.

    channels: those of its input that are processed; the others are bare microphones.
    """

    name: str
    channels: frozenset[int] = frozenset({0})


KNOWN_CANCELLERS = (
    Canceller("respeaker 4 mic array"),
    Canceller("arrayuac10"),
    Canceller("xvf3800", frozenset({0, 1})),
    Canceller("jabra speak"),
    Canceller("powerconf"),
)
"""Arrays and speakerphones by the names under which USB knows them. The ReSpeaker HATs are not among them."""

FILE_PREFIX = "file:"


def choose_echo(
    mode: EchoMode,
    *,
    microphone: str,
    speaker: str,
    channel: int = 0,
    is_available: Callable[[], bool] = software_loads,
) -> EchoChoice:
    """Decide who cancels.

    microphone, speaker: names of the opened devices. channel: of the microphone, from 0.
    is_available: whether software can cancel here.

    Raises:
        UnavailableError: software is asked for and is not there.
    """
    match mode:
        case EchoMode.OFF:
            return EchoChoice(mode, "audio.echo_cancellation is off: nobody can talk over a reply.")
        case EchoMode.HARDWARE:
            return EchoChoice(mode, "audio.echo_cancellation says that the microphone cancels by itself.")
        case EchoMode.SOFTWARE if not is_available():
            raise UnavailableError(INSTALL_HINT)
        case EchoMode.SOFTWARE:
            return EchoChoice(mode, "audio.echo_cancellation asks for software.")
        case EchoMode.AUTO:
            return _choose(microphone, speaker, channel, is_available)


def _choose(microphone: str, speaker: str, channel: int, is_available: Callable[[], bool]) -> EchoChoice:
    if microphone.startswith(FILE_PREFIX):
        return EchoChoice(EchoMode.HARDWARE, "A recording hears no speaker.")
    known = _known(microphone)
    if known and _known(speaker) == known and channel in known.channels:
        return EchoChoice(EchoMode.HARDWARE, f"{microphone} cancels what it plays.")
    reason = f"{microphone} does not cancel by itself."
    if known and channel not in known.channels:
        reason = f"Channel {channel} of {microphone} is a bare microphone."
    elif known:
        reason = f"{microphone} cancels only what it plays itself, and the sound comes from {speaker}."
    if is_available():
        return EchoChoice(EchoMode.SOFTWARE, reason)
    return EchoChoice(EchoMode.OFF, f"{reason} {INSTALL_HINT}")


def _known(name: str) -> Canceller | None:
    folded = name.casefold()
    return next((known for known in KNOWN_CANCELLERS if known.name in folded), None)


def open_echo(choice: EchoChoice, *, held_ms: int) -> EchoCanceller:
    """The canceller of that choice; held_ms: see `Reference`.

    Raises:
        UnavailableError: it does not load.
    """
    return SoftwareEcho(Reference(held_ms=held_ms)) if choice.by is EchoMode.SOFTWARE else NoEcho()
