"""A power cut in the middle of a conversation, again and again: what is still there, and what came to harm.

The real `ladle run` against the stand-in with its own wits, each in a process of its own. A voice asks into
the microphone, a person types questions that write the diary, set timers, mute and change the volume; at a
random moment the daemon is killed (some of them while it starts, some just after it has acknowledged
something) and started again.

kills               in conversation; each was followed by a restart
kills_at_start      further ones, of a daemon that was just starting
restarts            after kills, that came to ready;  ready_ms_*  from the start of the process to ready
resumed_percent     of the restarts went on with the session by its handle
restored_percent    were told the last turns in a fresh session;  fresh_percent  knew nothing
entries_acknowledged  calls of which the journal said that they were logged
entries_lost, entries_doubled  of these, and those that are in the diary more than once
switches_wrong      restarts with another volume, or muted otherwise, than was acknowledged
timers_wrong        restarts that lacked a timer, or had one with another time left
term_ms_*           from SIGTERM in conversation to the end of the process
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from device.errors import LadleError
from device.nutrition.diaryfile import DiaryFile
from device.rehearsal.mouth import MICROPHONE_VOICE, Mouth
from device.rehearsal.process import StandIn, running_stand_in
from tests.ladle_process import Home, LadleProcess, start_ladle
from tests.sounds import silence, write_wav

SPOKEN = "How much protein is in a chicken breast?"
SPOKEN_TIMES, BETWEEN_S = 6, 2.0
LOGGED = ("tool_called name=log_water ", "tool_called name=log_food ")
LEAST_AMOUNT = 100
"""Of water in ml and of food in g: each is asked for once, and so known again by its amount."""
TIMER_EVERY = 6
"""Runs; no more than twenty timers may run."""
LONGEST_TIMER_MIN = 600
TIMER_SLACK_S = 5.0
LONGEST_LIFE_S = 3.0
KILLED_AT_START = 0.2
PAUSES_S = (0.0, 0.0, 0.3, 1.0)
"""Between what is asked for; replies play meanwhile."""
PATIENCE_S = 2.0
AGAIN_S = 0.1

Figures = dict[str, Any]


def measure(*, quick: bool) -> Figures:
    """All figures of this module's docstring."""
    with tempfile.TemporaryDirectory(prefix="ladle-bench-") as name:
        return asyncio.run(_measure(Path(name), kills=10 if quick else 100, terms=5 if quick else 20))


async def _measure(directory: Path, *, kills: int, terms: int) -> Figures:
    async with running_stand_in() as stand_in:
        house = House(await _home(directory, stand_in), random.Random(1))
        while house.kills < kills:
            await house.live_until_killed()
        await house.come_back()
        restarts = house.restarts
        term_ms = [await house.live_until_stopped() for _ in range(terms)]
        await house.end()
    return {
        "kills": house.kills,
        "kills_at_start": house.kills_at_start,
        "restarts": restarts,
        "ready_ms_p50": round(statistics.median(house.ready_ms)),
        "ready_ms_worst": round(max(house.ready_ms)),
        **{f"{kind}_percent": house.percent_of(kind) for kind in ("resumed", "restored", "fresh")},
        "entries_acknowledged": house.acknowledged,
        "entries_lost": house.lost,
        "entries_doubled": house.doubled,
        "switches_wrong": house.switches_wrong,
        "timers_wrong": house.timers_wrong,
        "term_ms_p50": round(statistics.median(term_ms)),
        "term_ms_worst": round(max(term_ms)),
    }


async def _home(directory: Path, stand_in: StandIn) -> Home:
    asked = await Mouth(MICROPHONE_VOICE).for_microphone(SPOKEN)
    heard = write_wav(directory / "asked.wav", (silence(BETWEEN_S) + asked) * SPOKEN_TIMES)
    live = {"endpoint": stand_in.endpoint, "ca_file": stand_in.ca_file}
    audio = {"input": f"file:{heard}", "output": f"file:{directory / 'answers.wav'}"}
    config = directory / "ladle.yaml"
    config.write_text(yaml.safe_dump({"live": live, "audio": audio}), encoding="utf-8")
    return Home(config, directory / "state", directory / "run")


