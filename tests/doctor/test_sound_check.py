"""Microphone, speaker and echo: as a daemon tells, as files, and as devices that are tried out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from device.audio.formats import FRAME_BYTES
from device.config import AudioSettings, EchoMode, GateSettings, Settings
from device.doctor import sound
from device.doctor.daemon import Daemon, Presence
from device.doctor.finding import Finding, Verdict
from device.doctor.listening import Heard, listen
from device.doctor.sound import check_echo, check_sound, of_heard
from device.errors import UnavailableError
from device.events import Duplex, Frame
from device.service.status import DeviceState, DeviceStatus, Fault, Status
from device.service.switches import Switches
from tests.doctor.running import with_devices
from tests.service.test_status import FAULTY, STATUS
from tests.sounds import read_wav, silence, speech, tone, write_wav

CARD = "A card"
UNTOUCHED = Switches()
WELL = Settings()


def by_name(findings: Any) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def as_told(status: Status) -> dict[str, Finding]:
    return by_name(check_sound(WELL, Daemon(Presence.ANSWERS, status), UNTOUCHED))


# ----------------------------------------------------------------------------------- a daemon runs


@pytest.fixture
def no_device_may_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the daemon holds the devices")

    monkeypatch.setattr(sound, "open_microphone", refuse)
    monkeypatch.setattr(sound, "open_speaker", refuse)


@pytest.mark.usefixtures("no_device_may_be_opened")
def test_where_a_daemon_runs_it_is_asked_instead() -> None:
    found = as_told(STATUS)
    assert {finding.verdict for finding in found.values()} == {Verdict.PASS}
    assert "reSpeaker 4 Mic Array works" in found["microphone"].found
    assert "USB Audio works" in found["speaker"].found
    assert "software" in found["echo"].found
    assert "one can talk over a reply" in found["echo"].found


@pytest.mark.usefixtures("no_device_may_be_opened")
@pytest.mark.parametrize(
    ("state", "verdict", "words"),
    [
        (DeviceState.CLOSED, Verdict.PASS, "ladle unmute"),
        (DeviceState.STARTING, Verdict.WARNING, "not open yet"),
        (DeviceState.AWAY, Verdict.FAULT, "is away"),
    ],
)
def test_each_state_that_the_daemon_knows_has_its_verdict(
    state: DeviceState, verdict: Verdict, words: str
) -> None:
    finding = as_told(with_devices(microphone=DeviceStatus("Array", state)))["microphone"]
    assert finding.verdict is verdict
    assert words in finding.found


@pytest.mark.usefixtures("no_device_may_be_opened")
def test_a_device_that_is_away_is_told_in_the_daemons_words() -> None:
    status = with_devices(speaker=DeviceStatus("USB Audio", DeviceState.AWAY))
    status = replace(status, faults=(*FAULTY.faults, Fault("speaker", "The speaker went away. Plug it in.")))
    finding = as_told(status)["speaker"]
    assert finding.found == "The speaker went away. Plug it in."
    assert "ladle devices" in finding.remedy


@pytest.mark.usefixtures("no_device_may_be_opened")
def test_half_duplex_says_what_it_means() -> None:
    finding = as_told(with_devices(echo_by="off", duplex=Duplex.HALF))["echo"]
    assert "the button stops it" in finding.found


@pytest.mark.usefixtures("no_device_may_be_opened")
def test_a_daemon_that_says_nothing_keeps_its_devices_all_the_same() -> None:
    [finding] = check_sound(WELL, Daemon(Presence.SILENT, why="You may not."), UNTOUCHED)
    assert finding.verdict is Verdict.WARNING
    assert "sudo ladle doctor" in finding.remedy


# ------------------------------------------------------------------------------------- files


def files(directory: Path, name: str = "in.wav") -> Settings:
    audio = {"input": f"file:{directory / name}", "output": f"file:{directory / 'out.wav'}"}
    return Settings.model_validate({"audio": audio})


def test_files_are_looked_at_and_not_played(tmp_path: Path) -> None:
    write_wav(tmp_path / "in.wav", silence(2))
    write_wav(tmp_path / "out.wav", tone(0.1, 24_000), rate=24_000)
    before = (tmp_path / "out.wav").read_bytes()
    found = by_name(check_sound(files(tmp_path), Daemon(), UNTOUCHED))
    assert {finding.verdict for finding in found.values()} == {Verdict.PASS}
    assert "A recording of 2.0 s" in found["microphone"].found
    assert str(tmp_path / "out.wav") in found["speaker"].found
    assert "A recording hears no speaker" in found["echo"].found
    assert (tmp_path / "out.wav").read_bytes() == before
    assert read_wav(tmp_path / "in.wav")


def test_files_that_cannot_be_used_are_faults(tmp_path: Path) -> None:
    settings = files(tmp_path / "none")
    found = by_name(check_sound(settings, Daemon(), UNTOUCHED))
    assert found["microphone"].verdict is Verdict.FAULT
    assert "audio.input" in found["microphone"].remedy
    assert found["speaker"].verdict is Verdict.FAULT
    assert "audio.output" in found["speaker"].remedy


# ------------------------------------------------------------------------------- devices tried out


class FakeMicrophone:
    """Gives these samples as quickly as they are taken, then nothing."""

    name = CARD
    dropped = 0

    def __init__(self, pcm: bytes = b"") -> None:
        self._pcm = pcm
        self.is_closed = False

    async def settled(self) -> None:
        """It is there."""

    def start(self) -> None:
        """Nothing to begin."""

    async def frames(self) -> AsyncIterator[Frame]:
        whole = len(self._pcm) // FRAME_BYTES
        for number in range(whole):
            yield Frame(number, self._pcm[number * FRAME_BYTES :][:FRAME_BYTES])
        await asyncio.Event().wait()

    def pause(self) -> None:
        """Nobody pauses it."""

    def resume(self) -> None:
        """Nobody resumes it."""

    def close(self) -> None:
        self.is_closed = True


class FakeSpeaker:
    """Plays whatever it is given at once; or never, or away."""

    name = CARD

    def __init__(self, on_drained: Callable[[], None], volume: int, *, drains: bool) -> None:
        self.volume = volume
        self._on_drained = on_drained
        self._drains = drains
        self.played = b""
        self.is_closed = False

    async def settled(self) -> None:
        """It is there."""

    def start(self) -> None:
        """Nothing to begin."""

    def set_volume(self, percent: int) -> int:
        self.volume = percent
        return percent

    def play(self, pcm: bytes) -> None:
        self.played += pcm

    def complete(self) -> None:
        if self._drains:
            self._on_drained()

    def close(self) -> None:
        self.is_closed = True


class Bench:
    """Stands in for the sound devices of a machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.microphone = FakeMicrophone(tone(1, 16_000))
        self.speaker: FakeSpeaker | None = None
        self.microphone_lost: str | None = None
        self.speaker_lost: str | None = None
        self.missing: str | None = None
        self.drains = True
        self.opened: list[str] = []
        monkeypatch.setattr(sound, "open_microphone", self._open_microphone)
        monkeypatch.setattr(sound, "open_speaker", self._open_speaker)
        monkeypatch.setattr(sound, "QUIET_S", 0.05)
        monkeypatch.setattr(sound, "FOR_A_WORD_S", 2.0)
        monkeypatch.setattr(sound, "PLAYED_WITHIN_S", 0.05)

    def _open_microphone(
        self, _: AudioSettings, *, on_lost: Callable[[str], None], on_back: Callable[[], None]
    ) -> FakeMicrophone:
        self.opened.append("microphone")
        if self.missing:
            raise UnavailableError(self.missing)
        if self.microphone_lost:
            on_lost(self.microphone_lost)
        return self.microphone

    def _open_speaker(
        self,
        settings: AudioSettings,
        *,
        on_played: Callable[[int], None],
        on_drained: Callable[[], None],
        on_lost: Callable[[str], None],
        on_back: Callable[[], None],
    ) -> FakeSpeaker:
        self.opened.append("speaker")
        if self.missing:
            raise UnavailableError(self.missing)
        if self.speaker_lost:
            on_lost(self.speaker_lost)
        self.speaker = FakeSpeaker(on_drained, settings.volume, drains=self.drains)
        return self.speaker

    def look(
        self,
        settings: Settings = WELL,
        switches: Switches = UNTOUCHED,
        tell_person: Callable[[str], None] | None = None,
    ) -> dict[str, Finding]:
        return by_name(check_sound(settings, Daemon(), switches, tell_person))


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_devices_that_work_pass_and_are_let_go_of(bench: Bench) -> None:
    found = bench.look()
    assert {finding.verdict for finding in found.values()} == {Verdict.PASS}
    assert list(found) == ["microphone", "speaker", "echo"]
    assert "A card gives sound at -15 dBFS" in found["microphone"].found
    assert "three rising tones" in found["speaker"].found
    assert bench.speaker
    assert bench.speaker.played
    assert bench.speaker.is_closed
    assert bench.microphone.is_closed


