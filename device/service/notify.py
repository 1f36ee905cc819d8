"""Telling systemd that the daemon is ready, alive, or stopping (sd_notify(3)); silent outside a service."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import sdnotify


class Notifier:
    """Messages to the service manager."""

    def __init__(self) -> None:
        self._notifier = sdnotify.SystemdNotifier()
        self._told = ""

    def ready(self) -> None:
        """The daemon is up."""
        self._notifier.notify("READY=1")

    def status(self, sentence: str) -> None:
        """One line for `systemctl status`; telling the same again costs nothing."""
        if sentence != self._told:
            self._told = sentence
            self._notifier.notify(f"STATUS={' '.join(sentence.split())}")

    def stopping(self) -> None:
        """The daemon is on its way out."""
        self._notifier.notify("STOPPING=1")

    async def feed_watchdog(self, is_alive: Callable[[], bool]) -> None:
        """Tell the watchdog twice an interval that all is well, while it is; returns where there is none."""
        interval = os.environ.get("WATCHDOG_USEC", "")
        interval_us = int(interval) if interval.isdecimal() else 0
        if not interval_us or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
            return
        while True:
            if is_alive():
                self._notifier.notify("WATCHDOG=1")
            await asyncio.sleep(interval_us / 2 / 1_000_000)
