"""The few kinds of error that Ladle raises on purpose.

    LadleError                 something a person has to know                 exit status 1
    ├── ConfigError            a configuration or data file is wrong         exit status 78
    ├── UnavailableError       a device or service is not there              exit status 69
    ├── KeyRefusedError        the Live API refused the key                  exit status 77
    └── ConnectionEndedError   one connection to the Live API ended; the session goes on

Each message is a whole sentence or two for a person in a kitchen: what is wrong, where, and what to do.
The numbers are those of sysexits.h.
"""

from __future__ import annotations

HTTP_TOO_MANY_REQUESTS = 429


class LadleError(Exception):
    """Base of all errors with a message for a person."""

    exit_status = 1


class ConfigError(LadleError, ValueError):
    """A configuration or data file cannot be used; the message names file, line and key."""

    exit_status = 78


class UnavailableError(LadleError, OSError):
    """A device or service that is needed is not there."""

    exit_status = 69

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class KeyRefusedError(LadleError):
    """The Live API refused the API key."""

    exit_status = 77


class ConnectionEndedError(LadleError):
    """One connection to the Live API ended or never came about.

    code: the WebSocket close code, an HTTP status, or 0 where there was neither. unreachable: the Live API
    was not reached at all, or did not take the connection, so this says nothing about what was sent to it.
    """

    def __init__(self, code: int, reason: str, *, unreachable: bool = False) -> None:
        super().__init__(f"the connection ended ({code or 'no code'}): {reason}")
        self.code = code
        self.reason = reason
        self.unreachable = unreachable

    @property
    def is_quota(self) -> bool:
        """Whether the API refuses because too much was asked of it."""
        said = self.reason.lower()
        return self.code == HTTP_TOO_MANY_REQUESTS or "quota" in said or "resource_exhausted" in said
