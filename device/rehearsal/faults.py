"""What a script can make go wrong: refusals, ends of every kind, silence, slowness, nonsense on the wire."""

from __future__ import annotations

import asyncio
import http
from typing import Annotated, Literal

from pydantic import Field, model_validator

from device.rehearsal.actions import Action, Milliseconds, Stage

HANG = "hang"


class Refuse(Action):
    """Do not accept the connection: answer the handshake with this HTTP status, or never (`hang`).

    Only in a step that waits for `connect`.
    """

    name = "refuse"
    main_setting = "how"
    how: http.HTTPStatus | Literal["hang"]

    @model_validator(mode="after")
    def _is_a_refusal(self) -> Refuse:
        if isinstance(self.how, http.HTTPStatus) and self.how < http.HTTPStatus.BAD_REQUEST:
            raise ValueError(f"{self.how} refuses nothing; write 400 or more")
        return self

    async def perform(self, stage: Stage) -> None:
        """Nothing is left to do: the handshake has seen to it."""


class Close(Action):
    """Close the WebSocket with a code and a reason; before setup_complete this is how a handle is refused."""

    name = "close"
    main_setting = "code"
    code: Annotated[int, Field(ge=1000, le=4999)]
    reason: str = ""

    @model_validator(mode="after")
    def _may_be_sent(self) -> Close:
        if self.code in {1004, 1005, 1006, 1015}:
            raise ValueError(
                f"{self.code} never goes over the wire; use `reset` or `drop` for an end without a code"
            )
        return self

    async def perform(self, stage: Stage) -> None:
        await stage.line.close(self.code, self.reason)


class Reset(Action):
    """End the TCP connection with RST and no close frame."""

    name = "reset"

    async def perform(self, stage: Stage) -> None:
        stage.line.reset()


class Drop(Action):
    """End the TCP connection with FIN and no close frame."""

    name = "drop"

    async def perform(self, stage: Stage) -> None:
        stage.line.drop()


class Silence(Action):
    """Neither read nor write, not even answers to pings or a close frame: for `ms`, or until the end.

    With 8,000 to 30,000 ms this is the slow pong that the service was seen to have.
    """

    name = "silence"
    main_setting = "ms"
    ms: Milliseconds | None = None

    async def perform(self, stage: Stage) -> None:
        stage.line.fall_silent()
        if self.ms is not None:
            await asyncio.sleep(self.ms / 1000)
            stage.line.wake_up()


class BlackHole(Action):
    """No packet gets through, either way, as where a cable is pulled: for `ms`, or until the end.

    Unlike in a silence TCP acknowledges nothing, so that the client's own TCP can notice. The stand-in does
    not notice: to it the connection is still open, and it refuses to resume the session on another one.
    """

    name = "black_hole"
    main_setting = "ms"
    ms: Milliseconds | None = None

    async def perform(self, stage: Stage) -> None:
        stage.line.swallow_packets()
        if self.ms is not None:
            await asyncio.sleep(self.ms / 1000)
            stage.line.wake_up()


class SlowDown(Action):
    """Wait `ms` before each message from now on; 0 ends it."""

    name = "slow_down"
    main_setting = "ms"
    ms: Milliseconds

    async def perform(self, stage: Stage) -> None:
        stage.line.slow_down(self.ms / 1000)


class Bytes(Action):
    """Any bytes, from `text` or `hex`: as a binary or text frame, or bare, which is no frame at all."""

    name = "bytes"
    main_setting = "text"
    text: str | None = None
    hex: str | None = None
    frame: Literal["binary", "text", "none"] = "binary"

    @model_validator(mode="after")
    def _one_source(self) -> Bytes:
        if (self.text is None) == (self.hex is None):
            raise ValueError("give either text or hex")
        bytes.fromhex(self.hex or "")
        return self

    async def perform(self, stage: Stage) -> None:
        payload = bytes.fromhex(self.hex) if self.hex is not None else (self.text or "").encode()
        if self.frame == "none":
            await stage.line.send_unframed(payload)
        else:
            await stage.line.send_raw(payload, text=self.frame == "text")
