"""Looks after the diary: checks it at the start, backs it up, mends what was logged before the clock was set.

What is wrong with it becomes a fault that a person can see, and the device goes on without it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from device.events import Event, FaultCleared, FaultRaised, ToolOutcome
from device.nutrition.records import DiaryUnavailableError, Trouble
from device.tools.kitchen import Kitchen

logger = logging.getLogger(__name__)

LOOKED_AFTER_EVERY_S = 60.0
TRIED_AGAIN_EVERY_S = 10.0
"""While something is wrong: whoever has made room on the disk waits for the light to go out."""
REPAIR_SHOWN_S = 3600.0
PART = "diary"
FAILED = (
    "Ladle failed while it looked after the diary, and goes on trying. Restart it; if this comes back, its "
    "journal says why."
)


class DiaryKeeper:
    """Keeps the diary of a kitchen, beside the conversation."""

    def __init__(self, kitchen: Kitchen, emit: Callable[[Event], None]) -> None:
        """emit: told of faults, on the event loop."""
        self._diary = kitchen.diary
        self._timers = kitchen.timers
        self._emit = emit
        self._repairs_told = 0
        self._clock_was_known = False
        self._has_written = False
        self._fault: str | None = None
        self._repair = ""
        self._shown_until_s = 0.0

    async def run(self) -> None:
        """Look after the diary for ever."""
        while True:
            trouble = await asyncio.to_thread(self._look_after)
            self._show(trouble)
            await asyncio.sleep(TRIED_AGAIN_EVERY_S if trouble else LOOKED_AFTER_EVERY_S)

    def learn(self, outcome: ToolOutcome) -> None:
        """A tool has met the diary: what it could not keep is a fault at once, and not a minute later."""
        if outcome.payload.get("code") == "STORAGE":
            self._raise(str(outcome.payload["message"]))

    def _show(self, trouble: str | None) -> None:
        """A repair is shown for an hour, so that somebody notices; trouble over it, while it lasts."""
        now_s = asyncio.get_running_loop().time()
        repairs = self._diary.file.repairs[self._repairs_told :]
        if repairs:
            self._repairs_told += len(repairs)
            self._repair, self._shown_until_s = str(repairs[-1]), now_s + REPAIR_SHOWN_S
            self._raise(self._repair)
        elif trouble:
            self._raise(trouble)
        elif now_s < self._shown_until_s:
            self._raise(self._repair)
        elif self._fault:
            self._fault = None
            self._emit(FaultCleared(PART))

    def _raise(self, sentence: str) -> None:
        if sentence != self._fault:
            self._fault = sentence
            self._emit(FaultRaised(PART, sentence))

    def _look_after(self) -> str | None:
        """What is wrong, None: nothing. Runs in a thread, as a check of the file may take seconds."""
        try:
            self._open()
            # A disk that is full at the start is told before somebody says what it could not keep.
            if self._fault or not self._has_written:
                self._diary.file.try_writing()
                self._has_written = True
            self._timers.write()
            self._mend_times()
            made = self._diary.back_up()
        except DiaryUnavailableError as error:
            return str(error)
        except Exception:
            logger.exception("fault part=%s reason=failed", PART)
            return FAILED
        if made:
            logger.info("diary_backed_up file=%s", made.name)
        return None

    def _open(self) -> None:
        """A file that turns out to be damaged while it is in use is mended at the next use: this one."""
        try:
            self._diary.file.open()
        except DiaryUnavailableError as error:
            if error.trouble is not Trouble.DAMAGED:
                raise
            self._diary.file.open()

    def _mend_times(self) -> None:
        """Once the clock is set, put right what was logged before."""
        is_known = self._diary.clock.is_known()
        if is_known and not self._clock_was_known:
            self._timers.mend_times()
            mended = self._diary.mend_times()
            if mended:
                logger.info("diary_times_mended entries=%d", mended)
        self._clock_was_known = is_known
