"""A token, of callers or for a server: from a file that only its owner reads, or from the environment."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from trunkline_edge.errors import ServiceRefused

VARIABLE = "TRUNKLINE_EDGE_TOKEN"
"""Of the token that callers of a service must show."""
HOME_ASSISTANT_VARIABLE = "HOME_ASSISTANT_TOKEN"
MIN_CHARACTERS = 16
MAX_CHARACTERS = 1024


def read_token(file: Path | None, environment: Mapping[str, str] = os.environ, variable: str = VARIABLE) -> str | None:
    """Return the token of a file, else of a variable; None where there is neither.

    Raises `ServiceRefused` for a file that others may read, and for a token that is short or not printable ASCII.
    """
    if file is None:
        return _checked(environment[variable], variable) if environment.get(variable) else None
    try:
        with file.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            raw = opened.read(MAX_CHARACTERS + 2)
    except OSError as error:
        raise ServiceRefused(f"token file {file}: {error.strerror}") from None
    if mode & 0o077:
        raise ServiceRefused(f"token file {file} has mode {mode:o}: others may read it; `chmod 600 {file}`")
    return _checked(raw.decode("ascii", "replace").strip(), f"token file {file}")


def _checked(token: str, where: str) -> str:
    good = token.isascii() and token.isprintable() and " " not in token
    if not good or not MIN_CHARACTERS <= len(token) <= MAX_CHARACTERS:
        raise ServiceRefused(f"{where}: expected {MIN_CHARACTERS} to {MAX_CHARACTERS} printable ASCII characters")
    return token
