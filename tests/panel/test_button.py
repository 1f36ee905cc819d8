"""The button on pins in memory: on a clock that jumps, and with real threads and real time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import pytest
from gpiozero import GPIOPinInUse
from gpiozero.pins.mock import MockFactory

from device.panel.button import LOOK_S, PanelButton, hold_times
from device.panel.mock import hold, let_go, press, push
from device.panel.presses import BOUNCE_S, STUCK_S
from device.panelsettings import PanelSettings
from tests.clock import run_in_fast_time

SETTINGS = PanelSettings()
PIN = SETTINGS.button_pin
SLACK_S = 0.01

Told = list[tuple[str, float]]
Script = Callable[[Told], Awaitable[None]]


async def scene(script: Script, settings: PanelSettings) -> Told:
    """Run a script with a button; what it told, and when after the start."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    told: Told = []

    def teller(name: str) -> Callable[..., None]:
        return lambda *value: told.append((name + "".join(f" {one}" for one in value), loop.time() - began_s))

    button = PanelButton(
        settings,
        on_press=teller("press"),
        on_click=teller("click"),
        on_hold=teller("hold"),
        on_countdown=teller("countdown"),
        on_restart=teller("restart"),
        on_stuck=teller("stuck"),
        on_unstuck=teller("unstuck"),
    )
    try:
        await asyncio.sleep(2 * BOUNCE_S)
        await script(told)
    finally:
        button.close()
    return told


def names(told: Told) -> list[str]:
    return [name for name, _ in told]


def fast(script: Script, settings: PanelSettings = SETTINGS) -> Told:
    return run_in_fast_time(scene(script, settings))


def test_a_press_is_told_before_it_is_let_go_and_then_it_is_a_click(pins: MockFactory) -> None:
    async def script(told: Told) -> None:
        push(PIN)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert names(told) == ["press"]
        await asyncio.sleep(0.3)
        let_go(PIN)
        await asyncio.sleep(1)

    told = fast(script)
    assert names(told) == ["press", "click"]
    assert told[1][1] - told[0][1] == pytest.approx(0.3 + BOUNCE_S, abs=SLACK_S)


def test_a_hold_a_countdown_and_a_restart_come_at_their_times(pins: MockFactory) -> None:
    async def script(told: Told) -> None:
        await hold(PIN, 9)
        await asyncio.sleep(1)

    told = fast(script)
    assert names(told) == ["press", "hold", "countdown 5.0", "restart"]
    after_s = [at_s - told[0][1] for _, at_s in told]
    assert after_s == pytest.approx([0, 1.5, 3, 8], abs=SLACK_S)


def test_a_countdown_that_is_let_go_is_taken_back(pins: MockFactory) -> None:
    async def script(told: Told) -> None:
        await hold(PIN, 4)
        await asyncio.sleep(10)

    assert names(fast(script)) == ["press", "hold", "countdown 5.0", "countdown None"]


def test_a_short_restart_counts_down_from_the_mute(pins: MockFactory) -> None:
    times = hold_times(PanelSettings(mute_hold_s=2, restart_hold_s=4))
    assert (times.hold_s, times.countdown_s, times.restart_s) == (2, 2, 4)


def test_a_jammed_button_is_told_with_what_to_do_and_once_more_when_it_is_free(pins: MockFactory) -> None:
    async def script(told: Told) -> None:
        await hold(PIN, STUCK_S + 100)
        await asyncio.sleep(1)

    told = names(fast(script))
    assert told[-2].startswith("stuck The button has been down for 20 seconds. Free it if it is jammed.")
    assert "GPIO 17 to ground" in told[-2]
    assert told[-1] == "unstuck"
    assert len(told) == 6


def test_a_button_that_was_down_before_the_start_counts_for_nothing_until_it_is_stuck(
    pins: MockFactory,
) -> None:
    pins.pin(PIN).pull = "up"
    # Where the mock is pulled up it goes up, whoever holds it down.
    pins.pin(PIN)._set_pull = lambda value: None
    push(PIN)

    async def script(told: Told) -> None:
        await asyncio.sleep(STUCK_S + 1)
        let_go(PIN)
        await asyncio.sleep(1)
        press(PIN)
        await asyncio.sleep(1)

    told = names(fast(script))
    assert [name.split()[0] for name in told] == ["stuck", "unstuck", "press", "click"]


def test_a_button_to_3v3_works_the_other_way_round(pins: MockFactory) -> None:
    settings = PanelSettings(button_pull="down", button_pin=6)

    async def script(told: Told) -> None:
        assert pins.pin(6).pull == "down"
        push(6)
        assert pins.pin(6).state == 1
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert names(told) == ["press"]
        await asyncio.sleep(0.2)
        let_go(6)
        await asyncio.sleep(1)
        await hold(6, STUCK_S + 1)

    told = fast(script, settings)
    assert names(told)[:3] == ["press", "click", "press"]
    assert told[1][1] - told[0][1] == pytest.approx(0.2 + BOUNCE_S, abs=SLACK_S)
    assert "GPIO 6 to 3.3 V" in names(told)[-1]


