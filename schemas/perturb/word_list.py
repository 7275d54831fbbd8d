"""Word tables as people write them: entries between commas and line ends, or lines that are spun out."""

from __future__ import annotations

import re
from itertools import product
from random import Random

_SPUN = 16
"""Entries that come of one line at most, lest a long line drown what everybody says."""


def entries(table: str) -> tuple[str, ...]:
    """Return the entries in order, without blanks around them and without empty ones."""
    return tuple(entry.strip() for entry in table.replace("\n", ",").split(",") if entry.strip())


def lines(table: str) -> tuple[str, ...]:
    """Return the lines in order, without blanks around them."""
    return tuple(line.strip() for line in table.strip().splitlines())


def spun(table: str) -> tuple[str, ...]:
    """Return what the lines stand for, "(my|dear) friend" for two of them: some of a line's, always the same."""
    found: list[str] = []
    for line in filter(None, map(str.strip, table.splitlines())):
        parts = [part.split("|") for part in re.split(r"[()]", line)]
        made = ["".join(choice) for choice in product(*parts)]
        found += Random(0).sample(made, min(_SPUN, len(made)))
    return tuple(found)
