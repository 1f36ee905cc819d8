"""The WAV twins, on an event loop whose clock runs as fast as the machine can."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import pytest

from device.audio.devices import open_microphone, open_speaker
from device.audio.files import FileMicrophone, FileSpeaker, read_microphone_wav
from device.audio.formats import BLOCK_BYTES, FRAME_BYTES, REPLY_RATE_HZ
from device.audio.framequeue import FrameQueue
from device.audio.protocols import Speaker
from device.config import AudioSettings
from device.errors import ConfigError, UnavailableError
from device.events import Frame
from tests.clock import run_in_fast_time
from tests.sounds import write_wav


def opened_speaker(settings: AudioSettings) -> Speaker:
    return open_speaker(
        settings,
        on_played=lambda _: None,
        on_drained=lambda: None,
        on_lost=lambda _: None,
        on_back=lambda: None,
    )


async def take(microphone: FileMicrophone, count: int) -> list[Frame]:
    taken: list[Frame] = []
    async for frame in microphone.frames():
        taken.append(frame)
        if len(taken) == count:
            break
    return taken


def test_a_recording_is_heard_in_real_time_and_then_there_is_silence(tmp_path: Path) -> None:
    pcm = bytes(range(1, 101)) * 16  # two and a half frames
    path = write_wav(tmp_path / "in.wav", pcm)

    async def scene() -> tuple[list[Frame], float]:
        microphone = FileMicrophone.from_wav(path)
        began = asyncio.get_running_loop().time()
        microphone.start()
        frames = await take(microphone, 5)
        microphone.close()
        return frames, asyncio.get_running_loop().time() - began

    frames, took_s = run_in_fast_time(scene())
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    assert b"".join(frame.pcm for frame in frames) == pcm.ljust(5 * FRAME_BYTES, b"\x00")
    assert took_s == pytest.approx(0.1, abs=0.001), "five frames of 20 ms"


def test_it_tells_when_all_was_heard_and_can_hear_more() -> None:
    async def scene() -> list[bytes]:
        microphone = FileMicrophone(b"\x01" * FRAME_BYTES)
        microphone.start()
        await microphone.heard_all.wait()
        microphone.hear(b"\x02" * FRAME_BYTES)
        assert not microphone.heard_all.is_set()
        await microphone.heard_all.wait()
        frames = await take(microphone, 4)
        microphone.close()
        return [frame.pcm[:1] for frame in frames]

    assert run_in_fast_time(scene()) == [b"\x01", b"\x00", b"\x02", b"\x00"]


def test_a_full_queue_drops_the_oldest_frame_and_counts_it() -> None:
    async def scene() -> tuple[int, int]:
        queue = FrameQueue(limit=3)
        for _ in range(5):
            queue.put(b"")
        first = await anext(queue.frames())
        return first.number, queue.dropped

    assert asyncio.run(scene()) == (2, 2)


def test_the_speaker_writes_silence_and_replies_where_they_were_heard(tmp_path: Path) -> None:
    played: list[int] = []
    drained: list[float] = []

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        speaker = FileSpeaker(
            tmp_path / "out.wav", on_played=played.append, on_drained=lambda: drained.append(loop.time())
        )
        speaker.start()
        await asyncio.sleep(0.1)
        speaker.play(b"\x07\x07" * (BLOCK_BYTES // 2 * 3))
        speaker.complete()
        await asyncio.sleep(0.2)
        speaker.close()

    run_in_fast_time(scene())
    with wave.open(str(tmp_path / "out.wav"), "rb") as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (REPLY_RATE_HZ, 1, 2)
        pcm = wav.readframes(wav.getnframes())
    assert pcm.find(b"\x07") in (5 * BLOCK_BYTES, 6 * BLOCK_BYTES), "the reply came after 100 ms"
    assert pcm.count(b"\x07") == 3 * BLOCK_BYTES
    assert played == [BLOCK_BYTES] * 3
    assert len(drained) == 1


def test_a_flush_silences_the_next_block(tmp_path: Path) -> None:
    async def scene() -> int:
        speaker = FileSpeaker(tmp_path / "out.wav", on_played=lambda _: None, on_drained=lambda: None)
        speaker.start()
        speaker.play(b"\x07" * BLOCK_BYTES * 50)
        await asyncio.sleep(0.205)
        unheard = speaker.flush()
        await asyncio.sleep(0.2)
        speaker.close()
        return unheard

    unheard = run_in_fast_time(scene())
    pcm = (tmp_path / "out.wav").read_bytes()
    heard_bytes = pcm.count(b"\x07")
    assert heard_bytes + unheard * 2 == 50 * BLOCK_BYTES
    assert heard_bytes == pytest.approx(10 * BLOCK_BYTES, abs=BLOCK_BYTES)


def test_a_volume_below_full_scales_what_is_heard(tmp_path: Path) -> None:
    async def scene() -> None:
        settings = AudioSettings(output=f"file:{tmp_path}/out.wav", volume=50)
        speaker = opened_speaker(settings)
        speaker.start()
        speaker.play(b"\x00\x10" * BLOCK_BYTES)
        speaker.complete()
        await asyncio.sleep(0.1)
        speaker.close()

    run_in_fast_time(scene())
    pcm = (tmp_path / "out.wav").read_bytes()[44:]
    assert pcm.startswith(b"\x00\x04" * 480), "12 dB softer, from the first sample on"


@pytest.mark.parametrize(("rate", "channels", "width"), [(44_100, 1, 2), (16_000, 2, 2), (16_000, 1, 1)])
def test_a_recording_of_another_format_is_refused_with_the_way_to_convert_it(
    tmp_path: Path, rate: int, channels: int, width: int
) -> None:
    path = write_wav(tmp_path / "in.wav", bytes(64), rate=rate, channels=channels, width=width)
    with pytest.raises(
        ConfigError, match=r"in\.wav has .* the microphone needs 16000 Hz, mono, 16 bits.*sox"
    ):
        read_microphone_wav(path)


def test_a_file_that_is_no_wav_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    path.write_text("not sound", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"in\.wav is not a WAV file"):
        read_microphone_wav(path)


def test_a_missing_recording_is_named() -> None:
    with pytest.raises(
        UnavailableError, match=r"/nowhere\.wav cannot be opened as the microphone: No such file"
    ):
        open_microphone(
            AudioSettings(input="file:/nowhere.wav"), on_lost=lambda _: None, on_back=lambda: None
        )


def test_an_output_that_cannot_be_written_is_named() -> None:
    settings = AudioSettings(output="file:/nowhere/out.wav")
    with pytest.raises(UnavailableError, match=r"/nowhere/out\.wav cannot be written as the speaker: No"):
        opened_speaker(settings)
