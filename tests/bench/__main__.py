"""Benchmarks: python -m tests.bench NAME [--quick] [--json]."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
from pathlib import Path

NAMES = ("latency", "session", "sound", "nutrition", "panel", "survival", "service")


def machine() -> str:
    """One line about the machine that the figures are from."""
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    cores = len(list(Path("/sys/devices/system/cpu").glob("cpu[0-9]*")))
    return f"{cores} x {cpu}, Linux {platform.release()}, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure and print figures.")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--quick", action="store_true", help="fewer runs, under 50 s")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args()
    figures = importlib.import_module(f"tests.bench.{options.name}").measure(quick=options.quick)
    if options.json:
        print(json.dumps(figures))
        return
    print(machine())
    width = max(map(len, figures)) + 2
    for name, figure in figures.items():
        if isinstance(figure, dict):
            print(f"{name:<{width}}" + "  ".join(f"{key} {value:g}" for key, value in figure.items()))
        else:
            print(f"{name:<{width}}{figure:g}")


if __name__ == "__main__":
    main()
