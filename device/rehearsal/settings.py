"""The dials of the stand-in: its clocks, its manners, its idea of a good key.

The defaults are the service's own behaviour as far as it is known, so that what works here works there. A
script sets them under `settings:`, which lets ten minutes pass in one second.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0)]


class RehearsalSettings(BaseModel):
    """Times are in seconds where the name ends in _s, in milliseconds where it ends in _ms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # A connection is closed with 1011 after `lifetime_s`; goAway comes `go_away_notice_s` before that.
    lifetime_s: Annotated[float, Field(gt=0)] | None = 600.0
    go_away_notice_s: Seconds = 50.0

    # Resumption: how long a handle is good after its session ended, and how a bad one is refused.
    handle_validity_s: Seconds = 7200.0
    handle_refusal_code: Literal[1007, 1008, 1011] = 1007

    # Keys: None takes any key. A refusal is an HTTP status at the handshake or a close with 1007 after setup.
    api_key: str | None = None
    wrong_key_answer: Literal[401, 403, 429, 503, 1007] = 1007

    # Replies: the size of a piece, and how much faster than real time the pieces are sent (0: all at once).
    chunk_ms: Annotated[int, Field(ge=10, le=1000)] = 40
    speed: Annotated[float, Field(ge=0)] = 1.25

    # gemini-3.8-live does not take audioStreamEnd for the end of a turn; some models do.
    stream_end_ends_turn: bool = False

    # Some preview models close with 1007 where a setup asks for an initial history.
    accepts_history: bool = True

    # What clients sent is also written here, one JSON line a message, for tests in another process.
    record: Path | None = None
