"""What a check comes to: a verdict, what was found, and for everything but a pass what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """PASS: as it should be. WARNING: it works, but a person should know. FAULT: it does not work."""

    PASS = "pass"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for a person. name: what was looked at; remedy: what to type or to do, empty for a pass."""

    name: str
    verdict: Verdict
    found: str
    remedy: str = ""


def passed(name: str, found: str) -> Finding:
    """As it should be."""
    return Finding(name, Verdict.PASS, found)


def warned(name: str, found: str, remedy: str) -> Finding:
    """Ladle works, but a person should know."""
    return Finding(name, Verdict.WARNING, found, remedy)


def failed(name: str, found: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(name, Verdict.FAULT, found, remedy)
