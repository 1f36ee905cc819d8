"""Button and lights together; a machine without pins gets along without them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable

from gpiozero import PinFactoryFallback

from device.config import PanelSettings
from device.events import Face
from device.panel.button import PanelButton
from device.panel.lights import Lights, NoLights, RgbLights

logger = logging.getLogger(__name__)


class Panel:
    """The physical face of the device."""

    def __init__(self, button: PanelButton | None, lights: Lights) -> None:
        self._button = button
        self._lights = lights

    def show(self, face: Face) -> None:
        """Show a face."""
        self._lights.show(face)

    def close(self) -> None:
        """Go dark and free the pins."""
        if self._button:
            self._button.close()
        self._lights.close()


def open_panel(
    settings: PanelSettings, *, on_press: Callable[[], None], on_hold: Callable[[], None]
) -> Panel:
    """The configured panel; where the pins cannot be had, none, and one line that says why."""
    if not settings.enabled:
        return Panel(None, NoLights())
    button = None
    try:
        with warnings.catch_warnings():
            # gpiozero warns of every pin library it does not find; our one line below says what matters.
            warnings.simplefilter("ignore", PinFactoryFallback)
            button = PanelButton(settings, on_press=on_press, on_hold=on_hold)
            lights = NoLights() if settings.lights == "none" else RgbLights(settings)
    except Exception as error:  # noqa: BLE001 - each pin library raises its own kind, and no panel is worth a stop
        if button:
            button.close()
        logger.warning(
            "panel_absent reason=%r remedy=%r",
            str(error) or type(error).__name__,
            "On a Raspberry Pi: sudo apt-get install python3-lgpio, and be in the group gpio. "
            "Without a panel set panel.enabled: false.",
        )
        return Panel(None, NoLights())
    return Panel(button, lights)
