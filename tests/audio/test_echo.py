"""The echo canceller and its reference: blocks by number, a kitchen by arithmetic, devices by name."""

from __future__ import annotations

import array
import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.echo import (
    INSTALL_HINT,
    EchoChoice,
    NoEcho,
    SoftwareEcho,
    choose_echo,
    open_echo,
    software_loads,
)
from device.audio.formats import BLOCK_SAMPLES, FRAME_BYTES, SILENT_BLOCK, SILENT_FRAME
from device.audio.reference import LIMIT_BLOCKS, SHORT_WINDOW_FRAMES, WINDOW_FRAMES, Reference
from device.config import EchoMode
from device.errors import UnavailableError
from device.events import Duplex, Frame
from tests.audio.kitchen import babble
from tests.audio.scenes import SCENES, Kitchen, Loop, blocks_of, pcm_of, samples_of, speech_level
from tests.sounds import silence, speech, tone

MOST_WAITING = 1
SETTLED_FRAMES = 2 * WINDOW_FRAMES


def block(number: int) -> bytes:
    """A block that says which one it is."""
    return array.array("h", [number % 30_000 + 1] * BLOCK_SAMPLES).tobytes()


class Numbered:
    """A reference that is asked for frames in turn, and tells which block each of them got; -1 is silence."""

    def __init__(self, held_ms: int = 40) -> None:
        self.reference = Reference(bytes, held_ms=held_ms)
        self.played = 0
        self.asked = 0

    def play(self, count: int) -> None:
        for _ in range(count):
            self.reference.played(block(self.played))
            self.played += 1

    def ask(self, count: int = 1, *, lost: int = 0) -> list[int]:
        self.asked += lost
        got = []
        for _ in range(count):
            samples = array.array("h", self.reference.frame_for(Frame(self.asked, SILENT_FRAME)))
            got.append(samples[0] - 1)
            self.asked += 1
        return got

    @property
    def lag(self) -> int:
        """Blocks played after the one that the next frame gets."""
        return self.played - 1 - self.ask()[0]


@pytest.fixture
def numbered() -> Numbered:
    """One that has begun: its first frame got the first block."""
    numbered = Numbered()
    numbered.play(1)
    assert numbered.ask() == [0]
    return numbered


def test_each_frame_gets_the_block_of_its_own_number(numbered: Numbered) -> None:
    for number in range(1, 200):
        numbered.play(1)
        assert numbered.ask() == [number]


def test_bursts_change_nothing(numbered: Numbered) -> None:
    got = []
    for _ in range(100):
        numbered.play(4)
        got += numbered.ask(4)
    assert got == list(range(1, 401))


def test_a_stalled_loop_changes_nothing(numbered: Numbered) -> None:
    numbered.play(100)
    assert numbered.ask(100) == list(range(1, 101))
    assert numbered.reference.blocks_dropped == numbered.reference.blocks_inserted == 0


def test_blocks_of_lost_frames_are_passed_over(numbered: Numbered) -> None:
    numbered.play(10)
    assert numbered.ask(2) == [1, 2]
    assert numbered.ask(2, lost=3) == [6, 7]


def test_a_slow_speaker_leaves_silence_and_no_gap_in_what_it_played(numbered: Numbered) -> None:
    got = []
    for _ in range(20):
        numbered.play(4)
        got += numbered.ask(5)
    assert got.count(-1) == numbered.reference.blocks_inserted == 20
    assert [number for number in got if number >= 0] == list(range(1, 81))


def test_a_fast_speaker_is_caught_up_with(numbered: Numbered) -> None:
    for _ in range(100):
        numbered.play(11)
        numbered.ask(10)
    numbered.play(1)
    assert numbered.lag <= WINDOW_FRAMES // 10 + MOST_WAITING
    assert numbered.reference.blocks_dropped > 70


def test_a_microphone_that_was_away_finds_the_reference_in_step_again(numbered: Numbered) -> None:
    numbered.play(1000)
    numbered.play(1)
    assert numbered.ask()[0] >= 1000 - LIMIT_BLOCKS, "no more is kept than the limit"
    for _ in range(SETTLED_FRAMES):
        numbered.play(1)
        numbered.ask()
    numbered.play(1)
    assert numbered.lag <= MOST_WAITING


def test_a_microphone_that_counts_anew_is_in_step_at_once(numbered: Numbered) -> None:
    numbered.play(80)
    numbered.asked = 0
    assert numbered.lag == 0


