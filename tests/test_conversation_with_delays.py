"""The core between a person who talks over everything and an API whose every message takes its time.

A small simulation: one clock, one queue of what is due. The API behaves as documented: it generates faster
than real time, is interrupted by an activity or by client content, cancels its blocking calls then, and may
add an interruption where there was nothing to interrupt.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest

from device.conversation import Conversation
from device.events import (
    Action,
    ActivityEnded,
    ActivityStarted,
    ButtonPressed,
    Connected,
    EndActivity,
    Event,
    FlushSpeaker,
    Frame,
    GenerationComplete,
    PlaybackDrained,
    PlayReply,
    ReplyAudioReceived,
    ReplyInterrupted,
    RunTool,
    SendToolOutcome,
    StartActivity,
    Started,
    StopGeneration,
    ToolCall,
    ToolCallReceived,
    ToolCallsCancelled,
    ToolFinished,
    ToolOutcome,
    TurnComplete,
)
from device.phases import Phase

CHUNK_S = 0.04
CHUNK = b"\0" * 1920


@dataclass
class World:
    """The clock, what is due, and what a listener heard: chunks of the reply to each question."""

    source: random.Random
    now_s: float = 0.0
    due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    heard: dict[int, int] = field(default_factory=dict)
    said: dict[int, int] = field(default_factory=dict)
    heard_too_late: list[int] = field(default_factory=list)

    def after(self, delay_s: float, what: Callable[[], None]) -> None:
        heapq.heappush(self.due, (self.now_s + delay_s, self.source.getrandbits(60), what))

    def run(self) -> None:
        while self.due:
            self.now_s, _, what = heapq.heappop(self.due)
            what()


class Api:
    """The other end: messages go both ways with delays, and keep their order."""

    def __init__(self, world: World, tell: Callable[[Event, int], None]) -> None:
        self._world = world
        self._tell = tell
        self._latency_s = world.source.choice([0.02, 0.1, 0.3])
        self._last_s = {"up": 0.0, "down": 0.0}
        self._generation = 0
        self._busy = False
        self._call: str | None = None
        self._question = 0
        self._calls = 0

    def take(self, action: Action, question: int) -> None:
        """An action of the device is on its way here."""
        self._in_order("up", lambda: self._act(action, question))

    def _in_order(self, way: str, what: Callable[[], None]) -> None:
        delay_s = self._world.source.uniform(0.2, 1) * self._latency_s
        at_s = max(self._world.now_s + delay_s, self._last_s[way] + 1e-9)
        self._last_s[way] = at_s
        self._world.after(at_s - self._world.now_s, what)

    def _send(self, event: Event, question: int = 0) -> None:
        self._in_order("down", lambda: self._tell(event, question))

    def _act(self, action: Action, question: int) -> None:
        source = self._world.source
        if isinstance(action, StartActivity | StopGeneration):
            self._interrupt()
        elif isinstance(action, EndActivity):
            self._generation += 1
            self._busy, self._question = True, question
            uses_tool = source.random() < 0.5
            self._later(source.uniform(0.05, 0.6), lambda: self._use_tool() if uses_tool else self._speak())
        elif isinstance(action, SendToolOutcome) and self._call:
            self._call = None
            self._later(source.uniform(0.05, 0.3), self._speak)

    def _later(self, delay_s: float, what: Callable[[], None]) -> None:
        """Do it, unless the generation was interrupted meanwhile."""
        generation = self._generation
        self._world.after(delay_s, lambda: what() if generation == self._generation else None)

    def _interrupt(self) -> None:
        self._generation += 1
        if self._busy:
            self._send(ReplyInterrupted())
            if self._call:
                self._send(ToolCallsCancelled((self._call,)))
            self._send(TurnComplete())
        elif self._world.source.random() < 0.5:
            self._send(ReplyInterrupted())
            self._send(TurnComplete())
        self._busy, self._call = False, None

    def _use_tool(self) -> None:
        self._calls += 1
        self._call = f"call-{self._calls}"
        self._send(ToolCallReceived(ToolCall(self._call, "tool", {})))

    def _speak(self) -> None:
        chunks = self._world.source.randint(5, 40)
        self._world.said[self._question] = chunks
        self._chunk(chunks)

    def _chunk(self, left: int) -> None:
        if left:
            self._send(ReplyAudioReceived(CHUNK), self._question)
            self._later(self._world.source.choice([0.001, 0.01, CHUNK_S]), lambda: self._chunk(left - 1))
            return
        self._send(GenerationComplete())
        self._later(self._world.source.uniform(0, 1), self._complete)

    def _complete(self) -> None:
        self._busy = False
        self._send(TurnComplete())


class Kitchen:
    """The core with a speaker and tools that take their time, and a person."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.conversation = Conversation()
        self._api = Api(world, self._happens)
        self._playing_until_s = 0.0
        self.asked = 0
        self._cut: set[int] = set()
        for event in (Connected(), Started()):
            self._happens(event)

    def press(self) -> None:
        self._happens(ButtonPressed())

    def speak(self, seconds: float) -> None:
        self._happens(ActivityStarted((Frame(0, b""),)))
        self._world.after(seconds, self._fall_silent)

    def _fall_silent(self) -> None:
        self.asked += 1
        self._happens(ActivityEnded())

    def _happens(self, event: Event, question: int = 0) -> None:
        for action in self.conversation.handle(event):
            if isinstance(action, StartActivity | EndActivity | StopGeneration | SendToolOutcome):
                self._api.take(action, self.asked)
            elif isinstance(action, PlayReply):
                self._hear(question)
            elif isinstance(action, FlushSpeaker):
                self._cut |= set(range(1, self.asked + 1))
                self._playing_until_s = 0.0
            elif isinstance(action, RunTool):
                outcome = ToolFinished(ToolOutcome(action.call.id, "tool", {}))
                self._world.after(self._world.source.uniform(0.001, 0.8), partial(self._happens, outcome))

    def _hear(self, question: int) -> None:
        if question in self._cut:
            self._world.heard_too_late.append(question)
        self._world.heard[question] = self._world.heard.get(question, 0) + 1
        self._playing_until_s = max(self._playing_until_s, self._world.now_s) + CHUNK_S
        self._world.after(self._playing_until_s - self._world.now_s + 0.001, self._drain)

    def _drain(self) -> None:
        if self._playing_until_s and self._world.now_s >= self._playing_until_s:
            self._playing_until_s = 0.0
            self._happens(PlaybackDrained())


def an_evening(seed: int) -> tuple[World, Kitchen]:
    """A person who asks, interrupts and presses as it comes, and in the end asks once more and waits."""
    source = random.Random(seed)
    world = World(source)
    kitchen = Kitchen(world)
    at_s = 1.0
    for _ in range(6):
        if source.random() < 0.7:
            seconds = source.uniform(0.7, 2)
            world.after(at_s, partial(kitchen.speak, seconds))
            at_s += seconds + source.choice([0.05, 0.3, 1, 3])
        else:
            world.after(at_s, kitchen.press)
            at_s += source.choice([0.1, 0.5, 2])
    world.after(at_s + 12, lambda: kitchen.speak(1.0))
    world.run()
    return world, kitchen


@pytest.mark.parametrize("block", range(4))
def test_nothing_is_heard_too_late_and_nobody_is_left_waiting(block: int) -> None:
    for seed in range(block * 500, block * 500 + 500):
        world, kitchen = an_evening(seed)
        assert not world.heard_too_late, f"seed {seed}: audio of a reply that had been cut short"
        assert world.heard.get(kitchen.asked) == world.said[kitchen.asked], f"seed {seed}: the last answer"
        assert kitchen.conversation.phase is Phase.READY, f"seed {seed}"
