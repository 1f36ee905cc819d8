"""Attends to one connection with its own wits: turns what the client sends into utterances and interruptions.

Manual mode: an activity is what lies between activityStart and activityEnd; audio outside is discarded.
Automatic mode: the detector finds the activities in the stream.
https://ai.google.dev/gemini-api/docs/live-api/capabilities
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from device.rehearsal.detector import Detector, SpeechEnded, SpeechStarted
from device.rehearsal.handles import TURNS_KEPT, Remark, Session
from device.rehearsal.line import Line
from device.rehearsal.notices import notice_in
from device.rehearsal.protocol import (
    MICROPHONE_RATE_HZ,
    Blob,
    ClientContent,
    ClientMessage,
    Content,
    RealtimeInput,
    Setup,
    ToolResponse,
)
from device.rehearsal.resample import Resampler
from device.rehearsal.turns import Spoken, Turns, Utterance, Written

LONGEST_ACTIVITY_BYTES = 5 * 60 * MICROPHONE_RATE_HZ * 2
EARLY = "realtime input before the initial history was complete"


class Attendant:
    """Listens to the messages of one connection and drives its turns."""

    def __init__(
        self, line: Line, setup: Setup, session: Session, turns: Turns, *, stream_end_ends_turn: bool
    ) -> None:
        self._line = line
        self._setup = setup
        self._session = session
        self._turns = turns
        self._stream_end_ends_turn = stream_end_ends_turn
        self._awaits_history = setup.history_config.initial_history_in_client_content
        self._early: Utterance | None = None  # came before the history, is answered after it
        self._activity: bytearray | None = None
        self._pending: deque[Content] = deque(maxlen=TURNS_KEPT)  # written, not yet complete
        self._resampler: Resampler | None = None
        detection = setup.detection
        self._detector = Detector(
            prefix_ms=detection.prefix_padding_ms, silence_ms=detection.silence_duration_ms
        )

    async def take(self, message: ClientMessage) -> None:
        """One message of the client, already checked."""
        if isinstance(message, RealtimeInput):
            await self._realtime(message)
        elif isinstance(message, ClientContent):
            await self._content(message)
        elif isinstance(message, ToolResponse):
            for response in message.function_responses:
                self._turns.answered(response)

    async def close(self) -> None:
        """The connection ended."""
        await self._turns.close()

    # ------------------------------------------------------------------------------ realtime input

    async def _realtime(self, message: RealtimeInput) -> None:
        if self._awaits_history and EARLY not in self._line.record.anomalies:
            self._line.record.anomalies.append(EARLY)
        if message.text is not None:
            await self._begin(Written(message.text, echo=True))
        elif message.activity_start is not None:
            await self._activity_started()
        elif message.activity_end is not None:
            await self._activity_ended()
        elif message.audio is not None:
            await self._audio(message.audio)
        elif message.audio_stream_end and self._stream_end_ends_turn:
            await self._detected(self._detector.finish())

    async def _begin(self, utterance: Utterance) -> None:
        """Answer what came as realtime input; what was written before it is only remembered."""
        if self._awaits_history:
            self._early = utterance
            return
        self._remember(self._pending)
        self._pending.clear()
        await self._turns.begin(utterance)

    async def _activity_started(self) -> None:
        self._activity = bytearray()
        if self._setup.speech_interrupts:
            await self._turns.interrupt()

    async def _activity_ended(self) -> None:
        if self._activity is not None:
            said, self._activity = bytes(self._activity), None
            await self._begin(Spoken(said))

    async def _audio(self, blob: Blob) -> None:
        pcm = self._at_microphone_rate(blob)
        if not self._setup.detection.disabled:
            await self._detected(self._detector.feed(pcm))
            return
        # New input cancels a call that the model waits for, since 3.8. In automatic mode the stream never
        # stops and only speech is new input; here the client has said when there is any, so all audio is.
        if self._line.rules.blocking_call_open:
            await self._turns.interrupt()
        if self._activity is not None:
            self._activity += pcm
            del self._activity[: max(0, len(self._activity) - LONGEST_ACTIVITY_BYTES)]

    async def _detected(self, events: list[SpeechStarted | SpeechEnded]) -> None:
        for event in events:
            if isinstance(event, SpeechEnded):
                await self._begin(Spoken(event.pcm))
            elif self._setup.speech_interrupts:
                await self._turns.interrupt()

    def _at_microphone_rate(self, blob: Blob) -> bytes:
        """The audio at 16 kHz; the service resamples what comes at other rates."""
        pcm = blob.data[: len(blob.data) // 2 * 2]
        if blob.rate_hz == MICROPHONE_RATE_HZ:
            return pcm
        if self._resampler is None or self._resampler.from_hz != blob.rate_hz:
            self._resampler = Resampler(blob.rate_hz, MICROPHONE_RATE_HZ)
        return self._resampler.convert(pcm)

    # ------------------------------------------------------------------------------ client content

    async def _content(self, message: ClientContent) -> None:
        if self._awaits_history:
            await self._history(message)
            return
        self._pending += message.turns
        await self._turns.interrupt()
        if message.turn_complete:
            await self._turns.begin(self._written())

    async def _history(self, message: ClientContent) -> None:
        self._remember(message.turns)
        self._awaits_history = not message.turn_complete
        if message.turn_complete and self._early is not None:
            await self._begin(self._early)

    def _written(self) -> Utterance:
        """What the written turns want: the last ones by the user; what came before them is remembered."""
        turns = [turn for turn in self._pending if turn.text]
        self._pending.clear()
        first = max((number for number, turn in enumerate(turns, 1) if turn.role != "user"), default=0)
        notice = notice_in(turns[-1].text) if turns[first:] else None
        self._remember(turns[:first] if notice is None else turns)
        return notice or Written(
            " ".join(turn.text for turn in turns[first:] if notice_in(turn.text) is None), echo=False
        )

    def _remember(self, turns: Iterable[Content]) -> None:
        """Keep what was said; notices were not said by anybody."""
        for turn in turns:
            if turn.text and notice_in(turn.text) is None:
                self._session.remarks.append(Remark(by_user=turn.role == "user", text=turn.text))
