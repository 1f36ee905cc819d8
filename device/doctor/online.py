"""The key and the model, tried against the API itself; only where somebody asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from pydantic import SecretStr

from device.config import LiveSettings
from device.doctor.finding import Finding, failed, passed, warned
from device.doctor.network import first_hop, resolve, target_of
from device.errors import ConfigError, KeyRefusedError, LadleError, UnavailableError

if TYPE_CHECKING:
    from device.live.models import ModelFacts

NAME = "online"
MOST_MODELS = 6

LookUp: TypeAlias = "Callable[[LiveSettings, SecretStr], ModelFacts]"


def check_online(
    settings: LiveSettings, key: SecretStr | None, *, put: str, look_up: LookUp | None = None
) -> Iterator[Finding]:
    """Ask the API for the model. put: where a new key goes, and what to do then; look_up: asks for it."""
    if settings.endpoint:
        yield warned(
            NAME,
            "Key and model are not tried: live.endpoint names a stand-in.",
            "Take live.endpoint out of the configuration to try them.",
        )
        return
    if key is None:
        yield failed(NAME, "Key and model are not tried: there is no key.", "See the line on the key.")
        return
    yield _asked(settings, key, put, look_up or _look_up)


def _look_up(settings: LiveSettings, key: SecretStr) -> ModelFacts:
    try:
        # A lookup that hangs within the SDK would hold up the end of the process.
        resolve(*first_hop(target_of(settings)))
    except OSError:
        raise UnavailableError("The API cannot be asked: its name is not found.") from None
    # The SDK takes a third of a second to load, and most checks are made without it.
    from device.live.models import look_up_model  # noqa: PLC0415

    return asyncio.run(look_up_model(settings, key))


def _asked(settings: LiveSettings, key: SecretStr, put: str, look_up: LookUp) -> Finding:
    try:
        model = look_up(settings, key)
    except KeyRefusedError as error:
        return failed(NAME, str(error), f"Make another at https://aistudio.google.com/apikey, and {put}.")
    except ConfigError as error:
        return failed(NAME, str(error), "Then restart it: sudo systemctl restart ladle")
    except UnavailableError as error:
        return warned(NAME, str(error), "Try it again in a few minutes.")
    except LadleError as error:
        where = "https://ai.google.dev/gemini-api/docs/troubleshooting"
        return failed(NAME, str(error), f"See what it means: {where}")
    if model.speaks_live:
        return passed(NAME, f"The API takes the key, and lists the model {settings.model}.")
    others = ", ".join(model.live_models[:MOST_MODELS]) or "none"
    if model.is_known:
        found = f"The API takes the key, but its model {settings.model} does not speak in real time."
    else:
        found = f"The API takes the key, but does not list the model {settings.model}."
    return failed(NAME, found, f"Set live.model to one that does: {others}.")
