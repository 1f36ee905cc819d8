"""How findings are told: lines for a person, JSON for a program."""

from __future__ import annotations

import json

from device.doctor.finding import Finding, failed, passed, warned
from device.doctor.report import as_json, is_well, summary, told

PASSED = passed("foods", "667 foods, all in order.")
WARNED = warned("clock", "Nothing has set it.", "sudo timedatectl set-ntp true")
FAILED = failed("key", "There is no key.", "Put it where it belongs.")


def test_without_a_terminal_a_finding_is_one_line() -> None:
    assert told(PASSED) == "pass     foods          667 foods, all in order."
    assert told(FAILED) == "fault    key            There is no key. Put it where it belongs."
    assert told(WARNED).startswith("warning  clock          Nothing has set it. sudo timedatectl")


def test_on_a_terminal_it_is_wrapped_under_its_first_word() -> None:
    long = failed("microphone", "word " * 30 + "/a/path/that/is/longer/than/the/line/" + "x" * 60, "Do it.")
    first, *others = told(long, 70).splitlines()
    assert first.startswith("fault    microphone     word word")
    assert all(line.startswith(" " * 24) and line[24] != " " for line in others)
    assert all(len(line) <= 70 for line in [first, *others] if "/a/path" not in line)
    assert "/a/path/that/is/longer/than/the/line/" + "x" * 60 in told(long, 70)


def test_a_name_gives_the_terminal_no_orders() -> None:
    assert "\x1b" not in told(failed("speaker", "Card \x1b[2J\nevil", ""), 80)
    assert "\n" not in told(failed("configuration", "line 1\nline 2", "Correct it."))


def test_warnings_are_allowed_and_faults_are_not() -> None:
    assert is_well([PASSED, WARNED])
    assert not is_well([PASSED, FAILED])
    assert is_well([])


def test_the_summary_counts() -> None:
    assert summary([PASSED, WARNED, FAILED, FAILED]) == "4 checks: 2 faults, 1 warning."
    assert summary([PASSED]) == "1 check: no faults, no warnings."


def test_json_has_every_field_of_every_check() -> None:
    findings: list[Finding] = [PASSED, WARNED, FAILED]
    assert json.loads(as_json(findings)) == {
        "v": 1,
        "ok": False,
        "checks": [
            {"name": "foods", "verdict": "pass", "found": "667 foods, all in order.", "remedy": ""},
            {
                "name": "clock",
                "verdict": "warning",
                "found": "Nothing has set it.",
                "remedy": "sudo timedatectl set-ntp true",
            },
            {
                "name": "key",
                "verdict": "fault",
                "found": "There is no key.",
                "remedy": "Put it where it belongs.",
            },
        ],
    }
    assert json.loads(as_json([PASSED, WARNED]))["ok"] is True


def test_json_takes_the_name_of_a_file_that_is_no_text() -> None:
    name = b"k\xfcche.yaml".decode(errors="surrogateescape")
    text = as_json([failed("configuration", f"{name} cannot be read.", "Größer schreiben.")])
    assert text.isascii()
    assert json.loads(text)["checks"][0]["remedy"] == "Größer schreiben."
