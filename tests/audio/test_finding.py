"""Names of devices, over lists of cards as the kernel writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from errno import EACCES, EBUSY, EIO, ENODEV
from pathlib import Path

import pytest

from device.audio.alsa import NamedPcm, PcmError, Shape
from device.audio.cards import Card, sound_cards
from device.audio.direction import Direction
from device.audio.finding import Finder, Found, best_shape
from device.audio.listing import device_lines
from device.config import AudioSettings
from device.errors import UnavailableError

CARDS = """\
 0 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0
                      vc4-hdmi-0
 1 [ArrayUAC10     ]: USB-Audio - ReSpeaker 4 Mic Array (UAC1.0)
                      SEEED ReSpeaker 4 Mic Array (UAC1.0) at usb-0000:01:00.0-1.2, high speed
 3 [Device         ]: USB-Audio - USB Audio Device
                      C-Media Electronics Inc. USB Audio Device at usb-0000:01:00.0-1.3, full speed
"""
PCMS = {"card0": ["pcm0p"], "card1": ["pcm0c", "pcm0p", "stream0"], "card3": ["pcm0c", "pcm1c", "pcm0p"]}
NAMED = (
    NamedPcm("default", "The default", tuple(Direction)),
    NamedPcm("pulse", "PulseAudio Sound Server", tuple(Direction)),
    NamedPcm("spk_mix", "shared speaker", (Direction.OUTPUT,)),
)
ARRAY = [Shape(6, 16_000)]
STEREO_48K = [Shape(2, 44_100), Shape(2, 48_000)]


@pytest.fixture
def asound(tmp_path: Path) -> Path:
    (tmp_path / "cards").write_text(CARDS, encoding="utf-8")
    for card, names in PCMS.items():
        for name in names:
            (tmp_path / card / name).mkdir(parents=True)
    (tmp_path / "card1" / "usbid").write_text("2886:0018\n", encoding="utf-8")
    return tmp_path


def finder(asound: Path, able: Mapping[str, Sequence[Shape] | int]) -> Finder:
    """`able`: what a device can do, or the errno with which it does not open; the others are not there."""

    def shapes(pcm: str, _: Direction) -> Sequence[Shape]:
        found = able.get(pcm, ENODEV)
        if isinstance(found, int):
            raise PcmError(found)
        return found

    return Finder(lambda: sound_cards(asound), lambda: NAMED, shapes, lambda *_: None)


def test_the_kernels_list_is_read(asound: Path) -> None:
    assert sound_cards(asound)[1] == Card(
        "ArrayUAC10",
        "ReSpeaker 4 Mic Array (UAC1.0)",
        "SEEED ReSpeaker 4 Mic Array (UAC1.0) at usb-0000:01:00.0-1.2, high speed",
        usb_path="usb-0000:01:00.0-1.2",
        usb_id="2886:0018",
        inputs=(0,),
        outputs=(0,),
    )


def test_a_machine_without_sound_has_no_cards(tmp_path: Path) -> None:
    assert sound_cards(tmp_path) == []


@pytest.mark.parametrize("name", ["ArrayUAC10", "arrayuac10", "usb-0000:01:00.0-1.2", "respeaker", "SEEED"])
def test_a_card_is_found_by_its_id_its_socket_and_a_part_of_its_name(asound: Path, name: str) -> None:
    found = finder(asound, {"hw:CARD=ArrayUAC10,DEV=0": ARRAY}).find(name, Direction.INPUT, rate_hz=16_000)
    assert found == Found("hw:CARD=ArrayUAC10,DEV=0", Shape(6, 16_000))


def test_an_identity_counts_more_than_a_part_of_a_name(asound: Path) -> None:
    names = finder(asound, {}).candidates("Device", Direction.OUTPUT)
    assert names == ["hw:CARD=Device,DEV=0", "plughw:CARD=Device,DEV=0"]


def test_a_card_without_that_direction_is_not_meant(asound: Path) -> None:
    assert finder(asound, {}).candidates("vc4hdmi0", Direction.INPUT) == ["vc4hdmi0"]


def test_where_the_bare_card_cannot_be_used_alsa_converts(asound: Path) -> None:
    able = {"hw:CARD=vc4hdmi0,DEV=0": [], "plughw:CARD=vc4hdmi0,DEV=0": [Shape(1, 24_000)]}
    found = finder(asound, able).find("hdmi", Direction.OUTPUT, rate_hz=24_000)
    assert found == Found("plughw:CARD=vc4hdmi0,DEV=0", Shape(1, 24_000))


def test_the_default_is_alsas_own_where_it_works(asound: Path) -> None:
    found = finder(asound, {"default": STEREO_48K}).find("default", Direction.INPUT, rate_hz=16_000)
    assert found == Found("default", Shape(2, 48_000))


def test_the_default_is_else_a_usb_card_before_any_other(asound: Path) -> None:
    able = {"hw:CARD=vc4hdmi0,DEV=0": STEREO_48K, "hw:CARD=Device,DEV=0": STEREO_48K}
    assert (
        finder(asound, able).find("default", Direction.OUTPUT, rate_hz=24_000).pcm == "hw:CARD=Device,DEV=0"
    )


def test_a_name_from_alsas_configuration_is_found_by_a_part_and_waited_for_by_the_whole(asound: Path) -> None:
    assert finder(asound, {}).candidates("pul", Direction.INPUT) == ["pulse", "pul"]
    assert finder(asound, {}).candidates("kitchen", Direction.INPUT) == ["kitchen"]
    assert finder(asound, {}).candidates("spk_mix", Direction.INPUT) == ["spk_mix"]


@pytest.mark.parametrize(
    ("errno", "said"),
    [
        (EBUSY, "held by another program. Stop that program"),
        (EACCES, "group audio: sudo usermod"),
        (EIO, "cannot be opened: .*Plug it out and in again"),
        (ENODEV, "There is no input device with 'respeaker' in its name.*ArrayUAC10, Device, default, pulse"),
    ],
)
def test_what_stands_in_the_way_is_told_with_the_remedy(asound: Path, errno: int, said: str) -> None:
    with pytest.raises(UnavailableError, match=said):
        finder(asound, {"hw:CARD=ArrayUAC10,DEV=0": errno}).find("respeaker", Direction.INPUT, rate_hz=16_000)


def test_a_channel_that_the_array_does_not_have_is_told(asound: Path) -> None:
    able = {"hw:CARD=ArrayUAC10,DEV=0": ARRAY}
    with pytest.raises(UnavailableError, match=r"'respeaker' has no channel 6.*ladle devices"):
        finder(asound, able).find("respeaker", Direction.INPUT, rate_hz=16_000, channel=6)


def test_a_machine_without_any_microphone_says_so(asound: Path) -> None:
    with pytest.raises(UnavailableError, match=r"There is no microphone that works\. Plug one in"):
        finder(asound, {}).find("default", Direction.INPUT, rate_hz=16_000)


@pytest.mark.parametrize(
    ("possible", "channel", "best"),
    [
        ([Shape(1, 16_000), Shape(1, 48_000)], 0, Shape(1, 16_000)),
        ([Shape(1, 44_100), Shape(1, 48_000)], 0, Shape(1, 48_000)),
        ([Shape(2, 16_000), Shape(6, 16_000)], 0, Shape(2, 16_000)),
        ([Shape(1, 16_000), Shape(6, 16_000)], 5, Shape(6, 16_000)),
        ([Shape(1, 16_000), Shape(2, 48_000)], 1, Shape(2, 48_000)),
        ([Shape(1, 16_000)], 1, None),
        ([], 0, None),
    ],
)
def test_the_best_shape_is_ours_or_the_nearest(
    possible: list[Shape], channel: int, best: Shape | None
) -> None:
    assert best_shape(possible, rate_hz=16_000, channel=channel) == best


def test_the_list_names_every_device_with_what_it_is_and_can_do(asound: Path) -> None:
    able: dict[str, Sequence[Shape] | int] = {
        "hw:CARD=ArrayUAC10,DEV=0": ARRAY,
        "hw:CARD=Device,DEV=0": EBUSY,
        "hw:CARD=Device,DEV=1": STEREO_48K,
        "default": [Shape(1, 16_000), Shape(2, 16_000)],
    }
    lines = device_lines(AudioSettings(input="respeaker"), finder(asound, able))
    assert lines[:8] == [
        "Microphones (audio.input):",
        "* ArrayUAC10  ReSpeaker 4 Mic Array (UAC1.0), usb-0000:01:00.0-1.2, 2886:0018; "
        "6 channel(s), 16000 Hz",
        "  Device      USB Audio Device, usb-0000:01:00.0-1.3; in use by a program",
        "  Device      USB Audio Device, usb-0000:01:00.0-1.3; 2 channel(s), 44100 48000 Hz",
        "  default     The default; 1 to 2 channel(s), 16000 Hz",
        "  pulse       PulseAudio Sound Server; does not open (No such device)",
        "  'respeaker' is opened as hw:CARD=ArrayUAC10,DEV=0: 6 channel(s) at 16000 Hz",
        "",
    ]
    assert "Speakers (audio.output):" in lines
    assert any(line.startswith("* default") for line in lines)
