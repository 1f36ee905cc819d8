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
import logging
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from device.errors import LadleError, UnavailableError
from device.safefile import remedy_for
from device.service.health import Health
from device.service.journal import line
from device.service.peer import LONGEST_LINE, PAUSE_S, Peer
from device.service.requests import (
    ONLY_ASKING,
    VERSION,
    AskRequest,
    Code,
    HangUpError,
    PlainRequest,
    RefusedError,
    Request,
    VolumeRequest,
    encoded,
    parsed,
    refusal,
)

logger = logging.getLogger(__name__)

SOCKET_NAME = "control.sock"
NEW_NAME = "control.new"
MOST_CONNECTIONS = 16
PATIENCE_S = 10.0
"""For the next whole line, for an answer to be made, and for it to be taken."""
AGAIN_S = 10.0
"""How long until a socket that could not be made is tried again."""


def control_path(environment: Mapping[str, str], state: Path) -> Path:
    """Where a daemon in this environment has its socket: in systemd's directory, the user's or its own."""
    of_service = environment.get("RUNTIME_DIRECTORY", "").split(":")[0]
    if of_service:
        return Path(of_service) / SOCKET_NAME
    of_user = Path(environment.get("XDG_RUNTIME_DIR", ""))
    # The XDG specification has a relative path ignored.
    return (of_user / "ladle" if of_user.is_absolute() else state / "run") / SOCKET_NAME


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

    async def kept(self) -> None:
        """Wait until what was switched outlasts a power cut, or the disk has refused it."""


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
        self._followers: set[Peer] = set()

    @property
    def connections(self) -> int:
        """How many peers are connected."""
        return len(self._serving)

    @property
    def followers(self) -> int:
        """How many of them follow the events."""
        return len(self._followers)

    async def run(self) -> None:
        """Answer for ever; where the socket cannot be made, try again: its disk may have room later."""
        has_told = False
        while True:
            try:
                await self.start()
                break
            except UnavailableError as error:
                level = logging.DEBUG if has_told else logging.WARNING
                logger.log(level, "control_absent reason=%r", str(error))
                has_told = True
            await asyncio.sleep(AGAIN_S)
        if has_told:
            logger.info("control_back")
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()

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
            told = encoded({"event": name} | fields)
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
            self._take(Peer(reader, writer, self._patience_s))
            await asyncio.sleep(PAUSE_S)

    def _take(self, peer: Peer) -> None:
        if len(self._serving) >= MOST_CONNECTIONS:
            peer.refuse(refusal(Code.BUSY, f"{MOST_CONNECTIONS} others are connected. Try again soon."))
            return
        task = asyncio.create_task(self._serve(peer), name="control peer")
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, peer: Peer) -> None:
        try:
            await self._converse(peer)
        except (ConnectionError, TimeoutError):
            peer.drop()
        except asyncio.CancelledError:
            peer.drop()
            raise
        except HangUpError as error:
            peer.give(refusal(error.code, str(error)))
        finally:
            await peer.hang_up()

    async def _converse(self, peer: Peer) -> None:
        text = await peer.next_line()
        while text:
            try:
                request = parsed(text)
                if request.do == "events":
                    await self._follow(peer)
                    return
                answer = encoded({"v": VERSION, "ok": True} | await self._answer(request, peer))
            except RefusedError as error:
                answer = refusal(error.code, str(error))
            await peer.tell(answer)
            text = await peer.next_line()
            # Only who wants more has to wait; who has hung up gives way to others at once.
            await asyncio.sleep(PAUSE_S if text else 0)

    async def _follow(self, peer: Peer) -> None:
        await peer.tell(encoded({"v": VERSION, "ok": True}))
        self._followers.add(peer)
        try:
            await peer.gone()
        finally:
            self._followers.discard(peer)

    async def _answer(self, request: Request, peer: Peer) -> dict[str, object]:
        if request.do not in ONLY_ASKING:
            logger.info(line("control", {"do": request.do, "uid": peer.uid}))
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._carry_out(request)
        except UnavailableError as error:
            raise RefusedError(Code.UNAVAILABLE, str(error)) from None
        except LadleError as error:
            raise RefusedError(Code.FAILED, str(error)) from None
        except TimeoutError:
            raise RefusedError(Code.TIMED_OUT, f"No answer within {self._patience_s:g} s.") from None
        except Exception as error:
            # A fault of ours must not end the conversation in the kitchen.
            logger.exception("control_failed do=%s", request.do)
            raise RefusedError(Code.FAILED, "Ladle failed at that; its journal says how.") from error

    async def _carry_out(self, request: Request) -> dict[str, object]:
        controls = self._controls
        match request:
            case AskRequest(text=text):
                controls.ask(text)
            case VolumeRequest(percent=percent):
                volume = controls.set_volume(percent)
                await controls.kept()
                return {"volume": volume}
            case PlainRequest(do="status"):
                return {"status": await controls.status()}
            case PlainRequest(do="check"):
                health = controls.check()
                return {"works": health.ok, "problems": health.problems}
            case PlainRequest(do="interrupt"):
                controls.interrupt()
            case PlainRequest(do="mute" | "unmute" as do):
                controls.mute(do == "mute")
                await controls.kept()
                return {"muted": do == "mute"}
        return {}


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
            f"not work. {remedy_for(error)} Or name another directory in XDG_RUNTIME_DIR."
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
