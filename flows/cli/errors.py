"""Errors as a person should meet them: one clear paragraph, and an exit code that says whose fault it is."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

from schemas.errors import TrunklineError, UserError
from trunkline_edge.printable import printable


def report(error: Exception, logs: Path) -> int:
    """Print the error on stderr and return the exit code; what is our fault leaves its traceback in a log."""
    exit_code = getattr(error, "exit_code", TrunklineError.exit_code)
    if exit_code == UserError.exit_code:
        print(f"trunkline: {printable(str(error))}", file=sys.stderr)
        return exit_code
    log = _log(error, logs)
    message = f"{type(error).__name__}: {str(error).strip() or 'no message'}\nFull traceback: {log}"
    print(f"trunkline: {printable(message)}", file=sys.stderr)
    return exit_code


def _log(error: Exception, logs: Path) -> Path:
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"error-{time.strftime('%Y%m%d-%H%M%S')}.log"
    log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return log