# ------------------------------------------------------------------------------------ what must be kept


@dataclass
class Wish:
    """Something that a person switched: what was acknowledged, and what was asked for since."""

    acknowledged: object
    asked: object

    def fits(self, now: object) -> bool:
        """Whether it may be so after a restart; what was found counts from then on."""
        was, self.acknowledged = (self.acknowledged, self.asked), now
        self.asked = now
        return now in was


@dataclass
class Timers:
    """asked_s: when each was asked for, by its minutes; acknowledged: of how many the journal said so."""

    asked_s: dict[int, float] = field(default_factory=dict)
    acknowledged: int = 0

    def fit(self, running: list[Mapping[str, Any]]) -> bool:
        """Whether those that run may be all that were set; what was found counts from then on."""
        now = time.monotonic()
        ends_s = sorted(now + timer["remaining_s"] for timer in running)
        expected_s = sorted(asked_s + minutes * 60 for minutes, asked_s in self.asked_s.items())
        alike = [end_s for end_s in ends_s if any(abs(end_s - each) <= TIMER_SLACK_S for each in expected_s)]
        are_right = self.acknowledged <= len(running) == len(alike) <= len(self.asked_s)
        self.acknowledged = len(running)
        return are_right


# ------------------------------------------------------------------------------------ lives


