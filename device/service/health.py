"""Whether the device does its work, judged from plain facts.

Two verdicts on the same facts. `works` is for people and for `ladle status --check`: sound really comes in,
sound can go out, and there is a connection. `alive` is for systemd's watchdog, which can do one thing only:
end the process and start another. That helps against a loop or a thread that hangs. It does not help against
a network that is down or a device that is unplugged, as long as somebody here is at work on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SILENT_S = 2.0
"""A device that gave no block for this long does not work; one comes every 20 ms."""
HUNG_S = 30.0
"""Its supervisor notices within 3 s, and gives an attempt to open it 20 s; so nobody watches any more."""
STANDING_S = 10.0
"""What is due on a connection for this long does not get through."""
STUCK_S = 180.0
"""No time limit of a session, configured as long as can be, lets anything be due for longer."""
LATE_S = 1.0
"""A person notices it, and sound has been lost."""
VERY_LATE_S = 10.0


@dataclass(frozen=True, slots=True)
class Health:
    """A verdict; `problems` holds a sentence for each thing that speaks against it, none when it is good."""

    ok: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is known of the microphone or the speaker.

    silent_s: since its last block of sound, or since the first was to come. is_closed: on purpose, as the
    microphone while it is muted. is_sought: it is known to be away, and its supervisor tries to get it back.
    """

    silent_s: float
    is_closed: bool = False
    is_sought: bool = False


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What is known of the session with the Live API.

    is_connected: it has a connection that accepts audio. overdue_s: for how long something has been due and
    has not happened: what waits to be sent over a connection, or without one the next attempt to connect,
    or the end of an attempt. 0: nothing is due.
    """

    is_connected: bool
    overdue_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that health is judged by; loop_lag_s: by how much the event loop was late the last time."""

    microphone: DeviceFacts
    speaker: DeviceFacts
    session: SessionFacts
    loop_lag_s: float = 0.0
    is_ready: bool = True


def works(facts: Facts) -> Health:
    """Whether somebody who speaks now is heard and answered.

    A muted microphone is no problem: the device does what it was asked to do.
    """
    return _verdict(_what_does_not_work(facts))


def alive(facts: Facts) -> Health:
    """Whether the process makes progress, or is at least at work on what keeps it from that."""
    return _verdict(_what_hangs(facts))


def _verdict(problems: Iterator[str]) -> Health:
    found = tuple(problems)
    return Health(not found, found)


def _what_does_not_work(facts: Facts) -> Iterator[str]:
    if not facts.is_ready:
        yield "Ladle is still starting. Ask again in some seconds."
        return
    for part, device in _devices(facts):
        if device.is_sought:
            yield f"The {part} is away. Plug it in; Ladle takes it back by itself."
        elif not device.is_closed and _exceeds(device.silent_s, SILENT_S):
            does = "given" if part == "microphone" else "taken"
            yield f"The {part} has {does} no sound for {device.silent_s:.0f} s. Plug it out and in again."
    if not facts.session.is_connected:
        yield "There is no connection to the Live API. Ladle keeps trying; look at the network."
    elif _exceeds(facts.session.overdue_s, STANDING_S):
        overdue_s = facts.session.overdue_s
        yield f"Nothing has got through to the Live API for {overdue_s:.0f} s. Look at the network."
    if _exceeds(facts.loop_lag_s, LATE_S):
        yield f"Ladle is late by {facts.loop_lag_s:.1f} s. The machine has too much to do or a slow disk."


def _what_hangs(facts: Facts) -> Iterator[str]:
    for part, device in _devices(facts):
        is_watched = device.is_closed or device.is_sought or not facts.is_ready
        if not is_watched and _exceeds(device.silent_s, HUNG_S):
            yield f"The {part} hangs: no sound for {device.silent_s:.0f} s, and nobody tries to get it back."
    if _exceeds(facts.session.overdue_s, STUCK_S):
        yield f"The session hangs: it has done nothing for {facts.session.overdue_s:.0f} s."
    if _exceeds(facts.loop_lag_s, VERY_LATE_S):
        yield f"The event loop hangs: it was late by {facts.loop_lag_s:.0f} s."


def _devices(facts: Facts) -> tuple[tuple[str, DeviceFacts], ...]:
    return ("microphone", facts.microphone), ("speaker", facts.speaker)


def _exceeds(measured_s: float, limit_s: float) -> bool:
    """Also where the measure is not a number: what cannot be told must not pass for good."""
    return not measured_s <= limit_s
