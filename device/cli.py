"""The `ladle` command: one thin function for each subcommand.

The parts are imported where they are used, so that a quick command does not wait for the Live API's SDK.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from device import __version__
from device.apikey import api_key
from device.config import state_directory
from device.configfile import SYSTEM_FILE, load_settings
from device.errors import LadleError, UnavailableError
from device.service import signals

P = ParamSpec("P")
EXISTING_OR_NOT = click.Path(dir_okay=False, path_type=Path)
TARGET = click.Path(path_type=Path)


def _told(command: Callable[P, None]) -> Callable[P, None]:
    """Turn Ladle's errors into one message for a person and the right exit status, without a traceback."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except LadleError as error:
            sys.exit(_tell(error))
        except BrokenPipeError:
            raise  # nobody reads any more, which click ends quietly
        except OSError as error:
            sys.exit(_tell(_unusable(error)))
        except KeyboardInterrupt:
            sys.exit(130)

    return wrapped


def _unusable(error: OSError) -> LadleError:
    """What the system refused; where it names no file it is what the command prints into."""
    if error.filename is None:
        # What waits to be printed would fail once more as the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    where = "The output" if error.filename is None else os.fsdecode(error.filename)
    return UnavailableError(f"{where} cannot be used: {error.strerror or error}.")


def _run_to_the_end(daemon: Coroutine[None, None, bool]) -> None:
    """Run the daemon, and leave the process as soon as it has ended, or begin anew where that is wished.

    asyncio.run would wait for a name lookup that hangs, for longer than systemd waits for us.
    """
    loop = asyncio.new_event_loop()
    status, wants_restart = 0, False
    try:
        wants_restart = loop.run_until_complete(daemon)
    except LadleError as error:
        status = _tell(error)
    logging.shutdown()
    sys.stderr.flush()
    if wants_restart:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the loop no longer listens to it
        signals.keep_waiting()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    os._exit(status)


def _tell(error: LadleError) -> int:
    """Say what is wrong, in systemd's journal each line with its priority; the exit status to end with."""
    message = f"ladle: {error}"
    if os.environ.get("JOURNAL_STREAM"):
        message = "\n".join(f"<3>{line}" for line in message.splitlines())
    click.echo(message, err=True)
    return error.exit_status


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


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
force_option = click.option("--force", is_flag=True, help="Replace the file if it is there already.")
verbose_option = click.option("--verbose", is_flag=True, help="Log debug lines too.")


@main.command()
@config_option
@timeline_option
@verbose_option
@_told
def run(config_file: Path | None, timeline_file: Path | None, verbose: bool) -> None:
    """Run the daemon in the foreground; this is what systemd starts."""
    from device.service.journal import set_up_logging  # noqa: PLC0415

    signals.keep_waiting()
    set_up_logging(logging.DEBUG if verbose else logging.INFO)
    faulthandler.enable()  # systemd's watchdog ends what hangs by SIGABRT: then it is told where it hung
    settings = load_settings(config_file)
    key = api_key(settings)

    from device.daemon import make_daemon  # noqa: PLC0415
    from device.service.control import control_path  # noqa: PLC0415
    from device.service.timeline import Timeline  # noqa: PLC0415

    state = state_directory()
    recorders = [Timeline(timeline_file)] if timeline_file else []
    # What the imports left behind stays for good; looking through it again and again would stop the loop.
    gc.collect()
    gc.freeze()
    daemon = make_daemon(
        settings,
        key,
        state=state,
        control=control_path(os.environ, state),
        recorders=recorders,
        # SIGHUP of a terminal that is closed means the end, as for any other command.
        read=None if sys.stdin.isatty() else lambda: load_settings(config_file),
    )
    _run_to_the_end(daemon.run())


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
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a page.")
@click.option("--check", "only_check", is_flag=True, help="Say what does not work; 1 if anything.")
@_told
def status(as_json: bool, only_check: bool) -> None:
    """Tell how the running daemon is."""
    import json  # noqa: PLC0415

    from device.service.status import page, read_status  # noqa: PLC0415

    if only_check:
        judged = _control("check")
        for problem in _listed(judged["problems"]):
            click.echo(problem, err=True)
        sys.exit(0 if judged["works"] else 1)
    plain = _control("status")["status"]
    assert isinstance(plain, dict), "it is checked when it is read"
    known = read_status(plain)
    width = shutil.get_terminal_size().columns
    click.echo(json.dumps(plain, ensure_ascii=False) if as_json else page(known, width))


@main.command()
@_told
def interrupt() -> None:
    """Stop what is being said, or a timer that rings."""
    _control("interrupt")


@main.command()
@_told
def mute() -> None:
    """Mute the microphone of the running daemon; it stays so over a restart."""
    _control("mute")


@main.command()
@_told
def unmute() -> None:
    """Let the microphone listen again."""
    _control("unmute")


@main.command()
@click.argument("percent", type=click.IntRange(0, 100))
@_told
def volume(percent: int) -> None:
    """Set how loud the running daemon speaks."""
    click.echo(f"The volume is {_control('volume', percent=percent)['volume']} %.")


