"""What each face costs on each kind of lights: python -m tests.panel.cpu [--lights KIND] [--face FACE]

Real time, pins in memory, an SPI bus to nowhere; the button looks at its level meanwhile. The figure is the
time of the whole process as a share of one core. With lights `none` it is that of the button alone.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time

from device.events import Face
from device.panel.mock import use_mock_pins
from device.panel.panel import open_panel
from device.panelsettings import PanelSettings

KINDS = {
    "none": PanelSettings(lights="none"),
    "single": PanelSettings(lights="single"),
    "rgb": PanelSettings(),
    "three": PanelSettings(lights="three"),
    "apa102": PanelSettings(lights="apa102", pixels=12),
}


async def percent_of_a_core(settings: PanelSettings, face: Face, seconds: float) -> float:
    """Show a face for so long, after it has settled; what the process spent."""
    panel = open_panel(settings, on_press=lambda: None, on_hold=lambda: None)
    panel.show(face)
    await asyncio.sleep(0.2)
    gc.collect()
    spent_s, began_s = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    spent_s, lasted_s = time.process_time() - spent_s, time.monotonic() - began_s
    panel.close()
    return 100 * spent_s / lasted_s


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.panel.cpu", description="Measure and print figures."
    )
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--lights", choices=KINDS, action="append")
    parser.add_argument("--face", choices=list(Face), type=Face, action="append")
    options = parser.parse_args()
    kinds = options.lights or [*KINDS]
    print(f"{'percent of a core':<18}" + "".join(f"{kind:>8}" for kind in kinds))
    for face in options.face or Face:
        figures = []
        for kind in kinds:
            use_mock_pins()
            figures.append(asyncio.run(percent_of_a_core(KINDS[kind], face, options.seconds)))
        print(f"{face.value:<18}" + "".join(f"{figure:>8.2f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
