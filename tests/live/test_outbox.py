"""What is kept until it is sent, and until it is answered."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from device.events import (
    EndActivity,
    Frame,
    SendFrame,
    SendToolOutcome,
    StartActivity,
    StopGeneration,
    ToolOutcome,
)
from device.live.connection import Ask, Outgoing
from device.live.outbox import Outbox, Rewound

RUNNER = asyncio.Runner()
"""One loop for all, since a test lets the writer run several times."""

OUTCOME = SendToolOutcome(ToolOutcome("c1", "look_up_food", {}))


def frame(number: int) -> SendFrame:
    return SendFrame(Frame(number, b""))


def activity(*numbers: int) -> list[Outgoing]:
    return [StartActivity(), *(frame(number) for number in numbers), EndActivity()]


class Clock:
    """A clock that stands still until it is moved."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def filled(items: list[Outgoing], max_frames: int = 100, clock: Clock | None = None) -> Outbox:
    outbox = Outbox(max_frames, max_age_s=30, clock=clock or Clock())
    for item in items:
        outbox.put(item)
    return outbox


def send_all(outbox: Outbox) -> list[Outgoing]:
    """What a writer sends until there is nothing left."""

    async def drain() -> list[Outgoing]:
        sent: list[Outgoing] = []
        while True:
            try:
                async with asyncio.timeout(0):
                    item = await outbox.next()
            except TimeoutError:
                return sent
            sent.append(item)
            outbox.sent()

    return RUNNER.run(drain())


def test_everything_goes_out_in_order() -> None:
    items = [*activity(1, 2), OUTCOME, StopGeneration()]
    assert send_all(filled(items)) == items


def test_an_item_is_given_again_until_it_was_sent() -> None:
    async def twice() -> list[Outgoing]:
        outbox = filled([frame(1), frame(2)])
        return [await outbox.next(), await outbox.next()]

    assert asyncio.run(twice()) == [frame(1), frame(1)]


def test_what_was_not_answered_goes_out_again_on_the_next_connection() -> None:
    outbox = filled([*activity(1, 2), OUTCOME])
    send_all(outbox)
    outbox.rewind()
    assert send_all(outbox) == activity(1, 2), "but not the outcome of a call that died with its connection"


def test_an_open_activity_is_repeated_and_goes_on() -> None:
    outbox = filled([StartActivity(), frame(1)])
    send_all(outbox)
    outbox.rewind()
    outbox.put(frame(2))
    outbox.put(EndActivity())
    assert send_all(outbox) == activity(1, 2)


def test_what_was_answered_is_not_repeated() -> None:
    outbox = filled([*activity(1), OUTCOME])
    send_all(outbox)
    outbox.settle()
    outbox.rewind()
    assert send_all(outbox) == []


def test_an_answer_to_an_earlier_activity_does_not_settle_the_open_one() -> None:
    outbox = filled([*activity(1), StartActivity(), frame(2)])
    send_all(outbox)
    outbox.settle()
    outbox.rewind()
    assert send_all(outbox) == [StartActivity(), frame(2)]


def test_an_activity_that_was_not_sent_is_not_settled() -> None:
    outbox = filled(activity(1))
    outbox.settle()
    assert send_all(outbox) == activity(1)


def test_beyond_the_limit_the_oldest_frame_goes_and_is_counted() -> None:
    outbox = filled(activity(*range(5)), max_frames=3)
    assert send_all(outbox) == activity(2, 3, 4)
    assert outbox.take_dropped() == 2
    assert outbox.take_dropped() == 0


def test_a_frame_that_was_sent_is_let_go_without_being_counted() -> None:
    outbox = filled([StartActivity(), frame(1), frame(2)], max_frames=2)
    send_all(outbox)
    outbox.put(frame(3))
    assert send_all(outbox) == [frame(3)]
    assert outbox.take_dropped() == 0


def test_an_activity_of_which_no_frame_is_left_goes_too() -> None:
    outbox = filled([*activity(1), *activity(2), *activity(3, 4)], max_frames=2)
    assert send_all(outbox) == activity(3, 4)


