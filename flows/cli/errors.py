"""Errors as a person should meet them: one clear paragraph, and an exit code that says whose fault it is."""

from __future__ import annotations

import errno
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from schemas.errors import TrunklineError
from trunkline_edge.printable import printable

ADVICE = {
    errno.ENOSPC: "the disk is full; make room and run the command again, what is finished is kept",
    errno.EDQUOT: "the disk quota is used up; make room and run the command again, what is finished is kept",
    errno.EROFS: "this file system can only be read; name another home with TRUNKLINE_HOME",
    errno.EACCES: "this user may not do that here; change the permissions, or name another home with TRUNKLINE_HOME",
    errno.EPERM: "this user may not do that here; change the permissions, or name another home with TRUNKLINE_HOME",
    errno.EMFILE: "too many open files for this process; raise the limit, for example with `ulimit -n 1024`",
    errno.EBUSY: "another program keeps a database locked; run the command again when it has ended",
    errno.ENOMEM: "there is not enough memory; raise the limit, or give the spec smaller batches",
}
"""What a machine refuses, however deep below the library whose error names it."""
SAID = {
    "database or disk is full": errno.ENOSPC,
    "No space left on device": errno.ENOSPC,
    "attempt to write a readonly database": errno.EROFS,
    "Too many open files": errno.EMFILE,
    "database is locked": errno.EBUSY,
    "Cannot allocate memory": errno.ENOMEM,
    "can't allocate memory": errno.ENOMEM,
    "failed to map segment": errno.ENOMEM,
    "can't start new thread": errno.ENOMEM,
}
"""How libraries tell of these that pass on words and no number."""


def report(error: Exception, logs: Path) -> int:
    """Print the error on stderr and return the exit code; what is our fault leaves its traceback in a log."""
    exit_code = getattr(error, "exit_code", TrunklineError.exit_code)
    message = str(error)
    if exit_code == TrunklineError.exit_code:
        message = f"{_in_short(error)}\n{_logged(error, logs)}"
    print(f"trunkline: {printable(message)}", file=sys.stderr)
    return exit_code


def _in_short(error: Exception) -> str:
    for each in _causes(error):
        number = each.errno if isinstance(each, OSError) else errno.ENOMEM if isinstance(each, MemoryError) else None
        number = number or next((number for words, number in SAID.items() if words in str(each)), None)
        if number in ADVICE:
            file = getattr(each, "filename", None)
            return f"{file}: {ADVICE[number]}" if file else ADVICE[number]
    return f"{type(error).__name__}: {str(error).strip() or 'no message'}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came from."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _logged(error: Exception, logs: Path) -> str:
    log = logs / f"error-{time.strftime('%Y%m%d-%H%M%S')}.log"
    try:
        logs.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)), encoding="utf-8", errors="backslashreplace")
    except OSError as failure:  # the disk may be what is wrong
        return f"The full traceback could not be written to {logs}: {failure.strerror}"
    return f"Full traceback: {log}"
