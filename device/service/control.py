"""The local socket, by which programs on this machine ask the running daemon something or tell it something.

A request is one line of JSON and so is its answer:

    {"v": 1, "do": "status"}                  {"v": 1, "ok": true, "status": {...}}
    {"v": 1, "do": "volume", "percent": 40}   {"v": 1, "ok": true, "volume": 40}
    {"v": 1, "do": "dance"}                   {"v": 1, "ok": false, "code": "UNKNOWN_COMMAND", "error": "..."}

A connection may be used for several, one after the other. After `events` it carries a line for each event
until the peer hangs up. Whoever may write to the socket may do all of it: the file is for owner and group.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import stat
import struct
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from device.errors import LadleError, UnavailableError
from device.service.health import Health
from device.service.journal import line

logger = logging.getLogger(__name__)

VERSION = 1
SOCKET_NAME = "control.sock"
NEW_NAME = "control.new"
LONGEST_LINE = 64 * 1024
MOST_WAITING = 256 * 1024
"""Bytes that may wait for a peer who does not read what it has asked for."""
MOST_CONNECTIONS = 16
PATIENCE_S = 10.0
"""For the next whole line, for an answer to be made, and for it to be taken."""
PAUSE_S = 0.01
"""Between two lines of a peer, and between two peers: whoever asks without end leaves time for the rest."""
PEER = struct.Struct("3i")
"""What the kernel tells of the other end: pid, uid, gid (unix(7), SO_PEERCRED)."""


class Code(StrEnum):
    """Why a request was not carried out."""

    NOT_JSON = "NOT_JSON"
    TOO_LONG = "TOO_LONG"
    WRONG_VERSION = "WRONG_VERSION"
    UNKNOWN_COMMAND = "UNKNOWN_COMMAND"
    WRONG_ARGUMENTS = "WRONG_ARGUMENTS"
    BUSY = "BUSY"
    TIMED_OUT = "TIMED_OUT"
    UNAVAILABLE = "UNAVAILABLE"
    FAILED = "FAILED"


def control_path(environment: Mapping[str, str], state: Path) -> Path:
    """Where a daemon in this environment has its socket: in systemd's directory, the user's or its own."""
    of_service = environment.get("RUNTIME_DIRECTORY", "").split(":")[0]
    if of_service:
        return Path(of_service) / SOCKET_NAME
    of_user = Path(environment.get("XDG_RUNTIME_DIR", ""))
    # The XDG specification has a relative path ignored.
    return (of_user / "ladle" if of_user.is_absolute() else state / "run") / SOCKET_NAME


# ------------------------------------------------------------------------------------- requests


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    v: Literal[1]


class PlainRequest(_Request):
    """What needs no more than its name."""

    do: Literal["status", "check", "events", "interrupt", "mute", "unmute"]


class AskRequest(_Request):
    """A question in writing, answered aloud."""

    do: Literal["ask"]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class VolumeRequest(_Request):
    """The volume, in percent."""

    do: Literal["volume"]
    percent: int = Field(ge=0, le=100)


Request = PlainRequest | AskRequest | VolumeRequest
_REQUESTS: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="do")])
_ONLY_ASKING = {"status", "check", "events"}


class _RefusedError(Exception):
    """A request that is not carried out, and why."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class _HangUpError(_RefusedError):
    """One after which nothing more can be understood or waited for."""


def _parsed(text: bytes) -> Request:
    try:
        content = from_json(text, allow_inf_nan=False)
    except ValueError:
        raise _RefusedError(Code.NOT_JSON, "A request must be a line of JSON.") from None
    if not isinstance(content, dict):
        raise _RefusedError(Code.NOT_JSON, "A request must be a JSON object.")
    # true and 1.0 are equal to 1, but not the number of a version.
    if type(content.get("v")) is not int or content["v"] != VERSION:
        raise _RefusedError(Code.WRONG_VERSION, f"This Ladle understands requests with v: {VERSION} only.")
    try:
        return _REQUESTS.validate_python(content)
    except ValidationError as error:
        raise _wrong(error) from None


def _wrong(error: ValidationError) -> _RefusedError:
    """What is wrong, in words that do not repeat what was sent."""
    fault = error.errors(include_url=False, include_input=False)[0]
    if fault["type"].startswith("union_tag"):
        known = "status, check, events, interrupt, mute, unmute, ask and volume"
        return _RefusedError(Code.UNKNOWN_COMMAND, f"Ladle can do {known}.")
    if fault["type"] == "extra_forbidden":
        return _RefusedError(Code.WRONG_ARGUMENTS, "The request has a field that does not belong to it.")
    complaint = fault["msg"][0].lower() + fault["msg"][1:]
    return _RefusedError(Code.WRONG_ARGUMENTS, f"{fault['loc'][-1]} is wrong: {complaint}.")


