"""A sound card without hardware: PulseAudio with null sinks, which PortAudio finds as `pulse` and `default`.

What is played into the sink `micsink` is what the microphone hears; the monitor of the sink `spk` is what a
listener at the speaker hears. Three further devices can be pulled and plugged in again while these stay:
`vmic` hears `micsink`, `vspk` is heard at `spk`, and `vmic6`, an array, hears the six channels of `micsink6`.
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

SIX_ORDER = "front-left,front-right,rear-left,rear-right,front-center,lfe"
"""As ALSA orders them; other orders would be mixed into this one."""
SIX = f"channels=6 channel_map={SIX_ORDER}"

PLUGS = {
    "vmic": "module-remap-source source_name=plugged_mic master=micsink.monitor",
    "vspk": "module-remap-sink sink_name=plugged_spk master=spk",
    "vmic6": f"module-remap-source source_name=plugged_mic6 master=micsink6.monitor {SIX} remix=no",
}
ALSA_CONFIGURATION = """
</usr/share/alsa/alsa.conf>
pcm.vmic { type pulse device "plugged_mic" hint { show on description "a microphone" } }
pcm.vspk { type pulse device "plugged_spk" hint { show on description "a speaker" } }
pcm.vmic6 { type pulse device "plugged_mic6" hint { show on description "an array" } }
"""


@dataclass(frozen=True)
class VirtualCard:
    """A running card; `environment` makes a process use it."""

    environment: Mapping[str, str]

    def play_into_microphone(self, wav: Path, *, sink: str = "micsink") -> None:
        """Play a WAV file to where the microphone hears it; returns when it has been played."""
        mapping = [f"--channel-map={SIX_ORDER}"] if sink == "micsink6" else []
        command = ["paplay", f"--device={sink}", *mapping, str(wav)]
        subprocess.run(command, env=self.environment, check=True, timeout=60)

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

    def hear_itself(self) -> None:
        """From now on the microphone hears the speaker, as loudly as a person, with some delay."""
        echo = ["module-loopback", "source=spk.monitor", "sink=micsink", "latency_msec=60"]
        _pactl(self.environment, "load-module", *echo)

    def pull(self, device: str) -> None:
        """Take `vmic`, `vspk` or `vmic6` away."""
        name = PLUGS[device].split()[1]
        index = next(line.split()[0] for line in self._listed("modules") if name in line.split())
        _pactl(self.environment, "unload-module", index)

    def plug(self, device: str) -> None:
        """Bring it back."""
        _pactl(self.environment, "load-module", *PLUGS[device].split())

    def listeners(self) -> int:
        """How many programs capture from any of its sources."""
        return sum("protocol-native.c" in line for line in self._listed("source-outputs"))

    def _listed(self, kind: str) -> list[str]:
        """What the server has of this kind, one a line."""
        command = ["pactl", "list", "short", kind]
        listed = subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True, timeout=10
        )
        return listed.stdout.splitlines()

    def suspend_source(self, name: str, suspended: bool) -> None:
        """Freeze a source, or let it go on."""
        _pactl(self.environment, "suspend-source", name, str(int(suspended)))


@contextmanager
def virtual_card(*, array: bool = False) -> Iterator[VirtualCard]:
    """Start the card and stop it in the end. array: with the microphone array."""
    with ExitStack() as running:
        directory = running.enter_context(tempfile.TemporaryDirectory(prefix="ladle-sound-"))
        Path(directory).chmod(0o700)
        socket = f"{directory}/native"
        alsa = Path(directory) / "alsa.conf"
        alsa.write_text(ALSA_CONFIGURATION, encoding="utf-8")
        daemon = Path(directory) / "daemon.conf"
        daemon.write_text("rescue-streams = no\n", encoding="utf-8")
        environment = {
            **os.environ,
            "PULSE_CONFIG": str(daemon),  # no other device takes over when one is pulled, as without a server
            "XDG_RUNTIME_DIR": directory,
            "PULSE_SERVER": f"unix:{socket}",
            "ALSA_CONFIG_PATH": str(alsa),
        }
        running.enter_context(server(environment, array=array))
        yield VirtualCard(environment)


@contextmanager
def server(environment: Mapping[str, str], *, array: bool = False) -> Iterator[None]:
    """PulseAudio with all the devices; it may be started anew on the same socket."""
    with ExitStack() as running:
        _start(running, environment, _pulseaudio(environment, array=array))
        _wait_for_server(environment)
        _pactl(environment, "set-default-sink", "spk")
        _pactl(environment, "set-default-source", "mic")
        monitors = ["micsink.monitor", "spk.monitor", *(["micsink6.monitor"] if array else [])]
        for monitor in monitors:
            _start(running, environment, ["parec", f"--device={monitor}", "--latency-msec=10", "--raw"])
        time.sleep(SETTLE_S)
        yield


def _pulseaudio(environment: Mapping[str, str], *, array: bool) -> list[str]:
    directory, socket = environment["XDG_RUNTIME_DIR"], environment["PULSE_SERVER"].removeprefix("unix:")
    modules = [
        f"module-native-protocol-unix auth-anonymous=1 socket={socket}",
        "module-null-sink sink_name=spk rate=48000 channels=2",
        "module-null-sink sink_name=micsink rate=16000 channels=1",
        "module-remap-source source_name=mic master=micsink.monitor",
        PLUGS["vmic"],
        PLUGS["vspk"],
    ]
    if array:
        modules += [f"module-null-sink sink_name=micsink6 rate=16000 {SIX}", PLUGS["vmic6"]]
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
