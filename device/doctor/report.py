"""What the doctor says, for a person in front of a terminal and for a program."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence

from device.doctor.finding import Finding, Verdict

VERSION = 1
VERDICT_COLUMNS = 9
NAME_COLUMNS = 15
NARROWEST = 60
"""Columns. On a narrower terminal the lines are broken by the terminal."""


def told(finding: Finding, width: int | None = None) -> str:
    """A finding for a person: one line, or as many of `width` columns as it takes."""
    head = f"{finding.verdict.value:<{VERDICT_COLUMNS}}{finding.name:<{NAME_COLUMNS}}"
    text = _printable(f"{finding.found} {finding.remedy}")
    if width is None:
        return f"{head}{text}"
    return textwrap.fill(
        text,
        max(width, NARROWEST),
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )


def summary(findings: Sequence[Finding]) -> str:
    """How many checks there were, and how many of them need somebody."""
    faults = _counted(sum(each.verdict is Verdict.FAULT for each in findings), "fault")
    warnings = _counted(sum(each.verdict is Verdict.WARNING for each in findings), "warning")
    return f"{_counted(len(findings), 'check')}: {faults}, {warnings}."


def is_well(findings: Iterable[Finding]) -> bool:
    """Whether there is no fault; warnings are allowed."""
    return all(finding.verdict is not Verdict.FAULT for finding in findings)


def as_json(findings: Sequence[Finding]) -> str:
    """All of it for a program."""
    checks = [
        {
            "name": finding.name,
            "verdict": finding.verdict.value,
            "found": finding.found,
            "remedy": finding.remedy,
        }
        for finding in findings
    ]
    # In plain letters: the name of a file may be no text at all, and the output may take ASCII alone.
    return json.dumps({"v": VERSION, "ok": is_well(findings), "checks": checks})


def _printable(text: str) -> str:
    """On one line, and without an order to the terminal: a sound card may be called anything."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
