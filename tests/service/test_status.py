"""The status as a value, as JSON and as a page; the delays, tokens and costs in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from unicodedata import combining

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import UnavailableError
from device.events import (
    Action,
    ActivityStarted,
    CancelTool,
    Connected,
    ConnectionLost,
    Duplex,
    EndActivity,
    Event,
    Face,
    FlushSpeaker,
    Frame,
    InterruptedBy,
    PanelMode,
    PlayReply,
    RunTool,
    StartActivity,
    ToolCall,
    ToolFinished,
    ToolOutcome,
)
from device.service.costs import Delay, Latencies, Percentiles, Stopwatch, Usage, UsageToday, estimate_usd
from device.service.status import (
    ConnectionStatus,
    DevicesStatus,
    DeviceState,
    DeviceStatus,
    Fault,
    Link,
    MacrosLeft,
    PersonToday,
    Status,
    TimerStatus,
    page,
    read_status,
)

STATUS = Status(
    face=Face.READY,
    since_s=185.2,
    phase="ready",
    muted=False,
    volume=60,
    mode=PanelMode.OPEN,
    connection=ConnectionStatus(Link.CONNECTED, 432.0, "gemini-3.8-live", 3, 1, is_resumed=True),
    devices=DevicesStatus(
        microphone=DeviceStatus("reSpeaker 4 Mic Array", DeviceState.WORKING),
        speaker=DeviceStatus("USB Audio", DeviceState.WORKING),
        echo_by="software",
        duplex=Duplex.FULL,
    ),
    usage=UsageToday(12_345, 2_345, 0.0512, is_whole_day=True),
    uptime_s=183_600.0,
    latencies={"reply": Percentiles(820.4, 1240.0, 100), "gate_to_wire": Percentiles(9.7, 22.0, 100)},
    versions={"ladle": "0.1.0", "python": "3.11.2", "google-genai": "3.4.0"},
    today=(PersonToday("Anna", MacrosLeft(1120, 84, 120, -4)), PersonToday("Ben")),
    timers=(TimerStatus("pasta", 380.0), TimerStatus("eggs", -2.0)),
)
FAULTY = replace(
    STATUS,
    face=Face.FAULT,
    faults=(Fault("microphone", "The microphone 'reSpeaker' went away. Plug it out and in again."),),
)

PAGE = """\
Ladle: ready for 3 min 5 s

Now
  Microphone  listens
  Volume      60 %
  Phase       ready
  Up for      2 d 3 h

Connection
  State    connected for 7 min 12 s
  Model    gemini-3.8-live
  So far   3 hand-offs, 1 reconnect
  Session  resumed

Devices
  Microphone  reSpeaker 4 Mic Array (working)
  Speaker     USB Audio (working)
  Echo        software, full duplex

Delays          p50 ms  p95 ms
  Reply            820   1,240
  Gate to wire      10      22

Left today   kcal  protein g  carbs g  fat g
  Anna      1,120         84      120     -4
  Ben           -          -        -      -

Timers
  pasta  6 min 20 s
  eggs   rings

Use today
  Tokens  12,345 tokens in, 2,345 out
  Cost    about 0.05 USD (an estimate)

Versions
  ladle         0.1.0
  python        3.11.2
  google-genai  3.4.0"""


def test_the_page_is_read_at_a_glance() -> None:
    assert page(STATUS) == PAGE


def test_faults_come_first_with_their_remedy() -> None:
    assert page(FAULTY, 50).splitlines()[:6] == [
        "Ladle: fault for 3 min 5 s",
        "",
        "Faults",
        "  microphone  The microphone 'reSpeaker' went",
        "              away. Plug it out and in again.",
        "",
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"muted": True}, "  Microphone  muted"),
        ({"mode": PanelMode.BUTTON}, "  Microphone  listens after a press of the button"),
        ({"uptime_s": 59.9}, "  Up for      59 s"),
        ({"timers": (TimerStatus("the cookies for the fair", 5),)}, "  the cookies for the…  5 s"),
        ({"uptime_s": 7260.0}, "  Up for      2 h 1 min"),
        ({"usage": UsageToday(1, 2)}, "  Tokens  1 tokens in, 2 out, since the start"),
        ({"usage": UsageToday(1, 2)}, "  Cost    not known"),
        ({"connection": ConnectionStatus(Link.RECONNECTING, 8, "m")}, "  State   reconnecting for 8 s"),
    ],
)
def test_the_page_says(change: dict[str, object], line: str) -> None:
    assert line in page(replace(STATUS, **change)).splitlines()  # type: ignore[arg-type]


def test_what_there_is_nothing_of_is_left_out() -> None:
    bare = page(replace(STATUS, today=(), timers=(), latencies={}))
    assert not {"Faults", "Delays", "Left today", "Timers"} & set(bare.splitlines())


def test_the_columns_stand_under_each_other_in_scripts_of_any_width() -> None:
    people = (
        PersonToday("卵ちゃん", MacrosLeft(1, 2, 3, 4)),
        PersonToday("Zoe\u0301", MacrosLeft(5, 6, 7, 8)),
    )
    lines = page(replace(STATUS, today=people)).splitlines()
    head = lines.index(next(line for line in lines if line.startswith("Left today")))
    columns = [len(lines[head]), len(lines[head + 1]) + 4, len(lines[head + 2]) - 1]
    assert len(set(columns)) == 1


def test_a_long_name_is_shortened_so_that_its_numbers_stay_in_line() -> None:
    left = MacrosLeft(1120, 84, 120, 40)
    people = (PersonToday("Bartholomew of Saint Mary Mead", left), PersonToday("Bo", left))
    expected = """
