"""Microphone and speaker through real PortAudio on a virtual sound card, in a process that uses that card."""

from __future__ import annotations

import array
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from queue import Queue

import pytest

from tests.audio.virtual_card import VirtualCard, server, virtual_card
from tests.sounds import loud_blocks, tone, write_wav

pytestmark = pytest.mark.sound


class SoundProcess:
    """A running tests.audio.sound_process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin and process.stdout
        self._stdin, self._stdout = process.stdin, process.stdout
        self._process = process
        self._told: Queue[tuple[float, str]] = Queue()
        self.said = ""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self._stdout:
            self.said += line
            self._told.put((time.monotonic(), line.strip()))

    def do(self, command: str) -> None:
        self._stdin.write(command + "\n")
        self._stdin.flush()

    def tells(self, what: str, *, within_s: float = 10) -> tuple[float, str]:
        """When it told this next, and the line."""
        while True:
            at_s, line = self._told.get(timeout=within_s)
            if line.startswith(what):
                return at_s, line

    def end(self) -> None:
        """Let it come to its end."""
        self._stdin.close()
        assert self._process.wait(10) == 0
        self._listener.join(5)


@contextmanager
def sound_process(card: VirtualCard, *words: str) -> Iterator[SoundProcess]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.audio.sound_process", *words],
        env=card.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        running = SoundProcess(process)
        running.tells("settled", within_s=15)
        yield running
    finally:
        process.kill()
        process.wait(5)


def captured_after(heard: Path, since: int, pcm: bytes) -> bool:
    return pcm in heard.read_bytes()[since:]


def longest_run(loud: list[int]) -> int:
    """Blocks of 10 ms of the longest stretch without a gap."""
    longest = run = 1
    for before, after in pairwise(loud):
        run = run + 1 if after == before + 1 else 1
        longest = max(longest, run)
    return longest


@pytest.fixture(scope="module")
def card() -> Iterator[VirtualCard]:
    with virtual_card(array=True) as running:
        yield running


# --------------------------------------------------------------------------------- hearing and playing


def test_what_is_played_into_the_microphone_is_captured_bit_for_bit(
    card: VirtualCard, tmp_path: Path
) -> None:
    sent = tone(1.0, 16_000)
    wav = write_wav(tmp_path / "tone.wav", sent)
    with sound_process(card, "microphone", "pulse", "0", str(tmp_path / "heard.raw")) as microphone:
        card.play_into_microphone(wav)
        time.sleep(0.5)
        microphone.end()
    assert sent in (tmp_path / "heard.raw").read_bytes()


def test_one_channel_of_a_six_channel_array_is_captured_bit_for_bit(
    card: VirtualCard, tmp_path: Path
) -> None:
    channels = [tone(1.0, 16_000, hz=200 + 100 * number) for number in range(6)]
    woven = array.array("h", bytes(6 * len(channels[0])))
    for number, channel in enumerate(channels):
        woven[number::6] = array.array("h", channel)
    wav = write_wav(tmp_path / "six.wav", woven.tobytes(), channels=6)
    words = ("microphone", "vmic6", "2", str(tmp_path / "heard.raw"), "6x16000")
    with sound_process(card, *words) as microphone:
        card.play_into_microphone(wav, sink="micsink6")
        time.sleep(0.5)
        microphone.end()
    heard = (tmp_path / "heard.raw").read_bytes()
    assert [number for number, channel in enumerate(channels) if channel in heard] == [2]


def test_a_microphone_that_does_48_khz_only_hears_the_same(card: VirtualCard, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "tone.wav", tone(1.0, 16_000, hz=1000))
    words = ("microphone", "pulse", "0", str(tmp_path / "heard.raw"), "2x48000")
    with sound_process(card, *words) as microphone:
        card.play_into_microphone(wav)
        time.sleep(0.5)
        microphone.end()
    heard = (tmp_path / "heard.raw").read_bytes()
    assert len(heard) % 640 == 0
    loud = loud_blocks(heard, 16_000)
    assert 98 <= len(loud) <= 103
    assert longest_run(loud) == len(loud)
    middle = array.array("h", heard)[loud[10] * 160 : loud[60] * 160]
    crossings = sum(before < 0 <= after for before, after in pairwise(middle))
    assert crossings == pytest.approx(500, abs=3), "half a second of 1000 Hz"


@pytest.mark.parametrize("shape", ["1x24000", "2x48000", "2x44100"])
def test_a_reply_comes_out_of_the_speaker_whole(card: VirtualCard, tmp_path: Path, shape: str) -> None:
    (tmp_path / "reply.raw").write_bytes(tone(1.0, 24_000))
    with (
        card.recording_speaker(tmp_path / "out.raw"),
        sound_process(card, "speaker", "pulse", shape) as speaker,
    ):
        speaker.do(f"play {tmp_path / 'reply.raw'}")
        speaker.tells("drained")
        speaker.end()
    loud = loud_blocks((tmp_path / "out.raw").read_bytes(), 24_000)
    assert 98 <= len(loud) <= 102, "one second of tone, in blocks of 10 ms"
    assert longest_run(loud) == len(loud), "without a gap"
    assert int(speaker.said.split("tapped ")[1]) >= 55, "the tap hears the silence too"


def test_drained_means_that_the_last_sample_was_heard(card: VirtualCard, tmp_path: Path) -> None:
    (tmp_path / "reply.raw").write_bytes(tone(0.5, 24_000))
    with (
        card.recording_speaker(tmp_path / "out.raw"),
        sound_process(card, "speaker", "pulse") as speaker,
    ):
        speaker.do(f"play {tmp_path / 'reply.raw'}")
        speaker.tells("drained")
        size = (tmp_path / "out.raw").stat().st_size
        time.sleep(0.5)
        speaker.end()
    recorded = (tmp_path / "out.raw").read_bytes()
    late_s = loud_blocks(recorded, 24_000)[-1] / 100 - size / 48_000
    # The recorder itself is some 20 to 60 ms behind what sounds.
    assert -0.3 < late_s < 0.08


def test_a_flush_silences_the_card_and_the_next_reply_is_heard(card: VirtualCard, tmp_path: Path) -> None:
    (tmp_path / "reply.raw").write_bytes(tone(3.0, 24_000))
    (tmp_path / "next.raw").write_bytes(tone(0.2, 24_000))
    with (
        card.recording_speaker(tmp_path / "out.raw"),
        sound_process(card, "speaker", "pulse") as speaker,
    ):
        speaker.do(f"play {tmp_path / 'reply.raw'}")
        time.sleep(1.0)
        speaker.do("flush")
        unheard_ms = int(speaker.tells("flushed")[1].split()[1]) / 24
        time.sleep(1.0)
        speaker.do(f"play {tmp_path / 'next.raw'}")
        speaker.tells("drained")
        speaker.end()
    loud = loud_blocks((tmp_path / "out.raw").read_bytes(), 24_000)
    first = [block for block in loud if block < loud[0] + 150]
    heard_ms = (first[-1] - first[0] + 1) * 10
    assert 700 <= heard_ms <= 1150, "about a second of the three was heard"
    assert heard_ms + unheard_ms == pytest.approx(3000, abs=120), "and it knows how much was not"
    second = [block for block in loud if block >= loud[0] + 150]
    assert 18 <= len(second) <= 22, "the 200 ms of the next reply"


def test_volume_and_ducking_act_on_what_already_waits(card: VirtualCard, tmp_path: Path) -> None:
    (tmp_path / "reply.raw").write_bytes(tone(3.0, 24_000))
    with (
        card.recording_speaker(tmp_path / "out.raw"),
        sound_process(card, "speaker", "pulse") as speaker,
    ):
        speaker.do(f"play {tmp_path / 'reply.raw'}")
        for command in ("duck 30", "unduck", "volume 0"):
            time.sleep(0.6)
            speaker.do(command)
        speaker.tells("drained")
        speaker.end()
    loud = loud_blocks((tmp_path / "out.raw").read_bytes(), 24_000)
    first = longest_run(loud[:70])
    assert 50 <= first <= 90
    gaps = [after - before for before, after in pairwise(loud) if after > before + 1]
    assert len(gaps) == 1
    assert 30 <= gaps[0] <= 90, "soft for 600 ms"
    assert len(loud) <= 160, "and silent in the end"


# --------------------------------------------------------------------------------- coming and going


def test_a_pulled_microphone_is_told_and_taken_back(card: VirtualCard, tmp_path: Path) -> None:
    sent = tone(0.5, 16_000)
    wav = write_wav(tmp_path / "tone.wav", sent)
    heard = tmp_path / "heard.raw"
    with sound_process(card, "microphone", "vmic", "0", str(heard)) as microphone:
        pulled_s = time.monotonic()
        card.pull("vmic")
        lost_s, line = microphone.tells("lost")
        assert lost_s - pulled_s < 1
        assert "'vmic'" in line
        time.sleep(2)
        plugged_s = time.monotonic()
        card.plug("vmic")
        assert microphone.tells("back")[0] - plugged_s < 6
        since = heard.stat().st_size
        card.play_into_microphone(wav)
        time.sleep(0.5)
        assert captured_after(heard, since, sent)
        microphone.end()


def test_a_reply_goes_on_where_it_stopped_when_its_speaker_is_back_soon(
    card: VirtualCard, tmp_path: Path
) -> None:
    (tmp_path / "reply.raw").write_bytes(tone(3.0, 24_000))
    with (
        card.recording_speaker(tmp_path / "out.raw"),
        sound_process(card, "speaker", "vspk") as speaker,
    ):
        speaker.do(f"play {tmp_path / 'reply.raw'}")
        time.sleep(1)
        card.pull("vspk")
        speaker.tells("lost")
        card.plug("vspk")
        speaker.tells("back")
        speaker.tells("drained")
        speaker.end()
    loud = loud_blocks((tmp_path / "out.raw").read_bytes(), 24_000)
    assert 290 <= len(loud) <= 325, "all three seconds; what the card held is played twice rather than never"


def test_a_reply_is_dropped_and_counts_as_drained_when_its_speaker_stays_away(
    card: VirtualCard, tmp_path: Path
) -> None:
    (tmp_path / "reply.raw").write_bytes(tone(8.0, 24_000))
    (tmp_path / "next.raw").write_bytes(tone(0.5, 24_000))
    with sound_process(card, "speaker", "vspk") as speaker:
        speaker.do(f"play {tmp_path / 'reply.raw'}")
        time.sleep(0.5)
        card.pull("vspk")
        lost_s, _ = speaker.tells("lost")
        assert speaker.tells("drained")[0] - lost_s == pytest.approx(5, abs=0.5)
        speaker.do(f"play {tmp_path / 'next.raw'}")
        speaker.tells("drained", within_s=1)
        card.plug("vspk")
        speaker.tells("back")
        with card.recording_speaker(tmp_path / "out.raw"):
            time.sleep(0.5)
            speaker.do(f"play {tmp_path / 'next.raw'}")
            speaker.tells("drained")
            speaker.end()
    loud = loud_blocks((tmp_path / "out.raw").read_bytes(), 24_000)
    assert 48 <= len(loud) <= 53, "nothing of the old reply is left"


def test_one_device_that_comes_and_goes_leaves_the_other_alone(card: VirtualCard, tmp_path: Path) -> None:
    script = """
