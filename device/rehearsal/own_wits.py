"""The stand-in's own wits: its ear, its mouth and its brain put together."""

from __future__ import annotations

import asyncio

from device.rehearsal.brain import Brain
from device.rehearsal.ear import CLEAR, Ear
from device.rehearsal.handles import Session
from device.rehearsal.mouth import ANSWER_VOICE, Mouth
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Thought, Tools

SECOND_OF_NOISE = b"\x00\x08\x00\xf8" * 8000


class OwnWits:
    """Ear, mouth and brain, loaded and warm."""

    def __init__(self, ear: Ear, mouth: Mouth, brain: Brain) -> None:
        self._ear = ear
        self._mouth = mouth
        self._brain = brain

    @classmethod
    async def ready(cls) -> OwnWits:
        """Load everything and use it once, so that the first answer is as quick as the next.

        Raises UnavailableError where recogniser or voice is missing, ConfigError for a broken food file.
        """
        mouth = Mouth(ANSWER_VOICE)
        ear, brain = await asyncio.gather(asyncio.to_thread(Ear), asyncio.to_thread(Brain.load))
        await asyncio.gather(ear.hear(SECOND_OF_NOISE, lambda words: CLEAR), mouth.for_reply("Ready."))
        return cls(ear, mouth, brain)

    async def hear(self, pcm: bytes) -> str:
        """The words in mono signed 16-bit PCM at 16 kHz."""
        return await self._ear.hear(pcm, self._brain.clarity)

    async def speak(self, text: str) -> bytes:
        """The text as mono signed 16-bit PCM at 24 kHz."""
        return await self._mouth.for_reply(text)

    def consider(self, words: str, session: Session, tools: Tools) -> Thought:
        """What to do about what a person said."""
        return self._brain.consider(words, session, tools)

    def report(self, call: Call, payload: JsonObject, session: Session) -> str:
        """What to say about the answer of a tool."""
        return self._brain.report(call, payload, session)
