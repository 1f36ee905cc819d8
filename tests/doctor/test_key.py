"""The key: every place, every fault, and that no part of it is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import Settings
from device.doctor.finding import Finding, Verdict
from device.doctor.key import KeyFound, check_key, find_key, find_key_of_service

AUTH_KEY = "AQ.Ab8RN6Kq-_zzTOPSECRETzz0123456789"
STANDARD_KEY = "AIzaSyTOPSECRETabcdefghijklmnopqrstuvwx"
STAND_IN = Settings.model_validate({"live": {"endpoint": "https://127.0.0.1:9"}})


def credential(directory: Path, text: str, mode: int = 0o400) -> dict[str, str]:
    file = directory / "gemini-api-key"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return {"CREDENTIALS_DIRECTORY": str(directory)}


def verdict_on(
    found: KeyFound,
    settings: Settings | None = None,
    *,
    is_service: bool = False,
    is_hidden: bool = False,
    is_tried: bool = False,
) -> Finding:
    [finding] = check_key(
        found, settings or Settings(), is_service=is_service, is_hidden=is_hidden, is_tried=is_tried
    )
    for key in (AUTH_KEY, STANDARD_KEY):
        assert not any(key[at : at + 6] in finding.found + finding.remedy for at in range(4, len(key) - 6))
    return finding


def test_a_key_that_is_there_passes_and_its_place_is_named(tmp_path: Path) -> None:
    finding = verdict_on(find_key(credential(tmp_path, f"{AUTH_KEY}\n")))
    assert finding.verdict is Verdict.PASS
    assert str(tmp_path / "gemini-api-key") in finding.found
    assert "GEMINI_API_KEY" in verdict_on(find_key({"GEMINI_API_KEY": AUTH_KEY})).found


def test_the_places_are_asked_in_the_order_of_the_daemon(tmp_path: Path) -> None:
    file = tmp_path / "key.txt"
    file.write_text(STANDARD_KEY, encoding="utf-8")
    others = {"GEMINI_API_KEY_FILE": str(file), "GEMINI_API_KEY": "third"}
    first = find_key(credential(tmp_path, AUTH_KEY) | others)
    assert first.key is not None
    assert first.key.get_secret_value() == AUTH_KEY
    unset = tmp_path / "unset"
    unset.mkdir()
    second = find_key(credential(unset, "unset") | others)
    assert second.where == str(file)


def test_no_key_is_a_fault_with_what_to_do_for_a_user_and_for_the_service() -> None:
    for_user = verdict_on(KeyFound())
    assert for_user.verdict is Verdict.FAULT
    assert for_user.found == "There is no key."
    assert "https://aistudio.google.com/apikey" in for_user.remedy
    assert "GEMINI_API_KEY_FILE" in for_user.remedy
    for_service = verdict_on(KeyFound(), is_service=True)
    assert "/etc/ladle/gemini-api-key" in for_service.remedy
    assert "systemctl restart ladle" in for_service.remedy


def test_a_stand_in_needs_none() -> None:
    assert verdict_on(KeyFound(), STAND_IN).verdict is Verdict.PASS


def test_the_services_key_is_not_missed_by_somebody_who_may_not_see_it() -> None:
    finding = verdict_on(KeyFound(), is_hidden=True)
    assert finding.verdict is Verdict.WARNING
    assert "sudo ladle doctor" in finding.remedy


def test_a_key_of_two_words_is_a_fault_that_does_not_quote_it() -> None:
    finding = verdict_on(find_key({"GEMINI_API_KEY": f"{AUTH_KEY} {STANDARD_KEY}"}))
    assert finding.verdict is Verdict.FAULT
    assert "not one word" in finding.found


def test_a_file_that_is_not_there_is_a_fault_that_names_it(tmp_path: Path) -> None:
    finding = verdict_on(find_key({"GEMINI_API_KEY_FILE": str(tmp_path / "none")}))
    assert finding.verdict is Verdict.FAULT
    assert str(tmp_path / "none") in finding.found


def test_a_file_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    finding = verdict_on(find_key(credential(tmp_path, AUTH_KEY, 0o644)))
    assert finding.verdict is Verdict.WARNING
    assert f"sudo chmod 600 {tmp_path / 'gemini-api-key'}" in finding.remedy


def test_a_standard_key_is_a_warning_until_the_api_has_taken_it() -> None:
    found = find_key({"GEMINI_API_KEY": STANDARD_KEY})
    finding = verdict_on(found)
    assert finding.verdict is Verdict.WARNING
    assert "standard key" in finding.found
    assert "ladle doctor --online" in finding.remedy
    assert verdict_on(found, is_tried=True).verdict is Verdict.PASS


@pytest.mark.parametrize("key", ["secret-key", "AIzaSyShort", "ya29.something-of-another-kind"])
def test_what_looks_like_no_key_is_only_a_warning(key: str) -> None:
    finding = verdict_on(find_key({"GEMINI_API_KEY": key}))
    assert finding.verdict is Verdict.WARNING
    assert "does not look like a key" in finding.found
    assert key not in finding.found + finding.remedy


def test_the_services_key_is_the_file_or_else_what_the_running_service_was_given(tmp_path: Path) -> None:
    file, running = tmp_path / "etc" / "gemini-api-key", tmp_path / "run" / "gemini-api-key"
    encrypted = tmp_path / "gemini-api-key.cred"
    assert find_key_of_service({}, file, running, encrypted) == KeyFound()
    encrypted.touch()
    finding = verdict_on(find_key_of_service({}, file, running, encrypted), is_service=True)
    assert finding.verdict is Verdict.PASS
    assert f"Encrypted in {encrypted}" in finding.found
    for place in (running, file):
        place.parent.mkdir()
        place.write_text(AUTH_KEY, encoding="utf-8")
        assert find_key_of_service({}, file, running, encrypted).where == str(place)


def test_only_the_file_is_blamed_for_a_group_that_may_read_it(tmp_path: Path) -> None:
    """systemd gives its own copy to the service by an access list, which shows as such a mode."""
    file, running = tmp_path / "etc" / "gemini-api-key", tmp_path / "run" / "gemini-api-key"
    for place, verdict in ((running, Verdict.PASS), (file, Verdict.WARNING)):
        place.parent.mkdir()
        credential(place.parent, AUTH_KEY, 0o440)
        found = find_key_of_service({}, file, running, tmp_path / "none")
        assert verdict_on(found, is_service=True).verdict is verdict


def test_a_variable_of_the_unit_is_taken_where_there_is_no_credential(tmp_path: Path) -> None:
    none = tmp_path / "none"
    found = find_key_of_service({"GEMINI_API_KEY": AUTH_KEY}, none, none, none)
    assert "GEMINI_API_KEY" in found.where