def test_a_question_that_is_too_old_is_not_asked_on_the_next_connection() -> None:
    clock = Clock()
    outbox = filled(activity(1, 2), clock=clock)
    clock.now_s = 31
    outbox.put(StartActivity())
    outbox.put(frame(3))
    outbox.rewind()
    assert send_all(outbox) == [StartActivity(), frame(3)]
    assert outbox.take_dropped() == 2


def test_a_writer_that_waits_wakes_up() -> None:
    async def wait() -> Outgoing:
        outbox = filled([])
        waiting = asyncio.create_task(outbox.next())
        await asyncio.sleep(0)
        outbox.put(frame(1))
        return await waiting

    assert asyncio.run(wait()) == frame(1)


@given(
    st.lists(st.sampled_from(["start", "frame", "end", "outcome", "next", "sent", "back"]), max_size=120),
    st.integers(1, 6),
)
def test_however_small_it_is_the_two_ends_of_an_activity_stay_together(
    steps: list[str], max_frames: int
) -> None:
    """A slow writer and a full box: on the wire, ends pair and frames lie between them."""
    outbox = filled([], max_frames=max_frames)
    wire: list[Outgoing] = []
    is_open = taken = False
    for step in steps:
        if step == "start" and not is_open:
            outbox.put(StartActivity())
            is_open = True
        elif step == "frame" and is_open:
            outbox.put(frame(1))
        elif step == "end" and is_open:
            outbox.put(EndActivity())
            is_open = False
        elif step == "outcome":
            outbox.put(OUTCOME)
        elif step == "back":
            outbox.take_back()
        elif step == "next" and not taken:
            taken = RUNNER.run(_taken(outbox, wire))
        elif step == "sent" and taken:
            outbox.sent()
            taken = False
    if taken:
        outbox.sent()
    wire += send_all(outbox)
    spoken = [item for item in wire if not isinstance(item, SendToolOutcome)]
    inside = False
    for item in spoken:
        assert isinstance(item, StartActivity) is not inside
        inside = not isinstance(item, EndActivity)
    assert inside == is_open


async def _taken(outbox: Outbox, wire: list[Outgoing]) -> bool:
    """Take the next item to the wire, if there is one."""
    try:
        async with asyncio.timeout(0):
            wire.append(await outbox.next())
    except TimeoutError:
        return False
    return True


def test_what_nobody_wants_answered_is_not_asked_again() -> None:
    outbox = filled(activity(1))
    send_all(outbox)
    for item in [*activity(2), StartActivity(), frame(3)]:
        outbox.put(item)
    outbox.take_back()
    assert send_all(outbox) == [StartActivity(), frame(3)]
    outbox.rewind()
    assert send_all(outbox) == [StartActivity(), frame(3)]


STEPS = st.lists(st.sampled_from(["say", "send", "settle", "rewind"]), max_size=60)


@given(STEPS)
def test_on_every_connection_activities_are_whole_and_none_unanswered_is_missing(steps: list[str]) -> None:
    """An observer notes what each connection saw; `say` puts one activity of two frames."""
    outbox = filled([], max_frames=10_000)
    said = 0
    unanswered: list[int] = []
    connection: list[Outgoing] = []
    for step in steps:
        if step == "say":
            for item in activity(2 * said, 2 * said + 1):
                outbox.put(item)
            unanswered.append(said)
            said += 1
        elif step == "send":
            connection += send_all(outbox)
        elif step == "settle":
            connection += send_all(outbox)
            outbox.settle()
            unanswered.clear()
        else:
            outbox.rewind()
            connection = []
    connection += send_all(outbox)
    seen = [item.frame.number for item in connection if isinstance(item, SendFrame)]
    assert seen == sorted(set(seen)), "in order, none twice"
    for number in unanswered:
        assert 2 * number in seen
        assert 2 * number + 1 in seen


# ------------------------------------------------------------------------------------ what Ladle itself asks


