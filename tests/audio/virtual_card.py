"""A sound card without hardware: PulseAudio with null sinks, which PortAudio finds as `pulse` and `default`.

What is played into the sink `micsink` is what the microphone hears; the monitor of the sink `spk` is what a
listener at the speaker hears.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

START_S = 10.0
SETTLE_S = 2.5
"""A null sink runs in blocks of two seconds until somebody records from its monitor for a while."""


@dataclass(frozen=True)
class VirtualCard:
    """A running card; `environment` makes a process use it."""

    environment: Mapping[str, str]

    def play_into_microphone(self, wav: Path) -> None:
        """Play a WAV file to where the microphone hears it; returns when it has been played."""
        subprocess.run(["paplay", "--device=micsink", str(wav)], env=self.environment, check=True, timeout=60)

    @contextmanager
    def recording_speaker(self, path: Path) -> Iterator[None]:
        """Record what the speaker plays: raw 24 kHz mono signed 16-bit samples."""
        command = ["parec", "--device=spk.monitor", "--format=s16le", "--rate=24000", "--channels=1", "--raw"]
        with path.open("wb") as file:
            recorder = subprocess.Popen([*command, "--latency-msec=20"], stdout=file, env=self.environment)
            try:
                yield
            finally:
                recorder.terminate()
                recorder.wait(5)


@contextmanager
def virtual_card() -> Iterator[VirtualCard]:
    """Start the card and stop it in the end."""
    with ExitStack() as running:
        directory = running.enter_context(tempfile.TemporaryDirectory(prefix="ladle-sound-"))
        Path(directory).chmod(0o700)
        socket = f"{directory}/native"
        environment = {**os.environ, "XDG_RUNTIME_DIR": directory, "PULSE_SERVER": f"unix:{socket}"}
        _start(running, environment, _pulseaudio(directory, socket))
        _wait_for_server(environment)
        _pactl(environment, "set-default-sink", "spk")
        _pactl(environment, "set-default-source", "mic")
        for monitor in ("micsink.monitor", "spk.monitor"):
            _start(running, environment, ["parec", f"--device={monitor}", "--latency-msec=10", "--raw"])
        time.sleep(SETTLE_S)
        yield VirtualCard(environment)


def _pulseaudio(directory: str, socket: str) -> list[str]:
    modules = [
        f"module-native-protocol-unix auth-anonymous=1 socket={socket}",
        "module-null-sink sink_name=spk rate=48000 channels=2",
        "module-null-sink sink_name=micsink rate=16000 channels=1",
        "module-remap-source source_name=mic master=micsink.monitor",
    ]
    options = ["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]
    loads = [part for module in modules for part in ("-L", module)]
    return ["pulseaudio", *options, f"--log-target=file:{directory}/pulse.log", *loads]


def _start(running: ExitStack, environment: Mapping[str, str], command: list[str]) -> None:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    running.callback(process.wait, 5)
    running.callback(process.terminate)


def _wait_for_server(environment: Mapping[str, str]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if (
            subprocess.run(["pactl", "info"], env=environment, capture_output=True, check=False).returncode
            == 0
        ):
            return
        time.sleep(0.1)
    raise TimeoutError(f"PulseAudio did not start within {START_S:.0f} s")


def _pactl(environment: Mapping[str, str], *words: str) -> None:
    subprocess.run(["pactl", *words], env=environment, check=True, timeout=10, stdout=subprocess.DEVNULL)
