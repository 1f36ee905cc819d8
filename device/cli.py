"""The `ladle` command: one thin function for each subcommand.

The parts are imported where they are used, so that a quick command does not wait for the Live API's SDK.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from device import __version__
from device.config import api_key, shipped_directory, state_directory
from device.configfile import SYSTEM_FILE, load_settings
from device.errors import LadleError

P = ParamSpec("P")
EXISTING_OR_NOT = click.Path(dir_okay=False, path_type=Path)


def _told(command: Callable[P, None]) -> Callable[P, None]:
    """Turn Ladle's errors into one message for a person and the right exit status, without a traceback."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except LadleError as error:
            sys.exit(_tell(error))
        except KeyboardInterrupt:
            sys.exit(130)

    return wrapped


def _run_to_the_end(daemon: Coroutine[None, None, None]) -> None:
    """Run the daemon, and leave the process as soon as it has ended.

    asyncio.run would wait for a name lookup that hangs, for longer than systemd waits for us.
    """
    loop = asyncio.new_event_loop()
    status = 0
    try:
        loop.run_until_complete(daemon)
    except LadleError as error:
        status = _tell(error)
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)


def _tell(error: LadleError) -> int:
    """Say what is wrong, in systemd's journal each line with its priority; the exit status to end with."""
    message = f"ladle: {error}"
    if os.environ.get("JOURNAL_STREAM"):
        message = "\n".join(f"<3>{line}" for line in message.splitlines())
    click.echo(message, err=True)
    return error.exit_status


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ladle")
def main() -> None:
    """Ladle, a kitchen smart speaker on the Gemini Live API."""


config_option = click.option(
    "--config",
    "config_file",
    type=EXISTING_OR_NOT,
    help=f"Configuration file; without it {SYSTEM_FILE} where it exists, else the defaults.",
)
timeline_option = click.option(
    "--timeline", "timeline_file", type=EXISTING_OR_NOT, help="Write everything that happens as JSON lines."
)
verbose_option = click.option("--verbose", is_flag=True, help="Log debug lines too.")


@main.command()
@config_option
@timeline_option
@verbose_option
@_told
def run(config_file: Path | None, timeline_file: Path | None, verbose: bool) -> None:
    """Run the daemon in the foreground; this is what systemd starts."""
    from device.service.journal import set_up_logging  # noqa: PLC0415

    set_up_logging(logging.DEBUG if verbose else logging.INFO)
    settings = load_settings(config_file)
    key = api_key(settings)

    from device.daemon import make_daemon  # noqa: PLC0415
    from device.service.timeline import Timeline  # noqa: PLC0415

    recorders = [Timeline(timeline_file)] if timeline_file else []
    # What the imports left behind stays for good; looking through it again and again would stop the loop.
    gc.collect()
    gc.freeze()
    _run_to_the_end(make_daemon(settings, key, state=state_directory(), recorders=recorders).run())


@main.command()
@config_option
@timeline_option
@verbose_option
@click.option("--say", multiple=True, metavar="TEXT", help="Say this into the microphone; may be repeated.")
@click.option("--hear", metavar="WAV|mic", help="Hear a 16 kHz mono WAV file, or the real microphone.")
@click.option("--speak", metavar="WAV|speaker", help="Write the answers here, or play them.")
@click.option(
    "--press",
    "press_at_s",
    multiple=True,
    type=click.FloatRange(0, 86_400),
    metavar="SECONDS",
    help="Press the button then.",
)
@click.option("--script", type=EXISTING_OR_NOT, help="Let the stand-in follow this script.")
@click.option(
    "--clock",
    default="14:00",
    show_default=True,
    metavar="HH:MM",
    type=click.DateTime(["%H:%M"]),
    help="The kitchen's time of day.",
)
@_told
def rehearse(
    config_file: Path | None,
    timeline_file: Path | None,
    verbose: bool,
    say: tuple[str, ...],
    hear: str | None,
    speak: str | None,
    press_at_s: tuple[float, ...],
    script: Path | None,
    clock: datetime,
) -> None:
    """Run the whole device against the stand-in: no key, no internet, no hardware.

    Without --say or --hear it plays the example conversation of the README.
    """
    from device.service.journal import set_up_logging  # noqa: PLC0415
    from device.service.timeline import Timeline  # noqa: PLC0415
    from device.stage.rehearse import EXAMPLE, Play  # noqa: PLC0415
    from device.stage.rehearse import rehearse as play_rehearsal  # noqa: PLC0415

    # The screen tells the story; the journal would tell it a second time.
    set_up_logging(logging.DEBUG if verbose else logging.WARNING)
    if say and hear:
        raise click.UsageError("--say and --hear exclude each other.")
    if not all(text.strip() for text in say):
        raise click.UsageError("--say needs something to say.")
    play = Play(say or EXAMPLE, hear, speak, press_at_s, script, clock.time())
    recorders = [Timeline(timeline_file)] if timeline_file else []
    asyncio.run(play_rehearsal(load_settings(config_file), play, recorders))


@main.command("rehearsal-server")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
@click.option("--script", type=EXISTING_OR_NOT, help="Follow this script instead of its own wits.")
@verbose_option
@_told
def rehearsal_server(host: str, port: int, script: Path | None, verbose: bool) -> None:
    """Run the stand-in for the Live API alone; its first line of output says where it listens, as JSON."""
    from device.rehearsal.main import serve  # noqa: PLC0415
    from device.service.journal import set_up_logging  # noqa: PLC0415

    set_up_logging(logging.DEBUG if verbose else logging.INFO)
    serve(host, port, script)


@main.command()
@config_option
@_told
def devices(config_file: Path | None) -> None:
    """List microphones and speakers as one names them in the configuration."""
    from device.audio.listing import device_lines  # noqa: PLC0415

    for text in device_lines(load_settings(config_file).audio):
        click.echo(text)


@main.command()
@config_option
@_told
def meter(config_file: Path | None) -> None:
    """Show what the microphone hears, the gate decides and the echo canceller takes away, until Ctrl-C."""
    from device.stage.meter import run_meter  # noqa: PLC0415

    run_meter(load_settings(config_file), click.echo)


@main.group()
def config() -> None:
    """Check or show the configuration."""


@config.command()
@click.argument("file", type=EXISTING_OR_NOT, required=False)
@_told
def check(file: Path | None) -> None:
    """Check a configuration file, and the foods and plan that it names."""
    from device.household import open_household  # noqa: PLC0415

    settings = load_settings(file)
    warnings = open_household(settings).foods.warnings
    # Of the shipped foods it is known why their energy is not quite that of their macronutrients.
    if settings.nutrition.foods_file.parent != shipped_directory():
        for warning in warnings:
            click.echo(f"Warning: {warning}", err=True)
    click.echo("The configuration is in order.")


@config.command()
@config_option
@_told
def show(config_file: Path | None) -> None:
    """Print the effective configuration. It never holds the key."""
    import yaml  # noqa: PLC0415

    settings = load_settings(config_file)
    click.echo(
        yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True), nl=False
    )


if __name__ == "__main__":
    main()
