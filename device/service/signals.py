"""The signals by which somebody asks something of the daemon, and the time in which it cannot hear them yet.

Unheard, each of them ends the process; and systemd takes an end by SIGHUP for one that was wished, and would
not start the service again. So they wait until the daemon listens, over a restart too.
"""

from __future__ import annotations

import signal

RELOAD = signal.SIGHUP
TELL_STATE = signal.SIGUSR1


def keep_waiting() -> None:
    """From now on; for the main thread, before there is another."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (RELOAD, TELL_STATE))


def let_through() -> None:
    """What has waited too."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (RELOAD, TELL_STATE))
