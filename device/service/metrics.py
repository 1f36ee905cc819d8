"""Figures for Prometheus: what happens in the daemon, counted, on a port of this machine.

Off unless it is configured, and imported only then. Nobody is asked for a password, so nothing here tells of
what people said, ate or are called; and every label has a bounded set of values, whatever the model makes up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from wsgiref.simple_server import WSGIServer

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
    start_http_server,
)

from device.errors import UnavailableError
from device.events import (
    Action,
    Connected,
    ConnectionLost,
    Event,
    Face,
    FaultCleared,
    FaultRaised,
    FlushSpeaker,
    ReplyAudioReceived,
    ShowFace,
    ToolFinished,
    UsageReported,
)
from device.service.costs import Delay, Stopwatch, Tokens, estimate_usd
from device.service.timeline import snake_case

LOOPBACK = "127.0.0.1"
OTHER = "other"
PARTS = frozenset({"microphone", "speaker", "live", "diary", "panel", "control", "timers"})
MODALITIES = frozenset({"text", "audio", "image", "video"})
UP_TO_S = {
    Delay.REPLY: (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8),
    Delay.TOOL: (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    Delay.GATE_TO_WIRE: (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1),
}
"""The buckets of each delay, in s."""


class Metrics:
    """A recorder that counts; it has a registry of its own."""

    def __init__(
        self,
        *,
        tools: Collection[str] = (),
        version: str = "",
        model: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """tools: the names that are counted by name, all others count as one. clock: in s."""
        self.registry = CollectorRegistry()
        self._tools = frozenset(tools)
        self._model = model
        self._is_connected = False
        self._lost = False
        self._stopwatch = Stopwatch(self._took, clock)
        info = Info("ladle", "What runs.", registry=self.registry)
        info.info({"version": version, "model": model})
        self._delays = {
            delay: Histogram(
                f"ladle_{delay}_seconds",
                f"The delay {delay.replace('_', ' ')}.",
                buckets=up_to_s,
                registry=self.registry,
            )
            for delay, up_to_s in UP_TO_S.items()
        }
        self._events = self._counter("events", "Events into the core and actions out of it.", "name")
        self._captured = self._counter("frames_captured", "Frames of 20 ms from the microphone.")
        self._sent = self._counter("frames_sent", "Frames that went to the Live API.")
        self._received = self._counter("reply_received_bytes", "Reply audio that came.")
        self._played = self._counter("reply_played_bytes", "Reply audio that was given to the speaker.")
        self._connected = Gauge("ladle_connected", "1 with a connection, else 0.", registry=self.registry)
        self._handoffs = self._counter("handoffs", "Planned moves to another connection.")
        self._reconnects = self._counter("reconnects", "Connections after one that was lost.")
        self._tool_calls = self._counter("tool_calls", "Tools that finished.", "tool", "ok")
        self._interruptions = self._counter("interruptions", "Replies that were cut short.", "by")
        self._faults = self._counter("faults", "Faults that came up.", "part")
        self._broken = Gauge(
            "ladle_broken", "1 while the part has a fault.", ["part"], registry=self.registry
        )
        self._face = Gauge("ladle_face", "1 for the face that is shown.", ["face"], registry=self.registry)
        self._tokens = self._counter("tokens", "Tokens of the Live API.", "direction", "modality")
        if estimate_usd(model, {}, {}) is not None:
            self._cost = self._counter("cost_usd", "What they cost, an estimate.")

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"ladle_{name}", what, labels, registry=self.registry)

    # ------------------------------------------------------------------------------- recording

    def ready(self) -> None:
        """Nothing is counted from here."""

    def close(self) -> None:
        """Nothing is held open; see `MetricsServer.close`."""

    def record(self, name: str, /, **fields: object) -> None:
        """Something beside events and actions happened; on any thread."""
        match name:
            case "frame_captured":
                self._captured.inc()
            case "frame_sent":
                self._sent.inc()
                self._stopwatch.record(name, **fields)
            case "reply_audio_played":
                played = fields.get("bytes")
                self._played.inc(played if isinstance(played, int) else 0)

    def record_value(self, value: Event | Action) -> None:
        """An event into the core, or an action out of it."""
        self._events.labels(snake_case(type(value).__name__)).inc()
        self._stopwatch.record_value(value)
        match value:
            case ReplyAudioReceived(pcm):
                self._received.inc(len(pcm))
            case Connected():
                self._connect()
            case ConnectionLost(planned=planned):
                self._lose(planned=planned)
            case ToolFinished(outcome):
                tool = outcome.name if outcome.name in self._tools else OTHER
                self._tool_calls.labels(tool, "yes" if outcome.payload.get("ok") is True else "no").inc()
            case FlushSpeaker(by):
                self._interruptions.labels(by.value).inc()
            case FaultRaised(part):
                self._faults.labels(_known(part, PARTS)).inc()
                self._broken.labels(_known(part, PARTS)).set(1)
            case FaultCleared(part):
                self._broken.labels(_known(part, PARTS)).set(0)
            case UsageReported(tokens_in, tokens_out):
                self._count_tokens(tokens_in, tokens_out)
            case ShowFace(shown):
                for face in Face:
                    self._face.labels(face.value).set(face is shown)

    def _count_tokens(self, tokens_in: Tokens, tokens_out: Tokens) -> None:
        """One turn's tokens, as the API reports them."""
        for direction, tokens in (("in", tokens_in), ("out", tokens_out)):
            for modality, count in tokens.items():
                self._tokens.labels(direction, _known(modality, MODALITIES)).inc(count)
        cost = estimate_usd(self._model, tokens_in, tokens_out)
        if cost is not None:
            self._cost.inc(cost)

    def _connect(self) -> None:
        if self._lost:
            self._reconnects.inc()
        self._lost = False
        self._connected.set(1)

    def _lose(self, *, planned: bool) -> None:
        if planned:
            self._handoffs.inc()
        self._lost = not planned
        self._connected.set(0)

    def _took(self, delay: Delay, took_ms: float) -> None:
        self._delays[delay].observe(took_ms / 1000)


def _known(name: str, names: Collection[str]) -> str:
    return name if name in names else OTHER


# ------------------------------------------------------------------------------------------ serving


@dataclass(frozen=True)
class MetricsServer:
    """Serves metrics on a thread of its own."""

    server: WSGIServer
    thread: threading.Thread

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.server_port

    def close(self) -> None:
        """Stop listening; takes up to half a second."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def start_metrics(metrics: Metrics, *, port: int, host: str = LOOPBACK) -> MetricsServer:
    """Serve metrics over HTTP, to this machine only unless `host` is another of its addresses.

    port: 0 takes a free one.

    Raises:
        UnavailableError: there is no such address, or the port is taken.
    """
    # When a counter was made is of no interest, and doubles what is sent.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    try:
        return MetricsServer(*start_http_server(port, addr=host, registry=metrics.registry))
    except OSError as error:
        raise UnavailableError(
            f"The metrics cannot be served on {host}, port {port}: {error.strerror}. Set metrics.host and "
            "metrics.port to an address of this machine and a free port, or take them out."
        ) from None
