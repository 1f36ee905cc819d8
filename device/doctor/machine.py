"""The machine itself: power, memory, and the versions that a report of a fault should name."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from device import __version__
from device.audio.devices import FILE_PREFIX
from device.config import AudioSettings
from device.doctor.commands import Ask, output_of
from device.doctor.finding import Finding, failed, passed, warned

THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
BOARD = Path("/proc/device-tree/model")
MEMORY = Path("/proc/meminfo")
LITTLE_MIB = 100
LOW_NOW, SLOW_NOW, HOT_NOW, LOW_SINCE, SLOW_SINCE, HOT_SINCE = (1 << bit for bit in (0, 2, 3, 16, 18, 19))
"""Of the firmware's answer (https://www.raspberrypi.com/documentation/computers/os.html#get_throttled)."""
BETTER_SUPPLY = "Use the power supply made for this board and a short, thick cable; give speakers their own."


def check_power(file: Path = THROTTLED, ask: Ask = output_of) -> Iterator[Finding]:
    """Whether the supply is strong enough; nothing where the machine does not tell."""
    bits = _throttled(file, ask)
    if bits is None:
        return
    if bits & (LOW_NOW | LOW_SINCE):
        when = "now" if bits & LOW_NOW else "at times since the machine started"
        yield warned(
            "power", f"The voltage is too low {when}; sound stutters and cards are lost.", BETTER_SUPPLY
        )
    elif bits & (SLOW_NOW | HOT_NOW | SLOW_SINCE | HOT_SINCE):
        yield warned(
            "power", "The board had to slow down because it is hot.", "Give it air, or put a heat sink on it."
        )
    else:
        yield passed("power", "The voltage was always high enough since the machine started.")


def check_memory(file: Path = MEMORY) -> Iterator[Finding]:
    """How much memory programs can still get."""
    rows = dict(line.split(":", 1) for line in file.read_text(encoding="ascii").splitlines() if ":" in line)
    free_mib = int(rows["MemAvailable"].split()[0]) // 1024
    found = f"{free_mib:,} MiB can be had."
    if free_mib < LITTLE_MIB:
        yield warned(
            "memory", f"{found} Ladle needs about {LITTLE_MIB}.", "End what else runs here: systemctl status"
        )
    else:
        yield passed("memory", found)


def check_versions(
    audio: AudioSettings, port_audio: Callable[[], str | None] | None = None, board: Path = BOARD
) -> Iterator[Finding]:
    """What runs here; port_audio: gives the version of the library for sound, None where it does not load."""
    sound = (port_audio or _port_audio)()
    if sound is None and not _are_files(audio):
        yield failed(
            "sound library",
            "PortAudio is not installed: no sound comes in or goes out.",
            "Run: sudo apt-get install libportaudio2",
        )
    words = (
        f"Ladle {__version__}",
        f"Python {platform.python_version()}",
        f"google-genai {_version_of('google-genai')}",
        sound or "no PortAudio",
        f"Linux {platform.release()} on {board_name(board) or platform.machine()}",
    )
    yield passed("versions", ", ".join(words) + ".")


def board_name(file: Path = BOARD) -> str:
    """What the board calls itself, "" where it does not say."""
    try:
        return file.read_text(encoding="utf-8").strip("\0\n ")
    except (OSError, UnicodeDecodeError):
        return ""


def _throttled(file: Path, ask: Ask) -> int | None:
    try:
        text = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        text = (ask("vcgencmd", "get_throttled") or "").partition("=")[2]
    try:
        return int(text, 16)
    except ValueError:
        return None


def _port_audio() -> str | None:
    """Asked of the library alone: sounddevice would look for every sound card."""
    try:
        library = ctypes.CDLL("libportaudio.so.2")
    except OSError:
        return None
    library.Pa_GetVersionText.restype = ctypes.c_char_p
    text: bytes = library.Pa_GetVersionText()
    return text.decode(errors="replace").partition(",")[0]


def _are_files(audio: AudioSettings) -> bool:
    return audio.input.startswith(FILE_PREFIX) and audio.output.startswith(FILE_PREFIX)


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
