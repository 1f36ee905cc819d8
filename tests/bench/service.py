"""Ladle as a service of a machine of its own: what it costs to install, to start and to keep.

The machine is a container with a real systemd (tests/container; root is needed), its sound card PulseAudio's
null sinks on this computer, the API a stand-in beside it.

install_first_s       install.sh on a fresh machine, from wheels on the disk
install_second_s      with nothing to do
files_rss_mib         resident memory with WAV files for sound; all that follows is with the sound server
ready_s_*             from `systemctl start` to READY;  stop_s_*  from `systemctl stop` to its end
exposure              of `systemd-analyze security`: 0 is locked up, 10 open
idle_s                how long it was left alone; meanwhile:  idle_cpu_percent  of a core
idle_rss_mib          resident memory afterwards
talking_cpu_percent   of a core while somebody asks and it answers, again and again;  talking_rss_mib
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from device.rehearsal.mouth import MICROPHONE_VOICE, Mouth
from tests.audio.virtual_card import VirtualCard
from tests.container.base import make_base, why_not
from tests.container.machine import Machine, booted, fresh_root
from tests.container.scenes import CONFIGURATION, KEY, StandIn, a_room, hear_the_room, running_stand_in
from tests.sounds import silence, write_wav

QUESTION = "How much protein is in a chicken breast?"
SETTLED_S = 5.0
TICKS_S = os.sysconf("SC_CLK_TCK")

Figures = dict[str, Any]


def measure(*, quick: bool = False) -> Figures:
    """The figures by name."""
    reason = why_not()
    if reason:
        raise SystemExit(f"This benchmark cannot run here: {reason}.")
    with ExitStack() as running:
        stand_in = running.enter_context(running_stand_in())
        room, card = running.enter_context(a_room())
        root = running.enter_context(fresh_root(make_base().layers))
        machine = running.enter_context(booted(root, sound=room))
        machine.copy_checkout()
        return {
            **_installing(machine, stand_in),
            **_with_files(machine),
            **_starting(_in_the_room(machine, stand_in), runs=3 if quick else 10),
            **_idle(machine, for_s=10 if quick else 600),
            **_talking(machine, card, questions=2 if quick else 20),
        }


def _installing(machine: Machine, stand_in: StandIn) -> Figures:
    stand_in.introduce(machine)
    machine.write(CONFIGURATION, yaml.safe_dump(stand_in.settings()))
    first_s = _seconds(lambda: machine.install("--api-key-file", "-", given=f"{KEY}\n"))
    second_s = statistics.median(_seconds(machine.install) for _ in range(3))
    said = machine.run("systemd-analyze", "security", "--no-pager", "ladle.service").stdout
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", said)
    assert exposure, said
    return {
        "install_first_s": round(first_s, 1),
        "install_second_s": round(second_s, 2),
        "exposure": float(exposure[1]),
    }


def _with_files(machine: Machine) -> Figures:
    time.sleep(SETTLED_S)
    return {"files_rss_mib": _resident_mib(machine)}


def _in_the_room(machine: Machine, stand_in: StandIn) -> Machine:
    """The same machine, whose Ladle hears and speaks through the sound server from now on."""
    settings = stand_in.settings(input="pulse", output="pulse", latency_ms=150)
    machine.path(CONFIGURATION).write_text(yaml.safe_dump(settings), encoding="utf-8")
    hear_the_room(machine)
    machine.run("systemctl", "restart", "ladle")
    return machine


def _starting(machine: Machine, *, runs: int) -> Figures:
    stops, starts = [], []
    for _ in range(runs):
        stops.append(_seconds(lambda: machine.run("systemctl", "stop", "ladle")))
        starts.append(_seconds(lambda: machine.run("systemctl", "start", "ladle")))
    return {
        "ready_s_p50": round(statistics.median(starts), 2),
        "ready_s_worst": round(max(starts), 2),
        "stop_s_p50": round(statistics.median(stops), 2),
        "stop_s_worst": round(max(stops), 2),
    }


def _idle(machine: Machine, *, for_s: float) -> Figures:
    time.sleep(SETTLED_S)
    spent_s = _seconds_of_processor(machine)
    time.sleep(for_s)
    spent_s = _seconds_of_processor(machine) - spent_s
    return {
        "idle_s": for_s,
        "idle_cpu_percent": round(100 * spent_s / for_s, 2),
        "idle_rss_mib": _resident_mib(machine),
    }


def _talking(machine: Machine, card: VirtualCard, *, questions: int) -> Figures:
    with tempfile.TemporaryDirectory() as directory:
        wav = Path(directory) / "question.wav"
        voice = asyncio.run(Mouth(MICROPHONE_VOICE).for_microphone(QUESTION))
        write_wav(wav, silence(0.3) + voice + silence(0.3))
        began, spent_s = time.monotonic(), _seconds_of_processor(machine)
        for _ in range(questions):
            since = machine.now()
            card.play_into_microphone(wav)
            machine.wait_for("reply_ended", since)
        lasted_s, spent_s = time.monotonic() - began, _seconds_of_processor(machine) - spent_s
    return {
        "talking_cpu_percent": round(100 * spent_s / lasted_s, 2),
        "talking_rss_mib": _resident_mib(machine),
    }


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _seconds_of_processor(machine: Machine) -> float:
    """What the daemon has used so far (proc_pid_stat(5): utime and stime)."""
    stat = machine.run("cat", f"/proc/{machine.property('MainPID')}/stat").stdout
    after_name = stat.rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS_S


def _resident_mib(machine: Machine) -> float:
    status = machine.run("cat", f"/proc/{machine.property('MainPID')}/status").stdout
    resident = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert resident
    return round(int(resident[1]) / 1024, 1)
