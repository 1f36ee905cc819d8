"""What is said to words and to notices, and what the session remembers of it.

A reply is remembered whole before it is spoken, so that it can go on where a lost connection cut it off.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from device.rehearsal.handles import Remark, Session
from device.rehearsal.notices import GoOn, LateOutcome, Notice
from device.rehearsal.protocol import FunctionResponse
from device.rehearsal.wire import JsonObject
from device.rehearsal.wits import Call, Say, Tools, Wits

NOTHING_LEFT = "That was all."
SAY_AGAIN = "Sorry, could you say that again?"

_WORD = re.compile(r"\w+")


class Answers:
    """Finds the answers of one connection; `ask` puts a call to the client's tool and waits."""

    def __init__(
        self, session: Session, wits: Wits, tools: Tools, ask: Callable[[Call], Awaitable[FunctionResponse]]
    ) -> None:
        self._session = session
        self._wits = wits
        self._tools = tools
        self._ask = ask

    async def to_words(self, words: str) -> str:
        """What to say, "" for nothing; a tool may have been asked on the way."""
        self._session.last_thought = self._wits.consider(words, self._session, self._tools)
        if words:
            self._session.remarks.append(Remark(by_user=True, text=words))
        return await self._act_on_last_thought()

    async def to_notice(self, notice: Notice) -> str:
        """What to say about something that the client tells on its own behalf, "" for nothing."""
        if isinstance(notice, GoOn):
            return await self._go_on(notice)
        if isinstance(notice, LateOutcome):
            if notice.asked and not _is_about(self._last_by_user(), notice.asked):
                self._session.remarks.append(Remark(by_user=True, text=notice.asked))
            return self._remembered(self._wits.report(notice.call, notice.payload, self._session))
        return ""

    async def _act_on_last_thought(self) -> str:
        thought = self._session.last_thought
        if isinstance(thought, Call):
            response = await self._ask(thought)
            if _wants_silence(response):
                return ""
            return self._remembered(self._wits.report(thought, response.response, self._session))
        return self._remembered(thought.text) if isinstance(thought, Say) else ""

    def _remembered(self, reply: str) -> str:
        if reply:
            self._session.remarks.append(Remark(by_user=False, text=reply))
        return reply

    def _last_remark(self) -> Remark | None:
        return self._session.remarks[-1] if self._session.remarks else None

    def _last_by_user(self) -> str:
        return next((remark.text for remark in reversed(self._session.remarks) if remark.by_user), "")

    # ------------------------------------------------------------------------------ after a break

    async def _go_on(self, notice: GoOn) -> str:
        reply = self._reply_cut_off(notice)
        if not reply and not notice.asked:
            return SAY_AGAIN
        if not reply and notice.outcome:
            reply = self._remembered(
                self._wits.report(notice.outcome.call, notice.outcome.payload, self._session)
            )
        reply = reply or await self._answer_again(notice.asked)
        rest = rest_of(reply, notice.said)
        if rest is None:
            return reply
        return rest or (NOTHING_LEFT if reply else "")

    def _reply_cut_off(self, notice: GoOn) -> str:
        """The whole reply, if it is remembered: the last remark, and about the same words."""
        last = self._last_remark()
        if last is None or last.by_user or not (notice.asked or notice.said):
            return ""
        if notice.asked and not _is_about(self._last_by_user(), notice.asked):
            return ""
        return last.text if rest_of(last.text, notice.said) is not None else ""

    async def _answer_again(self, asked: str) -> str:
        """The answer that a break prevented; nothing is thought about twice."""
        last = self._last_remark()
        if last is not None and last.by_user and _is_about(last.text, asked):
            return await self._act_on_last_thought()
        return await self.to_words(asked)


def rest_of(reply: str, said: str) -> str | None:
    """What follows in the reply after what was already said of it; None where that is not a part of it.

    Only words count, whatever stands between them.
    """
    words = list(_WORD.finditer(reply))
    whole, spoken = _words(reply), _words(said)
    if spoken[: len(whole)] == whole:
        return ""
    for start in range(len(whole) - len(spoken) + 1):
        end = start + len(spoken)
        if whole[start:end] == spoken:
            return reply[words[end].start() if spoken else 0 :] if end < len(whole) else ""
    return None


def _is_about(words: str, asked: str) -> bool:
    """Whether these are the words asked; a client may have joined them to earlier ones without an answer."""
    wanted = _words(words)
    return bool(wanted) and _words(asked)[-len(wanted) :] == wanted


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _wants_silence(response: FunctionResponse) -> bool:
    """Guides put `scheduling` inside the response, the reference puts it beside; both are taken."""
    inside: JsonObject = response.response
    return "SILENT" in {response.scheduling, inside.get("scheduling")}
