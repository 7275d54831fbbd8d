"""The application's errors. Whose fault one is stands on its class, as the exit code of the command that meets it."""

from __future__ import annotations

from typing import ClassVar


class TrunklineError(Exception):
    """Base of all errors of the application: something of ours broke."""

    exit_code: ClassVar[int] = 1


class UserError(TrunklineError):
    """What was asked for cannot be done; the message says what was found, what was expected, and what to do."""

    exit_code: ClassVar[int] = 2
