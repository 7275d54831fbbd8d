"""Errors as a person should meet them: one clear paragraph, and an exit code that says whose fault it is."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

THEIRS, OURS = 2, 1
"""Exit codes: 2 what was asked for cannot be done, 1 something of ours broke."""


class UserFault(ValueError):
    """What was asked for cannot be done; the message says what to do instead."""


def report(error: Exception, logs: Path) -> int:
    """Print the error on stderr and return the exit code; what is our fault leaves its traceback in a log."""
    if _is_theirs(error):
        print(f"trunkline: {error}", file=sys.stderr)
        return THEIRS
    log = _log(error, logs)
    message = str(error).strip() or "no message"
    print(f"trunkline: {type(error).__name__}: {message}\nThe whole story is in {log}.", file=sys.stderr)
    return OURS


def _is_theirs(error: Exception) -> bool:
    from schemas.spec import SpecError
    from trunkline_edge.errors import InputRefused, NothingInstalled

    if isinstance(error, UserFault | SpecError | InputRefused | NothingInstalled):
        return True
    # Not imported for its class alone: that would bring polars into commands that read no rows.
    lines = sys.modules.get("schemas.lines")
    return lines is not None and isinstance(error, lines.DataRefused)


def _log(error: Exception, logs: Path) -> Path:
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"error-{time.strftime('%Y%m%d-%H%M%S')}.log"
    log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return log
