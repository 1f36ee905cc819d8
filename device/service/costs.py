"""What an answer costs: the time that somebody waits for it, its tokens, and an estimate of the money.

All of it is counted in memory and is gone when the process ends.
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from device.events import (
    Action,
    ActivityStarted,
    CancelTool,
    Connected,
    ConnectionLost,
    EndActivity,
    Event,
    FlushSpeaker,
    PlayReply,
    RunTool,
    StartActivity,
    ToolFinished,
)

# ------------------------------------------------------------------------------------------ time

KEPT = 100
"""Of each delay so many are remembered, the latest."""


class Delay(StrEnum):
    """What is waited for.

    REPLY: from the moment the API is told that the person has finished until the first sound of its answer is
    given to the speaker. TOOL: a tool's own time. GATE_TO_WIRE: from the opening of the gate until the
    first frame of that activity is on the wire.
    """

    REPLY = "reply"
    TOOL = "tool"
    GATE_TO_WIRE = "gate_to_wire"


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Half of the `count` latest delays were at most `p50_ms`, and 95 of a hundred at most `p95_ms`."""

    p50_ms: float
    p95_ms: float
    count: int


class Latencies:
    """The latest delays of each kind, in ms."""

    def __init__(self) -> None:
        self._taken_ms = {delay: deque[float](maxlen=KEPT) for delay in Delay}

    def add(self, delay: Delay, took_ms: float) -> None:
        """One more; it may push out the oldest."""
        self._taken_ms[delay].append(took_ms)

    def summary(self) -> Mapping[str, Percentiles]:
        """The percentiles of each delay that was ever measured."""
        return {delay.value: _percentiles(sorted(taken)) for delay, taken in self._taken_ms.items() if taken}


def _percentiles(ascending_ms: list[float]) -> Percentiles:
    def rank(share: float) -> float:
        return ascending_ms[math.ceil(share * len(ascending_ms)) - 1]

    return Percentiles(round(rank(0.5), 1), round(rank(0.95), 1), len(ascending_ms))


class Stopwatch:
    """A recorder that measures each `Delay` by what goes into the core and comes out of it."""

    def __init__(
        self, took: Callable[[Delay, float], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """took: told each delay in ms; clock: in s."""
        self._took = took
        self._clock = clock
        self._is_connected = False
        self._asked_at: float | None = None
        self._opened: tuple[float, int] | None = None  # when, and the number of the activity's first frame
        self._tools_began: dict[str, float] = {}

    def ready(self) -> None:
        """Nothing begins here."""

    def close(self) -> None:
        """Nothing is held open."""

    def record(self, name: str, /, **fields: object) -> None:
        """The one thing of interest beside events and actions is a frame on the wire."""
        if name == "frame_sent" and self._opened and isinstance(frame := fields.get("frame"), int):
            opened_at, first = self._opened
            # Frames of the activity before may still be on their way.
            if frame >= first:
                self._opened = None
                self._tell(Delay.GATE_TO_WIRE, opened_at)

    def record_value(self, value: Event | Action) -> None:
        """An event or an action."""
        match value:
            case Connected():
                self._is_connected = True
            case ConnectionLost():
                # How long the network is away is another question.
                self._is_connected, self._opened = False, None
            case ActivityStarted(pre_roll):
                first = pre_roll[0].number if pre_roll else 0
                self._opened = (self._clock(), first) if self._is_connected else None
            case EndActivity():
                self._asked_at = self._clock()
            case PlayReply() if self._asked_at is not None:
                self._tell(Delay.REPLY, self._asked_at)
                self._asked_at = None
            case StartActivity() | FlushSpeaker():
                self._asked_at = None
            case RunTool(call):
                self._tools_began[call.id] = self._clock()
            case CancelTool(call_id):
                self._tools_began.pop(call_id, None)
            case ToolFinished(outcome) if outcome.call_id in self._tools_began:
                self._tell(Delay.TOOL, self._tools_began.pop(outcome.call_id))

    def _tell(self, delay: Delay, since: float) -> None:
        self._took(delay, (self._clock() - since) * 1000)


# ------------------------------------------------------------------------------------------ money

Tokens = Mapping[str, int]
"""How many tokens of each modality: text, audio, image, video; anything else is charged at the dearest."""

CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Price:
    """USD for a million tokens, by modality; thoughts count as text that the model gives."""

    tokens_in: Mapping[str, float]
    tokens_out: Mapping[str, float]


# An estimate: the paid tier of https://ai.google.dev/gemini-api/docs/pricing, as notes of September and
# October 2026 quote it. The free tier costs nothing. A model whose sound has no known price is not here.
PRICES: Mapping[str, Price] = {
    "gemini-3.8-live": Price(
        tokens_in={"text": 0.75, "audio": 3.0, "image": 1.0, "video": 1.0},
        tokens_out={"text": 4.5, "audio": 12.0},
    ),
}


def estimate_usd(model: str, tokens_in: Tokens, tokens_out: Tokens) -> float | None:
    """What these tokens cost, roughly; None: the model's prices are not known here."""
    price = PRICES.get(model.removeprefix("models/"))
    if price is None:
        return None
    return _charged(price.tokens_in, tokens_in) + _charged(price.tokens_out, tokens_out)


def _charged(usd_per_million: Mapping[str, float], tokens: Tokens) -> float:
    dearest = max(usd_per_million.values())
    return sum(usd_per_million.get(modality, dearest) * count for modality, count in tokens.items()) / 1e6


@dataclass(frozen=True, slots=True)
class UsageToday:
    """The tokens of one logical day, and an estimate of their price; cost None: the price is not known.

    is_whole_day: False: the process started within the day, and what was before is not counted.
    """

    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    currency: str = CURRENCY
    is_whole_day: bool = False


@dataclass
class Usage:
    """Counts the tokens of a day; a new day begins at 0.

    The API reports each turn's tokens by themselves, all that it has read again included, so they add up.
    today: the household's logical day.
    """

    model: str
    today: Callable[[], date]
    _day: date = field(init=False)
    _is_whole_day: bool = field(init=False, default=False)
    _in: Counter[str] = field(init=False, default_factory=Counter)
    _out: Counter[str] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        self._day = self.today()

    def add(self, tokens_in: Tokens, tokens_out: Tokens) -> None:
        """One turn, as the API reports it."""
        self._turn_page()
        self._in.update(tokens_in)
        self._out.update(tokens_out)

    def so_far(self) -> UsageToday:
        """The day until now."""
        self._turn_page()
        cost = estimate_usd(self.model, self._in, self._out)
        return UsageToday(
            tokens_in=self._in.total(),
            tokens_out=self._out.total(),
            cost=None if cost is None else round(cost, 4),
            is_whole_day=self._is_whole_day,
        )

    def _turn_page(self) -> None:
        day = self.today()
        if day != self._day:
            self._day, self._is_whole_day = day, True
            self._in.clear()
            self._out.clear()
