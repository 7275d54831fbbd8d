"""Keep libraries off the terminal: what they log goes to a file."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path


def log_to(path: Path) -> None:
    """Send the records of every logger to `path`, and none to the terminal.

    Call it after the libraries are imported: they bring handlers of their own.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = logging.FileHandler(path, encoding="utf-8", delay=True)
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
    logging.captureWarnings(True)
    warnings.simplefilter("default")
