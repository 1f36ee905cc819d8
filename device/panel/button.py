"""The button: pressed to interrupt, held to mute, held long to restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from gpiozero import InputDevice

from device.panel.presses import STUCK_S, HoldTimes, Presses, Signal
from device.panelsettings import PanelSettings

LOOK_S = 0.15
"""How often the level is looked at, for edges that were missed: pin libraries do miss some."""
COUNTDOWN_S = 5.0
OLDEST_EDGE_S = 1.0


def ignore(*_: object) -> None:
    """For what nobody wants to be told."""


class PanelButton:
    """A push button. Its edges come on a thread of the pin library and cross into the loop here.

    Everything is told on the event loop, by its clock:
        on_press: at the first edge of a press; on_click: it was let go before it was a hold
        on_hold, on_restart: once, in a press that lasts so long
        on_countdown: seconds until the restart; None: the button was let go before
        on_stuck: nobody holds a button for so long; a sentence says what to do; on_unstuck: it was let go
    """

    def __init__(
        self,
        settings: PanelSettings,
        *,
        on_press: Callable[[], None],
        on_click: Callable[[], None] = ignore,
        on_hold: Callable[[], None] = ignore,
        on_countdown: Callable[[float | None], None] = ignore,
        on_restart: Callable[[], None] = ignore,
        on_stuck: Callable[[str], None] = ignore,
        on_unstuck: Callable[[], None] = ignore,
    ) -> None:
        """Raises gpiozero's errors where the pin cannot be had. Called on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        times = hold_times(settings)
        self._tell: dict[Signal, Callable[[], None]] = {
            Signal.PRESS: on_press,
            Signal.CLICK: on_click,
            Signal.HOLD: on_hold,
            Signal.COUNTDOWN: lambda: on_countdown(times.restart_s - times.countdown_s),
            Signal.COUNTDOWN_OVER: lambda: on_countdown(None),
            Signal.RESTART: on_restart,
            Signal.STUCK: lambda: on_stuck(stuck_sentence(settings)),
            Signal.UNSTUCK: on_unstuck,
        }
        self._pulled_up = settings.button_pull == "up"
        self._device = InputDevice(settings.button_pin, pull_up=self._pulled_up)
        self._presses = Presses(times, down=self._device.is_active, now_s=self._loop.time())
        # The pin itself tells of every edge; gpiozero's Button keeps back those that do not change the level
        # which it saw last, and so swallows the press after a release that was missed.
        self._device.pin.edges = "both"
        self._device.pin.when_changed = self._changed
        self._wait()

    def close(self) -> None:
        """Free the pin."""
        if self._timer:
            self._timer.cancel()
        if not self._device.closed:
            self._device.pin.when_changed = None
        self._device.close()

    def _changed(self, ticks: float, level: float) -> None:
        at_s = self._loop.time() - self._age_s(ticks)
        with suppress(RuntimeError):  # the loop is closed: nobody is there to be told
            self._loop.call_soon_threadsafe(self._edge, bool(level) != self._pulled_up, at_s)

    def _age_s(self, ticks: float) -> float:
        """How long ago the edge was: on a busy machine this thread may run late.

        Some kernels count from another origin than the library's clock; then it was now.
        """
        factory = self._device.pin_factory
        age_s: float = factory.ticks_diff(factory.ticks(), ticks)
        return age_s if 0 <= age_s <= OLDEST_EDGE_S else 0.0

    def _edge(self, down: bool, at_s: float) -> None:
        if not self._device.closed:
            self._handle(self._presses.edge(down=down, at_s=at_s))

    def _look(self) -> None:
        self._handle(self._presses.look(down=self._device.is_active, now_s=self._loop.time()))

    def _handle(self, signals: list[Signal]) -> None:
        self._wait()
        for signal in signals:
            self._tell[signal]()

    def _wait(self) -> None:
        if self._timer:
            self._timer.cancel()
        next_s = self._loop.time() + LOOK_S
        due_s = self._presses.due_s
        self._timer = self._loop.call_at(next_s if due_s is None else min(next_s, due_s), self._look)


def hold_times(settings: PanelSettings) -> HoldTimes:
    """How long to hold for what."""
    countdown_s = max(settings.restart_hold_s - COUNTDOWN_S, settings.mute_hold_s)
    return HoldTimes(settings.mute_hold_s, countdown_s, settings.restart_hold_s)


def stuck_sentence(settings: PanelSettings) -> str:
    """What is wrong with a button that stays down, and what to do."""
    other_end = "ground" if settings.button_pull == "up" else "3.3 V"
    return (
        f"The button has been down for {STUCK_S:.0f} seconds. Free it if it is jammed. If nobody touches it, "
        f"check that it connects GPIO {settings.button_pin} to {other_end}, and only while it is pressed "
        "(panel.button_pin, panel.button_pull)."
    )
