"""Settings of the panel: pins, lights and the button."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field, SerializerFunctionWrapHandler, Strict, model_serializer, model_validator

from device.events import PanelMode
from device.settingtypes import ClockTime, Section, Whole, YesNo

HIGHEST_GPIO = 27

Pin = Annotated[int, Strict(), Field(ge=0, le=HIGHEST_GPIO)]

_SPI_PINS = frozenset({8, 9, 10, 11})
_SHORTEST_COUNTDOWN_S = 1

_PINS_OF_LIGHTS = {
    "rgb": ("red_pin", "green_pin", "blue_pin"),
    "single": ("led_pin",),
    "three": ("red_pin", "yellow_pin", "green_pin"),
    "apa102": ("power_pin",),
    "none": (),
}


class NightSettings(Section):
    """The part of the day in which the lights are dimmer. In the file: from, to, brightness (percent)."""

    begins: ClockTime = Field(alias="from")
    ends: ClockTime = Field(alias="to")
    brightness: Whole = Field(10, ge=0, le=100)

    @model_validator(mode="after")
    def _has_a_length(self) -> NightSettings:
        if self.begins == self.ends:
            raise ValueError("from and to must be two different times")
        return self

    @model_serializer(mode="wrap")
    def _as_in_the_file(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        values: dict[str, object] = handler(self)
        names = {"begins": "from", "ends": "to"}
        return {names.get(name, name): value for name, value in values.items()}

    def holds(self, clock: time) -> bool:
        """Whether it is night at this time of day."""
        if self.begins < self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


class PanelSettings(Section):
    """Button and lights; pins by their GPIO (BCM) number."""

    enabled: YesNo = True
    mode: PanelMode = PanelMode.OPEN
    keep_muted: YesNo = True
    button_pin: Pin = 17
    button_pull: Literal["up", "down"] = "up"
    mute_hold_s: float = Field(1.5, ge=0.5, le=10)
    restart_hold_s: float = Field(8, ge=3, le=15)
    lights: Literal["rgb", "single", "three", "apa102", "none"] = "rgb"
    red_pin: Pin = 22
    green_pin: Pin = 23
    blue_pin: Pin = 24
    yellow_pin: Pin = 24
    led_pin: Pin = 22
    common_anode: YesNo = False
    pixels: Whole = Field(3, ge=1, le=64)
    power_pin: Pin | None = None
    brightness: Whole = Field(100, ge=0, le=100)
    night: NightSettings | None = None

    @property
    def pins(self) -> dict[str, int]:
        """The pins in use, each by the name of its setting."""
        used = ["button_pin", *_PINS_OF_LIGHTS[self.lights]]
        return {name: getattr(self, name) for name in used if getattr(self, name) is not None}

    @model_validator(mode="after")
    def _pins_differ(self) -> PanelSettings:
        names = [*self.pins]
        if len(set(self.pins.values())) < len(names):
            count = {2: "two", 3: "three", 4: "four"}[len(names)]
            raise ValueError(f"{', '.join(names[:-1])} and {names[-1]} must be {count} different pins")
        return self

    @model_validator(mode="after")
    def _pins_leave_room_for_spi(self) -> PanelSettings:
        if self.lights == "apa102" and _SPI_PINS & set(self.pins.values()):
            raise ValueError(
                "lights: apa102 needs GPIO 8 to 11 for itself; take another button_pin or power_pin"
            )
        return self

    @model_validator(mode="after")
    def _restart_after_mute(self) -> PanelSettings:
        if self.restart_hold_s < self.mute_hold_s + _SHORTEST_COUNTDOWN_S:
            raise ValueError(
                f"restart_hold_s must be at least {_SHORTEST_COUNTDOWN_S} s longer than mute_hold_s, "
                "or nobody can mute without restarting"
            )
        return self