def test_what_played_before_the_first_frame_is_no_echo() -> None:
    numbered = Numbered()
    numbered.play(70)
    assert numbered.lag == 0


def test_a_reserve_against_bursts_is_kept_from_the_start() -> None:
    numbered = Numbered(held_ms=80)
    numbered.play(1)
    assert numbered.ask() == [-1]
    got = []
    for _ in range(SETTLED_FRAMES // 3):
        numbered.play(3)
        got += numbered.ask(3)
    assert got == [-1, *range(len(got) - 1)], "40 ms of the 80"
    assert numbered.reference.shifts == 2


def test_a_speaker_that_was_started_again_is_caught_up_with_soon() -> None:
    numbered = Numbered(held_ms=80)
    for burst in (1, 12):
        numbered.play(burst)
        for _ in range(2 * SHORT_WINDOW_FRAMES):
            numbered.play(1)
            numbered.ask()
    numbered.play(1)
    assert numbered.lag <= 3


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=120),
    st.lists(st.integers(0, 200), max_size=3),
)
def test_after_any_disturbance_it_is_in_step_within_two_windows(
    steps: list[tuple[int, int]], stalls: list[int]
) -> None:
    numbered = Numbered()
    numbered.play(1)
    for played, asked in [*steps, *((stall, 0) for stall in stalls)]:
        numbered.play(played)
        numbered.ask(asked)
    for _ in range(SETTLED_FRAMES):
        numbered.play(1)
        numbered.ask()
    numbered.play(1)
    assert 0 <= numbered.lag <= MOST_WAITING


def test_blocks_may_come_from_another_thread() -> None:
    numbered = Numbered()
    numbered.play(1)
    feeder = threading.Thread(target=numbered.play, args=(LIMIT_BLOCKS,))
    feeder.start()
    got = [number for number in numbered.ask(LIMIT_BLOCKS) if number >= 0]
    feeder.join()
    assert got == sorted(set(got))


@pytest.mark.parametrize("hz", [300, 1000, 5000])
def test_resampling_gives_whole_frames_of_the_same_sound_at_most_a_frame_late(hz: int) -> None:
    reference = Reference()
    heard = b""
    for number, pcm in zip(range(50), blocks_of(tone(1.0, 24_000, hz)), strict=False):
        reference.played(pcm)
        frame = reference.frame_for(Frame(number, SILENT_FRAME))
        assert len(frame) == FRAME_BYTES
        heard += frame
    late = np.frombuffer(tone(1.0, 16_000, hz), dtype="<i2")[:-320].astype(float)
    got = np.frombuffer(heard, dtype="<i2")[320:].astype(float)
    middle = slice(1000, -1000)
    assert np.max(np.abs(got[middle] - late[middle])) < 800, "a tenth of the tone, for the filter's slope"


# ------------------------------------------------------------------------------- the canceller


@pytest.fixture(scope="module")
def reply() -> bytes:
    """15 s of a voice that says nothing."""
    return pcm_of(soxr.resample(babble(15, seed=4, pitch_hz=190), 16_000, 24_000))


@pytest.mark.parametrize("name", ["A", "B", "D", "E", "G"])
def test_the_echo_is_gone_once_the_canceller_knows_the_room(name: str, reply: bytes) -> None:
    run = Loop(SCENES[name], reply, seed=1).run(15 * 50, stoppable=False)
    heard, left = np.sum(run.energies[5 * 50 :], axis=0)
    assert 10 * np.log10(heard / left) > 30
    assert run.stops == []


def test_it_says_by_how_much_it_reduces_the_echo(reply: bytes) -> None:
    echo = SoftwareEcho()
    assert echo.erle_db is None
    kitchen = Kitchen(SCENES["B"], reply_rms=speech_level(samples_of(reply)), seed=1)
    coming = blocks_of(reply)
    for number in range(8 * 50):
        for _ in range(kitchen.blocks_due()):
            pcm = next(coming)
            echo.played(pcm)
            kitchen.play(pcm)
        echo.process(Frame(number, kitchen.hear()))
    assert echo.erle_db is not None
    assert echo.erle_db > 30