# ------------------------------------------------------------------------------------- the daemon


class Controls(Protocol):
    """What can be asked of the daemon; any of it may raise a LadleError with a sentence for a person."""

    async def status(self) -> Mapping[str, object]:
        """How everything is, as plain JSON values; it may have to look into the diary, and so waits."""

    def check(self) -> Health:
        """Whether it works."""

    def interrupt(self) -> None:
        """Stop what is being said, as the button does."""

    def mute(self, on: bool, /) -> None:
        """Mute or unmute the microphone."""

    def ask(self, text: str, /) -> None:
        """Put a question, as if it had been spoken."""

    def set_volume(self, percent: int, /) -> int:
        """Change the volume within its bounds; what it is now."""


class ControlServer:
    """Answers on the socket. Whatever a peer sends or does not send, nobody but itself is held up by it."""

    def __init__(self, path: Path, controls: Controls, *, patience_s: float = PATIENCE_S) -> None:
        """path: of the socket, see `control_path`; nothing is opened yet."""
        self._path = path
        self._controls = controls
        self._patience_s = patience_s
        self._listening: socket.socket | None = None
        self._inode = 0
        self._accepting: asyncio.Task[None] | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._followers: set[_Peer] = set()

    @property
    def connections(self) -> int:
        """How many peers are connected."""
        return len(self._serving)

    @property
    def followers(self) -> int:
        """How many of them follow the events."""
        return len(self._followers)

    async def start(self) -> None:
        """Listen. The socket of a daemon that is dead is replaced.

        Raises:
            UnavailableError: the socket cannot be made, or another daemon answers there.
        """
        self._listening = _listen(self._path)
        self._inode = self._path.lstat().st_ino
        self._accepting = asyncio.create_task(self._accept_for_ever(self._listening), name="control")

    async def close(self) -> None:
        """Hang up on everybody and remove the socket."""
        if self._listening is None or self._accepting is None:
            return
        tasks = (self._accepting, *self._serving)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listening.close()
        with contextlib.suppress(OSError):
            # Another daemon may have put its own there meanwhile.
            if self._path.lstat().st_ino == self._inode:
                self._path.unlink()

    def publish(self, name: str, /, **fields: object) -> None:
        """Tell everybody who follows the events of one more. Called on the event loop; never waits."""
        if self._followers:
            told = _encoded({"event": name} | fields)
            for peer in tuple(self._followers):
                peer.give(told)

    # ------------------------------------------------------------------------------- one connection

    async def _accept_for_ever(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError as error:
                # There are too many open files; those who wait do so until there are fewer.
                logger.warning("control_deaf reason=%r", error.strerror)
                await asyncio.sleep(self._patience_s)
                continue
            reader, writer = await asyncio.open_unix_connection(sock=connection, limit=LONGEST_LINE)
            self._take(_Peer(reader, writer, self._patience_s))
            await asyncio.sleep(PAUSE_S)

    def _take(self, peer: _Peer) -> None:
        if len(self._serving) >= MOST_CONNECTIONS:
            peer.refuse(_refusal(Code.BUSY, f"{MOST_CONNECTIONS} others are connected. Try again soon."))
            return
        task = asyncio.create_task(self._serve(peer), name="control peer")
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, peer: _Peer) -> None:
        try:
            await self._converse(peer)
        except (ConnectionError, TimeoutError):
            peer.drop()
        except asyncio.CancelledError:
            peer.drop()
            raise
        except _HangUpError as error:
            peer.give(_refusal(error.code, str(error)))
        finally:
            await peer.hang_up()

    async def _converse(self, peer: _Peer) -> None:
        text = await peer.next_line()
        while text:
            try:
                request = _parsed(text)
                if request.do == "events":
                    await self._follow(peer)
                    return
                answer = _encoded({"v": VERSION, "ok": True} | await self._answer(request, peer))
            except _RefusedError as error:
                answer = _refusal(error.code, str(error))
            await peer.tell(answer)
            text = await peer.next_line()
            # Only who wants more has to wait; who has hung up gives way to others at once.
            await asyncio.sleep(PAUSE_S if text else 0)

    async def _follow(self, peer: _Peer) -> None:
        await peer.tell(_encoded({"v": VERSION, "ok": True}))
        self._followers.add(peer)
        try:
            await peer.gone()
        finally:
            self._followers.discard(peer)

    async def _answer(self, request: Request, peer: _Peer) -> dict[str, object]:
        if request.do not in _ONLY_ASKING:
            logger.info(line("control", {"do": request.do, "uid": peer.uid}))
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._carry_out(request)
        except UnavailableError as error:
            raise _RefusedError(Code.UNAVAILABLE, str(error)) from None
        except LadleError as error:
            raise _RefusedError(Code.FAILED, str(error)) from None
        except TimeoutError:
            raise _RefusedError(Code.TIMED_OUT, f"No answer within {self._patience_s:g} s.") from None
        except Exception as error:
            # A fault of ours must not end the conversation in the kitchen.
            logger.exception("control_failed do=%s", request.do)
            raise _RefusedError(Code.FAILED, "Ladle failed at that; its journal says how.") from error

    async def _carry_out(self, request: Request) -> dict[str, object]:
        controls = self._controls
        match request:
            case AskRequest(text=text):
                controls.ask(text)
            case VolumeRequest(percent=percent):
                return {"volume": controls.set_volume(percent)}
            case PlainRequest(do="status"):
                return {"status": await controls.status()}
            case PlainRequest(do="check"):
                health = controls.check()
                return {"works": health.ok, "problems": health.problems}
            case PlainRequest(do="interrupt"):
                controls.interrupt()
            case PlainRequest(do="mute" | "unmute" as do):
                controls.mute(do == "mute")
                return {"muted": do == "mute"}
        return {}


