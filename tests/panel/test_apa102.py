"""The pixels' byte stream against the data sheet, and what happens where there is no SPI."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from gpiozero import Device, SPISoftwareFallback
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.panel.apa102 import Apa102Driver, open_hardware_spi, stream
from device.panel.picture import FLOOR_DUTY, OFF, WHITE
from device.panelsettings import PanelSettings

THREE_PIXELS = PanelSettings(lights="apa102", pixels=3)


class Wire:
    """An SPI bus that remembers what went over it."""

    def __init__(self) -> None:
        self.sent: list[list[int]] = []
        self.closed = False

    def write(self, data: Sequence[int]) -> None:
        assert not self.closed
        self.sent.append(list(data))

    def close(self) -> None:
        self.closed = True


def pixels(data: Sequence[int], count: int) -> list[list[int]]:
    """The four bytes of each pixel, between the start and what follows them."""
    assert data[:4] == [0, 0, 0, 0]
    return [list(data[4 + 4 * number : 8 + 4 * number]) for number in range(count)]


@pytest.mark.parametrize("count", [1, 3, 12, 16, 17, 60])
def test_a_frame_is_start_pixels_reset_and_enough_ones(count: int) -> None:
    data = stream((WHITE,) * count)
    assert pixels(data, count) == [[0xFF, 0xFF, 0xFF, 0xFF]] * count
    tail = data[4 + 4 * count :]
    assert tail[:4] == [0, 0, 0, 0]
    assert set(tail[4:]) == {0xFF}
    assert len(tail[4:]) == (count + 15) // 16
    assert 8 * len(tail[4:]) >= count / 2


def test_a_pixel_is_header_blue_green_red() -> None:
    [pixel] = pixels(stream(((1.0, 0.2, 0.6),)), 1)
    assert pixel == [0b111_11111, 153, 51, 255]


@pytest.mark.parametrize("duty", [1.0, 0.5, FLOOR_DUTY, 0.01, 0.002])
def test_the_common_brightness_and_the_colours_make_the_duty_together(duty: float) -> None:
    [[header, blue, green, red]] = pixels(stream(((duty, duty / 2, 0.0),)), 1)
    assert header >> 5 == 0b111
    steps = header & 0b11111
    assert red / 255 * steps / 31 == pytest.approx(duty, rel=0.05)
    assert green / 255 * steps / 31 == pytest.approx(duty / 2, rel=0.1)
    assert blue == 0


def test_dark_pixels_are_dark() -> None:
    assert pixels(stream((OFF,)), 1)[0][1:] == [0, 0, 0]


def test_each_pixel_has_its_own_colour_in_its_order() -> None:
    red, green, blue = pixels(stream(((1, 0, 0), (0, 1, 0), (0, 0, 1))), 3)
    assert (red[1:], green[1:], blue[1:]) == ([0, 0, 255], [0, 255, 0], [255, 0, 0])


def test_pixels_are_dark_before_the_first_picture_and_after_the_last() -> None:
    wire = Wire()
    driver = Apa102Driver(THREE_PIXELS, open_spi=lambda: wire)
    driver.show((WHITE,) * 3)
    driver.close()
    dark, white, dark_again = wire.sent
    assert dark == dark_again == stream((OFF,) * 3)
    assert white == stream((WHITE,) * 3)
    assert wire.closed


def test_the_power_of_a_ring_is_on_while_it_is_used(pins: MockFactory) -> None:
    ring = PanelSettings(lights="apa102", pixels=12, power_pin=5)
    driver = Apa102Driver(ring, open_spi=Wire)
    assert (pins.pin(5).function, pins.pin(5).state) == ("output", 1)
    driver.close()
    assert pins.pin(5).function == "input"


def test_the_power_goes_off_again_where_there_is_no_spi(pins: MockFactory) -> None:
    def refuse() -> Wire:
        raise OSError("no SPI")

    with pytest.raises(OSError, match="no SPI"):
        Apa102Driver(PanelSettings(lights="apa102", power_pin=5), open_spi=refuse)
    assert pins.pin(5).function == "input"


def test_the_bytes_leave_by_the_pins_of_spi_0(monkeypatch: pytest.MonkeyPatch) -> None:
    """gpiozero's SPI, bit by bit: data on GPIO 10, read whenever the clock on GPIO 11 rises."""
    pins = MockFactory(pin_class=MockPWMPin)
    monkeypatch.setattr(Device, "pin_factory", pins)
    driver = Apa102Driver(PanelSettings(lights="apa102", pixels=1))
    bits: list[int] = []
    clock, data = pins.pin(11), pins.pin(10)
    told = clock._set_state

    def tell(value: float) -> None:
        if value:
            bits.append(int(data.state))
        told(value)

    clock._set_state = tell
    driver.show(((1.0, 0.0, 1.0),))
    clock._set_state = told
    driver.close()
    sent = [int("".join(map(str, bits[start : start + 8])), 2) for start in range(0, len(bits), 8)]
    assert sent == stream(((1.0, 0.0, 1.0),))


def test_a_rehearsal_can_have_pixels_too(pins: MockFactory) -> None:
    driver = Apa102Driver(THREE_PIXELS)
    driver.show((WHITE,) * 3)
    driver.close()


class WithoutSpi(MockFactory):  # type: ignore[misc]
    """A Raspberry Pi with SPI switched off: gpiozero would toggle the pins instead."""

    def _get_spi_class(self, shared: bool, hardware: bool) -> type:
        if hardware:
            raise OSError("can not open SPI device")
        chosen: type = super()._get_spi_class(shared, hardware)
        return chosen


def test_without_spi_it_is_refused_rather_than_done_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Device, "pin_factory", WithoutSpi(pin_class=MockPWMPin))
    with pytest.raises(SPISoftwareFallback, match="can not open SPI device"):
        open_hardware_spi()