import asyncio, sys
from device.audio.devices import open_microphone, open_speaker
from device.config import AudioSettings
async def main():
    settings = AudioSettings(input="vmic", output="vspk", latency_ms=100)
    drained, back = asyncio.Event(), asyncio.Event()
    speaker = open_speaker(settings, on_played=lambda _: None, on_drained=drained.set,
                           on_lost=lambda _: print("speaker lost", flush=True), on_back=lambda: None)
    microphone = open_microphone(settings, on_lost=lambda _: print("lost", flush=True), on_back=back.set)
    await speaker.settled(); await microphone.settled()
    print("settled", flush=True)
    speaker.start(); microphone.start()
    speaker.play(open(sys.argv[1], "rb").read()); speaker.complete()
    await back.wait(); print("back", flush=True)
    await drained.wait()
    microphone.close(); speaker.close()
asyncio.run(main())
"""
    (tmp_path / "reply.raw").write_bytes(tone(5.0, 24_000))
    with card.recording_speaker(tmp_path / "out.raw"):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "reply.raw")],
            env=card.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running = SoundProcess(process)
        running.tells("settled")
        time.sleep(0.5)
        card.pull("vmic")
        running.tells("lost")
        card.plug("vmic")
        running.tells("back")
        running.end()
        assert "speaker lost" not in running.said
    loud = loud_blocks((tmp_path / "out.raw").read_bytes(), 24_000)
    assert 498 <= len(loud) <= 502
    assert longest_run(loud) == len(loud), "the reply went on without a gap"


def test_a_microphone_that_is_paused_lets_go_of_the_card(card: VirtualCard, tmp_path: Path) -> None:
    captured, others = tmp_path / "captured.raw", card.listeners()
    with sound_process(card, "microphone", "vmic", "0", str(captured)) as running:
        assert _becomes(card.listeners, others + 1)
        running.do("pause")
        running.tells("paused")
        size = captured.stat().st_size
        assert _becomes(card.listeners, others), "the card is closed, not just ignored"
        assert captured.stat().st_size <= size + 640, "but for a frame on its way to the file"
        running.do("resume")
        assert _becomes(card.listeners, others + 1)
        assert _becomes(lambda: captured.stat().st_size > size, True)
        running.end()
    assert "lost" not in running.said


def _becomes(value: Callable[[], object], wanted: object) -> bool:
    """Whether it is so within some seconds: a sound server tells nobody when it has done something."""
    until = time.monotonic() + 10
    while value() != wanted and time.monotonic() < until:
        time.sleep(0.05)
    return value() == wanted


def test_a_microphone_that_freezes_is_told_and_goes_on_when_it_thaws(
    card: VirtualCard, tmp_path: Path
) -> None:
    """Its callbacks stop, and PortAudio calls the stream active all the while."""
    with sound_process(card, "microphone", "vmic", "0", str(tmp_path / "heard.raw")) as microphone:
        card.suspend_source("plugged_mic", True)
        frozen_s = time.monotonic()
        assert microphone.tells("lost")[0] - frozen_s < 1.5
        time.sleep(1)
        card.suspend_source("plugged_mic", False)
        microphone.tells("back", within_s=12)
        microphone.end()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("part", ["microphone", "speaker"])
def test_a_sound_server_that_is_started_anew_is_found_again(tmp_path: Path, part: str) -> None:
    words = {"microphone": ("pulse", "0", str(tmp_path / "heard.raw")), "speaker": ("pulse",)}[part]
    with virtual_card() as own:
        subprocess.run(["pactl", "exit"], env=own.environment, check=True, timeout=10)
        time.sleep(0.5)
        with sound_process(own, part, *words) as running:
            with server(own.environment):
                running.tells("back", within_s=15)
                subprocess.run(["pactl", "exit"], env=own.environment, check=True, timeout=10)
                running.tells("lost")
            with server(own.environment):
                running.tells("back", within_s=15)
                running.end()


def test_the_list_of_devices_names_them(card: VirtualCard) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "device.cli", "devices"],
        env=card.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert "* default" in result.stdout
    assert "  vmic " in result.stdout
    assert "16000 24000 32000 44100 48000 96000 Hz" in result.stdout
    assert "'default' is opened as default: 1 channel(s) at 24000 Hz" in result.stdout
    assert result.stderr == "", "ALSA's own messages are kept away"


def test_an_unknown_device_is_told_with_the_names_of_those_that_are_there(
    card: VirtualCard, tmp_path: Path
) -> None:
    with sound_process(card, "microphone", "toaster", "0", str(tmp_path / "heard.raw")) as microphone:
        microphone.end()
    assert "There is no input device with 'toaster' in its name. The input devices here: " in microphone.said
    assert "vmic" in microphone.said
