"""Looking the model up: over HTTPS, with the SDK, against a small API of our own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from device.config import LiveSettings
from device.errors import ConfigError, KeyRefusedError, LadleError, UnavailableError
from device.live.models import ModelFacts, look_up_model
from device.rehearsal.certificate import Certificate

KEY = "AQ.a-key-of-a-test-that-nobody-may-see"
LIVE = "gemini-3.8-live"
WRITES = {"name": "models/gemini-writes", "supportedGenerationMethods": ["generateContent"]}
TALKS = {"name": f"models/{LIVE}", "supportedGenerationMethods": ["bidiGenerateContent", "countTokens"]}


class Api:
    """Lists two models, or refuses everything with a status; notes what was asked and with which key."""

    def __init__(self) -> None:
        self.status = 200
        self.error: Mapping[str, Any] = {}
        self.asked: list[str] = []
        self.keys: set[str | None] = set()

    def answer(self, path: str) -> tuple[int, object]:
        self.asked.append(path)
        if self.status != 200:
            return self.status, {"error": {"code": self.status, **self.error}}
        if path == "/v1beta/models":
            return 200, {"models": [WRITES, TALKS]}
        known = {f"/v1beta/{model['name']}": model for model in (WRITES, TALKS)}
        if path in known:
            return 200, known[path]
        return 404, {
            "error": {"code": 404, "message": "it is not found for API version", "status": "NOT_FOUND"}
        }


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def settings(api: Api) -> Iterator[LiveSettings]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.keys.add(self.headers.get("x-goog-api-key"))
            status, content = api.answer(self.path.partition("?")[0])
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A test tells nothing."""

    certificate = Certificate("127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = certificate.context().wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield LiveSettings(
            endpoint=f"https://127.0.0.1:{server.server_address[1]}", ca_file=certificate.ca_file, model=LIVE
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
        certificate.cleanup()


def looked_up(settings: LiveSettings) -> ModelFacts:
    return asyncio.run(look_up_model(settings, SecretStr(KEY)))


def test_a_model_that_talks_is_found_with_one_question(settings: LiveSettings, api: Api) -> None:
    assert looked_up(settings) == ModelFacts(is_known=True, speaks_live=True)
    assert api.asked == [f"/v1beta/models/{LIVE}"]
    assert api.keys == {KEY}


def test_a_model_that_only_writes_is_known_and_those_that_talk_are_named(settings: LiveSettings) -> None:
    facts = looked_up(settings.model_copy(update={"model": "gemini-writes"}))
    assert facts == ModelFacts(is_known=True, speaks_live=False, live_models=(LIVE,))


def test_a_model_that_is_none_is_not_known_and_those_that_talk_are_named(settings: LiveSettings) -> None:
    facts = looked_up(settings.model_copy(update={"model": "gemini-9-live"}))
    assert facts == ModelFacts(is_known=False, speaks_live=False, live_models=(LIVE,))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "API key not valid. Please pass a valid API key."),
        (400, "API key expired. Please renew the API key."),
        (401, "Request had invalid authentication credentials."),
        (403, "Your API key was reported as leaked."),
    ],
)
def test_a_refused_key_is_told_apart_and_never_quoted(
    status: int, message: str, settings: LiveSettings, api: Api
) -> None:
    api.status, api.error = status, {"message": message, "status": "INVALID_ARGUMENT"}
    with pytest.raises(KeyRefusedError) as refused:
        looked_up(settings)
    assert message in str(refused.value)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_is_busy_is_asked_another_time(status: int, settings: LiveSettings, api: Api) -> None:
    api.status, api.error = status, {"message": "Try later.", "status": "UNAVAILABLE"}
    with pytest.raises(UnavailableError, match="Try later"):
        looked_up(settings)


def test_another_refusal_is_no_matter_of_time(settings: LiveSettings, api: Api) -> None:
    api.status, api.error = (
        400,
        {"message": "User location is not supported.", "status": "FAILED_PRECONDITION"},
    )
    with pytest.raises(LadleError, match="User location is not supported") as refused:
        looked_up(settings)
    assert not isinstance(refused.value, UnavailableError | KeyRefusedError)


def test_nobody_who_answers_is_a_matter_of_time(settings: LiveSettings) -> None:
    with pytest.raises(UnavailableError) as failed:
        looked_up(settings.model_copy(update={"endpoint": "https://127.0.0.1:9"}))
    assert KEY not in str(failed.value)


def test_a_ca_file_that_is_none_is_a_matter_of_the_configuration(
    settings: LiveSettings, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        looked_up(settings.model_copy(update={"ca_file": tmp_path / "none"}))


def test_the_certificate_is_checked(settings: LiveSettings) -> None:
    with pytest.raises(UnavailableError):
        looked_up(settings.model_copy(update={"ca_file": None}))
