"""Reading the configuration again while the device runs: some of it counts at once, the rest at a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from device.config import Settings
from device.errors import LadleError
from device.household import read_again
from device.service.journal import line
from device.tools.kitchen import Kitchen

logger = logging.getLogger(__name__)

LIGHTS = (
    "lights",
    "red_pin",
    "green_pin",
    "blue_pin",
    "yellow_pin",
    "led_pin",
    "common_anode",
    "pixels",
    "power_pin",
    "brightness",
    "night",
)
AT_ONCE: dict[str, tuple[str, ...]] = {
    "audio": ("volume",),
    "panel": LIGHTS,
    "nutrition": (
        "foods",
        "own_foods",
        "activities",
        "plan",
        "variation",
        "exercise_credit",
        "quiet_numbers",
        "helpline",
    ),
    "household": ("people", "default_person"),
    "privacy": ("keep_transcripts",),
}
"""What takes effect without a restart, by section; what the data files hold does so too."""


@dataclass(frozen=True)
class Reload:
    """What was read.

    settings: in force from now on; changed: the keys that take effect; waiting: those that do not before a
    restart.
    """

    settings: Settings
    kitchen: Kitchen
    changed: tuple[str, ...]
    waiting: tuple[str, ...]

    def touches(self, section: str) -> bool:
        """Whether something of this section takes effect."""
        return any(key.startswith(f"{section}.") for key in self.changed)


class Reloader:
    """Reads again when it is asked to, one time after the other."""

    def __init__(
        self,
        read: Callable[[], Settings],
        settings: Settings,
        kitchen: Kitchen,
        use: Callable[[Reload], None],
    ) -> None:
        """read: the configuration as it is in its file now; use: lets what was read take effect."""
        self._read = read
        self._settings = settings
        self._kitchen = kitchen
        self._use = use
        self._wished = asyncio.Event()

    def wish(self) -> None:
        """Somebody wants it to be read."""
        self._wished.set()

    async def run(self) -> None:
        """Read whenever somebody wishes it. What is wrong is told, and all stays as it was."""
        while True:
            await self._wished.wait()
            self._wished.clear()
            try:
                reload = await asyncio.to_thread(self._reread)
                self._settings, self._kitchen = reload.settings, reload.kitchen
                self._use(reload)
            except LadleError as error:
                _refuse(error)
            except Exception:  # no change of the lights is worth the end of the conversation
                logger.exception("reload_refused reason=failed")
            else:
                _tell(reload)

    def _reread(self) -> Reload:
        """In a thread: reading the foods takes a second on a small machine."""
        wanted = self._read()
        settings = adopted(self._settings, wanted)
        return Reload(
            settings,
            read_again(self._kitchen, settings),
            changed=_differences(self._settings, settings),
            waiting=_differences(settings, wanted),
        )


def adopted(running: Settings, wanted: Settings) -> Settings:
    """The settings that run, with those of the wanted ones that can take effect at once."""
    sections = {
        section: _adopted_of(getattr(running, section), getattr(wanted, section), names)
        for section, names in AT_ONCE.items()
    }
    return running.model_copy(update=sections)


def _adopted_of(running: BaseModel, wanted: BaseModel, names: Iterable[str]) -> BaseModel:
    """One section; as it runs, where the new does not go with what has to wait, such as a pin that moves."""
    mixed = running.model_copy(update={name: getattr(wanted, name) for name in names})
    try:
        type(mixed).model_validate(mixed.model_dump())
    except ValidationError:
        return running
    return mixed


def _differences(one: Settings, other: Settings) -> tuple[str, ...]:
    """The keys in which they differ, each as `section.name`."""
    return tuple(
        f"{section}.{name}"
        for section in Settings.model_fields
        for name in type(getattr(one, section)).model_fields
        if getattr(getattr(one, section), name) != getattr(getattr(other, section), name)
    )


def _refuse(error: LadleError) -> None:
    logger.error(line("reload_refused", {"reason": error}))


def _tell(reload: Reload) -> None:
    changed = " ".join(reload.changed) or "nothing"
    logger.info(line("reloaded", {"changed": changed, "read": "foods activities plan"}))
    if reload.waiting:
        logger.warning(line("reload_incomplete", {"needs_restart": " ".join(reload.waiting)}))
