"""What the machines meet: a stand-in for the API on this computer, and a room with a sound card."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.audio.virtual_card import VirtualCard, server
from tests.container.listing import Listing
from tests.container.machine import Machine
from tests.sounds import silence, write_wav

KEY = "AIzaNobodysKeyButLongEnoughToLookLikeOne"
CONFIGURATION = "/etc/ladle/ladle.yaml"
CERTIFICATE = "/srv/stand-in.pem"
SILENCE = "/srv/silence.wav"
SOUND_SERVER = "[Service]\nEnvironment=PULSE_SERVER=unix:/run/ladle-sound/native\n"


@dataclass(frozen=True)
class StandIn:
    """The stand-in for the API, on the host, whose network the machines share."""

    endpoint: str
    certificate: str

    def settings(self, **audio: object) -> dict[str, Any]:
        """A configuration for a daemon that talks with it, hears nothing and plays into a file."""
        sound = {"input": f"file:{SILENCE}", "output": "file:/run/ladle/heard.wav", **audio}
        return {"live": {"endpoint": self.endpoint, "ca_file": CERTIFICATE}, "audio": sound}

    def introduce(self, machine: Machine) -> None:
        """Put what those settings name into the machine."""
        machine.write(CERTIFICATE, self.certificate)
        write_wav(machine.path(SILENCE), silence(0.1))


@dataclass(frozen=True)
class Installation:
    """Ladle, installed for the first time on a machine that is now off."""

    root: Path
    before: Listing
    said: subprocess.CompletedProcess[str]
    settings: str
    """The configuration that a person had written before."""


@contextmanager
def running_stand_in() -> Iterator[StandIn]:
    """A stand-in with its own wits, in a process of its own."""
    command = [sys.executable, "-m", "device.cli", "rehearsal-server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert line, "the stand-in does not start; see what `ladle rehearsal-server` says"
        where = json.loads(line)
        yield StandIn(where["endpoint"], Path(where["ca_file"]).read_text(encoding="utf-8"))
        process.terminate()


@contextmanager
def a_room() -> Iterator[tuple[Path, VirtualCard]]:
    """A sound card whose socket everybody may open, and the directory of that socket."""
    with tempfile.TemporaryDirectory() as private, tempfile.TemporaryDirectory() as shared:
        Path(shared).chmod(0o755)
        environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": private,
            "PULSE_SERVER": f"unix:{shared}/native",
        }
        with server(environment):
            yield Path(shared), VirtualCard(environment)


def hear_the_room(machine: Machine) -> None:
    """Let the service there use that card: its directory has to be bound into the machine."""
    machine.write("/etc/systemd/system/ladle.service.d/sound.conf", SOUND_SERVER)
    machine.run("systemctl", "daemon-reload")