def test_a_microphone_that_is_muted_is_not_opened(bench: Bench) -> None:
    finding = bench.look(switches=Switches(muted=True))["microphone"]
    assert finding.verdict is Verdict.PASS
    assert "ladle unmute" in finding.found
    assert bench.opened == ["speaker"]


def test_a_mute_that_does_not_outlast_a_restart_does_not_count(bench: Bench) -> None:
    settings = Settings.model_validate({"panel": {"keep_muted": False}})
    assert "gives sound" in bench.look(settings, Switches(muted=True))["microphone"].found


def test_the_chime_is_as_loud_as_somebody_has_set_it(bench: Bench) -> None:
    assert "at 30 %" in bench.look(switches=Switches(volume=30, over=100))["speaker"].found
    assert "at 100 %" in bench.look(switches=Switches(volume=30, over=70))["speaker"].found


def test_devices_that_are_not_there_are_told_in_the_words_of_the_sound_room(bench: Bench) -> None:
    bench.microphone_lost, bench.speaker_lost = "There is no microphone. Plug one in.", "No speaker."
    found = bench.look()
    assert found["microphone"].found == "There is no microphone. Plug one in."
    assert found["speaker"].found == "No speaker."
    assert {found[part].verdict for part in ("microphone", "speaker")} == {Verdict.FAULT}
    assert "ladle devices" in found["microphone"].remedy
    assert "once both devices are open" in found["echo"].found


