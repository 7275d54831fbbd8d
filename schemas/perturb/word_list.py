"""Word tables as people write them: entries between commas and line ends."""

from __future__ import annotations


def entries(table: str) -> tuple[str, ...]:
    """Return the entries in order, without blanks around them and without empty ones."""
    return tuple(entry.strip() for entry in table.replace("\n", ",").split(",") if entry.strip())
