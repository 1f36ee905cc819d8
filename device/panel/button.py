"""The button: pressed to interrupt, held to mute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from gpiozero import Button

from device.config import PanelSettings

BOUNCE_S = 0.05
"""Contacts chatter for some ms; a person cannot press twice this fast. The first edge counts, so this costs
no delay."""


class PanelButton:
    """A push button to ground. Its edges come on gpiozero's threads and cross into the loop here."""

    def __init__(
        self, settings: PanelSettings, *, on_press: Callable[[], None], on_hold: Callable[[], None]
    ) -> None:
        """Raises gpiozero's errors where the pin cannot be had. Called on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._on_press = on_press
        self._on_hold = on_hold
        self._last_edge = float("-inf")
        self._button = Button(settings.button_pin, pull_up=True, hold_time=settings.mute_hold_s)
        self._button.when_pressed = lambda: self._cross(self._pressed, time.monotonic())
        self._button.when_released = lambda: self._cross(self._released, time.monotonic())
        self._button.when_held = lambda: self._cross(self._on_hold)

    def close(self) -> None:
        """Free the pin."""
        self._button.close()

    def _cross(self, callback: Callable[..., None], *edge_s: float) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback, *edge_s)

    def _pressed(self, edge_s: float) -> None:
        if self._settled(edge_s):
            self._on_press()

    def _released(self, edge_s: float) -> None:
        self._settled(edge_s)

    def _settled(self, edge_s: float) -> bool:
        """Whether this edge, by the time at which it came, is more than chatter of the last one."""
        settled = edge_s - self._last_edge >= BOUNCE_S
        self._last_edge = edge_s
        return settled