def test_a_person_in_a_silent_room_comes_through() -> None:
    echo = SoftwareEcho()
    pcm = silence(0.5) + pcm_of(babble(3.0, seed=2))
    frames = [Frame(at // FRAME_BYTES, pcm[at : at + FRAME_BYTES]) for at in range(0, len(pcm), FRAME_BYTES)]
    cleaned = [echo.process(frame) for frame in frames]
    assert [frame.number for frame in cleaned] == [frame.number for frame in frames]
    assert {len(frame.pcm) for frame in cleaned} == {FRAME_BYTES}
    before, after = (samples_of(b"".join(frame.pcm for frame in given[50:])) for given in (frames, cleaned))
    assert speech_level(after) > 0.7 * speech_level(before)
    assert echo.erle_db is None, "nothing was played"


def test_without_echo_frames_stay_as_they_are() -> None:
    frame = Frame(3, speech(0.02))
    echo = NoEcho()
    echo.played(SILENT_BLOCK)
    assert echo.process(frame) is frame
    assert echo.erle_db is None


# ------------------------------------------------------------------------------- choosing

ARRAY = "ReSpeaker 4 Mic Array (UAC1.0): USB Audio (hw:1,0)"
XVF = "reSpeaker XVF3800 4-Mic Array: USB Audio (hw:2,0)"
JABRA = "Jabra SPEAK 510 USB: Audio (hw:1,0)"
WEBCAM = "HD Webcam C270: USB Audio (hw:1,0)"
JACK = "bcm2835 Headphones: - (hw:0,0)"


def choose(
    microphone: str,
    speaker: str,
    *,
    mode: EchoMode = EchoMode.AUTO,
    channel: int = 0,
    is_available: Callable[[], bool] = lambda: True,
) -> EchoChoice:
    return choose_echo(
        mode, microphone=microphone, speaker=speaker, channel=channel, is_available=is_available
    )


@pytest.mark.parametrize(
    ("microphone", "speaker", "channel", "by"),
    [
        (ARRAY, ARRAY, 0, EchoMode.HARDWARE),
        (ARRAY, ARRAY, 2, EchoMode.SOFTWARE),
        (ARRAY, JACK, 0, EchoMode.SOFTWARE),
        (XVF, XVF, 1, EchoMode.HARDWARE),
        (JABRA, JABRA, 0, EchoMode.HARDWARE),
        ("Anker PowerConf S3", "Anker PowerConf S3", 0, EchoMode.HARDWARE),
        (JABRA, XVF, 0, EchoMode.SOFTWARE),
        (WEBCAM, JACK, 0, EchoMode.SOFTWARE),
        ("seeed4micvoicec: - (hw:1,0)", "seeed4micvoicec: - (hw:1,0)", 0, EchoMode.SOFTWARE),
        ("default", "default", 0, EchoMode.SOFTWARE),
        ("file:/tmp/question.wav", JACK, 0, EchoMode.HARDWARE),
    ],
)
def test_auto_looks_at_both_devices(microphone: str, speaker: str, channel: int, by: EchoMode) -> None:
    choice = choose(microphone, speaker, channel=channel)
    assert choice.by is by
    assert choice.duplex is Duplex.FULL


def test_auto_says_why() -> None:
    assert (
        choose(ARRAY, JACK).why
        == f"{ARRAY} cancels only what it plays itself, and the sound comes from {JACK}."
    )
    assert "bare microphone" in choose(ARRAY, ARRAY, channel=3).why


def test_without_the_package_auto_is_half_duplex_and_says_what_to_do() -> None:
    choice = choose(WEBCAM, JACK, is_available=lambda: False)
    assert (choice.by, choice.duplex) == (EchoMode.OFF, Duplex.HALF)
    assert INSTALL_HINT in choice.why


def test_what_is_asked_for_is_done() -> None:
    assert choose(ARRAY, ARRAY, mode=EchoMode.SOFTWARE).by is EchoMode.SOFTWARE
    assert choose(WEBCAM, JACK, mode=EchoMode.HARDWARE).by is EchoMode.HARDWARE
    assert choose(WEBCAM, JACK, mode=EchoMode.OFF).duplex is Duplex.HALF
    with pytest.raises(UnavailableError, match="pip install pywebrtc-audio"):
        choose(WEBCAM, JACK, mode=EchoMode.SOFTWARE, is_available=lambda: False)


def test_a_missing_wheel_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert software_loads()
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    assert not software_loads()
    with pytest.raises(UnavailableError, match="has no wheel for 32-bit systems"):
        open_echo(EchoChoice(EchoMode.SOFTWARE, "asked for"), held_ms=80)


def test_the_choice_opens_its_canceller() -> None:
    assert isinstance(open_echo(EchoChoice(EchoMode.SOFTWARE, ""), held_ms=80), SoftwareEcho)
    assert isinstance(open_echo(EchoChoice(EchoMode.HARDWARE, ""), held_ms=80), NoEcho)
