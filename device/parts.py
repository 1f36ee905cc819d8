"""The parts of a running device, as the composition root has opened them."""

from __future__ import annotations

from dataclasses import dataclass

from device.audio.hearing import Hearing
from device.audio.protocols import Microphone, Speaker
from device.conversation import Conversation
from device.live.session import Session
from device.panel.panel import Panel
from device.tools.ringer import Ringer


@dataclass(frozen=True)
class Parts:
    """All that the core's actions are carried out with, and that the status tells of."""

    conversation: Conversation
    microphone: Microphone
    speaker: Speaker
    hearing: Hearing
    session: Session
    panel: Panel
    ringer: Ringer