class House:
    """A household whose daemon is killed again and again, and what has become of what it was told."""

    def __init__(self, home: Home, chance: random.Random) -> None:
        self._home = home
        self._chance = chance
        self._present = 0
        self._amount = LEAST_AMOUNT
        self._has_lived = False
        self._unseen = 0  # calls that were acknowledged and not looked for yet
        self._timers = Timers()
        self._volume: Wish | None = None
        self._muted = Wish(False, False)
        self._acknowledgements = asyncio.Semaphore(0)
        self._ladle: LadleProcess | None = None
        self._sessions: Counter[str] = Counter()
        self.ready_ms: list[float] = []
        self.kills = self.kills_at_start = self.restarts = 0
        self.acknowledged = self.lost = self.doubled = 0
        self.switches_wrong = self.timers_wrong = 0

    def percent_of(self, kind: str) -> float:
        """Of all restarts, those with such a session."""
        return round(100 * self._sessions[kind] / self._sessions.total(), 1)

    async def live_until_killed(self) -> None:
        """Come to ready and look what is there, talk, and be killed at a random moment."""
        ladle = await self.come_back()
        self._acknowledgements = asyncio.Semaphore(0)
        talk = asyncio.create_task(self._talk(ladle))
        await self._wait_for_the_end()
        await ladle.kill()
        self.kills += 1
        await self._leave(talk, ladle)
        if self._chance.random() < KILLED_AT_START:
            ladle = await start_ladle(self._home)
            await asyncio.sleep(self._chance.uniform(0, 1))
            await ladle.kill()
            self.kills_at_start += 1

    async def _wait_for_the_end(self) -> None:
        """For a random time, or just until something has been acknowledged."""
        count = self._chance.choice((0, 0, 1, 2, 4))
        if not count:
            await asyncio.sleep(self._chance.uniform(0.05, LONGEST_LIFE_S))
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_LIFE_S):
                for _ in range(count):
                    await self._acknowledgements.acquire()

    async def live_until_stopped(self) -> float:
        """The same, but ended by SIGTERM; how long that took, in ms."""
        ladle = self._ladle or await self.come_back()
        talk = asyncio.create_task(self._talk(ladle))
        await asyncio.sleep(self._chance.uniform(0.3, LONGEST_LIFE_S))
        began_s = time.monotonic()
        if await ladle.stop() != 0:
            raise RuntimeError("SIGTERM did not end it well:\n" + "\n".join(ladle.journal[-5:]))
        took_ms = (time.monotonic() - began_s) * 1000
        await self._leave(talk, ladle)
        return took_ms

    async def end(self) -> None:
        """Stop what runs."""
        if self._ladle:
            await self._ladle.stop()

    async def _leave(self, talk: asyncio.Task[None], ladle: LadleProcess) -> None:
        talk.cancel()
        await asyncio.gather(talk, return_exceptions=True)
        self._ladle = None
        done = [line for line in ladle.journal if "ok=True" in line and "already_done" not in line]
        self._unseen = sum(any(name in line for name in LOGGED) for line in done)
        self.acknowledged += self._unseen
        self._timers.acknowledged += sum("tool_called name=timer " in line for line in done)

    # -------------------------------------------------------------------------------- after a restart

    async def come_back(self) -> LadleProcess:
        """A daemon that is ready, and has been compared with what must be there."""
        self._ladle = ladle = await start_ladle(self._home)
        await ladle.until(" ready ")
        self.ready_ms.append((time.monotonic() - ladle.began_s) * 1000)
        status = (await ladle.ask("status"))["status"]
        assert isinstance(status, dict), "it is an object by the socket's own rules"
        if self._has_lived:
            self._compare(ladle, status)
        self._has_lived = True
        self._volume = self._volume or Wish(status["volume"], status["volume"])
        return ladle

    def _compare(self, ladle: LadleProcess, status: Mapping[str, Any]) -> None:
        self.restarts += 1
        told = (
            kind for kind in ("resumed", "restored") if any(f" {kind} " in line for line in ladle.journal)
        )
        self._sessions[next(told, "fresh")] += 1
        amounts = self._amounts()
        self.lost += max(0, self._present + self._unseen - len(amounts))
        self.doubled = len(amounts) - len(set(amounts))
        self._present, self._unseen = len(amounts), 0
        assert self._volume
        self.switches_wrong += not self._volume.fits(status["volume"])
        self.switches_wrong += not self._muted.fits(status["muted"])
        self.timers_wrong += not self._timers.fit(status["timers"])

    def _amounts(self) -> list[float]:
        """Every glass of water in ml and every food in g that the diary holds."""
        file = DiaryFile(self._home.state, owner=False)
        with file.reading() as database:
            rows = database.execute(
                "SELECT json_extract(fact, '$.ml') FROM event WHERE kind = 'water'"
                " UNION ALL SELECT grams FROM item"
            ).fetchall()
        file.close()
        return [amount for (amount,) in rows]

    # ------------------------------------------------------------------------------------- conversation

    async def _talk(self, ladle: LadleProcess) -> None:
        """Ask for something, and for the next as soon as that is acknowledged, or was not heard."""
        if self.kills % TIMER_EVERY == 0:
            minutes = LONGEST_TIMER_MIN - len(self._timers.asked_s)
            self._timers.asked_s[minutes] = time.monotonic()
            await self._ask(ladle, f"Set a timer for {minutes} minutes.")
        while True:
            match self._chance.choice(("drink", "eat", "volume", "mute")):
                case "drink":
                    await self._ask(ladle, f"I drank {self._next_amount()} ml of water.")
                case "eat":
                    await self._ask(ladle, f"I ate {self._next_amount()} g of boiled rice.")
                case "volume":
                    assert self._volume
                    self._volume.asked = percent = self._chance.randrange(20, 80)
                    self._volume.acknowledged = (await ladle.ask("volume", percent=percent))["volume"]
                    self._acknowledgements.release()
                case "mute":
                    self._muted.asked = not self._muted.acknowledged
                    answer = await ladle.ask("mute" if self._muted.asked else "unmute")
                    self._muted.acknowledged = answer["muted"]
                    self._acknowledgements.release()
            await asyncio.sleep(self._chance.choice(PAUSES_S))

    def _next_amount(self) -> int:
        self._amount += 1
        return self._amount

    async def _ask(self, ladle: LadleProcess, text: str) -> None:
        """Ask until nobody speaks just then, and wait for the tool, unless the voice has cut it short."""
        seen = len(ladle.journal)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    with suppress(LadleError):
                        await ladle.ask("ask", text=text)
                        break
                    await asyncio.sleep(AGAIN_S)
                await ladle.until(" ok=True", after=seen)
                self._acknowledgements.release()