Left today         kcal  protein g  carbs g  fat g
  Bartholomew o…  1,120         84      120     40
  Bo              1,120         84      120     40
"""
    assert expected in page(replace(STATUS, today=people), 50)


def test_a_name_gives_the_terminal_no_orders() -> None:
    shown = page(replace(STATUS, timers=(TimerStatus("\x1b]0;mine\x07\u202eegg\r\n", 5),)))
    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(shown)
    assert "egg  5 s" in shown


names = st.text(max_size=60) | st.text("卵い a\u0301", max_size=60)
numbers = st.integers(-10_000, 100_000)
seconds = st.floats(0, 1e9)
some_devices = st.builds(DeviceStatus, names)
statuses = st.builds(
    Status,
    faults=st.lists(st.builds(Fault, names, names), max_size=3).map(tuple),
    timers=st.lists(st.builds(TimerStatus, names, st.floats(-9, 9e5)), max_size=3).map(tuple),
    today=st.lists(
        st.builds(PersonToday, names, st.none() | st.builds(MacrosLeft, numbers, numbers, numbers, numbers)),
        max_size=3,
    ).map(tuple),
    latencies=st.dictionaries(names, st.builds(Percentiles, *[st.floats(0, 1e6)] * 2, numbers), max_size=3),
    versions=st.dictionaries(names, names, max_size=3),
    connection=st.builds(ConnectionStatus, age_s=seconds, model=names, handoffs=numbers, reconnects=numbers),
    devices=st.builds(DevicesStatus, some_devices, some_devices, names),
    usage=st.builds(UsageToday, numbers, numbers, st.none() | seconds),
    volume=numbers,
    uptime_s=seconds,
    since_s=seconds,
)
quickly = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@quickly
@given(statuses, st.integers(50, 160))
def test_no_line_is_wider_than_the_terminal_and_none_holds_an_order(status: Status, width: int) -> None:
    for line in page(status, width).split("\n"):
        assert sum(0 if combining(shown) else 1 + (shown in "卵い") for shown in line) <= width
        assert line.isprintable()


@quickly
@given(statuses)
def test_json_brings_back_the_same_status(status: Status) -> None:
    text = json.dumps(status.as_json())
    assert read_status(json.loads(text)) == status


def test_json_has_the_names_of_the_fields() -> None:
    plain = FAULTY.as_json()
    assert plain["connection"]["state"] == "connected"
    assert plain["devices"]["duplex"] == "full"
    assert plain["today"][1] == {"name": "Ben", "left": None}
    assert plain["faults"][0]["part"] == "microphone"


def test_a_newer_daemon_may_say_more_and_an_older_one_is_to_be_restarted() -> None:
    plain = STATUS.as_json()
    assert read_status(plain | {"mood": "fine"}) == STATUS
    del plain["usage"]
    with pytest.raises(UnavailableError, match=r"of another version than this command\. Restart it"):
        read_status(plain)


# ------------------------------------------------------------------------------------ delays


def test_percentiles_are_those_of_the_latest_hundred() -> None:
    latencies = Latencies()
    for took_ms in [9_999.0] * 50 + [float(number) for number in range(1, 101)]:
        latencies.add(Delay.REPLY, took_ms)
    assert latencies.summary() == {"reply": Percentiles(50, 95, 100)}


def test_a_single_delay_is_its_own_percentiles() -> None:
    latencies = Latencies()
    latencies.add(Delay.TOOL, 12.34)
    assert latencies.summary() == {"tool": Percentiles(12.3, 12.3, 1)}


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300))
def test_percentiles_hold_what_they_promise(taken_ms: list[float]) -> None:
    latencies = Latencies()
    for took_ms in taken_ms:
        latencies.add(Delay.REPLY, took_ms)
    found, kept = latencies.summary()["reply"], taken_ms[-100:]
    assert found.count == len(kept)
    for share, limit_ms in ((0.5, found.p50_ms), (0.95, found.p95_ms)):
        assert sum(took_ms <= limit_ms + 0.05 for took_ms in kept) >= share * len(kept)
        assert sum(took_ms < limit_ms - 0.05 for took_ms in kept) < share * len(kept)


class Kitchen:
    """A stopwatch over a clock that is set by hand, and what it has measured."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.taken: list[tuple[Delay, float]] = []
        self.watch = Stopwatch(lambda delay, ms: self.taken.append((delay, round(ms))), lambda: self.now_s)
        self.after_ms(0, Connected())

    def after_ms(self, ms: float, value: Event | Action) -> None:
        self.now_s += ms / 1000
        self.watch.record_value(value)

    def frame_sent_after_ms(self, ms: float, frame: int) -> None:
        self.now_s += ms / 1000
        self.watch.record("frame_sent", frame=frame)


