"""The turns of one connection: from what a person said to the end of the answer, and how they are cut short.

Order on the wire (google-genai's types, LiveServerContent and LiveServerToolCall):
    inputTranscription, [sessionResumptionUpdate{}, toolCall, (the client's toolResponse)], audio and
    outputTranscription mixed, generationComplete, after the rest of the playback turnComplete, a new handle
    interrupted: interrupted, [toolCallCancellation], turnComplete, a new handle; never generationComplete
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass

from device.errors import LadleError
from device.rehearsal import messages, reply
from device.rehearsal.answers import Answers
from device.rehearsal.handles import Handles, Session
from device.rehearsal.line import Line
from device.rehearsal.notices import Notice
from device.rehearsal.protocol import INTERNAL_ERROR, FunctionResponse, Setup
from device.rehearsal.reply import Pace
from device.rehearsal.wits import Call, Wits

MICROPHONE_BYTES_PER_S = 32_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A person said something: mono signed 16-bit PCM at 16 kHz."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """A person wrote something; `echo`: it is reported back as if it had been heard."""

    text: str
    echo: bool


Utterance = Spoken | Written | Notice


class Turns:
    """Answers one utterance at a time. `begin` and `interrupt` return quickly; answers run in a task."""

    def __init__(
        self, line: Line, setup: Setup, session: Session, handles: Handles, wits: Wits, pace: Pace
    ) -> None:
        self._line = line
        self._setup = setup
        self._session = session
        self._handles = handles
        self._wits = wits
        self._answers = Answers(session, wits, setup.declarations, self._ask_tool)
        self._pace = pace
        self._task: asyncio.Task[None] | None = None
        self._open = False
        self._awaited: dict[str, asyncio.Future[FunctionResponse]] = {}

    # ------------------------------------------------------------------------------ from the client

    async def begin(self, utterance: Utterance) -> None:
        """Answer the utterance; a turn that still runs is interrupted, or awaited if that is not allowed."""
        if self._setup.speech_interrupts:
            await self.interrupt()
        self._open = True
        self._task = asyncio.create_task(self._follow(self._task, utterance))

    async def interrupt(self) -> None:
        """Stop the turn that runs, and say so; does nothing between turns."""
        if not self._open:
            return
        self._open = False
        await self._stop_task()
        self._awaited.clear()
        await self._line.send(messages.interrupted())
        if self._line.rules.open_calls:
            await self._line.send(messages.tool_call_cancellation(self._line.rules.open_calls))
        await self._line.send(messages.turn_complete())
        await self._offer_handle()
        log.info("turn_interrupted connection=%d", self._line.record.number)

    def answered(self, response: FunctionResponse) -> None:
        """A tool has answered. Only the last part of an answer in parts counts."""
        waiter = self._awaited.pop(response.id or "", None) if not response.will_continue else None
        if waiter is not None and not waiter.done():
            waiter.set_result(response)

    async def close(self) -> None:
        """The connection ended: stop without a word."""
        self._open = False
        await self._stop_task()

    async def _stop_task(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    # ------------------------------------------------------------------------------------ one turn

    async def _follow(self, previous: asyncio.Task[None] | None, utterance: Utterance) -> None:
        """One turn, after the one before it."""
        if previous is not None:
            await _after(previous)
        self._open = True
        try:
            await self._turn(utterance)
        except LadleError as error:
            log.error("answer_failed connection=%d reason=%s", self._line.record.number, error)  # noqa: TRY400
            await self._line.close(INTERNAL_ERROR, str(error))
        except Exception:
            log.exception("answer_failed connection=%d", self._line.record.number)
            await self._line.close(INTERNAL_ERROR, "Internal error encountered.")

    async def _turn(self, utterance: Utterance) -> None:
        heard_s = len(utterance.pcm) / MICROPHONE_BYTES_PER_S if isinstance(utterance, Spoken) else 0.0
        text = await self._answer_to(utterance)
        spoken_s = await self._say(text) if text else 0.0
        self._open = False
        await self._line.send(messages.turn_complete(heard_s=heard_s, spoken_s=spoken_s))
        await self._offer_handle()

    async def _answer_to(self, utterance: Utterance) -> str:
        if isinstance(utterance, Spoken | Written):
            return await self._answers.to_words(await self._understand(utterance))
        return await self._answers.to_notice(utterance)

    async def _understand(self, utterance: Spoken | Written) -> str:
        words = await self._wits.hear(utterance.pcm) if isinstance(utterance, Spoken) else utterance.text
        echo = isinstance(utterance, Spoken) or utterance.echo
        if words and echo and self._setup.input_audio_transcription is not None:
            await self._line.send(messages.input_transcript(words))
        return words

    async def _ask_tool(self, call: Call) -> FunctionResponse:
        call_id = f"function-call-{secrets.randbelow(10**18)}"
        waiter = asyncio.get_running_loop().create_future()
        self._awaited[call_id] = waiter
        if self._setup.session_resumption is not None:
            await self._line.send(messages.resumption_update())
        await self._line.send(messages.tool_call(call.name, call.arguments, call_id))
        log.info("tool_called connection=%d name=%s", self._line.record.number, call.name)
        response: FunctionResponse = await waiter
        return response

    async def _say(self, text: str) -> float:
        """Speak, and wait until the client has played it; returns the seconds spoken."""
        pcm = await self._wits.speak(text)
        loop = asyncio.get_running_loop()
        played_at = loop.time() + reply.duration_s(pcm)
        told = text if self._setup.output_audio_transcription is not None else ""
        await reply.stream(self._line.send, pcm, told, self._pace)
        await self._line.send(messages.generation_complete())
        await asyncio.sleep(max(0.0, played_at - loop.time()))
        return reply.duration_s(pcm)

    async def _offer_handle(self) -> None:
        if self._setup.session_resumption is not None:
            await self._line.send(messages.resumption_update(self._handles.issue(self._session)))


async def _after(previous: asyncio.Task[None]) -> None:
    """Wait for the turn before; whoever cancels the waiting one means both."""
    try:
        await asyncio.wait({previous})
    except asyncio.CancelledError:
        previous.cancel()
        raise