class _Peer:
    """The other end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._patience_s = patience_s
        of_peer = writer.get_extra_info("socket")
        _, uid, _ = PEER.unpack(of_peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
        self.uid: int = uid
        """The user that opened the connection."""

    async def next_line(self) -> bytes:
        """The next line; empty when it has hung up."""
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            if not error.partial:
                return b""
            raise _HangUpError(Code.NOT_JSON, "A request must end with the end of a line.") from None
        except asyncio.LimitOverrunError:
            raise _HangUpError(Code.TOO_LONG, f"A request has at most {LONGEST_LINE} bytes.") from None
        except TimeoutError:
            raise _HangUpError(Code.TIMED_OUT, f"No request within {self._patience_s:g} s.") from None

    def give(self, text: bytes) -> None:
        """Send without waiting; whoever does not read is dropped."""
        if self._writer.is_closing():
            return
        self._writer.write(text)
        if self._writer.transport.get_write_buffer_size() > MOST_WAITING:
            self.drop()

    def refuse(self, text: bytes) -> None:
        """Say this, and hang up without waiting."""
        self.give(text)
        self._writer.close()

    async def tell(self, text: bytes) -> None:
        """Send. Raises TimeoutError or ConnectionError where it is not taken."""
        self._writer.write(text)
        async with asyncio.timeout(self._patience_s):
            await self._writer.drain()

    async def gone(self) -> None:
        """Return when it has hung up; what it says until then is not listened to."""
        while await self._reader.read(LONGEST_LINE):  # noqa: ASYNC110 - the pause slows a peer that floods
            await asyncio.sleep(PAUSE_S)

    def drop(self) -> None:
        """Hang up at once; what it has not taken is lost."""
        self._writer.transport.abort()

    async def hang_up(self) -> None:
        """Hang up when it has taken what it was told, or after a while."""
        self._writer.close()
        try:
            async with asyncio.timeout(self._patience_s):
                await self._writer.wait_closed()
        except OSError:
            self.drop()


def _refusal(code: Code, sentence: str) -> bytes:
    return _encoded({"v": VERSION, "ok": False, "code": code, "error": sentence})


def _encoded(content: Mapping[str, Any]) -> bytes:
    try:
        return to_json(content, inf_nan_mode="null", fallback=str) + b"\n"
    except PydanticSerializationError:
        # A name from outside, say of a sound card, need not be proper text.
        return json.dumps(content, default=str).encode() + b"\n"


# ------------------------------------------------------------------------------------- the socket


def _listen(path: Path) -> socket.socket:
    """A listening socket at `path`, which appears there only when it answers and nobody else may use it."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    new = path.with_name(NEW_NAME)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_way(path)
        new.unlink(missing_ok=True)
        listening.bind(str(new))
        new.chmod(0o660)
        listening.listen(MOST_CONNECTIONS)
        listening.setblocking(False)
        new.rename(path)
    except UnavailableError:
        listening.close()
        raise
    except OSError as error:
        listening.close()
        raise UnavailableError(
            f"{path} cannot be made: {error.strerror or error}. Without it `ladle status` and its like do "
            "not work. Give its directory to the user that runs Ladle, or name another in XDG_RUNTIME_DIR."
        ) from None
    return listening


def _make_way(path: Path) -> None:
    """Make sure that nobody answers at `path`, and that nothing but a socket would be replaced."""
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except FileNotFoundError:
        return
    if not is_socket:
        raise UnavailableError(f"{path} is in the way: it is no socket. Move it away.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        try:
            asking.connect(str(path))
        except BlockingIOError:
            pass  # too busy to take another connection, and so alive
        except ConnectionRefusedError:
            return
    raise UnavailableError(f"Another Ladle answers at {path}. Stop it: systemctl stop ladle")
