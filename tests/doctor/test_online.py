"""What is said of the API's answer about key and model."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from device.config import LiveSettings
from device.doctor import online
from device.doctor.finding import Finding, Verdict
from device.doctor.online import check_online
from device.errors import KeyRefusedError, LadleError, UnavailableError
from device.live.models import ModelFacts

KEY = SecretStr("AQ.a-key-of-a-test")
PUT = "put it into /etc/ladle/gemini-api-key, then: sudo systemctl restart ladle"


def found(answer: ModelFacts | LadleError) -> Finding:
    def look_up(settings: LiveSettings, key: SecretStr) -> ModelFacts:
        assert (settings.model, key) == ("gemini-3.8-live", KEY)
        if isinstance(answer, LadleError):
            raise answer
        return answer

    [finding] = check_online(LiveSettings(), KEY, put=PUT, look_up=look_up)
    return finding


def test_a_key_that_is_taken_and_a_model_that_talks_pass() -> None:
    finding = found(ModelFacts(is_known=True, speaks_live=True))
    assert finding.verdict is Verdict.PASS
    assert "gemini-3.8-live" in finding.found


@pytest.mark.parametrize(
    ("is_known", "words"), [(True, "does not speak in real time"), (False, "does not list")]
)
def test_a_model_that_does_not_serve_names_others(is_known: bool, words: str) -> None:
    finding = found(ModelFacts(is_known, speaks_live=False, live_models=("one-live", "two-live")))
    assert finding.verdict is Verdict.FAULT
    assert words in finding.found
    assert "live.model" in finding.remedy
    assert "one-live, two-live" in finding.remedy


def test_a_refused_key_is_a_fault_with_where_to_put_another() -> None:
    finding = found(KeyRefusedError("The API refuses the key (expired)."))
    assert finding.verdict is Verdict.FAULT
    assert "https://aistudio.google.com/apikey" in finding.remedy
    assert PUT in finding.remedy


def test_an_api_that_is_busy_is_only_a_warning() -> None:
    assert found(UnavailableError("It is busy.")).verdict is Verdict.WARNING


def test_an_api_that_refuses_for_another_reason_is_a_fault() -> None:
    finding = found(LadleError("Not in this country."))
    assert finding.verdict is Verdict.FAULT
    assert "troubleshooting" in finding.remedy


def test_a_stand_in_is_not_tried() -> None:
    settings = LiveSettings(endpoint="https://127.0.0.1:9")
    [finding] = check_online(settings, KEY, put=PUT)
    assert finding.verdict is Verdict.WARNING
    assert "not tried: live.endpoint names a stand-in" in finding.found


def test_without_a_key_there_is_nothing_to_try() -> None:
    [finding] = check_online(LiveSettings(), None, put=PUT)
    assert finding.verdict is Verdict.FAULT


def test_an_api_whose_name_is_not_found_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int) -> None:
        raise TimeoutError("no name server answers")

    monkeypatch.setattr(online, "resolve", resolve)
    [finding] = check_online(LiveSettings(), KEY, put=PUT)
    assert finding.verdict is Verdict.WARNING
    assert "its name is not found" in finding.found