def test_a_library_that_is_missing_is_a_fault_of_both(bench: Bench) -> None:
    bench.missing = "Sound needs the PortAudio library. Install it."
    found = bench.look()
    assert {found[part].found for part in ("microphone", "speaker")} == {bench.missing}


def test_a_microphone_that_gives_no_frame_is_a_fault(bench: Bench) -> None:
    bench.microphone = FakeMicrophone()
    finding = bench.look()["microphone"]
    assert finding.verdict is Verdict.FAULT
    assert "gives no sound" in finding.found


def test_a_microphone_that_gives_zeros_is_a_fault_with_its_switch(bench: Bench) -> None:
    bench.microphone = FakeMicrophone(silence(1))
    finding = bench.look()["microphone"]
    assert finding.verdict is Verdict.FAULT
    assert "nothing but zeros" in finding.found
    assert "switch" in finding.remedy


def test_a_speaker_that_does_not_play_to_its_end_is_a_fault(bench: Bench) -> None:
    bench.drains = False
    finding = bench.look()["speaker"]
    assert finding.verdict is Verdict.FAULT
    assert "has not played a chime" in finding.found


def test_a_volume_of_zero_is_a_warning(bench: Bench) -> None:
    finding = bench.look(Settings.model_validate({"audio": {"volume": 0}}))["speaker"]
    assert finding.verdict is Verdict.WARNING
    assert "ladle volume" in finding.remedy


