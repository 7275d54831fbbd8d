"""Keep libraries off the terminal: what they log goes to a file."""

from __future__ import annotations

import logging
import warnings
from contextlib import suppress
from pathlib import Path


class LogFile(logging.FileHandler):
    """A file that is opened at the first record. One that cannot be opened or written, on a full disk, is let be."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        with suppress(OSError):
            super().emit(record)


def log_to(path: Path) -> None:
    """Send the records of every logger to `path`, and none to the terminal.

    Call it after the libraries are imported: they bring handlers of their own.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = LogFile(path, encoding="utf-8", delay=True)
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    known = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    for logger in [root, *known]:
        for handler in list(logger.handlers):
            # PrefectConsoleHandler and MLflow's are stream handlers; Prefect's API handler is not and stays.
            if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
                logger.removeHandler(handler)
        if not logger.handlers and logger is not root:
            logger.propagate = True
    root.addHandler(file)
    root.setLevel(logging.INFO)
    logging.lastResort = None
    logging.raiseExceptions = False  # nor does a record that cannot be written or sent print a traceback
    logging.captureWarnings(True)
    warnings.simplefilter("default")
