"""The stand-in as a server: TLS, the handshake with its refusals, and one Connection for each client.

async with RehearsalServer(script=script) as server:
    server.endpoint, server.ca_file, server.received
"""

from __future__ import annotations

import http
import json
import logging
import re
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from device.errors import UnavailableError
from device.rehearsal.certificate import Certificate
from device.rehearsal.connection import KEY_REFUSED, Connection, House
from device.rehearsal.faults import HANG
from device.rehearsal.handles import Handles
from device.rehearsal.player import refusal
from device.rehearsal.record import ConnectionRecord, Received
from device.rehearsal.script import Script
from device.rehearsal.settings import RehearsalSettings
from device.rehearsal.wits import Wits

# The SDK dials //ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent.
LIVE_PATH = re.compile(r"/+ws/[\w.]+")
LARGEST_MESSAGE_BYTES = 16 * 2**20
CLOSE_TIMEOUT_S = 1.0

log = logging.getLogger(__name__)


class RehearsalServer:
    """Speaks the Live API's wire protocol on a port of this machine; an async context manager.

    script: plays this instead of its own wits, or beside them where the script says so.
    wits: an ear, a mouth and a brain; without them nothing but the script answers.
    settings: clocks and manners; the script's where left out.
    port: 0 takes a free one. Entering raises UnavailableError where the address cannot be had.
    """

    def __init__(
        self,
        *,
        script: Script | None = None,
        wits: Wits | None = None,
        settings: RehearsalSettings | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._settings = settings or (script.settings if script else RehearsalSettings())
        self._host = host
        self._port = port
        self.received = Received(self._settings.record)
        self._house = House(
            settings=self._settings,
            handles=Handles(
                validity_s=self._settings.handle_validity_s,
                refusal_code=self._settings.handle_refusal_code,
            ),
            received=self.received,
            script=script,
            wits=wits if script is None or script.wits else None,
        )
        self._certificate: Certificate | None = None
        self._server: Server | None = None
        self._connections: dict[ServerConnection, Connection] = {}
        self._admitted: dict[ServerConnection, ConnectionRecord] = {}

    @property
    def endpoint(self) -> str:
        """Where clients connect, as the SDK's base_url: https://HOST:PORT."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"https://{host}:{self._port}"

    @property
    def ca_file(self) -> Path:
        """The certificate to trust, as a PEM file. Only while the server runs."""
        if self._certificate is None:
            raise RuntimeError("the server does not run")
        return self._certificate.ca_file

    async def __aenter__(self) -> RehearsalServer:
        self._certificate = Certificate(self._host)
        try:
            self._server = await serve(
                self._serve,
                self._host,
                self._port,
                ssl=self._certificate.context(),
                process_request=self._admit,
                ping_interval=None,  # whether a connection lives is the client's question
                open_timeout=None,
                close_timeout=CLOSE_TIMEOUT_S,
                max_size=LARGEST_MESSAGE_BYTES,
            )
        except OSError as error:
            self._certificate.cleanup()
            raise UnavailableError(
                f"The rehearsal server cannot listen on {self._host} port {self._port}: {error.strerror}. "
                "Choose another port, or 0 for a free one."
            ) from None
        self._port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._connections.values():
            connection.line.let_go()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        if self._certificate is not None:
            self._certificate.cleanup()
        self.received.close()

    # ----------------------------------------------------------------------------------- handshake

    async def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """Let a client in (None) or answer with an HTTP status."""
        if LIVE_PATH.fullmatch(_path(request)) is None:
            return _refusal(socket, http.HTTPStatus.NOT_FOUND, "There is nothing at this path.")
        record = self.received.open(request.path, _api_key(request), request.headers.get("User-Agent", ""))
        log.info("connected connection=%d path=%s", record.number, _path(request))
        status = await self._refused_with(socket, record)
        if status is None:
            self._admitted[socket] = record
            return None
        record.closed, record.close_code = True, status
        self.received.changed()
        log.info("refused connection=%d status=%d", record.number, status)
        return _refusal(socket, http.HTTPStatus(status), _REASONS.get(status, "The service is unavailable."))

    async def _refused_with(self, socket: ServerConnection, record: ConnectionRecord) -> int | None:
        scripted = refusal(self._house.script, record.number) if self._house.script else None
        if scripted is not None and scripted.how == HANG:
            await socket.wait_closed()
            return int(http.HTTPStatus.REQUEST_TIMEOUT)
        if scripted is not None:
            return int(scripted.how)
        if not record.api_key:
            return int(http.HTTPStatus.FORBIDDEN)
        wrong = self._settings.api_key is not None and record.api_key != self._settings.api_key
        answer = self._settings.wrong_key_answer
        return answer if wrong and answer < 1000 else None

    async def _serve(self, socket: ServerConnection) -> None:
        connection = Connection(socket, self._admitted.pop(socket), self._house)
        self._connections[socket] = connection
        try:
            await connection.run()
        finally:
            del self._connections[socket]


_REASONS = {
    400: KEY_REFUSED,
    401: "Request had invalid authentication credentials.",
    403: "Method doesn't allow unregistered callers (callers without established identity).",
    429: "You exceeded your current quota, please check your plan and billing details.",
    503: "The service is currently unavailable.",
}


def _refusal(socket: ServerConnection, status: http.HTTPStatus, reason: str) -> Response:
    body = {"error": {"code": int(status), "message": reason, "status": status.name}}
    return socket.respond(status, json.dumps(body) + "\n")


def _path(request: Request) -> str:
    return request.path.partition("?")[0]


def _api_key(request: Request) -> str:
    """The key from the header that the SDK uses, from an ephemeral token's header, or from the query."""
    header = request.headers.get("x-goog-api-key") or request.headers.get("Authorization", "")
    from_query = parse_qs(request.path.partition("?")[2]).get("key", [""])[0]
    return header.removeprefix("Token ") or from_query