def test_a_person_is_asked_for_a_word_and_told_that_the_gate_has_heard_it(bench: Bench) -> None:
    bench.microphone = FakeMicrophone(silence(0.5) + speech(2))
    told: list[str] = []
    finding = bench.look(tell_person=told.append)["microphone"]
    assert finding.verdict is Verdict.PASS
    assert "the gate has heard the word" in finding.found
    assert ["say a word" in line for line in told] == [True]


def test_a_word_that_the_gate_does_not_hear_is_a_warning() -> None:
    heard = Heard(frames=100, loudest_dbfs=-60, is_dead=False)
    finding = of_heard(heard, CARD, [], was_asked=True)
    assert finding.verdict is Verdict.WARNING
    assert "has heard no word" in finding.found
    assert "ladle meter" in finding.remedy


def test_sound_that_is_cut_off_or_hardly_there_is_a_warning() -> None:
    loud = asyncio.run(heard_of(b"\xff\x7f" * 16_000))
    assert of_heard(loud, CARD, [], was_asked=False).verdict is Verdict.WARNING
    assert "Turn it down" in of_heard(loud, CARD, [], was_asked=False).remedy
    faint = asyncio.run(heard_of(b"\x01\x00\xff\xff" * 8_000))
    assert "Turn it up" in of_heard(faint, CARD, [], was_asked=False).remedy


async def heard_of(pcm: bytes) -> Heard:
    return await listen(FakeMicrophone(pcm), GateSettings(), lasts_s=0.2, for_a_word=False)


def test_a_level_is_that_of_the_loudest_frame() -> None:
    heard = asyncio.run(heard_of(silence(0.2) + tone(0.2, 16_000) + silence(0.2)))
    assert heard.frames == 30
    assert heard.loudest_dbfs == pytest.approx(
        -15.3, abs=0.2
    )  # a sine of 8000: 20 log(8000 / 32768 / sqrt 2)
    assert heard.clipped_share == 0


# ------------------------------------------------------------------------------------- echo


def echo(mode: EchoMode, microphone: str = CARD, *, is_available: bool = True) -> Finding:
    audio = AudioSettings(echo_cancellation=mode)
    return check_echo(audio, microphone=microphone, speaker=CARD, is_available=lambda: is_available)


def test_the_canceller_is_named_with_the_reason() -> None:
    assert "Cancelled by software. A card does not cancel by itself." in echo(EchoMode.AUTO).found
    assert "hardware" in echo(EchoMode.AUTO, "file:x.wav").found


def test_off_by_choice_passes_and_says_what_it_means() -> None:
    finding = echo(EchoMode.OFF)
    assert finding.verdict is Verdict.PASS
    assert "Half duplex: nobody can talk over a reply; the button stops it." in finding.found
    assert "Cancelled by nobody" in finding.found


def test_off_for_want_of_a_library_is_a_warning() -> None:
    finding = echo(EchoMode.AUTO, is_available=False)
    assert finding.verdict is Verdict.WARNING
    assert "pip install pywebrtc-audio" in finding.remedy


def test_software_that_is_asked_for_and_not_there_is_a_fault() -> None:
    finding = echo(EchoMode.SOFTWARE, is_available=False)
    assert finding.verdict is Verdict.FAULT
    assert "audio.echo_cancellation" in finding.remedy


def test_barge_in_that_is_switched_off_is_half_duplex() -> None:
    audio = AudioSettings.model_validate({"barge_in": {"enabled": False}})
    finding = check_echo(audio, microphone=CARD, speaker=CARD, is_available=lambda: True)
    assert "Half duplex" in finding.found
