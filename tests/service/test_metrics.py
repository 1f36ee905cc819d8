"""What Prometheus is told, read over HTTP as it reads it."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from device.errors import UnavailableError
from device.events import (
    ActivityStarted,
    Connected,
    ConnectionLost,
    EndActivity,
    Face,
    FaultCleared,
    FaultRaised,
    FlushSpeaker,
    Frame,
    InterruptedBy,
    PlayReply,
    ReplyAudioReceived,
    RunTool,
    ShowFace,
    ToolCall,
    ToolFinished,
    ToolOutcome,
    UsageReported,
)
from device.service.metrics import LOOPBACK, Metrics, start_metrics

Samples = dict[tuple[str, ...], float]


class Clock:
    """Seconds, set by hand."""

    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics(clock: Clock) -> Metrics:
    return Metrics(tools={"timer", "log_food"}, version="0.1.0", model="gemini-3.8-live", clock=clock)


def samples(text: str) -> Samples:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def told_by(metrics: Metrics) -> Samples:
    return samples(generate_latest(metrics.registry).decode())


def scraped(port: int) -> Samples:
    with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics", timeout=5) as answer:
        return samples(answer.read().decode())


def test_it_is_served_to_this_machine_only_and_not_after_its_end(metrics: Metrics) -> None:
    server = start_metrics(metrics, port=0)
    metrics.record("frame_captured", frame=0)
    told = scraped(server.port)
    server.close()
    assert told["ladle_frames_captured_total",] == 1
    assert server.server.server_address[0] == LOOPBACK
    assert not server.thread.is_alive()
    with pytest.raises(urllib.error.URLError):
        scraped(server.port)
    assert all(name.startswith("ladle_") for name, *_ in told)
    assert not any(name.endswith("_created") for name, *_ in told)


def test_what_happens_is_counted(metrics: Metrics) -> None:
    metrics.ready()
    for number in range(3):
        metrics.record("frame_captured", frame=number)
    metrics.record("frame_sent", frame=2)
    metrics.record("reply_audio_played", bytes=960)
    metrics.record("something_new", bytes="many")
    for value in (
        ReplyAudioReceived(bytes(480)),
        ReplyAudioReceived(bytes(480)),
        FlushSpeaker(InterruptedBy.BUTTON),
        FaultRaised("speaker", "Plug it in."),
        FaultRaised("diary", "Free the disk."),
        FaultCleared("diary"),
        ShowFace(Face.READY),
        ShowFace(Face.FAULT),
    ):
        metrics.record_value(value)
    metrics.close()
    told = told_by(metrics)
    assert told["ladle_info", "gemini-3.8-live", "0.1.0"] == 1
    assert told["ladle_frames_captured_total",] == 3
    assert told["ladle_frames_sent_total",] == 1
    assert told["ladle_reply_received_bytes_total",] == told["ladle_reply_played_bytes_total",] == 960
    assert told["ladle_events_total", "reply_audio_received"] == 2
    assert told["ladle_interruptions_total", "button"] == 1
    assert told["ladle_faults_total", "speaker"] == told["ladle_faults_total", "diary"] == 1
    assert (told["ladle_broken", "speaker"], told["ladle_broken", "diary"]) == (1, 0)
    assert [face for (name, *face), shown in told.items() if name == "ladle_face" and shown] == [["fault"]]


def test_connections_hand_offs_and_reconnects_are_told_apart(metrics: Metrics) -> None:
    hand_off, outage = ConnectionLost("age", planned=True), ConnectionLost("reset")
    for value in (Connected(), hand_off, Connected(), hand_off, Connected(), outage, Connected(), outage):
        metrics.record_value(value)
    told = told_by(metrics)
    assert told["ladle_handoffs_total",] == 2
    assert told["ladle_reconnects_total",] == 1
    assert told["ladle_connected",] == 0
    metrics.record_value(Connected())
    assert told_by(metrics)["ladle_connected",] == 1


def test_delays_are_in_seconds(metrics: Metrics, clock: Clock) -> None:
    metrics.record_value(Connected())
    metrics.record_value(ActivityStarted((Frame(7, b""),)))
    clock.now_s += 0.004
    metrics.record("frame_sent", frame=7)
    metrics.record_value(EndActivity())
    clock.now_s += 0.6
    metrics.record_value(RunTool(ToolCall("1", "timer", {})))
    clock.now_s += 0.03
    metrics.record_value(ToolFinished(ToolOutcome("1", "timer", {"ok": True})))
    metrics.record_value(PlayReply(b""))
    told = told_by(metrics)
    for name, took_s in (("gate_to_wire", 0.004), ("tool", 0.03), ("reply", 0.63)):
        assert told[f"ladle_{name}_seconds_sum",] == pytest.approx(took_s)
        assert told[f"ladle_{name}_seconds_count",] == 1
    assert told["ladle_reply_seconds_bucket", "0.5"] == 0
    assert told["ladle_reply_seconds_bucket", "0.75"] == 1


def test_tokens_are_counted_with_an_estimate_of_their_price(metrics: Metrics) -> None:
    metrics.record_value(UsageReported({"text": 1_000_000, "audio": 10}, {"audio": 5}))
    metrics.record_value(UsageReported({"audio": 90, "document": 2}, {}))
    told = told_by(metrics)
    assert told["ladle_tokens_total", "in", "text"] == 1_000_000
    assert told["ladle_tokens_total", "in", "audio"] == 100
    assert told["ladle_tokens_total", "in", "other"] == 2
    assert told["ladle_tokens_total", "out", "audio"] == 5
    assert told["ladle_cost_usd_total",] == pytest.approx(0.75 + 102 * 3e-6 + 5 * 12e-6)


def test_without_a_known_price_there_is_no_cost_rather_than_none() -> None:
    metrics = Metrics(model="gemini-9-live")
    metrics.record_value(UsageReported({"text": 5}, {}))
    told = told_by(metrics)
    assert told["ladle_tokens_total", "in", "text"] == 5
    assert ("ladle_cost_usd_total",) not in told


tool_names = st.text(max_size=30) | st.sampled_from(["timer", "log_food"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(tool_names, st.sampled_from([True, False, "yes", None]), st.text(max_size=20))))
def test_no_name_that_somebody_makes_up_becomes_a_label(finished: list[tuple[str, object, str]]) -> None:
    metrics = Metrics(tools={"timer", "log_food"})
    for name, ok, part in finished:
        metrics.record_value(ToolFinished(ToolOutcome("1", name, {"ok": ok})))
        metrics.record_value(FaultRaised(part, "x"))
        metrics.record(name, frame=part, bytes=part)
        metrics.record_value(UsageReported({part: 1}, {name: 1}))
    labels = {
        value
        for family in metrics.registry.collect()
        for sample in family.samples
        for value in sample.labels.values()
    }
    made_up = {word for name, _, part in finished for word in (name, part)} - {""}
    known = {"timer", "log_food", "other", "microphone", "speaker", "live", "diary", "panel", "control"}
    assert not labels & (made_up - known - {"text", "audio", "image", "video", "in", "out", "yes", "no"})
    assert len(labels) < 80


def test_calls_of_known_tools_are_counted_by_name(metrics: Metrics) -> None:
    for name, ok in (("timer", True), ("timer", True), ("timer", False), ("rm -rf", False)):
        metrics.record_value(ToolFinished(ToolOutcome("1", name, {"ok": ok})))
    told = told_by(metrics)
    assert told["ladle_tool_calls_total", "yes", "timer"] == 2
    assert told["ladle_tool_calls_total", "no", "timer"] == 1
    assert told["ladle_tool_calls_total", "no", "other"] == 1


def test_two_daemons_count_for_themselves(metrics: Metrics) -> None:
    other = Metrics()
    metrics.record("frame_captured", frame=0)
    assert metrics.registry.get_sample_value("ladle_frames_captured_total") == 1
    assert other.registry.get_sample_value("ladle_frames_captured_total") == 0


def test_threads_count_together(metrics: Metrics) -> None:
    def play() -> None:
        for _ in range(2000):
            metrics.record("reply_audio_played", bytes=2)

    threads = [threading.Thread(target=play) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert metrics.registry.get_sample_value("ladle_reply_played_bytes_total") == 16_000


def test_a_port_that_is_taken_and_an_address_that_is_not_there_are_told(metrics: Metrics) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(
            UnavailableError, match=rf"on 127\.0\.0\.1, port {taken}: Address already in use\. Set"
        ):
            start_metrics(metrics, port=taken)
    with pytest.raises(UnavailableError, match=r"cannot be served on 192\.0\.2\.1, port 9: "):
        start_metrics(metrics, port=9, host="192.0.2.1")