def test_edges_that_nobody_tells_of_are_found_by_looking(pins: MockFactory) -> None:
    async def script(told: Told) -> None:
        pins.pin(PIN).edges = "none"
        await hold(PIN, 1)
        await asyncio.sleep(1)
        await hold(PIN, 2)
        await asyncio.sleep(1)

    told = fast(script)
    assert names(told) == ["press", "click", "press", "hold"]
    assert told[0][1] <= 2 * BOUNCE_S + LOOK_S + SLACK_S


def test_a_press_after_a_missed_release_counts_at_its_edge(pins: MockFactory) -> None:
    async def script(told: Told) -> None:
        push(PIN)
        await asyncio.sleep(0.5)
        pins.pin(PIN).edges = "falling"
        let_go(PIN)
        await asyncio.sleep(LOOK_S + 2 * BOUNCE_S)
        push(PIN)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert names(told) == ["press", "click", "press"]

    fast(script)


def test_closed_it_tells_nothing_more_and_the_pin_is_free(pins: MockFactory) -> None:
    async def closing() -> None:
        told: list[str] = []
        button = PanelButton(SETTINGS, on_press=lambda: told.append("press"))
        await asyncio.sleep(1)
        push(PIN)
        button.close()
        button.close()
        await asyncio.sleep(1)
        assert told == []
        PanelButton(SETTINGS, on_press=lambda: None).close()

    run_in_fast_time(closing())


def test_it_may_be_closed_by_what_it_tells(pins: MockFactory) -> None:
    async def closing() -> None:
        button: PanelButton | None = None

        def close() -> None:
            assert button
            button.close()

        button = PanelButton(SETTINGS, on_press=lambda: None, on_restart=close)
        await asyncio.sleep(1)
        push(PIN)
        await asyncio.sleep(20)

    run_in_fast_time(closing())


def test_an_edge_after_the_end_of_the_loop_goes_nowhere(pins: MockFactory) -> None:
    async def forgotten() -> PanelButton:
        return PanelButton(SETTINGS, on_press=lambda: None)

    button = asyncio.run(forgotten())
    press(PIN)
    button.close()


def test_a_pin_that_is_taken_is_an_error(pins: MockFactory) -> None:
    async def twice() -> None:
        first = PanelButton(SETTINGS, on_press=lambda: None)
        with pytest.raises(GPIOPinInUse):
            PanelButton(SETTINGS, on_press=lambda: None)
        first.close()

    run_in_fast_time(twice())


# ------------------------------------------------------------------------ real time and real threads


def test_presses_from_another_thread_reach_the_loop_at_once(pins: MockFactory) -> None:
    """Twenty presses; the median within 20 ms of the edge, though the machine is shared."""

    async def timed() -> list[float]:
        told_s: list[float] = []
        pushed_s: list[float] = []
        button = PanelButton(SETTINGS, on_press=lambda: told_s.append(time.monotonic()))

        def person() -> None:
            for _ in range(20):
                pushed_s.append(time.monotonic())
                push(PIN)
                time.sleep(0.01)
                let_go(PIN)
                time.sleep(2 * BOUNCE_S)

        await asyncio.sleep(2 * BOUNCE_S)
        thread = threading.Thread(target=person)
        thread.start()
        await asyncio.to_thread(thread.join)
        button.close()
        assert len(told_s) == len(pushed_s)
        return [told - pushed for told, pushed in zip(told_s, pushed_s, strict=True)]

    delays_s = sorted(asyncio.run(timed()))
    assert delays_s[10] < 0.02


def test_presses_are_told_apart_though_the_loop_was_busy(pins: MockFactory) -> None:
    async def script(told: Told) -> None:
        for _ in range(3):
            press(PIN)
            time.sleep(2 * BOUNCE_S)  # noqa: ASYNC251 - the loop is meant to be busy
        await asyncio.sleep(4 * BOUNCE_S)

    assert names(asyncio.run(scene(script, SETTINGS))) == ["press", "click"] * 3


def test_edges_keep_the_time_at_which_they_were_though_their_thread_was_late(pins: MockFactory) -> None:
    """Two presses 200 ms apart, of which the pin library tells at the same moment."""
    pin = pins.pin(PIN)

    async def script(told: Told) -> None:
        await asyncio.sleep(0.5)
        now_s = time.monotonic()
        for ago_s, level in ((0.4, False), (0.3, True), (0.2, False), (0.1, True)):
            pin.when_changed(now_s - ago_s, level)
        await asyncio.sleep(4 * BOUNCE_S)

    assert names(asyncio.run(scene(script, SETTINGS))) == ["press", "click"] * 2


@pytest.mark.parametrize("ticks", [0.0, 1.7e9])
def test_edges_with_a_time_of_another_origin_count_as_now(pins: MockFactory, ticks: float) -> None:
    pin = pins.pin(PIN)

    async def script(told: Told) -> None:
        pin.when_changed(ticks, False)
        pin.when_changed(ticks, True)
        await asyncio.sleep(4 * BOUNCE_S)

    assert names(asyncio.run(scene(script, SETTINGS))) == ["press", "click"]
