"""One conversation over a thousand connections: what is lost, what is heard of it, and what it costs.

Three runs, each against the stand-in in a process of its own, over TLS, following a script:

* somebody talks without a pause while connections are left before they end (goAway), and
* while they are reset at random moments: the core and the session in this process, see session_parts.py;
* the whole daemon plays replies of a steady tone while connections are left: what its speaker's WAV holds.

handoffs, resets    how many connections were left, and how many were reset
frames_spoken       by the talker, in both runs
frames_received     of these, in a copy of their activity that arrived whole, in order, on one connection
frames_duplicated   that came twice on one connection
frames_misordered   that do not follow the frame before them in their activity on a connection
reply_gap_ms_worst  the longest silence inside a tone
recover_ms_*        from the end of a reset connection, as the stand-in or this process first saw it, to the
                    first frame on the wire of the next one; where nothing was being said, to that connection
rss_growth_kib      resident memory of this process at the end of a talk against after ten connections, and
fd_growth           its file descriptors; the worse of both talks
rss_growth_late_kib memory at the end of a talk against half-way, when everything has been used once
handoffs_in_replies how many connections were left while a tone was heard
"""

from __future__ import annotations

import asyncio
import gc
import logging
import statistics
import tempfile
from bisect import bisect_right
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pydantic import SecretStr

from device.audio.files import FileMicrophone
from device.config import Settings
from device.daemon import make_daemon
from device.events import Action, ConnectionLost, Event, PlaybackDrained, PlayReply
from device.rehearsal.process import StandIn, running_stand_in
from tests.bench.session_parts import Heard, Talk, read_journal
from tests.sounds import REPLY_RATE, read_wav, silence, speech

Figures = dict[str, Any]
Step = dict[str, Any]

WARM_UP = 10
"""Connections after which memory is first looked at, and from which on recoveries are timed."""
READINGS = 5
REPLY = {"reply": {"ms": 60, "chunk_ms": 20, "speed": 2}}
ANSWERS = [[{"on": what, "repeat": "forever", "do": [REPLY]}] for what in ("activity_end", "client_content")]
"""To what was said, and to the wish that a reply that was cut off be continued."""
LIFETIME_S, NOTICE_S, MARGIN_S = 0.3, 0.18, 0.05
RESET_AFTER_MS = "30-450"
"""After the setup: a connection that is reset before it is there is not what recovers."""

TONE_MS = 2000
LEAD_S, SPEECH_S, HANGOVER_MS = 0.2, 0.6, 200
TURN_LIMIT_S = 30.0
CONNECTIONS_PER_TONE = 4
LOUD = 200
CROSSING_SAMPLES = 2
"""A tone that is not interrupted is never quiet for longer: where it passes through zero."""


def measure(*, quick: bool) -> Figures:
    """All figures of FACE's `session`."""
    logging.disable(logging.ERROR)  # a thousand connections that are lost on purpose
    try:
        with tempfile.TemporaryDirectory(prefix="ladle-bench-") as name:
            for run in ("left", "reset", "tones"):
                (Path(name) / run).mkdir()
            return asyncio.run(_measure(Path(name), breaks=70 if quick else 1000, tones=2 if quick else 8))
    finally:
        logging.disable(logging.NOTSET)


async def _measure(directory: Path, *, breaks: int, tones: int) -> Figures:
    left = await _talk(directory / "left", _being_sent_away(), breaks)
    reset = await _talk(directory / "reset", _being_reset(), breaks)
    gap_ms, handoffs_in_tones = await _play_tones(directory / "tones", tones)
    # Read at last: the memory that this takes would hide what the talks take.
    heard = [read_journal(run.journal) for run in (left, reset)]
    recover_ms = _recover_ms(reset, heard[1])
    return {
        "handoffs": left.talk.handoffs,
        "resets": reset.talk.resets,
        "frames_spoken": left.talk.frames + reset.talk.frames,
        "frames_received": sum(sum(one.whole.values()) for one in heard),
        "frames_duplicated": sum(one.duplicated for one in heard),
        "frames_misordered": sum(one.misordered for one in heard),
        "reply_gap_ms_worst": round(gap_ms, 2),
        "recover_ms_p50": round(statistics.median(recover_ms), 1),
        "recover_ms_worst": round(max(recover_ms), 1),
        "rss_growth_kib": max(run.end.rss_kib - run.start.rss_kib for run in (left, reset)),
        "fd_growth": max(run.end.descriptors - run.start.descriptors for run in (left, reset)),
        "rss_growth_late_kib": max(run.end.rss_kib - run.middle.rss_kib for run in (left, reset)),
        "handoffs_in_replies": handoffs_in_tones,
    }


