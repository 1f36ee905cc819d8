"""What the API lists of the configured model: a question over HTTP that costs nothing and starts nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from google.genai import errors, types
from pydantic import SecretStr

from device.config import LiveSettings
from device.errors import (
    HTTP_TOO_MANY_REQUESTS,
    KeyRefusedError,
    LadleError,
    UnavailableError,
)
from device.live.connection import HTTP_KEY_REFUSED, KEY_REFUSED_WORDS
from device.live.setup import client_over, trusting

LIVE_ACTION = "bidiGenerateContent"
"""What the API calls a conversation in real time (https://ai.google.dev/api/models)."""
NOT_FOUND = 404
FIRST_OF_ITS_OWN = 500
"""From here on an HTTP status says that the service is at fault, and not the question."""
MOST_LISTED = 1000
LIMIT_S = 8.0


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """is_known: the API lists it; speaks_live: it can be talked with; live_models: those that can."""

    is_known: bool
    speaks_live: bool
    live_models: tuple[str, ...] = ()


async def look_up_model(settings: LiveSettings, key: SecretStr, *, limit_s: float = LIMIT_S) -> ModelFacts:
    """Ask the API for the configured model, and for others where it is none to talk with.

    Raises:
        KeyRefusedError: the API does not accept the key.
        ConfigError: live.ca_file cannot be read, or the environment names a proxy or certificates amiss.
        UnavailableError: the API cannot be asked now.
        LadleError: it does not take the question, for another reason than the key.
    """
    transport = {"verify": trusting(settings.ca_file)} if settings.ca_file else {}
    client = client_over(transport, settings, key)
    try:
        async with asyncio.timeout(limit_s), client.aio as asking:
            return await _looked_up(asking, settings.model)
    except errors.APIError as error:
        raise _refused(error) from None
    except TimeoutError:
        raise UnavailableError(f"The API has not answered within {limit_s:g} s.") from None
    except Exception as error:  # noqa: BLE001  which HTTP library the SDK uses is its own affair
        # Its text may quote what was sent, and the key was sent.
        raise UnavailableError(f"The API cannot be asked: {type(error).__name__}.") from None


async def _looked_up(asking: Any, model: str) -> ModelFacts:
    try:
        found = await asking.models.get(model=model)
    except errors.APIError as error:
        if error.code != NOT_FOUND:
            raise
        return ModelFacts(is_known=False, speaks_live=False, live_models=await _live_models(asking))
    # What lists no actions at all says nothing about them.
    if not found.supported_actions or LIVE_ACTION in found.supported_actions:
        return ModelFacts(is_known=True, speaks_live=True)
    return ModelFacts(is_known=True, speaks_live=False, live_models=await _live_models(asking))


async def _live_models(asking: Any) -> tuple[str, ...]:
    pages = await asking.models.list(config=types.ListModelsConfig(page_size=MOST_LISTED))
    names = [
        (model.name or "").removeprefix("models/")
        async for model in pages
        if LIVE_ACTION in (model.supported_actions or ())
    ]
    return tuple(names)


def _refused(error: errors.APIError) -> LadleError:
    said = str(error.message or error.status or "no reason given")
    details = f"{said} {error.details}".lower()
    if error.code in HTTP_KEY_REFUSED or any(words in details for words in KEY_REFUSED_WORDS):
        return KeyRefusedError(f"The API refuses the key ({said}).")
    sentence = f"The API does not answer (HTTP status {error.code}: {said})."
    is_for_now = error.code == HTTP_TOO_MANY_REQUESTS or error.code >= FIRST_OF_ITS_OWN
    return UnavailableError(sentence) if is_for_now else LadleError(sentence)