@main.command()
@click.argument("text")
@_told
def ask(text: str) -> None:
    """Put a question to the running daemon, which answers it aloud."""
    _control("ask", text=text)


def _control(do: str, **fields: int | str) -> Mapping[str, object]:
    """What the running daemon answers."""
    from device.service.controlclient import TIMEOUT_S, call, find_control  # noqa: PLC0415

    return call(find_control(os.environ, state_directory()), do, timeout_s=TIMEOUT_S, **fields)


def _listed(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


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


@main.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.option("--online", is_flag=True, help="Try the key and the model against the API too.")
@_told
def doctor(config_file: Path | None, as_json: bool, online: bool) -> None:
    """Check all that Ladle needs, a line each with its remedy; 1 if there is a fault.

    Run it with sudo to check the service: it looks as the user that the service runs as.
    """
    from device.doctor.visit import visit  # noqa: PLC0415

    somebody_is_there = sys.stdin.isatty() and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if somebody_is_there else None
    if not visit(config_file, click.echo, as_one_object=as_json, is_online=online, width=width):
        sys.exit(1)


@main.group()
def foods() -> None:
    """Look into the food database, or check a file of foods."""


@foods.command("search")
@click.argument("text", nargs=-1, required=True)
@config_option
@_told
def search_foods(text: tuple[str, ...], config_file: Path | None) -> None:
    """Show what Ladle takes these words for, and the foods that are called so."""
    from device.household import open_foods  # noqa: PLC0415
    from device.stage.foods import search  # noqa: PLC0415

    found = search(open_foods(load_settings(config_file)), " ".join(text))
    _print(found.lines)
    if not found.is_known:
        sys.exit(1)


@foods.command("show")
@click.argument("food_id", metavar="ID")
@config_option
@_told
def show_food(food_id: str, config_file: Path | None) -> None:
    """Show everything that is known of a food."""
    from device.household import open_foods  # noqa: PLC0415
    from device.stage.foods import describe  # noqa: PLC0415

    settings = load_settings(config_file)
    _print(describe(open_foods(settings), food_id, settings.nutrition.own_foods))


@foods.command("check")
@click.argument("file", type=EXISTING_OR_NOT, required=False)
@config_option
@_told
def check_foods(file: Path | None, config_file: Path | None) -> None:
    """Check a file of foods as the start does; without one, the files in use."""
    from device.stage.foods import check as check_file  # noqa: PLC0415

    _print(check_file(load_settings(config_file), file))


@main.group()
def diary() -> None:
    """Read the diary, while the daemon runs or without it; nothing here changes it."""


@diary.command("today")
@click.argument("person", required=False)
@config_option
@_told
def diary_today(person: str | None, config_file: Path | None) -> None:
    """Show today's meals, what was eaten and what is left."""
    from device.stage.diary import kitchen_to_read, today  # noqa: PLC0415

    _print(today(kitchen_to_read(load_settings(config_file), config_file), person))


@diary.command("week")
@click.argument("person", required=False)
@config_option
@_told
def diary_week(person: str | None, config_file: Path | None) -> None:
    """Show the last seven days, a line each."""
    from device.stage.diary import kitchen_to_read, week  # noqa: PLC0415

    _print(week(kitchen_to_read(load_settings(config_file), config_file), person))


@diary.command("export")
@click.option("--csv", "file", type=TARGET, required=True, help="The file to write; - for standard output.")
@force_option
@config_option
@_told
def export_diary(file: Path, force: bool, config_file: Path | None) -> None:
    """Write everything in the diary to a CSV file. It is private: only you can read the file."""
    from device.stage.diary import STANDARD_OUTPUT, diary_to_read, export  # noqa: PLC0415

    rows = export(file, diary_to_read(load_settings(config_file), config_file), replace=force)
    if file != STANDARD_OUTPUT:
        click.echo(f"{rows} {'row' if rows == 1 else 'rows'} in {file}, which only you can read.")


@diary.command("backup")
@click.argument("file", type=TARGET)
@force_option
@config_option
@_told
def back_up_diary(file: Path, force: bool, config_file: Path | None) -> None:
    """Copy the diary as it is now to a file. It is private: only you can read the file."""
    from device.stage.diary import back_up, diary_to_read  # noqa: PLC0415

    back_up(file, diary_to_read(load_settings(config_file), config_file), replace=force)
    click.echo(f"The diary is copied to {file}, which only you can read.")


@main.group()
def config() -> None:
    """Check or show the configuration."""


@config.command()
@click.argument("file", type=EXISTING_OR_NOT, required=False)
@_told
def check(file: Path | None) -> None:
    """Check a configuration file, and the foods and plan that it names."""
    from device.household import open_household  # noqa: PLC0415
    from device.stage.foods import warnings_of  # noqa: PLC0415

    household = open_household(load_settings(file), state_directory(), owner=False)
    for warning in warnings_of(household.foods):
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