# ------------------------------------------------------------------------------------ talk


@dataclass(frozen=True)
class Footprint:
    """What a process holds."""

    rss_kib: float
    descriptors: float


@dataclass(frozen=True)
class Run:
    """A talk that is over, what the stand-in wrote down of it, and what this process held meanwhile.

    start, middle, end: after the first connections, after half of all, after all.
    """

    talk: Talk
    journal: Path
    start: Footprint
    middle: Footprint
    end: Footprint


async def _talk(directory: Path, script: dict[str, Any], breaks: int) -> Run:
    """Talk until so many connections have ended too soon."""
    journal = directory / "received.jsonl"
    script["settings"]["record"] = str(journal)
    async with _stand_in(directory, script) as stand_in:
        settings = _settings(stand_in, {"handoff_margin_s": MARGIN_S})
        talk = Talk(settings, directory / "session.json")
        try:
            start = await _after(talk, WARM_UP)
            del talk.recoveries[:]
            middle = await _after(talk, breaks // 2)
            end = await _after(talk, breaks)
        finally:
            await talk.end()
    return Run(talk, journal, start, middle, end)


async def _after(talk: Talk, breaks: int) -> Footprint:
    """What this process holds after so many breaks."""
    await talk.go_on_until(lambda: max(talk.handoffs, talk.resets) >= breaks)
    return await _footprint()


def _being_sent_away() -> dict[str, Any]:
    settings = {"lifetime_s": LIFETIME_S, "go_away_notice_s": NOTICE_S}
    return {"settings": settings, "tracks": ANSWERS}


def _being_reset() -> dict[str, Any]:
    end = [{"on": "setup", "do": ["setup_complete"]}, {"on": f"after_ms {RESET_AFTER_MS}", "do": ["reset"]}]
    return {"settings": {"lifetime_s": None}, "seed": 7, "tracks": [*ANSWERS, end]}


async def _footprint() -> Footprint:
    readings = []
    for _ in range(READINGS):
        await asyncio.sleep(0.1)
        gc.collect()
        readings.append((_rss_kib(), _descriptors()))
    rss_kib, descriptors = (statistics.median(values) for values in zip(*readings, strict=True))
    return Footprint(rss_kib, descriptors)


def _rss_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _recover_ms(run: Run, heard: Heard) -> list[float]:
    """How long each reset connection was missed, from when its end was first seen at either side."""
    spans: list[float] = []
    times = iter(run.talk.recoveries)
    for established_at, lost_at, back_at in zip(times, times, times, strict=True):
        closed_before = bisect_right(heard.closed_at, lost_at)
        closed_at = heard.closed_at[closed_before - 1] if closed_before else 0.0
        broke_at = closed_at if closed_at > established_at else lost_at
        spans.append((back_at - broke_at) * 1000)
    return spans


# ------------------------------------------------------------------------------------ tones


class Witness:
    """Counts the replies that a daemon has played to their end, and the connections it left meanwhile."""

    def __init__(self) -> None:
        self.is_ready = asyncio.Event()
        self.replies = self.handoffs_in_replies = 0
        self._sounding = False

    def ready(self) -> None:
        self.is_ready.set()

    def record(self, name: str, /, **_: object) -> None:
        """What the core does says enough."""

    def record_value(self, value: Event | Action) -> None:
        match value:
            case PlayReply():
                self._sounding = True
            case PlaybackDrained():
                self._sounding = False
                self.replies += 1
            case ConnectionLost(planned=True) if self._sounding:
                self.handoffs_in_replies += 1

    def close(self) -> None:
        """Nothing is held."""


async def _play_tones(directory: Path, tones: int) -> tuple[float, int]:
    """The longest silence (ms) in that many tones, and how many hand-offs they lasted through."""
    spoken, witness, microphone = directory / "spoken.wav", Witness(), FileMicrophone()
    steps = [step for number in range(tones) for step in _one_tone(number)]
    script = {"settings": {"lifetime_s": None}, "steps": steps}
    async with _stand_in(directory, script) as stand_in:
        settings = _settings(stand_in, {"handoff_margin_s": 5}, audio={"output": f"file:{spoken}"})
        stop = asyncio.Event()
        daemon = make_daemon(
            settings, SecretStr("key"), state=directory / "state", recorders=[witness], microphone=microphone
        )
        running = asyncio.create_task(daemon.run(stop))
        try:
            async with asyncio.timeout(TURN_LIMIT_S * tones):
                await witness.is_ready.wait()
                await _ask(microphone, witness, tones)
        finally:
            stop.set()
            await running
    return _longest_silence_ms(read_wav(spoken), tones), witness.handoffs_in_replies


async def _ask(microphone: FileMicrophone, witness: Witness, times: int) -> None:
    for number in range(times):
        microphone.hear(silence(LEAD_S) + speech(SPEECH_S))
        # A recorder is only told; nothing can be waited for.
        while witness.replies <= number:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _one_tone(number: int) -> list[Step]:
    """A reply during which the API sends the device away, again and again.

    Every other one is sent in a burst, with no time left right after it; the others are cut off while they
    are sent, so that the rest is asked for on the next connection. On the connections that follow the device
    leaves by its own timer, at once, and by its timer again: 5.25s is 0.25 s more than its margin.
    """
    first = number * CONNECTIONS_PER_TONE + 1
    reply: list[Any] = [{"audio": {"ms": TONE_MS, "speed": 0}}, "generation_complete", {"go_away": "0s"}]
    then: Step = {"on": "after_ms 100", "do": [{"go_away": "5.2s"}]}
    if number % 2:
        reply = [{"go_away": "5.25s"}, {"audio": {"ms": TONE_MS, "speed": 4}}]
        rest = [{"audio": {"ms": TONE_MS / 2, "speed": 4}}, "generation_complete", {"go_away": "5.1s"}]
        then = {"on": "client_content", "do": rest}
    return [
        {"on": f"connect {first}", "do": []},
        {"on": "activity_end", "do": reply},
        {"on": f"connect {first + 1}", "do": []},
        then,
        {"on": f"connect {first + 2}", "do": []},
        {"on": "after_ms 200", "do": [{"go_away": "0s"}]},
        {"on": f"connect {first + 3}", "do": []},
        {"on": "after_ms 100", "do": [{"go_away": "5.1s"}]},
    ]


def _longest_silence_ms(pcm: bytes, tones: int) -> float:
    """The longest silence but those between the tones, of which there is one less than there are tones."""
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, dtype="<i2").astype(np.int32)) > LOUD)
    between = np.sort(np.diff(loud) - 1)[::-1]
    silences = between[between > CROSSING_SAMPLES]
    return float(silences[tones - 1]) * 1000 / REPLY_RATE if len(silences) >= tones else 0.0


# ------------------------------------------------------------------------------------ the stand-in


def _stand_in(directory: Path, script: dict[str, Any]) -> AbstractAsyncContextManager[StandIn]:
    path = directory / "script.yaml"
    path.write_text(yaml.safe_dump(script), encoding="utf-8")
    return running_stand_in(path)


def _settings(stand_in: StandIn, live: dict[str, Any], **sections: Any) -> Settings:
    where = {"endpoint": stand_in.endpoint, "ca_file": stand_in.ca_file}
    gate, panel = {"hangover_ms": HANGOVER_MS}, {"enabled": False}
    return Settings.model_validate({"live": where | live, "gate": gate, "panel": panel, **sections})