def test_what_ladle_asks_is_asked_again_until_it_is_answered() -> None:
    outbox = filled([Ask("go on")])
    assert send_all(outbox) == [Ask("go on")]
    assert outbox.rewind() == Rewound(speech=False, asks=True)
    assert send_all(outbox) == [Ask("go on")]
    outbox.settle()
    outbox.rewind()
    assert send_all(outbox) == []


def test_what_ladle_asks_keeps_its_place_among_activities() -> None:
    outbox = filled([*activity(1), Ask("late"), *activity(2)])
    assert send_all(outbox) == [*activity(1), Ask("late"), *activity(2)]
    assert outbox.rewind() == Rewound(speech=True, asks=True)
    assert send_all(outbox) == [*activity(1), Ask("late"), *activity(2)]


def test_asking_during_an_activity_does_not_cost_the_activity_its_beginning() -> None:
    outbox = filled([StartActivity(), frame(1), Ask("late"), frame(2)])
    send_all(outbox)
    outbox.settle()
    outbox.put(EndActivity())
    outbox.rewind()
    assert send_all(outbox) == activity(1, 2)


def test_an_answer_that_nobody_waits_for_any_more_is_not_asked_for() -> None:
    clock = Clock()
    outbox = filled([Ask("go on"), Ask("tell now", later="for your information")], clock=clock)
    clock.now_s = 31
    assert outbox.rewind() == Rewound(speech=False, asks=False)
    assert send_all(outbox) == [Ask("for your information", wants_answer=False)]


def test_a_question_too_old_to_be_asked_again_is_given_up() -> None:
    clock = Clock()
    outbox = filled(activity(1), clock=clock)
    clock.now_s = 31
    assert outbox.rewind() == Rewound(speech=False, asks=False)
    outbox = filled([*activity(1), StartActivity(), frame(2)], clock=clock)
    clock.now_s = 62
    assert outbox.rewind() == Rewound(speech=True, asks=True), "somebody is speaking"


def test_the_button_takes_back_what_was_not_yet_asked() -> None:
    outbox = filled([Ask("go on")])
    outbox.take_back()
    assert send_all(outbox) == []


def test_an_activity_emptied_behind_a_question_of_ladles_own_goes_as_a_pair() -> None:
    outbox = filled([Ask("go on"), *activity(1), *activity(2, 3)], max_frames=2)
    assert send_all(outbox) == [Ask("go on"), *activity(2, 3)]


def test_what_the_button_takes_back_is_known_all_the_same_if_it_is_worth_knowing() -> None:
    known = Ask("lunch was missed", wants_answer=False)
    outbox = filled([Ask("tell now", later="lunch was missed"), known])
    outbox.take_back()
    assert send_all(outbox) == [known, known]
    outbox.rewind()
    assert send_all(outbox) == [], "told once"


def test_a_question_that_was_sent_in_part_ends_here_after_the_button_and_is_not_asked_elsewhere() -> None:
    outbox = filled([StartActivity(), frame(1)])
    send_all(outbox)
    for item in (frame(2), EndActivity()):
        outbox.put(item)
    outbox.take_back()
    assert not outbox.asks
    assert send_all(outbox) == [frame(2), EndActivity()]
    outbox = filled([StartActivity(), frame(1)])
    send_all(outbox)
    for item in (frame(2), EndActivity()):
        outbox.put(item)
    outbox.take_back()
    assert outbox.rewind() == Rewound(speech=False, asks=False)
    assert send_all(outbox) == []


def test_after_muting_no_frame_leaves_and_none_is_repeated() -> None:
    outbox = filled([*activity(1), Ask("late"), *activity(2)])
    outbox.forget_speech()
    assert send_all(outbox) == [Ask("late")]
    outbox = filled([StartActivity(), frame(1)])
    send_all(outbox)
    for item in (frame(2), EndActivity()):
        outbox.put(item)
    outbox.forget_speech()
    assert send_all(outbox) == [EndActivity()], "the API waits for it"
    outbox.rewind()
    assert send_all(outbox) == []
