"""Running checks: in order, under a time limit, and without one of them ending the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from device.doctor.examine import Check, examine
from device.doctor.finding import Finding, Verdict, failed, passed, warned

KEY = "AQ.a-key-that-nobody-may-see"


def found(text: str) -> Finding:
    return passed("thing", text)


def test_findings_come_in_the_order_of_the_checks() -> None:
    checks = [
        Check("a", lambda: [found("1"), found("2")]),
        Check("b", lambda: [found("3")], is_aside=True),
        Check("c", lambda: [found("4")]),
    ]
    assert [finding.found for finding in examine(checks)] == ["1", "2", "3", "4"]


def test_a_check_that_is_aside_is_at_work_beside_the_others() -> None:
    begun = threading.Event()

    def slow() -> list[Finding]:
        begun.set()
        return [found("slow")]

    def waits_for_it() -> list[Finding]:
        return [found(f"quick {begun.wait(5)}")]

    checks = [Check("quick", waits_for_it), Check("slow", slow, is_aside=True)]
    assert [finding.found for finding in examine(checks)] == ["quick True", "slow"]


def test_a_check_that_hangs_is_given_up_and_the_next_one_follows() -> None:
    never = threading.Event()
    hangs = Check("disk", lambda: [found(str(never.wait()))], limit_s=0.05)
    given_up, after = examine([hangs, Check("after", lambda: [found("here")])])
    assert given_up.name == "disk"
    assert given_up.verdict is Verdict.FAULT
    assert "given up after 0.05 s" in given_up.found
    assert given_up.remedy
    assert after.found == "here"


def test_a_check_that_breaks_is_a_fault_that_names_what_broke() -> None:
    def breaks() -> Iterator[Finding]:
        yield found("half")
        raise ZeroDivisionError("by nought")

    broken, after = examine([Check("sums", breaks), Check("after", lambda: [found("here")])])
    assert broken.verdict is Verdict.FAULT
    assert "ZeroDivisionError: by nought" in broken.found
    assert "ladle doctor --json" in broken.remedy
    assert after.found == "here"


def test_the_key_is_taken_out_of_whatever_is_said() -> None:
    def breaks() -> list[Finding]:
        raise ValueError(f"cannot send {KEY}")

    checks = [
        Check("a", lambda: [warned("a", f"there is {KEY}", f"do not type {KEY}")]),
        Check("b", breaks),
    ]
    told = list(examine(checks, secret=KEY))
    assert not any(KEY in finding.found + finding.remedy for finding in told)
    assert told[0] == warned("a", "there is (the key)", "do not type (the key)")


def test_a_key_too_short_to_be_one_changes_no_words() -> None:
    [finding] = examine([Check("a", lambda: [failed("a", "a sentence", "a remedy")])], secret="a")
    assert finding.found == "a sentence"
