"""What the end of a connection, or of an attempt at one, says about what it began with: a pure judgement."""

from __future__ import annotations

from dataclasses import dataclass

from device.errors import ConnectionEndedError

STABLE_S = 10.0
"""A connection that lasted this long was a good one, even if the API generated nothing on it."""
UNWELCOME = (1007, 1008)
"""Close codes for what was sent, as opposed to an end of the service's own."""
ABNORMAL = 1006
MOST_DOUBTFUL_ATTEMPTS = 3
"""So many attempts with one handle may break off in a way that the network can be blamed for."""


@dataclass(frozen=True, slots=True)
class End:
    """An end, and what came before it.

    established: the setup was completed. generated: the model spoke, called a tool or completed a turn; that
    it only heard is the sign of a handle that leads nowhere. attempts: this one and those before it that
    began in the same way and came to nothing.
    """

    error: ConnectionEndedError
    established: bool = False
    generated: bool = False
    lasted_s: float = 0.0
    resumed: bool = False
    told_history: bool = False
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do differently next time.

    useful: the connection served for something, so the next attempt may follow at once. drop_handle: start a
    fresh session. drop_history: the API takes no history as turns. refused: there was nothing to drop, so a
    person may have to mend something.
    """

    useful: bool = False
    drop_handle: bool = False
    drop_history: bool = False
    refused: bool = False

    @property
    def plainer(self) -> bool:
        """Whether the next attempt asks for less, and so need not wait."""
        return self.drop_handle or self.drop_history


def judge(end: End) -> Verdict:
    """The verdict on an end."""
    return _of_connection(end) if end.established else _of_attempt(end)


def _of_connection(end: End) -> Verdict:
    unwelcome = end.error.code in UNWELCOME
    begun_badly = unwelcome and not end.generated
    return Verdict(
        # An API that answers and then objects would do so again and again, as fast as it is asked.
        useful=end.lasted_s >= STABLE_S or (end.generated and not unwelcome),
        drop_handle=begun_badly,
        drop_history=begun_badly and end.told_history,
    )


def _of_attempt(end: End) -> Verdict:
    error = end.error
    if error.is_quota or error.unreachable:
        return Verdict()
    blames_network = error.code in (0, ABNORMAL)
    if blames_network:
        return Verdict(drop_handle=end.resumed and end.attempts >= MOST_DOUBTFUL_ATTEMPTS)
    if end.resumed:
        return Verdict(drop_handle=True)
    return Verdict(drop_history=True) if end.told_history else Verdict(refused=True)