def started(first_frame: int) -> ActivityStarted:
    return ActivityStarted((Frame(first_frame, b""), Frame(first_frame + 1, b"")))


def test_a_reply_is_waited_for_from_the_end_of_speech_to_its_first_sound() -> None:
    kitchen = Kitchen()
    kitchen.after_ms(0, EndActivity())
    kitchen.after_ms(700, PlayReply(b""))
    kitchen.after_ms(40, PlayReply(b""))
    assert kitchen.taken == [(Delay.REPLY, 700)]


@pytest.mark.parametrize("instead", [StartActivity(), FlushSpeaker(InterruptedBy.BUTTON)])
def test_a_reply_that_nobody_waits_for_any_more_is_not_measured(instead: Action) -> None:
    kitchen = Kitchen()
    kitchen.after_ms(0, EndActivity())
    kitchen.after_ms(100, instead)
    kitchen.after_ms(100, PlayReply(b""))
    assert kitchen.taken == []


def test_each_tool_is_measured_by_itself_and_a_cancelled_one_is_not() -> None:
    kitchen = Kitchen()
    for ms, call_id in ((0, "a"), (10, "b"), (10, "c")):
        kitchen.after_ms(ms, RunTool(ToolCall(call_id, "timer", {})))
    kitchen.after_ms(0, CancelTool("b"))
    for ms, call_id in ((20, "a"), (5, "b"), (5, "c"), (5, "never")):
        kitchen.after_ms(ms, ToolFinished(ToolOutcome(call_id, "timer", {})))
    assert kitchen.taken == [(Delay.TOOL, 40), (Delay.TOOL, 30)]


def test_the_way_from_gate_to_wire_ends_with_a_frame_of_the_same_activity() -> None:
    kitchen = Kitchen()
    kitchen.after_ms(0, started(50))
    kitchen.frame_sent_after_ms(3, 49)
    kitchen.frame_sent_after_ms(4, 50)
    kitchen.frame_sent_after_ms(1, 51)
    assert kitchen.taken == [(Delay.GATE_TO_WIRE, 7)]


def offline_before(kitchen: Kitchen) -> None:
    kitchen.after_ms(0, ConnectionLost("away"))
    kitchen.after_ms(0, started(50))


def offline_after(kitchen: Kitchen) -> None:
    kitchen.after_ms(0, started(50))
    kitchen.after_ms(0, ConnectionLost("away"))


@pytest.mark.parametrize("go_offline", [offline_before, offline_after])
def test_an_outage_is_no_delay_from_gate_to_wire(go_offline: Callable[[Kitchen], None]) -> None:
    kitchen = Kitchen()
    go_offline(kitchen)
    kitchen.after_ms(9000, Connected())
    kitchen.frame_sent_after_ms(1, 50)
    assert kitchen.taken == []


# ------------------------------------------------------------------------------------ tokens and money


class Calendar:
    """The household's logical day, set by hand."""

    def __init__(self) -> None:
        self.day = date(2026, 11, 21)

    def today(self) -> date:
        return self.day


def test_tokens_add_up_over_a_day_and_begin_anew_with_the_next() -> None:
    calendar = Calendar()
    usage = Usage("gemini-3.8-live", calendar.today)
    usage.add({"text": 400_000, "audio": 100_000}, {"audio": 50_000, "text": 10_000})
    usage.add({"audio": 100_000}, {})
    expected = (0.4 * 0.75 + 0.2 * 3) + (0.05 * 12 + 0.01 * 4.5)
    assert usage.so_far() == UsageToday(600_000, 60_000, round(expected, 4))
    calendar.day += timedelta(days=1)
    assert usage.so_far() == UsageToday(0, 0, 0, is_whole_day=True)
    usage.add({"text": 5}, {})
    assert usage.so_far().tokens_in == 5


def test_a_day_that_begins_unnoticed_takes_nothing_over() -> None:
    calendar = Calendar()
    usage = Usage("gemini-3.8-live", calendar.today)
    usage.add({"audio": 7}, {"audio": 7})
    calendar.day += timedelta(days=1)
    usage.add({"audio": 1}, {"audio": 2})
    assert (usage.so_far().tokens_in, usage.so_far().tokens_out) == (1, 2)


def test_an_unknown_model_has_no_price_and_an_unknown_modality_the_dearest() -> None:
    assert estimate_usd("gemini-9-live", {"text": 1}, {}) is None
    assert estimate_usd("models/gemini-3.8-live", {"smell": 1_000_000}, {}) == 3.0
    assert Usage("gemini-9-live", Calendar().today).so_far().cost is None
