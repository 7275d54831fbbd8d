"""A named matrix that a person looks at as a picture: mixing weights, covariances, ranks, affinities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A matrix with names on both sides."""

    name: str
    """Also the picture's file name: `[a-z0-9_]+`."""
    title: str
    """What it shows, for the reader of the picture."""
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    """One line a row."""

    @classmethod
    def of(
        cls, name: str, title: str, rows: Iterable[str], columns: Iterable[str], lines: Iterable[Iterable[float]]
    ) -> Table:
        """Build a table from lists, as a tensor's or an array's `tolist` gives them."""
        return cls(name, title, tuple(rows), tuple(columns), tuple(tuple(map(float, line)) for line in lines))
